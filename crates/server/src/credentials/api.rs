//! HTTP for passwords: wire types and handlers, no decisions.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zeroize::Zeroizing;

use super::service::{self, SignIn, SignedIn};
use crate::corridor::OriginInfo;
use crate::http::Json;
use crate::mfa::Presented;
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(login))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(password))
}

/// A text that is wiped when it is dropped, and never printed.
#[derive(Deserialize, ToSchema)]
#[serde(from = "String")]
#[schema(value_type = String)]
pub(crate) struct SecretText(Zeroizing<String>);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl SecretText {
    /// The text itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText")
    }
}

/// Who signs in, with what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    email: String,
    password: SecretText,
    /// A KEM key of the bank's suite, made for this request; base64url.
    kem_public_key: String,
    /// Six digits of an authenticator, where one is set up.
    code: Option<SecretText>,
    /// A one-time recovery code instead.
    recovery_code: Option<SecretText>,
    /// The token of a browser where a second factor was shown before.
    trusted_device: Option<SecretText>,
}

/// A session without a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedInView {
    session_id: String,
    user_id: String,
    /// 1 or 2.
    aal: u8,
    /// What it was opened by.
    assurance: &'static str,
    /// What it can be stepped up with: of `totp`, `recovery_code`, `passkey`. Empty at aal2.
    second_factor: Vec<&'static str>,
    /// Tokens, and the bootstrap secret sealed to the KEM key of the request.
    #[schema(value_type = Object)]
    session: serde_json::Value,
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            session_id: signed_in.session.to_string(),
            user_id: signed_in.user.to_string(),
            aal: signed_in.assurance.aal().number(),
            assurance: signed_in.assurance.name(),
            second_factor: match signed_in.assurance {
                crate::sessions::Assurance::Password => signed_in.factors.names(),
                _ => Vec::new(),
            },
            session: signed_in.answer,
        }
    }
}

/// Signs in with a password. Whatever is wrong with e-mail or password, the answer and its time are the same.
#[utoipa::path(post, path = "/api/users/login", tag = "users", request_body = LoginRequest,
    responses((status = 200, body = SignedInView), (status = 401, description = "credentials-refused"),
              (status = 403, description = "second-factor-refused"), (status = 429)))]
pub(super) async fn login(
    State(app): State<App>,
    origin: OriginInfo,
    Json(request): Json<LoginRequest>,
) -> Result<Json<SignedInView>, Problem> {
    let kem_public_key = wire::base64url(&request.kem_public_key, "kem_public_key")?;
    let sign_in = SignIn {
        email: &request.email,
        password: request.password.expose(),
        kem_public_key: &kem_public_key,
        second: Presented::one_of(request.code.as_ref(), request.recovery_code.as_ref())?,
        trusted_device: request.trusted_device.as_ref().map(SecretText::expose),
    };
    let signed_in = service::sign_in(&app, &sign_in, &origin, clock::now()).await?;
    Ok(Json(signed_in.into()))
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordRequest {
    /// 12 to 256 characters.
    password: SecretText,
    /// The present one; not asked for in a session of aal3 that was freshly proved.
    current: Option<SecretText>,
}

/// Sets the caller's password, or changes it. Ends their other sessions without a certificate.
#[utoipa::path(post, path = "/api/users/password", tag = "users", request_body = PasswordRequest,
    responses((status = 204), (status = 401), (status = 403), (status = 422, description = "password-unfit")))]
pub(super) async fn password(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Json(request): Json<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    let current = request.current.as_ref().map(SecretText::expose);
    let chosen = request.password.expose();
    service::set(&app, &caller, chosen, current, &origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
