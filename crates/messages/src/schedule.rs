//! When a standing order is due.
//!
//! Occurrences are numbered, and each is computed from the first day and its number, never from the one before: a month of
//! 28 days does not pull the following ones to the 28th, and whoever has run number 7 knows what not to run again.

use thiserror::Error;
use time::{Date, Duration, Month};

use crate::calendar::{Calendar, Convention, end_of_month};

/// How often.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rhythm {
    /// On the first day only.
    Once,
    /// Every seven days from the first.
    Weekly,
    /// On this day of each month, or on its last where it is shorter.
    Monthly {
        /// 1 to 31.
        day: u8,
    },
    /// On the last day of each month.
    EndOfMonth,
}

/// What a customer has ordered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Schedule {
    first: Date,
    last: Option<Date>,
    rhythm: Rhythm,
    convention: Convention,
}

/// One time at which it is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Occurrence {
    /// Counted from 0.
    pub number: u32,
    /// The day that the rhythm gives.
    pub nominal: Date,
    /// The business day to which the convention moves it.
    pub due: Date,
}

/// Not a schedule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ScheduleError {
    /// There is no such day in any month.
    #[error("{0} is not a day of a month")]
    DayOfMonth(u8),
    /// It ends before it begins.
    #[error("the last day is before the first")]
    Ends,
}

impl Schedule {
    /// Nothing is due before `first` or, by its nominal day, after `last`.
    pub fn new(
        first: Date,
        last: Option<Date>,
        rhythm: Rhythm,
        convention: Convention,
    ) -> Result<Self, ScheduleError> {
        if let Rhythm::Monthly { day } = rhythm
            && !(1..=31).contains(&day)
        {
            return Err(ScheduleError::DayOfMonth(day));
        }
        if last.is_some_and(|last| last < first) {
            return Err(ScheduleError::Ends);
        }
        Ok(Self { first, last, rhythm, convention })
    }

    /// Occurrence `number`; `None` behind the last one.
    #[must_use]
    pub fn occurrence(&self, number: u32, calendar: &Calendar) -> Option<Occurrence> {
        let nominal = self.nominal(number)?;
        if self.last.is_some_and(|last| nominal > last) {
            return None;
        }
        // A first day that would move before itself moves on instead: nothing is due before it was ordered to begin.
        let due = calendar
            .adjust(nominal, self.convention)
            .filter(|due| *due >= self.first)
            .or_else(|| calendar.adjust(nominal, Convention::Following))?;
        Some(Occurrence { number, nominal, due })
    }

    /// All occurrences from `number` on, in order.
    pub fn from_number(
        &self,
        number: u32,
        calendar: &Calendar,
    ) -> impl Iterator<Item = Occurrence> {
        (number..=u32::MAX).map_while(move |number| self.occurrence(number, calendar))
    }

    fn nominal(&self, number: u32) -> Option<Date> {
        match self.rhythm {
            Rhythm::Once => (number == 0).then_some(self.first),
            Rhythm::Weekly => self.first.checked_add(Duration::weeks(i64::from(number))),
            Rhythm::Monthly { day } => {
                let starts_next_month = in_month(self.first, 0, day)? < self.first;
                in_month(self.first, number.checked_add(u32::from(starts_next_month))?, day)
            }
            Rhythm::EndOfMonth => in_month(self.first, number, 1).map(end_of_month),
        }
    }
}

