//! HTTP for devices: wire types and handlers, no decisions.

use axum::extract::State;
use crypto::SecretBytes;
use http::StatusCode;
use intent::{DeviceId, Kind, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Asked};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Path};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// As the database's CHECK.
const NAME_CHARS_MAX: usize = 60;

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin_pairing)).routes(routes!(pairing_status))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(rename))
        .routes(routes!(pairing))
        .routes(routes!(approve))
        .routes(routes!(revoke))
}

/// What a new device says of itself. Keys and token stay with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PairingRequest {
    /// Whose device it is to be.
    user_id: String,
    /// Its identity, 64 hex digits.
    device_id: String,
    /// SHA3-256 of its certificate request (DER), 64 hex digits.
    csr_sha3: String,
    /// SHA3-256 of a one-time token of 32 random bytes, 64 hex digits.
    registration: String,
    /// What to call it, 1 to 60 characters.
    name: String,
}

/// A pairing that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PairingAnswer {
    pairing_id: String,
    /// For a QR code.
    payload: String,
    /// Six digits; the approving device must show the same.
    match_number: String,
    expires_at: String,
}

/// Begins the pairing of a new device: the answer is to be shown to an enrolled device of the same person.
#[utoipa::path(post, path = "/api/auth/qr-challenge", tag = "devices", request_body = PairingRequest,
    responses((status = 201, body = PairingAnswer), (status = 400), (status = 409), (status = 429)))]
pub(super) async fn begin_pairing(
    State(app): State<App>,
    origin: OriginInfo,
    Json(request): Json<PairingRequest>,
) -> Result<(StatusCode, Json<PairingAnswer>), Problem> {
    let asked = Asked {
        user: UserId::new(wire::uuid(&request.user_id, "user_id")?),
        device: DeviceId::new(wire::digest(&request.device_id, "device_id")?),
        csr_sha3: wire::digest(&request.csr_sha3, "csr_sha3")?,
        registration: wire::digest(&request.registration, "registration")?,
        name: plain_name(&request.name)?,
        ip: &origin.ip,
    };
    let (pairing, expires_at) = service::begin_pairing(&app, &asked, clock::now()).await?;
    let answer = PairingAnswer {
        pairing_id: pairing.id.to_string(),
        payload: pairing.to_string(),
        match_number: pairing.number(),
        expires_at: expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Which pairing, by its token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusRequest {
    pairing_id: String,
    /// The one-time token, base64url.
    registration_token: String,
}

/// Where a pairing stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    /// `waiting`, `approved` or `expired`. Once approved, the device enrols by `POST /api/users/enrol`.
    status: &'static str,
}

/// Asks whether the pairing was approved.
#[utoipa::path(post, path = "/api/auth/qr-login", tag = "devices", request_body = StatusRequest,
    responses((status = 200, body = StatusAnswer), (status = 400), (status = 404)))]
pub(super) async fn pairing_status(
    State(app): State<App>,
    Json(request): Json<StatusRequest>,
) -> Result<Json<StatusAnswer>, Problem> {
    let pairing = wire::uuid(&request.pairing_id, "pairing_id")?;
    let token = wire::base64url(&request.registration_token, "registration_token")?;
    let token = SecretBytes::new(token);
    let status = service::pairing_status(&app, pairing, &token, clock::now()).await?;
    Ok(Json(StatusAnswer { status }))
}

/// A pairing as the approving device sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PairingView {
    pairing_id: String,
    user_id: String,
    device_id: String,
    csr_sha3: String,
    registration: String,
    name: String,
    ip: String,
    /// Compare it with what the new device shows.
    match_number: String,
    approved: bool,
    created_at: String,
    expires_at: String,
}

/// A pairing of one's own, to be compared before it is approved.
#[utoipa::path(get, path = "/api/devices/pairings/{id}", tag = "devices",
    params(("id" = String, Path)), responses((status = 200, body = PairingView), (status = 404)))]
pub(super) async fn pairing(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PairingView>, Problem> {
    let id = wire::uuid(&id, "id")?;
    let (pairing, row) = service::own_pairing(&app, &caller, id).await?;
    Ok(Json(PairingView {
        pairing_id: pairing.id.to_string(),
        user_id: pairing.user.to_string(),
        device_id: pairing.device.to_string(),
        csr_sha3: pairing.csr_sha3.to_string(),
        registration: pairing.registration.to_string(),
        match_number: pairing.number(),
        name: row.name,
        ip: row.ip,
        approved: row.approved,
        created_at: row.created_at.to_string(),
        expires_at: row.expires_at.to_string(),
    }))
}

/// Lets a further device of one's own enrol: a signed `device.approve`.
#[utoipa::path(post, path = "/api/devices/approve", tag = "devices", request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt"), (status = 409), (status = 422)))]
pub(super) async fn approve(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::DeviceApprove]).await
}

/// Ends a device with its certificates and sessions: a signed `device.revoke`.
#[utoipa::path(post, path = "/api/devices/revoke", tag = "devices", request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt"), (status = 409), (status = 422)))]
pub(super) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::DeviceRevoke]).await
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceView {
    device_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `active` or `revoked`.
    status: &'static str,
    /// Whether this very request came from it.
    is_this_one: bool,
    enrolled_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    /// The newest certificate on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
}

/// Devices.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceList {
    items: Vec<DeviceView>,
}

/// One's own devices, newest first.
#[utoipa::path(get, path = "/api/devices", tag = "devices", responses((status = 200, body = DeviceList)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<DeviceList>, Problem> {
    let devices = service::list(&app, &caller).await?;
    let this_one = caller.device().ok();
    let items = devices.into_iter().map(|device| DeviceView {
        device_id: device.device.to_string(),
        name: device.name,
        status: if device.active { "active" } else { "revoked" },
        is_this_one: Some(device.device) == this_one,
        enrolled_at: device.enrolled_at.to_string(),
        last_used_at: device.last_used_at.map(|at| at.to_string()),
        certificate: device.certificate.map(|certificate| certificate.to_string()),
        not_after: device.not_after.map(|at| at.to_string()),
    });
    Ok(Json(DeviceList { items: items.collect() }))
}

/// What to call a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenameRequest {
    device_id: String,
    /// 1 to 60 characters.
    name: String,
}

/// Names one of one's own devices.
#[utoipa::path(post, path = "/api/devices/name", tag = "devices", request_body = RenameRequest,
    responses((status = 204), (status = 400), (status = 404)))]
pub(super) async fn rename(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<RenameRequest>,
) -> Result<StatusCode, Problem> {
    let device = DeviceId::new(wire::digest(&request.device_id, "device_id")?);
    service::rename(&app, &caller, device, plain_name(&request.name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn plain_name(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    if (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && crate::users::is_plain(name) {
        Ok(name)
    } else {
        Err(Problem::malformed("name", "must be 1 to 60 printable characters in NFC"))
    }
}
