//! What is remembered of an account: a fixed number of bytes, updated in constant time.

use thiserror::Error;

use crate::decay::{factor, to_f64};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
const WINDOWS: usize = 4;
const RECENT: usize = 8;

/// Once an account has this many attempts in 30 days, decayed, one of them cannot move its mean by
/// more than [`CLIP_MULTIPLE`] times the mean.
const CLIP_FROM_ATTEMPTS: f64 = 3.0;
/// Otherwise a few refused attempts at a huge amount would make every amount look ordinary.
const CLIP_MULTIPLE: f64 = 8.0;

/// The habits of one account, as seen by [`crate::assess`]. Stored beside the account's row, read and
/// written under its lock.
///
/// Counts and sums decay exponentially with the time constants of [`Window`]; the last eight
/// attempts are kept as they were. Nothing in it depends on a policy, so that a new version judges
/// on the same memory.
///
/// # Stored form
///
/// 201 bytes, little-endian: version `1` (1 byte), time of the last attempt (8), four decayed counts
/// (32) and four decayed sums of amounts (32) as IEEE 754 doubles, in the order of [`Window::ALL`], then
/// the last eight attempts, newest first, each its time and amount (16; both 0 where there is none).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountState {
    last_at_us: i64,
    counts: [f64; WINDOWS],
    sums: [f64; WINDOWS],
    recent: [Recent; RECENT],
}

/// How fast the past is forgotten.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Window {
    /// Time constant of one hour.
    Hour,
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

impl Window {
    /// Every window, shortest first.
    pub const ALL: [Self; WINDOWS] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The time constant: after this long an attempt counts `1/e`, about 0.37. Microseconds.
    #[must_use]
    pub const fn tau_us(self) -> i64 {
        match self {
            Self::Hour => HOUR_US,
            Self::Day => DAY_US,
            Self::Week => 7 * DAY_US,
            Self::Month => 30 * DAY_US,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Recent {
    at_us: i64,
    amount_minor: i64,
}

impl AccountState {
    /// Length of the stored form, in bytes.
    pub const LEN: usize = 1 + 8 + 2 * 8 * WINDOWS + 16 * RECENT;
    const VERSION: u8 = 1;

    /// Remembers an attempt of `amount_minor` minor units at `at_us` microseconds since the Unix
    /// epoch. Once per signed intent that asks for money to leave, accepted or not; for a batch its
    /// total. After [`crate::assess`], which judges an attempt by what was before it.
    ///
    /// A time before the last attempt's counts as the last attempt's.
    pub fn update(&mut self, amount_minor: i64, at_us: i64) {
        let at_us = at_us.max(self.last_at_us);
        let factors = self.factors(at_us);
        let amount = self.clipped(amount_minor, at_us);
        for ((count, sum), factor) in self.counts.iter_mut().zip(&mut self.sums).zip(factors) {
            *count = *count * factor + 1.0;
            *sum = *sum * factor + amount;
        }
        self.last_at_us = at_us;
        self.recent.rotate_right(1);
        if let Some(newest) = self.recent.first_mut() {
            *newest = Recent { at_us, amount_minor: amount_minor.max(0) };
        }
    }

    /// Time of the last attempt, microseconds since the Unix epoch; 0 before the first.
    #[must_use]
    pub const fn last_at_us(&self) -> i64 {
        self.last_at_us
    }

    /// Decayed number of attempts at `at_us`.
    #[must_use]
    pub fn count(&self, window: Window, at_us: i64) -> f64 {
        decayed(self.counts, window, self.elapsed_us(at_us))
    }

    /// Decayed sum of clipped amounts at `at_us`, in minor units.
    #[must_use]
    pub fn sum(&self, window: Window, at_us: i64) -> f64 {
        decayed(self.sums, window, self.elapsed_us(at_us))
    }

    /// Mean of clipped amounts in the window, in minor units; `None` before the first attempt. Time
    /// alone does not change it.
    #[must_use]
    pub fn mean_minor(&self, window: Window) -> Option<f64> {
        let elapsed_us = 0;
        let count = decayed(self.counts, window, elapsed_us);
        (count > 0.0).then(|| decayed(self.sums, window, elapsed_us) / count)
    }

    /// Amounts of the last attempts, at most eight, since `since_us`, in minor units, newest first.
    pub fn recent_since(&self, since_us: i64) -> impl Iterator<Item = i64> {
        self.recent
            .iter()
            .filter(move |recent| recent.amount_minor > 0 && recent.at_us >= since_us)
            .map(|recent| recent.amount_minor)
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let version = [Self::VERSION];
        let floats = self.counts.iter().chain(&self.sums).map(|value| value.to_le_bytes());
        let recent = self
            .recent
            .iter()
            .flat_map(|recent| [recent.at_us.to_le_bytes(), recent.amount_minor.to_le_bytes()]);
        let words = [self.last_at_us.to_le_bytes()].into_iter().chain(floats).chain(recent);
        for (byte, value) in bytes.iter_mut().zip(version.into_iter().chain(words.flatten())) {
            *byte = value;
        }
        bytes
    }

    /// Reads the stored form. No bytes at all are an account before its first attempt.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedState> {
        let Some((version, body)) = bytes.split_first() else { return Ok(Self::default()) };
        if *version != Self::VERSION {
            return Err(MalformedState::Version(*version));
        }
        if bytes.len() != Self::LEN {
            return Err(MalformedState::Length(bytes.len()));
        }
        let (words, _) = body.as_chunks::<8>();
        let mut words = words.iter().copied();
        let mut integer = || match words.next().map(i64::from_le_bytes) {
            Some(value) if value >= 0 => Ok(value),
            Some(_) | None => Err(MalformedState::OutOfRange),
        };
        let mut state = Self { last_at_us: integer()?, ..Self::default() };
        for value in state.counts.iter_mut().chain(&mut state.sums) {
            // A float that is finite and not negative has a bit pattern that is not, either.
            *value = f64::from_bits(integer()?.cast_unsigned());
            if !value.is_finite() {
                return Err(MalformedState::OutOfRange);
            }
        }
        for recent in &mut state.recent {
            *recent = Recent { at_us: integer()?, amount_minor: integer()? };
        }
        Ok(state)
    }

    fn elapsed_us(&self, at_us: i64) -> i64 {
        at_us.saturating_sub(self.last_at_us).max(0)
    }

    fn factors(&self, at_us: i64) -> [f64; WINDOWS] {
        let elapsed_us = self.elapsed_us(at_us);
        Window::ALL.map(|window| factor(elapsed_us, window.tau_us()))
    }

    fn clipped(&self, amount_minor: i64, at_us: i64) -> f64 {
        let amount = to_f64(amount_minor);
        match self.mean_minor(Window::Month) {
            Some(mean) if self.count(Window::Month, at_us) >= CLIP_FROM_ATTEMPTS => {
                amount.min(mean * CLIP_MULTIPLE)
            }
            Some(_) | None => amount,
        }
    }
}

fn decayed(values: [f64; WINDOWS], window: Window, elapsed_us: i64) -> f64 {
    let [hour, day, week, month] = values;
    let value = match window {
        Window::Hour => hour,
        Window::Day => day,
        Window::Week => week,
        Window::Month => month,
    };
    value * factor(elapsed_us, window.tau_us())
}

/// Why stored bytes are not a state.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedState {
    /// Written by a version that this one does not know.
    #[error("risk state has version {0}")]
    Version(u8),
    /// Not the length of the stored form.
    #[error("risk state has {0} bytes")]
    Length(usize),
    /// A number that no update could have made.
    #[error("risk state contains a number out of range")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_that_are_not_a_state_are_refused() {
        let good = AccountState::default().to_bytes();
        assert_eq!(AccountState::from_bytes(&good[..200]), Err(MalformedState::Length(200)));
        let mut other = good;
        other[0] = 2;
        assert_eq!(AccountState::from_bytes(&other), Err(MalformedState::Version(2)));
        for poison in [f64::NAN, f64::INFINITY, -1.0] {
            let mut bytes = good;
            bytes[9..17].copy_from_slice(&poison.to_le_bytes());
            assert_eq!(AccountState::from_bytes(&bytes), Err(MalformedState::OutOfRange));
        }
    }

