//! Challenge, login, refresh and the end of sessions.

use std::collections::BTreeMap;

use crypto::{KemPublicKey, MacKey, Sha3, constant_time_eq, random, sha3_256, sha256};
use http::request::Parts;
use intent::{Body, DeviceId, Intent, SessionId, UtcMicros};
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};

use super::assurance::Assurance;
use super::caller::Caller;
use super::guard;
use super::live::{SessionRefused, Usage, is_idle, was_left};
use super::opening::{Opener, Opening, SECRET_LEN};
use super::proof::ProofRefused;
use super::recorded;
use super::sign_in::SignIn;
use super::store::{self, ChallengeRow, Ending, NextRefresh, SessionSummary};
use super::token::{Bearer, Refresh};
use crate::Services;
use crate::attempts::forgiven_are_told;
use crate::certificates::Signer;
use crate::corridor::{Applied, Applying, Fault, OriginInfo, Refusal};
use crate::problem::{Code, Problem};

/// Life of a challenge, in microseconds.
pub(crate) const CHALLENGE_US: i64 = 60 * MICROS_PER_SECOND;
pub(super) const MICROS_PER_SECOND: i64 = 1_000_000;
const DEVICE_PROOF_PREFIX: &[u8] = b"strongroom/device-proof/v1";

/// A nonce to be answered once.
pub(crate) struct Challenge {
    pub(crate) nonce: [u8; 32],
    pub(crate) expires_at: UtcMicros,
}

/// Makes a challenge for a certificate that may sign in now, on its device.
///
/// # Security
///
/// Unknown, revoked, superseded, expired, or on another device: one answer, the same to the byte. None of them costs a
/// signature verification, so that the time tells nothing either.
pub(crate) async fn challenge(
    services: &Services,
    certificate: Sha3,
    device: DeviceId,
    now: UtcMicros,
) -> Result<Challenge, Problem> {
    let signer = services.directory.signer(&certificate, now).await?;
    if signer.device != device {
        return Err(Problem::new(Code::CertificateNotAccepted));
    }
    new_challenge(services, &certificate, device, None, now).await
}

/// Stores a fresh challenge; `session`: the one that alone may answer it.
pub(super) async fn new_challenge(
    services: &Services,
    certificate: &Sha3,
    device: DeviceId,
    session: Option<SessionId>,
    now: UtcMicros,
) -> Result<Challenge, Problem> {
    let nonce = random::<32>().map_err(|error| fault(&error))?;
    let expires_at = later(now, CHALLENGE_US);
    let mut tx = services.db.as_writer().await?;
    let new = store::NewChallenge {
        nonce: &nonce,
        certificate,
        device,
        origin: &services.config.origin,
        session,
        expires_at,
    };
    store::insert_challenge(&mut tx, services.bank.book, &new).await?;
    tx.commit().await?;
    Ok(Challenge { nonce, expires_at })
}

/// Redeems a challenge and opens a session. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Challenge, session and leaf commit together: after a crash before COMMIT the challenge can be answered again.
pub(crate) async fn apply_login(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::SessionLogin { challenge, origin, kem_public_key }, Some(signer)) =
        (cx.intent.body(), cx.signer)
    else {
        return Err(Fault::Broken("not a login"));
    };
    let book = cx.services.bank.book;
    let stored = store::lock_challenge(tx, book, challenge).await?;
    if let Err(refusal) = decide_login(stored.as_ref(), cx, signer, origin) {
        return Ok(Applied::Refused(refusal));
    }
    let Ok(kem) = KemPublicKey::from_bytes(cx.services.bank.suite, kem_public_key) else {
        return Ok(Applied::Refused(Refusal::KemKeyInvalid));
    };
    let opener = Opener {
        user: signer.user,
        role: signer.role,
        assurance: Assurance::Certificate {
            certificate: signer.certificate,
            device: signer.device,
        },
        device_key: Some(signer.device_key_bytes()),
        // No session outlives its certificate.
        not_after: Some(seconds(signer.not_after_s)),
    };
    let opening = Opening::new(cx.services, &opener, cx.now)?;
    store::redeem_challenge(tx, book, challenge, cx.now).await?;
    let origin = OriginInfo { ip: cx.origin.ip.clone(), user_agent: cx.origin.user_agent.clone() };
    let sign_in = opening.store(tx, cx.services, &origin).await?;
    forgiven_are_told(tx, cx.services, signer.user).await?;
    // To the KEM key that this very intent signed: a copied answer opens for nobody else.
    let answer = opening.answer(&kem, sha256(cx.intent.canonical()).as_bytes())?;
    Ok(Applied::Accepted {
        result: result_of(&opening, signer, challenge, sign_in),
        extra: Some(json!({"session": answer})),
        bumps_epoch: false,
    })
}

