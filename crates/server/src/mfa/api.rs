//! HTTP for second factors: wire types and handlers, no decisions.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Presented};
use super::trust;
use crate::corridor::OriginInfo;
use crate::credentials::SecretText;
use crate::http::{Json, Path};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(setup))
        .routes(routes!(verify))
        .routes(routes!(recovery_codes))
        .routes(routes!(disable))
        .routes(routes!(list_trusted, trust_this))
        .routes(routes!(revoke_trusted))
}

/// What the caller has to sign in with, beside certificates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FactorsView {
    password: bool,
    totp: bool,
    /// Recovery codes that were not used.
    recovery_codes: u64,
    passkeys: u64,
}

/// What the caller has to sign in with.
#[utoipa::path(get, path = "/api/mfa", tag = "mfa", responses((status = 200, body = FactorsView)))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<FactorsView>, Problem> {
    let factors = service::factors(&app, caller.user).await?;
    Ok(Json(FactorsView {
        password: factors.password,
        totp: factors.totp,
        recovery_codes: factors.recovery_codes,
        passkeys: factors.passkeys,
    }))
}

/// What an authenticator app must be told. Shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct SetupAnswer {
    /// Base32, to be typed.
    secret: String,
    /// `otpauth://totp/…`
    uri: String,
    /// The URI as a QR code, SVG.
    qr_svg: String,
}

/// Begins to set up an authenticator; `POST /api/mfa/verify` with its first code completes it.
#[utoipa::path(post, path = "/api/mfa/setup", tag = "mfa",
    responses((status = 200, body = SetupAnswer), (status = 403), (status = 409)))]
pub(super) async fn setup(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SetupAnswer>, Problem> {
    let told = service::setup(&app, &caller, clock::now()).await?;
    Ok(Json(SetupAnswer { secret: told.secret, uri: told.uri, qr_svg: told.qr_svg }))
}

/// A second factor: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorRequest {
    /// Six digits of the authenticator.
    code: Option<SecretText>,
    /// A one-time recovery code.
    recovery_code: Option<SecretText>,
}

impl FactorRequest {
    fn presented(&self) -> Result<Option<Presented<'_>>, Problem> {
        Presented::one_of(self.code.as_ref(), self.recovery_code.as_ref())
    }
}

/// What a second factor brought about.
#[derive(Serialize, ToSchema)]
pub(super) struct VerifyAnswer {
    /// The level of this session from now on.
    aal: u8,
    assurance: &'static str,
    /// Ten one-time codes, when the authenticator was confirmed by this. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// Takes a code: it completes a set-up, or steps this session up to aal2.
#[utoipa::path(post, path = "/api/mfa/verify", tag = "mfa", request_body = FactorRequest,
    responses((status = 200, body = VerifyAnswer), (status = 403), (status = 429)))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Json(request): Json<FactorRequest>,
) -> Result<Json<VerifyAnswer>, Problem> {
    let presented = request.presented()?.ok_or_else(missing)?;
    let verified = service::verify(&app, &caller, &presented, &origin, clock::now()).await?;
    Ok(Json(VerifyAnswer {
        aal: verified.assurance.aal().number(),
        assurance: verified.assurance.name(),
        recovery_codes: verified.recovery_codes,
    }))
}

/// A code of the authenticator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeRequest {
    code: SecretText,
}

/// New recovery codes. Shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct CodesAnswer {
    recovery_codes: Vec<String>,
}

/// Replaces the recovery codes by ten new ones. Asks for the authenticator.
#[utoipa::path(post, path = "/api/mfa/recovery-codes", tag = "mfa", request_body = CodeRequest,
    responses((status = 200, body = CodesAnswer), (status = 403), (status = 429)))]
pub(super) async fn recovery_codes(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Json(request): Json<CodeRequest>,
) -> Result<Json<CodesAnswer>, Problem> {
    let code = request.code.expose();
    let recovery_codes = service::renew_codes(&app, &caller, code, &origin, clock::now()).await?;
    Ok(Json(CodesAnswer { recovery_codes }))
}

/// Takes authenticator, recovery codes and trusted browsers away. Asks for a factor, or for a freshly proved session
/// of aal3.
#[utoipa::path(post, path = "/api/mfa/disable", tag = "mfa", request_body = FactorRequest,
    responses((status = 204), (status = 403), (status = 429)))]
pub(super) async fn disable(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Json(request): Json<FactorRequest>,
) -> Result<StatusCode, Problem> {
    let presented = request.presented()?;
    service::disable(&app, &caller, presented.as_ref(), &origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a browser is to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustRequest {
    /// 1 to 120 characters.
    name: String,
}

/// Trust. Its token is shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct TrustAnswer {
    id: String,
    /// To be sent as `trusted_device` with later sign-ins.
    trusted_device: String,
    expires_at: String,
}

/// Trusts this browser for 30 days, after a second factor was shown in this session.
#[utoipa::path(post, path = "/api/mfa/trusted-devices", tag = "mfa", request_body = TrustRequest,
    responses((status = 200, body = TrustAnswer), (status = 403)))]
pub(super) async fn trust_this(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<TrustRequest>,
) -> Result<Json<TrustAnswer>, Problem> {
    let trusted = trust::trust(&app, &caller, &request.name, clock::now()).await?;
    Ok(Json(TrustAnswer {
        id: trusted.id.to_string(),
        trusted_device: trusted.token,
        expires_at: trusted.expires_at.to_string(),
    }))
}

/// A trusted browser.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrustView {
    id: String,
    name: String,
    created_at: String,
    expires_at: String,
}

/// Trusted browsers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrustPage {
    items: Vec<TrustView>,
}

/// The browsers that the caller trusts now, newest first.
#[utoipa::path(get, path = "/api/mfa/trusted-devices", tag = "mfa", responses((status = 200, body = TrustPage)))]
pub(super) async fn list_trusted(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<TrustPage>, Problem> {
    let rows = trust::list(&app, &caller, clock::now()).await?;
    let view = |row: super::store::TrustRow| TrustView {
        id: row.id.to_string(),
        name: row.name,
        created_at: row.created_at.to_string(),
        expires_at: row.expires_at.to_string(),
    };
    Ok(Json(TrustPage { items: rows.into_iter().map(view).collect() }))
}

/// Trusts one browser no more.
#[utoipa::path(delete, path = "/api/mfa/trusted-devices/{id}", tag = "mfa", params(("id" = String, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn revoke_trusted(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    trust::revoke(&app, &caller, wire::uuid(&id, "id")?, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn missing() -> Problem {
    Problem::malformed("code", "send a code or a recovery code")
}
