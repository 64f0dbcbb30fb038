//! HTTP for signing in and for sessions: wire types and handlers, no decisions.

use axum::extract::{FromRequest, Request, State};
use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http::StatusCode;
use intent::{DeviceId, Form, Kind, SessionId, UtcMicros};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::assurance::{Aal, Assurance};
use super::caller::Caller;
use super::rekey;
use super::reverify;
use super::service;
use super::store::SessionSummary;
use crate::corridor::{Answer, Attachments, OriginInfo};
use crate::credentials::{self, SecretText};
use crate::http::{Enveloped, Json, Path, Written, read_body};
use crate::mfa::{self, Presented};
use crate::problem::Problem;
use crate::wire;
use crate::{App, clock};

/// Routes that need no session.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(certificate_challenge))
        .routes(routes!(certificate_login))
        .routes(routes!(refresh))
}

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(logout))
        .routes(routes!(verify_session))
        .routes(routes!(rechallenge))
        .routes(routes!(reverify))
        .routes(routes!(session_key))
        .routes(routes!(list, revoke_all))
        .routes(routes!(revoke))
}

/// Who wants to sign in, from where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeRequest {
    /// SHA3-256 of the certificate's DER, 64 hex digits.
    certificate: String,
    /// The device, 64 hex digits.
    device_id: String,
}

/// What the device signs within a minute, once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChallengeAnswer {
    /// The nonce in base64url.
    challenge_token: String,
    /// The nonce in hex, as the intent carries it.
    nonce: String,
    /// End of the challenge.
    expires_at: String,
}

/// A nonce to sign in with. Whatever is wrong with the certificate, the answer is the same.
#[utoipa::path(post, path = "/api/auth/certificate-challenge", tag = "sessions",
    request_body = ChallengeRequest,
    responses((status = 200, body = ChallengeAnswer), (status = 401, description = "certificate-not-accepted")))]
pub(super) async fn certificate_challenge(
    State(app): State<App>,
    origin: OriginInfo,
    Json(request): Json<ChallengeRequest>,
) -> Result<Json<ChallengeAnswer>, Problem> {
    let certificate = wire::digest(&request.certificate, "certificate")?;
    let device = DeviceId::new(wire::digest(&request.device_id, "device_id")?);
    app.doorkeeper.admit_certificate(&certificate, &origin, clock::now()).await?;
    let challenge = service::challenge(&app, certificate, device, clock::now()).await?;
    Ok(Json(challenge.into()))
}

impl From<service::Challenge> for ChallengeAnswer {
    fn from(challenge: service::Challenge) -> Self {
        Self {
            challenge_token: Base64UrlUnpadded::encode_string(&challenge.nonce),
            nonce: hex::encode(challenge.nonce),
            expires_at: challenge.expires_at.to_string(),
        }
    }
}

/// Signs in: `{"signed": <a session.login>, "device_proof": <base64url>}`. Answers the receipt and the session, its
/// bootstrap secret sealed to the KEM key that was signed.
#[utoipa::path(post, path = "/api/auth/certificate-login", tag = "sessions",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Receipt and session"), (status = 401)))]
pub(super) async fn certificate_login(
    State(app): State<App>,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    let (signed, [device_proof]) = body.signed_beside(Kind::SessionLogin, ["device_proof"])?;
    let certificate = signed.parse_intent()?.certificate();
    app.doorkeeper.admit_certificate(&certificate, &origin, clock::now()).await?;
    let attachments = Attachments { device_proof, ..Attachments::default() };
    let answer = app.corridor.submit(signed, origin, None, attachments).await?;
    Ok(answer.in_form(body.answer()))
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// The newest one of its session.
    refresh_token: String,
}

/// The next tokens of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefreshAnswer {
    token: String,
    refresh_token: String,
    /// End of the bearer token.
    expires_at: String,
}

/// Exchanges a refresh token, once. The request carries its proof; a bearer token is not looked at.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "sessions", request_body = RefreshRequest,
    responses((status = 200, body = RefreshAnswer), (status = 401)))]
pub(super) async fn refresh(
    State(app): State<App>,
    origin: OriginInfo,
    request: Request,
) -> Result<Json<RefreshAnswer>, Problem> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let request = Request::from_parts(parts.clone(), body.clone().into());
    let Json(wanted) = Json::<RefreshRequest>::from_request(request, &app).await?;
    let (token, sent) = (&wanted.refresh_token, (&parts, &body[..]));
    let refreshed = service::refresh(&app, token, sent, &origin, clock::now()).await?;
    Ok(Json(RefreshAnswer {
        token: refreshed.token,
        refresh_token: refreshed.refresh_token,
        expires_at: refreshed.expires_at.to_string(),
    }))
}

