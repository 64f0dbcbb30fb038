//! The policy of the calendar: the value date of what is posted at a time. Pure.

use std::collections::BTreeMap;

use intent::UtcMicros;
use messages::calendar::{Calendar, target_days};
use time::{Date, Weekday};

use crate::standing_orders::day_of;

const US_PER_HOUR: i64 = 3_600_000_000;
/// The hour at which no day is cut off.
const NO_CUT_OFF: u8 = 24;

/// On which days the bank works, and until when.
#[derive(Clone, Debug)]
pub(crate) struct BankDays {
    /// `None`: on every day.
    calendar: Option<Calendar>,
    /// From this hour of UTC on it is the next business day.
    cut_off: u8,
}

impl BankDays {
    /// Where no policy says otherwise: every day, all day.
    pub(crate) const DEFAULT: Self = Self { calendar: None, cut_off: NO_CUT_OFF };

    /// Reads `weekend`, `holidays` and `cut_off`; each may be missing.
    pub(crate) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        let known = ["cut_off", "holidays", "weekend"];
        members.keys().all(|name| known.contains(&name.as_str())).then_some(())?;
        let weekend = match members.get("weekend") {
            Some(names) => names.split(' ').map(weekday).collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        let holidays = match members.get("holidays").map(String::as_str) {
            None | Some("none") => Vec::new(),
            Some("target2") => target_days().collect(),
            Some(_) => return None,
        };
        let cut_off = match members.get("cut_off") {
            Some(text) => text
                .parse()
                .ok()
                .filter(|hour: &u8| hour.to_string() == *text && *hour <= NO_CUT_OFF)?,
            None => NO_CUT_OFF,
        };
        let is_every_day = weekend.is_empty() && holidays.is_empty();
        let calendar = Calendar::new(weekend, holidays).ok()?;
        Some(Self { calendar: (!is_every_day).then_some(calendar), cut_off })
    }

    /// The days on which the bank works; `None` where it is every day.
    pub(crate) const fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }

    /// The value date of what is posted at a time: its day, or the next business day on a day off and behind the cut-off.
    pub(crate) fn value_date(&self, at: UtcMicros) -> Date {
        let day = day_of(at);
        let hour = at.get().div_euclid(US_PER_HOUR).rem_euclid(24);
        let is_open = self.calendar.as_ref().is_none_or(|calendar| calendar.is_business_day(day));
        if is_open && hour < i64::from(self.cut_off) {
            return day;
        }
        let next = match &self.calendar {
            Some(calendar) => calendar.next_business_day(day),
            None => day.next_day(),
        };
        next.unwrap_or(day)
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::super::VALUE_DAYS_MAX;
    use super::*;

    fn days(of: &[(&str, &str)]) -> Option<BankDays> {
        let members = of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        BankDays::read(&members.collect())
    }

    fn value(days: &BankDays, at: &str) -> Date {
        days.value_date(at.parse().unwrap())
    }

    #[test]
    fn a_bank_that_sets_nothing_works_every_day_all_day() {
        for days in [BankDays::DEFAULT, days(&[]).unwrap()] {
            assert_eq!(value(&days, "2026-12-25T23:59:59.999999Z"), date!(2026 - 12 - 25));
        }
    }

    #[test]
    fn days_off_and_late_hours_count_for_the_next_business_day() {
        let days =
            days(&[("cut_off", "16"), ("holidays", "target2"), ("weekend", "saturday sunday")])
                .unwrap();
        let cases = [
            ("2026-04-02T15:59:59.999999Z", date!(2026 - 04 - 02)),
            ("2026-04-02T16:00:00.000000Z", date!(2026 - 04 - 07)),
            ("2026-04-03T09:00:00.000000Z", date!(2026 - 04 - 07)),
            ("2026-04-06T09:00:00.000000Z", date!(2026 - 04 - 07)),
            ("2026-11-20T17:00:00.000000Z", date!(2026 - 11 - 23)),
            ("2026-11-22T00:00:00.000000Z", date!(2026 - 11 - 23)),
            ("2026-12-24T16:00:00.000000Z", date!(2026 - 12 - 28)),
            ("2026-12-31T20:00:00.000000Z", date!(2027 - 01 - 04)),
        ];
        for (at, expected) in cases {
            assert_eq!(value(&days, at), expected, "{at}");
        }
    }

    #[test]
    fn a_calendar_reads_in_one_spelling() {
        let refused: [&[(&str, &str)]; 8] = [
            &[("cut_off", "25")],
            &[("cut_off", "016")],
            &[("holidays", "all")],
            &[("weekend", "")],
            &[("weekend", "Saturday")],
            &[("weekend", "saturday,sunday")],
            &[("weekend", "monday tuesday wednesday thursday friday saturday sunday")],
            &[("hours", "9")],
        ];
        for of in refused {
            assert!(days(of).is_none(), "{of:?}");
        }
    }

    proptest! {
        /// However a calendar is set, money is never dated back, and never put off for longer than is searched.
        #[test]
        fn no_value_date_is_before_its_posting_or_far_behind_it(
            micros in 1_577_836_800_000_000_i64..4_102_444_800_000_000, open in 0_usize..7, cut_off in 0_u8..=24,
        ) {
            let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let off: Vec<&str> = names.iter().copied().filter(|name| *name != names[open]).collect();
            let cut_off = cut_off.to_string();
            let days = days(&[("cut_off", &cut_off), ("holidays", "target2"), ("weekend", &off.join(" "))]).unwrap();
            let at = UtcMicros::from_micros(micros);
            let (posted, value) = (day_of(at), days.value_date(at));
            prop_assert!(value >= posted);
            let waits = value.to_julian_day().saturating_sub(posted.to_julian_day());
            prop_assert!(i64::from(waits) <= VALUE_DAYS_MAX);
        }
    }
}
