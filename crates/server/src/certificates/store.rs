//! SQL for certificates. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::policy::Permissions;
use crate::sql::{book_id, corrupt, digest, micros, timestamp};

/// What the rows say about a certificate, its holder and its device, in the order in which it is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// Certificate, holder and device are active.
    Active,
    /// Revoked.
    Revoked,
    /// A newer generation exists.
    Superseded,
    /// The holder or the device is not active.
    Locked,
}

/// Everything the directory needs about one certificate, of one moment.
pub(super) struct HolderRow {
    pub(super) der: Vec<u8>,
    pub(super) user: Uuid,
    pub(super) role: Role,
    /// What custom roles give, if any were granted.
    pub(super) granted: Option<Permissions>,
    pub(super) lineage: Sha3,
    pub(super) generation: u32,
    pub(super) newest_generation: u32,
    pub(super) previous: Option<Sha3>,
    pub(super) device: Sha3,
    pub(super) standing: Standing,
    pub(super) sealed_device_key: Vec<u8>,
    pub(super) device_since: UtcMicros,
    pub(super) credentials_since: Option<UtcMicros>,
    pub(super) epoch: u64,
    pub(super) crl_number: u64,
}

/// One row per certificate, with its holder, device, newest generation and the state of authority: one statement, so
/// that all of it is of one moment.
pub(super) async fn holder(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
) -> sqlx::Result<Option<HolderRow>> {
    let row = sqlx::query!(
        r#"SELECT c.der, c.user_id, c.lineage, c.generation, c.previous, c.device_id, c.status,
                  u.role, u.status AS user_status,
                  d.status AS device_status, d.sealed_device_key, d.enrolled_at,
                  EXISTS (SELECT 1 FROM user_locks l
                           WHERE l.book_id = c.book_id AND l.user_id = c.user_id AND l.locked) AS "is_locked!",
                  (SELECT string_agg(CASE WHEN r.active THEN r.permissions ELSE '' END, ' ')
                     FROM role_grants g
                     JOIN roles r ON r.book_id = g.book_id AND r.name = g.name
                    WHERE g.book_id = c.book_id AND g.user_id = c.user_id AND g.granted) AS granted,
                  (SELECT max(n.generation) FROM certificates n
                    WHERE n.book_id = c.book_id AND n.lineage = c.lineage) AS "newest_generation!",
                  (SELECT h.changed_at FROM credential_changes h
                    WHERE h.book_id = c.book_id AND h.user_id = c.user_id) AS credentials_since,
                  a.epoch, a.crl_number
             FROM certificates c
             JOIN users u ON u.book_id = c.book_id AND u.user_id = c.user_id
             JOIN devices d ON d.book_id = c.book_id AND d.device_id = c.device_id
                           AND d.user_id = c.user_id
             JOIN authority_state a ON a.book_id = c.book_id
            WHERE c.book_id = $1 AND c.fingerprint = $2"#,
        book_id(book),
        certificate.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let standing = match (&*row.status, &*row.user_status, &*row.device_status) {
        ("active", "active", "active") if !row.is_locked => Standing::Active,
        ("revoked", _, _) => Standing::Revoked,
        ("superseded", _, _) => Standing::Superseded,
        _ => Standing::Locked,
    };
    Ok(Some(HolderRow {
        der: row.der,
        user: row.user_id,
        role: row.role.parse().map_err(corrupt)?,
        granted: row.granted.as_deref().map(Permissions::from_names),
        lineage: digest(&row.lineage)?,
        generation: u32::try_from(row.generation).map_err(corrupt)?,
        newest_generation: u32::try_from(row.newest_generation).map_err(corrupt)?,
        previous: row.previous.as_deref().map(digest).transpose()?,
        device: digest(&row.device_id)?,
        standing,
        sealed_device_key: row.sealed_device_key,
        device_since: micros(row.enrolled_at),
        credentials_since: row.credentials_since.map(micros),
        epoch: u64::try_from(row.epoch).map_err(corrupt)?,
        crl_number: u64::try_from(row.crl_number).map_err(corrupt)?,
    }))
}

/// The present epoch of authority.
pub(super) async fn epoch(tx: &mut PgConnection, book: BookId) -> sqlx::Result<u64> {
    let epoch =
        sqlx::query_scalar!("SELECT epoch FROM authority_state WHERE book_id = $1", book_id(book))
            .fetch_one(tx)
            .await?;
    u64::try_from(epoch).map_err(corrupt)
}

/// The revocation list in use.
pub(super) struct CrlRow {
    pub(super) number: u64,
    pub(super) der: Vec<u8>,
}

/// The revocation list in use.
pub(super) async fn crl(tx: &mut PgConnection, book: BookId) -> sqlx::Result<CrlRow> {
    let row = sqlx::query!(
        "SELECT crl_number, crl_der FROM authority_state WHERE book_id = $1",
        book_id(book)
    )
    .fetch_one(tx)
    .await?;
    Ok(CrlRow { number: u64::try_from(row.crl_number).map_err(corrupt)?, der: row.crl_der })
}

/// A certificate as its holder, or staff, may see it.
pub(super) struct CertificateRow {
    pub(super) fingerprint: Sha3,
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) der: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) lineage: Sha3,
    pub(super) generation: u32,
    pub(super) previous: Option<Sha3>,
    pub(super) device: Sha3,
    pub(super) not_before: UtcMicros,
    pub(super) not_after: UtcMicros,
    pub(super) status: String,
    pub(super) ended_at: Option<UtcMicros>,
    pub(super) revocation_reason: Option<String>,
}

