//! HTTP for statements: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use crypto::Sha2;
use intent::UtcMicros;
use ledger::AccountNumber;
use messages::statement::{Format, Head, StatementError};
use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::format_description;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::chunks;
use super::kept::Made;
use super::period::Period;
use super::service::{self, Found};
use crate::accounts::parse_id;
use crate::http::{Path, Query};
use crate::problem::Problem;
use crate::sessions::{Caller, Reader};
use crate::wire::page_limit;
use crate::{App, clock};

const PAGE_MAX: i64 = 200;
const PAGE_DEFAULT: i64 = 50;

/// Routes of statements; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(download))
        .routes(routes!(balance))
        .routes(routes!(list))
        .routes(routes!(kept))
}

/// Of which account, over which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewQuery {
    /// Id of the account.
    account: String,
    /// First day, UTC, such as `2026-03-01`.
    from: String,
    /// Last day.
    to: String,
}

/// Of which account, over which days, in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct DownloadQuery {
    /// Id of the account.
    account: String,
    /// First day, UTC, such as `2026-03-01`.
    from: String,
    /// Last day.
    to: String,
    /// `json`, `csv`, `pdf` or `camt053`; else what `Accept` asks for, else `json`.
    format: Option<String>,
}

/// What a statement will say. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatementPreview {
    account: String,
    number: String,
    holder: String,
    asset: String,
    scale: u8,
    from: String,
    to: String,
    opening_balance: String,
    closing_balance: String,
    debits: String,
    credits: String,
    entries: String,
}

impl From<Found> for StatementPreview {
    fn from(found: Found) -> Self {
        let account = &found.account.account;
        let (debits, credits) = found.sums;
        let entries = found.closing.sequence.saturating_sub(found.opening.sequence);
        Self {
            account: account.id.to_string(),
            number: AccountNumber::of(account.id).to_string(),
            holder: found.holder,
            asset: account.asset.to_string(),
            scale: found.account.scale,
            from: found.period.from.to_string(),
            to: found.period.to.to_string(),
            opening_balance: found.opening.balance.to_string(),
            closing_balance: found.closing.balance.to_string(),
            debits,
            credits,
            entries: entries.to_string(),
        }
    }
}

/// What a statement over these days will say, without its entries.
#[utoipa::path(get, path = "/api/customer/statements/preview", tag = "statements", params(PreviewQuery), responses((status = 200, body = StatementPreview), (status = 400), (status = 404)))]
pub(super) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<StatementPreview>, Problem> {
    let found = find(&app, &caller, &query.account, (&query.from, &query.to)).await?;
    Ok(Json(found.into()))
}

/// The statement, written while it is read. An answer that breaks off is no statement.
#[utoipa::path(
    get, path = "/api/customer/statements/download", tag = "statements", params(DownloadQuery),
    responses(
        (status = 200, description = "The statement in the form asked for; the JSON form carries the bank's signature", content(
            (String = "application/json"), (String = "text/csv"), (String = "application/pdf"), (String = "application/xml"),
        )),
        (status = 400, description = "Another form or period"),
        (status = 404, description = "No such account that you may see"),
    )
)]
pub(super) async fn download(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<DownloadQuery>,
) -> Result<Response, Problem> {
    let format = match query.format.as_deref() {
        Some(name) => named(name)?,
        None => accepted(&headers),
    };
    let found = find(&app, &caller, &query.account, (&query.from, &query.to)).await?;
    let name = file_name(&found, format);
    let head = service::head(&app, &found).await?;
    let body = streamed(app, (&caller).into(), found, (format, head), None)?;
    answer(body, format, &name)
}

/// Begins to write a statement, which goes on while it is read.
fn streamed(
    app: App,
    reader: Reader,
    found: Found,
    (format, head): (Format, Head),
    kept: Option<(Vec<u8>, Sha2)>,
) -> Result<Body, Problem> {
    let writer = service::begin(format, head).map_err(|error| refuse(&error))?;
    let (parts, body) = chunks();
    tokio::spawn(async move {
        if let Err(error) = service::write(app, reader, found, writer, kept, parts).await {
            tracing::error!(%error, "a statement broke off");
        }
    });
    Ok(body)
}

fn answer(body: Body, format: Format, name: &str) -> Result<Response, Problem> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|_| Problem::internal())?);
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// A statement that the bank made by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptView {
    statement: String,
    account: String,
    from: String,
    to: String,
    made_at: String,
    /// SHA-256 of its JSON form, signature included.
    sha256: String,
}

impl From<&Made> for KeptView {
    fn from(made: &Made) -> Self {
        Self {
            statement: made.id.to_string(),
            account: made.account.to_string(),
            from: made.first.to_string(),
            to: made.last.to_string(),
            made_at: made.at.to_string(),
            sha256: made.file.to_string(),
        }
    }
}

/// A page of statements.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptPage {
    items: Vec<KeptView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Of which account, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptQuery {
    /// Id of the account.
    account: String,
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// The statements that the bank made of an account of the caller's, the last first.
#[utoipa::path(get, path = "/api/customer/statements", tag = "statements", params(KeptQuery), responses((status = 200, body = KeptPage), (status = 400)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<KeptQuery>,
) -> Result<Json<KeptPage>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let account = parse_id(&query.account, "account")?;
    let before = query.cursor.as_deref().map(|text| day(text, "cursor")).transpose()?;
    let page = service::kept(&app, &caller, account, (before, limit)).await?;
    let is_full = i64::try_from(page.len()) == Ok(limit);
    let next = page.last().filter(|_| is_full).map(|last| last.last.to_string());
    Ok(Json(KeptPage { items: page.iter().map(KeptView::from).collect(), next }))
}

