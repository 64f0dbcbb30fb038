//! Signing in, and what it costs to know who makes a request.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use client::{ClientError, Session};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::field::Field;
use super::generator::{LATENCY_US_MAX, exact, histogram};
use crate::failure::Failure;

/// People who sign in at once when the bank is busy.
const TASKS: usize = 32;

/// Figures of one measurement.
pub(super) struct Figures {
    /// Certificate sign-ins, many people at once: challenge and login, two round trips.
    busy: Loop,
    /// The same by one client after the other.
    alone: Loop,
    /// Requests that a session proves, read and answered from the caller alone.
    proven: Loop,
    /// Requests that nobody proves.
    open: Loop,
}

struct Loop {
    per_s: f64,
    p50_us: u64,
    p99_us: u64,
    server_us: f64,
    postgres_us: f64,
}

impl Figures {
    pub(super) fn json(&self) -> Value {
        let rounded =
            |value: f64| format!("{value:.1}").parse::<f64>().map_or(Value::Null, Value::from);
        let one = |of: &Loop| {
            json!({
                "per_s": rounded(of.per_s), "p50_us": of.p50_us, "p99_us": of.p99_us,
                "cpu_us": { "server": rounded(of.server_us), "postgres": rounded(of.postgres_us) },
            })
        };
        json!({
            "sign_in": one(&self.busy),
            "sign_in_one_client": one(&self.alone),
            "request_proven": one(&self.proven),
            "request_open": one(&self.open),
            "validation_cpu_us": rounded(self.proven.server_us - self.open.server_us),
        })
    }

    pub(super) fn lines(&self) -> String {
        let one = |name: &str, of: &Loop| {
            format!(
                "{name:<22} {:>8.0}/s   p50 {:>6} µs   p99 {:>6} µs   server {:>5.0} µs   postgres {:>5.0} µs\n",
                of.per_s, of.p50_us, of.p99_us, of.server_us, of.postgres_us
            )
        };
        [
            one("sign-in", &self.busy),
            one("sign-in, one client", &self.alone),
            one("request with a proof", &self.proven),
            one("request without", &self.open),
        ]
        .concat()
    }
}

/// Measures all four, each for `span`.
pub(super) async fn measure(field: &Field, span: Duration) -> Result<Figures, Failure> {
    let sign_in = async |session: Arc<Session>| {
        session.bank().login(Arc::clone(session.identity())).await.map(drop)
    };
    let proven = async |session: Arc<Session>| session.verify().await.map(drop);
    let open = async |session: Arc<Session>| session.bank().is_alive().await;
    Ok(Figures {
        busy: repeat(field, TASKS, span, sign_in).await?,
        alone: repeat(field, 1, span, sign_in).await?,
        proven: repeat(field, TASKS, span, proven).await?,
        open: repeat(field, TASKS, span, open).await?,
    })
}

/// So many tasks do the same until the time is over, each with another customer.
async fn repeat<F, R>(field: &Field, tasks: usize, span: Duration, act: F) -> Result<Loop, Failure>
where
    F: Fn(Arc<Session>) -> R + Copy + Send + 'static,
    R: Future<Output = Result<(), ClientError>> + Send,
{
    let (meter, began) = (field.meter()?, Instant::now());
    let all = Arc::new(Mutex::new(histogram()?));
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let session = Arc::clone(&field.payer(next.fetch_add(1, Ordering::Relaxed)).session);
        let (all, mut own) = (Arc::clone(&all), histogram()?);
        running.spawn(async move {
            while began.elapsed() < span {
                let start = Instant::now();
                act(Arc::clone(&session)).await?;
                let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(LATENCY_US_MAX);
                own.saturating_record(took.min(LATENCY_US_MAX));
            }
            let merged = all.lock().unwrap_or_else(PoisonError::into_inner).add(&own);
            merged.map_err(|error| Failure::unexpected("latencies do not add up", &error))
        });
    }
    while let Some(done) = running.join_next().await {
        done.map_err(|error| Failure::unexpected("a client panicked", &error))??;
    }
    let (seconds, cost) = (began.elapsed().as_secs_f64(), field.meter()?.since(&meter));
    let all: Histogram<u64> = all.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let done = exact(all.len()).max(1.0);
    Ok(Loop {
        per_s: done / seconds.max(f64::EPSILON),
        p50_us: all.value_at_quantile(0.5),
        p99_us: all.value_at_quantile(0.99),
        server_us: cost.server_us / done,
        postgres_us: cost.postgres_us / done,
    })
}
