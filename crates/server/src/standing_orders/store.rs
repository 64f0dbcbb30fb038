//! SQL of standing orders. It decides nothing.

use intent::{IntentId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use crate::sql::{book_id, corrupt, micros, timestamp};

/// An attempt that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) order: IntentId,
    pub(super) number: u32,
    pub(super) attempt: u32,
    pub(super) at: UtcMicros,
}

/// What was due at `now`, longest due first.
pub(super) async fn due(
    tx: &mut PgConnection,
    book: BookId,
    now: UtcMicros,
    limit: i64,
) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        r#"SELECT order_id, next_number, attempt, next_at AS "next_at!" FROM standing_orders
            WHERE book_id = $1 AND status = 'active' AND next_at <= $2 ORDER BY next_at LIMIT $3"#,
        book_id(book),
        timestamp(now),
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Due {
                order: IntentId::new(row.order_id).map_err(corrupt)?,
                number: u32::try_from(row.next_number).map_err(corrupt)?,
                attempt: u32::try_from(row.attempt).map_err(corrupt)?,
                at: micros(row.next_at),
            })
        })
        .collect()
}
