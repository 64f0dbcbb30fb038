//! Business days: which days the bank works, and to which a day moves on which it does not.
//!
//! Holidays are data that the caller gives: they are decided by people, differ by country and change. The closing days of
//! TARGET are such data too (ECB decision of 2000: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December); no
//! library that computes Easter is kept by more than its author, so that its dates stand here in a table.

use std::collections::BTreeSet;

use thiserror::Error;
use time::{Date, Duration, Month, Weekday};

const WEEK_DAYS: usize = 7;
/// The first year whose Easter is known here.
const EASTER_SINCE: i32 = 2020;
/// Easter Sundays of 80 years: how many days they come after 22 March.
#[rustfmt::skip]
const EASTERS: [i64; 80] = [
    21, 13, 26, 18, 9, 29, 14, 6, 25, 10, 30, 22, 6, 26, 18, 3, 22, 14, 34, 19,
    10, 30, 15, 7, 26, 18, 3, 23, 14, 27, 19, 11, 30, 15, 7, 27, 11, 31, 23, 8,
    27, 19, 4, 24, 15, 7, 20, 12, 31, 23, 8, 28, 19, 4, 24, 16, 28, 20, 12, 32,
    16, 8, 28, 13, 4, 24, 9, 29, 20, 12, 25, 17, 8, 21, 13, 33, 24, 9, 29, 21,
];

/// The days on which a bank works.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Calendar {
    weekend: Vec<Weekday>,
    holidays: BTreeSet<Date>,
}

/// What becomes of a day on which the bank does not work.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Convention {
    /// The next business day.
    Following,
    /// The business day before.
    Preceding,
    /// The next business day, unless it is in the next month: then the one before.
    ModifiedFollowing,
}

/// Not a calendar.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum CalendarError {
    /// A week of seven days off.
    #[error("a week must have a day that is not of the weekend")]
    NoWorkday,
}

impl Calendar {
    /// A calendar of these days off.
    pub fn new(
        weekend: impl IntoIterator<Item = Weekday>,
        holidays: impl IntoIterator<Item = Date>,
    ) -> Result<Self, CalendarError> {
        let mut distinct = Vec::new();
        for day in weekend {
            if !distinct.contains(&day) {
                distinct.push(day);
            }
        }
        if distinct.len() >= WEEK_DAYS {
            return Err(CalendarError::NoWorkday);
        }
        Ok(Self { weekend: distinct, holidays: holidays.into_iter().collect() })
    }

    /// Saturdays and Sundays off, and these holidays.
    #[must_use]
    pub fn western(holidays: impl IntoIterator<Item = Date>) -> Self {
        let weekend = vec![Weekday::Saturday, Weekday::Sunday];
        Self { weekend, holidays: holidays.into_iter().collect() }
    }

