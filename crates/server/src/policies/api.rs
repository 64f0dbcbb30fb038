//! HTTP for policies: wire types and handlers, no decisions.

use axum::extract::State;
use intent::Kind;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rules::{POLICIES, PROPOSALS};
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json};
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::Caller;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(propose)).routes(routes!(approve))
}

/// A policy that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyView {
    /// `limits`, `approvals`, `risk`, `interest`, `fees`, `rates` or `calendar`.
    policy: String,
    /// `bank`, `role:<name>`, `user:<id>`, `account:<id>`, `asset:<code>` or `pair:<base>/<quote>`.
    scope: String,
    /// What it says: an object of strings as text.
    value: String,
    /// The intent that proposed it; absent where the bank was founded with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
    since: String,
}

/// A proposal of a policy.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProposalView {
    proposal: String,
    policy: String,
    scope: String,
    value: String,
    /// `proposed`, `approved` or `refused`.
    status: String,
    proposed_by: String,
    proposed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
}

/// What is in force, and what was ever proposed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyPage {
    in_force: Vec<PolicyView>,
    proposals: Vec<ProposalView>,
}

fn optional(row: &Row, column: &str) -> Option<String> {
    row.get(column).map(str::to_owned)
}

fn text(row: &Row, column: &str) -> String {
    optional(row, column).unwrap_or_default()
}

impl From<&Row> for PolicyView {
    fn from(row: &Row) -> Self {
        Self {
            policy: text(row, "policy"),
            scope: text(row, "scope"),
            value: text(row, "value"),
            proposal: optional(row, "proposal"),
            since: text(row, "since"),
        }
    }
}

impl From<&Row> for ProposalView {
    fn from(row: &Row) -> Self {
        Self {
            proposal: text(row, "proposal"),
            policy: text(row, "policy"),
            scope: text(row, "scope"),
            value: text(row, "value"),
            status: text(row, "status"),
            proposed_by: text(row, "proposed_by"),
            proposed_at: text(row, "proposed_at"),
            decided_by: optional(row, "decided_by"),
            decided_at: optional(row, "decided_at"),
        }
    }
}

/// Policies in force, and for staff proposals: those of the whole bank, of the caller's role and of the caller; staff see
/// all. What no row names has the values of the documentation.
#[utoipa::path(get, path = "/api/policies", tag = "policies", responses((status = 200, body = PolicyPage), (status = 403)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<PolicyPage>, Problem> {
    let mut tx = app.db.as_user(&caller).await?;
    let in_force = registers::load_all(&mut tx, app.bank.book, &POLICIES).await?;
    let proposals = registers::load_all(&mut tx, app.bank.book, &PROPOSALS).await?;
    tx.commit().await?;
    Ok(Json(PolicyPage {
        in_force: in_force.iter().map(PolicyView::from).collect(),
        proposals: proposals.iter().map(ProposalView::from).collect(),
    }))
}

/// Proposes a policy: a signed `policy.propose`.
#[utoipa::path(post, path = "/api/admin/policies", tag = "policies", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn propose(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::PolicyPropose]).await
}

/// Puts in force, or refuses, what somebody else proposed: a signed `policy.approve`.
#[utoipa::path(post, path = "/api/admin/policies/approve", tag = "policies", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 404), (status = 422)))]
pub(super) async fn approve(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::PolicyApprove]).await
}
