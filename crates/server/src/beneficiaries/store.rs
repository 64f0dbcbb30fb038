//! SQL of the payees that people keep. It decides nothing.

use intent::{UserId, UtcMicros};
use ledger::{AccountId, AccountNumber, BookId};
use money::AssetCode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::rule::{BENEFICIARIES, PayeeAccount};
use crate::registers::{self, Row};
use crate::sql::{book_id, corrupt, micros};

/// An account with the registered name of its owner.
#[derive(Clone, Debug)]
pub(super) struct Payee {
    pub(super) account: PayeeAccount,
    /// Empty for the bank's own.
    pub(super) name: String,
}

/// Locks every account of a person, in the order of locks: postings in flight end first.
pub(super) async fn lock_accounts_of(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT account_id FROM accounts WHERE book_id = $1 AND owner = $2 ORDER BY account_id FOR NO KEY UPDATE",
        book_id(book),
        owner.get(),
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// The account of this id.
pub(super) async fn payee(
    tx: &mut PgConnection,
    book: BookId,
    account: AccountId,
) -> sqlx::Result<Option<Payee>> {
    let row = sqlx::query!(
        r#"SELECT a.asset, a.owner, a.closed, u.name AS "name?"
             FROM accounts a LEFT JOIN users u ON u.book_id = a.book_id AND u.user_id = a.owner
            WHERE a.book_id = $1 AND a.account_id = $2"#,
        book_id(book),
        account.get(),
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        let asset = row.asset.parse().map_err(corrupt)?;
        let owner = row.owner.map(UserId::new);
        let account = PayeeAccount { asset, owner, is_closed: row.closed };
        Ok(Payee { account, name: row.name.unwrap_or_default() })
    })
    .transpose()
}

/// The open account of this number, where a person owns it.
pub(super) async fn payee_by_number(
    tx: &mut PgConnection,
    book: BookId,
    number: AccountNumber,
) -> sqlx::Result<Option<(AccountId, Payee)>> {
    let row = sqlx::query!(
        "SELECT a.account_id, a.asset, a.owner, u.name
           FROM accounts a JOIN users u ON u.book_id = a.book_id AND u.user_id = a.owner
          WHERE a.book_id = $1 AND a.number = $2 AND NOT a.closed",
        book_id(book),
        number.to_string(),
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        let asset = row.asset.parse().map_err(corrupt)?;
        let owner = row.owner.map(UserId::new);
        let account = PayeeAccount { asset, owner, is_closed: false };
        Ok((AccountId::new(row.account_id), Payee { account, name: row.name }))
    })
    .transpose()
}

/// A person's row for an account.
pub(super) async fn row(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
    account: AccountId,
) -> sqlx::Result<Option<Row>> {
    let key = [("owner", owner.to_string()), ("account", account.to_string())];
    registers::load_by_key(tx, book, &BENEFICIARIES, &key).await
}

/// An entry with what was paid to it from all accounts of its owner.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) account: AccountId,
    pub(super) asset: AssetCode,
    pub(super) text_id: Option<Uuid>,
    pub(super) name_match: String,
    pub(super) status: String,
    pub(super) added_at: UtcMicros,
    pub(super) since: UtcMicros,
    pub(super) payments: i64,
    /// Minor units.
    pub(super) total: i64,
    pub(super) last_paid_at: Option<UtcMicros>,
}

/// Entries that are not deleted, by account; row-level security shows the owner's alone.
pub(super) async fn list(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
    after: Option<AccountId>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"SELECT b.account, b.asset, b.text_id, b.name_match, b.status, b.added_at, b.since,
                  s.payments AS "payments!", s.total AS "total!", s.last_paid_at
             FROM beneficiaries b,
                  LATERAL (SELECT coalesce(sum(p.payments), 0)::int8 AS payments,
                                  least(coalesce(sum(p.total), 0), 9223372036854775807)::int8 AS total,
                                  max(p.last_paid_at) AS last_paid_at
                             FROM accounts a JOIN payees p ON p.book_id = a.book_id AND p.account_id = a.account_id
                            WHERE a.book_id = b.book_id AND a.owner = b.owner AND p.payee_id = b.account) s
            WHERE b.book_id = $1 AND b.owner = $2 AND b.status <> 'deleted' AND ($3::uuid IS NULL OR b.account > $3)
            ORDER BY b.account LIMIT $4"#,
        book_id(book),
        owner.get(),
        after.map(AccountId::get),
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                account: AccountId::new(row.account),
                asset: row.asset.parse().map_err(corrupt)?,
                text_id: row.text_id,
                name_match: row.name_match,
                status: row.status,
                added_at: micros(row.added_at),
                since: micros(row.since),
                payments: row.payments,
                total: row.total,
                last_paid_at: row.last_paid_at.map(micros),
            })
        })
        .collect()
}
