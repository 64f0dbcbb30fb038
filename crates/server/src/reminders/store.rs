//! SQL for reminders. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt, digest, micros, timestamp};

/// A key in use.
pub(super) struct Key {
    pub(super) certificate: Sha3,
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) not_before: UtcMicros,
}

/// Until when keys must have begun to be old: of customers, and of staff.
pub(super) struct OldSince {
    pub(super) customers: UtcMicros,
    pub(super) staff: UtcMicros,
}

/// Keys in use that are old, of everybody or of one person, the oldest first.
pub(super) async fn old_keys(
    tx: &mut PgConnection,
    book: BookId,
    since: &OldSince,
    user: Option<UserId>,
    now: UtcMicros,
) -> sqlx::Result<Vec<Key>> {
    let rows = sqlx::query!(
        "SELECT fingerprint, user_id, role, not_before FROM certificates
          WHERE book_id = $1 AND status = 'active' AND not_after > $5
            AND not_before <= CASE WHEN role = 'customer' THEN $2::timestamptz ELSE $3::timestamptz END
            AND ($4::uuid IS NULL OR user_id = $4)
          ORDER BY not_before",
        book_id(book),
        timestamp(since.customers),
        timestamp(since.staff),
        user.map(UserId::get),
        timestamp(now),
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Key {
                certificate: digest(&row.fingerprint)?,
                user: UserId::new(row.user_id),
                role: row.role.parse().map_err(corrupt)?,
                not_before: micros(row.not_before),
            })
        })
        .collect()
}

/// Which of these ids stand in the log.
pub(super) async fn recorded(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT intent_id FROM records WHERE book_id = $1 AND intent_id = ANY($2)",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await
}
