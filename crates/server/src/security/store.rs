//! SQL for the security report. Every function runs inside the caller's transaction and decides nothing.

use intent::UtcMicros;
use ledger::BookId;
use sqlx::PgConnection;

use crate::sql::{book_id, micros};

/// The newest signed checkpoint and the revocation list in use.
pub(super) struct Newest {
    pub(super) crl_number: i64,
    pub(super) crl_this_update: UtcMicros,
    pub(super) crl_next_update: UtcMicros,
    pub(super) checkpoint: Option<String>,
    pub(super) checkpoint_signed_at: Option<UtcMicros>,
}

pub(super) async fn newest(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Newest> {
    let row = sqlx::query!(
        r#"SELECT a.crl_number, a.crl_this_update, a.crl_next_update,
                  c.note AS "note?", c.signed_at AS "signed_at?"
             FROM authority_state a
             LEFT JOIN log_checkpoints c ON c.book_id = a.book_id
            WHERE a.book_id = $1 ORDER BY c.size DESC LIMIT 1"#,
        book_id(book),
    )
    .fetch_one(tx)
    .await?;
    Ok(Newest {
        crl_number: row.crl_number,
        crl_this_update: micros(row.crl_this_update),
        crl_next_update: micros(row.crl_next_update),
        checkpoint: row.note,
        checkpoint_signed_at: row.signed_at.map(micros),
    })
}