struct RawCertificate {
    fingerprint: Vec<u8>,
    user_id: Uuid,
    role: String,
    der: Vec<u8>,
    serial: Vec<u8>,
    lineage: Vec<u8>,
    generation: i32,
    previous: Option<Vec<u8>>,
    device_id: Vec<u8>,
    not_before: time::OffsetDateTime,
    not_after: time::OffsetDateTime,
    status: String,
    ended_at: Option<time::OffsetDateTime>,
    revocation_reason: Option<String>,
}

impl TryFrom<RawCertificate> for CertificateRow {
    type Error = sqlx::Error;

    fn try_from(raw: RawCertificate) -> sqlx::Result<Self> {
        Ok(Self {
            fingerprint: digest(&raw.fingerprint)?,
            user: UserId::new(raw.user_id),
            role: raw.role.parse().map_err(corrupt)?,
            der: raw.der,
            serial: raw.serial,
            lineage: digest(&raw.lineage)?,
            generation: u32::try_from(raw.generation).map_err(corrupt)?,
            previous: raw.previous.as_deref().map(digest).transpose()?,
            device: digest(&raw.device_id)?,
            not_before: micros(raw.not_before),
            not_after: micros(raw.not_after),
            status: raw.status,
            ended_at: raw.ended_at.map(micros),
            revocation_reason: raw.revocation_reason,
        })
    }
}

