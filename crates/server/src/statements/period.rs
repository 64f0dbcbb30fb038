//! Which entries lie in a period. Pure.
//!
//! Entries of an account are numbered without gaps. A period ends with the last entry that is older than its end; the next
//! one begins behind it. Instances have clocks of their own, so that times need not grow with the numbers: an entry that a
//! slow clock dated back counts to the earlier day, as does everything before it, and none counts twice.

use time::{Date, Time};

use intent::UtcMicros;

/// How far the clocks of instances may be apart, in microseconds.
pub(super) const SKEW_US: i64 = 5 * 60 * 1_000_000;

/// From midnight to midnight, UTC; `None` where it ends before it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    /// First day.
    pub(super) from: Date,
    /// Last day.
    pub(super) to: Date,
}

impl Period {
    /// These days and those between; `None` where the first is behind the last, or there is no day after it.
    pub(super) fn new(from: Date, to: Date) -> Option<Self> {
        (from <= to && to.next_day().is_some()).then_some(Self { from, to })
    }

    /// The instant at which it begins.
    pub(super) fn begins(self) -> UtcMicros {
        midnight(self.from)
    }

    /// The first instant after it.
    pub(super) fn ends(self) -> UtcMicros {
        midnight(self.to.next_day().unwrap_or(self.to))
    }
}

fn midnight(day: Date) -> UtcMicros {
    let seconds = day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp();
    UtcMicros::from_micros(seconds.saturating_mul(1_000_000))
}

/// A search for the last number whose entry is older than an instant, by halves: [`Bisection::probe`] is asked for, and
/// [`Bisection::tell`] told whether it is. Where times do not grow it ends at a number, not at a certain one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bisection {
    low: i64,
    high: i64,
}

impl Bisection {
    /// Among `count` entries.
    pub(super) const fn new(count: i64) -> Self {
        Self { low: 0, high: count }
    }

    /// The number to look at; `None` when the search is over.
    pub(super) fn probe(self) -> Option<i64> {
        let apart = self.high.saturating_sub(self.low);
        (apart > 0).then(|| self.high.saturating_sub(apart.div_euclid(2)))
    }

    /// Goes on behind `probe` or before it.
    pub(super) fn tell(&mut self, probe: i64, is_older: bool) {
        if is_older {
            self.low = probe;
        } else {
            self.high = probe.saturating_sub(1);
        }
    }

    /// The number that was found; 0 is before the first.
    pub(super) const fn found(self) -> i64 {
        self.low
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "counting in a test")]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    #[test]
    fn a_period_is_whole_days_of_utc() {
        let period = Period::new(date!(2026 - 02 - 28), date!(2026 - 03 - 01)).unwrap();
        assert_eq!(period.begins().to_string(), "2026-02-28T00:00:00.000000Z");
        assert_eq!(period.ends().to_string(), "2026-03-02T00:00:00.000000Z");
        assert_eq!(Period::new(date!(2026 - 03 - 02), date!(2026 - 03 - 01)), None);
        assert_eq!(Period::new(Date::MIN, Date::MAX), None);
    }

    proptest! {
        #[test]
        fn halves_find_the_last_that_is_older(mut times in prop::collection::vec(0_i64..50, 0..40), at in 0_i64..50) {
            times.sort_unstable();
            let count = i64::try_from(times.len()).unwrap();
            let mut search = Bisection::new(count);
            let mut asked = 0;
            while let Some(probe) = search.probe() {
                asked += 1;
                search.tell(probe, times[usize::try_from(probe).unwrap() - 1] < at);
            }
            let older = times.iter().filter(|time| **time < at).count();
            prop_assert_eq!(search.found(), i64::try_from(older).unwrap());
            prop_assert!(asked <= 6);
        }
    }
}
