//! Pairing, approval, revocation and naming of devices.

use crypto::{SecretBytes, Sha3, sha3_256};
use intent::{Body, DeviceId, Pairing, Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) use super::store::Without;
use super::store::{self, DeviceSummary, NewPairing, PairingRow};
use crate::certificates::service::{Whose, end_all};
use crate::clock::fresh_id;
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::{Code, Problem};
use crate::sessions::Caller;
use crate::{Services, registers};

/// Life of a pairing, in microseconds: five minutes.
const PAIRING_US: i64 = 5 * 60 * 1_000_000;
/// Pairings that a person may have begun within the life of one: whoever wants the match number of somebody else's has
/// so many tries of a million.
const PAIRINGS_MAX: i64 = 5;

/// What a new device says of itself.
pub(super) struct Asked<'a> {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    pub(super) csr_sha3: Sha3,
    pub(super) registration: Sha3,
    pub(super) name: &'a str,
    pub(super) ip: &'a str,
}

/// Begins a pairing. It grants nothing; whether the person exists makes no difference to the answer.
pub(super) async fn begin_pairing(
    services: &Services,
    asked: &Asked<'_>,
    now: UtcMicros,
) -> Result<(Pairing, UtcMicros), Problem> {
    let (book, expires_at) = (services.bank.book, later(now, PAIRING_US));
    let new = NewPairing { pairing: fresh_id(now), asked, at: now, expires_at };
    let mut tx = services.db.as_writer().await?;
    store::sweep_pairings(&mut tx, book, later(now, -PAIRING_US)).await?;
    if store::begun_since(&mut tx, book, asked.user, later(now, -PAIRING_US)).await? >= PAIRINGS_MAX
    {
        return Err(Problem::new(Code::RateLimited));
    }
    if !store::insert_pairing(&mut tx, book, &new).await? {
        return Err(Problem::new(Code::Conflict).with_field("registration"));
    }
    tx.commit().await?;
    let pairing = Pairing {
        id: new.pairing,
        bank: services.bank.id.clone(),
        user: asked.user,
        device: asked.device,
        csr_sha3: asked.csr_sha3,
        registration: asked.registration,
    };
    Ok((pairing, expires_at))
}

/// Where a pairing stands, for whoever has its token.
pub(super) async fn pairing_status(
    services: &Services,
    pairing: Uuid,
    token: &SecretBytes,
    now: UtcMicros,
) -> Result<&'static str, Problem> {
    let mut tx = services.db.as_writer().await?;
    let found = store::pairing(&mut tx, services.bank.book, pairing).await?;
    tx.commit().await?;
    // The token has 32 random bytes: its hash in an index tells nothing to who does not have it.
    let found = found
        .filter(|found| found.registration == sha3_256(token.expose()))
        .ok_or_else(Problem::not_found)?;
    Ok(match (found.approved, now >= found.expires_at) {
        (true, _) => "approved",
        (false, true) => "expired",
        (false, false) => "waiting",
    })
}

/// A pairing of the caller's own, to be compared before it is approved.
pub(super) async fn own_pairing(
    services: &Services,
    caller: &Caller,
    pairing: Uuid,
) -> Result<(Pairing, PairingRow), Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let found = store::pairing(&mut tx, services.bank.book, pairing).await?;
    tx.commit().await?;
    let row = found.filter(|row| row.user == caller.user).ok_or_else(Problem::not_found)?;
    let pairing = Pairing {
        id: pairing,
        bank: services.bank.id.clone(),
        user: row.user,
        device: row.device,
        csr_sha3: row.csr_sha3,
        registration: row.registration,
    };
    Ok((pairing, row))
}

/// Lets the device of a pairing enrol. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Pairing, registration and leaf commit together.
pub(crate) async fn apply_approve(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::DeviceApprove { device, csr_sha3, registration }, Some(signer), Some(rule)) =
        (cx.intent.body(), cx.signer, registers::rule(cx.intent))
    else {
        return Err(Fault::Broken("not an approval of a device"));
    };
    let book = cx.services.bank.book;
    let found = store::lock_pairing(tx, book, registration).await?;
    let is_theirs = |found: &PairingRow| {
        found.user == signer.user && found.device == *device && found.csr_sha3 == *csr_sha3
    };
    let Some(found) = found.filter(is_theirs) else {
        return Ok(Applied::Refused(Refusal::PairingUnknown));
    };
    if found.approved {
        return Ok(Applied::Refused(Refusal::PairingUsed));
    }
    if cx.now >= found.expires_at {
        return Ok(Applied::Refused(Refusal::PairingExpired));
    }
    let applied = registers::service::apply(tx, cx, &rule).await?;
    if matches!(applied, Applied::Accepted { .. }) {
        store::approve_pairing(tx, book, registration, cx.now).await?;
    }
    Ok(applied)
}

/// Ends a device, its certificates and its sessions. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Device, certificates, sessions, revocation list, epoch and leaf commit together.
pub(crate) async fn apply_revoke(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::DeviceRevoke { device, reason }, Some(signer)) = (cx.intent.body(), cx.signer)
    else {
        return Err(Fault::Broken("not the end of a device"));
    };
    let book = cx.services.bank.book;
    registers::service::lock(tx, book).await?;
    let found = store::lock_device(tx, book, *device).await?;
    let Some(found) = found.filter(|found| signer.asker().may_end(found.user, found.role)) else {
        return Ok(Applied::Refused(Refusal::DeviceNotFound));
    };
    if !found.active {
        return Ok(Applied::Refused(Refusal::DeviceAlreadyEnded));
    }
    if ends_administration(tx, cx, found.role, Without::Device(device.get())).await? {
        return Ok(Applied::Refused(Refusal::LastAdministrator));
    }
    let ended = end_all(tx, cx, Whose::Device(device.get()), *reason).await?;
    let result = ended.into_facts(*reason, cx.now);
    Ok(Applied::Accepted { result, extra: None, bumps_epoch: true })
}

/// Whether no administrator could sign in any more if this ended. Whoever asks has locked the registers: two administrators
/// who end each other at once, at two instances, take turns there.
pub(crate) async fn ends_administration(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    role: Role,
    without: Without,
) -> sqlx::Result<bool> {
    let book = cx.services.bank.book;
    Ok(role == Role::SystemAdmin
        && !store::is_administered_without(tx, book, without, cx.now).await?)
}

/// A device that was paired is called as it said while it waited; any other has no name yet.
pub(crate) async fn name_as_paired(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
) -> sqlx::Result<()> {
    store::name_as_paired(tx, book, registration).await
}

/// The caller's devices, newest first.
pub(super) async fn list(
    services: &Services,
    caller: &Caller,
) -> Result<Vec<DeviceSummary>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let devices = store::of_user(&mut tx, services.bank.book, caller.user).await?;
    tx.commit().await?;
    Ok(devices)
}

/// Names one of the caller's devices.
pub(super) async fn rename(
    services: &Services,
    caller: &Caller,
    device: DeviceId,
    name: &str,
) -> Result<(), Problem> {
    let mut tx = services.db.as_writer().await?;
    let is_named = store::rename(&mut tx, services.bank.book, caller.user, device, name).await?;
    tx.commit().await?;
    if is_named { Ok(()) } else { Err(Problem::not_found()) }
}

const fn later(now: UtcMicros, by_us: i64) -> UtcMicros {
    UtcMicros::from_micros(now.get().saturating_add(by_us))
}
