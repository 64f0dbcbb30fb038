//! SQL of transfers, reading side. Every function runs inside the caller's transaction and decides nothing.

use intent::UserId;
use ledger::{AccountId, BookId, TransferId};
use sqlx::PgConnection;
use time::macros::date;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

use super::service::{HistoryPage, StoredTransfer};
use crate::sql::{book_id, corrupt, micros, timestamp};

/// Nothing was posted before.
const FIRST_DAY: Date = date!(1970 - 01 - 01);
const LAST_DAY: Date = date!(9999 - 12 - 31);

struct Row {
    transfer_id: Uuid,
    intent_id: Uuid,
    debit_account: Uuid,
    credit_account: Uuid,
    amount: i64,
    asset: String,
    code: String,
    posted_at: OffsetDateTime,
    value_on: Option<Date>,
    rate: Option<String>,
    details: Option<Vec<u8>>,
    /// Its number among the entries of the account by which it was found.
    sequence: Option<i64>,
}

impl Row {
    fn into_transfer(self) -> sqlx::Result<StoredTransfer> {
        Ok(StoredTransfer {
            id: TransferId::new(self.transfer_id),
            intent_id: self.intent_id,
            debit: AccountId::new(self.debit_account),
            credit: AccountId::new(self.credit_account),
            amount_minor: self.amount,
            asset: self.asset.parse().map_err(corrupt)?,
            code: self.code,
            posted_at: micros(self.posted_at),
            value_on: self.value_on,
            rate: self.rate,
            details: self.details,
            sequence: self.sequence,
        })
    }
}

pub(super) async fn get(
    tx: &mut PgConnection,
    book: BookId,
    id: TransferId,
) -> sqlx::Result<Option<StoredTransfer>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT t.transfer_id, t.intent_id, t.debit_account, t.credit_account, t.amount, t.asset, t.code, t.posted_at,
                  t.value_on, t.rate, d.details AS "details?", NULL::int8 AS sequence
             FROM transfers t
             LEFT JOIN transfer_details d ON d.book_id = t.book_id AND d.transfer_id = t.transfer_id
            WHERE t.book_id = $1 AND t.transfer_id = $2"#,
        book_id(book),
        id.get(),
    )
    .fetch_optional(tx)
    .await?;
    row.map(Row::into_transfer).transpose()
}

/// Newest first. Each account is walked backwards on its own index, and no further than the page needs: of one account a page
/// begins where the one before it ended, of several the newer entries are passed over. A transfer
/// between two accounts of one person is listed once.
pub(super) async fn history(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
    page: HistoryPage,
) -> sqlx::Result<Vec<StoredTransfer>> {
    let before = page.before;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT DISTINCT ON (m.posted_at, m.transfer_id)
                  m.transfer_id AS "transfer_id!", m.intent_id AS "intent_id!", m.debit_account AS "debit_account!",
                  m.credit_account AS "credit_account!", m.amount AS "amount!", m.asset AS "asset!", m.code AS "code!",
                  m.posted_at AS "posted_at!", m.value_on AS "value_on?", m.rate AS "rate?", d.details AS "details?",
                  m.sequence AS "sequence?"
             FROM accounts a
            CROSS JOIN LATERAL (
                  SELECT t.*, e.sequence FROM entries e
                    JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
                   WHERE e.book_id = a.book_id AND e.account_id = a.account_id
                     AND ($9::int8 IS NULL OR e.sequence < $9)
                     AND ($4::timestamptz IS NULL OR (t.posted_at, t.transfer_id) < ($4, $5::uuid))
                     AND ($7::timestamptz IS NULL OR t.posted_at >= $7) AND ($8::timestamptz IS NULL OR t.posted_at < $8)
                   ORDER BY e.sequence DESC LIMIT $6) m
             LEFT JOIN transfer_details d ON d.book_id = m.book_id AND d.transfer_id = m.transfer_id
            WHERE a.book_id = $1 AND (a.account_id = $2 OR ($2::uuid IS NULL AND a.owner = $3))
            ORDER BY m.posted_at DESC, m.transfer_id DESC LIMIT $6"#,
        book_id(book),
        page.account.map(AccountId::get),
        owner.get(),
        before.map(|before| timestamp(before.posted_at)),
        before.map(|before| before.id.get()),
        page.limit,
        page.from.map(midnight),
        page.to.and_then(Date::next_day).map(midnight),
        before.and_then(|before| before.sequence),
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Row::into_transfer).collect()
}

/// The last value date first, and the last posted first within it. What counts from the day of its posting is walked
/// backwards by its entries, the rest on the index of its side, and each no further than the page needs.
pub(super) async fn history_by_value(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
    page: HistoryPage,
) -> sqlx::Result<Vec<StoredTransfer>> {
    let before = page.before;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT DISTINCT ON (m.value_on, m.posted_at, m.transfer_id)
                  m.transfer_id AS "transfer_id!", m.intent_id AS "intent_id!", m.debit_account AS "debit_account!",
                  m.credit_account AS "credit_account!", m.amount AS "amount!", m.asset AS "asset!", m.code AS "code!",
                  m.posted_at AS "posted_at!", m.value_on AS "value_on?", m.rate AS "rate?", d.details AS "details?",
                  NULL::int8 AS sequence
             FROM accounts a
            CROSS JOIN LATERAL (
                  (SELECT t.* FROM entries e
                     JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
                    WHERE e.book_id = a.book_id AND e.account_id = a.account_id AND t.value_on BETWEEN $7 AND $8
                      AND t.value_on = (t.posted_at AT TIME ZONE 'UTC')::date
                      AND ($4::date IS NULL OR (t.value_on, t.posted_at, t.transfer_id) < ($4, $5::timestamptz, $6::uuid))
                    ORDER BY e.sequence DESC LIMIT $9)
                  UNION ALL
                  (SELECT t.* FROM transfers t
                    WHERE t.book_id = a.book_id AND t.debit_account = a.account_id AND t.value_on BETWEEN $7 AND $8
                      AND t.value_on <> (t.posted_at AT TIME ZONE 'UTC')::date
                      AND ($4::date IS NULL OR (t.value_on, t.posted_at, t.transfer_id) < ($4, $5::timestamptz, $6::uuid))
                    ORDER BY t.value_on DESC, t.posted_at DESC, t.transfer_id DESC LIMIT $9)
                  UNION ALL
                  (SELECT t.* FROM transfers t
                    WHERE t.book_id = a.book_id AND t.credit_account = a.account_id AND t.value_on BETWEEN $7 AND $8
                      AND t.value_on <> (t.posted_at AT TIME ZONE 'UTC')::date
                      AND ($4::date IS NULL OR (t.value_on, t.posted_at, t.transfer_id) < ($4, $5::timestamptz, $6::uuid))
                    ORDER BY t.value_on DESC, t.posted_at DESC, t.transfer_id DESC LIMIT $9)) m
             LEFT JOIN transfer_details d ON d.book_id = m.book_id AND d.transfer_id = m.transfer_id
            WHERE a.book_id = $1 AND (a.account_id = $2 OR ($2::uuid IS NULL AND a.owner = $3))
            ORDER BY m.value_on DESC, m.posted_at DESC, m.transfer_id DESC LIMIT $9"#,
        book_id(book),
        page.account.map(AccountId::get),
        owner.get(),
        before.and_then(|before| before.value_on),
        before.map(|before| timestamp(before.posted_at)),
        before.map(|before| before.id.get()),
        page.from.unwrap_or(FIRST_DAY),
        page.to.unwrap_or(LAST_DAY),
        page.limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Row::into_transfer).collect()
}

fn midnight(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_utc()
}
