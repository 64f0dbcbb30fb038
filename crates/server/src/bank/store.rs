//! SQL for the book and what belongs to its founding. Every function runs inside the caller's transaction.

use std::collections::BTreeMap;

use crypto::Sha3;
use intent::{BankId, Role, UserId, UtcMicros};
use ledger::{AccountId, AccountNumber, BookId};
use money::{Asset, AssetCode};
use sqlx::PgConnection;
use uuid::Uuid;

use super::house::House;
use crate::sql::{book_id, corrupt, int8, micros, timestamp};

/// The bank as stored.
pub(super) struct BookRow {
    pub(super) book: BookId,
    pub(super) bank: String,
    pub(super) name: String,
    pub(super) suite: String,
    pub(super) founded_at: UtcMicros,
    pub(super) root_der: Vec<u8>,
    pub(super) issuing_der: Vec<u8>,
}

/// The first book of this database with its certificates.
pub(super) async fn book(tx: &mut PgConnection) -> sqlx::Result<Option<BookRow>> {
    sqlx::query!(
        "SELECT b.book_id, b.bank, b.name, b.suite, b.founded_at, a.root_der, a.issuing_der
           FROM books b JOIN authority_state a ON a.book_id = b.book_id
          ORDER BY b.book_id LIMIT 1"
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(BookRow {
            book: BookId::new(u32::try_from(row.book_id).map_err(corrupt)?),
            bank: row.bank,
            name: row.name,
            suite: row.suite,
            founded_at: micros(row.founded_at),
            root_der: row.root_der,
            issuing_der: row.issuing_der,
        })
    })
    .transpose()
}

/// The bank's own account per asset.
pub(super) async fn equity(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<BTreeMap<AssetCode, AccountId>> {
    sqlx::query!(
        "SELECT asset, account_id FROM accounts
          WHERE book_id = $1 AND owner IS NULL AND kind = 'equity'",
        book_id(book)
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|row| Ok((row.asset.parse().map_err(corrupt)?, AccountId::new(row.account_id))))
    .collect()
}

/// The assets that the bank keeps.
pub(super) async fn assets(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<BTreeMap<AssetCode, Asset>> {
    let rows = sqlx::query!("SELECT asset, scale FROM assets WHERE book_id = $1", book_id(book))
        .fetch_all(tx)
        .await?;
    rows.into_iter()
        .map(|row| {
            let code: AssetCode = row.asset.parse().map_err(corrupt)?;
            let scale = u8::try_from(row.scale).map_err(corrupt)?;
            Ok((code, Asset::new(code, scale).map_err(corrupt)?))
        })
        .collect()
}

/// Claims the book's number. `false`: there is a bank already.
pub(super) async fn insert_book(
    tx: &mut PgConnection,
    book: BookId,
    new: NewBook<'_>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO books (book_id, bank, name, suite, founded_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        book_id(book),
        new.bank.as_str(),
        new.name,
        new.suite,
        timestamp(new.founded_at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A book to found.
#[derive(Clone, Copy)]
pub(super) struct NewBook<'a> {
    pub(super) bank: &'a BankId,
    pub(super) name: &'a str,
    pub(super) suite: &'a str,
    pub(super) founded_at: UtcMicros,
}

/// Adds an asset and the bank's own accounts in it.
pub(super) async fn insert_asset(
    tx: &mut PgConnection,
    book: BookId,
    asset: Asset,
    equity: AccountId,
    at: UtcMicros,
) -> sqlx::Result<()> {
    let code = asset.code().to_string();
    sqlx::query!(
        "INSERT INTO assets (book_id, asset, scale) VALUES ($1, $2, $3)",
        book_id(book),
        code,
        i32::from(asset.scale()),
    )
    .execute(&mut *tx)
    .await?;
    for house in House::ALL {
        let account = house.account(equity);
        sqlx::query!(
            "INSERT INTO accounts (book_id, account_id, number, owner, asset, kind, floor, opened_at)
             VALUES ($1, $2, $3, NULL, $4, $5, NULL, $6)",
            book_id(book),
            account.get(),
            AccountNumber::of(account).to_string(),
            code,
            house.kind().name(),
            timestamp(at),
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// A member of staff with the hash of a one-time registration token.
pub(super) struct NewMember<'a> {
    pub(super) user: UserId,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) role: Role,
    pub(super) registration: &'a Sha3,
    pub(super) expires_at: UtcMicros,
    pub(super) at: UtcMicros,
}

/// Registers a member of staff.
pub(super) async fn insert_member(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewMember<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (book_id, user_id, name, email, role, status, registration_hash,
                            registration_expires_at, registered_at)
         VALUES ($1, $2, $3, $4, $5, 'registered', $6, $7, $8)",
        book_id(book),
        new.user.get(),
        new.name,
        new.email,
        new.role.name(),
        new.registration.as_bytes().as_slice(),
        timestamp(new.expires_at),
        timestamp(new.at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The first state of authority.
pub(super) struct NewAuthority<'a> {
    pub(super) root_der: &'a [u8],
    pub(super) issuing_der: &'a [u8],
    pub(super) crl_number: u64,
    pub(super) crl_der: &'a [u8],
    pub(super) this_update: UtcMicros,
    pub(super) next_update: UtcMicros,
}

/// Stores the first state of authority, epoch 0.
pub(super) async fn insert_authority(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewAuthority<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO authority_state (book_id, epoch, root_der, issuing_der, crl_number, crl_der,
                                      crl_this_update, crl_next_update)
         VALUES ($1, 0, $2, $3, $4, $5, $6, $7)",
        book_id(book),
        new.root_der,
        new.issuing_der,
        int8(new.crl_number)?,
        new.crl_der,
        timestamp(new.this_update),
        timestamp(new.next_update),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Leaf 0 and the head over it.
pub(super) struct FirstLeaf<'a> {
    pub(super) event_id: Uuid,
    pub(super) at: UtcMicros,
    pub(super) leaf: &'a [u8],
    pub(super) salts: &'a [u8],
    pub(super) groups: [&'a [u8]; 5],
    pub(super) root: &'a [u8],
    pub(super) note: &'a str,
}

/// Begins the log.
pub(super) async fn insert_first_leaf(
    tx: &mut PgConnection,
    book: BookId,
    first: &FirstLeaf<'_>,
) -> sqlx::Result<()> {
    let [intent, actor, origin, effects, evidence] = first.groups;
    let at = timestamp(first.at);
    sqlx::query!(
        "INSERT INTO records (book_id, leaf_index, intent_id, tree_size, recorded_at, user_id, leaf, salts,
                              intent, actor, origin, effects, evidence)
         VALUES ($1, 0, $2, 1, $3, NULL, $4, $5, $6, $7, $8, $9, $10)",
        book_id(book),
        first.event_id,
        at,
        first.leaf,
        first.salts,
        intent,
        actor,
        origin,
        effects,
        evidence,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO log_head (book_id, size, root) VALUES ($1, 1, $2)",
        book_id(book),
        first.root,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO log_checkpoints (book_id, size, note, signed_at) VALUES ($1, 1, $2, $3)",
        book_id(book),
        first.note,
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}
