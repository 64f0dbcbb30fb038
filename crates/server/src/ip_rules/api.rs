//! HTTP for rules about addresses: wire types and handlers, no decisions.

use axum::extract::State;
use intent::Kind;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rules::IP_RULES;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json};
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::Caller;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, set))
}

/// A rule about addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IpRuleView {
    rule: String,
    /// `role:<name>` or `user:<id>`.
    subject: String,
    /// CIDR, in one spelling.
    network: String,
    /// `allow`, `deny`, or `none`: it has ended.
    action: String,
    changed_by: String,
    changed_at: String,
}

impl From<&Row> for IpRuleView {
    fn from(row: &Row) -> Self {
        let text = |column| row.get(column).unwrap_or_default().to_owned();
        Self {
            rule: text("rule_id"),
            subject: text("subject"),
            network: text("network"),
            action: text("action"),
            changed_by: text("changed_by"),
            changed_at: text("changed_at"),
        }
    }
}

/// Rules about addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IpRulePage {
    items: Vec<IpRuleView>,
}

/// Every rule about addresses, those that have ended too.
#[utoipa::path(get, path = "/api/admin/ip-rules", tag = "ip-rules", responses((status = 200, body = IpRulePage), (status = 403)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<IpRulePage>, Problem> {
    let mut tx = app.db.as_user(&caller).await?;
    let rows = registers::load_all(&mut tx, app.bank.book, &IP_RULES).await?;
    tx.commit().await?;
    Ok(Json(IpRulePage { items: rows.iter().map(IpRuleView::from).collect() }))
}

/// Sets or ends a rule about addresses: a signed `ip_rule.set` of the administrator.
#[utoipa::path(post, path = "/api/admin/ip-rules", tag = "ip-rules", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::IpRuleSet]).await
}
