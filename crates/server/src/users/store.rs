//! SQL for people. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

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
