//! HTTP for certificates and keys: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use axum::response::IntoResponse;
use base64ct::{Base64UrlUnpadded, Encoding};
use http::{HeaderMap, StatusCode, header};
use intent::{Kind, UserId, UtcMicros};
use pki::Certificate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service;
use super::store::{CertificateRow, CrlRow};
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{self, Answer, Attachments, OriginInfo};
use crate::http::{Enveloped, Json, Path, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{clock, wire};

const US_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

const PAGE_MAX: i64 = 200;
const PAGE_DEFAULT: i64 = 50;

/// A revocation makes a new list at once: whoever keeps one asks again after a minute.
const CRL_CACHING: &str = "public, max-age=60, must-revalidate";

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(crl)).routes(routes!(crl_of)).routes(routes!(collect))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(details))
        .routes(routes!(status))
        .routes(routes!(revoke))
        .routes(routes!(rotate))
        .routes(routes!(info))
        .routes(routes!(download))
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

/// Where a certificate stands now, with the signed list that says so.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevocationView {
    #[serde(flatten)]
    status: StatusView,
    /// `good`, `revoked`, `superseded` or `expired`. An unknown one is not found.
    state: &'static str,
    /// Whether the revocation list of that number names it: the signed form of this answer, at `/api/certificates/crl`.
    listed: bool,
    crl_number: String,
    this_update: String,
    next_update: String,
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

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// A page of certificates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CertificatePage {
    items: Vec<StatusView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Everybody's certificates in use, the oldest first: who is to rotate next.
#[utoipa::path(get, path = "/api/certificates", tag = "certificates", params(ListQuery), responses((status = 200, body = CertificatePage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<CertificatePage>, Problem> {
    let limit = wire::page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let after = query.cursor.as_deref().map(|text| wire::digest(text, "cursor")).transpose()?;
    let rows = service::in_use(&app, &caller, after.as_ref(), limit).await?;
    let is_full = i64::try_from(rows.len()) == Ok(limit);
    let next = rows.last().filter(|_| is_full).map(|last| last.fingerprint.to_string());
    Ok(Json(CertificatePage { items: rows.iter().map(StatusView::from).collect(), next }))
}

/// Where a certificate stands.
#[utoipa::path(get, path = "/api/certificates/status", tag = "certificates", params(CertificateQuery),
    responses((status = 200, body = RevocationView), (status = 404, description = "Unknown, or not yours to see")))]
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CertificateQuery>,
) -> Result<Json<RevocationView>, Problem> {
    let row = find(&app, &caller, &query).await?;
    let standing = service::standing(&app, &row, clock::now()).await?;
    Ok(Json(RevocationView {
        status: StatusView::from(&row),
        state: standing.state,
        listed: standing.listed,
        crl_number: standing.crl_number.to_string(),
        this_update: standing.this_update.to_string(),
        next_update: standing.next_update.to_string(),
    }))
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

/// The revocation list in use of the authority that issues: DER, RFC 5280.
#[utoipa::path(get, path = "/api/certificates/crl", tag = "certificates",
    responses((status = 200, description = "DER", content_type = "application/pkix-crl"), (status = 304)))]
pub(super) async fn crl(
    State(app): State<App>,
    request: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    Ok(answer_with(service::crl(&app, None).await?, &request))
}

/// The revocation list in use of one issuing authority, by fingerprint: what its certificates name.
#[utoipa::path(get, path = "/api/certificates/crl/{issuer}", tag = "certificates",
    params(("issuer" = String, Path, description = "SHA3-256 of the issuing certificate, 64 hex digits")),
    responses((status = 200, description = "DER", content_type = "application/pkix-crl"), (status = 304), (status = 404)))]
pub(super) async fn crl_of(
    State(app): State<App>,
    Path(issuer): Path<String>,
    request: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let issuer = wire::digest(&issuer, "issuer")?;
    Ok(answer_with(service::crl(&app, Some(&issuer)).await?, &request))
}

fn answer_with(crl: CrlRow, request: &HeaderMap) -> impl IntoResponse + use<> {
    let tag = format!("\"crl-{}\"", crl.number);
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|it| it.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag);
    let headers = [
        (header::CONTENT_TYPE, "application/pkix-crl".to_owned()),
        (header::CACHE_CONTROL, CRL_CACHING.to_owned()),
        (header::ETAG, tag),
    ];
    if is_known {
        (StatusCode::NOT_MODIFIED, headers, Vec::new())
    } else {
        (StatusCode::OK, headers, crl.der)
    }
}

