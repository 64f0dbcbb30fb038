//! One middleware around the whole router, in one future: a tower of layers would box a body and a
//! future each, on a path that runs thousands of times a second.
//!
//! In order: a request id; a turn among those in work, or none soon enough; the body limit; the handler, under a deadline and
//! behind a wall for panics; headers; numbers; a log line.
//!
//! # Atomicity
//!
//! What may change something is carried through in a task of its own, and counts among those in work until it is done, also
//! where its sender hangs up: by that moment they would choose which half of it is done, as that a session ends and is not
//! recorded. It is counted and logged like what was answered, and whoever stops the server waits for it. What only reads, and
//! what waits for its turn, is given up.
//!
//! # Security
//!
//! - The id is always ours: one chosen by a client could imitate another request in the log.
//! - Only answers to GET are compressed, and only when asked: an answer that mixes a secret with what
//!   the asker wrote must not tell the secret by its length (BREACH), and those are POST.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tower::Service;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use super::TlsInfo;
use crate::config::Limits;
use crate::problem::{Code, Problem};
use crate::telemetry::HttpMetrics;

/// How long a request waits for its turn before it is told to come back. Who is refused at once asks again at once, and what
/// it costs to refuse is then missing for what was accepted.
const TURN_TIMEOUT: Duration = Duration::from_millis(250);
/// Below this, compressing costs more than it saves.
const COMPRESS_ABOVE_BYTES: u64 = 1024;
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Sent unless the handler has set its own: the console, for one, has another content policy.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];
/// Two years (the preload list's minimum is one). Over TLS only: RFC 6797 7.2.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Id of the request that this task works on, if it works on one.
#[must_use]
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(|id| id.to_str().ok().map(str::to_owned)).ok().flatten()
}

tokio::task_local! {
    static REQUEST_ID: HeaderValue;
}

/// Puts the edge around `plain`, which answers what it has no route for itself. Call it once, last. What is carried through
/// although its sender hung up is among `tasks`.
pub fn edge(plain: Router, limits: Limits, tasks: TaskTracker) -> Router {
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESS_ABOVE_BYTES)));
    Router::new().fallback_service(Edge(Arc::new(Shared {
        compressed: plain.clone().layer(compression),
        plain,
        limits,
        in_work: Arc::new(Semaphore::new(limits.requests_max)),
        tasks,
        ids: RequestIds::new(),
        metrics: HttpMetrics::new(),
    })))
}

#[derive(Clone)]
struct Edge(Arc<Shared>);

struct Shared {
    plain: Router,
    compressed: Router,
    limits: Limits,
    in_work: Arc<Semaphore>,
    tasks: TaskTracker,
    ids: RequestIds,
    metrics: HttpMetrics,
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.handle(request).await) })
    }
}

