//! When a reminder comes.

use std::time::Duration;

use intent::UtcMicros;

const DAY: Duration = Duration::from_hours(24);
/// Days ahead of the day on which a key can only be replaced, the first reminder first.
pub(crate) const DAYS_AHEAD: [u32; 3] = [30, 7, 1];

/// How long ahead whoever may use a key for `age` is reminded. A reminder in the first half of that time would be noise.
pub(crate) fn leads(age: Duration) -> impl Iterator<Item = (u32, Duration)> {
    let half = age.checked_div(2).unwrap_or_default();
    let lead = |days: u32| (days, DAY.saturating_mul(days));
    DAYS_AHEAD.into_iter().map(lead).filter(move |(_, lead)| *lead <= half)
}

/// How long ahead the first reminder comes; a key that is used for hours is due in its last quarter.
pub(crate) fn first_lead(age: Duration) -> Duration {
    leads(age).next().map_or_else(|| age.checked_div(4).unwrap_or_default(), |(_, lead)| lead)
}

/// A reminder that has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reminder {
    /// Which step of the policy it is.
    pub(crate) days_ahead: u32,
    /// When it came.
    pub(crate) at: UtcMicros,
    /// From when on the key can only be replaced.
    pub(crate) required_at: UtcMicros,
}

/// The newest reminder of a key that may be used for `age`, until `required_at`.
pub(crate) fn newest(age: Duration, required_at: UtcMicros, now: UtcMicros) -> Option<Reminder> {
    let reminder = |(days_ahead, lead): (u32, Duration)| {
        let lead_us = i64::try_from(lead.as_micros()).unwrap_or(i64::MAX);
        let at = UtcMicros::from_micros(required_at.get().saturating_sub(lead_us));
        Reminder { days_ahead, at, required_at }
    };
    leads(age).map(reminder).filter(|reminder| reminder.at <= now).last()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REQUIRED: UtcMicros = UtcMicros::from_micros(1_800_000_000_000_000);

    fn days_before(days: f64) -> UtcMicros {
        let ahead = DAY.mul_f64(days).as_micros();
        UtcMicros::from_micros(REQUIRED.get().saturating_sub(i64::try_from(ahead).unwrap()))
    }

    #[test]
    fn customers_are_reminded_three_times_and_staff_twice() {
        let steps = |age: u32, days: f64| {
            newest(DAY * age, REQUIRED, days_before(days)).map(|reminder| reminder.days_ahead)
        };
        for (days, customer, staff) in [
            (30.1, None, None),
            (30.0, Some(30), None),
            (7.1, Some(30), None),
            (7.0, Some(7), Some(7)),
            (1.0, Some(1), Some(1)),
            (0.0, Some(1), Some(1)),
        ] {
            assert_eq!((steps(83, days), steps(27, days)), (customer, staff), "{days}");
        }
    }

    proptest! {
        #[test]
        fn the_first_reminder_comes_before_the_key_can_only_be_replaced(hours in 0_u64..5_000) {
            let age = Duration::from_hours(hours);
            let first = first_lead(age);
            prop_assert!(first <= age.checked_div(2).unwrap());
            prop_assert!(hours == 0 || !first.is_zero());
            let latest = newest(age, REQUIRED, REQUIRED);
            prop_assert_eq!(latest.is_some(), leads(age).next().is_some());
        }
    }
}
