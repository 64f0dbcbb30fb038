//! SQL for the state of authority. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::UtcMicros;
use ledger::BookId;
use pki::RevokedEntry;
use sqlx::PgConnection;

use crate::sql::{book_id, corrupt, int8, micros, timestamp};

/// The state of authority, locked until COMMIT.
pub(super) struct AuthorityRow {
    pub(super) crl_number: u64,
    pub(super) crl_this_update: UtcMicros,
}

/// Locks the one row of authority: two instances never make the same number.
pub(super) async fn lock(tx: &mut PgConnection, book: BookId) -> sqlx::Result<AuthorityRow> {
    let row = sqlx::query!(
        "SELECT crl_number, crl_this_update FROM authority_state WHERE book_id = $1 FOR UPDATE",
        book_id(book)
    )
    .fetch_one(tx)
    .await?;
    Ok(AuthorityRow {
        crl_number: u64::try_from(row.crl_number).map_err(corrupt)?,
        crl_this_update: micros(row.crl_this_update),
    })
}

/// Locks the pointer to the issuing authority in force, and reads it: until COMMIT nobody replaces it.
pub(super) async fn lock_pointer(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!(
        "SELECT issuing_der FROM authority_state WHERE book_id = $1 FOR UPDATE",
        book_id(book)
    )
    .fetch_one(tx)
    .await
}

/// Reads the pointer.
pub(super) async fn pointer(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("SELECT issuing_der FROM authority_state WHERE book_id = $1", book_id(book))
        .fetch_one(tx)
        .await
}

/// Sets the pointer.
pub(super) async fn point_at(tx: &mut PgConnection, book: BookId, der: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE authority_state SET issuing_der = $2 WHERE book_id = $1",
        book_id(book),
        der
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The list of the authority in force.
pub(super) async fn active_list(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("SELECT crl_der FROM authority_state WHERE book_id = $1", book_id(book))
        .fetch_one(tx)
        .await
}

/// The list of a retiring authority, if it has one.
pub(super) async fn retiring_list(
    tx: &mut PgConnection,
    book: BookId,
    authority: &Sha3,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT crl_der FROM retiring_lists WHERE book_id = $1 AND authority = $2",
        book_id(book),
        authority.as_bytes().as_slice(),
    )
    .fetch_optional(tx)
    .await
}

/// Puts these in the place of all lists of retiring authorities.
pub(super) async fn publish_retiring(
    tx: &mut PgConnection,
    book: BookId,
    lists: &[(Sha3, Vec<u8>)],
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM retiring_lists WHERE book_id = $1", book_id(book))
        .execute(&mut *tx)
        .await?;
    for (authority, der) in lists {
        sqlx::query!(
            "INSERT INTO retiring_lists (book_id, authority, crl_der) VALUES ($1, $2, $3)",
            book_id(book),
            authority.as_bytes().as_slice(),
            der,
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Every certificate that ended before its time and has not expired, by serial: what a revocation list names.
pub(super) async fn ended(
    tx: &mut PgConnection,
    book: BookId,
    now: UtcMicros,
) -> sqlx::Result<Vec<RevokedEntry>> {
    let rows = sqlx::query!(
        r#"SELECT serial, status, ended_at AS "ended_at!", revocation_reason FROM certificates
            WHERE book_id = $1 AND status <> 'active' AND not_after > $2 ORDER BY serial"#,
        book_id(book),
        timestamp(now),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RevokedEntry {
            serial: row.serial,
            at_s: row.ended_at.unix_timestamp(),
            reason: super::crl::reason(&row.status, row.revocation_reason.as_deref()),
        })
        .collect())
}

/// A revocation list to publish.
pub(super) struct NewCrl<'a> {
    pub(super) number: u64,
    pub(super) der: &'a [u8],
    pub(super) this_update: UtcMicros,
    pub(super) next_update: UtcMicros,
}

/// Replaces the revocation list. The `WHERE` repeats that its number only grows.
pub(super) async fn publish(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewCrl<'_>,
) -> sqlx::Result<()> {
    let done = sqlx::query!(
        "UPDATE authority_state
            SET crl_number = $2, crl_der = $3, crl_this_update = $4, crl_next_update = $5
          WHERE book_id = $1 AND crl_number < $2",
        book_id(book),
        int8(new.number)?,
        new.der,
        timestamp(new.this_update),
        timestamp(new.next_update),
    )
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Forgets challenges that ended long ago.
pub(super) async fn sweep_challenges(
    tx: &mut PgConnection,
    book: BookId,
    before: UtcMicros,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM challenges WHERE book_id = $1 AND expires_at < $2",
        book_id(book),
        timestamp(before),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}
