//! The one reader of the clock on this side.

use intent::UtcMicros;
use time::OffsetDateTime;

/// The present, in microseconds UTC.
#[expect(clippy::disallowed_methods, reason = "the clock is read here and nowhere else")]
#[must_use]
pub fn now() -> UtcMicros {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    let micros = nanos.checked_div(1_000).unwrap_or_default();
    UtcMicros::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// The present, in unix seconds.
pub(crate) fn now_s() -> i64 {
    now().get().checked_div(1_000_000).unwrap_or_default()
}
