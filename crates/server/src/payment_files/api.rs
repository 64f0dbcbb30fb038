//! HTTP for payment files: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use intent::{IntentId, Kind};
use messages::pain002::ItemStatus;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Outcome, Preview};
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Path, Query};
use crate::problem::Problem;
use crate::sessions::Caller;

/// Routes of payment files; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(submit)).routes(routes!(preview)).routes(routes!(status))
}

/// Pays a file: a signed `payments.file`, whose envelope carries the file.
#[utoipa::path(post, path = "/api/payments/files", tag = "payments", request_body(content = String, content_type = "application/json", description = "A signed envelope with a member `file`"), responses((status = 200, description = "Receipt with a code per signed item"), (status = 403), (status = 409, description = "A file with this message id was paid from this account"), (status = 422, description = "The file is refused whole with line and reason, or the intent says something else; or refused by a rule, with receipt")))]
pub(super) async fn submit(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::PaymentsFile]).await
}

/// What a file says and what would be signed. Amounts are decimal strings: of items as the file writes them, of totals in
/// minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilePreview {
    message_id: String,
    message_name: String,
    /// SHA3-256 of the file.
    file: String,
    items: Vec<ItemPreview>,
    totals: Vec<TotalView>,
}

/// One item.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemPreview {
    line: usize,
    end_to_end_id: String,
    debtor: String,
    creditor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    creditor_name: Option<String>,
    amount: String,
    asset: String,
    /// Account that would be debited; absent of what cannot be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<String>,
    /// Account that would be credited.
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    /// Why it cannot be paid, in the codes of ISO 20022.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'static str>,
}

/// What would be paid in one asset.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TotalView {
    asset: String,
    items: usize,
    amount: String,
}

impl From<Preview> for FilePreview {
    fn from(preview: Preview) -> Self {
        let items = preview.items.into_iter().map(|shown| {
            let (accounts, why) = match shown.outcome {
                Ok(accounts) => (Some(accounts), None),
                Err(unpayable) => (None, Some(unpayable)),
            };
            ItemPreview {
                line: shown.place.line,
                end_to_end_id: shown.end_to_end_id,
                debtor: shown.debtor,
                creditor: shown.creditor,
                creditor_name: shown.creditor_name,
                amount: shown.amount,
                asset: shown.asset.to_string(),
                debit: accounts.as_ref().map(|of| of.debit.to_string()),
                credit: accounts.as_ref().map(|of| of.credit.to_string()),
                reason: why.as_ref().map(|why| why.reason.code()),
                text: why.as_ref().map(|why| why.text),
            }
        });
        let totals = preview.totals.iter().map(|(asset, (items, sum))| TotalView {
            asset: asset.to_string(),
            items: *items,
            amount: sum.to_string(),
        });
        Self {
            items: items.collect(),
            totals: totals.collect(),
            message_id: preview.file.message_id,
            message_name: preview.file.message_name,
            file: preview.digest.to_string(),
        }
    }
}

/// Reads a file and says what would be signed of it today, item by item. Writes nothing.
#[utoipa::path(post, path = "/api/payments/files/preview", tag = "payments", request_body(content = String, content_type = "application/octet-stream", description = "pain.001 or a table"), responses((status = 200, body = FilePreview), (status = 413), (status = 422, description = "Refused whole, with line, element and reason")))]
pub(super) async fn preview(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<Json<FilePreview>, Problem> {
    Ok(Json(service::preview(&app, &caller, body).await?.into()))
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileStatus {
    intent_id: String,
    message_id: String,
    items: Vec<ItemStatusView>,
}

/// What became of one item.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemStatusView {
    end_to_end_id: String,
    /// `settled`, `accepted`, `pending` or `rejected`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<Outcome> for FileStatus {
    fn from(outcome: Outcome) -> Self {
        let items = outcome.file.items().zip(outcome.statuses).map(|((_, item), status)| {
            let end_to_end_id = item.end_to_end_id.clone();
            let (status, transfer, reason, text) = match status {
                ItemStatus::Settled { reference } => ("settled", Some(reference), None, None),
                ItemStatus::Accepted => ("accepted", None, None, None),
                ItemStatus::Pending => ("pending", None, None, None),
                ItemStatus::Rejected { reason, text } => {
                    ("rejected", None, Some(reason.code()), Some(text))
                }
            };
            ItemStatusView { end_to_end_id, status, transfer, reason, text }
        });
        Self {
            items: items.collect(),
            intent_id: outcome.intent.to_string(),
            message_id: outcome.file.message_id.clone(),
        }
    }
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusQuery {
    /// `json` or `pain002`; else what `Accept` asks for, else `json`.
    format: Option<String>,
}

/// What became of each item of a file that was paid, as of now.
#[utoipa::path(
    get, path = "/api/payments/files/{intent}", tag = "payments", params(("intent" = String, Path), StatusQuery),
    responses(
        (status = 200, description = "What became of each item", content((FileStatus = "application/json"), (String = "application/xml"))),
        (status = 404),
    )
)]
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Path(intent): Path<String>,
    headers: HeaderMap,
    Query(query): Query<StatusQuery>,
) -> Result<Response, Problem> {
    let intent: IntentId = intent.parse()?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let as_xml = match query.format.as_deref() {
        Some("pain002") => true,
        Some("json") => false,
        Some(_) => return Err(Problem::malformed("format", "must be json or pain002")),
        None => accept.is_some_and(|kinds| kinds.starts_with("application/xml")),
    };
    let found = service::outcome(&app, &caller, intent).await?.ok_or_else(Problem::not_found)?;
    if !as_xml {
        return Ok(Json(FileStatus::from(found)).into_response());
    }
    let mut response = Response::new(service::report(&app, &found)?.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"pain002-{intent}.xml\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|_| Problem::internal())?);
    Ok(response)
}