/// One certificate, if row-level security shows it.
pub(super) async fn find(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
) -> sqlx::Result<Option<CertificateRow>> {
    sqlx::query_as!(
        RawCertificate,
        "SELECT fingerprint, user_id, role, der, serial, lineage, generation, previous, device_id,
                not_before, not_after, status, ended_at, revocation_reason
           FROM certificates WHERE book_id = $1 AND fingerprint = $2",
        book_id(book),
        certificate.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The certificates of `user` that row-level security shows, newest first, at most `limit`.
pub(super) async fn of_user(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    limit: i64,
) -> sqlx::Result<Vec<CertificateRow>> {
    sqlx::query_as!(
        RawCertificate,
        "SELECT fingerprint, user_id, role, der, serial, lineage, generation, previous, device_id,
                not_before, not_after, status, ended_at, revocation_reason
           FROM certificates WHERE book_id = $1 AND user_id = $2
          ORDER BY not_before DESC, generation DESC LIMIT $3",
        book_id(book),
        user.get(),
        limit,
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// Certificates in use that row-level security shows, the oldest first, after `after`, at most `limit`.
pub(super) async fn in_use(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<&Sha3>,
    limit: i64,
) -> sqlx::Result<Vec<CertificateRow>> {
    sqlx::query_as!(
        RawCertificate,
        "SELECT fingerprint, user_id, role, der, serial, lineage, generation, previous, device_id,
                not_before, not_after, status, ended_at, revocation_reason
           FROM certificates
          WHERE book_id = $1 AND status = 'active'
            AND ($2::bytea IS NULL
                 OR (not_before, fingerprint) > ((SELECT c.not_before FROM certificates c
                                                   WHERE c.book_id = $1 AND c.fingerprint = $2), $2))
          ORDER BY not_before, fingerprint LIMIT $3",
        book_id(book),
        after.map(|after| after.as_bytes().as_slice()),
        limit,
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// Locks a certificate's row and returns it: what is decided next holds until COMMIT.
pub(super) async fn lock(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
) -> sqlx::Result<Option<CertificateRow>> {
    sqlx::query_as!(
        RawCertificate,
        "SELECT fingerprint, user_id, role, der, serial, lineage, generation, previous, device_id,
                not_before, not_after, status, ended_at, revocation_reason
           FROM certificates WHERE book_id = $1 AND fingerprint = $2 FOR UPDATE",
        book_id(book),
        certificate.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// A new certificate.
pub(super) struct NewCertificate<'a> {
    pub(super) fingerprint: &'a Sha3,
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) der: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) lineage: &'a Sha3,
    pub(super) generation: u32,
    pub(super) previous: Option<&'a Sha3>,
    pub(super) device: &'a Sha3,
    pub(super) not_before: UtcMicros,
    pub(super) not_after: UtcMicros,
    pub(super) components: &'a [Sha3],
}

/// Stores a certificate and the hashes of its key's halves. A half in use elsewhere is a constraint violation here:
/// whoever decides looked before, and only a race of two servers arrives at it.
pub(super) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewCertificate<'_>,
) -> sqlx::Result<()> {
    let generation = i32::try_from(new.generation).map_err(corrupt)?;
    sqlx::query!(
        "INSERT INTO certificates (book_id, fingerprint, user_id, role, der, serial, lineage, generation,
                                   previous, device_id, not_before, not_after, status)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'active')",
        book_id(book),
        new.fingerprint.as_bytes().as_slice(),
        new.user.get(),
        new.role.name(),
        new.der,
        new.serial,
        new.lineage.as_bytes().as_slice(),
        generation,
        new.previous.map(|digest| digest.as_bytes().as_slice()),
        new.device.as_bytes().as_slice(),
        timestamp(new.not_before),
        timestamp(new.not_after),
    )
    .execute(&mut *tx)
    .await?;
    let components: Vec<Vec<u8>> =
        new.components.iter().map(|digest| digest.as_bytes().to_vec()).collect();
    sqlx::query!(
        "INSERT INTO certificate_components (book_id, component, fingerprint)
         SELECT $1, component, $2 FROM unnest($3::bytea[]) AS component",
        book_id(book),
        new.fingerprint.as_bytes().as_slice(),
        &components,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether any of these halves stands in a certificate already.
pub(super) async fn component_in_use(
    tx: &mut PgConnection,
    book: BookId,
    components: &[Sha3],
) -> sqlx::Result<bool> {
    let components: Vec<Vec<u8>> =
        components.iter().map(|digest| digest.as_bytes().to_vec()).collect();
    let in_use = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM certificate_components
                           WHERE book_id = $1 AND component = ANY($2)) AS "in_use!""#,
        book_id(book),
        &components,
    )
    .fetch_one(tx)
    .await?;
    Ok(in_use)
}

/// Ends a certificate.
pub(super) async fn end(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
    ending: Ending<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE certificates SET status = $3, ended_at = $4, revocation_reason = $5
          WHERE book_id = $1 AND fingerprint = $2",
        book_id(book),
        certificate.as_bytes().as_slice(),
        ending.status,
        timestamp(ending.at),
        ending.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How a certificate ends.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    pub(super) status: &'a str,
    pub(super) at: UtcMicros,
    pub(super) reason: Option<&'a str>,
}

/// A device as stored.
pub(super) struct DeviceRow {
    pub(super) user: UserId,
    pub(super) active: bool,
    pub(super) sealed_device_key: Vec<u8>,
}

/// Locks a device's row.
pub(super) async fn lock_device(
    tx: &mut PgConnection,
    book: BookId,
    device: &Sha3,
) -> sqlx::Result<Option<DeviceRow>> {
    let row = sqlx::query!(
        "SELECT user_id, status, sealed_device_key FROM devices
          WHERE book_id = $1 AND device_id = $2 FOR UPDATE",
        book_id(book),
        device.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| DeviceRow {
        user: UserId::new(row.user_id),
        active: row.status == "active",
        sealed_device_key: row.sealed_device_key,
    }))
}

/// A device that was not enrolled before.
pub(super) struct NewDevice<'a> {
    pub(super) device: &'a Sha3,
    pub(super) user: UserId,
    pub(super) sealed_device_key: &'a [u8],
    pub(super) kem_public_key: &'a [u8],
    pub(super) at: UtcMicros,
}

