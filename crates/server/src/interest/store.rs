//! SQL of interest and fees. It decides nothing.

use intent::UtcMicros;
use ledger::{AccountId, BookId};
use money::AssetCode;
use sqlx::PgConnection;

use super::rule::{Accrual, accrual};
use crate::sql::{book_id, corrupt, micros};

/// An account whose month may be over.
pub(super) struct Candidate {
    pub(super) account: AccountId,
    pub(super) asset: AssetCode,
    pub(super) balance: i64,
    pub(super) opened_at: UtcMicros,
    pub(super) accrual: Accrual,
}

/// Accounts of customers on which there ever was something, by id.
pub(super) async fn candidates(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<AccountId>,
    limit: i64,
) -> sqlx::Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT a.account_id, a.asset, a.credits_posted - a.debits_posted AS "balance!", a.opened_at,
                i.until, i.due, i.running, i.charged_until
           FROM accruals i
           JOIN accounts a ON a.book_id = i.book_id AND a.account_id = i.account_id
          WHERE i.book_id = $1 AND ($2::uuid IS NULL OR i.account_id > $2) AND NOT a.closed
          ORDER BY i.account_id LIMIT $3"#,
        book_id(book),
        after.map(AccountId::get),
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Candidate {
                account: AccountId::new(row.account_id),
                asset: row.asset.parse().map_err(corrupt)?,
                balance: row.balance,
                opened_at: micros(row.opened_at),
                accrual: accrual(&row.until, &row.due, &row.running, row.charged_until.as_deref())
                    .map_err(corrupt)?,
            })
        })
        .collect()
}
