//! Dates as messages write them.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const OFFSET: &[BorrowedFormatItem<'_>] =
    format_description!("[offset_hour sign:mandatory]:[offset_minute]");
const DATE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const DATE_LEN: usize = 10;

/// `ISODate`: a calendar date, with or without the time zone that XML Schema allows. The date is the one that is written.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    let (date, zone) = text.split_at_checked(DATE_LEN)?;
    let zone_is_well_formed =
        zone.is_empty() || zone == "Z" || time::UtcOffset::parse(zone, OFFSET).is_ok();
    if zone_is_well_formed { Date::parse(date, DATE).ok() } else { None }
}

/// The date of an `ISODateTime`, as it is written.
pub(crate) fn read_date_of_time(text: &str) -> Option<Date> {
    if let Ok(with_zone) = OffsetDateTime::parse(text, &Iso8601::DEFAULT) {
        return Some(with_zone.date());
    }
    PrimitiveDateTime::parse(text, &Iso8601::DEFAULT).ok().map(PrimitiveDateTime::date)
}

/// `2026-03-31`.
pub(crate) fn date(date: Date) -> String {
    // Formatting into a string fails for years only that no ledger has.
    date.format(DATE).unwrap_or_default()
}

/// `2026-03-31T12:00:00Z`, in UTC, without fractions of a second.
pub(crate) fn date_time(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(DATE_TIME).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn dates_are_those_that_are_written() {
        for text in ["2026-03-31", "2026-03-31Z", "2026-03-31+02:00", "2026-03-31-05:00"] {
            assert_eq!(read_date(text), Some(date!(2026 - 03 - 31)), "{text}");
        }
        for text in
            ["", "2026-02-29", "31.03.2026", "2026-3-31", "2026-03-31T00:00:00", "é026-03-31"]
        {
            assert_eq!(read_date(text), None, "{text}");
        }
        for text in ["2026-03-31T23:30:00", "2026-03-31T23:30:00-05:00", "2026-03-31T23:30:00.123Z"]
        {
            assert_eq!(read_date_of_time(text), Some(date!(2026 - 03 - 31)), "{text}");
        }
        assert_eq!(read_date_of_time("2026-03-31"), None);
    }
}