impl Shared {
    async fn handle(self: Arc<Self>, request: Request) -> Response {
        let asked = Asked {
            id: self.ids.next(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            began: Instant::now(),
        };
        let over_tls = request.extensions().get::<TlsInfo>().is_some();
        let mut response = REQUEST_ID.scope(asked.id.clone(), self.answer(request, &asked)).await;
        let after = asked.began.elapsed();
        let headers = response.headers_mut();
        headers.reserve(HEADERS.len().saturating_add(3));
        for (name, value) in HEADERS {
            headers.entry(name).or_insert(value);
        }
        if over_tls {
            headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
        }
        headers.insert(SERVER_TIMING, server_timing(after));
        headers.insert(X_REQUEST_ID, asked.id.clone());
        self.metrics.answered(response.status(), after);
        asked.log_line(&response, after, true);
        response
    }

    /// A place among the requests in work. Who waits gets theirs in the order in which they came.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let in_work = Arc::clone(&self.in_work);
        match Arc::clone(&in_work).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => Box::pin(timeout(TURN_TIMEOUT, in_work.acquire_owned())).await.ok()?.ok(),
        }
    }

    async fn answer(self: &Arc<Self>, mut request: Request, asked: &Asked) -> Response {
        let in_work = InWork::begin(self);
        // Whoever watches the bank must still see it when it is busy.
        let permit = if is_probe(request.uri().path()) {
            None
        } else {
            match self.turn().await {
                Some(permit) => Some(permit),
                None => return Problem::new(Code::Overloaded).into_response(),
            }
        };
        DefaultBodyLimit::max(self.limits.body_bytes_max).apply(&mut request);
        let request = match bound_body(request, self.limits.body_bytes_max) {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        };
        let compress = *request.method() == Method::GET
            && request.headers().contains_key(header::ACCEPT_ENCODING);
        let mut router = if compress { self.compressed.clone() } else { self.plain.clone() };
        let (deadline, only_reads) = (self.limits.timeout, request.method().is_safe());
        let work = async move {
            let handler = unwinding(async move { router.call(request).await });
            let response = match timeout(deadline, handler).await {
                Ok(Ok(Ok(response))) => response,
                // The panic hook has logged where; the client learns nothing of it.
                Ok(Err(_panic)) => Problem::internal().into_response(),
                Err(_elapsed) => Problem::new(Code::TimedOut).into_response(),
            };
            drop((permit, in_work));
            response
        };
        if only_reads { work.await } else { self.carried_through(work, asked.clone()).await }
    }

    /// Does it whether its sender still listens or not.
    async fn carried_through(
        self: &Arc<Self>,
        work: impl Future<Output = Response> + Send + 'static,
        asked: Asked,
    ) -> Response {
        let (tell, told) = oneshot::channel();
        let (shared, id) = (Arc::clone(self), asked.id.clone());
        self.tasks.spawn(REQUEST_ID.scope(id, async move {
            if let Err(unheard) = tell.send(work.await) {
                let after = asked.began.elapsed();
                shared.metrics.answered(unheard.status(), after);
                asked.log_line(&unheard, after, false);
            }
        }));
        // It panics nowhere outside its wall: it is dropped with the runtime.
        told.await.unwrap_or_else(|_shutdown| Problem::new(Code::Unavailable).into_response())
    }
}

/// What is told of a request in the log.
#[derive(Clone)]
struct Asked {
    id: HeaderValue,
    method: Method,
    uri: Uri,
    began: Instant,
}

impl Asked {
    fn log_line(&self, response: &Response, after: Duration, heard: bool) {
        let (status, duration_us) = (response.status().as_u16(), after.as_micros());
        let (id, path) = (self.id.to_str().unwrap_or_default(), self.uri.path());
        let method = &self.method;
        if response.status().is_server_error() {
            tracing::warn!(request_id = id, %method, path, status, duration_us, heard, "request failed");
        } else {
            tracing::debug!(request_id = id, %method, path, status, duration_us, heard, "request");
        }
    }
}

/// Refuses a body that says it is too long, and stops reading one that does not say.
fn bound_body(request: Request, bytes_max: usize) -> Result<Request, Problem> {
    let Some(length) = request.headers().get(header::CONTENT_LENGTH) else {
        if request.body().is_end_stream() {
            return Ok(request);
        }
        return Ok(request.map(|body| Body::new(Limited::new(body, bytes_max))));
    };
    let length = length.to_str().ok().and_then(|text| text.parse::<usize>().ok());
    match length {
        // The transport ends a body at its announced length (RFC 9112 6.2, RFC 9113 8.1.1).
        Some(length) if length <= bytes_max => Ok(request),
        _ => Err(Problem::new(Code::BodyTooLarge)),
    }
}

fn is_probe(path: &str) -> bool {
    path == "/metrics" || path == "/health" || path.starts_with("/health/")
}

/// Runs `future`; a panic inside it ends it and nothing else. State shared with other requests is
/// behind locks that poison or in the database, which rolls back.
async fn unwinding<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// W3C Server Timing: milliseconds.
fn server_timing(after: Duration) -> HeaderValue {
    let mut text = String::with_capacity(24);
    let written = write!(text, "app;dur={:.3}", after.as_secs_f64() * 1_000.0);
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("app"))
}

/// Counts a request for as long as it is in work, also when the client hangs up and it is dropped.
struct InWork(Arc<Shared>);

impl InWork {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.metrics.began();
        Self(Arc::clone(shared))
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        self.0.metrics.ended();
    }
}

