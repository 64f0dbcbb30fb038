//! The corridor over HTTP: any intent at one route, and what the kinds' own routes share.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use axum::response::{IntoResponse, Response};
use intent::{Form, Kind, Outcome, cbor};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refusal::Refusal;
use super::submission::{Answer, Attachments, OriginInfo};
use crate::http::enveloped::in_form;
use crate::http::{Enveloped, Written};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, ip_rules};

/// Intents in one request at most.
const INTENTS_MAX: usize = 1_000;

/// Routes of the corridor itself; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post_intents)).routes(routes!(dry_run))
}

/// Submits one intent of exactly this kind.
pub(crate) async fn submit_kind(
    app: &App,
    caller: &Caller,
    origin: OriginInfo,
    body: &Enveloped,
    kinds: &[Kind],
) -> Result<Answer, Problem> {
    let (signed, none) = (body.signed()?, Attachments::default());
    let answer = app.corridor.submit_kind(signed, origin, Some(caller), none, kinds).await?;
    Ok(answer.in_form(body.answer()))
}

/// Any signed intent of a session, or up to 1,000 of them in an array with one result each, in order.
#[utoipa::path(
    post, path = "/api/intents", tag = "corridor",
    request_body(content = String, content_type = "application/json", description = "A signed envelope, or an array of them"),
    responses(
        (status = 200, description = "Receipt; for an array, one receipt or problem per intent", body = String, content_type = "application/json"),
        (status = 422, description = "Refused by a rule; carries the receipt", content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_intents(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Response, Problem> {
    let Some(envelopes) = body.list(INTENTS_MAX)? else {
        return submit_any(&app, &caller, origin, &body).await.map(IntoResponse::into_response);
    };
    let (form, count) = (body.answer(), envelopes.len());
    let mut submissions = tokio::task::JoinSet::new();
    for (position, envelope) in envelopes.into_iter().enumerate() {
        let (app, caller, origin) = (app.clone(), caller.clone(), origin.clone());
        submissions.spawn(async move {
            let answer = submit_any(&app, &caller, origin, &envelope).await;
            let bytes = answer.map_or_else(|problem| problem.into_bytes(form), Answer::into_bytes);
            (position, bytes)
        });
    }
    let mut answers: Vec<Vec<u8>> = vec![Vec::new(); count];
    while let Some(joined) = submissions.join_next().await {
        let (position, answer) = joined.map_err(|_| Problem::internal())?;
        if let Some(slot) = answers.get_mut(position) {
            *slot = answer;
        }
    }
    Ok(in_form(form, list(form, &answers)))
}

fn list(form: Form, answers: &[Vec<u8>]) -> Vec<u8> {
    match form {
        Form::Json => [b"[".as_slice(), &answers.join(&b','), b"]"].concat(),
        Form::Cbor => {
            let mut out = Vec::with_capacity(answers.iter().map(Vec::len).sum::<usize>());
            cbor::Writer::new(&mut out).array(answers.len());
            for answer in answers {
                out.extend_from_slice(answer);
            }
            out
        }
    }
}

/// What would become of an intent.
#[expect(clippy::struct_field_names, reason = "the name on the wire")]
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DryRun {
    /// Always true: nothing was written, and there is no receipt.
    dry_run: bool,
    /// Always false: the bank has put its name to nothing.
    signed: bool,
    /// `accepted` or `refused`.
    outcome: &'static str,
    /// `ok`, `held`, or why it would be refused.
    code: String,
    /// Why, for a person; absent where it would be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The effects as a receipt would have them.
    #[schema(value_type = Object)]
    effects: Value,
}

/// Says what would become of an intent, decided by the code that decides it, and takes everything back. The request is a
/// signed envelope without its signature: `{"intent", "details"?}`.
#[utoipa::path(
    post, path = "/api/intents/dry-run", tag = "corridor",
    request_body(content = String, content_type = "application/json", description = "The intent's canonical bytes in base64url, with its details"),
    responses((status = 200, body = DryRun), (status = 400), (status = 403), (status = 409))
)]
pub(super) async fn dry_run(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Written<DryRun>, Problem> {
    let effects = app.corridor.rehearse(body.unsigned()?, origin, &caller).await?;
    let is_accepted = effects.outcome == Outcome::Accepted;
    let value = DryRun {
        dry_run: true,
        signed: false,
        outcome: if is_accepted { "accepted" } else { "refused" },
        title: Refusal::from_code(&effects.code).filter(|_| !is_accepted).map(Refusal::sentence),
        effects: serde_json::from_slice(&effects.to_bytes()).map_err(|_| Problem::internal())?,
        code: effects.code,
    };
    Ok(Written { form: body.answer(), value })
}

async fn submit_any(
    app: &App,
    caller: &Caller,
    origin: OriginInfo,
    envelope: &Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(app, caller, origin, envelope, &Kind::ALL).await
}

/// The address that a request came from. `None`: the transport named no peer.
pub(crate) fn peer_address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(ip_rules::address_of(peer.ip(), headers, trusted))
}

impl FromRequestParts<App> for OriginInfo {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let address = peer_address(&parts.extensions, &parts.headers, &app.config.trusted_proxies);
        let user_agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            ip: address.map(|address| address.to_string()).unwrap_or_default(),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        })
    }
}
