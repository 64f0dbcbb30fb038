//! Signing in with a password, setting one, changing it.

use crypto::{KemPublicKey, sha256};
use intent::{SessionId, UserId, UtcMicros};
use ledger::BookId;
use serde_json::Value;
use sqlx::PgConnection;

use super::changes::{self, Credential};
use super::hasher::Kept;
use super::password::Password;
use super::store::{self, PasswordRow, Person};
use crate::Services;
use crate::attempts::{Subject, admit};
use crate::corridor::{Fault, OriginInfo};
use crate::mfa::{self, Factors, Presented};
use crate::problem::{Code, Problem};
use crate::sessions::opening::{Opener, Opening};
use crate::sessions::place;
use crate::sessions::recorded;
use crate::sessions::{Aal, Assurance, Caller, Ending, Factor};
use crate::vault::VaultPurpose;

/// Domain of the transcript under which the secret of a session is sealed to whoever signs in with a password.
const TRANSCRIPT: &[u8] = b"strongroom/password-sign-in/v1";
/// As the only status of a person who may sign in.
const ACTIVE: &str = "active";

/// What somebody signs in with.
pub(crate) struct SignIn<'a> {
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
    pub(crate) kem_public_key: &'a [u8],
    /// The second factor, where one is sent along.
    pub(crate) second: Option<Presented<'a>>,
    /// The token of a browser that is trusted to be one.
    pub(crate) trusted_device: Option<&'a str>,
}

/// A session that was opened without a certificate.
pub(crate) struct SignedIn {
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) assurance: Assurance,
    /// What there is to step up with.
    pub(crate) factors: Factors,
    pub(crate) answer: Value,
}

/// Opens a session of aal1, or of aal2 where a second factor is right.
///
/// # Security
///
/// The same queries and the same hash run for everybody; what differs is told only to who has the password. A second
/// factor is looked at only after that, and has a count of failures of its own.
pub(crate) async fn sign_in(
    services: &Services,
    request: &SignIn<'_>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<SignedIn, Problem> {
    let kem = kem(services, request.kem_public_key)?;
    let email = request.email.trim().to_ascii_lowercase();
    let subjects = [Subject::Account(&email), Subject::Address(&origin.ip)];
    let admitted = admit(services, &subjects, now).await?;
    let mut tx = services.db.as_writer().await?;
    let person = store::by_email(&mut tx, services.bank.book, &email).await?;
    tx.commit().await?;
    let kept = match &person {
        Some(person) if person.status == ACTIVE => kept(services, person)?,
        Some(_) | None => None,
    };
    let password = Password::presented(request.password);
    let is_right = services.passwords.is_right(&password, kept.as_ref()).await?;
    let Some(person) = person.filter(|_| is_right) else {
        admitted.stands("password");
        return Err(Problem::new(Code::CredentialsRefused));
    };
    if !services.doorkeeper.admits(person.user, person.role, origin).await? {
        return Err(Problem::new(Code::CredentialsRefused));
    }
    admitted.forgive(services, now).await?;
    let assurance = match &request.second {
        Some(presented) => {
            Assurance::Factor(mfa::accept(services, person.user, presented, origin, now).await?)
        }
        None => match request.trusted_device {
            Some(token)
                if mfa::is_trusted(services, person.user, person.role, token, now).await? =>
            {
                Assurance::Factor(Factor::TrustedDevice)
            }
            Some(_) | None => Assurance::Password,
        },
    };
    let factors = mfa::factors(services, person.user).await?;
    let opener = Opener {
        user: person.user,
        role: person.role,
        assurance,
        device_key: None,
        not_after: None,
    };
    let opening = Opening::new(services, &opener, now)?;
    recorded::opened(services, &opening, origin).await?;
    let mut tx = services.db.as_writer().await?;
    let sign_in = opening.store(&mut tx, services, origin).await?;
    tx.commit().await?;
    place::tell(services, &opening, sign_in.place).await;
    let transcript = transcript(
        TRANSCRIPT,
        &[
            services.bank.id.as_str().as_bytes(),
            services.config.origin.as_bytes(),
            email.as_bytes(),
            request.kem_public_key,
            opening.session.get().as_bytes(),
        ],
    );
    Ok(SignedIn {
        session: opening.session,
        user: person.user,
        assurance,
        factors,
        answer: opening.answer(&kem, &transcript)?,
    })
}

/// The KEM key that a session's secret is to be sealed to.
pub(crate) fn kem(services: &Services, bytes: &[u8]) -> Result<KemPublicKey, Problem> {
    KemPublicKey::from_bytes(services.bank.suite, bytes).map_err(|_| {
        Problem::malformed(
            "kem_public_key",
            "must be a KEM key of the bank's suite, made for this request",
        )
    })
}

/// SHA-256 of a domain and of parts, each behind its length in four bytes, big endian: no two lists give one text.
pub(crate) fn transcript(domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut text = domain.to_vec();
    for part in parts {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(part);
    }
    *sha256(&text).as_bytes()
}

