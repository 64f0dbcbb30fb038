//! HTTP for accounts: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use intent::Kind;
use ledger::{AccountId, AccountNumber};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Page};
use super::store::StoredAccount;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Path, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire::page_limit;

/// Accounts in one page at most.
const PAGE_MAX: i64 = 200;
/// Accounts in one page where nothing is asked.
const PAGE_DEFAULT: i64 = 50;

/// Routes of accounts; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(fund))
        .routes(routes!(freeze))
        .routes(routes!(overdraft))
        .routes(routes!(close))
        .routes(routes!(resolve))
        .routes(routes!(one))
}

/// An account. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountView {
    id: String,
    number: String,
    owner: Option<String>,
    asset: String,
    scale: u8,
    kind: &'static str,
    balance: String,
    available: String,
    floor: Option<String>,
    freeze_debit: bool,
    freeze_credit: bool,
    closed: bool,
    debits_posted: String,
    credits_posted: String,
    debits_pending: String,
    credits_pending: String,
    opened_at: String,
}

impl From<StoredAccount> for AccountView {
    fn from(stored: StoredAccount) -> Self {
        let account = &stored.account;
        Self {
            id: account.id.to_string(),
            number: stored.number,
            owner: stored.owner.map(|owner| owner.to_string()),
            asset: account.asset.to_string(),
            scale: stored.scale,
            kind: account.kind.name(),
            balance: account.balance().to_string(),
            available: account.available().to_string(),
            floor: account.floor.map(|floor| floor.to_string()),
            freeze_debit: account.freeze.debit,
            freeze_credit: account.freeze.credit,
            closed: account.closed,
            debits_posted: account.debits_posted().minor().to_string(),
            credits_posted: account.credits_posted().minor().to_string(),
            debits_pending: account.debits_pending().minor().to_string(),
            credits_pending: account.credits_pending().minor().to_string(),
            opened_at: stored.opened_at.to_string(),
        }
    }
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountPage {
    items: Vec<AccountView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// The caller's accounts; for managers and auditor clerks everyone's.
#[utoipa::path(get, path = "/api/accounts", tag = "accounts", params(PageQuery), responses((status = 200, body = AccountPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<AccountPage>, Problem> {
    let after = query.cursor.as_deref().map(|cursor| parse_id(cursor, "cursor")).transpose()?;
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let found = service::list(&app, &caller, Page { after, limit }).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(|last| last.account.id.to_string());
    Ok(Json(AccountPage { items: found.into_iter().map(Into::into).collect(), next }))
}

/// One account.
#[utoipa::path(get, path = "/api/accounts/{id}", tag = "accounts", params(("id" = String, Path)), responses((status = 200, body = AccountView), (status = 404)))]
pub(super) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<AccountView>, Problem> {
    let found = service::get(&app, &caller, parse_id(&id, "id")?).await?;
    found.map(|account| Json(account.into())).ok_or_else(Problem::not_found)
}

/// What a payer learns of a payee's account number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Resolved {
    id: String,
    asset: String,
}

/// The account that a number names. Says nothing of its owner.
#[utoipa::path(get, path = "/api/accounts/resolve/{number}", tag = "accounts", params(("number" = String, Path)), responses((status = 200, body = Resolved), (status = 400), (status = 404)))]
pub(super) async fn resolve(
    State(app): State<App>,
    _: Caller,
    Path(number): Path<String>,
) -> Result<Json<Resolved>, Problem> {
    let number: AccountNumber = number.parse().map_err(|error: ledger::MalformedNumber| {
        Problem::malformed("number", error.to_string())
    })?;
    let found = service::resolve(&app, number).await?;
    let (id, asset) = found.ok_or_else(Problem::not_found)?;
    Ok(Json(Resolved { id: id.to_string(), asset: asset.to_string() }))
}

/// Opens an account: a signed `account.open`.
#[utoipa::path(post, path = "/api/accounts", tag = "accounts", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 409), (status = 422)))]
pub(super) async fn open(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AccountOpen]).await
}

/// Funds an account from the bank's equity: a signed `account.fund` of a manager.
#[utoipa::path(post, path = "/api/accounts/fund", tag = "accounts", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn fund(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AccountFund]).await
}

/// Freezes or unfreezes an account: a signed `account.freeze` of a manager, or of its owner, who only adds to a freeze.
#[utoipa::path(post, path = "/api/accounts/freeze", tag = "accounts", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn freeze(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AccountFreeze]).await
}

pub(crate) fn parse_id(text: &str, field: &'static str) -> Result<AccountId, Problem> {
    text.parse().map_err(|_| Problem::malformed(field, "must be a UUID"))
}

/// Closes an empty account for good: a signed `account.close` of its owner or a manager.
#[utoipa::path(post, path = "/api/accounts/close", tag = "accounts", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn close(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AccountClose]).await
}

/// Says how far an account may be overdrawn: a signed `account.overdraft` of a manager.
#[utoipa::path(post, path = "/api/accounts/overdraft", tag = "accounts", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn overdraft(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AccountOverdraft]).await
}
