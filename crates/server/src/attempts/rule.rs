//! When an attempt is admitted, and how long the next one waits.

use intent::UtcMicros;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// The longest wait, in seconds.
const DELAY_MAX_S: i64 = 15 * 60;
/// One failure is forgotten in this time, in microseconds.
const FADE_US: i64 = 15 * 60 * MICROS_PER_SECOND;
/// Failures counted beyond the free ones: the delay has long reached its longest, and the count must fade in a day.
const BEYOND_MAX: u32 = 12;

/// What is known of a subject.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Attempts {
    pub(super) failures: u32,
    pub(super) last_at: UtcMicros,
    pub(super) locked_until: UtcMicros,
}

/// Counts one more attempt as failed, or says until when none is admitted. `free` failures cost nothing; the n-th after
/// them costs 2^n seconds.
pub(super) fn admit(known: Attempts, free: u32, now: UtcMicros) -> Result<Attempts, UtcMicros> {
    if now < known.locked_until {
        return Err(known.locked_until);
    }
    let failures = faded(known, now).saturating_add(1).min(free.saturating_add(BEYOND_MAX));
    let delay_s = match failures.saturating_sub(free) {
        0 => 0,
        beyond => 1_i64.checked_shl(beyond).unwrap_or(DELAY_MAX_S).min(DELAY_MAX_S),
    };
    let locked_until = now.get().saturating_add(delay_s.saturating_mul(MICROS_PER_SECOND));
    Ok(Attempts { failures, last_at: now, locked_until: UtcMicros::from_micros(locked_until) })
}

/// Takes back one attempt that turned out right. The lock that it set goes with it.
pub(super) fn refund(known: Attempts, now: UtcMicros) -> Attempts {
    Attempts { failures: faded(known, now).saturating_sub(1), last_at: now, locked_until: now }
}

/// Adds failures that a right attempt forgives now to those that were `forgiven` since `since`.
pub(super) fn forgive(forgiven: Attempts, now_forgiven: Attempts, since: UtcMicros) -> Attempts {
    let before = if forgiven.last_at < since { 0 } else { forgiven.failures };
    Attempts { failures: before.saturating_add(now_forgiven.failures), ..now_forgiven }
}

fn faded(known: Attempts, now: UtcMicros) -> u32 {
    let quiet_us = now.get().saturating_sub(known.last_at.get()).max(0);
    let forgotten = u32::try_from(quiet_us.div_euclid(FADE_US)).unwrap_or(u32::MAX);
    known.failures.saturating_sub(forgotten)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FREE: u32 = 5;

    fn at(seconds: i64) -> UtcMicros {
        UtcMicros::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    fn none() -> Attempts {
        Attempts { failures: 0, last_at: at(0), locked_until: at(0) }
    }

    /// Waits of the first failures of somebody who tries as soon as he may.
    fn waits(count: usize) -> Vec<i64> {
        let (mut known, mut now) = (none(), at(1_000));
        (0..count)
            .map(|_| {
                known = admit(known, FREE, now).unwrap();
                let wait_us = known.locked_until.get().saturating_sub(now.get());
                now = known.locked_until;
                wait_us / MICROS_PER_SECOND
            })
            .collect()
    }

    #[test]
    fn five_failures_are_free_and_then_the_delay_doubles_to_a_quarter_of_an_hour() {
        let expected = [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512];
        assert_eq!(waits(14), expected);
        assert!(waits(60)[14..].iter().all(|wait| (512..=900).contains(wait)));
    }

    #[test]
    fn nothing_is_admitted_or_counted_while_locked() {
        let mut known = none();
        for _ in 0..6 {
            known = admit(known, FREE, at(10)).unwrap();
        }
        assert_eq!(admit(known, FREE, at(11)), Err(at(12)));
        assert_eq!(admit(known, FREE, at(12)).unwrap().failures, 7);
    }

    #[test]
    fn a_right_attempt_takes_its_own_count_and_lock_back() {
        let mut known = none();
        for _ in 0..6 {
            known = admit(known, FREE, at(10)).unwrap();
        }
        let refunded = refund(known, at(10));
        assert_eq!((refunded.failures, refunded.locked_until), (5, at(10)));
        assert!(admit(refunded, FREE, at(10)).is_ok());
    }

    #[test]
    fn what_is_forgiven_adds_up_until_it_was_quiet_for_a_day() {
        let failed =
            |failures, at_s| Attempts { failures, last_at: at(at_s), locked_until: at(at_s) };
        assert_eq!(forgive(failed(3, 100), failed(2, 200), at(100)), failed(5, 200));
        assert_eq!(forgive(failed(3, 100), failed(2, 200), at(101)), failed(2, 200));
        assert_eq!(forgive(failed(u32::MAX, 100), failed(2, 200), at(0)).failures, u32::MAX);
    }

    proptest! {
        #[test]
        fn a_day_of_quiet_forgives_everything(failures in 0_u32..1_000, free in 0_u32..60) {
            let failures = failures.min(free.saturating_add(BEYOND_MAX));
            let known = Attempts { failures, last_at: at(0), locked_until: at(900) };
            let later = admit(known, free.max(1), at(24 * 60 * 60)).unwrap();
            prop_assert_eq!(later.failures, 1);
        }

        #[test]
        fn no_wait_is_longer_than_a_quarter_of_an_hour_and_no_count_overflows(
            failures: u32, free: u32, last in 0_i64..1 << 40, now in 0_i64..1 << 40,
        ) {
            let known = Attempts { failures, last_at: at(last), locked_until: at(0) };
            let next = admit(known, free, at(now)).unwrap();
            prop_assert!(next.locked_until <= at(now.saturating_add(DELAY_MAX_S)));
        }

        /// However the attempts are spread, whoever tries for a day has few of them.
        #[test]
        fn a_day_of_guessing_is_a_hundred_and_odd_guesses(pauses in prop::collection::vec(0_i64..600, 1..400)) {
            let (mut known, mut now, mut admitted) = (none(), at(1_000), 0);
            let end = at(1_000 + 24 * 60 * 60);
            for pause in pauses.into_iter().cycle() {
                if now >= end {
                    break;
                }
                match admit(known, FREE, now) {
                    Ok(next) => {
                        known = next;
                        admitted = 1_u32.saturating_add(admitted);
                    }
                    Err(until) => now = until,
                }
                now = at(now.get().div_euclid(MICROS_PER_SECOND).saturating_add(pause.max(1)));
            }
            prop_assert!(admitted < 250, "{}", admitted);
        }
    }
}
