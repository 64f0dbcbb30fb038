//! Logs and metrics: JSON lines on stderr, Prometheus text at `/metrics`.
//!
//! Logs carry ids, not people. A failure is logged once, where it is handled. A request is a line at
//! `debug`; only those that fail on our side speak up by themselves.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use metrics::{Counter, Gauge, Histogram, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Requests answered, by class of status.
pub const HTTP_REQUESTS: &str = "strongroom_http_requests_total";
/// From the last header byte to the answer's head, in seconds.
pub const HTTP_SECONDS: &str = "strongroom_http_request_seconds";
/// Requests in work.
pub const HTTP_IN_WORK: &str = "strongroom_http_requests_in_work";
/// TLS handshakes, by key exchange group.
pub const TLS_HANDSHAKES: &str = "strongroom_tls_handshakes_total";
/// Whether the database server answers: 1 or 0.
pub const DATABASE_UP: &str = "strongroom_database_up";

/// Intents decided, by kind and code.
pub const INTENTS: &str = "strongroom_intents_total";
/// Intents that the risk engine judged, by what it asked for.
pub const RISK_VERDICTS: &str = "strongroom_risk_verdicts_total";
/// Intents in one group commit.
pub const BATCH_INTENTS: &str = "strongroom_group_commit_intents";
/// From the first lock to the answers of a group commit, in seconds.
pub const COMMIT_SECONDS: &str = "strongroom_group_commit_seconds";
/// Group commits that failed and were tried again or given up.
pub const COMMIT_FAILURES: &str = "strongroom_group_commit_failures_total";

/// Sessions opened, by whether their holder was known there: `first`, `known` or `new`.
pub const SIGN_INS: &str = "strongroom_sign_ins_total";
/// Sign-ins that were refused, by what was wrong.
pub const SIGN_IN_REFUSED: &str = "strongroom_sign_in_refused_total";
/// Locks that began after failed sign-ins, by whose.
pub const SIGN_IN_LOCKS: &str = "strongroom_sign_in_locks_total";

/// Streams of events that are open.
pub const EVENT_STREAMS: &str = "strongroom_event_streams";
/// Streams of events that were cut off because nobody read them.
pub const EVENT_STREAMS_CUT: &str = "strongroom_event_streams_cut_total";

/// Webhooks sent, by what came of it.
pub const WEBHOOKS: &str = "strongroom_webhooks_total";
/// Endpoints that are paused because nothing could be delivered for too long.
pub const WEBHOOKS_PAUSED: &str = "strongroom_webhooks_paused";

/// Keys whose first reminder has come and that were not replaced yet.
pub const ROTATIONS_DUE: &str = "strongroom_rotations_due";
/// Requests refused because a budget was spent, by class and scope.
pub const RATE_LIMITED: &str = "strongroom_rate_limited_total";
/// Failures of the shared count of requests, after which a process counted for itself.
pub const RATE_LIMITS_FALLBACK: &str = "strongroom_rate_limits_fallback_total";

/// From 100 µs, which no honest answer beats, to the request timeout.
const SECONDS_BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];
/// Histograms keep every sample until they are drained into their buckets.
pub(crate) const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Installs the log writer for this process; a second call, or a test's own writer, is left alone.
/// `RUST_LOG` overrules the default of `info`.
pub fn init_logs() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn,rustls=warn"));
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .finish();
    if tracing::subscriber::set_global_default(subscriber).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            let message = panic.payload_as_str().unwrap_or("no message");
            tracing::error!(place, message, "a broken assumption");
        }));
    }
}

/// The recorder of this process, installed at the first call.
#[must_use]
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        // Fails only for an empty list of buckets, and then the exporter's own are used.
        let builder = PrometheusBuilder::new()
            .set_buckets(SECONDS_BUCKETS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        metrics::describe_counter!(HTTP_REQUESTS, "Requests answered, by class of status");
        metrics::describe_histogram!(HTTP_SECONDS, Unit::Seconds, "Time to the answer's head");
        metrics::describe_gauge!(HTTP_IN_WORK, "Requests in work");
        metrics::describe_counter!(TLS_HANDSHAKES, "TLS handshakes, by key exchange group");
        metrics::describe_gauge!(DATABASE_UP, "Whether the database answers");
        metrics::describe_counter!(INTENTS, "Intents decided, by kind and code");
        metrics::describe_counter!(RISK_VERDICTS, "Risk verdicts, by what they asked for");
        metrics::describe_histogram!(BATCH_INTENTS, "Intents in one group commit");
        metrics::describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time of a group commit");
        metrics::describe_counter!(COMMIT_FAILURES, "Group commits that failed");
        metrics::describe_counter!(SIGN_INS, "Sessions opened, by whether the place was known");
        metrics::describe_counter!(SIGN_IN_REFUSED, "Sign-ins refused, by what was wrong");
        metrics::describe_counter!(SIGN_IN_LOCKS, "Locks after failed sign-ins, by whose");
        metrics::describe_gauge!(EVENT_STREAMS, "Streams of events that are open");
        metrics::describe_counter!(EVENT_STREAMS_CUT, "Streams of events that nobody read");
        metrics::describe_counter!(WEBHOOKS, "Webhooks sent, by what came of it");
        metrics::describe_gauge!(
            WEBHOOKS_PAUSED,
            "Endpoints that are paused after lasting failure"
        );
        metrics::describe_gauge!(ROTATIONS_DUE, "Keys that should be replaced soon");
        metrics::describe_counter!(RATE_LIMITED, "Requests over a budget, by class and scope");
        metrics::describe_counter!(
            RATE_LIMITS_FALLBACK,
            "Failures of the shared count of requests"
        );
        handle
    })
}

/// `GET /metrics`: the numbers in the Prometheus text format.
pub(crate) async fn metrics() -> impl IntoResponse {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, recorder().render())
}

/// What every request touches, looked up once: a name costs a hash and a lock, a handle an addition.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    classes: [Counter; 5],
    seconds: Histogram,
    in_work: Gauge,
}

impl HttpMetrics {
    pub(crate) fn new() -> Self {
        let _installed = recorder();
        let class = |class: &'static str| metrics::counter!(HTTP_REQUESTS, "class" => class);
        Self {
            classes: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(class),
            seconds: metrics::histogram!(HTTP_SECONDS),
            in_work: metrics::gauge!(HTTP_IN_WORK),
        }
    }

    pub(crate) fn began(&self) {
        self.in_work.increment(1.0);
    }

    pub(crate) fn ended(&self) {
        self.in_work.decrement(1.0);
    }

    pub(crate) fn answered(&self, status: StatusCode, after: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.classes.get(class) {
            counter.increment(1);
        }
        self.seconds.record(after.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_in_its_class() {
        let metrics = HttpMetrics::new();
        metrics.answered(StatusCode::UNPROCESSABLE_ENTITY, Duration::from_millis(2));
        let text = recorder().render();
        assert!(text.contains("strongroom_http_requests_total{class=\"4xx\"} 1"), "{text}");
        assert!(text.contains("strongroom_http_request_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
    }
}
