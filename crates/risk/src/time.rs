//! Lengths of time, in microseconds.

pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// How long ago `then` was; in the future (two instances' clocks) counts as just now.
pub(crate) fn age_us(now_us: i64, then_us: i64) -> i64 {
    now_us.saturating_sub(then_us).max(0)
}