/// Ids that no other run of the server makes: a random half per run, a counted half per request.
struct RequestIds {
    run: String,
    next: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        let run = uuid::Uuid::now_v7().simple().to_string();
        Self { run, next: AtomicU64::new(1) }
    }

    fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{}-{number:x}", self.run.get(16..).unwrap_or_default());
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("unnumbered"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::{get, post};
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tokio::sync::Notify;
    use tower::ServiceExt;
    use tracing::Level;

    use super::*;
    use crate::telemetry;

    fn limits() -> Limits {
        Limits { body_bytes_max: 16, requests_max: 1, ..Limits::default() }
    }

    fn edged(inner: Router) -> Router {
        edge(inner, limits(), TaskTracker::new())
    }

    fn request(method: Method, path: &str, body: Body) -> Request {
        Request::builder().method(method).uri(path).body(body).unwrap()
    }

    async fn ask(router: &Router, request: Request) -> (StatusCode, HeaderMap, Value) {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn an_unknown_route_and_a_wrong_method_are_problems_with_the_request_id() {
        let inner = Router::new()
            .route("/here", get(|| async { "x" }))
            .fallback(|| async { Problem::not_found() })
            .method_not_allowed_fallback(|| async { Problem::new(Code::MethodNotAllowed) });
        let router = edged(inner);
        for (method, path, code) in
            [(Method::GET, "/nowhere", "not-found"), (Method::POST, "/here", "method-not-allowed")]
        {
            let (_, headers, problem) = ask(&router, request(method, path, Body::empty())).await;
            assert_eq!(problem["code"], code);
            assert_eq!(problem["request_id"], headers[X_REQUEST_ID].to_str().unwrap());
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        let panics = || async { assert!(limits().requests_max == 0, "the secret") };
        let router = edged(Router::new().route("/", get(panics)));
        for _ in 0..2 {
            let (status, _, problem) = ask(&router, request(Method::GET, "/", Body::empty())).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(problem["code"], "internal");
            assert!(!problem.to_string().contains("secret"));
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_whether_or_not_it_says_so() {
        let reads = |body: Body| async move { super::super::read_body(body).await.map(|_| "read") };
        let router = edged(Router::new().route("/", post(reads)));
        let mut announced = request(Method::POST, "/", Body::from("x"));
        announced.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("17"));
        let silent = request(Method::POST, "/", Body::from(vec![b'x'; 17]));
        for too_long in [announced, silent] {
            let (status, _, problem) = ask(&router, too_long).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(problem["code"], "body-too-large");
        }
        let fits = request(Method::POST, "/", Body::from(vec![b'x'; 16]));
        assert_eq!(ask(&router, fits).await.0, StatusCode::OK);
    }

    /// A router that takes one request at a time, and how it is told that one has come and may go.
    fn one_at_a_time() -> (Router, Arc<Notify>, Arc<Notify>) {
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (entered, leave) = (entered.clone(), leave.clone());
            move || async move {
                entered.notify_one();
                leave.notified().await;
            }
        };
        let inner = Router::new().route("/", get(slow)).route("/health", get(|| async { "ok" }));
        (edged(inner), entered, leave)
    }

    fn spawn_request(router: &Router) -> tokio::task::JoinHandle<StatusCode> {
        let router = router.clone();
        tokio::spawn(async move { ask(&router, request(Method::GET, "/", Body::empty())).await.0 })
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_too_many_is_told_to_come_back_and_probes_still_pass() {
        let (router, entered, leave) = one_at_a_time();
        let first = spawn_request(&router);
        entered.notified().await;
        let (status, headers, problem) =
            ask(&router, request(Method::GET, "/", Body::empty())).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::SERVICE_UNAVAILABLE, &"overloaded".into())
        );
        assert_eq!(headers[header::RETRY_AFTER], "1");
        let probe = ask(&router, request(Method::GET, "/health", Body::empty())).await;
        assert_eq!(probe.0, StatusCode::OK);
        leave.notify_one();
        assert_eq!(first.await.unwrap(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_too_many_gets_the_place_of_one_that_ends_soon() {
        let (router, entered, leave) = one_at_a_time();
        let first = spawn_request(&router);
        entered.notified().await;
        let second = spawn_request(&router);
        tokio::time::sleep(TURN_TIMEOUT / 2).await;
        leave.notify_one();
        assert_eq!(first.await.unwrap(), StatusCode::OK);
        entered.notified().await;
        leave.notify_one();
        assert_eq!(second.await.unwrap(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_changes_something_is_carried_through_though_its_sender_hangs_up() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let logging = tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_ansi(false);
        let _logging = tracing::subscriber::set_default(
            logging.with_writer(Arc::new(log.reopen().unwrap())).finish(),
        );
        let (entered, leave, done) = <(Arc<Notify>, Arc<Notify>, Arc<Notify>)>::default();
        let steps = (Arc::clone(&entered), Arc::clone(&leave), Arc::clone(&done));
        let handler = move || {
            let (entered, leave, done) = steps.clone();
            async move {
                entered.notify_one();
                leave.notified().await;
                done.notify_one();
                request_id().unwrap_or_default()
            }
        };
        let (inner, tasks) =
            (Router::new().route("/", get(handler.clone()).post(handler)), TaskTracker::new());
        let router = edge(inner, limits(), tasks.clone());
        let ask =
            |method| tokio::spawn(router.clone().oneshot(request(method, "/", Body::empty())));
        for method in [Method::GET, Method::POST] {
            let hangs_up = ask(method);
            entered.notified().await;
            hangs_up.abort();
            assert!(hangs_up.await.unwrap_err().is_cancelled());
        }
        let waits = ask(Method::POST);
        let is_let_in = timeout(TURN_TIMEOUT / 5, entered.notified()).await.is_ok();
        assert!(!is_let_in, "the one before it has its place until it is done");
        assert_eq!(tasks.len(), 1, "and is waited for");
        leave.notify_one();
        done.notified().await;
        entered.notified().await;
        leave.notify_one();
        let answer = waits.await.unwrap().unwrap();
        let id = answer.headers()[X_REQUEST_ID].clone();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), id.as_bytes());
        tasks.close();
        tasks.wait().await;
        let log = std::fs::read_to_string(log.path()).unwrap();
        let [unheard, heard] = ["heard=false", "heard=true"].map(|told| {
            let lines: Vec<_> = log.lines().filter(|line| line.contains(told)).collect();
            assert!(lines.len() == 1 && lines[0].contains("method=POST"), "{told}: {log}");
            lines[0]
        });
        assert!(heard.contains(id.to_str().unwrap()), "{heard}");
        assert!(unheard.contains("status=200"), "{unheard}");
        let counted = telemetry::recorder().render();
        assert!(counted.contains("strongroom_http_requests_total{class=\"2xx\"} 2"), "{counted}");
    }

    #[tokio::test]
    async fn no_answer_in_time_is_a_504() {
        let limits = Limits { timeout: Duration::ZERO, ..limits() };
        let router = edge(
            Router::new().route("/", get(std::future::pending::<()>)),
            limits,
            TaskTracker::new(),
        );
        let (status, _, problem) = ask(&router, request(Method::GET, "/", Body::empty())).await;
        assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(problem["code"], "timed-out");
    }

    #[tokio::test]
    async fn answers_are_hardened_and_a_handlers_own_policy_stays() {
        let own = || async { ([(header::CONTENT_SECURITY_POLICY, "default-src 'self'")], "x") };
        let inner = Router::new().route("/own", get(own)).route("/", get(|| async { "x" }));
        let router = edged(inner);
        let (_, headers, _) = ask(&router, request(Method::GET, "/", Body::empty())).await;
        for (name, value) in HEADERS {
            assert_eq!(headers[&name], value);
        }
        assert!(headers[SERVER_TIMING].to_str().unwrap().starts_with("app;dur="));
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "not over TLS");
        let (_, headers, _) = ask(&router, request(Method::GET, "/own", Body::empty())).await;
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "default-src 'self'");
    }

    #[tokio::test]
    async fn long_answers_to_get_are_compressed_when_asked_and_to_post_never() {
        let long = || async { "x".repeat(2_000) };
        let short = || async { "x".repeat(200) };
        let inner = Router::new().route("/long", get(long).post(long)).route("/short", get(short));
        let router = edged(inner);
        for (method, path, asked, compressed) in [
            (Method::GET, "/long", true, true),
            (Method::GET, "/long", false, false),
            (Method::GET, "/short", true, false),
            (Method::POST, "/long", true, false),
        ] {
            let mut request = request(method, path, Body::empty());
            if asked {
                let zstd = HeaderValue::from_static("zstd");
                request.headers_mut().insert(header::ACCEPT_ENCODING, zstd);
            }
            let (_, headers, _) = ask(&router, request).await;
            assert_eq!(headers.contains_key(header::CONTENT_ENCODING), compressed, "{path}");
        }
    }

    #[test]
    fn ids_differ_between_requests_and_between_runs() {
        let (one, other) = (RequestIds::new(), RequestIds::new());
        assert_ne!(one.next(), one.next());
        assert_ne!(one.next(), other.next());
    }
}
