//! SQL of statements. Every function runs inside the caller's transaction and decides nothing.

use std::collections::HashMap;

use intent::{UserId, UtcMicros};
use ledger::{AccountId, BookId};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::sql::{book_id, timestamp};

/// One entry with the transfer that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct EntryRow {
    pub(super) sequence: i64,
    pub(super) side: String,
    pub(super) amount: i64,
    pub(super) balance_after: i64,
    pub(super) transfer_id: Uuid,
    pub(super) intent_id: Uuid,
    pub(super) kind: String,
    pub(super) other: Uuid,
    pub(super) posted_at: OffsetDateTime,
    pub(super) value_on: Option<Date>,
    /// Of an exchange: the pair and its rate.
    pub(super) rate: Option<String>,
    /// What the payer wrote, where the reader may see it.
    pub(super) details: Option<Vec<u8>>,
}

/// Number and balance of the last entry that is older than an instant, among those up to a number.
pub(super) async fn last_before(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
    before: UtcMicros,
    up_to: i64,
) -> sqlx::Result<Option<(i64, i64)>> {
    let row = sqlx::query!(
        "SELECT e.sequence, e.balance_after
           FROM entries e JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
          WHERE e.book_id = $1 AND e.account_id = $2 AND e.sequence <= $4 AND t.posted_at < $3
          ORDER BY e.sequence DESC LIMIT 1",
        book_id(book),
        account.get(),
        timestamp(before),
        up_to,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.sequence, row.balance_after)))
}

/// When the entry of a number was posted.
pub(super) async fn posted_at(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
    sequence: i64,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        "SELECT t.posted_at
           FROM entries e JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
          WHERE e.book_id = $1 AND e.account_id = $2 AND e.sequence = $3",
        book_id(book),
        account.get(),
        sequence,
    )
    .fetch_optional(tx)
    .await
}

/// What went out and what came in between two numbers with a value date behind a day, in minor units.
pub(super) async fn sums_after(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
    (after, up_to): (i64, i64),
    day: Date,
) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(e.amount) FILTER (WHERE e.side = 'debit'), 0)::int8 AS "debits!",
                  coalesce(sum(e.amount) FILTER (WHERE e.side = 'credit'), 0)::int8 AS "credits!"
             FROM entries e
             JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
            WHERE e.book_id = $1 AND e.account_id = $2 AND e.sequence > $3 AND e.sequence <= $4
              AND t.value_on > $5"#,
        book_id(book),
        account.get(),
        after,
        up_to,
        day,
    )
    .fetch_one(tx)
    .await?;
    Ok((row.debits, row.credits))
}

/// Entries after a number and up to another, in order, at most so many.
pub(super) async fn entries(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
    (after, up_to): (i64, i64),
    limit: i64,
) -> sqlx::Result<Vec<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        r#"SELECT e.sequence, e.side, e.amount, e.balance_after, e.transfer_id, t.intent_id, t.kind, t.posted_at,
                  t.value_on, t.rate,
                  CASE WHEN t.debit_account = e.account_id THEN t.credit_account ELSE t.debit_account END AS "other!",
                  d.details AS "details?"
             FROM entries e
             JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
             LEFT JOIN transfer_details d ON d.book_id = e.book_id
                  AND d.transfer_id = CASE WHEN t.kind = 'capture' THEN t.refers_to ELSE t.transfer_id END
            WHERE e.book_id = $1 AND e.account_id = $2 AND e.sequence > $3 AND e.sequence <= $4
            ORDER BY e.sequence LIMIT $5"#,
        book_id(book),
        account.get(),
        after,
        up_to,
        limit,
    )
    .fetch_all(tx)
    .await
}

/// What went out and what came in between two numbers, in minor units as text: a sum may exceed what a column holds.
pub(super) async fn sums(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
    (after, up_to): (i64, i64),
) -> sqlx::Result<(String, String)> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0)::text AS "debits!",
                  coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)::text AS "credits!"
             FROM entries WHERE book_id = $1 AND account_id = $2 AND sequence > $3 AND sequence <= $4"#,
        book_id(book),
        account.get(),
        after,
        up_to,
    )
    .fetch_one(tx)
    .await?;
    Ok((row.debits, row.credits))
}

/// A person's name, where the reader may see it.
pub(super) async fn name(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT name FROM users WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await
}

/// The leaves of intents.
pub(super) async fn leaves(
    tx: &mut PgConnection,
    book: BookId,
    intents: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, i64>> {
    let rows = sqlx::query!(
        "SELECT intent_id, leaf_index FROM records WHERE book_id = $1 AND intent_id = ANY($2)",
        book_id(book),
        intents,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.intent_id, row.leaf_index)).collect())
}

/// The numbers of accounts.
pub(super) async fn numbers(
    tx: &mut PgConnection,
    book: BookId,
    accounts: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        "SELECT account_id, number FROM accounts WHERE book_id = $1 AND account_id = ANY($2)",
        book_id(book),
        accounts,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.number)).collect())
}

/// An account of a customer's that may get a statement.
pub(super) struct Candidate {
    pub(super) account: AccountId,
    pub(super) owner: UserId,
}

/// Accounts of customers on which there ever was something, without a statement that ends on this day, by id.
pub(super) async fn candidates(
    tx: &mut PgConnection,
    book: BookId,
    day: Date,
    after: Option<AccountId>,
    limit: i64,
) -> sqlx::Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT a.account_id, a.owner AS "owner!" FROM accounts a
            WHERE a.book_id = $1 AND a.owner IS NOT NULL AND a.entry_count > 0
              AND ($2::uuid IS NULL OR a.account_id > $2)
              AND NOT EXISTS (SELECT 1 FROM statements s
                               WHERE s.book_id = a.book_id AND s.account_id = a.account_id AND s.last_day = $3)
            ORDER BY a.account_id LIMIT $4"#,
        book_id(book),
        after.map(AccountId::get),
        day.to_string(),
        limit,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            account: AccountId::new(row.account_id),
            owner: UserId::new(row.owner),
        })
        .collect())
}

/// The last day whose statements are all made.
pub(super) async fn done_day(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Option<Date>> {
    sqlx::query_scalar!("SELECT done_day FROM statement_progress WHERE book_id = $1", book_id(book))
        .fetch_optional(tx)
        .await
}

/// All statements of a day are made.
pub(super) async fn set_done(tx: &mut PgConnection, book: BookId, day: Date) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO statement_progress (book_id, done_day) VALUES ($1, $2)
         ON CONFLICT (book_id) DO UPDATE SET done_day = greatest(statement_progress.done_day, excluded.done_day)",
        book_id(book),
        day,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps the signature of a statement.
pub(super) async fn keep_signature(
    tx: &mut PgConnection,
    book: BookId,
    (id, owner): (Uuid, UserId),
    signature: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO statement_signatures (book_id, statement_id, owner, signature) VALUES ($1, $2, $3, $4)",
        book_id(book),
        id,
        owner.get(),
        signature,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Throws a signature away to which no statement belongs.
pub(super) async fn drop_signature(
    tx: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM statement_signatures WHERE book_id = $1 AND statement_id = $2",
        book_id(book),
        id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The signature of a statement, where the reader may see it.
pub(super) async fn signature(
    tx: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT signature FROM statement_signatures WHERE book_id = $1 AND statement_id = $2",
        book_id(book),
        id,
    )
    .fetch_optional(tx)
    .await
}