/// Control 7, and the fresh half of control 3: all that a login must show beside its signature.
fn decide_login(
    stored: Option<&ChallengeRow>,
    cx: &Applying<'_>,
    signer: &Signer,
    origin: &str,
) -> Result<(), Refusal> {
    let redemption = Redemption {
        certificate: signer.certificate,
        device: signer.device,
        origin,
        session: None,
        now: cx.now,
    };
    decide_challenge(stored, &redemption)?;
    if is_device_proof(&signer.device_key, cx.intent, &cx.attachments.device_proof) {
        Ok(())
    } else {
        Err(Refusal::DeviceProofInvalid)
    }
}

/// Who answers a challenge, where and when.
pub(super) struct Redemption<'a> {
    pub(super) certificate: Sha3,
    pub(super) device: DeviceId,
    pub(super) origin: &'a str,
    /// The live session in which it is answered; `None` where one is to be opened.
    pub(super) session: Option<SessionId>,
    pub(super) now: UtcMicros,
}

/// Whether a challenge may be answered by who answers it.
pub(super) fn decide_challenge(
    stored: Option<&ChallengeRow>,
    redemption: &Redemption<'_>,
) -> Result<(), Refusal> {
    let stored = stored.ok_or(Refusal::ChallengeUnknown)?;
    if stored.certificate != redemption.certificate
        || stored.device != redemption.device
        || stored.origin != redemption.origin
        || stored.session != redemption.session
    {
        return Err(Refusal::ChallengeUnknown);
    }
    if stored.redeemed {
        return Err(Refusal::ChallengeRedeemed);
    }
    if redemption.now >= stored.expires_at {
        return Err(Refusal::ChallengeExpired);
    }
    Ok(())
}

pub(super) fn is_device_proof(device_key: &MacKey, intent: &Intent, proof: &[u8]) -> bool {
    device_key.verify(&[DEVICE_PROOF_PREFIX, intent.canonical()], proof).is_ok()
}

fn result_of(
    opening: &Opening,
    signer: &Signer,
    challenge: &[u8; 32],
    sign_in: SignIn,
) -> BTreeMap<String, String> {
    let mut result = BTreeMap::from([
        ("session".to_owned(), opening.session.to_string()),
        ("user".to_owned(), signer.user.to_string()),
        ("certificate".to_owned(), signer.certificate.to_string()),
        ("device".to_owned(), signer.device.to_string()),
        ("challenge".to_owned(), hex::encode(challenge)),
        ("created_at".to_owned(), opening.at.to_string()),
        ("expires_at".to_owned(), opening.expires_at.to_string()),
    ]);
    result.extend(sign_in.members());
    result
}

/// New tokens for a session.
pub(crate) struct Refreshed {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) expires_at: UtcMicros,
}

