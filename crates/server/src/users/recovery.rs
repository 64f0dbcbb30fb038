//! Recovery: somebody without any of their devices asks, a manager signs, and everything old ends.
//!
//! The request grants nothing. Who signs compares the number of six digits with the person's, by another way than this
//! one, and knows them. What follows the re-enrolment is a day of low limits: see [`registrations`](super::registrations).

use crypto::{SecretBytes, Sha3, sha3_256};
use intent::{Body, RevocationReason, UserId, UtcMicros, pairing};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, NewRecovery, RecoveryRow};
use crate::certificates::service::{Whose, end_all};
use crate::clock::fresh_id;
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{Services, credentials, mfa, passkeys, registers, sessions};

/// How long a request waits for a manager, in microseconds: one day.
const REQUEST_US: i64 = 24 * 60 * 60 * 1_000_000;
/// What ends the old certificates: whoever has the devices now may have the keys.
const REASON: RevocationReason = RevocationReason::KeyCompromise;

/// A request as its sender sees it.
pub(super) struct Requested {
    pub(super) request: Uuid,
    pub(super) number: String,
    pub(super) expires_at: UtcMicros,
}

/// Files a request to enrol anew under a token whose hash is `registration`.
///
/// # Security
///
/// The answer is the same for an address that nobody has: who asks learns nothing. A person has few open requests, so
/// that a flood of them does not hide the true one among others for long; the number tells them apart.
pub(super) async fn request(
    services: &Services,
    email: &str,
    code: Option<&str>,
    registration: Sha3,
    ip: &str,
    now: UtcMicros,
) -> Result<Requested, Problem> {
    let (request, book) = (fresh_id(now), services.bank.book);
    let expires_at = UtcMicros::from_micros(now.get().saturating_add(REQUEST_US));
    let email = email.trim().to_ascii_lowercase();
    let mut tx = services.db.as_writer().await?;
    let found = store::recoverable(&mut tx, book, &email, now).await?;
    // Nobody's codes are looked for as somebody's are: the time tells nothing of who is a customer.
    let user = found.unwrap_or_else(|| UserId::new(request));
    let must_prove = mfa::has_codes(&mut tx, services, user).await?;
    let proved_by_code = mfa::use_recovery_code(&mut tx, services, user, code, now).await?;
    if found.is_some() && (proved_by_code || !must_prove) {
        let registration = &registration;
        let new =
            NewRecovery { request, user, registration, proved_by_code, ip, at: now, expires_at };
        store::insert_recovery(&mut tx, book, &new).await?;
    }
    tx.commit().await?;
    Ok(Requested { request, number: number(request, &registration), expires_at })
}

/// What the person and the manager compare.
fn number(request: Uuid, registration: &Sha3) -> String {
    pairing::number(&format!("strongroom-recovery-1.{request}.{registration}"))
}

/// Where a request stands, for whoever has its token: the person's id once a manager has signed.
pub(super) async fn outcome(
    services: &Services,
    request: Uuid,
    token: &SecretBytes,
) -> Result<Option<UserId>, Problem> {
    let registration = sha3_256(token.expose());
    let mut tx = services.db.as_writer().await?;
    let found = store::recovery_by_token(&mut tx, services.bank.book, &registration).await?;
    tx.commit().await?;
    Ok(found.filter(|row| row.request == request && row.approved).map(|row| row.user))
}

/// A request as a manager sees it.
pub(super) struct Waiting {
    pub(super) row: RecoveryRow,
    pub(super) number: String,
}

/// Requests that wait for a manager, newest first.
pub(super) async fn waiting(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Vec<Waiting>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let rows = store::recoveries(&mut tx, services.bank.book, now).await?;
    tx.commit().await?;
    let show = |row: RecoveryRow| Waiting { number: number(row.request, &row.registration), row };
    Ok(rows.into_iter().map(show).collect())
}

/// Ends all that the person had, and opens one new registration. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Registration, certificates, devices, sessions, revocation list, epoch and leaf commit together.
pub(crate) async fn apply_recover(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::UserRecover { user, registration, .. }, Some(rule)) =
        (cx.intent.body(), registers::rule(cx.intent))
    else {
        return Err(Fault::Broken("not a recovery"));
    };
    let book = cx.services.bank.book;
    let asked = store::lock_recovery(tx, book, registration).await?;
    if !asked
        .is_some_and(|asked| asked.user == *user && !asked.approved && cx.now < asked.expires_at)
    {
        return Ok(Applied::Refused(Refusal::RecoveryNotRequested));
    }
    let mut applied = registers::service::apply(tx, cx, &rule).await?;
    let Applied::Accepted { result, .. } = &mut applied else { return Ok(applied) };
    let ended = end_all(tx, cx, Whose::User(*user), REASON).await?;
    result.extend(ended.into_facts(REASON, cx.now));
    // Whoever has the devices now may have what was set up on them, and what was opened from them.
    let ending = sessions::Ending { at: cx.now, reason: "recovered" };
    sessions::end_all(tx, book, *user, ending).await?;
    credentials::forget_password(tx, book, *user).await?;
    passkeys::forget_all(tx, book, *user).await?;
    mfa::forget_all(tx, book, *user, cx.now).await?;
    store::approve_recovery(tx, book, registration, cx.now).await?;
    Ok(applied)
}
