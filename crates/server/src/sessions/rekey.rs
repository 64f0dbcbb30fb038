//! Replacing the key of a live session: its device asks for a new bootstrap secret, sealed to a KEM key made for that.
//!
//! Whoever suspects that the old secret was seen, or wants the rest of the day under a fresh one, need not sign in again.
//! The request is proved with the old key, which covers the KEM key by the body's digest; from the answer on the old key, and
//! every token that names it, is worth nothing.
//!
//! # Security
//!
//! The holder must have proved within minutes who they are: a thief of the old key alone cannot make the session theirs.
//! The end of the session, its level and its refresh token stay as they are.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{random_secret, seal_to};
use intent::UtcMicros;

use super::caller::Caller;
use super::live::SessionRefused;
use super::opening::{BOOTSTRAP_PURPOSE, SECRET_LEN};
use super::proof::session_key;
use super::service::{MICROS_PER_SECOND, seconds};
use super::store;
use super::token::{Bearer, key_id};
use crate::Services;
use crate::credentials::service::{kem, transcript};
use crate::problem::{Code, Problem};
use crate::vault::VaultPurpose;

/// Domain of the transcript under which the new secret is sealed.
const TRANSCRIPT: &[u8] = b"strongroom/session-key/v1";

/// The next key of a session, for its holder only.
pub(super) struct Rekeyed {
    pub(super) token: String,
    pub(super) expires_at: UtcMicros,
    pub(super) sealed_secret: String,
}

/// Gives the caller's session its next key.
///
/// # Atomicity
///
/// One statement, on the condition that the key which proved the request is still the session's: of two requests at once one
/// wins. After a crash before COMMIT the old key is good; after one behind it, whoever did not get the answer signs in again.
pub(super) async fn replace_key(
    services: &Services,
    caller: &Caller,
    kem_public_key: &[u8],
    now: UtcMicros,
) -> Result<Rekeyed, Problem> {
    caller.require_fresh(now)?;
    let sealed_to = kem(services, kem_public_key)?;
    let bound = caller.assurance.certificate();
    let signer = match &bound {
        Some((certificate, _)) => Some(services.directory.signer(certificate, now).await?),
        None => None,
    };
    let fault = |error: crypto::CryptoError| Problem::from(SessionRefused::from(error));
    let bootstrap = random_secret(SECRET_LEN).map_err(fault)?;
    let session = caller.session;
    let device_key = signer.as_ref().map(|signer| signer.device_key_bytes());
    let key_id = key_id(&session_key(session, &bootstrap, device_key).map_err(fault)?);
    let kept = services
        .vault
        .seal(VaultPurpose::SessionSecret, session.get().as_bytes(), &bootstrap)
        .map_err(fault)?;
    let bearer = Bearer {
        session,
        user: caller.user,
        role: caller.role,
        certificate: bound.map(|(certificate, _)| certificate),
        key_id: &key_id,
    };
    let now_s = now.get().div_euclid(MICROS_PER_SECOND);
    let (token, expires_s) =
        services.sessions.tokens().bearer(&bearer, now_s).map_err(SessionRefused::from)?;
    let session_id = session.get();
    let parts = [
        services.bank.id.as_str().as_bytes(),
        services.config.origin.as_bytes(),
        session_id.as_bytes().as_slice(),
        kem_public_key,
    ];
    let transcript = transcript(TRANSCRIPT, &parts);
    let sealed =
        seal_to(&sealed_to, BOOTSTRAP_PURPOSE, &transcript, bootstrap.expose()).map_err(fault)?;
    let (book, generation) = (services.bank.book, caller.key_generation);
    let mut tx = services.db.as_writer().await?;
    let is_replaced = store::replace_key(&mut tx, book, session, generation, &kept).await?;
    tx.commit().await?;
    if !is_replaced {
        // The winner's session, with the counters that it used, stays as it is.
        return Err(
            Problem::new(Code::Conflict).with_detail("the session's key was replaced meanwhile")
        );
    }
    services.sessions.forget(session);
    Ok(Rekeyed {
        token,
        expires_at: seconds(expires_s),
        sealed_secret: Base64UrlUnpadded::encode_string(&sealed),
    })
}
