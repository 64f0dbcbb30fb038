//! HTTP for events: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stream::{Stream, WAITING_MAX};
use super::tail::{self, Full};
use crate::App;
use crate::corridor::OriginInfo;
use crate::http::Query;
use crate::problem::{Code, Problem};
use crate::sessions::Caller;

/// What a reader who comes again got last (HTML Living Standard, 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Has nginx pass on what it gets, when it gets it.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Tell what comes after this leaf; `Last-Event-ID` wins over it. Without both, what happens from now on.
    after: Option<String>,
}

/// What happens on the caller's accounts and to the caller, as it happens; staff see what their role may read. Each event has
/// the index of its leaf as its id, and its kind as its type; its data is JSON. The stream ends with the session.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received")),
    responses((status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream"), (status = 400), (status = 403), (status = 429), (status = 503)))]
pub(super) async fn events(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    let last = match headers.get(LAST_EVENT_ID) {
        Some(value) => Some(leaf(value.to_str().unwrap_or_default(), "Last-Event-ID")?),
        None => query.after.as_deref().map(|text| leaf(text, "after")).transpose()?,
    };
    let seat = app.outbox.seat(caller.user).map_err(|full| match full {
        Full::Person => Problem::new(Code::RateLimited).with_detail("too many streams are open"),
        Full::Process => Problem::new(Code::Overloaded),
    })?;
    let size = tail::look(&app).await?;
    let next = match last {
        Some(last) if last < size => last.saturating_add(1),
        Some(_) => return Err(Problem::malformed("after", "is not in the log yet")),
        None => size,
    };
    let (out, mut lines) = mpsc::channel(WAITING_MAX);
    tokio::spawn(Stream { app, caller, origin, next, out, seat }.run());
    let stream = futures_util::stream::poll_fn(move |context| lines.poll_recv(context));
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, Sse::new(stream)).into_response())
}

fn leaf(text: &str, field: &'static str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::malformed(field, "must be the index of a leaf"))
}
