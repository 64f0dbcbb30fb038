//! SQL of webhooks, beside the register. Every function runs inside the caller's transaction and decides nothing.

use intent::{IntentId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt, int8, micros, timestamp};

/// Seals a new secret for an endpoint, and lets those before it live until `others_end_at`, if they did not end before.
pub(super) async fn insert_secret(
    tx: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    made_by: IntentId,
    sealed: &[u8],
    (now, others_end_at): (UtcMicros, UtcMicros),
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM webhook_secrets WHERE book_id = $1 AND webhook_id = $2 AND ends_at < $3",
        book_id(book),
        webhook,
        timestamp(now),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE webhook_secrets SET ends_at = $3 WHERE book_id = $1 AND webhook_id = $2 AND ends_at IS NULL",
        book_id(book),
        webhook,
        timestamp(others_end_at),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO webhook_secrets (book_id, webhook_id, made_by, sealed_secret) VALUES ($1, $2, $3, $4)",
        book_id(book),
        webhook,
        made_by.get(),
        sealed,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A sealed secret, and the intent that made it.
pub(super) struct SecretRow {
    pub(super) made_by: Uuid,
    pub(super) sealed: Vec<u8>,
}

/// The secrets of an endpoint that are in force, the newest first.
pub(super) async fn secrets(
    tx: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    now: UtcMicros,
) -> sqlx::Result<Vec<SecretRow>> {
    sqlx::query_as!(
        SecretRow,
        "SELECT made_by, sealed_secret AS sealed FROM webhook_secrets
          WHERE book_id = $1 AND webhook_id = $2 AND (ends_at IS NULL OR ends_at >= $3)
          ORDER BY ends_at DESC NULLS FIRST",
        book_id(book),
        webhook,
        timestamp(now),
    )
    .fetch_all(tx)
    .await
}

/// Begins the deliveries of an endpoint at a leaf, unless they have begun.
pub(super) async fn begin(
    tx: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    next: u64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO webhook_deliveries (book_id, webhook_id, next_leaf, attempts) VALUES ($1, $2, $3, 0)
         ON CONFLICT DO NOTHING",
        book_id(book),
        webhook,
        int8(next)?,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Goes on at once, at a leaf or where the deliveries are. `false`: there is no such endpoint.
pub(super) async fn resume(
    tx: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    next: Option<u64>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE webhook_deliveries
            SET next_leaf = coalesce($3, next_leaf), attempts = 0, failing_since = NULL, retry_at = NULL, paused_at = NULL,
                lease_holder = NULL, lease_until = NULL
          WHERE book_id = $1 AND webhook_id = $2",
        book_id(book),
        webhook,
        next.map(int8).transpose()?,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Endpoints that can be told something now, and that no other instance tells.
pub(super) async fn due(
    tx: &mut PgConnection,
    book: BookId,
    holder: &str,
    now: UtcMicros,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT d.webhook_id FROM webhook_deliveries d
           JOIN webhooks w ON w.book_id = d.book_id AND w.webhook_id = d.webhook_id
           JOIN log_head h ON h.book_id = d.book_id
          WHERE d.book_id = $1 AND w.active AND d.paused_at IS NULL AND d.next_leaf < h.size
            AND (d.retry_at IS NULL OR d.retry_at <= $3)
            AND (d.lease_until IS NULL OR d.lease_until < $3 OR d.lease_holder = $2)",
        book_id(book),
        holder,
        timestamp(now),
    )
    .fetch_all(tx)
    .await
}

/// Who delivers, and until when nobody else may.
#[derive(Clone, Copy)]
pub(super) struct Lease<'a> {
    pub(super) book: BookId,
    pub(super) webhook: Uuid,
    pub(super) holder: &'a str,
    pub(super) now: UtcMicros,
    pub(super) until: UtcMicros,
}

/// What is delivered next.
pub(super) struct Delivery {
    pub(super) next: u64,
    pub(super) size: u64,
    pub(super) attempts: u32,
    pub(super) failing_since: Option<UtcMicros>,
    pub(super) url: String,
    pub(super) kinds: String,
}

/// Takes the lease. `None`: another instance has it, or there is nothing to be told.
pub(super) async fn take(
    tx: &mut PgConnection,
    lease: &Lease<'_>,
) -> sqlx::Result<Option<Delivery>> {
    let row = sqlx::query!(
        "UPDATE webhook_deliveries d SET lease_holder = $3, lease_until = $5
           FROM webhooks w, log_head h
          WHERE d.book_id = $1 AND d.webhook_id = $2 AND w.book_id = d.book_id AND w.webhook_id = d.webhook_id
            AND h.book_id = d.book_id AND w.active AND d.paused_at IS NULL AND d.next_leaf < h.size
            AND (d.retry_at IS NULL OR d.retry_at <= $4)
            AND (d.lease_until IS NULL OR d.lease_until < $4 OR d.lease_holder = $3)
        RETURNING d.next_leaf, h.size, d.attempts, d.failing_since, w.url, w.kinds",
        book_id(lease.book),
        lease.webhook,
        lease.holder,
        timestamp(lease.now),
        timestamp(lease.until),
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        Ok(Delivery {
            next: u64::try_from(row.next_leaf).map_err(corrupt)?,
            size: u64::try_from(row.size).map_err(corrupt)?,
            attempts: u32::try_from(row.attempts).map_err(corrupt)?,
            failing_since: row.failing_since.map(micros),
            url: row.url,
            kinds: row.kinds,
        })
    })
    .transpose()
}

