//! Says who makes a request.
//!
//! In order, cheap before dear and nothing believed before it is proved: body and headers; bearer token; proof, with the
//! session's key; counter; session still open; certificate, role and device still in order; the level that the route
//! needs. Reading routes learn the
//! epoch of authority from the database each time, so that a revocation counts from the next request on, at every
//! instance. Intents need no such look here: the poster compares epochs inside the transaction.

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use intent::UtcMicros;

use super::assurance::{Aal, Assurance};
use super::caller::Caller;
use super::caller::too_low;
use super::live::{Freshness, Live, SessionRefused, Usage};
use super::proof::{Covered, Presented};
use super::token::{Claims, TokenRefused};
use crate::Services;
use crate::policy::routes::Route;
use crate::problem::{Code, Problem};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Who makes a request, at the level that its route needs; or 401.
pub(crate) async fn authenticate(
    services: &Services,
    parts: &Parts,
    body: &Bytes,
    route: Option<&Route>,
    now: UtcMicros,
) -> Result<Caller, Problem> {
    let caller = examine(services, parts, body, route, now).await?;
    let needed = route.map_or(Aal::Three, |route| route.level(caller.role));
    if caller.aal() < needed { Err(too_low(needed)) } else { Ok(caller) }
}

async fn examine(
    services: &Services,
    parts: &Parts,
    body: &Bytes,
    route: Option<&Route>,
    now: UtcMicros,
) -> Result<Caller, SessionRefused> {
    let claims = bearer(services, &parts.headers, now)?;
    let mut live = services.sessions.get(intent::SessionId::new(claims.sid), now).await?;
    if claims.cnf.kid != live.key_id {
        // Another instance may have replaced the session's key.
        live = services.sessions.newest(&live, now).await?;
    }
    prove(services, &live, parts, body, now)?;
    if claims.cnf.kid != live.key_id
        || claims.sub != live.user.get()
        || claims.crt != live.bound.map(|(certificate, _)| certificate.to_string())
    {
        return Err(TokenRefused::Invalid.into());
    }
    let freshness = match parts.method {
        Method::GET | Method::HEAD => Freshness::Exact,
        // What is no intent has no poster to look again.
        _ if route.is_none_or(Route::is_below_aal3) => Freshness::Exact,
        _ => Freshness::Recent,
    };
    let caller = stand(services, &live, freshness, Usage::Request, now).await?;
    // Token, session and certificate come from three places; they must tell of one person, role and device.
    if claims.role != caller.role.name() {
        return Err(TokenRefused::Invalid.into());
    }
    Ok(caller)
}

/// Whose session this is as of now, if it has not ended and they may still act.
async fn stand(
    services: &Services,
    live: &Live,
    freshness: Freshness,
    usage: Usage,
    now: UtcMicros,
) -> Result<Caller, SessionRefused> {
    let Some((certificate, device)) = live.bound else {
        let unbound = Box::pin(services.sessions.unbound(live, usage, now)).await?;
        return Ok(Caller {
            user: live.user,
            role: unbound.role,
            permissions: unbound.permissions,
            session: live.session,
            sign_in: live.sign_in,
            key_generation: live.generation,
            assurance: unbound.assurance,
            authenticated_at: live.authenticated_at(),
            epoch: unbound.epoch,
        });
    };
    services.sessions.refuse_ended(live, freshness, now).await?;
    let signer = services.directory.signer(&certificate, now).await?;
    if signer.user != live.user || signer.device != device {
        return Err(TokenRefused::Invalid.into());
    }
    Ok(Caller {
        user: signer.user,
        role: signer.role,
        permissions: signer.permissions,
        session: live.session,
        sign_in: live.sign_in,
        key_generation: live.generation,
        assurance: Assurance::Certificate { certificate, device },
        authenticated_at: live.authenticated_at(),
        epoch: signer.epoch,
    })
}

/// The caller as of now, for an answer that goes on: refused once the session has ended, its key was replaced, or its
/// person, role or level are others. It does not count as a use of the session.
pub(crate) async fn still(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Caller, SessionRefused> {
    let live = services.sessions.get(caller.session, now).await?;
    let found = stand(services, &live, Freshness::Exact, Usage::Watching, now).await?;
    let is_same = found.user == caller.user
        && found.role == caller.role
        && found.aal() >= caller.aal()
        && found.key_generation == caller.key_generation;
    if is_same { Ok(found) } else { Err(SessionRefused::Ended) }
}

/// Verifies a request's proof and uses up its counter.
pub(super) fn prove(
    services: &Services,
    live: &Live,
    parts: &Parts,
    body: &[u8],
    now: UtcMicros,
) -> Result<(), SessionRefused> {
    let presented = Presented::from_headers(&parts.headers)?;
    // A nested router sees a shortened path; the proof covers what the client asked for.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let path = uri.path_and_query().map_or(uri.path(), http::uri::PathAndQuery::as_str);
    let covered = Covered { method: parts.method.as_str(), path, body };
    presented.verify(&live.key, covered, services.sessions.instance(), now)?;
    live.use_counter(&presented, now)
}

fn bearer(
    services: &Services,
    headers: &HeaderMap,
    now: UtcMicros,
) -> Result<Claims, TokenRefused> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(TokenRefused::Invalid);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(TokenRefused::Invalid)?;
    services.sessions.tokens().read(token, now.get().div_euclid(MICROS_PER_SECOND))
}

impl From<SessionRefused> for Problem {
    fn from(refused: SessionRefused) -> Self {
        match refused {
            SessionRefused::Token(why) => Self::unauthenticated().with_detail(why.to_string()),
            SessionRefused::Ended => Self::new(Code::SessionEnded),
            SessionRefused::Proof(why) => {
                Self::new(Code::ProofRefused).with_detail(why.to_string())
            }
            SessionRefused::Signer(why) => why.into(),
            SessionRefused::Database(error) => error.into(),
            SessionRefused::Crypto(error) => {
                tracing::error!(%error, "a session's key could not be made");
                Self::internal()
            }
        }
    }
}
