//! HTTP for holds and reversals: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::Kind;
use ledger::TransferId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::HOLDS;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Query};
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::Caller;
use crate::wire::page_limit;

const PAGE_MAX: i64 = 200;
const PAGE_DEFAULT: i64 = 50;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, place))
        .routes(routes!(capture))
        .routes(routes!(void))
        .routes(routes!(reverse))
}

/// Money kept aside. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldView {
    hold: String,
    debit: String,
    credit: String,
    amount: String,
    asset: String,
    expires_at: String,
    /// A payment waits for a person of the bank; otherwise the payee takes it.
    for_approval: bool,
    /// `held`, `captured`, `voided` or `expired`.
    state: String,
    captured: String,
}

impl From<&Row> for HoldView {
    fn from(row: &Row) -> Self {
        let text = |column| row.get(column).unwrap_or_default().to_owned();
        Self {
            hold: text("transfer_id"),
            debit: text("debit_account"),
            credit: text("credit_account"),
            amount: text("amount"),
            asset: text("asset"),
            expires_at: text("expires_at"),
            for_approval: row.is("for_approval"),
            state: text("state"),
            captured: text("captured"),
        }
    }
}

/// A page of holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldPage {
    items: Vec<HoldView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldQuery {
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// Open holds from or for the caller's accounts; a manager's are everybody's. Oldest first.
#[utoipa::path(get, path = "/api/holds", tag = "holds", params(HoldQuery), responses((status = 200, body = HoldPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HoldQuery>,
) -> Result<Json<HoldPage>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let after = query.cursor.as_deref().map(str::parse::<TransferId>).transpose();
    let after = after.map_err(|_| Problem::malformed("cursor", "must be a UUID"))?;
    let after = after.map(|after| after.to_string());
    let mut tx = app.db.as_user(&caller).await?;
    let page = registers::Page {
        register: &HOLDS,
        matching: ("state", "held".to_owned()),
        after: after.as_deref(),
        order: registers::Order::LowestFirst,
        limit,
    };
    let rows = registers::load_page(&mut tx, app.bank.book, &page).await?;
    tx.commit().await?;
    let items: Vec<HoldView> = rows.iter().map(HoldView::from).collect();
    let is_full = i64::try_from(items.len()) == Ok(limit);
    let next = items.last().filter(|_| is_full).map(|last| last.hold.clone());
    Ok(Json(HoldPage { items, next }))
}

/// Keeps money aside for a payee: a signed `hold.place`.
#[utoipa::path(post, path = "/api/holds", tag = "holds", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn place(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::HoldPlace]).await
}

/// Takes what is held for the caller, or a part of it: a signed `hold.capture`.
#[utoipa::path(post, path = "/api/holds/capture", tag = "holds", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn capture(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::HoldCapture]).await
}

/// Gives back what is held for the caller, or as a manager for anybody: a signed `hold.void`.
#[utoipa::path(post, path = "/api/holds/void", tag = "holds", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn void(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::HoldVoid]).await
}

/// Gives a transfer back, or a part of it: a signed `transfer.reverse` of its payee, or of a manager for what the bank
/// paid in.
#[utoipa::path(post, path = "/api/transactions/reverse", tag = "transactions", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn reverse(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::TransferReverse]).await
}