/// Ends this session.
#[utoipa::path(post, path = "/api/auth/logout", tag = "sessions", responses((status = 204)))]
pub(super) async fn logout(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
) -> Result<StatusCode, Problem> {
    service::logout(&app, &caller, &origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who the bank takes this session for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CallerView {
    session_id: String,
    user_id: String,
    role: &'static str,
    /// 1 to 3.
    aal: u8,
    /// What the session was opened by, or stepped up with.
    assurance: &'static str,
    /// When the holder last proved who they are.
    authenticated_at: String,
    /// At level 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    /// Epoch of authority under which all this was examined.
    epoch: String,
}

/// Who the bank takes this session for.
#[utoipa::path(get, path = "/api/auth/verify-session", tag = "sessions",
    responses((status = 200, body = CallerView), (status = 401)))]
pub(super) async fn verify_session(caller: Caller) -> Json<CallerView> {
    let bound = caller.assurance.certificate();
    Json(CallerView {
        session_id: caller.session.to_string(),
        user_id: caller.user.to_string(),
        role: caller.role.name(),
        aal: caller.aal().number(),
        assurance: caller.assurance.name(),
        authenticated_at: caller.authenticated_at.to_string(),
        certificate: bound.map(|(certificate, _)| certificate.to_string()),
        device_id: bound.map(|(_, device)| device.to_string()),
        epoch: caller.epoch.to_string(),
    })
}

/// How the holder of this session may prove again who they are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RechallengeAnswer {
    /// Of `certificate`, `password`, `totp`, `recovery_code`, `passkey`.
    methods: Vec<&'static str>,
    /// In a session of aal3: what its certificate and device answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<ChallengeAnswer>,
}

/// Asks how the holder of this session may prove again who they are; at aal3 with a challenge for that.
#[utoipa::path(post, path = "/api/auth/session-rechallenge", tag = "sessions",
    responses((status = 200, body = RechallengeAnswer)))]
pub(super) async fn rechallenge(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RechallengeAnswer>, Problem> {
    if caller.aal() == Aal::Three {
        let challenge = reverify::rechallenge(&app, &caller, clock::now()).await?;
        let challenge = Some(challenge.into());
        return Ok(Json(RechallengeAnswer { methods: vec!["certificate"], challenge }));
    }
    let factors = mfa::factors(&app, caller.user).await?;
    let mut methods = if factors.password { vec!["password"] } else { Vec::new() };
    methods.extend(factors.names());
    Ok(Json(RechallengeAnswer { methods, challenge: None }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReverifyRequest<'a> {
    #[serde(borrow)]
    signed: Option<&'a RawValue>,
    device_proof: Option<&'a str>,
    password: Option<SecretText>,
    code: Option<SecretText>,
    recovery_code: Option<SecretText>,
}

/// The level of this session after its holder has proved who they are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReverifyAnswer {
    aal: u8,
    assurance: &'static str,
    authenticated_at: String,
}

/// Proves again who holds this session: `{"signed": <a session.login over the challenge>, "device_proof": <base64url>}`
/// at aal3, else one of `{"password"}`, `{"code"}`, `{"recovery_code"}`. A second factor steps the session up to aal2.
#[utoipa::path(post, path = "/api/auth/session-reverify", tag = "sessions",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, body = ReverifyAnswer), (status = 401), (status = 403), (status = 429)))]
pub(super) async fn reverify(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Written<ReverifyAnswer>, Problem> {
    let now = clock::now();
    let assurance = match body.form() {
        Form::Json => prove_again(&app, &caller, &origin, body.bytes(), now).await?,
        // Only what is signed comes in CBOR.
        Form::Cbor => {
            let (signed, [proof]) = body.signed_beside(Kind::SessionLogin, ["device_proof"])?;
            reverify::reverify(&app, &caller, signed, &proof, now).await?;
            caller.assurance
        }
    };
    let value = ReverifyAnswer {
        aal: assurance.aal().number(),
        assurance: assurance.name(),
        authenticated_at: now.to_string(),
    };
    Ok(Written { form: body.answer(), value })
}

async fn prove_again(
    app: &App,
    caller: &Caller,
    origin: &OriginInfo,
    body: &Bytes,
    now: UtcMicros,
) -> Result<Assurance, Problem> {
    let request: ReverifyRequest<'_> = wire::object(body)?;
    let factor = Presented::one_of(request.code.as_ref(), request.recovery_code.as_ref())?;
    match (request.signed, request.device_proof, &request.password, factor) {
        (Some(signed), Some(device_proof), None, None) => {
            let signed = wire::envelope(signed, Kind::SessionLogin)?;
            let device_proof = wire::base64url(device_proof, "device_proof")?;
            reverify::reverify(app, caller, signed, &device_proof, now).await?;
            Ok(caller.assurance)
        }
        (None, None, Some(password), None) => {
            refuse_certificate(caller)?;
            credentials::service::prove(app, caller, password.expose(), origin, now).await?;
            reverify::step_up(app, caller, None, now).await
        }
        (None, None, None, Some(factor)) => {
            refuse_certificate(caller)?;
            let factor = mfa::accept(app, caller.user, &factor, origin, now).await?;
            reverify::step_up(app, caller, Some(factor), now).await
        }
        _ => Err(Problem::malformed("", "send exactly one proof")),
    }
}

/// Who gets the next key of a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionKeyRequest {
    /// A KEM key of the bank's suite in base64url, made for this request.
    kem_public_key: String,
}

/// The next key of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionKeyAnswer {
    /// A bearer token that names the new key.
    token: String,
    /// End of the bearer token.
    expires_at: String,
    /// The new bootstrap secret, sealed to the KEM key.
    sealed_secret: String,
}

/// Replaces the key of this session. The request is proved with the old one, which is worth nothing from the answer on, nor is
/// any token that names it; the refresh token stays. The holder must have proved within minutes who they are.
#[utoipa::path(post, path = "/api/auth/session-key", tag = "sessions", request_body = SessionKeyRequest,
    responses((status = 200, body = SessionKeyAnswer), (status = 401), (status = 403), (status = 409)))]
