//! The load generator: plain HTTP/1.1 on kept-alive connections, one request in flight on each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::field::Field;
use super::load::Shot;
use super::processor::Cost;
use crate::exit::Exit;
use crate::failure::Failure;

/// Latencies up to a minute, three digits.
pub(super) const LATENCY_US_MAX: u64 = 60_000_000;

/// What is answered to more than the server can take; only where it says when to come again.
pub(crate) const OVERLOADED: &str = "overloaded";

/// How often what was answered instead of a receipt.
pub(crate) type Refused = BTreeMap<String, u64>;

/// What came back of one run.
pub(crate) struct Run {
    pub(crate) accepted: u64,
    /// By problem code, or by status where there was no problem document.
    pub(crate) refused: Refused,
    pub(crate) span: Duration,
    /// Of what was accepted.
    pub(crate) latency_us: Histogram<u64>,
    /// Of what was answered otherwise.
    pub(crate) refused_us: Histogram<u64>,
}

impl Run {
    pub(crate) fn requests_per_s(&self) -> f64 {
        exact(self.accepted) / self.span.as_secs_f64().max(f64::EPSILON)
    }
}

/// Figures of one scenario in one round.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) transfers_per_s: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) p999_us: u64,
    pub(crate) max_us: u64,
    pub(crate) p50_us_full: u64,
    pub(crate) p99_us_full: u64,
    pub(crate) half_per_s: f64,
    pub(crate) refused: Refused,
    /// What a transfer costs at saturation.
    pub(crate) cost: Cost,
    /// The same at half load, where fewer share a group commit.
    pub(crate) half_cost: Cost,
    pub(crate) server_bytes: u64,
}

impl Measured {
    /// `transfers` are those of one request, `server_bytes` what the server had in memory after it.
    pub(crate) fn new(
        transfers: f64,
        (full, full_cost): (&Run, &Cost),
        (half, half_cost): (&Run, &Cost),
        server_bytes: u64,
    ) -> Self {
        let moved = |run: &Run| (exact(run.accepted) * transfers).max(1.0);
        Self {
            transfers_per_s: full.requests_per_s() * transfers,
            p50_us: half.latency_us.value_at_quantile(0.5),
            p99_us: half.latency_us.value_at_quantile(0.99),
            p999_us: half.latency_us.value_at_quantile(0.999),
            max_us: half.latency_us.max(),
            p50_us_full: full.latency_us.value_at_quantile(0.5),
            p99_us_full: full.latency_us.value_at_quantile(0.99),
            half_per_s: half.requests_per_s() * transfers,
            refused: add(full.refused.clone(), &half.refused),
            cost: full_cost.of_each(moved(full)),
            half_cost: half_cost.of_each(moved(half)),
            server_bytes,
        }
    }
}

/// Every connection sends as soon as it has its answer: finds saturation.
pub(crate) async fn closed(
    field: &Field,
    shots: &[Shot],
    connections: usize,
    span: Duration,
) -> Result<Run, Failure> {
    fire(field, shots, connections, Pace::Closed { start: Instant::now(), span }).await
}

/// Request `i` is due at `i / rate`, however late a connection is free.
pub(crate) async fn open(
    field: &Field,
    shots: &[Shot],
    connections: usize,
    rate_per_s: f64,
    since: Since,
) -> Result<Run, Failure> {
    let interval = Duration::from_secs_f64(1.0 / rate_per_s.max(1.0));
    fire(field, shots, connections, Pace::Open { start: Instant::now(), interval, since }).await
}

/// From when latency counts.
#[derive(Clone, Copy)]
pub(crate) enum Since {
    /// From when a request was due: nothing that waited for a connection is left out.
    Due,
    /// From when it was sent, where more is offered than can be taken: or it would be that of the generator's own queue.
    Sent,
}

#[derive(Clone, Copy)]
enum Pace {
    Closed { start: Instant, span: Duration },
    Open { start: Instant, interval: Duration, since: Since },
}

struct Prepared {
    session: Arc<client::Session>,
    authorization: String,
    body: Bytes,
    path: &'static str,
    form: &'static str,
}

async fn fire(
    field: &Field,
    shots: &[Shot],
    connections: usize,
    pace: Pace,
) -> Result<Run, Failure> {
    let mut prepared = Vec::with_capacity(shots.len());
    for shot in shots {
        prepared.push(Prepared {
            session: Arc::clone(&shot.session),
            authorization: format!("Bearer {}", shot.session.token().await?),
            body: shot.body.clone(),
            path: shot.path,
            form: shot.session.bank().transport().form().media_type(),
        });
    }
    let prepared: Arc<[Prepared]> = prepared.into();
    let next = Arc::new(AtomicUsize::new(0));
    let latencies = Arc::new(Mutex::new(Latencies::new()?));
    let mut lines = Vec::with_capacity(connections);
    for _ in 0..connections {
        lines.push(connect(field.addr).await?);
    }
    // Counted from here on: an opening line is no request that waits.
    let pace = match pace {
        Pace::Closed { span, .. } => Pace::Closed { start: Instant::now(), span },
        Pace::Open { interval, since, .. } => Pace::Open { start: Instant::now(), interval, since },
    };
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in lines {
        let (prepared, next) = (Arc::clone(&prepared), Arc::clone(&next));
        let latencies = Arc::clone(&latencies);
        tasks.spawn(async move { drive(connection, &prepared, &next, pace, &latencies).await });
    }
    let mut refused = Refused::new();
    while let Some(done) = tasks.join_next().await {
        let more = done.map_err(|error| Failure::unexpected("a connection panicked", &error))??;
        refused = add(refused, &more);
    }
    let span = began.elapsed();
    let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
    let (latency_us, refused_us) = (latencies.accepted.clone(), latencies.refused.clone());
    let accepted = latency_us.len();
    Ok(Run { accepted, refused, span, latency_us, refused_us })
}

