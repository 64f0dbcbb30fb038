//! The only place that reads the system clock. Everything else takes `now` as an argument.

use intent::UtcMicros;
use time::OffsetDateTime;

/// The current instant, UTC, to the microsecond.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one allowed reader")]
pub fn now() -> UtcMicros {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    UtcMicros::from_micros(i64::try_from(nanos / 1_000).unwrap_or(i64::MAX))
}
