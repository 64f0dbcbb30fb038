//! SQL of closed days. It decides nothing.

use std::collections::BTreeMap;

use ledger::BookId;
use money::AssetCode;
use sqlx::PgConnection;
use tlog::{LeafIndex, TreeSize};

use crate::sql::{book_id, corrupt, int8};

/// Makes the transaction see one state of the book throughout. The first statement of it.
pub(super) async fn freeze(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(tx).await?;
    Ok(())
}

/// The size of the log.
pub(super) async fn size(tx: &mut PgConnection, book: BookId) -> sqlx::Result<TreeSize> {
    let size = sqlx::query_scalar!("SELECT size FROM log_head WHERE book_id = $1", book_id(book))
        .fetch_one(tx)
        .await?;
    u64::try_from(size).map(TreeSize::new).map_err(corrupt)
}

/// What is posted in all, per asset.
pub(super) async fn sums(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<BTreeMap<AssetCode, (i128, i128)>> {
    let rows = sqlx::query!(
        r#"SELECT asset, sum(debits_posted)::text AS "debits!", sum(credits_posted)::text AS "credits!"
             FROM accounts WHERE book_id = $1 GROUP BY asset"#,
        book_id(book),
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let sums =
                (row.debits.parse().map_err(corrupt)?, row.credits.parse().map_err(corrupt)?);
            Ok((row.asset.parse().map_err(corrupt)?, sums))
        })
        .collect()
}

/// A leaf that closed a day.
pub(super) struct Closed {
    pub(super) leaf: LeafIndex,
    /// The event's canonical bytes.
    pub(super) event: Vec<u8>,
}

/// The last days that were closed, the last first.
pub(super) async fn closed(
    tx: &mut PgConnection,
    book: BookId,
    before: Option<u64>,
    limit: i64,
) -> sqlx::Result<Vec<Closed>> {
    let rows = sqlx::query!(
        r#"SELECT leaf_index, intent AS "intent!" FROM records
            WHERE book_id = $1 AND get_byte(leaf, 8) = 143 AND intent IS NOT NULL
              AND ($2::int8 IS NULL OR leaf_index < $2)
            ORDER BY leaf_index DESC LIMIT $3"#,
        book_id(book),
        before.map(int8).transpose()?,
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let leaf = u64::try_from(row.leaf_index).map_err(corrupt)?;
            Ok(Closed { leaf: LeafIndex::new(leaf), event: row.intent })
        })
        .collect()
}