/// The day of the month that is `months` after `start`'s, or the month's last.
fn in_month(start: Date, months: u32, day: u8) -> Option<Date> {
    const YEAR: u32 = 12;
    let months = u32::from(u8::from(start.month())).checked_sub(1)?.checked_add(months)?;
    let year = start.year().checked_add(i32::try_from(months.checked_div(YEAR)?).ok()?)?;
    let month = u8::try_from(months.checked_rem(YEAR)?).ok()?;
    let month = Month::January.nth_next(month);
    if year > Date::MAX.year() {
        return None;
    }
    Date::from_calendar_date(year, month, day.min(month.length(year))).ok()
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "days in a test")]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn first_days(rhythm: Rhythm, first: Date, convention: Convention) -> Vec<(Date, Date)> {
        let schedule = Schedule::new(first, None, rhythm, convention).unwrap();
        let calendar = Calendar::western([date!(2026 - 05 - 01)]);
        schedule.from_number(0, &calendar).take(3).map(|o| (o.nominal, o.due)).collect()
    }

    #[test]
    fn each_rhythm_keeps_its_day() {
        use Convention::{Following, ModifiedFollowing, Preceding};
        let thirty_first = Rhythm::Monthly { day: 31 };
        assert_eq!(
            first_days(thirty_first, date!(2026 - 01 - 15), Following),
            [
                (date!(2026 - 01 - 31), date!(2026 - 02 - 02)),
                (date!(2026 - 02 - 28), date!(2026 - 03 - 02)),
                (date!(2026 - 03 - 31), date!(2026 - 03 - 31)),
            ]
        );
        assert_eq!(
            first_days(Rhythm::EndOfMonth, date!(2026 - 01 - 15), ModifiedFollowing),
            [
                (date!(2026 - 01 - 31), date!(2026 - 01 - 30)),
                (date!(2026 - 02 - 28), date!(2026 - 02 - 27)),
                (date!(2026 - 03 - 31), date!(2026 - 03 - 31)),
            ]
        );
        // The first of a month that has begun is the first of the next one.
        let firsts = first_days(Rhythm::Monthly { day: 1 }, date!(2026 - 03 - 02), Preceding);
        assert_eq!(firsts[0], (date!(2026 - 04 - 01), date!(2026 - 04 - 01)));
        assert_eq!(firsts[1], (date!(2026 - 05 - 01), date!(2026 - 04 - 30)));
        let weekly = first_days(Rhythm::Weekly, date!(2026 - 04 - 24), Following);
        assert_eq!(weekly[1], (date!(2026 - 05 - 01), date!(2026 - 05 - 04)));
        // A Saturday at the very beginning does not fall due on the Friday before.
        let once = first_days(Rhythm::Once, date!(2026 - 05 - 02), Preceding);
        assert_eq!(once, [(date!(2026 - 05 - 02), date!(2026 - 05 - 04))]);
    }

    #[test]
    fn a_schedule_ends_with_its_last_day_and_with_time_itself() {
        let calendar = Calendar::western([]);
        let (first, last) = (date!(2026 - 01 - 01), date!(2026 - 03 - 31));
        let monthly = Rhythm::Monthly { day: 31 };
        let schedule = Schedule::new(first, Some(last), monthly, Convention::Following).unwrap();
        assert_eq!(schedule.from_number(0, &calendar).count(), 3);
        let schedule = Schedule::new(first, None, Rhythm::Weekly, Convention::Following).unwrap();
        assert_eq!(schedule.occurrence(u32::MAX, &calendar), None);
        let schedule = Schedule::new(first, None, monthly, Convention::Following).unwrap();
        assert_eq!(schedule.occurrence(u32::MAX, &calendar), None);
        let backwards = Schedule::new(last, Some(first), monthly, Convention::Following);
        assert_eq!(backwards, Err(ScheduleError::Ends));
        for day in [0, 32] {
            let refused =
                Schedule::new(first, None, Rhythm::Monthly { day }, Convention::Following);
            assert_eq!(refused, Err(ScheduleError::DayOfMonth(day)));
        }
    }

    proptest! {
        #[test]
        fn occurrences_rise_fall_on_business_days_and_keep_the_day_of_the_month(
            start in 2_460_000..2_480_000_i32,
            day in 1..=31_u8,
            rhythm in 0..3_u8,
            convention in 0..3_u8,
            off in proptest::collection::vec(0..400_i64, 0..40),
        ) {
            let first = Date::from_julian_day(start).unwrap();
            let rhythm = match rhythm {
                0 => Rhythm::Weekly,
                1 => Rhythm::Monthly { day },
                _ => Rhythm::EndOfMonth,
            };
            let convention = match convention {
                0 => Convention::Following,
                1 => Convention::Preceding,
                _ => Convention::ModifiedFollowing,
            };
            let schedule = Schedule::new(first, None, rhythm, convention).unwrap();
            let calendar = Calendar::western(off.iter().map(|n| first + Duration::days(*n)));
            let mut before: Option<Occurrence> = None;
            for occurrence in schedule.from_number(0, &calendar).take(60) {
                prop_assert!(calendar.is_business_day(occurrence.due));
                prop_assert!(occurrence.nominal >= first && occurrence.due >= first);
                if let Some(before) = before {
                    prop_assert!(before.nominal < occurrence.nominal && before.due <= occurrence.due);
                    prop_assert_eq!(before.number + 1, occurrence.number);
                }
                let length = occurrence.nominal.month().length(occurrence.nominal.year());
                match rhythm {
                    Rhythm::Monthly { day } => prop_assert_eq!(occurrence.nominal.day(), day.min(length)),
                    Rhythm::EndOfMonth => prop_assert_eq!(occurrence.nominal.day(), length),
                    Rhythm::Weekly | Rhythm::Once => prop_assert_eq!(occurrence.nominal.weekday(), first.weekday()),
                }
                prop_assert_eq!(schedule.occurrence(occurrence.number, &calendar), Some(occurrence));
                before = Some(occurrence);
            }
        }
    }
}
