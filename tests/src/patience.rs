//! Waiting for what must happen, by looking again until a deadline.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine; nothing that works takes a tenth of it.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
///
/// # Panics
///
/// When there is none in time.
pub async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, ask).await
}

/// Waits for the next day (UTC) where this one ends within a minute: for tests of what a day allows or brings.
pub async fn clear_of_midnight() {
    const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;
    let left_us = DAY_US - server::clock::now().get().rem_euclid(DAY_US);
    let left = Duration::from_micros(left_us.unsigned_abs());
    if left < PATIENCE {
        tokio::time::sleep(left).await;
    }
}

/// As [`eventually`], with a deadline of its own.
///
/// # Panics
///
/// When there is no answer in time.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < patience, "waited {patience:?} for {what}");
        tokio::time::sleep(POLL).await;
    }
}