/// Exchanges a refresh token for the next one and a bearer token.
///
/// # Security
///
/// A token of ours that was used before ends its session: its holder or a thief has used it, and we cannot tell which.
/// The present token alone is not enough either: the request carries the proof of the session's device.
pub(crate) async fn refresh(
    services: &Services,
    token: &str,
    (parts, body): (&Parts, &[u8]),
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<Refreshed, SessionRefused> {
    let tokens = services.sessions.tokens();
    let presented = tokens.read_refresh(token)?;
    let book = services.bank.book;
    let generation = refuse_reused(services, &presented, origin, now).await?;
    let mut live = services.sessions.get(presented.session, now).await?;
    if live.generation != generation {
        live = services.sessions.newest(&live, now).await?;
    }
    guard::prove(services, &live, parts, body, now)?;
    let role = match &live.bound {
        Some((certificate, _)) => services.directory.signer(certificate, now).await?.role,
        None => services.sessions.unbound(&live, Usage::Request, now).await?.role,
    };
    let secret = random::<SECRET_LEN>()?;
    let mut tx = services.db.as_writer().await?;
    // Decided again under the lock: the look before had none.
    let row = store::lock_refresh(&mut tx, book, presented.session).await?;
    // The proof was made with a key that another one has replaced meanwhile.
    if row.as_ref().is_some_and(|row| row.key_generation != live.generation) {
        return Err(ProofRefused::Mac.into());
    }
    let generation = match row.map(|row| judge_refresh(&row, &presented, now)) {
        Some(Judged::Present { next }) => next,
        Some(Judged::Reused) => {
            end_stolen(services, tx, presented.session, origin, now).await?;
            return Err(SessionRefused::Ended);
        }
        Some(Judged::Ended) | None => return Err(SessionRefused::Ended),
    };
    let next = NextRefresh { hash: &sha3_256(&secret), generation, at: now };
    store::rotate_refresh(&mut tx, book, presented.session, &next).await?;
    tx.commit().await?;
    let bearer = Bearer {
        session: presented.session,
        user: live.user,
        role,
        certificate: live.bound.map(|(certificate, _)| certificate),
        key_id: &live.key_id,
    };
    let (token, expires_s) = tokens.bearer(&bearer, now.get().div_euclid(MICROS_PER_SECOND))?;
    let refresh_token = tokens.refresh(presented.session, generation, &secret);
    Ok(Refreshed { token, refresh_token, expires_at: seconds(expires_s) })
}

/// Ends the session of a token that was used before, whoever presents it: no proof is asked for this. Says which of the
/// session's keys must prove the request.
async fn refuse_reused(
    services: &Services,
    presented: &Refresh,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<u64, SessionRefused> {
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let row = store::lock_refresh(&mut tx, book, presented.session).await?;
    let row = row.ok_or(SessionRefused::Ended)?;
    match judge_refresh(&row, presented, now) {
        Judged::Present { .. } => Ok(row.key_generation),
        Judged::Ended => Err(SessionRefused::Ended),
        Judged::Reused => {
            end_stolen(services, tx, presented.session, origin, now).await?;
            Err(SessionRefused::Ended)
        }
    }
}

async fn end_stolen(
    services: &Services,
    mut tx: Transaction<'_, Postgres>,
    session: SessionId,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), SessionRefused> {
    let ending = reused(now);
    let user = store::end_stolen(&mut tx, services.bank.book, session, ending).await?;
    tx.commit().await?;
    services.sessions.forget(session);
    tracing::warn!(%session, "a refresh token was used twice");
    if let Some(user) = user {
        recorded::ended(services, user, &[session], ending, origin).await;
    }
    Ok(())
}

enum Judged {
    Present { next: u64 },
    Reused,
    Ended,
}

fn judge_refresh(row: &store::RefreshRow, presented: &Refresh, now: UtcMicros) -> Judged {
    let is_idle =
        if row.has_certificate { was_left(row.used_at, now) } else { is_idle(row.used_at, now) };
    if row.ended || now >= row.expires_at || is_idle {
        return Judged::Ended;
    }
    let is_present = presented.generation == row.generation
        && constant_time_eq(row.hash.as_bytes(), presented.hash.as_bytes());
    if is_present {
        Judged::Present { next: row.generation.saturating_add(1) }
    } else {
        Judged::Reused
    }
}

const fn reused(at: UtcMicros) -> Ending {
    Ending { at, reason: "refresh-token-reused" }
}

/// Ends the caller's own session.
pub(crate) async fn logout(
    services: &Services,
    caller: &Caller,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    let ending = Ending { at: now, reason: "logout" };
    end(services, caller, caller.session, ending, origin).await
}

/// Ends one of the caller's sessions.
pub(crate) async fn revoke(
    services: &Services,
    caller: &Caller,
    session: SessionId,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    let ending = Ending { at: now, reason: "revoked-by-user" };
    end(services, caller, session, ending, origin).await
}

async fn end(
    services: &Services,
    caller: &Caller,
    session: SessionId,
    ending: Ending,
    origin: &OriginInfo,
) -> Result<(), Problem> {
    let mut tx = services.db.as_writer().await?;
    let is_ended =
        store::end_session(&mut tx, services.bank.book, caller.user, session, ending).await?;
    tx.commit().await?;
    if !is_ended {
        return Err(Problem::not_found());
    }
    services.sessions.forget(session);
    recorded::ended(services, caller.user, &[session], ending, origin).await;
    Ok(())
}

/// Ends every session of the caller, this one too.
pub(crate) async fn revoke_all(
    services: &Services,
    caller: &Caller,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<usize, Problem> {
    let ending = Ending { at: now, reason: "revoked-by-user" };
    let mut tx = services.db.as_writer().await?;
    let ended = store::end_all(&mut tx, services.bank.book, caller.user, ending).await?;
    tx.commit().await?;
    for session in &ended {
        services.sessions.forget(*session);
    }
    recorded::ended(services, caller.user, &ended, ending, origin).await;
    Ok(ended.len())
}

/// The caller's open sessions.
pub(super) async fn list(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Vec<SessionSummary>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let sessions = store::open_sessions(&mut tx, services.bank.book, caller.user, now).await?;
    tx.commit().await?;
    Ok(sessions)
}

pub(super) fn later(at: UtcMicros, micros: i64) -> UtcMicros {
    UtcMicros::from_micros(at.get().saturating_add(micros))
}

pub(super) fn seconds(unix_s: i64) -> UtcMicros {
    UtcMicros::from_micros(unix_s.saturating_mul(MICROS_PER_SECOND))
}

fn fault(error: &crypto::CryptoError) -> Problem {
    tracing::error!(%error, "the provider failed");
    Problem::internal()
}
