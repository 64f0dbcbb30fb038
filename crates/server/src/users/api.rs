//! HTTP for people: wire types and handlers, no decisions.

use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::SecretBytes;
use http::StatusCode;
use intent::{Kind, Role, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::recovery;
use super::service::{self, Person};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, Attachments, OriginInfo};
use crate::http::{Enveloped, Json, Path};
use crate::problem::Problem;
use crate::reminders::{Alert, alerts};
use crate::sessions::Caller;
use crate::{App, clock, wire};

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(enrol))
        .routes(routes!(issue_role_certificate))
        .routes(routes!(request_recovery))
        .routes(routes!(recovery_outcome))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(profile))
        .routes(routes!(lock))
        .routes(routes!(invite))
        .routes(routes!(approve))
        .routes(routes!(invitations))
        .routes(routes!(recover))
        .routes(routes!(recoveries))
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

/// Enrols a device: `{"signed": <a user.enrol>, "registration_token": <base64url>, "sealed_device_key": <base64url>}`.
/// Answers the receipt and the certificate with its path.
#[utoipa::path(post, path = "/api/users/enrol", tag = "users",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and certificate"), (status = 409), (status = 422)))]
pub(super) async fn enrol(
    State(app): State<App>,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_enrolment(&app, origin, &body, &Role::ALL).await
}

/// Issues the certificate of a member of staff: as `/api/users/enrol`, for an invited person whom a second one approved.
#[utoipa::path(post, path = "/api/auth/issue-role-certificate", tag = "users",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and certificate"), (status = 400), (status = 422)))]
pub(super) async fn issue_role_certificate(
    State(app): State<App>,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    let staff = [Role::Manager, Role::AuditorClerk, Role::SystemAdmin];
    submit_enrolment(&app, origin, &body, &staff).await
}

async fn submit_enrolment(
    app: &App,
    origin: OriginInfo,
    body: &Enveloped,
    roles: &[Role],
) -> Result<Answer, Problem> {
    let names = ["registration_token", "sealed_device_key"];
    let (signed, [token, sealed]) = body.signed_beside(Kind::UserEnrol, names)?;
    if !roles.contains(&signed.parse_intent()?.authority()) {
        return Err(Problem::malformed("signed.authority", "this route is for staff"));
    }
    let attachments = Attachments {
        sealed_device_key: Some(sealed),
        registration_token: Some(SecretBytes::new(token)),
        device_proof: Vec::new(),
    };
    let answer = app.corridor.submit(signed, origin, None, attachments).await?;
    Ok(answer.in_form(body.answer()))
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
    /// What the person should do soon.
    alerts: Vec<AlertView>,
}

/// Something that a person should do soon.
#[derive(Debug, Serialize, ToSchema)]
struct AlertView {
    /// `rotation-due`.
    code: &'static str,
    /// Whose key is to be replaced.
    certificate: String,
    /// Which reminder it is: so many days ahead.
    days_ahead: u32,
    since: String,
    /// From when on the key can only be replaced.
    required_at: String,
}

impl From<Alert> for AlertView {
    fn from(Alert { certificate, reminder }: Alert) -> Self {
        Self {
            code: "rotation-due",
            certificate: certificate.to_string(),
            days_ahead: reminder.days_ahead,
            since: reminder.at.to_string(),
            required_at: reminder.required_at.to_string(),
        }
    }
}

/// Locks a person out, or lets them in again: a signed `user.lock` of a manager or the administrator.
#[utoipa::path(post, path = "/api/admin/users/lock", tag = "users", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn lock(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::UserLock]).await
}

/// Invites a person: a signed `user.invite` whose details are `name` and `email`. Staff wait for a second person's approval.
#[utoipa::path(post, path = "/api/admin/users/invite", tag = "users", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn invite(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::UserInvite]).await
}

/// Approves an invitation of staff that somebody else made: a signed `user.approve`.
#[utoipa::path(post, path = "/api/admin/users/approve", tag = "users", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn approve(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::UserApprove]).await
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationView {
    user_id: String,
    name: String,
    email: String,
    role: &'static str,
    invited_by: String,
    invited_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    /// `waiting-for-approval`, `open`, `redeemed` or `expired`.
    status: &'static str,
}

/// Invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationList {
    items: Vec<InvitationView>,
}

