//! SQL of holds. It decides nothing.

use intent::UtcMicros;
use ledger::{BookId, TransferId};
use sqlx::PgConnection;

use crate::sql::{book_id, micros, timestamp};

/// Open holds whose time was over at `now`, longest over first.
pub(super) async fn over(
    tx: &mut PgConnection,
    book: BookId,
    now: UtcMicros,
    limit: i64,
) -> sqlx::Result<Vec<(TransferId, UtcMicros)>> {
    let rows = sqlx::query!(
        "SELECT transfer_id, expires_at FROM holds
          WHERE book_id = $1 AND state = 'held' AND expires_at <= $2 ORDER BY expires_at LIMIT $3",
        book_id(book),
        timestamp(now),
        limit,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (TransferId::new(row.transfer_id), micros(row.expires_at)))
        .collect())
}
