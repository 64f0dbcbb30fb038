//! HTTP for passkeys: wire types and handlers, no decisions.

use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::service::{self, Begun};
use super::store::PasskeyRow;
use crate::corridor::OriginInfo;
use crate::credentials::SignedInView;
use crate::http::{Json, Path};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(login_begin)).routes(routes!(login_finish))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(delete))
        .routes(routes!(register_begin))
        .routes(routes!(register_finish))
        .routes(routes!(verify_begin))
        .routes(routes!(verify_finish))
}

/// A ceremony that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BegunView {
    /// To be named when it is finished, within a minute.
    ceremony: String,
    /// What `navigator.credentials` takes, in the JSON form of the standard.
    #[schema(value_type = Object)]
    options: serde_json::Value,
}

impl From<Begun> for BegunView {
    fn from(begun: Begun) -> Self {
        Self { ceremony: begun.ceremony.to_string(), options: begun.options }
    }
}

/// Begins to register a passkey, in a session of aal2 or aal3 that was freshly proved.
#[utoipa::path(post, path = "/api/passkeys/register/begin", tag = "passkeys",
    responses((status = 200, body = BegunView), (status = 403)))]
pub(super) async fn register_begin(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<BegunView>, Problem> {
    Ok(Json(service::begin_registration(&app, &caller, clock::now()).await?.into()))
}

/// A passkey that the authenticator has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterRequest {
    ceremony: String,
    /// 1 to 120 characters, for its holder.
    name: String,
    /// What `navigator.credentials.create` answered.
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// Keeps the passkey.
#[utoipa::path(post, path = "/api/passkeys/register/finish", tag = "passkeys", request_body = RegisterRequest,
    responses((status = 204), (status = 403), (status = 409)))]
pub(super) async fn register_finish(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<RegisterRequest>,
) -> Result<StatusCode, Problem> {
    let ceremony = wire::uuid(&request.ceremony, "ceremony")?;
    let (name, made) = (&request.name, &request.credential);
    service::finish_registration(&app, &caller, ceremony, name, made, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a sign-in. It names nobody: the authenticator finds its passkey by the bank's address.
#[utoipa::path(post, path = "/api/passkeys/login/begin", tag = "passkeys", responses((status = 200, body = BegunView)))]
pub(super) async fn login_begin(State(app): State<App>) -> Result<Json<BegunView>, Problem> {
    Ok(Json(service::begin_sign_in(&app, clock::now()).await?.into()))
}

/// A passkey, shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    ceremony: String,
    /// What `navigator.credentials.get` answered.
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
    /// A KEM key of the bank's suite, made for this request; base64url.
    kem_public_key: String,
}

/// Opens a session of aal2.
#[utoipa::path(post, path = "/api/passkeys/login/finish", tag = "passkeys", request_body = LoginRequest,
    responses((status = 200, body = SignedInView), (status = 401), (status = 429)))]
pub(super) async fn login_finish(
    State(app): State<App>,
    origin: OriginInfo,
    Json(request): Json<LoginRequest>,
) -> Result<Json<SignedInView>, Problem> {
    let ceremony = wire::uuid(&request.ceremony, "ceremony")?;
    let kem = wire::base64url(&request.kem_public_key, "kem_public_key")?;
    let shown = &request.credential;
    let signed_in =
        service::finish_sign_in(&app, ceremony, shown, &kem, &origin, clock::now()).await?;
    Ok(Json(signed_in.into()))
}

/// Begins to step this session up.
#[utoipa::path(post, path = "/api/passkeys/verify/begin", tag = "passkeys",
    responses((status = 200, body = BegunView), (status = 403)))]
pub(super) async fn verify_begin(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<BegunView>, Problem> {
    Ok(Json(service::begin_step_up(&app, &caller, clock::now()).await?.into()))
}

/// A passkey, shown in a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyRequest {
    ceremony: String,
    /// What `navigator.credentials.get` answered.
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
}

/// The level of this session from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SteppedUp {
    aal: u8,
    assurance: &'static str,
}

/// Steps this session up to aal2.
#[utoipa::path(post, path = "/api/passkeys/verify/finish", tag = "passkeys", request_body = VerifyRequest,
    responses((status = 200, body = SteppedUp), (status = 403), (status = 429)))]
pub(super) async fn verify_finish(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Json(request): Json<VerifyRequest>,
) -> Result<Json<SteppedUp>, Problem> {
    let ceremony = wire::uuid(&request.ceremony, "ceremony")?;
    let shown = &request.credential;
    let assurance =
        service::finish_step_up(&app, &caller, ceremony, shown, &origin, clock::now()).await?;
    Ok(Json(SteppedUp { aal: assurance.aal().number(), assurance: assurance.name() }))
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasskeyView {
    /// Base64url, as the authenticator chose it.
    id: String,
    name: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<String>,
}

/// Passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasskeyPage {
    items: Vec<PasskeyView>,
}

/// The caller's passkeys, newest first.
#[utoipa::path(get, path = "/api/passkeys", tag = "passkeys", responses((status = 200, body = PasskeyPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<PasskeyPage>, Problem> {
    let view = |row: PasskeyRow| PasskeyView {
        id: Base64UrlUnpadded::encode_string(&row.id),
        name: row.name,
        created_at: row.created_at.to_string(),
        used_at: row.used_at.map(|at| at.to_string()),
    };
    let rows = service::list(&app, &caller).await?;
    Ok(Json(PasskeyPage { items: rows.into_iter().map(view).collect() }))
}

/// Deletes a passkey, in a session that was freshly proved.
#[utoipa::path(delete, path = "/api/passkeys/{id}", tag = "passkeys", params(("id" = String, Path)),
    responses((status = 204), (status = 403), (status = 404)))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = wire::base64url(&id, "id")?;
    service::delete(&app, &caller, &id, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
