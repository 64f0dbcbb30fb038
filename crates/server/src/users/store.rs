//! SQL for people. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt, digest, micros, timestamp};

/// A person with a one-time registration token.
pub(super) struct NewUser<'a> {
    pub(super) user: UserId,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) role: Role,
    pub(super) registration: &'a Sha3,
    pub(super) expires_at: UtcMicros,
    pub(super) at: UtcMicros,
}

/// Takes an address from a customer who registered with it and did not enrol in time: nobody has proved that it is theirs. The
/// row keeps its id in place of one, and its token is void.
pub(super) async fn release_address(
    tx: &mut PgConnection,
    book: BookId,
    email: &str,
    now: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET email = user_id::text, registration_hash = NULL
          WHERE book_id = $1 AND email = $2 AND role = 'customer' AND status = 'registered'
            AND registration_expires_at <= $3",
        book_id(book),
        email,
        timestamp(now),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Registers a person, unless the address is taken.
pub(super) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewUser<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (book_id, user_id, name, email, role, status, registration_hash,
                            registration_expires_at, registered_at)
         VALUES ($1, $2, $3, $4, $5, 'registered', $6, $7, $8)
         ON CONFLICT ON CONSTRAINT users_email_is_unique DO NOTHING",
        book_id(book),
        new.user.get(),
        new.name,
        new.email,
        new.role.name(),
        new.registration.as_bytes().as_slice(),
        timestamp(new.expires_at),
        timestamp(new.at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A person about to enrol.
pub(super) struct RegistrationRow {
    pub(super) role: Role,
    pub(super) status: String,
    pub(super) hash: Option<Sha3>,
    pub(super) expires_at: Option<UtcMicros>,
}

/// Locks a person's row: of two enrolments with one token, the second waits here and then finds it redeemed.
pub(super) async fn lock_registration(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<RegistrationRow>> {
    sqlx::query!(
        "SELECT role, status, registration_hash, registration_expires_at FROM users
          WHERE book_id = $1 AND user_id = $2 FOR UPDATE",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(RegistrationRow {
            role: row.role.parse().map_err(corrupt)?,
            status: row.status,
            hash: row.registration_hash.as_deref().map(digest).transpose()?,
            expires_at: row.registration_expires_at.map(micros),
        })
    })
    .transpose()
}

/// Uses a registration up.
pub(super) async fn activate(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET status = 'active', registration_hash = NULL, registration_expires_at = NULL
          WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A person as they, or staff, may see them.
pub(super) struct Profile {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) status: String,
    pub(super) registered_at: UtcMicros,
}

/// One person, if row-level security shows them.
pub(super) async fn profile(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<Profile>> {
    sqlx::query!(
        "SELECT user_id, name, email, role, status, registered_at FROM users
          WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(Profile {
            user: UserId::new(row.user_id),
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(corrupt)?,
            status: row.status,
            registered_at: micros(row.registered_at),
        })
    })
    .transpose()
}

/// A person whom staff invited.
pub(super) struct InvitedUser<'a> {
    pub(super) user: UserId,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) role: Role,
    pub(super) salt: &'a [u8; 32],
    pub(super) at: UtcMicros,
}

/// Stores a person whose registration stands in its register.
pub(super) async fn insert_invited(
    tx: &mut PgConnection,
    book: BookId,
    new: &InvitedUser<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (book_id, user_id, name, email, role, status, registered_at, person_salt)
         VALUES ($1, $2, $3, $4, $5, 'registered', $6, $7)",
        book_id(book),
        new.user.get(),
        new.name,
        new.email,
        new.role.name(),
        timestamp(new.at),
        new.salt.as_slice(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether there is a person with this id or address.
pub(super) async fn is_known(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    email: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE book_id = $1 AND (user_id = $2 OR email = $3)) AS "is_known!""#,
        book_id(book),
        user.get(),
        email,
    )
    .fetch_one(tx)
    .await
}

/// An invitation with its person.
pub(super) struct InvitationRow {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) made_by: UserId,
    pub(super) made_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
    pub(super) approved_by: Option<UserId>,
    pub(super) redeemed: bool,
}

