//! The only place that reads the system clock. Everything else takes `now` as an argument.

use std::pin::Pin;
use std::time::{Duration, Instant};

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

/// Time as the poster knows it, given to it so that a simulation can give it another.
pub trait Time: Send + Sync {
    /// What the clock shows, UTC, to the microsecond. Clocks are set, and so it may run back.
    fn now(&self) -> UtcMicros;

    /// How long it is since some instant in the past; never runs back.
    fn elapsed(&self) -> Duration;

    /// Ends after that long.
    fn wait(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's own.
#[derive(Debug)]
pub(crate) struct MachineTime {
    began: Instant,
}

impl MachineTime {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Time for MachineTime {
    fn now(&self) -> UtcMicros {
        now()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn wait(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
