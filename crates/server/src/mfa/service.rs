//! Setting a second factor up, accepting one, taking it away.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::random_secret;
use intent::{UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use super::codes::{self, Code};
use super::store::{self, FactorRow};
use super::totp::{self, Provisioning};
use crate::Services;
use crate::attempts::{Subject, admit};
use crate::corridor::OriginInfo;
use crate::credentials::SecretText;
use crate::credentials::changes::{self, Credential};
use crate::problem::{Code as ProblemCode, Problem};
use crate::sessions::{Aal, Assurance, Caller, Factor, reverify};
use crate::vault::VaultPurpose;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A second factor as somebody presents it.
#[derive(Clone, Copy)]
pub(crate) enum Presented<'a> {
    /// Six digits of an authenticator.
    Totp(&'a str),
    /// A one-time recovery code.
    RecoveryCode(&'a str),
}

impl<'a> Presented<'a> {
    /// Of two optional members, the one that is there; both are one too many.
    pub(crate) fn one_of(
        code: Option<&'a SecretText>,
        recovery_code: Option<&'a SecretText>,
    ) -> Result<Option<Self>, Problem> {
        match (code, recovery_code) {
            (Some(code), None) => Ok(Some(Self::Totp(code.expose()))),
            (None, Some(code)) => Ok(Some(Self::RecoveryCode(code.expose()))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(Problem::malformed("recovery_code", "send one of the two factors"))
            }
        }
    }
}

/// What a person has beside the password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Factors {
    /// An authenticator that was shown to work.
    pub(crate) totp: bool,
    /// Recovery codes that were not used.
    pub(crate) recovery_codes: u64,
    /// Passkeys.
    pub(crate) passkeys: u64,
    /// Whether there is a password at all.
    pub(crate) password: bool,
}

impl Factors {
    /// Whether there is any second factor.
    pub(crate) const fn any(&self) -> bool {
        self.totp || self.passkeys > 0
    }

    /// What a session can be stepped up with, by name.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.totp {
            names.push(Factor::Totp.name());
        }
        if self.recovery_codes > 0 {
            names.push(Factor::RecoveryCode.name());
        }
        if self.passkeys > 0 {
            names.push(Factor::Passkey.name());
        }
        names
    }
}

/// What a person has beside the password.
pub(crate) async fn factors(services: &Services, user: UserId) -> Result<Factors, Problem> {
    let mut tx = services.db.as_writer().await?;
    let factors = store::factors(&mut tx, services.bank.book, user).await?;
    tx.commit().await?;
    Ok(factors)
}

/// Whether a person was given recovery codes, used ones included. Runs inside the caller's transaction.
pub(crate) async fn has_codes(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
) -> sqlx::Result<bool> {
    store::has_codes(tx, services.bank.book, user).await
}

/// Uses a recovery code up, if it is one of this person's. Runs inside the caller's transaction.
pub(crate) async fn use_recovery_code(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
    code: Option<&str>,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    match code.and_then(Code::read) {
        Some(code) => store::use_code(tx, services.bank.book, user, &code.hash(), now).await,
        None => Ok(false),
    }
}

/// Accepts a second factor of somebody whose password was right, once, or says that it is refused.
///
/// # Atomicity
///
/// The code is used up in one statement that finds it unused: two requests with the same code have one winner.
pub(crate) async fn accept(
    services: &Services,
    user: UserId,
    presented: &Presented<'_>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<Factor, Problem> {
    let subjects = [Subject::SecondFactor(user), Subject::Address(&origin.ip)];
    let admitted = admit(services, &subjects, now).await?;
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let accepted = match presented {
        Presented::Totp(code) => {
            let row = store::totp(&mut tx, book, user).await?.filter(|row| row.confirmed);
            let step = match &row {
                Some(row) => step_of(services, user, row, code, now)?,
                None => None,
            };
            match step {
                Some(step) => store::use_step(&mut tx, book, user, step).await?,
                None => false,
            }
        }
        Presented::RecoveryCode(text) => {
            use_recovery_code(&mut tx, services, user, Some(text), now).await?
        }
    };
    tx.commit().await?;
    if !accepted {
        admitted.stands("second-factor");
        return Err(Problem::new(ProblemCode::FactorRefused));
    }
    admitted.forgive(services, now).await?;
    Ok(match presented {
        Presented::Totp(_) => Factor::Totp,
        Presented::RecoveryCode(_) => Factor::RecoveryCode,
    })
}

fn step_of(
    services: &Services,
    user: UserId,
    row: &FactorRow,
    code: &str,
    now: UtcMicros,
) -> Result<Option<u64>, Problem> {
    let opened =
        services.vault.open(VaultPurpose::TotpSecret, user.get().as_bytes(), &row.sealed_secret);
    let secret = opened.map_err(|error| {
        tracing::error!(%error, %user, "a stored second factor does not open");
        Problem::internal()
    })?;
    let now_s = u64::try_from(now.get().div_euclid(MICROS_PER_SECOND)).unwrap_or_default();
    totp::accepted_step(&secret, code, row.last_step, now_s).map_err(|error| {
        tracing::error!(%error, %user, "a stored second factor is unusable");
        Problem::internal()
    })
}

