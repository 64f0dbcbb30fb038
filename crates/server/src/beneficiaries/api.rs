//! HTTP for payees: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::{Kind, UtcMicros};
use ledger::AccountNumber;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Checked, Entry};
use crate::App;
use crate::accounts::parse_id;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Query};
use crate::problem::Problem;
use crate::sessions::Caller;

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(change)).routes(routes!(check))
}

/// A payee that the caller keeps. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BeneficiaryView {
    account: String,
    /// Its number, with check digits.
    number: String,
    asset: String,
    /// As the caller wrote it; absent once it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
    /// What the bank said of the name: `match`, `close` or `none`.
    name_match: String,
    /// `active` or `disabled`.
    status: String,
    added_at: String,
    /// Since when the entry counts for the limit of new payees; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts_since: Option<String>,
    /// How often it was paid, from all accounts of the caller.
    payments: String,
    total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_paid_at: Option<String>,
}

impl From<Entry> for BeneficiaryView {
    fn from(Entry { listed, text, since }: Entry) -> Self {
        let (name, memo) = text.map_or((None, None), |text| (Some(text.name), text.memo));
        Self {
            account: listed.account.to_string(),
            number: AccountNumber::of(listed.account).to_string(),
            asset: listed.asset.to_string(),
            name,
            memo,
            name_match: listed.name_match,
            status: listed.status,
            added_at: listed.added_at.to_string(),
            counts_since: since.as_ref().map(UtcMicros::to_string),
            payments: listed.payments.to_string(),
            total: listed.total.to_string(),
            last_paid_at: listed.last_paid_at.as_ref().map(UtcMicros::to_string),
        }
    }
}

/// A page of payees.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BeneficiaryPage {
    items: Vec<BeneficiaryView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct BeneficiaryQuery {
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// The caller's payees, with what was paid to them.
#[utoipa::path(get, path = "/api/beneficiaries", tag = "beneficiaries", params(BeneficiaryQuery), responses((status = 200, body = BeneficiaryPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<BeneficiaryQuery>,
) -> Result<Json<BeneficiaryPage>, Problem> {
    let after = query.cursor.as_deref().map(|cursor| parse_id(cursor, "cursor")).transpose()?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::malformed("limit", format!("must be 1 to {PAGE_MAX}")));
    }
    let found = service::list(&app, &caller, after, limit).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(|last| last.listed.account.to_string());
    Ok(Json(BeneficiaryPage { items: found.into_iter().map(Into::into).collect(), next }))
}

/// Whose name is to be compared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NameQuestion {
    /// Number of the payee's account.
    number: String,
    /// The name as the payer knows it.
    name: String,
}

/// What the bank says of a payee's name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NameAnswer {
    account: String,
    asset: String,
    /// `match`, `close` or `none`: what the signed intent must say.
    name_match: String,
    /// The registered name; absent where the answer is `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl From<Checked> for NameAnswer {
    fn from(checked: Checked) -> Self {
        Self {
            account: checked.account.to_string(),
            asset: checked.asset.to_string(),
            name_match: checked.name_match.name().to_owned(),
            name: checked.name,
        }
    }
}

/// Compares a payee's name with the one that the bank knows. A name that is not nearly right is told nothing of it.
#[utoipa::path(post, path = "/api/beneficiaries/check", tag = "beneficiaries", request_body = NameQuestion, responses((status = 200, body = NameAnswer), (status = 400), (status = 404)))]
pub(super) async fn check(
    State(app): State<App>,
    _: Caller,
    Json(question): Json<NameQuestion>,
) -> Result<Json<NameAnswer>, Problem> {
    let number: AccountNumber =
        question.number.parse().map_err(|error: ledger::MalformedNumber| {
            Problem::malformed("number", error.to_string())
        })?;
    let checked = service::check(&app, number, &question.name).await?;
    checked.map(|checked| Json(checked.into())).ok_or_else(Problem::not_found)
}

/// Keeps a payee: a signed `beneficiary.add`.
#[utoipa::path(post, path = "/api/beneficiaries", tag = "beneficiaries", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::BeneficiaryAdd]).await
}

/// Renames, disables, enables or deletes a payee: a signed `beneficiary.change`.
#[utoipa::path(post, path = "/api/beneficiaries/change", tag = "beneficiaries", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::BeneficiaryChange]).await
}
