//! Counters of an account, and of what it has paid to one payee.

use intent::UtcMicros;
use risk::PairState;
use thiserror::Error;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// What an account has paid in the present minute, hour and day of UTC.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Usage {
    /// When it last paid, in microseconds: it says which minute, hour and day the counters are of.
    last_us: i64,
    minute_count: u32,
    hour_count: u32,
    day_count: u32,
    /// Minor units.
    day_sum: i64,
}

/// Stored counters that are none.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the counters of an account's limits have {0} bytes")]
pub(crate) struct MalformedUsage(usize);

impl Usage {
    /// Length of the stored form.
    const LEN: usize = 28;

    /// The counters as of `now`: what belongs to an earlier minute, hour or day is gone.
    pub(crate) fn at(self, now: UtcMicros) -> Self {
        let now_us = now.get();
        let same = |unit: i64| self.last_us.div_euclid(unit) == now_us.div_euclid(unit);
        let keep = |unit: i64, count: u32| if same(unit) { count } else { 0 };
        Self {
            last_us: now_us,
            minute_count: keep(MINUTE_US, self.minute_count),
            hour_count: keep(HOUR_US, self.hour_count),
            day_count: keep(DAY_US, self.day_count),
            day_sum: if same(DAY_US) { self.day_sum } else { 0 },
        }
    }

    /// Counts one signature.
    pub(crate) fn count(&mut self) {
        self.minute_count = self.minute_count.saturating_add(1);
        self.hour_count = self.hour_count.saturating_add(1);
        self.day_count = self.day_count.saturating_add(1);
    }

    /// Adds an amount, in minor units.
    pub(crate) const fn add(&mut self, minor: i64) {
        self.day_sum = self.day_sum.saturating_add(minor);
    }

    /// Payments of the present minute, hour and day.
    pub(crate) const fn counts(&self) -> [u32; 3] {
        [self.minute_count, self.hour_count, self.day_count]
    }

    /// Paid in the present day, minor units.
    pub(crate) const fn day_sum(&self) -> i64 {
        self.day_sum
    }

    /// The stored form: big-endian integers in the order of the fields; nothing before the first payment.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        if self == Self::default() {
            return Vec::new();
        }
        let counts = self.counts().into_iter().flat_map(u32::to_be_bytes);
        self.last_us
            .to_be_bytes()
            .into_iter()
            .chain(counts)
            .chain(self.day_sum.to_be_bytes())
            .collect()
    }

    /// Reads [`Usage::to_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedUsage> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let malformed = || MalformedUsage(bytes.len());
        if bytes.len() != Self::LEN {
            return Err(malformed());
        }
        let (last, rest) = bytes.split_first_chunk::<8>().ok_or_else(malformed)?;
        let (minute, rest) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
        let (hour, rest) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
        let (day, rest) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
        let (sum, _) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        Ok(Self {
            last_us: i64::from_be_bytes(*last),
            minute_count: u32::from_be_bytes(*minute),
            hour_count: u32::from_be_bytes(*hour),
            day_count: u32::from_be_bytes(*day),
            day_sum: i64::from_be_bytes(*sum),
        })
    }
}

/// What one account has paid to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PayeeUsage {
    /// Since when the payer knows the payee: the first payment. What their own list says stands there.
    pub(crate) known_since: UtcMicros,
    /// When it was last paid.
    pub(crate) last_paid_at: Option<UtcMicros>,
    /// How often it was paid.
    pub(crate) payments: i64,
    /// Paid in all, minor units.
    pub(crate) total: i64,
    /// Paid in the day of `last_paid_at`, minor units.
    pub(crate) day_sum: i64,
    /// What the risk engine remembers of the two.
    pub(crate) risk: PairState,
}

impl PayeeUsage {
    /// A payee that is known from now on.
    pub(crate) fn known(since: UtcMicros) -> Self {
        Self {
            known_since: since,
            last_paid_at: None,
            payments: 0,
            total: 0,
            day_sum: 0,
            risk: PairState::default(),
        }
    }

    /// Paid in the present day, minor units.
    pub(crate) fn day_sum_at(&self, now: UtcMicros) -> i64 {
        let day = |at: UtcMicros| at.get().div_euclid(DAY_US);
        if self.last_paid_at.is_some_and(|last| day(last) == day(now)) { self.day_sum } else { 0 }
    }

    /// Adds a payment of this many minor units.
    pub(crate) fn add(&mut self, minor: i64, now: UtcMicros) {
        self.day_sum = self.day_sum_at(now).saturating_add(minor);
        self.total = self.total.saturating_add(minor);
        self.payments = self.payments.saturating_add(1);
        self.last_paid_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(us: i64) -> UtcMicros {
        UtcMicros::from_micros(us)
    }

    #[test]
    fn a_new_minute_hour_and_day_begin_empty() {
        let mut usage = Usage::default().at(at(DAY_US));
        usage.count();
        usage.add(500);
        let counts = |us| usage.at(at(us)).counts();
        assert_eq!(counts(DAY_US + MINUTE_US - 1), [1, 1, 1]);
        assert_eq!(counts(DAY_US + MINUTE_US), [0, 1, 1]);
        assert_eq!(counts(DAY_US + HOUR_US), [0, 0, 1]);
        assert_eq!(counts(2 * DAY_US), [0, 0, 0]);
        assert_eq!(usage.at(at(2 * DAY_US - 1)).day_sum(), 500);
        assert_eq!(usage.at(at(2 * DAY_US)).day_sum(), 0);
    }

    #[test]
    fn what_a_payee_got_today_is_forgotten_tomorrow_and_its_total_is_not() {
        let mut payee = PayeeUsage::known(at(0));
        payee.add(300, at(10));
        payee.add(200, at(20));
        assert_eq!((payee.day_sum_at(at(30)), payee.day_sum_at(at(DAY_US))), (500, 0));
        payee.add(1, at(DAY_US));
        assert_eq!((payee.total, payee.payments, payee.day_sum), (501, 3, 1));
    }

    proptest! {
        #[test]
        fn counters_come_back_as_they_were_stored(us: i64, payments in 0_u32..5, sum: i64) {
            let mut usage = Usage::default().at(at(us));
            (0..payments).for_each(|_| usage.count());
            usage.add(sum);
            prop_assert_eq!(Usage::from_bytes(&usage.to_bytes()), Ok(usage));
        }

        #[test]
        fn other_lengths_are_no_counters(bytes in proptest::collection::vec(any::<u8>(), 1..60)) {
            prop_assert_eq!(Usage::from_bytes(&bytes).is_ok(), bytes.len() == Usage::LEN);
        }
    }
}
