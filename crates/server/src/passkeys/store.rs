//! SQL for passkeys and their ceremonies. Every function runs inside the caller's transaction and decides nothing.

use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use crate::sql::{book_id, corrupt, micros, timestamp};

/// What a ceremony is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Register,
    SignIn,
    StepUp,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
        }
    }

    fn from_name(name: &str) -> sqlx::Result<Self> {
        [Self::Register, Self::SignIn, Self::StepUp]
            .into_iter()
            .find(|purpose| purpose.name() == name)
            .ok_or_else(|| corrupt(UnknownPurpose))
    }
}

#[derive(Debug, Error)]
#[error("unknown purpose of a ceremony")]
struct UnknownPurpose;

/// A ceremony between its two requests.
pub(super) struct Ceremony {
    pub(super) id: Uuid,
    pub(super) purpose: Purpose,
    pub(super) session: Option<Uuid>,
    pub(super) state: Vec<u8>,
    pub(super) expires_at: UtcMicros,
}

/// Keeps what a ceremony must remember.
pub(super) async fn insert_ceremony(
    tx: &mut PgConnection,
    book: BookId,
    ceremony: &Ceremony,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO passkey_ceremonies (book_id, ceremony_id, purpose, session_id, state, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        book_id(book),
        ceremony.id,
        ceremony.purpose.name(),
        ceremony.session,
        ceremony.state,
        timestamp(ceremony.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a ceremony out: of two requests that finish it, one finds it.
pub(super) async fn take_ceremony(
    tx: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> sqlx::Result<Option<Ceremony>> {
    sqlx::query!(
        "DELETE FROM passkey_ceremonies WHERE book_id = $1 AND ceremony_id = $2
         RETURNING purpose, session_id, state, expires_at",
        book_id(book),
        id,
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(Ceremony {
            id,
            purpose: Purpose::from_name(&row.purpose)?,
            session: row.session_id,
            state: row.state,
            expires_at: micros(row.expires_at),
        })
    })
    .transpose()
}

/// Forgets a few ceremonies that nobody finished.
pub(super) async fn forget_expired(
    tx: &mut PgConnection,
    book: BookId,
    now: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM passkey_ceremonies WHERE book_id = $1 AND ceremony_id IN (
            SELECT ceremony_id FROM passkey_ceremonies WHERE book_id = $1 AND expires_at < $2
             ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED)",
        book_id(book),
        timestamp(now),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A person, as far as a ceremony needs them.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) is_active: bool,
}

/// One person.
pub(super) async fn person(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<Person>> {
    sqlx::query!(
        r#"SELECT name, email, role, status,
                  EXISTS (SELECT 1 FROM user_locks l
                           WHERE l.book_id = u.book_id AND l.user_id = u.user_id AND l.locked) AS "is_locked!"
             FROM users u WHERE book_id = $1 AND user_id = $2"#,
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(Person {
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(corrupt)?,
            is_active: row.status == "active" && !row.is_locked,
        })
    })
    .transpose()
}

/// A passkey.
pub(super) struct PasskeyRow {
    pub(super) id: Vec<u8>,
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) credential: Vec<u8>,
    pub(super) created_at: UtcMicros,
    pub(super) used_at: Option<UtcMicros>,
}

struct Row {
    credential_id: Vec<u8>,
    user_id: Uuid,
    name: String,
    credential: Vec<u8>,
    created_at: time::OffsetDateTime,
    used_at: Option<time::OffsetDateTime>,
}

impl From<Row> for PasskeyRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.credential_id,
            user: UserId::new(row.user_id),
            name: row.name,
            credential: row.credential,
            created_at: micros(row.created_at),
            used_at: row.used_at.map(micros),
        }
    }
}

/// Keeps a new passkey. `false`: there is one of that id.
pub(super) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    row: &PasskeyRow,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO passkeys (book_id, credential_id, user_id, name, credential, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (book_id, credential_id) DO NOTHING",
        book_id(book),
        row.id,
        row.user.get(),
        row.name,
        row.credential,
        timestamp(row.created_at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A person's passkeys, newest first.
pub(super) async fn of_user(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Vec<PasskeyRow>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT credential_id, user_id, name, credential, created_at, used_at FROM passkeys
          WHERE book_id = $1 AND user_id = $2 ORDER BY created_at DESC LIMIT 100",
        book_id(book),
        user.get(),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(PasskeyRow::from).collect())
}

/// Locks a passkey: of two uses at once the second waits here, and finds the counter of the first.
pub(super) async fn lock(
    tx: &mut PgConnection,
    book: BookId,
    id: &[u8],
) -> sqlx::Result<Option<PasskeyRow>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT credential_id, user_id, name, credential, created_at, used_at FROM passkeys
          WHERE book_id = $1 AND credential_id = $2 FOR UPDATE",
        book_id(book),
        id,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(PasskeyRow::from))
}

/// Writes down that a passkey was used, with the counter that it showed.
pub(super) async fn used(
    tx: &mut PgConnection,
    book: BookId,
    id: &[u8],
    credential: &[u8],
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE passkeys SET credential = $3, used_at = $4 WHERE book_id = $1 AND credential_id = $2",
        book_id(book),
        id,
        credential,
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes every passkey of a person.
pub(super) async fn delete_all(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM passkeys WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes a passkey of a person's. `false`: they have none of that id.
pub(super) async fn delete(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    id: &[u8],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM passkeys WHERE book_id = $1 AND user_id = $2 AND credential_id = $3",
        book_id(book),
        user.get(),
        id,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
