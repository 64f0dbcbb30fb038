//! SQL of the log. Every function runs inside the caller's transaction and decides nothing.

use intent::UtcMicros;
use ledger::BookId;
use sqlx::PgConnection;
use tlog::{Hash, LeafIndex, Tile, TileId, TreeSize};
use uuid::Uuid;

use crate::sql::{book_id, corrupt, int8, micros};

/// Where the log stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    /// Number of leaves.
    pub(crate) size: TreeSize,
    /// Root of the tree of that size.
    pub(crate) root: Hash,
}

/// Reads the head and locks it until the transaction ends: the last lock of every group commit. With it comes the epoch of
/// authority as of when we began to wait: whoever held the lock before us may have moved it since.
pub(crate) async fn lock_head(tx: &mut PgConnection, book: BookId) -> sqlx::Result<(Head, u64)> {
    let row = sqlx::query!(
        "SELECT h.size, h.root, a.epoch FROM log_head h JOIN authority_state a ON a.book_id = h.book_id
          WHERE h.book_id = $1 FOR UPDATE OF h",
        book_id(book),
    )
    .fetch_one(tx)
    .await?;
    Ok((head(row.size, &row.root)?, u64::try_from(row.epoch).map_err(corrupt)?))
}

/// Has this transaction wait for no further lock longer than an instant: whoever holds the head keeps everybody waiting.
pub(crate) async fn give_up_early(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SET LOCAL lock_timeout = '50ms'").execute(tx).await?;
    Ok(())
}