/// Moves the cursor from `from` to `next` and keeps the lease. `false`: it was lost, or somebody has set the cursor back or
/// ended the endpoint.
pub(super) async fn advance(
    tx: &mut PgConnection,
    lease: &Lease<'_>,
    (from, next): (u64, u64),
    result: Option<&str>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE webhook_deliveries
            SET next_leaf = $5, lease_until = $6, attempts = 0, failing_since = NULL, retry_at = NULL,
                last_result = coalesce($7, last_result), last_at = CASE WHEN $7 IS NULL THEN last_at ELSE $8 END
          WHERE book_id = $1 AND webhook_id = $2 AND lease_holder = $3 AND next_leaf = $4
            AND EXISTS (SELECT FROM webhooks w WHERE w.book_id = $1 AND w.webhook_id = $2 AND w.active)",
        book_id(lease.book),
        lease.webhook,
        lease.holder,
        int8(from)?,
        int8(next)?,
        timestamp(lease.until),
        result,
        timestamp(lease.now),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What becomes of a delivery that failed.
pub(super) struct Failed<'a> {
    pub(super) result: &'a str,
    pub(super) attempts: u32,
    pub(super) since: UtcMicros,
    pub(super) retry_at: UtcMicros,
    pub(super) is_given_up: bool,
}

/// Writes down a failure and gives the lease back, if it was not lost.
pub(super) async fn fail(
    tx: &mut PgConnection,
    lease: &Lease<'_>,
    next: u64,
    failed: &Failed<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE webhook_deliveries
            SET attempts = $5, failing_since = $6, retry_at = $7, paused_at = CASE WHEN $8 THEN $9::timestamptz END,
                last_result = $10, last_at = $9, lease_holder = NULL, lease_until = NULL
          WHERE book_id = $1 AND webhook_id = $2 AND lease_holder = $3 AND next_leaf = $4",
        book_id(lease.book),
        lease.webhook,
        lease.holder,
        int8(next)?,
        i32::try_from(failed.attempts).unwrap_or(i32::MAX),
        timestamp(failed.since),
        timestamp(failed.retry_at),
        failed.is_given_up,
        timestamp(lease.now),
        failed.result,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives every lease of an instance back.
pub(super) async fn release(tx: &mut PgConnection, book: BookId, holder: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE webhook_deliveries SET lease_holder = NULL, lease_until = NULL WHERE book_id = $1 AND lease_holder = $2",
        book_id(book),
        holder,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How the deliveries of an endpoint stand.
pub(super) struct StandingRow {
    pub(super) webhook: Uuid,
    pub(super) next: i64,
    pub(super) size: i64,
    pub(super) attempts: i32,
    pub(super) retry_at: Option<UtcMicros>,
    pub(super) paused_at: Option<UtcMicros>,
    pub(super) last_result: Option<String>,
    pub(super) last_at: Option<UtcMicros>,
}

/// How the deliveries stand that row-level security shows.
pub(super) async fn standings(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Vec<StandingRow>> {
    let rows = sqlx::query!(
        "SELECT d.webhook_id, d.next_leaf, h.size, d.attempts, d.retry_at, d.paused_at, d.last_result, d.last_at
           FROM webhook_deliveries d JOIN log_head h ON h.book_id = d.book_id
          WHERE d.book_id = $1",
        book_id(book),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StandingRow {
            webhook: row.webhook_id,
            next: row.next_leaf,
            size: row.size,
            attempts: row.attempts,
            retry_at: row.retry_at.map(micros),
            paused_at: row.paused_at.map(micros),
            last_result: row.last_result,
            last_at: row.last_at.map(micros),
        })
        .collect())
}

/// Active endpoints that were given up, in every book.
pub(crate) async fn paused(tx: &mut PgConnection) -> sqlx::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM webhook_deliveries d
             JOIN webhooks w ON w.book_id = d.book_id AND w.webhook_id = d.webhook_id
            WHERE w.active AND d.paused_at IS NOT NULL"#,
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}