    /// Whether the bank works on this day.
    #[must_use]
    pub fn is_business_day(&self, day: Date) -> bool {
        !self.weekend.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    /// The first business day after this one; `None` where time ends.
    #[must_use]
    pub fn next_business_day(&self, day: Date) -> Option<Date> {
        self.adjust(day.next_day()?, Convention::Following)
    }

    /// The last business day before this one.
    #[must_use]
    pub fn previous_business_day(&self, day: Date) -> Option<Date> {
        self.adjust(day.previous_day()?, Convention::Preceding)
    }

    /// The day itself where the bank works on it, else where the convention moves it.
    #[must_use]
    pub fn adjust(&self, day: Date, convention: Convention) -> Option<Date> {
        match convention {
            Convention::Following => self.walk(day, Date::next_day),
            Convention::Preceding => self.walk(day, Date::previous_day),
            Convention::ModifiedFollowing => {
                let following = self.walk(day, Date::next_day);
                let same_month =
                    |other: &Date| (other.year(), other.month()) == (day.year(), day.month());
                following.filter(same_month).or_else(|| self.walk(day, Date::previous_day))
            }
        }
    }

    /// Ends: holidays are finitely many, and every week has a workday.
    fn walk(&self, mut day: Date, step: impl Fn(Date) -> Option<Date>) -> Option<Date> {
        while !self.is_business_day(day) {
            day = step(day)?;
        }
        Some(day)
    }
}

/// The closing days of TARGET from 2020 to 2099, weekends aside.
pub fn target_days() -> impl Iterator<Item = Date> {
    (EASTER_SINCE..).zip(EASTERS).flat_map(|(year, after)| {
        let fixed =
            [(Month::January, 1), (Month::May, 1), (Month::December, 25), (Month::December, 26)];
        let fixed = fixed.map(|(month, day)| Date::from_calendar_date(year, month, day).ok());
        let easter = Date::from_calendar_date(year, Month::March, 22)
            .ok()
            .and_then(|first| first.checked_add(Duration::days(after)));
        let moving = [-2, 1].map(|days| easter?.checked_add(Duration::days(days)));
        fixed.into_iter().chain(moving).flatten()
    })
}

/// The last day of a day's month.
#[must_use]
pub fn end_of_month(day: Date) -> Date {
    // Every month has its length.
    day.replace_day(day.month().length(day.year())).unwrap_or(day)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "days in a test")]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn easter() -> Calendar {
        Calendar::western([date!(2026 - 04 - 03), date!(2026 - 04 - 06), date!(2026 - 05 - 01)])
    }

    #[test]
    fn days_off_move_as_the_convention_says() {
        use Convention::{Following, ModifiedFollowing, Preceding};
        let cases = [
            (date!(2026 - 04 - 02), Following, date!(2026 - 04 - 02)),
            (date!(2026 - 04 - 03), Following, date!(2026 - 04 - 07)),
            (date!(2026 - 04 - 06), Preceding, date!(2026 - 04 - 02)),
            (date!(2026 - 05 - 31), Following, date!(2026 - 06 - 01)),
            (date!(2026 - 05 - 31), ModifiedFollowing, date!(2026 - 05 - 29)),
            (date!(2026 - 05 - 01), ModifiedFollowing, date!(2026 - 05 - 04)),
        ];
        for (day, convention, expected) in cases {
            assert_eq!(easter().adjust(day, convention), Some(expected), "{day} {convention:?}");
        }
        assert_eq!(easter().next_business_day(date!(2026 - 04 - 02)), Some(date!(2026 - 04 - 07)));
        assert_eq!(
            easter().previous_business_day(date!(2026 - 04 - 07)),
            Some(date!(2026 - 04 - 02))
        );
        assert_eq!(end_of_month(date!(2028 - 02 - 01)), date!(2028 - 02 - 29));
    }

    #[test]
    fn the_days_of_target_are_those_that_the_bank_published() {
        let days: BTreeSet<Date> = target_days().collect();
        assert_eq!(days.len(), 80 * 6);
        let published = [
            date!(2024 - 03 - 29),
            date!(2024 - 04 - 01),
            date!(2025 - 04 - 18),
            date!(2025 - 04 - 21),
            date!(2026 - 01 - 01),
            date!(2026 - 04 - 03),
            date!(2026 - 04 - 06),
            date!(2026 - 05 - 01),
            date!(2026 - 12 - 25),
            date!(2026 - 12 - 26),
            date!(2027 - 03 - 26),
            date!(2027 - 03 - 29),
        ];
        assert!(published.iter().all(|day| days.contains(day)));
        for (year, after) in (EASTER_SINCE..).zip(EASTERS) {
            let first = Date::from_calendar_date(year, Month::March, 22).unwrap();
            assert_eq!((first + Duration::days(after)).weekday(), Weekday::Sunday, "{year}");
            assert!((0..=34).contains(&after), "{year}");
        }
    }

    #[test]
    fn a_week_without_workdays_is_no_calendar() {
        let mut week = vec![Weekday::Monday];
        for _ in 0..6 {
            week.push(week[week.len() - 1].next());
        }
        assert_eq!(Calendar::new(week, []), Err(CalendarError::NoWorkday));
        assert_eq!(Calendar::western([]).adjust(Date::MAX, Convention::Following), Some(Date::MAX));
    }

    pub(crate) fn days() -> impl Strategy<Value = Date> {
        (2_460_000..2_480_000_i32).prop_map(|day| Date::from_julian_day(day).unwrap())
    }

    proptest! {
        #[test]
        fn a_moved_day_is_the_nearest_business_day_on_its_side(
            day in days(),
            off in proptest::collection::vec(-12..12_i64, 0..20),
        ) {
            let calendar = Calendar::western(off.iter().map(|n| day + Duration::days(*n)));
            let following = calendar.adjust(day, Convention::Following).unwrap();
            let preceding = calendar.adjust(day, Convention::Preceding).unwrap();
            prop_assert!(preceding <= day && day <= following);
            let mut between = preceding.next_day().unwrap();
            while between < following {
                prop_assert!(!calendar.is_business_day(between));
                between = between.next_day().unwrap();
            }
            let modified = calendar.adjust(day, Convention::ModifiedFollowing).unwrap();
            let expected = if following.month() == day.month() { following } else { preceding };
            prop_assert_eq!(modified, expected);
            prop_assert!(calendar.is_business_day(modified));
        }
    }
}
