//! Step 1: is this intent authentic, and is its signer in order? On the request's own thread, before any queue or lock.

use std::sync::Arc;

use crypto::{PublicKey, sha3_256};
use http::StatusCode;
use intent::{
    Actor, Body, Effects, Evidence, Intent, Kind, Origin, SignedIntent, UnsignedIntent, UtcMicros,
    Verified,
};
use tokio::sync::oneshot;

use super::Fault;
use super::rehearsal::Rehearsal;
use super::submission::{Attachments, Job, OriginInfo, Settled};
use crate::bank::Bank;
use crate::certificates::rotation::KeyAges;
use crate::certificates::{Directory, Signer, SignerError};
use crate::payment_files;
use crate::problem::Problem;
use crate::sessions::{Caller, SignIn};

/// How old an intent may be when it arrives, in microseconds: a device may have been offline for a day.
const AGE_MAX_US: i64 = 24 * 60 * 60 * 1_000_000;
/// How far in the future its time may lie, in microseconds: clocks differ.
const SKEW_MAX_US: i64 = 5 * 60 * 1_000_000;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// What verification asks.
#[derive(Clone, Copy)]
pub(super) struct Corner<'a> {
    pub(super) bank: &'a Bank,
    pub(super) directory: &'a Directory,
    pub(super) key_ages: KeyAges,
}

/// What there is to verify.
pub(super) struct Request<'a> {
    pub(super) signed: SignedIntent,
    /// Those that the route takes.
    pub(super) kinds: &'a [Kind],
    pub(super) origin: OriginInfo,
    pub(super) caller: Option<&'a Caller>,
    pub(super) attachments: Attachments,
    pub(super) now: UtcMicros,
}

/// Makes a job of an authentic intent, or says what is wrong with it. Nothing is recorded of the latter.
pub(super) async fn verify(
    corner: Corner<'_>,
    request: Request<'_>,
    reply: oneshot::Sender<Result<Settled, Fault>>,
) -> Result<Job, Problem> {
    let Request { signed, kinds, origin, caller, attachments, now } = request;
    let intent = signed.parse_intent()?;
    if !kinds.contains(&intent.kind()) {
        let why = format!("this route does not take {}", intent.kind());
        return Err(Problem::malformed("kind", why));
    }
    refuse_wrong_time(&intent, now)?;
    refuse_other_session(&intent, caller)?;
    // Read before the signer: a change after this makes the poster ask again.
    let epoch = corner.directory.epoch();
    let (verified, signer, actor) = if let Body::UserEnrol { csr, user, .. } = intent.body() {
        let key = requested_key(csr)?;
        let user = *user;
        let verified = signed.verify_parsed(intent, &corner.bank.id, &key)?;
        let actor = enrolling_actor(verified.get(), user);
        (verified, None, actor)
    } else {
        let signer = corner.directory.signer(&intent.certificate(), now).await?;
        refuse_foreign_claims(&intent, &signer)?;
        refuse_old_key(corner.key_ages, &intent, &signer, now)?;
        let verified = signed.verify_parsed(intent, &corner.bank.id, &signer.key)?;
        let actor = actor(verified.get(), &signer, caller);
        (verified, Some(signer), actor)
    };
    let file = payment_files::check(verified.get(), signed.file).await?;
    Ok(Job {
        evidence: Evidence::write(signed.suite, &signed.signature, &attachments.device_proof),
        intent: verified,
        details: signed.details,
        file,
        actor,
        origin: Origin::new(&origin.ip, &origin.user_agent, now),
        signer,
        sign_in: caller.map_or(SignIn::ORDINARY, |caller| caller.sign_in),
        attachments,
        epoch,
        reply,
    })
}

/// Makes a rehearsal of an intent that nobody has signed: but for the signature it is examined as one that somebody has.
pub(super) async fn rehearsal(
    corner: Corner<'_>,
    unsigned: UnsignedIntent,
    origin: OriginInfo,
    caller: &Caller,
    now: UtcMicros,
    reply: oneshot::Sender<Result<Effects, Fault>>,
) -> Result<Rehearsal, Problem> {
    let intent = unsigned.parse()?;
    let kind = intent.kind();
    if matches!(kind, Kind::UserEnrol | Kind::SessionLogin | Kind::KeyRotate) {
        let why = format!("{kind} comes with secrets and proofs, and cannot be tried");
        return Err(Problem::malformed("kind", why));
    }
    if intent.bank() != &corner.bank.id {
        return Err(intent::IntentError::WrongBank.into());
    }
    refuse_wrong_time(&intent, now)?;
    refuse_other_session(&intent, Some(caller))?;
    let signer = corner.directory.signer(&intent.certificate(), now).await?;
    refuse_foreign_claims(&intent, &signer)?;
    refuse_old_key(corner.key_ages, &intent, &signer, now)?;
    let origin = Origin::new(&origin.ip, &origin.user_agent, now);
    Ok(Rehearsal {
        intent,
        details: unsigned.details,
        signer,
        sign_in: caller.sign_in,
        origin,
        reply,
    })
}