/// Sets or changes the caller's password. Their other sessions without a certificate end, and no browser is trusted
/// any more.
///
/// # Security
///
/// In a session of aal3, freshly proved, the old password is not asked for: this is how a forgotten one is replaced,
/// by an enrolled device. In a session of aal2 it is. A session of aal1 has shown nothing but that password.
pub(crate) async fn set(
    services: &Services,
    caller: &Caller,
    chosen: &str,
    current: Option<&str>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let person = store::person(&mut tx, book, caller.user).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    match caller.aal() {
        Aal::Three => caller.require_fresh(now)?,
        Aal::Two => prove_current(services, &person, current, origin, now).await?,
        Aal::One => caller.require(Aal::Two)?,
    }
    let password = Password::chosen(chosen, &person.name, &person.email).map_err(|unfit| {
        Problem::new(Code::PasswordUnfit).with_field("password").with_detail(unfit.to_string())
    })?;
    let kept = services.passwords.keep(&password).await?;
    let owner = caller.user.get();
    let sealed_hash = services
        .vault
        .seal(VaultPurpose::PasswordHash, owner.as_bytes(), &kept.hash)
        .map_err(Fault::from)?;
    let row = PasswordRow { salt: kept.salt, params: kept.params, sealed_hash };
    changes::record(services, caller.user, Credential::Password, now).await?;
    let ending = Ending { at: now, reason: "password-changed" };
    let mut tx = services.db.as_writer().await?;
    store::set_password(&mut tx, book, caller.user, &row, now).await?;
    let ended = services
        .sessions
        .end_below_certificate(&mut tx, caller.user, caller.session, ending)
        .await?;
    mfa::forget_trust(&mut tx, book, caller.user, now).await?;
    tx.commit().await?;
    for session in &ended {
        services.sessions.forget(*session);
    }
    recorded::ended(services, caller.user, &ended, ending, origin).await;
    // Whoever replaced a forgotten password may use the new one at once.
    let subjects = [Subject::Account(&person.email)];
    if let Ok(admitted) = admit(services, &subjects, now).await {
        admitted.forgive(services, now).await?;
    }
    Ok(())
}

/// Proves the caller's present password, for a session that is to be fresh again.
pub(crate) async fn prove(
    services: &Services,
    caller: &Caller,
    password: &str,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    let mut tx = services.db.as_writer().await?;
    let person = store::person(&mut tx, services.bank.book, caller.user).await?;
    tx.commit().await?;
    let person = person.ok_or_else(Problem::not_found)?;
    prove_current(services, &person, Some(password), origin, now).await
}

async fn prove_current(
    services: &Services,
    person: &Person,
    current: Option<&str>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    let current =
        current.ok_or_else(|| Problem::malformed("current", "is needed in this session"))?;
    let subjects = [Subject::Account(&person.email), Subject::Address(&origin.ip)];
    let admitted = admit(services, &subjects, now).await?;
    let kept = kept(services, person)?;
    let presented = Password::presented(current);
    if services.passwords.is_right(&presented, kept.as_ref()).await? {
        admitted.forgive(services, now).await
    } else {
        admitted.stands("password");
        Err(Problem::new(Code::CredentialsRefused))
    }
}

fn kept(services: &Services, person: &Person) -> Result<Option<Kept>, Problem> {
    let Some(row) = &person.password else { return Ok(None) };
    let owner = person.user.get();
    let opened =
        services.vault.open(VaultPurpose::PasswordHash, owner.as_bytes(), &row.sealed_hash);
    match opened {
        Ok(hash) => Ok(Some(Kept { salt: row.salt, params: row.params, hash })),
        Err(error) => {
            tracing::error!(%error, user = %person.user, "a stored password does not open");
            Err(Problem::internal())
        }
    }
}

/// Takes the password away from a person. Runs inside the caller's transaction.
pub(crate) async fn forget_password(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    store::delete_password(tx, book, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_tells_where_one_part_ends() {
        let one = transcript(TRANSCRIPT, &[b"ab", b"c"]);
        assert_ne!(one, transcript(TRANSCRIPT, &[b"a", b"bc"]));
        assert_ne!(one, transcript(TRANSCRIPT, &[b"abc"]));
        assert_ne!(one, transcript(b"strongroom/other", &[b"ab", b"c"]));
    }

    // Computed with Python's hashlib, independently of this crate, as is the client's.
    #[test]
    fn a_known_sign_in_has_the_known_transcript() {
        let parts: [&[u8]; 5] =
            [b"testbank", b"https://bank.example", b"alice@example.org", &[7; 32], &[3; 16]];
        assert_eq!(
            hex::encode(transcript(TRANSCRIPT, &parts)),
            "ac017806d9e540e114b268ac3a11f235dabc0cb22541caccfd4a0990f7bb7b4b"
        );
    }
}
