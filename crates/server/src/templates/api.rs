//! HTTP for templates: wire types and handlers, no decisions.

use axum::extract::State;
use axum::http::StatusCode;
use ledger::AccountId;
use money::{Amount, AssetCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Saved, TemplateRow};
use crate::accounts::parse_id;
use crate::http::{Json, Path};
use crate::problem::{Code, Problem};
use crate::sessions::Caller;
use crate::sql::micros;
use crate::{App, clock, users};

/// As the database checks it.
const NAME_CHARS_MAX: usize = 80;
const MEMO_CHARS_MAX: usize = 140;
/// Templates of one person.
const TEMPLATES_MAX: i64 = 500;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, remove))
}

/// A payment that somebody saves. Amounts are minor units in decimal strings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateRequest {
    /// What its owner calls it.
    name: String,
    /// Account to pay from.
    debit: Option<String>,
    /// Account to pay to.
    credit: String,
    asset: String,
    amount: Option<String>,
    memo: Option<String>,
}

/// A saved payment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateView {
    template: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<String>,
    credit: String,
    asset: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
    created_at: String,
    changed_at: String,
}

impl From<TemplateRow> for TemplateView {
    fn from(row: TemplateRow) -> Self {
        Self {
            template: row.template_id.to_string(),
            name: row.name,
            debit: row.debit.map(|debit| debit.to_string()),
            credit: row.credit.to_string(),
            asset: row.asset,
            amount: row.amount.map(|amount| amount.to_string()),
            memo: row.memo,
            created_at: micros(row.created_at).to_string(),
            changed_at: micros(row.changed_at).to_string(),
        }
    }
}

/// Templates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplatePage {
    items: Vec<TemplateView>,
}

/// The template that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateSaved {
    template: String,
}

/// What a request says, checked.
fn saved<'a>(
    caller: &Caller,
    id: Uuid,
    request: &'a TemplateRequest,
) -> Result<Saved<'a>, Problem> {
    let text = |field: &'static str, text: &'a str, most: usize| {
        let fits = (1..=most).contains(&text.chars().count()) && users::is_plain(text);
        let why = || Problem::malformed(field, format!("must be 1 to {most} printable characters"));
        fits.then_some(text).ok_or_else(why)
    };
    let asset: AssetCode =
        request.asset.parse().map_err(|_| Problem::malformed("asset", "must be an asset code"))?;
    let amount = request.amount.as_deref().map(|amount| Amount::parse_minor(amount, asset));
    let amount = amount
        .transpose()
        .ok()
        .filter(|amount| amount.is_none_or(|amount| amount.minor() > 0))
        .ok_or_else(|| Problem::malformed("amount", "must be a whole number of minor units"))?;
    let debit = request.debit.as_deref().map(|debit| parse_id(debit, "debit")).transpose()?;
    Ok(Saved {
        id,
        owner: caller.user,
        name: text("name", &request.name, NAME_CHARS_MAX)?,
        debit: debit.map(AccountId::get),
        credit: parse_id(&request.credit, "credit")?.get(),
        asset: &request.asset,
        amount: amount.map(Amount::minor),
        memo: request.memo.as_deref().map(|memo| text("memo", memo, MEMO_CHARS_MAX)).transpose()?,
    })
}

fn template(id: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(id).map_err(|_| Problem::malformed("id", "must be a UUID"))
}

/// The caller's templates, by name.
#[utoipa::path(get, path = "/api/templates", tag = "templates", responses((status = 200, body = TemplatePage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<TemplatePage>, Problem> {
    let mut tx = app.db.as_user(&caller).await?;
    let rows = store::list(&mut tx, app.bank.book).await?;
    tx.commit().await?;
    Ok(Json(TemplatePage { items: rows.into_iter().map(Into::into).collect() }))
}

/// Saves a payment. Nothing moves, and nothing is signed.
#[utoipa::path(post, path = "/api/templates", tag = "templates", request_body = TemplateRequest, responses((status = 200, body = TemplateSaved), (status = 400)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<TemplateRequest>,
) -> Result<Json<TemplateSaved>, Problem> {
    let now = clock::now();
    let id = clock::fresh_id(now);
    let saved = saved(&caller, id, &request)?;
    let mut tx = app.db.as_writer().await?;
    if !store::insert(&mut tx, app.bank.book, &saved, TEMPLATES_MAX, now).await? {
        let why = format!("nobody keeps more than {TEMPLATES_MAX} templates");
        return Err(Problem::malformed("", why));
    }
    tx.commit().await?;
    Ok(Json(TemplateSaved { template: id.to_string() }))
}

/// Changes one of the caller's templates: what is left out is taken out.
#[utoipa::path(post, path = "/api/templates/{id}", tag = "templates", params(("id" = String, Path)), request_body = TemplateRequest, responses((status = 200, body = TemplateSaved), (status = 400), (status = 404)))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<TemplateRequest>,
) -> Result<Json<TemplateSaved>, Problem> {
    let id = template(&id)?;
    let saved = saved(&caller, id, &request)?;
    let mut tx = app.db.as_writer().await?;
    let is_there = store::update(&mut tx, app.bank.book, &saved, clock::now()).await?;
    tx.commit().await?;
    if is_there {
        Ok(Json(TemplateSaved { template: id.to_string() }))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

/// Deletes one of the caller's templates.
#[utoipa::path(delete, path = "/api/templates/{id}", tag = "templates", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = template(&id)?;
    let mut tx = app.db.as_writer().await?;
    let is_there = store::delete(&mut tx, app.bank.book, caller.user, id).await?;
    tx.commit().await?;
    if is_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::new(Code::NotFound)) }
}
