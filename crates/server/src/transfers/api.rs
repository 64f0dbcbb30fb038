//! HTTP for transfers: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use intent::{Kind, UtcMicros};
use ledger::TransferId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, HistoryPage, StoredTransfer};
use crate::App;
use crate::accounts::parse_id;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Path, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire::page_limit;

/// Movements in one page at most.
const PAGE_MAX: i64 = 500;
/// Movements in one page where nothing is asked.
const PAGE_DEFAULT: i64 = 50;

/// Routes of transfers; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(transfer))
        .routes(routes!(batch))
        .routes(routes!(history))
        .routes(routes!(one))
}

/// One payment under one signature: a signed `transfer`.
#[utoipa::path(post, path = "/api/transactions/transfer", tag = "transactions", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403, description = "Refused; carries the receipt"), (status = 409, description = "Same id, other bytes"), (status = 422, description = "Refused; carries the receipt"), (status = 503)))]
pub(super) async fn transfer(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::Transfer]).await
}

/// 1 to 1,000 payments under one signature: a signed `transfer.batch`, atomic or not.
#[utoipa::path(post, path = "/api/transactions/batch", tag = "transactions", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt with a code per item"), (status = 403), (status = 409), (status = 422), (status = 503)))]
pub(super) async fn batch(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::TransferBatch]).await
}

/// A transfer. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferView {
    id: String,
    intent_id: String,
    at: String,
    debit: String,
    credit: String,
    amount: String,
    asset: String,
    /// `ok`, or the code of its refusal.
    code: String,
    /// Free text of the payer, if any was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Box<RawValue>>,
    /// For whoever signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    receipt: Option<Box<RawValue>>,
}

impl TransferView {
    fn new(stored: StoredTransfer, receipt: Option<Vec<u8>>) -> Self {
        Self {
            id: stored.id.to_string(),
            intent_id: stored.intent_id.to_string(),
            at: stored.posted_at.to_string(),
            debit: stored.debit.to_string(),
            credit: stored.credit.to_string(),
            amount: stored.amount_minor.to_string(),
            asset: stored.asset.to_string(),
            code: stored.code,
            details: stored.details.and_then(raw),
            receipt: receipt.and_then(raw),
        }
    }
}

fn raw(json: Vec<u8>) -> Option<Box<RawValue>> {
    String::from_utf8(json).ok().and_then(|text| RawValue::from_string(text).ok())
}

/// A page of transfers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferPage {
    items: Vec<TransferView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    /// Of this account only.
    account: Option<String>,
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 500, default 50.
    limit: Option<i64>,
}

/// What moved on the caller's accounts, newest first.
#[utoipa::path(get, path = "/api/transactions/history", tag = "transactions", params(HistoryQuery), responses((status = 200, body = TransferPage)))]
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<TransferPage>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let page = HistoryPage {
        account: query.account.as_deref().map(|id| parse_id(id, "account")).transpose()?,
        before: query.cursor.as_deref().map(parse_cursor).transpose()?,
        limit,
    };
    let found = service::history(&app, &caller, page).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found
        .last()
        .filter(|_| is_full)
        .map(|last| format!("{}.{}", last.posted_at.get(), last.id));
    let items = found.into_iter().map(|transfer| TransferView::new(transfer, None)).collect();
    Ok(Json(TransferPage { items, next }))
}

/// One transfer, refused ones included, with its receipt for whoever signed it.
#[utoipa::path(get, path = "/api/transactions/{id}", tag = "transactions", params(("id" = String, Path)), responses((status = 200, body = TransferView), (status = 404)))]
pub(super) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TransferView>, Problem> {
    let id: TransferId = id.parse().map_err(|_| Problem::malformed("id", "must be a UUID"))?;
    let (transfer, receipt) =
        service::one(&app, &caller, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(TransferView::new(transfer, receipt)))
}

fn parse_cursor(cursor: &str) -> Result<(UtcMicros, TransferId), Problem> {
    let malformed = || Problem::malformed("cursor", "is not a cursor of this list");
    let (at, id) = cursor.split_once('.').ok_or_else(malformed)?;
    let at = at.parse().map_err(|_| malformed())?;
    Ok((UtcMicros::from_micros(at), id.parse().map_err(|_| malformed())?))
}