/// A statement that the bank made of an account of the caller's, byte for byte as it was made. An answer that breaks off is no
/// statement: something in it has been erased since.
#[utoipa::path(get, path = "/api/customer/statements/{id}", tag = "statements", params(("id" = String, Path)), responses((status = 200, description = "The signed statement", content_type = "application/json", body = String), (status = 404)))]
pub(super) async fn kept(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::malformed("id", "must be a UUID"))?;
    let found = service::kept_one(&app, &caller, id).await?;
    let (made, signature, found) = found.ok_or_else(Problem::not_found)?;
    let (format, name) = (Format::Json, file_name(&found, Format::Json));
    let head = service::head_of_kept(&app, &found, &made)?;
    // Written for its owner, as it was then.
    let reader = Reader::customer(caller.user);
    let body = streamed(app, reader, found, (format, head), Some((signature, made.file)))?;
    answer(body, format, &name)
}

/// Where an account stood. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceView {
    account: String,
    asset: String,
    scale: u8,
    /// The instant; absent where a value date was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The value date that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    value_on: Option<String>,
    balance: String,
    /// How many entries it had at the instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<String>,
}

/// When.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct BalanceQuery {
    /// An instant, which counts, such as `2026-03-01T12:00:00.000000Z`; now where it is absent.
    at: Option<String>,
    /// A day such as `2026-03-01`, instead of `at`: what counts by its end, by value date.
    value_on: Option<String>,
}

/// The balance of an account at a time, or by value date at the end of a day.
#[utoipa::path(get, path = "/api/accounts/{id}/balance", tag = "accounts", params(("id" = String, Path), BalanceQuery), responses((status = 200, body = BalanceView), (status = 400), (status = 404)))]
pub(super) async fn balance(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<BalanceQuery>,
) -> Result<Json<BalanceView>, Problem> {
    let id = parse_id(&id, "id")?;
    if let Some(text) = &query.value_on {
        if query.at.is_some() {
            return Err(Problem::malformed("value_on", "must be absent where `at` is given"));
        }
        let on = day(text, "value_on")?;
        let found = service::balance_by_value(&app, &caller, id, on).await?;
        let (account, balance) = found.ok_or_else(Problem::not_found)?;
        return Ok(Json(BalanceView {
            account: account.account.id.to_string(),
            asset: account.account.asset.to_string(),
            scale: account.scale,
            at: None,
            value_on: Some(on.to_string()),
            balance: balance.to_string(),
            entries: None,
        }));
    }
    let at: UtcMicros = match query.at {
        Some(at) => at.parse().map_err(|_| {
            Problem::malformed("at", "must be UTC time such as 2026-03-01T12:00:00.000000Z")
        })?,
        None => clock::now(),
    };
    let found = service::balance_at(&app, &caller, id, at).await?;
    let (account, mark) = found.ok_or_else(Problem::not_found)?;
    Ok(Json(BalanceView {
        account: account.account.id.to_string(),
        asset: account.account.asset.to_string(),
        scale: account.scale,
        at: Some(at.to_string()),
        value_on: None,
        balance: mark.balance.to_string(),
        entries: Some(mark.sequence.to_string()),
    }))
}

/// The period of an account that the caller may see.
pub(crate) async fn find(
    app: &App,
    caller: &Caller,
    account: &str,
    (from, to): (&str, &str),
) -> Result<Found, Problem> {
    let account = parse_id(account, "account")?;
    let period = Period::new(day(from, "from")?, day(to, "to")?)
        .ok_or_else(|| Problem::malformed("to", "must not be before `from`"))?;
    service::find(app, caller.into(), account, period).await?.ok_or_else(Problem::not_found)
}

fn day(text: &str, field: &'static str) -> Result<Date, Problem> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| Problem::malformed(field, "must be a date such as 2026-03-01"))
}

fn named(name: &str) -> Result<Format, Problem> {
    match name {
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        "pdf" => Ok(Format::Pdf),
        "camt053" => Ok(Format::Camt053),
        _ => Err(Problem::malformed("format", "must be json, csv, pdf or camt053")),
    }
}

/// The first form that the header names and we have.
fn accepted(headers: &HeaderMap) -> Format {
    let text = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let kinds = text.unwrap_or_default().split(',');
    let mut kinds = kinds.filter_map(|kind| kind.split(';').next()).map(str::trim);
    kinds
        .find_map(|kind| match kind {
            "application/json" => Some(Format::Json),
            "text/csv" => Some(Format::Csv),
            "application/pdf" => Some(Format::Pdf),
            "application/xml" | "text/xml" => Some(Format::Camt053),
            _ => None,
        })
        .unwrap_or(Format::Json)
}

/// Made of what was parsed, never of what was sent.
fn file_name(found: &Found, format: Format) -> String {
    let number = AccountNumber::of(found.account.account.id);
    let Period { from, to } = found.period;
    format!("statement-{number}-{from}-{to}.{}", format.extension())
}

fn refuse(error: &StatementError) -> Problem {
    if let StatementError::NotACurrency(_) = error {
        return Problem::malformed("format", error.to_string());
    }
    tracing::error!(%error, "a statement could not begin");
    Problem::internal()
}
