//! Time as documents write it.

use std::{fmt, str::FromStr};

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::IntentError;

/// Microseconds since 1970-01-01T00:00:00Z, written as RFC 3339 with exactly six decimals and `Z`:
/// `2026-11-22T01:02:03.000000Z` (27 bytes). Years 0001 to 9999.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UtcMicros(i64);

/// 0001-01-01T00:00:00.000000Z.
const MICROS_MIN: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z.
const MICROS_MAX: i64 = 253_402_300_799_999_999;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Length of the text form in bytes.
pub(crate) const TEXT_LEN: usize = 27;

impl UtcMicros {
    /// A point in time; one beyond the years 0001 to 9999 becomes the nearest that can be written.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < MICROS_MIN {
            Self(MICROS_MIN)
        } else if micros > MICROS_MAX {
            Self(MICROS_MAX)
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    pub(crate) fn to_text(self) -> [u8; TEXT_LEN] {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        put(&mut text, 0..4, i64::from(at.year()));
        put(&mut text, 5..7, i64::from(u8::from(at.month())));
        put(&mut text, 8..10, i64::from(at.day()));
        put(&mut text, 11..13, i64::from(at.hour()));
        put(&mut text, 14..16, i64::from(at.minute()));
        put(&mut text, 17..19, i64::from(at.second()));
        put(&mut text, 20..26, micros);
        text
    }
}

impl fmt::Display for UtcMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.to_text()).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for UtcMicros {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        parse(text.as_bytes()).ok_or_else(|| {
            IntentError::malformed("at", "must be UTC time such as 2026-11-22T01:02:03.000000Z")
        })
    }
}

fn parse(text: &[u8]) -> Option<UtcMicros> {
    let text: &[u8; TEXT_LEN] = text.try_into().ok()?;
    let [_, _, _, _, b'-', _, _, b'-', _, _, b'T', rest @ ..] = text else { return None };
    let [_, _, b':', _, _, b':', _, _, b'.', _, _, _, _, _, _, b'Z'] = rest else { return None };
    let small = |range| digits(text.get::<std::ops::Range<usize>>(range)?)?.try_into().ok();
    let year = i32::try_from(digits(text.get(0..4)?)?).ok().filter(|year| *year >= 1)?;
    let month = Month::try_from(small(5..7)?).ok()?;
    let date = Date::from_calendar_date(year, month, small(8..10)?).ok()?;
    let time = Time::from_hms(small(11..13)?, small(14..16)?, small(17..19)?).ok()?;
    let seconds = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp();
    let micros = i64::from(digits(text.get(20..26)?)?);
    seconds.checked_mul(MICROS_PER_SECOND)?.checked_add(micros).map(UtcMicros)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        number.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

fn put(text: &mut [u8; TEXT_LEN], range: std::ops::Range<usize>, mut number: i64) {
    for byte in text.get_mut(range).into_iter().flatten().rev() {
        *byte = b'0'.wrapping_add(u8::try_from(number.rem_euclid(10)).unwrap_or(0));
        number = number.div_euclid(10);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_other_spelling_of_a_time_is_refused() {
        for text in [
            "",
            "2026-11-22T01:02:03Z",
            "2026-11-22T01:02:03.000Z",
            "2026-11-22T01:02:03.000000z",
            "2026-11-22t01:02:03.000000Z",
            "2026-11-22 01:02:03.000000Z",
            "2026-11-22T01:02:03,000000Z",
            "2026-11-22T01:02:03.000000+00:00",
            "2026-11-22T01:02:03.0000000Z",
            "2026-02-29T01:02:03.000000Z",
            "2026-13-22T01:02:03.000000Z",
            "2026-11-22T24:00:00.000000Z",
            "2026-06-30T23:59:60.000000Z",
            "0000-01-01T00:00:00.000000Z",
            "+026-11-22T01:02:03.000000Z",
            "2026-11-22T01:02:0\u{661}.00000Z",
        ] {
            assert_eq!(text.parse::<UtcMicros>().unwrap_err().field(), Some("at"), "{text}");
        }
    }

    #[test]
    fn known_times_have_known_texts() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_795_309_323_000_000, "2026-11-22T01:02:03.000000Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (MICROS_MIN, "0001-01-01T00:00:00.000000Z"),
            (MICROS_MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(UtcMicros::from_micros(micros).to_string(), text);
            assert_eq!(text.parse(), Ok(UtcMicros(micros)));
        }
        assert_eq!(UtcMicros::from_micros(i64::MIN).get(), MICROS_MIN);
        assert_eq!(UtcMicros::from_micros(i64::MAX).get(), MICROS_MAX);
    }

    proptest! {
        #[test]
        fn text_leads_back_to_the_time(micros in MICROS_MIN..=MICROS_MAX) {
            let at = UtcMicros::from_micros(micros);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }
    }
}
