//! SQL of accounts. Every function runs inside the caller's transaction and decides nothing.

use intent::{UserId, UtcMicros};
use ledger::{Account, AccountId, AccountNumber, AccountRow, BookId, Freeze};
use money::AssetCode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::NewAccount;
use crate::sql::{book_id, corrupt, micros, timestamp};

/// An account as people see it.
#[derive(Clone, Debug)]
pub(crate) struct StoredAccount {
    pub(crate) account: Account,
    pub(crate) number: String,
    pub(crate) owner: Option<UserId>,
    pub(crate) scale: u8,
    pub(crate) opened_at: UtcMicros,
}

pub(super) async fn asset_exists(
    tx: &mut PgConnection,
    book: BookId,
    asset: AssetCode,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM assets WHERE book_id = $1 AND asset = $2) AS "exists!""#,
        book_id(book),
        asset.to_string(),
    )
    .fetch_one(tx)
    .await
}

/// Whether an active customer has this id; held until the transaction ends, so that they stay one.
pub(super) async fn customer_exists(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT user_id FROM users
          WHERE book_id = $1 AND user_id = $2 AND role = 'customer' AND status = 'active' FOR KEY SHARE",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

/// `false` if the id or the number is taken.
pub(super) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewAccount,
    opened_at: UtcMicros,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO accounts (book_id, account_id, number, owner, asset, kind, floor, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        book_id(book),
        new.id.get(),
        new.number.to_string(),
        new.owner.map(UserId::get),
        new.asset.to_string(),
        new.kind.name(),
        new.floor,
        timestamp(opened_at),
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Locks an account, if there is one: a posting in flight ends first.
pub(super) async fn lock(tx: &mut PgConnection, book: BookId, id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT account_id FROM accounts WHERE book_id = $1 AND account_id = $2 FOR NO KEY UPDATE",
        book_id(book),
        id.get(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(())
}

/// Writes floor and end of an account that [`lock`] has locked.
pub(super) async fn set_terms(
    tx: &mut PgConnection,
    book: BookId,
    row: &AccountRow,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE accounts SET floor = $3, closed = $4, freeze_debit = $5, freeze_credit = $6
          WHERE book_id = $1 AND account_id = $2",
        book_id(book),
        row.id.get(),
        row.floor,
        row.closed,
        row.freeze.debit,
        row.freeze.credit,
    )
    .execute(tx)
    .await?;
    Ok(())
}

struct Row {
    account_id: Uuid,
    number: String,
    owner: Option<Uuid>,
    asset: String,
    scale: i32,
    kind: String,
    floor: Option<i64>,
    freeze_debit: bool,
    freeze_credit: bool,
    closed: bool,
    debits_posted: i64,
    credits_posted: i64,
    debits_pending: i64,
    credits_pending: i64,
    entry_count: i64,
    opened_at: time::OffsetDateTime,
}

impl Row {
    fn into_account(self) -> sqlx::Result<StoredAccount> {
        let account = Account::from_stored(AccountRow {
            id: AccountId::new(self.account_id),
            asset: self.asset.parse().map_err(corrupt)?,
            kind: self.kind.parse().map_err(corrupt)?,
            floor: self.floor,
            freeze: Freeze { debit: self.freeze_debit, credit: self.freeze_credit },
            closed: self.closed,
            debits_posted: self.debits_posted,
            credits_posted: self.credits_posted,
            debits_pending: self.debits_pending,
            credits_pending: self.credits_pending,
            entry_count: self.entry_count,
        })
        .map_err(corrupt)?;
        Ok(StoredAccount {
            account,
            number: self.number,
            owner: self.owner.map(UserId::new),
            scale: u8::try_from(self.scale).map_err(corrupt)?,
            opened_at: micros(self.opened_at),
        })
    }
}

/// Accounts in order of their id; row-level security decides which.
pub(super) async fn list(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<AccountId>,
    limit: i64,
) -> sqlx::Result<Vec<StoredAccount>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT a.account_id, a.number, a.owner, a.asset, s.scale, a.kind, a.floor, a.freeze_debit, a.freeze_credit,
                a.closed, a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.entry_count,
                a.opened_at
           FROM accounts a JOIN assets s ON s.book_id = a.book_id AND s.asset = a.asset
          WHERE a.book_id = $1 AND ($2::uuid IS NULL OR a.account_id > $2)
          ORDER BY a.account_id LIMIT $3",
        book_id(book),
        after.map(AccountId::get),
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Row::into_account).collect()
}

pub(super) async fn get(
    tx: &mut PgConnection,
    book: BookId,
    id: AccountId,
) -> sqlx::Result<Option<StoredAccount>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT a.account_id, a.number, a.owner, a.asset, s.scale, a.kind, a.floor, a.freeze_debit, a.freeze_credit,
                a.closed, a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.entry_count,
                a.opened_at
           FROM accounts a JOIN assets s ON s.book_id = a.book_id AND s.asset = a.asset
          WHERE a.book_id = $1 AND a.account_id = $2",
        book_id(book),
        id.get(),
    )
    .fetch_optional(tx)
    .await?;
    row.map(Row::into_account).transpose()
}

/// The account that a number names.
pub(super) async fn by_number(
    tx: &mut PgConnection,
    book: BookId,
    number: AccountNumber,
) -> sqlx::Result<Option<(AccountId, AssetCode)>> {
    let row = sqlx::query!(
        "SELECT account_id, asset FROM accounts WHERE book_id = $1 AND number = $2 AND NOT closed",
        book_id(book),
        number.to_string(),
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| Ok((AccountId::new(row.account_id), row.asset.parse().map_err(corrupt)?)))
        .transpose()
}