struct Latencies {
    accepted: Histogram<u64>,
    refused: Histogram<u64>,
}

impl Latencies {
    fn new() -> Result<Self, Failure> {
        Ok(Self { accepted: histogram()?, refused: histogram()? })
    }

    fn add(&mut self, more: &Observed) {
        for latency_us in &more.accepted_us {
            self.accepted.saturating_record((*latency_us).min(LATENCY_US_MAX));
        }
        for latency_us in &more.refused_us {
            self.refused.saturating_record((*latency_us).min(LATENCY_US_MAX));
        }
    }
}

/// What one connection saw. A histogram for each would be hundreds of megabytes that are mapped while the first requests wait.
#[derive(Default)]
struct Observed {
    accepted_us: Vec<u64>,
    refused_us: Vec<u64>,
}

async fn drive(
    mut connection: SendRequest<Full<Bytes>>,
    shots: &[Prepared],
    next: &AtomicUsize,
    pace: Pace,
    latencies: &Mutex<Latencies>,
) -> Result<Refused, Failure> {
    let mut refused = Refused::new();
    let mut own = Observed::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(shot) = shots.get(index) else { break };
        let counted_from = match pace {
            Pace::Closed { start, span } if start.elapsed() >= span => break,
            Pace::Closed { .. } => Instant::now(),
            Pace::Open { start, interval, since } => {
                let after = interval.mul_f64(exact(u64::try_from(index).unwrap_or_default()));
                let due = start.checked_add(after).unwrap_or(start);
                tokio::time::sleep_until(due.into()).await;
                match since {
                    Since::Due => due,
                    Since::Sent => Instant::now(),
                }
            }
        };
        let problem = send(&mut connection, shot).await?;
        let latency = u64::try_from(counted_from.elapsed().as_micros()).unwrap_or(LATENCY_US_MAX);
        let latencies = match problem {
            None => &mut own.accepted_us,
            Some(code) => {
                refused = add(refused, &Refused::from([(code, 1)]));
                &mut own.refused_us
            }
        };
        latencies.push(latency);
    }
    latencies.lock().unwrap_or_else(PoisonError::into_inner).add(&own);
    Ok(refused)
}

async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    shot: &Prepared,
) -> Result<Option<String>, Failure> {
    let now = server::clock::now();
    let proof = shot.session.signer().sign(
        "POST",
        shot.path,
        &shot.body,
        now.get(),
        shot.session.next_counter(),
    );
    let request = Request::post(shot.path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, shot.form)
        .header(header::ACCEPT, shot.form)
        .header(header::AUTHORIZATION, &shot.authorization)
        .header("content-digest", proof.content_digest)
        .header(client::RequestSigner::HEADER, proof.proof)
        .body(Full::new(shot.body.clone()))
        .map_err(|error| Failure::unexpected("cannot write a request", &error))?;
    let lost = |error: hyper::Error| Failure::unexpected("a connection was lost", &error);
    let response = connection.send_request(request).await.map_err(lost)?;
    let status = response.status();
    let says_when = response.headers().contains_key(header::RETRY_AFTER);
    let mut body = response.into_body();
    let mut problem = Vec::new();
    while let Some(frame) = body.frame().await {
        if let (false, Some(data)) = (status == StatusCode::OK, frame.map_err(lost)?.data_ref()) {
            problem.extend_from_slice(data);
        }
    }
    Ok((status != StatusCode::OK).then(|| match code(status, &problem) {
        code if code == OVERLOADED && !says_when => format!("{code} without retry-after"),
        code => code,
    }))
}

fn code(status: StatusCode, problem: &[u8]) -> String {
    let document: Option<serde_json::Value> = serde_json::from_slice(problem).ok();
    let code = document.as_ref().and_then(|document| document.get("code")?.as_str());
    code.map_or_else(|| status.as_str().to_owned(), ToOwned::to_owned)
}

pub(super) fn add(mut to: Refused, more: &Refused) -> Refused {
    for (code, count) in more {
        let total = to.entry(code.clone()).or_default();
        *total = total.saturating_add(*count);
    }
    to
}

async fn connect(addr: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Exit::Unavailable, format!("cannot connect to {addr}: {error}"))
    };
    let stream = TcpStream::connect(addr).await.map_err(|error| failed(&error))?;
    stream.set_nodelay(true).map_err(|error| failed(&error))?;
    let (mut sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    tokio::spawn(connection);
    // Answered once, so that the server has it in hand: it accepts some thousand a second.
    let probe = Request::get("/health/live")
        .header(header::HOST, "localhost")
        .body(Full::default())
        .map_err(|error| Failure::unexpected("cannot write a request", &error))?;
    let answer = sender.send_request(probe).await.map_err(|error| failed(&error))?;
    answer.into_body().collect().await.map_err(|error| failed(&error))?;
    Ok(sender)
}

pub(super) fn histogram() -> Result<Histogram<u64>, Failure> {
    Histogram::new_with_max(LATENCY_US_MAX, 3)
        .map_err(|error| Failure::unexpected("no histogram", &error))
}

/// A count as a number to calculate ratios with; counts here stay far below 2^52.
pub(crate) fn exact(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
