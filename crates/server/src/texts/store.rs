//! SQL of kept texts. It decides nothing.

use intent::{IntentId, UserId};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt};

/// A text with the salt of its commitment.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The intent that commits to it.
    pub(crate) intent: IntentId,
    pub(crate) owner: UserId,
    pub(crate) salt: [u8; 32],
    /// Canonical JSON.
    pub(crate) details: Vec<u8>,
}

/// Keeps texts: one statement.
pub(crate) async fn keep(tx: &mut PgConnection, book: BookId, texts: &[Kept]) -> sqlx::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let intents: Vec<Uuid> = texts.iter().map(|text| text.intent.get()).collect();
    let owners: Vec<Uuid> = texts.iter().map(|text| text.owner.get()).collect();
    let salts: Vec<Vec<u8>> = texts.iter().map(|text| text.salt.to_vec()).collect();
    let details: Vec<Vec<u8>> = texts.iter().map(|text| text.details.clone()).collect();
    sqlx::query!(
        "INSERT INTO kept_texts (book_id, intent_id, owner, salt, details)
         SELECT $1, u.intent_id, u.owner, u.salt, u.details
           FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[]) AS u (intent_id, owner, salt, details)",
        book_id(book),
        &intents,
        &owners,
        &salts,
        &details,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Erases a text, if it is there.
pub(crate) async fn forget(
    tx: &mut PgConnection,
    book: BookId,
    intent: IntentId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM kept_texts WHERE book_id = $1 AND intent_id = $2",
        book_id(book),
        intent.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The texts of these intents that are still there.
pub(crate) async fn of(
    tx: &mut PgConnection,
    book: BookId,
    intents: &[Uuid],
) -> sqlx::Result<Vec<Kept>> {
    if intents.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "SELECT intent_id, owner, salt, details FROM kept_texts WHERE book_id = $1 AND intent_id = ANY($2)",
        book_id(book),
        intents,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Kept {
                intent: IntentId::new(row.intent_id).map_err(corrupt)?,
                owner: UserId::new(row.owner),
                salt: row.salt.as_slice().try_into().map_err(corrupt)?,
                details: row.details,
            })
        })
        .collect()
}
