//! HTTP for standing orders: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::{IntentId, Kind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rule::{STANDING_ORDER_RUNS, STANDING_ORDERS};
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Path, Query};
use crate::problem::Problem;
use crate::registers::{self, Lookup, Page, Row};
use crate::sessions::Caller;
use crate::texts;

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, place)).routes(routes!(one)).routes(routes!(end))
}

/// A standing order. Amounts are minor units in decimal strings, days are those of UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingOrderView {
    order: String,
    debit: String,
    credit: String,
    amount: String,
    asset: String,
    /// What the payer writes to the payee, by name; absent where nothing, or once it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<serde_json::Value>,
    first: String,
    /// `once`, `weekly`, `monthly` or `end_of_month`.
    rhythm: String,
    /// `unadjusted`, `following`, `preceding` or `modified_following`.
    business_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// How many days count at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<String>,
    /// `skip` or `retry`.
    short_of_funds: String,
    /// `active`, `ended` by its owner, `completed`, or `failed` because an account was closed.
    status: String,
    /// The day that comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_day: Option<String>,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    placed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl StandingOrderView {
    fn of(row: &Row, texts: &[texts::Kept]) -> Self {
        let optional = |column| row.get(column).map(str::to_owned);
        let text = |column| optional(column).unwrap_or_default();
        let kept = texts.iter().find(|kept| row.get("order_id") == Some(&*kept.intent.to_string()));
        Self {
            order: text("order_id"),
            debit: text("debit_account"),
            credit: text("credit_account"),
            amount: text("amount"),
            asset: text("asset"),
            details: kept.and_then(|kept| serde_json::from_slice(&kept.details).ok()),
            first: text("first_day"),
            rhythm: text("rhythm"),
            business_day: text("business_day"),
            last: optional("last_day"),
            count: optional("days"),
            short_of_funds: text("short_of_funds"),
            status: text("status"),
            next_day: optional("next_day"),
            next_at: optional("next_at"),
            placed_at: text("placed_at"),
            ended_at: optional("ended_at"),
        }
    }
}

/// A day on which an order was due.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingOrderRunView {
    /// From 0.
    number: String,
    due_day: String,
    /// `paid`, `waiting` for its next attempt, `skipped` or `failed`.
    status: String,
    /// `ok`, or why not.
    code: String,
    attempts: String,
    /// The transfer that paid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<String>,
    run_at: String,
}

impl From<&Row> for StandingOrderRunView {
    fn from(row: &Row) -> Self {
        let optional = |column| row.get(column).map(str::to_owned);
        let text = |column| optional(column).unwrap_or_default();
        Self {
            number: text("number"),
            due_day: text("due_day"),
            status: text("status"),
            code: text("code"),
            attempts: text("attempts"),
            transfer: optional("transfer_id"),
            run_at: text("run_at"),
        }
    }
}

/// A page of standing orders, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingOrderPage {
    items: Vec<StandingOrderView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A standing order with its days, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingOrderDays {
    #[serde(flatten)]
    order: StandingOrderView,
    runs: Vec<StandingOrderRunView>,
    /// Cursor of the next page of days; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderQuery {
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

impl OrderQuery {
    fn limit(&self) -> Result<i64, Problem> {
        let limit = self.limit.unwrap_or(PAGE_DEFAULT);
        if (1..=PAGE_MAX).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::malformed("limit", format!("must be 1 to {PAGE_MAX}")))
        }
    }
}

/// The caller's standing orders, newest first.
#[utoipa::path(get, path = "/api/standing-orders", tag = "standing orders", params(OrderQuery), responses((status = 200, body = StandingOrderPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<OrderQuery>,
) -> Result<Json<StandingOrderPage>, Problem> {
    let limit = query.limit()?;
    let before: Option<IntentId> = query.cursor.as_deref().map(str::parse).transpose()?;
    let before = before.as_ref().map(IntentId::to_string);
    let (mut tx, book) = (app.db.as_user(&caller).await?, app.bank.book);
    let page = Page {
        register: &STANDING_ORDERS,
        matching: ("owner", caller.user.to_string()),
        after: before.as_deref(),
        order: registers::Order::HighestFirst,
        limit,
    };
    let rows = registers::load_page(&mut tx, book, &page).await?;
    let ids: Vec<_> = rows.iter().filter_map(|row| row.get("order_id")?.parse().ok()).collect();
    let texts = texts::of(&mut tx, book, &ids).await?;
    tx.commit().await?;
    let next = next(&rows, "order_id", limit);
    let items = rows.iter().map(|row| StandingOrderView::of(row, &texts)).collect();
    Ok(Json(StandingOrderPage { items, next }))
}

/// One of the caller's standing orders, with its days.
#[utoipa::path(get, path = "/api/standing-orders/{order}", tag = "standing orders", params(("order" = String, Path), OrderQuery), responses((status = 200, body = StandingOrderDays), (status = 404)))]
pub(super) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(order): Path<String>,
    Query(query): Query<OrderQuery>,
) -> Result<Json<StandingOrderDays>, Problem> {
    let (limit, order): (_, IntentId) = (query.limit()?, order.parse()?);
    let before: Option<u32> = query
        .cursor
        .map(|cursor| cursor.parse())
        .transpose()
        .map_err(|_| Problem::malformed("cursor", "must be a number"))?;
    let before = before.as_ref().map(u32::to_string);
    let (mut tx, book) = (app.db.as_user(&caller).await?, app.bank.book);
    // Its days first: an order is never shown as it was before a day that is shown.
    let page = Page {
        register: &STANDING_ORDER_RUNS,
        matching: ("order_id", order.to_string()),
        after: before.as_deref(),
        order: registers::Order::HighestFirst,
        limit,
    };
    let runs = registers::load_page(&mut tx, book, &page).await?;
    let lookup =
        Lookup { register: &STANDING_ORDERS, matching: Some(("order_id", order.to_string())) };
    let found = registers::load(&mut tx, book, &lookup).await?.into_iter().next();
    let found = found.ok_or_else(Problem::not_found)?;
    let texts = texts::of(&mut tx, book, &[order.get()]).await?;
    tx.commit().await?;
    Ok(Json(StandingOrderDays {
        order: StandingOrderView::of(&found, &texts),
        next: next(&runs, "number", limit),
        runs: runs.iter().map(Into::into).collect(),
    }))
}

/// The cursor behind a full page.
fn next(rows: &[Row], column: &str, limit: i64) -> Option<String> {
    let is_full = i64::try_from(rows.len()) == Ok(limit);
    rows.last().filter(|_| is_full)?.get(column).map(str::to_owned)
}

/// Orders payments that the bank makes by itself: a signed `standing_order.place`.
#[utoipa::path(post, path = "/api/standing-orders", tag = "standing orders", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn place(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::StandingOrderPlace]).await
}

/// Ends a standing order: a signed `standing_order.end` of its owner.
#[utoipa::path(post, path = "/api/standing-orders/end", tag = "standing orders", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn end(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::StandingOrderEnd]).await
}