/// The newest invitations that row-level security shows.
pub(super) async fn invitations(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Vec<InvitationRow>> {
    sqlx::query!(
        "SELECT r.user_id, u.name, u.email, r.role, r.made_by, r.made_at, r.expires_at, r.approved_by, r.redeemed_at
           FROM registrations r JOIN users u ON u.book_id = r.book_id AND u.user_id = r.user_id
          WHERE r.book_id = $1 AND r.purpose = 'invitation'
          ORDER BY r.made_at DESC LIMIT 500",
        book_id(book),
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|row| {
        Ok(InvitationRow {
            user: UserId::new(row.user_id),
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(corrupt)?,
            made_by: UserId::new(row.made_by),
            made_at: micros(row.made_at),
            expires_at: micros(row.expires_at),
            approved_by: row.approved_by.map(UserId::new),
            redeemed: row.redeemed_at.is_some(),
        })
    })
    .collect()
}

/// A request for a recovery.
pub(super) struct NewRecovery<'a> {
    pub(super) request: Uuid,
    pub(super) user: UserId,
    /// Whether a recovery code was shown.
    pub(super) proved_by_code: bool,
    pub(super) registration: &'a Sha3,
    pub(super) ip: &'a str,
    pub(super) at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

/// The customer with this address who may ask for a recovery.
pub(super) async fn recoverable(
    tx: &mut PgConnection,
    book: BookId,
    email: &str,
    now: UtcMicros,
) -> sqlx::Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        "SELECT u.user_id FROM users u
          WHERE u.book_id = $1 AND u.email = $2 AND u.role = 'customer' AND u.status = 'active'
            AND (SELECT count(*) FROM recovery_requests r
                  WHERE r.book_id = u.book_id AND r.user_id = u.user_id AND r.expires_at > $3) < 5",
        book_id(book),
        email,
        timestamp(now),
    )
    .fetch_optional(tx)
    .await?;
    Ok(user.map(UserId::new))
}

/// Keeps a request for a recovery; one whose token stands already is left out.
pub(super) async fn insert_recovery(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewRecovery<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO recovery_requests
                (book_id, request_id, user_id, registration, proved_by_code, ip, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        book_id(book),
        new.request,
        new.user.get(),
        new.registration.as_bytes().as_slice(),
        new.proved_by_code,
        new.ip,
        timestamp(new.at),
        timestamp(new.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A request for a recovery as stored.
pub(super) struct RecoveryRow {
    pub(super) request: Uuid,
    pub(super) user: UserId,
    pub(super) registration: Sha3,
    pub(super) proved_by_code: bool,
    pub(super) ip: String,
    pub(super) created_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
    pub(super) approved: bool,
}

struct RawRecovery {
    request_id: Uuid,
    user_id: Uuid,
    registration: Vec<u8>,
    proved_by_code: bool,
    ip: String,
    created_at: time::OffsetDateTime,
    expires_at: time::OffsetDateTime,
    approved_at: Option<time::OffsetDateTime>,
}

impl TryFrom<RawRecovery> for RecoveryRow {
    type Error = sqlx::Error;

    fn try_from(raw: RawRecovery) -> sqlx::Result<Self> {
        Ok(Self {
            request: raw.request_id,
            user: UserId::new(raw.user_id),
            registration: digest(&raw.registration)?,
            proved_by_code: raw.proved_by_code,
            ip: raw.ip,
            created_at: micros(raw.created_at),
            expires_at: micros(raw.expires_at),
            approved: raw.approved_at.is_some(),
        })
    }
}

/// The request of a token.
pub(super) async fn recovery_by_token(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
) -> sqlx::Result<Option<RecoveryRow>> {
    sqlx::query_as!(
        RawRecovery,
        "SELECT request_id, user_id, registration, proved_by_code, ip, created_at, expires_at, approved_at
           FROM recovery_requests WHERE book_id = $1 AND registration = $2",
        book_id(book),
        registration.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// As [`recovery_by_token`], locked: of two managers, the second waits here and then finds it approved.
pub(super) async fn lock_recovery(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
) -> sqlx::Result<Option<RecoveryRow>> {
    sqlx::query_as!(
        RawRecovery,
        "SELECT request_id, user_id, registration, proved_by_code, ip, created_at, expires_at, approved_at
           FROM recovery_requests WHERE book_id = $1 AND registration = $2 FOR UPDATE",
        book_id(book),
        registration.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// Open requests that row-level security shows, newest first.
pub(super) async fn recoveries(
    tx: &mut PgConnection,
    book: BookId,
    now: UtcMicros,
) -> sqlx::Result<Vec<RecoveryRow>> {
    sqlx::query_as!(
        RawRecovery,
        "SELECT request_id, user_id, registration, proved_by_code, ip, created_at, expires_at, approved_at
           FROM recovery_requests
          WHERE book_id = $1 AND approved_at IS NULL AND expires_at > $2
          ORDER BY created_at DESC LIMIT 500",
        book_id(book),
        timestamp(now),
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// Uses a request up.
pub(super) async fn approve_recovery(
    tx: &mut PgConnection,
    book: BookId,
    registration: &Sha3,
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE recovery_requests SET approved_at = $3 WHERE book_id = $1 AND registration = $2",
        book_id(book),
        registration.as_bytes().as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}
