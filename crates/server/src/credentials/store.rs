//! SQL for passwords. Every function runs inside the caller's transaction and decides nothing.

use crypto::Argon2Params;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use super::hasher::SALT_LEN;
use crate::sql::{book_id, corrupt, timestamp};

/// A password as stored.
pub(super) struct PasswordRow {
    pub(super) salt: [u8; SALT_LEN],
    pub(super) params: Argon2Params,
    pub(super) sealed_hash: Vec<u8>,
}

/// A person, with their password if they have one.
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) status: String,
    pub(super) password: Option<PasswordRow>,
}

struct Row {
    user_id: uuid::Uuid,
    name: String,
    email: String,
    role: String,
    status: String,
    salt: Option<Vec<u8>>,
    m_kib: Option<i32>,
    passes: Option<i32>,
    lanes: Option<i32>,
    sealed_hash: Option<Vec<u8>>,
}

impl TryFrom<Row> for Person {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let password = match (row.salt, row.m_kib, row.passes, row.lanes, row.sealed_hash) {
            (Some(salt), Some(m_kib), Some(passes), Some(lanes), Some(sealed_hash)) => {
                Some(PasswordRow {
                    salt: salt.as_slice().try_into().map_err(corrupt)?,
                    params: Argon2Params {
                        m_kib: u32::try_from(m_kib).map_err(corrupt)?,
                        t: u32::try_from(passes).map_err(corrupt)?,
                        p: u32::try_from(lanes).map_err(corrupt)?,
                    },
                    sealed_hash,
                })
            }
            _ => None,
        };
        Ok(Self {
            user: UserId::new(row.user_id),
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(corrupt)?,
            status: row.status,
            password,
        })
    }
}

/// The person with this e-mail, in its one spelling.
pub(super) async fn by_email(
    tx: &mut PgConnection,
    book: BookId,
    email: &str,
) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Row,
        r#"SELECT u.user_id, u.name, u.email, u.role, p.salt AS "salt?", p.m_kib AS "m_kib?",
                  CASE WHEN EXISTS (SELECT 1 FROM user_locks l WHERE l.book_id = u.book_id AND l.user_id = u.user_id AND l.locked)
                       THEN 'locked' ELSE u.status END AS "status!",
                  p.passes AS "passes?", p.lanes AS "lanes?", p.sealed_hash AS "sealed_hash?"
             FROM users u LEFT JOIN passwords p ON p.book_id = u.book_id AND p.user_id = u.user_id
            WHERE u.book_id = $1 AND u.email = $2"#,
        book_id(book),
        email,
    )
    .fetch_optional(tx)
    .await?
    .map(Person::try_from)
    .transpose()
}

/// One person.
pub(super) async fn person(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Row,
        r#"SELECT u.user_id, u.name, u.email, u.role, p.salt AS "salt?", p.m_kib AS "m_kib?",
                  CASE WHEN EXISTS (SELECT 1 FROM user_locks l WHERE l.book_id = u.book_id AND l.user_id = u.user_id AND l.locked)
                       THEN 'locked' ELSE u.status END AS "status!",
                  p.passes AS "passes?", p.lanes AS "lanes?", p.sealed_hash AS "sealed_hash?"
             FROM users u LEFT JOIN passwords p ON p.book_id = u.book_id AND p.user_id = u.user_id
            WHERE u.book_id = $1 AND u.user_id = $2"#,
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(Person::try_from)
    .transpose()
}

/// Removes the password of a person.
pub(super) async fn delete_password(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM passwords WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Sets a person's password.
pub(super) async fn set_password(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    row: &PasswordRow,
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO passwords (book_id, user_id, salt, m_kib, passes, lanes, sealed_hash, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (book_id, user_id) DO UPDATE SET salt = excluded.salt, m_kib = excluded.m_kib,
             passes = excluded.passes, lanes = excluded.lanes, sealed_hash = excluded.sealed_hash,
             changed_at = excluded.changed_at",
        book_id(book),
        user.get(),
        row.salt.as_slice(),
        i32::try_from(row.params.m_kib).map_err(corrupt)?,
        i32::try_from(row.params.t).map_err(corrupt)?,
        i32::try_from(row.params.p).map_err(corrupt)?,
        row.sealed_hash,
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}
