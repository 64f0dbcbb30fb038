//! Proving again, inside a live session, who holds it.
//!
//! A session of aal3 answers a challenge that only it can answer: with the key of its certificate and the proof of its
//! device, as at the sign-in. The answer is no sign-in elsewhere, because the challenge names the session, and the
//! challenge of a sign-in names none. Nothing of it is recorded: it grants no authority that the session lacked.

use intent::{Body, SignedIntent, UtcMicros};

use super::assurance::{Assurance, Factor};
use super::caller::Caller;
use super::service::{Challenge, Redemption, decide_challenge, is_device_proof, new_challenge};
use super::store;
use crate::Services;
use crate::corridor::Refusal;
use crate::problem::{Code, Problem};

/// A challenge for the certificate of this session, to be answered in it.
pub(crate) async fn rechallenge(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Challenge, Problem> {
    let (certificate, device) = (caller.certificate()?, caller.device()?);
    new_challenge(services, &certificate, device, Some(caller.session), now).await
}

/// Redeems the answer to [`rechallenge`].
pub(crate) async fn reverify(
    services: &Services,
    caller: &Caller,
    signed: SignedIntent,
    device_proof: &[u8],
    now: UtcMicros,
) -> Result<(), Problem> {
    let (certificate, device) = (caller.certificate()?, caller.device()?);
    let intent = signed.parse_intent()?;
    if intent.certificate() != certificate || intent.device() != device {
        return Err(problem(Refusal::ChallengeUnknown));
    }
    let holder = services.directory.signer(&certificate, now).await?;
    let verified = signed.verify_parsed(intent, &services.bank.id, &holder.key)?;
    let intent = verified.get();
    let Body::SessionLogin { challenge, origin, .. } = intent.body() else {
        return Err(Problem::malformed("signed.kind", "must be session.login"));
    };
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let stored = store::lock_challenge(&mut tx, book, challenge).await?;
    let redemption = Redemption { certificate, device, origin, session: Some(caller.session), now };
    decide_challenge(stored.as_ref(), &redemption).map_err(problem)?;
    if !is_device_proof(&holder.device_key, intent, device_proof) {
        return Err(problem(Refusal::DeviceProofInvalid));
    }
    store::redeem_challenge(&mut tx, book, challenge, now).await?;
    let still_open =
        store::authenticate(&mut tx, book, caller.session, &caller.assurance, now).await?;
    tx.commit().await?;
    if !still_open {
        return Err(Problem::new(Code::SessionEnded));
    }
    services.sessions.note_authenticated(caller.session, now);
    Ok(())
}

/// A session without a certificate is held by `factor` from now on; where that is `None`, by what it was, proved again.
///
/// # Security
///
/// Only after the factor was accepted. A level never falls by this: a password proved again in a session that was
/// stepped up leaves it there.
pub(crate) async fn step_up(
    services: &Services,
    caller: &Caller,
    factor: Option<Factor>,
    now: UtcMicros,
) -> Result<Assurance, Problem> {
    let assurance = match (caller.assurance, factor) {
        (held @ Assurance::Certificate { .. }, _) | (held, None) => held,
        (Assurance::Password | Assurance::Factor(_), Some(factor)) => Assurance::Factor(factor),
    };
    let mut tx = services.db.as_writer().await?;
    let still_open =
        store::authenticate(&mut tx, services.bank.book, caller.session, &assurance, now).await?;
    tx.commit().await?;
    if !still_open {
        return Err(Problem::new(Code::SessionEnded));
    }
    services.sessions.note_authenticated(caller.session, now);
    Ok(assurance)
}

fn problem(refusal: Refusal) -> Problem {
    Problem::refused(refusal.status(), refusal.code(), refusal.sentence())
}
