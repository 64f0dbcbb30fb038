//! SQL of events. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{UserId, UtcMicros};
use ledger::{AccountId, BookId, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::document::{Movement, Sight};
use crate::sql::{book_id, corrupt, int8, micros};

/// A record, as far as it can be told of.
pub(super) struct RecordRow {
    pub(super) leaf_index: u64,
    pub(super) intent_id: Uuid,
    pub(super) recorded_at: UtcMicros,
    pub(super) user: Option<UserId>,
    pub(super) leaf: Vec<u8>,
    pub(super) intent: Option<Vec<u8>>,
    pub(super) effects: Option<Vec<u8>>,
}

/// The records `from..until`, in order.
pub(super) async fn records(
    tx: &mut PgConnection,
    book: BookId,
    from: u64,
    until: u64,
) -> sqlx::Result<Vec<RecordRow>> {
    let rows = sqlx::query!(
        "SELECT leaf_index, intent_id, recorded_at, user_id, leaf, intent, effects FROM records
          WHERE book_id = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index",
        book_id(book),
        int8(from)?,
        int8(until)?,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RecordRow {
                leaf_index: u64::try_from(row.leaf_index).map_err(corrupt)?,
                intent_id: row.intent_id,
                recorded_at: micros(row.recorded_at),
                user: row.user_id.map(UserId::new),
                leaf: row.leaf,
                intent: row.intent,
                effects: row.effects,
            })
        })
        .collect()
}

/// A transfer, whose it is, and in which record it was decided.
pub(super) struct TransferRow {
    pub(super) intent_id: Uuid,
    pub(super) owners: [Option<UserId>; 2],
    pub(super) movement: Movement,
}

/// The transfers of these ids, those of a record in its order.
pub(super) async fn transfers(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<TransferRow>> {
    let rows = sqlx::query!(
        "SELECT transfer_id, intent_id, kind, debit_account, credit_account, debit_owner, credit_owner, amount, asset, code,
                refers_to
           FROM transfers WHERE book_id = $1 AND transfer_id = ANY($2) ORDER BY intent_id, item",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TransferRow {
            intent_id: row.intent_id,
            owners: [row.debit_owner.map(UserId::new), row.credit_owner.map(UserId::new)],
            movement: Movement {
                transfer: TransferId::new(row.transfer_id),
                kind: row.kind,
                debit: AccountId::new(row.debit_account),
                credit: AccountId::new(row.credit_account),
                amount_minor: row.amount,
                asset: row.asset,
                code: row.code,
                refers_to: row.refers_to.map(TransferId::new),
            },
        })
        .collect())
}

/// The holds of these payments.
pub(super) async fn holds(
    tx: &mut PgConnection,
    book: BookId,
    payments: &[Uuid],
) -> sqlx::Result<Vec<TransferId>> {
    let holds = sqlx::query_scalar!(
        "SELECT transfer_id FROM holds WHERE book_id = $1 AND intent_id = ANY($2)",
        book_id(book),
        payments,
    )
    .fetch_all(tx)
    .await?;
    Ok(holds.into_iter().map(TransferId::new).collect())
}

/// Whose accounts these are.
pub(super) async fn owners(
    tx: &mut PgConnection,
    book: BookId,
    accounts: &[Uuid],
) -> sqlx::Result<Vec<(AccountId, Option<UserId>)>> {
    let rows = sqlx::query!(
        "SELECT account_id, owner FROM accounts WHERE book_id = $1 AND account_id = ANY($2)",
        book_id(book),
        accounts,
    )
    .fetch_all(tx)
    .await?;
    let owner = |owner: Option<Uuid>| owner.map(UserId::new);
    Ok(rows.into_iter().map(|row| (AccountId::new(row.account_id), owner(row.owner))).collect())
}

/// Who holds these certificates or devices.
pub(super) async fn holders(
    tx: &mut PgConnection,
    book: BookId,
    certificates: &[Sha3],
    devices: &[Sha3],
) -> sqlx::Result<Vec<(Sha3, UserId)>> {
    let bytes = |ids: &[Sha3]| ids.iter().map(|id| id.as_bytes().to_vec()).collect::<Vec<_>>();
    let rows = sqlx::query!(
        r#"SELECT fingerprint AS "id!", user_id AS "user_id!" FROM certificates
            WHERE book_id = $1 AND fingerprint = ANY($2)
           UNION
           SELECT device_id, user_id FROM devices WHERE book_id = $1 AND device_id = ANY($3)"#,
        book_id(book),
        &bytes(certificates),
        &bytes(devices),
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((crate::sql::digest(&row.id)?, UserId::new(row.user_id))))
        .collect()
}

/// What of these row-level security shows.
pub(super) async fn sight(
    tx: &mut PgConnection,
    book: BookId,
    leaves: &[u64],
    transfers: &[Uuid],
    accounts: &[Uuid],
) -> sqlx::Result<Sight> {
    let leaves = leaves.iter().map(|leaf| int8(*leaf)).collect::<sqlx::Result<Vec<_>>>()?;
    let leaves = sqlx::query_scalar!(
        "SELECT leaf_index FROM records WHERE book_id = $1 AND leaf_index = ANY($2)",
        book_id(book),
        &leaves,
    )
    .fetch_all(&mut *tx)
    .await?;
    let transfers = sqlx::query_scalar!(
        "SELECT transfer_id FROM transfers WHERE book_id = $1 AND transfer_id = ANY($2)",
        book_id(book),
        transfers,
    )
    .fetch_all(&mut *tx)
    .await?;
    let accounts = sqlx::query_scalar!(
        "SELECT account_id FROM accounts WHERE book_id = $1 AND account_id = ANY($2)",
        book_id(book),
        accounts,
    )
    .fetch_all(tx)
    .await?;
    Ok(Sight {
        leaves: leaves.into_iter().filter_map(|leaf| u64::try_from(leaf).ok()).collect(),
        transfers: transfers.into_iter().map(TransferId::new).collect(),
        accounts: accounts.into_iter().map(AccountId::new).collect(),
    })
}
