//! HTTP for the audit: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::{Actor, Effects, EventKind, Kind, Leaf, Outcome, UserId, UtcMicros};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Asked, Part};
use super::store::{TrailPage, TrailRow};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, wire};

/// Leaves in one page of the trail at most.
const TRAIL_MAX: i64 = 500;
/// Leaves in one report at most: each comes with everything that proves it.
const REPORT_MAX: usize = 200;
/// Leaves in one answer where nothing is asked.
const PAGE_DEFAULT: u16 = 50;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(logs)).routes(routes!(report))
}

/// Which leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct TrailQuery {
    /// Name of a kind of intent or event.
    kind: Option<String>,
    /// Signed by this person.
    user: Option<String>,
    /// Signed under this certificate, 64 hex digits.
    certificate: Option<String>,
    /// From this time on.
    from: Option<String>,
    /// Until this time, exclusive.
    to: Option<String>,
    /// `accepted` or `refused`.
    outcome: Option<String>,
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 500, default 50.
    limit: Option<i64>,
}

/// One leaf of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrailView {
    leaf: String,
    intent_id: String,
    at: String,
    kind: &'static str,
    /// Whether nobody signed it.
    event: bool,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
}

/// A page of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrailPageView {
    items: Vec<TrailView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What happened, newest first: who signed what, and what came of it.
#[utoipa::path(get, path = "/api/audit/logs", tag = "audit", params(TrailQuery),
    responses((status = 200, body = TrailPageView), (status = 403)))]
pub(super) async fn logs(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<TrailQuery>,
) -> Result<Json<TrailPageView>, Problem> {
    let limit = query.limit.unwrap_or(i64::from(PAGE_DEFAULT));
    if !(1..=TRAIL_MAX).contains(&limit) {
        return Err(Problem::malformed("limit", format!("must be 1 to {TRAIL_MAX}")));
    }
    let page = TrailPage {
        before: query.cursor.as_deref().map(cursor).transpose()?,
        kind_code: query.kind.as_deref().map(kind_code).transpose()?,
        user: query.user.as_deref().map(|id| wire::uuid(id, "user")).transpose()?.map(UserId::new),
        certificate: query
            .certificate
            .as_deref()
            .map(|hex| wire::digest(hex, "certificate"))
            .transpose()?,
        from: query.from.as_deref().map(|at| time(at, "from")).transpose()?,
        to: query.to.as_deref().map(|at| time(at, "to")).transpose()?,
        refused: query.outcome.as_deref().map(refused).transpose()?,
        limit,
    };
    let rows = service::trail(&app, &caller, &page).await?;
    let is_full = i64::try_from(rows.len()) == Ok(limit);
    let next = rows.last().filter(|_| is_full).map(|last| last.leaf_index.to_string());
    let items = rows.iter().map(view).collect::<Result<_, _>>();
    let items = items.map_err(|error: intent::IntentError| {
        tracing::error!(%error, "a stored record does not read");
        Problem::internal()
    })?;
    Ok(Json(TrailPageView { items, next }))
}

fn view(row: &TrailRow) -> Result<TrailView, intent::IntentError> {
    let leaf = Leaf::from_bytes(&row.leaf)?;
    let effects = row.effects.as_deref().map(Effects::parse).transpose()?;
    let actor = row.actor.as_deref().filter(|bytes| !bytes.is_empty());
    let actor = actor.map(Actor::parse).transpose()?;
    let kind = Kind::from_code(leaf.kind_code).map(Kind::name);
    let kind = kind.or_else(|| EventKind::from_code(leaf.kind_code).map(EventKind::name));
    let outcome = if leaf.flags.refused { Outcome::Refused } else { Outcome::Accepted };
    Ok(TrailView {
        leaf: row.leaf_index.to_string(),
        intent_id: row.intent_id.to_string(),
        at: row.recorded_at.to_string(),
        kind: kind.unwrap_or("unknown"),
        event: leaf.flags.event,
        outcome: outcome.name(),
        code: effects.map(|effects| effects.code),
        user_id: actor.as_ref().map(|actor| actor.user.to_string()),
        role: actor.as_ref().map(|actor| actor.role.name()),
        certificate: actor.as_ref().map(|actor| actor.certificate.to_string()),
        device_id: actor.as_ref().map(|actor| actor.device.to_string()),
    })
}

/// Which part of a report.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PartQuery {
    /// Cursor of an earlier part.
    cursor: Option<String>,
    /// 1 to 200 leaves, default 50.
    limit: Option<usize>,
}

/// An accountability report: a signed `audit.report` of the auditor clerk. Answers the receipt of that, and the report of the
/// log up to its leaf. Sent again it answers the receipt alone: each reading is signed for.
#[utoipa::path(post, path = "/api/audit/accountability-report", tag = "audit", params(PartQuery), request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt and report"), (status = 403), (status = 422)))]
pub(super) async fn report(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Query(query): Query<PartQuery>,
    body: Enveloped,
) -> Result<Answer, Problem> {
    let limit = query.limit.unwrap_or(usize::from(PAGE_DEFAULT));
    if !(1..=REPORT_MAX).contains(&limit) {
        return Err(Problem::malformed("limit", format!("must be 1 to {REPORT_MAX}")));
    }
    let part = Part { after: query.cursor.as_deref().map(cursor).transpose()?, limit };
    let asked = Asked::of(body.signed()?.parse_intent()?.body());
    let answer = submit_kind(&app, &caller, origin, &body, &[Kind::AuditReport]).await?;
    let Some(asked) =
        asked.filter(|_| answer.outcome() == Outcome::Accepted && !answer.is_replayed())
    else {
        return Ok(answer);
    };
    let report = service::report(&app, answer.place(), asked, part).await?;
    Ok(answer.with_extra(json!({"report": report})))
}

fn cursor(text: &str) -> Result<i64, Problem> {
    let index = text.parse().ok().filter(|index: &i64| *index >= 0);
    index.ok_or_else(|| Problem::malformed("cursor", "is not a cursor of this list"))
}

fn time(text: &str, field: &'static str) -> Result<UtcMicros, Problem> {
    text.parse().map_err(|_| Problem::malformed(field, "must be RFC 3339 UTC with microseconds"))
}

fn kind_code(name: &str) -> Result<u8, Problem> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).map(Kind::code);
    let event = || EventKind::ALL.into_iter().find(|kind| kind.name() == name).map(EventKind::code);
    kind.or_else(event).ok_or_else(|| Problem::malformed("kind", "is unknown"))
}

fn refused(name: &str) -> Result<bool, Problem> {
    match Outcome::from_name(name) {
        Some(outcome) => Ok(outcome == Outcome::Refused),
        None => Err(Problem::malformed("outcome", "must be `accepted` or `refused`")),
    }
}
