//! What is remembered of one account's payments to another.

use crate::stored::{MalformedState, Reader, Writer};
use crate::time::DAY_US;

/// What one account has really paid another. Stored under the two accounts' ids, read and written under the payer's lock;
/// two accounts without a row have the default.
///
/// # Stored form
///
/// ```text
/// version 1 | first paid i64 | last paid i64 | times u32 | sum i64 | day u32 | times that day u32 | sum of that day i64
/// ```
///
/// 45 bytes, little-endian; times are microseconds since the Unix epoch, days are counted from it, sums saturate.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PairState {
    first_at_us: i64,
    last_at_us: i64,
    count: u32,
    sum_minor: i64,
    day: u32,
    day_count: u32,
    day_sum_minor: i64,
}

impl PairState {
    /// Length of the stored form, in bytes.
    pub const LEN: usize = 1 + 8 + 8 + 4 + 8 + 4 + 4 + 8;
    const VERSION: u8 = 1;

    pub(crate) fn paid(&mut self, amount_minor: i64, at_us: i64) {
        let amount_minor = amount_minor.max(0);
        let at_us = at_us.max(self.last_at_us);
        if self.count == 0 {
            self.first_at_us = at_us;
        }
        self.last_at_us = at_us;
        self.count = self.count.saturating_add(1);
        self.sum_minor = self.sum_minor.saturating_add(amount_minor);
        if self.day != day(at_us) {
            (self.day, self.day_count, self.day_sum_minor) = (day(at_us), 0, 0);
        }
        self.day_count = self.day_count.saturating_add(1);
        self.day_sum_minor = self.day_sum_minor.saturating_add(amount_minor);
    }

    /// How often the payee was paid.
    #[must_use]
    pub const fn paid_count(&self) -> u32 {
        self.count
    }

    /// How much in all, in minor units.
    #[must_use]
    pub const fn sum_minor(&self) -> i64 {
        self.sum_minor
    }

    /// When the payee was first paid, microseconds since the Unix epoch; `None` before.
    #[must_use]
    pub fn first_at_us(&self) -> Option<i64> {
        (self.count > 0).then_some(self.first_at_us)
    }

    /// When the payee was last paid, microseconds since the Unix epoch; `None` before.
    #[must_use]
    pub fn last_at_us(&self) -> Option<i64> {
        (self.count > 0).then_some(self.last_at_us)
    }

    /// How often and how much on the UTC day of `at_us`, in minor units.
    #[must_use]
    pub fn on_day(&self, at_us: i64) -> (u32, i64) {
        if self.day == day(at_us) { (self.day_count, self.day_sum_minor) } else { (0, 0) }
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(Self::VERSION, Self::LEN);
        out.i64(self.first_at_us);
        out.i64(self.last_at_us);
        out.u32(self.count);
        out.i64(self.sum_minor);
        out.u32(self.day);
        out.u32(self.day_count);
        out.i64(self.day_sum_minor);
        out.finish()
    }

    /// Reads the stored form. No bytes at all are a pair before its first payment.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedState> {
        let Some(mut stored) = Reader::new(bytes, Self::VERSION, Self::LEN)? else {
            return Ok(Self::default());
        };
        Ok(Self {
            first_at_us: stored.i64()?,
            last_at_us: stored.i64()?,
            count: stored.u32()?,
            sum_minor: stored.i64()?,
            day: stored.u32()?,
            day_count: stored.u32()?,
            day_sum_minor: stored.i64()?,
        })
    }
}

fn day(at_us: i64) -> u32 {
    u32::try_from(at_us.div_euclid(DAY_US)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_day_begins_to_count_anew() {
        let mut pair = PairState::default();
        assert_eq!((pair.first_at_us(), pair.last_at_us()), (None, None));
        for at_us in [1, DAY_US - 1, DAY_US] {
            pair.paid(100, at_us);
        }
        assert_eq!((pair.on_day(DAY_US), pair.on_day(0)), ((1, 100), (0, 0)));
        assert_eq!((pair.paid_count(), pair.sum_minor()), (3, 300));
        assert_eq!((pair.first_at_us(), pair.last_at_us()), (Some(1), Some(DAY_US)));
    }

    #[test]
    fn bytes_that_are_not_a_pair_are_refused() {
        let good = PairState::default().to_bytes();
        assert_eq!(good.len(), PairState::LEN);
        assert_eq!(PairState::from_bytes(&good[..9]), Err(MalformedState::Length(9)));
        assert_eq!(PairState::from_bytes(&[9]), Err(MalformedState::Version(9)));
        let mut negative = good;
        negative[8] = 0x80;
        assert_eq!(PairState::from_bytes(&negative), Err(MalformedState::OutOfRange));
    }

    proptest! {
        #[test]
        fn a_pair_survives_its_bytes(
            payments in prop::collection::vec((0..=i64::MAX, 0..4_000_000_000_000_000_i64), 0..20),
        ) {
            let mut pair = PairState::default();
            for (amount_minor, at_us) in payments {
                pair.paid(amount_minor, at_us);
                prop_assert_eq!(PairState::from_bytes(&pair.to_bytes()), Ok(pair));
            }
        }
    }
}
