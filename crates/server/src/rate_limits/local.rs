//! The count of this process: `governor`'s generic cell rate algorithm over a bounded number of subjects.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::budget::Budget;
use super::subject::Subject;

/// Subjects whose arrivals are kept, for each budget. About 4 MB when all are there.
pub const SUBJECTS_MAX: usize = 65_536;

/// Whether a request may be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Decision {
    /// It may, and so may as many more at once.
    Admitted { remaining: u32 },
    /// It may when this long has passed.
    Refused { wait: Duration },
}

/// One budget, for every subject.
pub(super) struct Limiter<C: Clock = MonotonicClock> {
    governor: RateLimiter<Subject, Arrivals, C, StateInformationMiddleware>,
}

impl<C: Clock> Limiter<C> {
    pub(super) fn new(budget: Budget, clock: C) -> Self {
        // `None` for an interval of nothing, which no budget has.
        let quota = Quota::with_period(budget.interval())
            .unwrap_or(Quota::per_second(budget.requests()))
            .allow_burst(budget.requests());
        let arrivals = Arrivals::default();
        Self { governor: RateLimiter::new(quota, arrivals, clock) }
    }

    pub(super) fn decide(&self, subject: &Subject) -> Decision {
        match self.governor.check_key(subject) {
            Ok(snapshot) => Decision::Admitted { remaining: snapshot.remaining_burst_capacity() },
            Err(refused) => {
                Decision::Refused { wait: refused.wait_time_from(self.governor.clock().now()) }
            }
        }
    }
}

/// When each subject's next request is due, in theory: the further in the future, the more of the budget is spent.
///
/// Room is made by forgetting the half that has spent least. A flood from ever new addresses, one request each, so
/// forgets itself, and whoever has spent a budget stays refused.
#[derive(Default)]
struct Arrivals(Mutex<HashMap<Subject, Nanos>>);

impl StateStore for Arrivals {
    type Key = Subject;

    fn measure_and_replace<T, F, E>(&self, subject: &Subject, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = due.get(subject).copied();
        let (answer, next) = decide(known)?;
        if known.is_none() && due.len() >= SUBJECTS_MAX {
            forget_half(&mut due);
        }
        due.insert(*subject, next);
        Ok(answer)
    }
}

fn forget_half(due: &mut HashMap<Subject, Nanos>) {
    let mut times: Vec<Nanos> = due.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    due.retain(|_, time| *time > median);
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limiter(budget: &str) -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::new(budget.parse().unwrap(), clock.clone()), clock)
    }

    fn subject(number: u32) -> Subject {
        Subject::of_address(Some(IpAddr::V4(Ipv4Addr::from_bits(number))))
    }

    fn spend(limiter: &Limiter<FakeRelativeClock>, subject: Subject) -> (u32, Duration) {
        let refused = |admitted| match limiter.decide(&subject) {
            Decision::Admitted { .. } => None,
            Decision::Refused { wait } => Some((admitted, wait)),
        };
        (0..).find_map(refused).unwrap()
    }

    #[test]
    fn a_budget_may_be_spent_at_once_and_comes_back_one_by_one() {
        let (limiter, clock) = limiter("5/10");
        assert_eq!(limiter.decide(&subject(1)), Decision::Admitted { remaining: 4 });
        assert_eq!(spend(&limiter, subject(1)), (4, Duration::from_secs(2)));
        assert_eq!(spend(&limiter, subject(2)).0, 5, "another's budget is another's");
        clock.advance(Duration::from_millis(1_999));
        assert_eq!(spend(&limiter, subject(1)), (0, Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(spend(&limiter, subject(1)), (1, Duration::from_secs(2)));
        clock.advance(Duration::from_mins(1));
        assert_eq!(spend(&limiter, subject(1)).0, 5, "no more than all of it");
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_room_and_washes_no_spent_budget_away() {
        let (limiter, clock) = limiter("5/1000");
        assert_eq!(spend(&limiter, subject(0)).0, 5);
        let flood = u32::try_from(3 * SUBJECTS_MAX).unwrap();
        for number in 1..flood {
            clock.advance(Duration::from_micros(1));
            assert!(matches!(limiter.decide(&subject(number)), Decision::Admitted { .. }));
        }
        assert_eq!(spend(&limiter, subject(0)).0, 0);
        let kept = limiter.governor.into_state_store().0.into_inner().unwrap().len();
        assert!(kept <= SUBJECTS_MAX, "{kept}");
    }
}
