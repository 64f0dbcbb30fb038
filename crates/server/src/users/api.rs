//! HTTP for people: wire types and handlers, no decisions.

use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use crypto::SecretBytes;
use http::StatusCode;
use intent::{Kind, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Person};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, Attachments, OriginInfo};
use crate::http::{Json, Path};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(enrol))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(profile)).routes(routes!(lock))
}

/// Who wants to become a customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterRequest {
    /// 1 to 120 characters.
    name: String,
    /// One account each.
    email: String,
}

/// What an enrolment needs.
#[derive(Serialize, ToSchema)]
pub(super) struct RegisterAnswer {
    user_id: String,
    /// Good once; base64url of 32 bytes.
    registration_token: String,
    /// Until when.
    expires_at: String,
}

/// Registers a customer. Where the address is taken the answer looks the same, and its token enrols nobody.
#[utoipa::path(post, path = "/api/users/register", tag = "users", request_body = RegisterRequest,
    responses((status = 201, body = RegisterAnswer), (status = 400)))]
pub(super) async fn register(
    State(app): State<App>,
    Json(request): Json<RegisterRequest>,
) -> Result<(StatusCode, Json<RegisterAnswer>), Problem> {
    let person = Person::parse(&request.name, &request.email)?;
    let registered = service::register(&app, &person, clock::now()).await?;
    let answer = RegisterAnswer {
        user_id: registered.user.to_string(),
        registration_token: Base64UrlUnpadded::encode_string(registered.token.expose()),
        expires_at: registered.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrolRequest<'a> {
    #[serde(borrow)]
    signed: &'a RawValue,
    registration_token: &'a str,
    sealed_device_key: &'a str,
}

/// Enrols a device: `{"signed": <a user.enrol>, "registration_token": <base64url>, "sealed_device_key": <base64url>}`.
/// Answers the receipt and the certificate with its path.
#[utoipa::path(post, path = "/api/users/enrol", tag = "users",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and certificate"), (status = 409), (status = 422)))]
pub(super) async fn enrol(
    State(app): State<App>,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    let request: EnrolRequest<'_> = wire::object(&body)?;
    let signed = wire::envelope(request.signed, Kind::UserEnrol)?;
    let token = wire::base64url(request.registration_token, "registration_token")?;
    let sealed = wire::base64url(request.sealed_device_key, "sealed_device_key")?;
    let attachments = Attachments {
        sealed_device_key: Some(sealed),
        registration_token: Some(SecretBytes::new(token)),
        device_proof: Vec::new(),
    };
    app.corridor.submit(signed, origin, None, attachments).await
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileView {
    user_id: String,
    name: String,
    email: String,
    role: &'static str,
    /// `registered`, `active` or `locked`.
    status: String,
    registered_at: String,
}

/// Locks a person out, or lets them in again: a signed `user.lock` of a manager or the administrator.
#[utoipa::path(post, path = "/api/admin/users/lock", tag = "users", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn lock(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Bytes,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::UserLock]).await
}

/// One's own profile; for staff anyone's.
#[utoipa::path(get, path = "/api/users/{id}/profile", tag = "users",
    params(("id" = String, Path)), responses((status = 200, body = ProfileView), (status = 404)))]
pub(super) async fn profile(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ProfileView>, Problem> {
    let user = UserId::new(wire::uuid(&id, "id")?);
    let profile = service::profile(&app, &caller, user).await?;
    Ok(Json(ProfileView {
        user_id: profile.user.to_string(),
        name: profile.name,
        email: profile.email,
        role: profile.role.name(),
        status: profile.status,
        registered_at: profile.registered_at.to_string(),
    }))
}
