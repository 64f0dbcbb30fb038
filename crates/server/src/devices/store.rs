//! SQL for devices and pairings. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{DeviceId, Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::Asked;
use crate::sql::{book_id, corrupt, digest, micros, timestamp};

/// A pairing to begin.
pub(super) struct NewPairing<'a> {
    pub(super) pairing: Uuid,
    pub(super) asked: &'a Asked<'a>,
    pub(super) at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

/// Stores a pairing. `false`: its token was seen before.
pub(super) async fn insert_pairing(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewPairing<'_>,
) -> sqlx::Result<bool> {
    let (asked, device) = (new.asked, new.asked.device.get());
    let done = sqlx::query!(
        "INSERT INTO pairings (book_id, pairing_id, user_id, device_id, csr_sha3, registration, name, ip,
                               created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT ON CONSTRAINT pairings_registration_is_unique DO NOTHING",
        book_id(book),
        new.pairing,
        asked.user.get(),
        device.as_bytes().as_slice(),
        asked.csr_sha3.as_bytes().as_slice(),
        asked.registration.as_bytes().as_slice(),
        asked.name,
        asked.ip,
        timestamp(new.at),
        timestamp(new.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many pairings a person has begun since a time.
pub(super) async fn begun_since(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    since: UtcMicros,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM pairings
            WHERE book_id = $1 AND user_id = $2 AND created_at > $3"#,
        book_id(book),
        user.get(),
        timestamp(since),
    )
    .fetch_one(tx)
    .await
}

/// Forgets pairings that ended long ago.
pub(super) async fn sweep_pairings(
    tx: &mut PgConnection,
    book: BookId,
    before: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM pairings WHERE book_id = $1 AND expires_at < $2",
        book_id(book),
        timestamp(before),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A pairing as stored.
pub(super) struct PairingRow {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    pub(super) csr_sha3: Sha3,
    pub(super) registration: Sha3,
    pub(super) name: String,
    pub(super) ip: String,
    pub(super) created_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
    pub(super) approved: bool,
}

struct RawPairing {
    user_id: Uuid,
    device_id: Vec<u8>,
    csr_sha3: Vec<u8>,
    registration: Vec<u8>,
    name: String,
    ip: String,
    created_at: time::OffsetDateTime,
    expires_at: time::OffsetDateTime,
    approved_at: Option<time::OffsetDateTime>,
}

impl TryFrom<RawPairing> for PairingRow {
    type Error = sqlx::Error;

    fn try_from(raw: RawPairing) -> sqlx::Result<Self> {
        Ok(Self {
            user: UserId::new(raw.user_id),
            device: DeviceId::new(digest(&raw.device_id)?),
            csr_sha3: digest(&raw.csr_sha3)?,
            registration: digest(&raw.registration)?,
            name: raw.name,
            ip: raw.ip,
            created_at: micros(raw.created_at),
            expires_at: micros(raw.expires_at),
            approved: raw.approved_at.is_some(),
        })
    }
}

/// One pairing.
pub(super) async fn pairing(
    tx: &mut PgConnection,
    book: BookId,
    pairing: Uuid,
) -> sqlx::Result<Option<PairingRow>> {
    sqlx::query_as!(
        RawPairing,
        "SELECT user_id, device_id, csr_sha3, registration, name, ip, created_at, expires_at, approved_at
           FROM pairings WHERE book_id = $1 AND pairing_id = $2",
        book_id(book),
        pairing,
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// Locks the pairing of a token: of two approvals, the second waits here and then finds it approved.
pub(super) async fn lock_pairing(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
) -> sqlx::Result<Option<PairingRow>> {
    sqlx::query_as!(
        RawPairing,
        "SELECT user_id, device_id, csr_sha3, registration, name, ip, created_at, expires_at, approved_at
           FROM pairings WHERE book_id = $1 AND registration = $2 FOR UPDATE",
        book_id(book),
        registration.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// Uses a pairing up.
pub(super) async fn approve_pairing(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE pairings SET approved_at = $3 WHERE book_id = $1 AND registration = $2",
        book_id(book),
        registration.as_bytes().as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A device about to end.
pub(super) struct DeviceRow {
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) active: bool,
}

/// Locks a device's row.
pub(super) async fn lock_device(
    tx: &mut PgConnection,
    book: BookId,
    device: DeviceId,
) -> sqlx::Result<Option<DeviceRow>> {
    let device = device.get();
    sqlx::query!(
        "SELECT d.user_id, d.status, u.role
           FROM devices d JOIN users u ON u.book_id = d.book_id AND u.user_id = d.user_id
          WHERE d.book_id = $1 AND d.device_id = $2 FOR UPDATE OF d",
        book_id(book),
        device.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(DeviceRow {
            user: UserId::new(row.user_id),
            role: row.role.parse().map_err(corrupt)?,
            active: row.status == "active",
        })
    })
    .transpose()
}

/// What is about to end.
#[derive(Clone, Copy)]
pub(crate) enum Without {
    Device(Sha3),
    Certificate(Sha3),
}

/// Whether some administrator who is not locked can sign in at `now` by another device, or another certificate.
pub(super) async fn is_administered_without(
    tx: &mut PgConnection,
    book: BookId,
    without: Without,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    let (Without::Device(digest) | Without::Certificate(digest)) = without;
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM certificates c
               JOIN users u ON u.book_id = c.book_id AND u.user_id = c.user_id
               JOIN devices d ON d.book_id = c.book_id AND d.device_id = c.device_id
              WHERE c.book_id = $1 AND c.not_after > $3
                AND CASE WHEN $4 THEN c.device_id ELSE c.fingerprint END <> $2
                AND c.status = 'active' AND d.status = 'active'
                AND u.role = 'system_admin' AND u.status = 'active'
                AND NOT EXISTS (SELECT FROM user_locks l
                                 WHERE l.book_id = c.book_id AND l.user_id = c.user_id AND l.locked)
           ) AS "is_administered!""#,
        book_id(book),
        digest.as_bytes().as_slice(),
        timestamp(now),
        matches!(without, Without::Device(_)),
    )
    .fetch_one(tx)
    .await
}

/// A device as its owner sees it.
pub(super) struct DeviceSummary {
    pub(super) device: DeviceId,
    pub(super) name: Option<String>,
    pub(super) active: bool,
    pub(super) enrolled_at: UtcMicros,
    pub(super) last_used_at: Option<UtcMicros>,
    pub(super) certificate: Option<Sha3>,
    pub(super) not_after: Option<UtcMicros>,
}

/// Devices of a person with the newest certificate of each, newest first.
pub(super) async fn of_user(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Vec<DeviceSummary>> {
    sqlx::query!(
        r#"SELECT d.device_id, d.name, d.status, d.enrolled_at,
                  c.fingerprint AS "fingerprint?", c.not_after AS "not_after?",
                  (SELECT max(s.refreshed_at) FROM sessions s
                    WHERE s.book_id = d.book_id AND s.user_id = d.user_id AND s.device_id = d.device_id) AS last_used_at
             FROM devices d
             LEFT JOIN LATERAL (
                  SELECT fingerprint, not_after FROM certificates c
                   WHERE c.book_id = d.book_id AND c.user_id = d.user_id AND c.device_id = d.device_id
                   ORDER BY not_before DESC, generation DESC LIMIT 1) c ON true
            WHERE d.book_id = $1 AND d.user_id = $2
            ORDER BY d.enrolled_at DESC, d.device_id LIMIT 200"#,
        book_id(book),
        user.get(),
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|row| {
        Ok(DeviceSummary {
            device: DeviceId::new(digest(&row.device_id)?),
            name: row.name,
            active: row.status == "active",
            enrolled_at: micros(row.enrolled_at),
            last_used_at: row.last_used_at.map(micros),
            certificate: row.fingerprint.as_deref().map(digest).transpose()?,
            not_after: row.not_after.map(micros),
        })
    })
    .collect()
}

/// Names the device of a pairing, by the hash of the token that it enrolled with.
pub(super) async fn name_as_paired(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE devices d SET name = p.name FROM pairings p
          WHERE p.book_id = $1 AND p.registration = $2
            AND d.book_id = p.book_id AND d.device_id = p.device_id",
        book_id(book),
        registration.as_bytes().as_slice(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Names a device of `user`. `false`: there is none.
pub(super) async fn rename(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    device: DeviceId,
    name: &str,
) -> sqlx::Result<bool> {
    let device = device.get();
    let done = sqlx::query!(
        "UPDATE devices SET name = $4 WHERE book_id = $1 AND user_id = $2 AND device_id = $3",
        book_id(book),
        user.get(),
        device.as_bytes().as_slice(),
        name,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