    #[test]
    fn no_bytes_are_an_account_before_its_first_attempt() {
        assert_eq!(AccountState::from_bytes(&[]), Ok(AccountState::default()));
    }

    #[test]
    fn an_attempt_fades_with_each_windows_own_time_constant() {
        let mut state = AccountState::default();
        state.update(100, 5);
        for window in Window::ALL {
            let later = state.count(window, 5 + window.tau_us());
            assert!((later - 0.367_879).abs() < 1e-6, "{window:?} {later}");
        }
    }

    #[test]
    fn a_clock_that_runs_backwards_forgets_nothing() {
        let mut state = AccountState::default();
        state.update(100, DAY_US);
        state.update(100, 0);
        assert_eq!(state.last_at_us(), DAY_US);
        assert!((state.count(Window::Hour, DAY_US) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn huge_attempts_cannot_buy_a_new_habit() {
        let mut state = AccountState::default();
        for day in 0..10 {
            state.update(100, day * DAY_US);
        }
        state.update(i64::MAX, 10 * DAY_US);
        assert!(state.mean_minor(Window::Month).unwrap() < 300.0);
    }

    #[test]
    fn recent_amounts_are_the_newest_eight() {
        let mut state = AccountState::default();
        for n in 1..=10 {
            state.update(n, n);
        }
        assert!(state.recent_since(0).eq((3..=10).rev()));
        assert!(state.recent_since(9).eq([10, 9]));
    }

    proptest! {
        #[test]
        fn a_state_survives_its_bytes(
            attempts in prop::collection::vec((0..=i64::MAX, 0..4_000_000_000_000_000_i64), 0..40),
        ) {
            let (mut straight, mut stored) = (AccountState::default(), AccountState::default());
            for (amount_minor, at_us) in attempts {
                straight.update(amount_minor, at_us);
                stored.update(amount_minor, at_us);
                stored = AccountState::from_bytes(&stored.to_bytes()).unwrap();
                prop_assert_eq!(straight.to_bytes(), stored.to_bytes());
            }
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..220)) {
            let _ = AccountState::from_bytes(&bytes);
        }
    }
}