pub(super) async fn session_key(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<SessionKeyRequest>,
) -> Result<Json<SessionKeyAnswer>, Problem> {
    let kem_public_key = wire::base64url(&request.kem_public_key, "kem_public_key")?;
    let rekeyed = rekey::replace_key(&app, &caller, &kem_public_key, clock::now()).await?;
    Ok(Json(SessionKeyAnswer {
        token: rekeyed.token,
        expires_at: rekeyed.expires_at.to_string(),
        sealed_secret: rekeyed.sealed_secret,
    }))
}

/// A session of aal3 is proved again by what made it one, and by nothing less.
fn refuse_certificate(caller: &Caller) -> Result<(), Problem> {
    if caller.aal() == Aal::Three {
        return Err(Problem::malformed("signed", "this session is proved by its certificate"));
    }
    Ok(())
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    session_id: String,
    /// 1 to 3.
    aal: u8,
    /// What it was opened by, or stepped up with.
    assurance: &'static str,
    /// Where it was opened: `known`, its holder had signed in there before; `new`, elsewhere only; `first`, nowhere.
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    ip: String,
    user_agent: String,
    created_at: String,
    refreshed_at: String,
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Open sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionPage {
    items: Vec<SessionView>,
}

/// The caller's open sessions, newest first.
#[utoipa::path(get, path = "/api/auth/sessions", tag = "sessions", responses((status = 200, body = SessionPage)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SessionPage>, Problem> {
    let sessions = service::list(&app, &caller, clock::now()).await?;
    let view = |summary| view(summary, caller.session);
    Ok(Json(SessionPage { items: sessions.into_iter().map(view).collect() }))
}

/// How many sessions ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ended {
    ended: usize,
}

/// Ends every session of the caller, this one too.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = "sessions", responses((status = 200, body = Ended)))]
pub(super) async fn revoke_all(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
) -> Result<Json<Ended>, Problem> {
    let ended = service::revoke_all(&app, &caller, &origin, clock::now()).await?;
    Ok(Json(Ended { ended }))
}

/// Ends one session of the caller.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = "sessions",
    params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub(super) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let session = SessionId::new(wire::uuid(&id, "id")?);
    service::revoke(&app, &caller, session, &origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(summary: SessionSummary, current: SessionId) -> SessionView {
    let bound = summary.assurance.certificate();
    SessionView {
        session_id: summary.session.to_string(),
        aal: summary.assurance.aal().number(),
        assurance: summary.assurance.name(),
        place: summary.place.name(),
        certificate: bound.map(|(certificate, _)| certificate.to_string()),
        device_id: bound.map(|(_, device)| device.to_string()),
        ip: summary.ip,
        user_agent: summary.user_agent,
        created_at: summary.created_at.to_string(),
        refreshed_at: summary.refreshed_at.to_string(),
        expires_at: summary.expires_at.to_string(),
        current: summary.session == current,
    }
}
