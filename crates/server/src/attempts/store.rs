//! SQL for attempts. Every function runs inside the caller's transaction and decides nothing.

use intent::{UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use super::rule::Attempts;
use crate::sql::{book_id, corrupt, micros, timestamp};

/// Locks a subject's row, which is made if there is none: of two attempts at once the second waits here.
pub(super) async fn lock(
    tx: &mut PgConnection,
    book: BookId,
    subject: &[u8; 32],
    now: UtcMicros,
) -> sqlx::Result<Attempts> {
    sqlx::query!(
        "INSERT INTO sign_in_attempts (book_id, subject, failures, last_at, locked_until)
         VALUES ($1, $2, 0, $3, $3) ON CONFLICT (book_id, subject) DO NOTHING",
        book_id(book),
        subject.as_slice(),
        timestamp(now),
    )
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query!(
        "SELECT failures, last_at, locked_until FROM sign_in_attempts
          WHERE book_id = $1 AND subject = $2 FOR UPDATE",
        book_id(book),
        subject.as_slice(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Attempts {
        failures: u32::try_from(row.failures).map_err(corrupt)?,
        last_at: micros(row.last_at),
        locked_until: micros(row.locked_until),
    })
}

/// Writes down what is known of a subject.
pub(super) async fn update(
    tx: &mut PgConnection,
    book: BookId,
    subject: &[u8; 32],
    attempts: &Attempts,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sign_in_attempts SET failures = $3, last_at = $4, locked_until = $5
          WHERE book_id = $1 AND subject = $2",
        book_id(book),
        subject.as_slice(),
        i32::try_from(attempts.failures).map_err(corrupt)?,
        timestamp(attempts.last_at),
        timestamp(attempts.locked_until),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets a subject.
pub(super) async fn delete(
    tx: &mut PgConnection,
    book: BookId,
    subject: &[u8; 32],
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM sign_in_attempts WHERE book_id = $1 AND subject = $2",
        book_id(book),
        subject.as_slice(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets a few subjects that have been quiet since `before`.
pub(super) async fn forget(
    tx: &mut PgConnection,
    book: BookId,
    before: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM sign_in_attempts WHERE book_id = $1 AND subject IN (
            SELECT subject FROM sign_in_attempts WHERE book_id = $1 AND last_at < $2
             ORDER BY last_at LIMIT 20 FOR UPDATE SKIP LOCKED)",
        book_id(book),
        timestamp(before),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Under which e-mail a person signs in.
pub(super) async fn email(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<String>> {
    let row = sqlx::query!(
        r#"SELECT email AS "email?" FROM users WHERE book_id = $1 AND user_id = $2"#,
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.and_then(|row| row.email))
}

/// Failures of subjects that failed since `since`, together.
pub(super) async fn failures(
    tx: &mut PgConnection,
    book: BookId,
    subjects: &[[u8; 32]],
    since: UtcMicros,
) -> sqlx::Result<u32> {
    let subjects: Vec<Vec<u8>> = subjects.iter().map(|subject| subject.to_vec()).collect();
    let failures = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(failures), 0) AS "failures!" FROM sign_in_attempts
            WHERE book_id = $1 AND subject = ANY($2) AND last_at >= $3"#,
        book_id(book),
        &subjects,
        timestamp(since),
    )
    .fetch_one(tx)
    .await?;
    u32::try_from(failures).map_err(corrupt)
}
