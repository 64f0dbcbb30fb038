//! The only place that reads the system clock. Everything else takes `now` as an argument.

use intent::UtcMicros;
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// The current instant, UTC, to the microsecond.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one allowed reader")]
pub fn now() -> UtcMicros {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    UtcMicros::from_micros(i64::try_from(nanos / 1_000).unwrap_or(i64::MAX))
}

/// A fresh version 7 UUID, ordered by `at`.
#[must_use]
pub fn fresh_id(at: UtcMicros) -> Uuid {
    let seconds = u64::try_from(at.get().div_euclid(1_000_000)).unwrap_or_default();
    let micros = u32::try_from(at.get().rem_euclid(1_000_000)).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, micros.saturating_mul(1_000)))
}