/// The signer again, under the epoch of now: the poster found that authority has changed since [`verify`].
pub(super) async fn verify_again(
    directory: &Directory,
    intent: &Verified<Intent>,
    now: UtcMicros,
) -> Result<Arc<Signer>, Fault> {
    directory.signer(&intent.get().certificate(), now).await.map_err(|error| match error {
        SignerError::Fault(error) => Fault::Database(error),
        ended => {
            tracing::info!(why = %ended, "a signer ended between verification and commit");
            Fault::SignerEnded
        }
    })
}

fn refuse_wrong_time(intent: &Intent, now: UtcMicros) -> Result<(), Problem> {
    let age_us = now.get().saturating_sub(intent.at().get());
    if age_us > AGE_MAX_US {
        return Err(refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "intent-too-old",
            "The intent is older than a day",
        )
        .with_field("at"));
    }
    if age_us < SKEW_MAX_US.saturating_neg() {
        return Err(refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "intent-from-the-future",
            "The intent's time lies ahead of the bank's clock",
        )
        .with_field("at"));
    }
    Ok(())
}

/// Everything but signing in and enrolling happens inside a session of the very certificate that signs.
fn refuse_other_session(intent: &Intent, caller: Option<&Caller>) -> Result<(), Problem> {
    let needs_session = !matches!(intent.kind(), Kind::UserEnrol | Kind::SessionLogin);
    match caller {
        None if needs_session => Err(Problem::unauthenticated()),
        Some(caller) if needs_session && caller.certificate()? != intent.certificate() => {
            Err(refused(
                StatusCode::FORBIDDEN,
                "session-of-another-certificate",
                "The session belongs to another certificate than the one that signed",
            )
            .with_field("certificate"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Device binding and purpose: what the intent says of its signer must be what the certificate says.
fn refuse_foreign_claims(intent: &Intent, signer: &Signer) -> Result<(), Problem> {
    if intent.device() != signer.device {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "device-mismatch",
            "The intent names another device than the certificate is bound to",
        )
        .with_field("device"));
    }
    if intent.authority() != signer.role {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "authority-mismatch",
            "The intent claims another role than the certificate gives",
        )
        .with_field("authority"));
    }
    Ok(())
}

/// Policy, and not a rule of the log: nothing is recorded, and the same intent may come again under the next key's name.
fn refuse_old_key(
    ages: KeyAges,
    intent: &Intent,
    signer: &Signer,
    now: UtcMicros,
) -> Result<(), Problem> {
    let born = UtcMicros::from_micros(signer.not_before_s.saturating_mul(MICROS_PER_SECOND));
    if ages.holds_up(intent.kind(), signer.role, born, now) {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "rotation-required",
            "The key is older than policy allows; rotate it first",
        )
        .with_field("certificate"));
    }
    Ok(())
}

fn requested_key(csr: &[u8]) -> Result<PublicKey, Problem> {
    let invalid = |error: pki::PkiError| {
        Problem::malformed("body.csr", format!("the certificate request is not valid: {error}"))
    };
    let request = pki::Csr::from_der(csr).map_err(invalid)?;
    Ok(request.verify().map_err(invalid)?.public_key().clone())
}

fn actor(intent: &Intent, signer: &Signer, caller: Option<&Caller>) -> Actor {
    Actor {
        certificate: intent.certificate(),
        device: intent.device(),
        lineage: signer.lineage,
        generation: signer.generation,
        role: signer.role,
        seq: intent.seq(),
        prev: intent.prev(),
        session: caller.map(|caller| caller.session),
        user: signer.user,
    }
}

/// Before there is a certificate: generation 0 of a lineage that begins with the request itself.
fn enrolling_actor(intent: &Intent, user: intent::UserId) -> Actor {
    Actor {
        certificate: intent.certificate(),
        device: intent.device(),
        lineage: sha3_256(intent.certificate().as_bytes()),
        generation: 0,
        role: intent.authority(),
        seq: intent.seq(),
        prev: intent.prev(),
        session: None,
        user,
    }
}

fn refused(status: StatusCode, code: &'static str, title: &'static str) -> Problem {
    Problem::refused(status, code, title)
}
