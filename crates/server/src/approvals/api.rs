//! HTTP for payments that wait: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::{IntentId, Kind, RiskRecord};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rule::APPROVALS;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Path, Query};
use crate::log::service::effects_of;
use crate::policy::Permission;
use crate::problem::{Code, Problem};
use crate::registers::{self, Row};
use crate::sessions::Caller;
use crate::wire::page_limit;

const PAGE_MAX: i64 = 200;
const PAGE_DEFAULT: i64 = 50;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(decide))
}

/// A payment that waits, or waited, for a person. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalView {
    /// The intent that asked for it.
    payment: String,
    maker: String,
    /// `amount` or `risk`.
    cause: String,
    /// How many people must approve it: 1 or 2.
    approvers: String,
    /// `waiting`, `approved`, `rejected` or `expired`.
    status: String,
    asset: String,
    amount: String,
    transfers: String,
    placed_at: String,
    expires_at: String,
    escalated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_approver: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A payment that waits or waited, with what the risk engine said of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalDetails {
    #[serde(flatten)]
    approval: ApprovalView,
    /// The verdict that stands in the log; for those who decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<RiskView>,
}

/// A verdict of the risk engine.
#[derive(Debug, Serialize, ToSchema)]
struct RiskView {
    /// 0 (nothing unusual) to 1000 (certain).
    score_permille: u16,
    /// `low`, `medium`, `high` or `critical`.
    level: String,
    /// `proceed`, `monitor`, `review` or `block`.
    action: String,
    /// Version of the policy that judged.
    policy: u32,
    /// Why, weightiest first.
    reasons: Vec<RiskReason>,
}

/// One rule that hit.
#[derive(Debug, Serialize, ToSchema)]
struct RiskReason {
    /// The rule's stable name.
    rule: String,
    /// A sentence with the values that made it hit.
    sentence: String,
    /// What it adds to the score by itself, in thousandths.
    weight_permille: u16,
}

impl From<RiskRecord> for RiskView {
    fn from(record: RiskRecord) -> Self {
        let reasons = record.reasons.iter().zip(record.weights).map(|(reason, weight_permille)| {
            let (rule, sentence) = reason.split_once(": ").unwrap_or(("", reason));
            RiskReason { rule: rule.to_owned(), sentence: sentence.to_owned(), weight_permille }
        });
        Self {
            reasons: reasons.collect(),
            score_permille: record.score_permille,
            level: record.level,
            action: record.action,
            policy: record.policy,
        }
    }
}

impl From<&Row> for ApprovalView {
    fn from(row: &Row) -> Self {
        let optional = |column| row.get(column).map(str::to_owned);
        let text = |column| optional(column).unwrap_or_default();
        Self {
            payment: text("payment"),
            maker: text("maker"),
            cause: text("cause"),
            approvers: text("approvers"),
            status: text("status"),
            asset: text("asset"),
            amount: text("amount"),
            transfers: text("transfers"),
            placed_at: text("placed_at"),
            expires_at: text("expires_at"),
            escalated: row.is("escalated"),
            first_approver: optional("first_approver"),
            decided_by: optional("decided_by"),
            decided_at: optional("decided_at"),
            reason: optional("reason"),
        }
    }
}

/// A page of payments that wait or waited.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalPage {
    items: Vec<ApprovalView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which payments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalQuery {
    /// `waiting` (the default), `approved`, `rejected` or `expired`.
    status: Option<String>,
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// Payments that wait for a person: the caller's own, or everybody's for staff. In the order in which they were signed.
#[utoipa::path(get, path = "/api/approvals", tag = "approvals", params(ApprovalQuery), responses((status = 200, body = ApprovalPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ApprovalQuery>,
) -> Result<Json<ApprovalPage>, Problem> {
    let status = query.status.unwrap_or_else(|| "waiting".to_owned());
    if !["waiting", "approved", "rejected", "expired"].contains(&status.as_str()) {
        let why = "must be waiting, approved, rejected or expired";
        return Err(Problem::malformed("status", why.to_owned()));
    }
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let after = query.cursor.as_deref().map(str::parse::<IntentId>).transpose();
    let after = after.map_err(|_| Problem::malformed("cursor", "must be a UUID"))?;
    let after = after.map(|after| after.to_string());
    let page = registers::Page {
        register: &APPROVALS,
        matching: ("status", status),
        after: after.as_deref(),
        order: registers::Order::LowestFirst,
        limit,
    };
    let mut tx = app.db.as_user(&caller).await?;
    let rows = registers::load_page(&mut tx, app.bank.book, &page).await?;
    tx.commit().await?;
    let items: Vec<ApprovalView> = rows.iter().map(ApprovalView::from).collect();
    let is_full = i64::try_from(items.len()) == Ok(limit);
    let next = items.last().filter(|_| is_full).map(|last| last.payment.clone());
    Ok(Json(ApprovalPage { items, next }))
}

/// One payment that waits or waited, for those who decide with the risk engine's verdict.
#[utoipa::path(get, path = "/api/approvals/{payment}", tag = "approvals", params(("payment" = String, Path)), responses((status = 200, body = ApprovalDetails), (status = 404)))]
pub(super) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(payment): Path<String>,
) -> Result<Json<ApprovalDetails>, Problem> {
    let payment: IntentId = payment.parse()?;
    let key = [("payment", payment.to_string())];
    let mut tx = app.db.as_user(&caller).await?;
    let row = registers::load_by_key(&mut tx, app.bank.book, &APPROVALS, &key).await?;
    tx.commit().await?;
    let approval =
        row.as_ref().map(ApprovalView::from).ok_or_else(|| Problem::new(Code::NotFound))?;
    // Row-level security has shown the payment; its record is the auditor's to read.
    let risk = if caller.permissions.holds(Permission::ApprovalsDecide) {
        let mut tx = app.db.as_auditor().await?;
        let effects = effects_of(&mut tx, app.bank.book, payment.get()).await?;
        effects.and_then(|effects| effects.risk).map(RiskView::from)
    } else {
        None
    };
    Ok(Json(ApprovalDetails { approval, risk }))
}

/// Approves, rejects or escalates a payment: a signed `approval.decide` of a manager.
#[utoipa::path(post, path = "/api/approvals/decide", tag = "approvals", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn decide(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::ApprovalDecide]).await
}
