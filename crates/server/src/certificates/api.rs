//! HTTP for certificates and keys: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header;
use intent::{Kind, UserId};
use pki::Certificate;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service;
use super::store::CertificateRow;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, Attachments, OriginInfo};
use crate::http::{Json, Path, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire;

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(crl))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(details))
        .routes(routes!(status))
        .routes(routes!(revoke))
        .routes(routes!(rotate))
        .routes(routes!(info))
        .routes(routes!(history))
}

/// Which certificate.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateQuery {
    /// SHA3-256 of the DER, 64 hex digits; by default the one of this session.
    certificate: Option<String>,
}

/// Where a certificate stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusView {
    certificate: String,
    user_id: String,
    role: &'static str,
    serial: String,
    lineage: String,
    generation: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    device_id: String,
    not_before: String,
    not_after: String,
    /// `active`, `superseded` or `revoked`.
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_reason: Option<String>,
}

impl From<&CertificateRow> for StatusView {
    fn from(row: &CertificateRow) -> Self {
        Self {
            certificate: row.fingerprint.to_string(),
            user_id: row.user.to_string(),
            role: row.role.name(),
            serial: hex::encode(&row.serial),
            lineage: row.lineage.to_string(),
            generation: row.generation,
            previous: row.previous.map(|previous| previous.to_string()),
            device_id: row.device.to_string(),
            not_before: row.not_before.to_string(),
            not_after: row.not_after.to_string(),
            status: row.status.clone(),
            ended_at: row.ended_at.map(|at| at.to_string()),
            revocation_reason: row.revocation_reason.clone(),
        }
    }
}

/// A certificate with everything in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DetailsView {
    #[serde(flatten)]
    status: StatusView,
    /// The certificate, PEM.
    pem: String,
    /// The certificate in words: sizes, validity, the seven controls.
    text: String,
}

/// Where a certificate stands.
#[utoipa::path(get, path = "/api/certificates/status", tag = "certificates", params(CertificateQuery),
    responses((status = 200, body = StatusView), (status = 404)))]
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CertificateQuery>,
) -> Result<Json<StatusView>, Problem> {
    Ok(Json(StatusView::from(&find(&app, &caller, &query).await?)))
}

/// A certificate with everything in it.
#[utoipa::path(get, path = "/api/certificates/details", tag = "certificates", params(CertificateQuery),
    responses((status = 200, body = DetailsView), (status = 404)))]
pub(super) async fn details(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CertificateQuery>,
) -> Result<Json<DetailsView>, Problem> {
    let row = find(&app, &caller, &query).await?;
    let certificate = Certificate::from_der(&row.der).map_err(|error| {
        tracing::error!(%error, certificate = %row.fingerprint, "a stored certificate does not read");
        Problem::internal()
    })?;
    Ok(Json(DetailsView {
        status: StatusView::from(&row),
        pem: certificate.to_pem(),
        text: pki::show(&certificate),
    }))
}

async fn find(
    app: &App,
    caller: &Caller,
    query: &CertificateQuery,
) -> Result<CertificateRow, Problem> {
    let certificate = match &query.certificate {
        Some(text) => wire::digest(text, "certificate")?,
        None => caller.certificate()?,
    };
    service::find(app, caller, &certificate).await
}

/// The revocation list in use: DER, RFC 5280.
#[utoipa::path(get, path = "/api/certificates/crl", tag = "certificates",
    responses((status = 200, description = "DER", content_type = "application/pkix-crl")))]
pub(super) async fn crl(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let crl = service::crl(&app).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pkix-crl".to_owned()),
        (header::ETAG, format!("\"crl-{}\"", crl.number)),
    ];
    Ok((headers, crl.der))
}

/// Ends a certificate: a signed `certificate.revoke`.
#[utoipa::path(post, path = "/api/certificates/revoke", tag = "certificates",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt"), (status = 409), (status = 422)))]
pub(super) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::CertificateRevoke]).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateRequest<'a> {
    #[serde(borrow)]
    signed: &'a RawValue,
    sealed_device_key: &'a str,
}

/// Replaces the caller's key: `{"signed": <a key.rotate>, "sealed_device_key": <base64url>}`. Answers the receipt and
/// the new certificate with its path.
#[utoipa::path(post, path = "/api/quantum/keys/rotate", tag = "certificates",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and certificate"), (status = 409), (status = 422)))]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    let request: RotateRequest<'_> = wire::object(&body)?;
    let signed = wire::envelope(request.signed, Kind::KeyRotate)?;
    let sealed = wire::base64url(request.sealed_device_key, "sealed_device_key")?;
    let attachments = Attachments { sealed_device_key: Some(sealed), ..Attachments::default() };
    app.corridor.submit(signed, origin, Some(&caller), attachments).await
}

/// A person's key in use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    #[serde(flatten)]
    status: StatusView,
    suite: &'static str,
    signature_algorithm: &'static str,
    kem: &'static str,
}

/// A person's newest key.
#[utoipa::path(get, path = "/api/quantum/keys/{user_id}/info", tag = "certificates",
    params(("user_id" = String, Path)), responses((status = 200, body = KeyView), (status = 404)))]
pub(super) async fn info(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<KeyView>, Problem> {
    let user = UserId::new(wire::uuid(&user, "user_id")?);
    let keys = service::history(&app, &caller, user).await?;
    let newest = keys.first().ok_or_else(Problem::not_found)?;
    let suite = app.bank.suite;
    Ok(Json(KeyView {
        status: StatusView::from(newest),
        suite: suite.name(),
        signature_algorithm: suite.signature_algorithm(),
        kem: suite.kem_name(),
    }))
}

/// A person's keys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyHistory {
    items: Vec<StatusView>,
}

/// Every key that a person ever held, newest first.
#[utoipa::path(get, path = "/api/quantum/keys/{user_id}/history", tag = "certificates",
    params(("user_id" = String, Path)), responses((status = 200, body = KeyHistory), (status = 404)))]
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<KeyHistory>, Problem> {
    let user = UserId::new(wire::uuid(&user, "user_id")?);
    let keys = service::history(&app, &caller, user).await?;
    Ok(Json(KeyHistory { items: keys.iter().map(StatusView::from).collect() }))
}