/// Reads the head without a lock.
pub(crate) async fn head_of(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Head> {
    let row = sqlx::query!("SELECT size, root FROM log_head WHERE book_id = $1", book_id(book))
        .fetch_one(tx)
        .await?;
    head(row.size, &row.root)
}

/// When the newest record was made; `None` in an empty log.
pub(crate) async fn newest_at(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Option<UtcMicros>> {
    let at = sqlx::query_scalar!(
        "SELECT recorded_at FROM records WHERE book_id = $1 ORDER BY leaf_index DESC LIMIT 1",
        book_id(book),
    )
    .fetch_optional(tx)
    .await?;
    Ok(at.map(micros))
}

/// The epoch of authority.
pub(crate) async fn authority_epoch(tx: &mut PgConnection, book: BookId) -> sqlx::Result<u64> {
    let epoch =
        sqlx::query_scalar!("SELECT epoch FROM authority_state WHERE book_id = $1", book_id(book),)
            .fetch_one(tx)
            .await?;
    u64::try_from(epoch).map_err(corrupt)
}

/// Hashes of the leaves `first..end`, in order.
pub(crate) async fn leaf_hashes(
    tx: &mut PgConnection,
    book: BookId,
    first: u64,
    end: u64,
) -> sqlx::Result<Vec<Hash>> {
    let leaves = sqlx::query_scalar!(
        "SELECT leaf FROM records WHERE book_id = $1 AND leaf_index >= $2 AND leaf_index < $3
          ORDER BY leaf_index",
        book_id(book),
        int8(first)?,
        int8(end)?,
    )
    .fetch_all(tx)
    .await?;
    Ok(leaves.iter().map(|leaf| tlog::leaf_hash(leaf)).collect())
}

/// Full tiles `first..end` of one level, in order.
pub(crate) async fn tiles(
    tx: &mut PgConnection,
    book: BookId,
    level: u8,
    first: u64,
    end: u64,
) -> sqlx::Result<Vec<Tile>> {
    let rows = sqlx::query!(
        "SELECT tile_index, hashes FROM log_tiles
          WHERE book_id = $1 AND level = $2 AND tile_index >= $3 AND tile_index < $4
          ORDER BY tile_index",
        book_id(book),
        i32::from(level),
        int8(first)?,
        int8(end)?,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let index = u64::try_from(row.tile_index).map_err(corrupt)?;
            Tile::from_bytes(TileId { level, index }, &row.hashes).map_err(corrupt)
        })
        .collect()
}

/// Stores completed tiles.
pub(crate) async fn insert_tiles(
    tx: &mut PgConnection,
    book: BookId,
    completed: &[Tile],
) -> sqlx::Result<()> {
    for tile in completed {
        sqlx::query!(
            "INSERT INTO log_tiles (book_id, level, tile_index, hashes) VALUES ($1, $2, $3, $4)",
            book_id(book),
            i32::from(tile.id.level),
            int8(tile.id.index)?,
            tile.to_bytes(),
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The signed checkpoint of a tree size.
pub(crate) async fn checkpoint(
    tx: &mut PgConnection,
    book: BookId,
    size: TreeSize,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT note FROM log_checkpoints WHERE book_id = $1 AND size = $2",
        book_id(book),
        int8(size.get())?,
    )
    .fetch_optional(tx)
    .await
}

/// A record as it is stored. A group that was erased is `None`.
#[derive(Clone, Debug)]
pub(crate) struct StoredRecord {
    pub(crate) index: LeafIndex,
    pub(crate) intent_id: Uuid,
    pub(crate) tree_size: TreeSize,
    pub(crate) leaf: Vec<u8>,
    pub(crate) salts: Vec<u8>,
    pub(crate) groups: [Option<Vec<u8>>; 5],
}

/// The record of one intent.
pub(crate) async fn record_of(
    tx: &mut PgConnection,
    book: BookId,
    intent_id: Uuid,
) -> sqlx::Result<Option<StoredRecord>> {
    let row = sqlx::query!(
        "SELECT leaf_index, tree_size, leaf, salts, intent, actor, origin, effects, evidence
           FROM records WHERE book_id = $1 AND intent_id = $2",
        book_id(book),
        intent_id,
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        Ok(StoredRecord {
            index: LeafIndex::new(u64::try_from(row.leaf_index).map_err(corrupt)?),
            intent_id,
            tree_size: TreeSize::new(u64::try_from(row.tree_size).map_err(corrupt)?),
            leaf: row.leaf,
            salts: row.salts,
            groups: [row.intent, row.actor, row.origin, row.effects, row.evidence],
        })
    })
    .transpose()
}

/// The records of these leaves, in order.
pub(crate) async fn records(
    tx: &mut PgConnection,
    book: BookId,
    indices: &[i64],
) -> sqlx::Result<Vec<StoredRecord>> {
    let rows = sqlx::query!(
        "SELECT leaf_index, intent_id, tree_size, leaf, salts, intent, actor, origin, effects, evidence
           FROM records WHERE book_id = $1 AND leaf_index = ANY($2) ORDER BY leaf_index",
        book_id(book),
        indices,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredRecord {
                index: LeafIndex::new(u64::try_from(row.leaf_index).map_err(corrupt)?),
                intent_id: row.intent_id,
                tree_size: TreeSize::new(u64::try_from(row.tree_size).map_err(corrupt)?),
                leaf: row.leaf,
                salts: row.salts,
                groups: [row.intent, row.actor, row.origin, row.effects, row.evidence],
            })
        })
        .collect()
}

/// Leaves `first..end` as published: index and the 170 bytes, no opening.
pub(crate) async fn leaves(
    tx: &mut PgConnection,
    book: BookId,
    first: u64,
    end: u64,
) -> sqlx::Result<Vec<(u64, Vec<u8>)>> {
    let rows = sqlx::query!(
        "SELECT leaf_index, leaf FROM records
          WHERE book_id = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index",
        book_id(book),
        int8(first)?,
        int8(end)?,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((u64::try_from(row.leaf_index).map_err(corrupt)?, row.leaf)))
        .collect()
}

fn head(size: i64, root: &[u8]) -> sqlx::Result<Head> {
    Ok(Head {
        size: TreeSize::new(u64::try_from(size).map_err(corrupt)?),
        root: Hash::from_bytes(root.try_into().map_err(corrupt)?),
    })
}