/// Invitations, newest first; staff see everyone's.
#[utoipa::path(get, path = "/api/admin/invitations", tag = "users", responses((status = 200, body = InvitationList)))]
pub(super) async fn invitations(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<InvitationList>, Problem> {
    let found = super::invitations::list(&app, &caller, clock::now()).await?;
    let items = found.into_iter().map(|invitation| InvitationView {
        user_id: invitation.user.to_string(),
        name: invitation.name,
        email: invitation.email,
        role: invitation.role.name(),
        invited_by: invitation.made_by.to_string(),
        invited_at: invitation.made_at.to_string(),
        expires_at: invitation.expires_at.to_string(),
        approved_by: invitation.approved_by.map(|user| user.to_string()),
        status: invitation.status,
    });
    Ok(Json(InvitationList { items: items.collect() }))
}

/// Who lost every device and asks to enrol anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryRequest {
    /// The registered address.
    email: String,
    /// A recovery code; asked of whoever has an authenticator.
    code: Option<String>,
    /// SHA3-256 of a new one-time token of 32 random bytes, 64 hex digits. The token itself stays with the device.
    registration: String,
}

/// A request that waits for a manager.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecoveryAnswer {
    request_id: String,
    /// Six digits to tell the manager.
    match_number: String,
    expires_at: String,
}

/// Asks for a recovery. The answer is the same whether or not the address is known; a manager must sign before anything
/// changes.
#[utoipa::path(post, path = "/api/users/recovery", tag = "users", request_body = RecoveryRequest,
    responses((status = 202, body = RecoveryAnswer), (status = 400)))]
pub(super) async fn request_recovery(
    State(app): State<App>,
    origin: OriginInfo,
    Json(request): Json<RecoveryRequest>,
) -> Result<(StatusCode, Json<RecoveryAnswer>), Problem> {
    let registration = wire::digest(&request.registration, "registration")?;
    let asked = recovery::request(
        &app,
        &request.email,
        request.code.as_deref(),
        registration,
        &origin.ip,
        clock::now(),
    )
    .await?;
    let answer = RecoveryAnswer {
        request_id: asked.request.to_string(),
        match_number: asked.number,
        expires_at: asked.expires_at.to_string(),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Which request, by its token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OutcomeRequest {
    request_id: String,
    /// The one-time token, base64url.
    registration_token: String,
}

/// Where a request stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutcomeAnswer {
    /// `waiting` or `approved`.
    status: &'static str,
    /// Who may enrol now, once approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
}

/// Asks whether a manager has signed.
#[utoipa::path(post, path = "/api/users/recovery/status", tag = "users", request_body = OutcomeRequest,
    responses((status = 200, body = OutcomeAnswer), (status = 400)))]
pub(super) async fn recovery_outcome(
    State(app): State<App>,
    Json(request): Json<OutcomeRequest>,
) -> Result<Json<OutcomeAnswer>, Problem> {
    let id = wire::uuid(&request.request_id, "request_id")?;
    let token = wire::base64url(&request.registration_token, "registration_token")?;
    let user = recovery::outcome(&app, id, &SecretBytes::new(token)).await?;
    let status = if user.is_some() { "approved" } else { "waiting" };
    Ok(Json(OutcomeAnswer { status, user_id: user.map(|user| user.to_string()) }))
}

/// Lets a customer who lost every device enrol anew: a signed `user.recover` of a manager. Every old certificate and
/// device ends with it.
#[utoipa::path(post, path = "/api/manager/users/recover", tag = "users", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn recover(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::UserRecover]).await
}

/// A request for a recovery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecoveryView {
    request_id: String,
    user_id: String,
    /// What a `user.recover` must name.
    registration: String,
    /// Compare it with what the person says.
    match_number: String,
    /// Whether the person showed a recovery code; without, the registered address is all that was shown.
    proved_by_code: bool,
    ip: String,
    requested_at: String,
    expires_at: String,
}

/// Requests for recoveries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecoveryList {
    items: Vec<RecoveryView>,
}

/// Requests that wait for a manager, newest first.
#[utoipa::path(get, path = "/api/manager/recoveries", tag = "users", responses((status = 200, body = RecoveryList), (status = 404)))]
pub(super) async fn recoveries(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RecoveryList>, Problem> {
    let waiting = recovery::waiting(&app, &caller, clock::now()).await?;
    let items = waiting.into_iter().map(|waiting| RecoveryView {
        request_id: waiting.row.request.to_string(),
        user_id: waiting.row.user.to_string(),
        registration: waiting.row.registration.to_string(),
        match_number: waiting.number,
        proved_by_code: waiting.row.proved_by_code,
        ip: waiting.row.ip,
        requested_at: waiting.row.created_at.to_string(),
        expires_at: waiting.row.expires_at.to_string(),
    });
    Ok(Json(RecoveryList { items: items.collect() }))
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
    let alerts = alerts(&app, &caller, user, clock::now()).await?;
    Ok(Json(ProfileView {
        user_id: profile.user.to_string(),
        name: profile.name,
        email: profile.email,
        role: profile.role.name(),
        status: profile.status,
        registered_at: profile.registered_at.to_string(),
        alerts: alerts.into_iter().map(AlertView::from).collect(),
    }))
}