/// Stores a device.
pub(super) async fn insert_device(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewDevice<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO devices (book_id, device_id, user_id, sealed_device_key, kem_public_key, status, enrolled_at)
         VALUES ($1, $2, $3, $4, $5, 'active', $6)",
        book_id(book),
        new.device.as_bytes().as_slice(),
        new.user.get(),
        new.sealed_device_key,
        new.kem_public_key,
        timestamp(new.at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives an enrolled device the KEM key of its new generation.
pub(super) async fn set_device_kem_key(
    tx: &mut PgConnection,
    book: BookId,
    device: &Sha3,
    kem_public_key: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE devices SET kem_public_key = $3 WHERE book_id = $1 AND device_id = $2",
        book_id(book),
        device.as_bytes().as_slice(),
        kem_public_key,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The KEM key of a device, if row-level security shows it.
pub(super) async fn device_kem_key(
    tx: &mut PgConnection,
    book: BookId,
    device: &Sha3,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT kem_public_key FROM devices WHERE book_id = $1 AND device_id = $2",
        book_id(book),
        device.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await
}

/// Ends a device.
pub(super) async fn revoke_device(
    tx: &mut PgConnection,
    book: BookId,
    device: &Sha3,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE devices SET status = 'revoked' WHERE book_id = $1 AND device_id = $2",
        book_id(book),
        device.as_bytes().as_slice(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Locks the active certificates of a person, or of a device, and says which they are, in ascending order.
pub(super) async fn lock_active(
    tx: &mut PgConnection,
    book: BookId,
    user: Option<UserId>,
    device: Option<&Sha3>,
) -> sqlx::Result<Vec<Sha3>> {
    sqlx::query_scalar!(
        "SELECT fingerprint FROM certificates
          WHERE book_id = $1 AND status = 'active'
            AND ($2::uuid IS NULL OR user_id = $2) AND ($3::bytea IS NULL OR device_id = $3)
          ORDER BY fingerprint FOR UPDATE",
        book_id(book),
        user.map(UserId::get),
        device.map(|device| device.as_bytes().as_slice()),
    )
    .fetch_all(tx)
    .await?
    .iter()
    .map(|fingerprint| digest(fingerprint))
    .collect()
}

/// Ends the active devices of a person, or one, and says which they were, in ascending order.
pub(super) async fn revoke_devices(
    tx: &mut PgConnection,
    book: BookId,
    user: Option<UserId>,
    device: Option<&Sha3>,
) -> sqlx::Result<Vec<Sha3>> {
    let mut ended = sqlx::query_scalar!(
        "UPDATE devices SET status = 'revoked'
          WHERE book_id = $1 AND status = 'active'
            AND ($2::uuid IS NULL OR user_id = $2) AND ($3::bytea IS NULL OR device_id = $3)
         RETURNING device_id",
        book_id(book),
        user.map(UserId::get),
        device.map(|device| device.as_bytes().as_slice()),
    )
    .fetch_all(tx)
    .await?;
    ended.sort_unstable();
    ended.iter().map(|device| digest(device)).collect()
}

/// Number of the revocation list at this moment, to pin into a new certificate.
pub(super) async fn crl_number(tx: &mut PgConnection, book: BookId) -> sqlx::Result<u64> {
    let number = sqlx::query_scalar!(
        "SELECT crl_number FROM authority_state WHERE book_id = $1",
        book_id(book)
    )
    .fetch_one(tx)
    .await?;
    u64::try_from(number).map_err(corrupt)
}
