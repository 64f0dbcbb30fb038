//! SQL of payment files. Every function runs inside the caller's transaction and decides nothing.

#![expect(
    clippy::as_conversions,
    reason = "how sqlx is told the type of an array of borrowed values"
)]

use std::collections::HashMap;

use intent::{IntentId, UserId};
use ledger::{AccountId, AccountNumber, BookId, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt};

/// A file that is to be kept: its intent, its sender, its salt and its bytes.
pub(crate) type FileRow = (Uuid, Uuid, [u8; 32], Vec<u8>);

/// Keeps files beside their intents: one statement.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    files: &[FileRow],
) -> sqlx::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let intents: Vec<Uuid> = files.iter().map(|row| row.0).collect();
    let owners: Vec<Uuid> = files.iter().map(|row| row.1).collect();
    let salts: Vec<&[u8]> = files.iter().map(|row| row.2.as_slice()).collect();
    let bytes: Vec<&[u8]> = files.iter().map(|row| row.3.as_slice()).collect();
    sqlx::query!(
        "INSERT INTO payment_file_contents (book_id, intent_id, owner, salt, bytes)
         SELECT $1, u.intent_id, u.owner, u.salt, u.bytes
           FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[]) AS u (intent_id, owner, salt, bytes)",
        book_id(book),
        &intents,
        &owners,
        &salts as &[&[u8]],
        &bytes as &[&[u8]],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The bytes of a file that was kept.
pub(super) async fn bytes(
    tx: &mut PgConnection,
    book: BookId,
    intent: IntentId,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT bytes FROM payment_file_contents WHERE book_id = $1 AND intent_id = $2",
        book_id(book),
        intent.get(),
    )
    .fetch_optional(tx)
    .await
}

/// The signed document of an intent.
pub(super) async fn document(
    tx: &mut PgConnection,
    book: BookId,
    intent: IntentId,
) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sqlx::query_scalar!(
        "SELECT intent FROM records WHERE book_id = $1 AND intent_id = $2",
        book_id(book),
        intent.get(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.flatten())
}

/// Accounts that are open, by their numbers.
pub(super) async fn accounts(
    tx: &mut PgConnection,
    book: BookId,
    numbers: &[AccountNumber],
    owner: Option<UserId>,
) -> sqlx::Result<HashMap<AccountNumber, AccountId>> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        "SELECT number, account_id FROM accounts
          WHERE book_id = $1 AND number = ANY($2) AND NOT closed AND ($3::uuid IS NULL OR owner = $3)",
        book_id(book),
        &numbers,
        owner.map(UserId::get),
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.number.parse().map_err(corrupt)?, AccountId::new(row.account_id))))
        .collect()
}

/// What became of a transfer: its code, and where it waits or waited, the state of its hold.
pub(super) async fn fates(
    tx: &mut PgConnection,
    book: BookId,
    intent: IntentId,
    transfers: &[TransferId],
) -> sqlx::Result<HashMap<TransferId, (String, Option<String>)>> {
    let ids: Vec<Uuid> = transfers.iter().map(|id| id.get()).collect();
    let rows = sqlx::query!(
        r#"SELECT t.transfer_id, t.code, h.state AS "state?"
             FROM transfers t LEFT JOIN holds h ON h.book_id = t.book_id AND h.transfer_id = t.transfer_id
            WHERE t.book_id = $1 AND t.transfer_id = ANY($2) AND t.intent_id = $3"#,
        book_id(book),
        &ids,
        intent.get(),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (TransferId::new(row.transfer_id), (row.code, row.state)))
        .collect())
}