/// Draws a secret for an authenticator. It opens nothing before a code of it was shown.
///
/// # Security
///
/// A session of aal1 may do this while there is no factor yet, and never add one to those that are there: else a
/// stolen password would make its own second factor.
pub(super) async fn setup(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Provisioning, Problem> {
    let held = factors(services, caller.user).await?;
    if held.any() {
        caller.require(Aal::Two)?;
    }
    if held.totp {
        return Err(Problem::new(ProblemCode::Conflict)
            .with_detail("an authenticator is set up; disable it before you set up another"));
    }
    let secret = random_secret(totp::SECRET_LEN).map_err(|error| broken(&error))?;
    let owner = caller.user.get();
    let sealed = services
        .vault
        .seal(VaultPurpose::TotpSecret, owner.as_bytes(), &secret)
        .map_err(|error| broken(&error))?;
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let email = store::email(&mut tx, book, caller.user).await?;
    let is_stored = store::set_pending(&mut tx, book, caller.user, &sealed, now).await?;
    tx.commit().await?;
    if !is_stored {
        return Err(Problem::new(ProblemCode::Conflict).with_detail("an authenticator is set up"));
    }
    totp::provisioning(&secret, &services.bank.name, &email).map_err(|error| broken(&error))
}

/// What a code brought about.
pub(super) struct VerifiedFactor {
    pub(super) assurance: Assurance,
    /// Handed out when the authenticator is confirmed, and never shown again.
    pub(super) recovery_codes: Option<Vec<String>>,
}

/// Takes a code: it confirms a set-up that is waiting for it, or steps the session up.
pub(super) async fn verify(
    services: &Services,
    caller: &Caller,
    presented: &Presented<'_>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<VerifiedFactor, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let pending = store::totp(&mut tx, book, caller.user).await?.filter(|row| !row.confirmed);
    tx.commit().await?;
    if let (Some(row), Presented::Totp(code)) = (pending, presented) {
        return confirm(services, caller, &row, code, origin, now).await;
    }
    let factor = accept(services, caller.user, presented, origin, now).await?;
    let assurance = reverify::step_up(services, caller, Some(factor), now).await?;
    Ok(VerifiedFactor { assurance, recovery_codes: None })
}

async fn confirm(
    services: &Services,
    caller: &Caller,
    row: &FactorRow,
    code: &str,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<VerifiedFactor, Problem> {
    // Between set-up and now a passkey may have come: the rule of the set-up holds still.
    if factors(services, caller.user).await?.any() {
        caller.require(Aal::Two)?;
    }
    let subjects = [Subject::SecondFactor(caller.user), Subject::Address(&origin.ip)];
    let admitted = admit(services, &subjects, now).await?;
    let Some(step) = step_of(services, caller.user, row, code, now)? else {
        admitted.stands("second-factor");
        return Err(Problem::new(ProblemCode::FactorRefused));
    };
    changes::record(services, caller.user, Credential::Totp, now).await?;
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    // The very secret that the code is of: another set-up may have replaced it meanwhile.
    if !store::confirm(&mut tx, book, caller.user, &row.sealed_secret, step, now).await? {
        return Err(Problem::new(ProblemCode::FactorRefused));
    }
    let codes = new_codes(&mut tx, services, caller.user).await?;
    tx.commit().await?;
    admitted.forgive(services, now).await?;
    let assurance = reverify::step_up(services, caller, Some(Factor::Totp), now).await?;
    Ok(VerifiedFactor { assurance, recovery_codes: Some(codes) })
}

/// Draws ten recovery codes in place of those that were left. Asks for the authenticator, now.
pub(super) async fn renew_codes(
    services: &Services,
    caller: &Caller,
    code: &str,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<Vec<String>, Problem> {
    accept(services, caller.user, &Presented::Totp(code), origin, now).await?;
    changes::record(services, caller.user, Credential::RecoveryCodes, now).await?;
    let mut tx = services.db.as_writer().await?;
    let codes = new_codes(&mut tx, services, caller.user).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn new_codes(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
) -> Result<Vec<String>, Problem> {
    let drawn: Result<Vec<Code>, _> = (0..codes::COUNT).map(|_| Code::draw()).collect();
    let drawn = drawn.map_err(|error| broken(&error))?;
    let book = services.bank.book;
    store::delete_codes(tx, book, user).await?;
    for code in &drawn {
        store::insert_code(tx, book, user, &code.hash()).await?;
    }
    Ok(drawn.iter().map(Code::written).collect())
}

/// Takes the authenticator, the recovery codes and all trust in browsers away.
///
/// # Security
///
/// With a factor shown now; or in a session of aal3 that was freshly proved, which is how a lost authenticator goes.
pub(super) async fn disable(
    services: &Services,
    caller: &Caller,
    presented: Option<&Presented<'_>>,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<(), Problem> {
    if let Some(presented) = presented {
        accept(services, caller.user, presented, origin, now).await?;
    } else {
        caller.require(Aal::Three)?;
        caller.require_fresh(now)?;
    }
    changes::record(services, caller.user, Credential::Totp, now).await?;
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    forget_all(&mut tx, book, caller.user, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes authenticator, recovery codes and trusted browsers away from a person. Runs inside the caller's transaction.
pub(crate) async fn forget_all(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    now: UtcMicros,
) -> sqlx::Result<()> {
    store::delete_totp(tx, book, user).await?;
    store::delete_codes(tx, book, user).await?;
    super::trust::forget(tx, book, user, now).await
}

pub(super) fn broken(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a second factor could not be made");
    Problem::internal()
}

pub(super) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
