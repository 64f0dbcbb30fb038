//! HTTP for transfers: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use intent::{Kind, OrderTerms, UtcMicros};
use ledger::TransferId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Before, By, HistoryPage, StoredTransfer};
use crate::App;
use crate::accounts::parse_id;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Path, Query};
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
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::Transfer]).await
}

/// 1 to 1,000 payments under one signature: a signed `transfer.batch`, atomic or not.
#[utoipa::path(post, path = "/api/transactions/batch", tag = "transactions", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt with a code per item"), (status = 403), (status = 409), (status = 422), (status = 503)))]
pub(super) async fn batch(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
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
    /// The day from which on it counts; absent where it changed no balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    value_on: Option<String>,
    /// Of an exchange: the pair and its rate, such as `EUR/USD 1.0812`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<String>,
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
            value_on: stored.value_on.map(OrderTerms::day_text),
            rate: stored.rate,
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
    /// `posting`, which is the default, or `value`: by which of its two dates a movement is listed.
    by: Option<String>,
    /// From this day on, UTC, such as `2026-03-01`.
    from: Option<String>,
    /// Up to this day.
    to: Option<String>,
    /// Cursor of an earlier page by the same date.
    cursor: Option<String>,
    /// 1 to 500, default 50.
    limit: Option<i64>,
}

/// What moved on the caller's accounts, newest first, by the day of posting or by value date.
#[utoipa::path(get, path = "/api/transactions/history", tag = "transactions", params(HistoryQuery), responses((status = 200, body = TransferPage)))]
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<TransferPage>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let by = match query.by.as_deref() {
        None | Some("posting") => By::Posting,
        Some("value") => By::Value,
        Some(_) => return Err(Problem::malformed("by", "must be posting or value")),
    };
    let page = HistoryPage {
        by,
        from: query.from.as_deref().map(|day| parse_day(day, "from")).transpose()?,
        to: query.to.as_deref().map(|day| parse_day(day, "to")).transpose()?,
        account: query.account.as_deref().map(|id| parse_id(id, "account")).transpose()?,
        before: query.cursor.as_deref().map(|cursor| parse_cursor(cursor, by)).transpose()?,
        limit,
    };
    let found = service::history(&app, &caller, page).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(|last| {
        match last.value_on.filter(|_| by == By::Value) {
            Some(day) => {
                let day = OrderTerms::day_text(day);
                format!("{day}.{}.{}", last.posted_at.get(), last.id)
            }
            None => match last.sequence.filter(|_| page.account.is_some()) {
                Some(sequence) => format!("{}.{}.{sequence}", last.posted_at.get(), last.id),
                None => format!("{}.{}", last.posted_at.get(), last.id),
            },
        }
    });
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

/// A day in its one spelling.
pub(crate) fn parse_day(text: &str, field: &'static str) -> Result<Date, Problem> {
    OrderTerms::day(text)
        .ok_or_else(|| Problem::malformed(field, "must be a date such as 2026-03-01"))
}

fn parse_cursor(cursor: &str, by: By) -> Result<Before, Problem> {
    let malformed = || Problem::malformed("cursor", "is not a cursor of this list");
    let (value_on, rest) = match by {
        By::Posting => (None, cursor),
        By::Value => {
            let (day, rest) = cursor.split_once('.').ok_or_else(malformed)?;
            (Some(OrderTerms::day(day).ok_or_else(malformed)?), rest)
        }
    };
    let (at, rest) = rest.split_once('.').ok_or_else(malformed)?;
    let posted_at = UtcMicros::from_micros(at.parse().map_err(|_| malformed())?);
    let (id, sequence) = match rest.split_once('.') {
        Some((id, sequence)) => (id, Some(sequence.parse().map_err(|_| malformed())?)),
        None => (rest, None),
    };
    Ok(Before { value_on, posted_at, id: id.parse().map_err(|_| malformed())?, sequence })
}