/// Ends a certificate: a signed `certificate.revoke`.
#[utoipa::path(post, path = "/api/certificates/revoke", tag = "certificates",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt"), (status = 409), (status = 422)))]
pub(super) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::CertificateRevoke]).await
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
    body: Enveloped,
) -> Result<Answer, Problem> {
    let (signed, [sealed]) = body.signed_beside(Kind::KeyRotate, ["sealed_device_key"])?;
    let attachments = Attachments { sealed_device_key: Some(sealed), ..Attachments::default() };
    let answer = app.corridor.submit(signed, origin, Some(&caller), attachments).await?;
    Ok(answer.in_form(body.answer()))
}

/// Gives the answer to an enrolment or a rotation again, to whoever shows the very document that was signed: `{"signed": <a
/// user.enrol or key.rotate>}`. A rotation ends the session that sent it, so a device that lost the answer has no other way
/// to its new certificate. 404 where the document never arrived: it can be sent as it is.
#[utoipa::path(post, path = "/api/certificates/collect", tag = "certificates",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and certificate"), (status = 404), (status = 422)))]
pub(super) async fn collect(State(app): State<App>, body: Enveloped) -> Result<Answer, Problem> {
    let (signed, []) = body.any_signed_beside([])?;
    let kind = signed.parse_intent()?.kind();
    if !matches!(kind, Kind::UserEnrol | Kind::KeyRotate) {
        return Err(Problem::malformed("signed.kind", format!("{kind} brings no certificate")));
    }
    let answer = corridor::collect(&app, &signed).await?.ok_or_else(Problem::not_found)?;
    Ok(answer.in_form(body.answer()))
}

/// A person's key in use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    #[serde(flatten)]
    status: StatusView,
    suite: &'static str,
    signature_algorithm: &'static str,
    kem: &'static str,
    /// Whole days since the key began.
    age_days: i64,
    /// Whole days until its certificate ends.
    days_left: i64,
    /// When the holder should replace it.
    rotation_due_at: String,
    rotation_due: bool,
    /// From when on it can only be replaced.
    rotation_required_at: String,
    rotation_required: bool,
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
    let (suite, now, ages) = (app.bank.suite, clock::now(), app.config.key_ages);
    let due_at = ages.due_at(newest.role, newest.not_before);
    let required_at = ages.required_at(newest.role, newest.not_before);
    Ok(Json(KeyView {
        status: StatusView::from(newest),
        suite: suite.name(),
        signature_algorithm: suite.signature_algorithm(),
        kem: suite.kem_name(),
        age_days: days(newest.not_before, now),
        days_left: days(now, newest.not_after),
        rotation_due: now >= due_at,
        rotation_due_at: due_at.to_string(),
        rotation_required: now >= required_at,
        rotation_required_at: required_at.to_string(),
    }))
}

/// Whole days from one instant to a later one.
const fn days(from: UtcMicros, to: UtcMicros) -> i64 {
    to.get().saturating_sub(from.get()).div_euclid(US_PER_DAY)
}

/// A bundle that opens only on the device it is for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BundleView {
    certificate: String,
    device_id: String,
    suite: &'static str,
    kem: &'static str,
    /// Base64url: a JSON object of `certificate`, `issuing`, `root` (PEM) and `crl` (base64url of DER), sealed to the KEM
    /// key of the device under the purpose `certificate-bundle` and SHA-256 of the certificate's hash.
    sealed: String,
}

/// The caller's certificate with its path and the revocation list, sealed by KEM to the caller's device.
#[utoipa::path(get, path = "/api/auth/download-certificate/{user_id}", tag = "certificates",
    params(("user_id" = String, Path)), responses((status = 200, body = BundleView), (status = 404)))]
pub(super) async fn download(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<BundleView>, Problem> {
    let user = UserId::new(wire::uuid(&user, "user_id")?);
    let sealed = service::bundle(&app, &caller, user).await?;
    let suite = app.bank.suite;
    Ok(Json(BundleView {
        certificate: caller.certificate()?.to_string(),
        device_id: caller.device()?.to_string(),
        suite: suite.name(),
        kem: suite.kem_name(),
        sealed: Base64UrlUnpadded::encode_string(&sealed),
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
