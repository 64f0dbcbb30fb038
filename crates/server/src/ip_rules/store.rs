//! SQL about addresses. It decides nothing.

use ledger::BookId;
use sqlx::PgConnection;

use crate::sql::{book_id, corrupt};

/// The epoch of authority: read before the rules, so that they are at least as new.
pub(super) async fn epoch(tx: &mut PgConnection, book: BookId) -> sqlx::Result<u64> {
    let epoch =
        sqlx::query_scalar!("SELECT epoch FROM authority_state WHERE book_id = $1", book_id(book))
            .fetch_one(tx)
            .await?;
    u64::try_from(epoch).map_err(corrupt)
}
