//! The log in the database: its growing edge, its tiles, and the receipts that it still answers with years later.

use std::collections::BTreeMap;

use intent::{Effects, Flags, IntentId, Leaf, Opening, Record};
use ledger::BookId;
use sqlx::PgConnection;
use thiserror::Error;
use tlog::{
    ConsistencyProof, Edge, InclusionProof, LeafIndex, RootBuilder, Tile, TileId, TileSet,
    TlogError, TreeSize,
};
use uuid::Uuid;

pub(crate) use super::store::StoredRecord;
use super::store::{self, Head};
use crate::sql::corrupt;

/// Hashes per tile (C2SP tlog-tiles).
pub(crate) const TILE_WIDTH: u64 = 256;

/// The stored log contradicts itself: somebody other than the corridor wrote there. Nothing is written any more.
#[derive(Debug, Error)]
pub enum LogError {
    /// The database failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// Tiles, leaves and head do not belong together.
    #[error("the stored log contradicts itself: {0}")]
    Contradiction(#[from] TlogError),
    /// The root that the leaves have is not the root of the head.
    #[error("the leaves of the log do not hash to the root of its head at size {size}")]
    WrongRoot {
        /// Size at which it was found.
        size: u64,
    },
    /// Something the log refers to is missing.
    #[error("the log lacks {what}")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
    /// A stored record does not read.
    #[error("record {index} does not read: {source}")]
    Record {
        /// Leaf index.
        index: u64,
        /// Why.
        source: intent::IntentError,
    },
}

/// Brings `edge` to the size of `head`: from the leaves that another server process appended, or from the tiles when
/// there is none yet. Recovery after a crash is this same path.
pub(crate) async fn catch_up(
    tx: &mut PgConnection,
    book: BookId,
    edge: Option<Edge>,
    head: Head,
) -> Result<Edge, LogError> {
    let edge = match edge {
        Some(edge) if edge.size() == head.size => edge,
        Some(mut edge) if edge.size() < head.size => {
            let new = store::leaf_hashes(tx, book, edge.size().get(), head.size.get()).await?;
            edge.append(&new);
            edge
        }
        Some(_) | None => load_edge(tx, book, head.size).await?,
    };
    if edge.size() == head.size && edge.root() == head.root {
        Ok(edge)
    } else {
        Err(LogError::WrongRoot { size: head.size.get() })
    }
}

async fn load_edge(tx: &mut PgConnection, book: BookId, size: TreeSize) -> Result<Edge, LogError> {
    let mut levels = Vec::new();
    let mut level = 0;
    let mut nodes = size.get();
    while nodes > 0 {
        levels.push(partial_tile(tx, book, level, nodes).await?);
        nodes /= TILE_WIDTH;
        level = next_level(level)?;
    }
    Ok(Edge::from_partial_tiles(size, levels)?)
}

/// The root that the log had at an earlier size.
pub(crate) async fn root_at(
    tx: &mut PgConnection,
    book: BookId,
    size: TreeSize,
) -> Result<tlog::Hash, LogError> {
    Ok(load_edge(tx, book, size).await?.root())
}

/// The hashes right of the last full tile of a level that has `nodes` hashes.
async fn partial_tile(
    tx: &mut PgConnection,
    book: BookId,
    level: u8,
    nodes: u64,
) -> Result<Vec<tlog::Hash>, LogError> {
    let first = nodes.saturating_sub(nodes % TILE_WIDTH);
    node_hashes(tx, book, level, first, nodes).await
}

/// Hashes `first..end` of one level: leaf hashes at level 0, roots of the full tiles below above it.
async fn node_hashes(
    tx: &mut PgConnection,
    book: BookId,
    level: u8,
    first: u64,
    end: u64,
) -> Result<Vec<tlog::Hash>, LogError> {
    let Some(below) = level.checked_sub(1) else {
        return Ok(store::leaf_hashes(tx, book, first, end).await?);
    };
    let tiles = store::tiles(tx, book, below, first, end).await?;
    if u64::try_from(tiles.len()).ok() != end.checked_sub(first) {
        return Err(LogError::Missing { what: "a full tile" });
    }
    Ok(tiles.iter().map(|tile| tlog::merkle_tree_hash(&tile.hashes)).collect())
}

/// One tile, full or partial, as far as the log has grown.
pub(crate) async fn tile(
    tx: &mut PgConnection,
    book: BookId,
    id: TileId,
    width: u16,
) -> Result<Option<Tile>, LogError> {
    if u64::from(width) == TILE_WIDTH {
        let end = id.index.saturating_add(1);
        return Ok(store::tiles(tx, book, id.level, id.index, end).await?.pop());
    }
    let first = id.index.saturating_mul(TILE_WIDTH);
    let hashes =
        node_hashes(tx, book, id.level, first, first.saturating_add(u64::from(width))).await;
    match hashes {
        Ok(hashes) if hashes.len() == usize::from(width) => Ok(Some(Tile { id, hashes })),
        Ok(_) | Err(LogError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Proves that leaf `index` is in the tree of `size`.
pub(crate) async fn prove_inclusion(
    tx: &mut PgConnection,
    book: BookId,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, LogError> {
    let tiles = read_tiles(tx, book, tlog::tiles_for_inclusion(index, size)).await?;
    Ok(tlog::prove_inclusion(&tiles, index, size)?)
}

/// Proves that each of these leaves is in the tree of `size`; a tile that several need is read once.
pub(crate) async fn prove_inclusions(
    tx: &mut PgConnection,
    book: BookId,
    indices: impl Iterator<Item = LeafIndex> + Clone,
    size: TreeSize,
) -> Result<Vec<InclusionProof>, LogError> {
    let wanted = indices.clone().flat_map(|index| tlog::tiles_for_inclusion(index, size));
    let wanted: BTreeMap<(u8, u64), (TileId, u16)> =
        wanted.map(|(id, width)| ((id.level, id.index), (id, width))).collect();
    let tiles = read_tiles(tx, book, wanted.into_values().collect()).await?;
    indices.map(|index| Ok(tlog::prove_inclusion(&tiles, index, size)?)).collect()
}

/// Proves that the tree of size `old` is a prefix of the tree of size `new`.
pub(crate) async fn prove_consistency(
    tx: &mut PgConnection,
    book: BookId,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, LogError> {
    let tiles = read_tiles(tx, book, tlog::tiles_for_consistency(old, new)).await?;
    Ok(tlog::prove_consistency(&tiles, old, new)?)
}

async fn read_tiles(
    tx: &mut PgConnection,
    book: BookId,
    wanted: Vec<(TileId, u16)>,
) -> Result<TileSet, LogError> {
    let mut tiles = TileSet::new();
    for (id, width) in wanted {
        let found = tile(tx, book, id, width).await?;
        tiles.insert(found.ok_or(LogError::Missing { what: "a tile" })?);
    }
    Ok(tiles)
}

/// Everything that a receipt is made of, read back from what was stored with the intent.
#[derive(Clone, Debug)]
pub(crate) struct StoredReceipt {
    pub(crate) intent_id: IntentId,
    pub(crate) index: LeafIndex,
    pub(crate) record: Record,
    pub(crate) leaf: Leaf,
    pub(crate) effects: Effects,
    pub(crate) inclusion: InclusionProof,
    pub(crate) checkpoint: String,
}

/// The head of the log, without its lock.
pub(crate) async fn head_of(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Head> {
    store::head_of(tx, book).await
}

/// Whether the role that this transaction has put on may see the record of an intent.
pub(crate) async fn shows_record(
    tx: &mut PgConnection,
    book: BookId,
    intent_id: Uuid,
) -> sqlx::Result<bool> {
    Ok(store::record_of(tx, book, intent_id).await?.is_some())
}

/// How many leaves the log has, as of this transaction.
pub(crate) async fn size(tx: &mut PgConnection, book: BookId) -> sqlx::Result<u64> {
    Ok(store::head_of(tx, book).await?.size.get())
}

/// The receipt of an intent: the same bytes now as when it was first answered.
pub(crate) async fn stored_receipt(
    tx: &mut PgConnection,
    book: BookId,
    intent_id: Uuid,
) -> Result<Option<StoredReceipt>, LogError> {
    let Some(stored) = store::record_of(tx, book, intent_id).await? else { return Ok(None) };
    let inclusion = prove_inclusion(tx, book, stored.index, stored.tree_size).await?;
    let checkpoint = store::checkpoint(tx, book, stored.tree_size)
        .await?
        .ok_or(LogError::Missing { what: "a checkpoint" })?;
    let (index, tree) = (stored.index, inclusion);
    read_record(stored)
        .map(|(intent_id, record, leaf, effects)| {
            Some(StoredReceipt {
                intent_id,
                index,
                record,
                leaf,
                effects,
                inclusion: tree,
                checkpoint,
            })
        })
        .map_err(|source| LogError::Record { index: index.get(), source })
}

/// What came of an intent; `None` where there is no such record.
pub(crate) async fn effects_of(
    tx: &mut PgConnection,
    book: BookId,
    intent_id: Uuid,
) -> Result<Option<Effects>, LogError> {
    let Some(stored) = store::record_of(tx, book, intent_id).await? else { return Ok(None) };
    let index = stored.index.get();
    read_record(stored)
        .map(|(_, _, _, effects)| Some(effects))
        .map_err(|source| LogError::Record { index, source })
}

/// The records of these leaves as they are stored, in order.
pub(crate) async fn records_at(
    tx: &mut PgConnection,
    book: BookId,
    indices: &[i64],
) -> sqlx::Result<Vec<StoredRecord>> {
    store::records(tx, book, indices).await
}

/// The signed checkpoint of a tree size.
pub(crate) async fn checkpoint_of(
    tx: &mut PgConnection,
    book: BookId,
    size: TreeSize,
) -> Result<String, LogError> {
    let note = store::checkpoint(tx, book, size).await?;
    note.ok_or(LogError::Missing { what: "a checkpoint" })
}

/// Parses a stored record, its leaf and its effects.
pub(crate) fn read_record(
    stored: StoredRecord,
) -> Result<(IntentId, Record, Leaf, Effects), intent::IntentError> {
    let leaf = Leaf::from_bytes(&stored.leaf)?;
    let mut salts = stored.salts.chunks_exact(32);
    let groups = stored.groups.map(|bytes| {
        let salt = salts.next().and_then(|salt| <[u8; 32]>::try_from(salt).ok());
        bytes.zip(salt).map(|(bytes, salt)| Opening { salt, bytes })
    });
    let record = Record { kind_code: leaf.kind_code, flags: leaf.flags, groups };
    let effects = match record.group(intent::Group::Effects) {
        Some(effects) => Effects::parse(&effects.bytes)?,
        None => Effects {
            outcome: outcome_of(leaf.flags),
            code: "erased".to_owned(),
            items: Vec::new(),
            risk: None,
            rows: crypto::Sha2::from_bytes([0; 32]),
            result: BTreeMap::new(),
        },
    };
    Ok((IntentId::new(stored.intent_id)?, record, leaf, effects))
}

const fn outcome_of(flags: Flags) -> intent::Outcome {
    if flags.refused { intent::Outcome::Refused } else { intent::Outcome::Accepted }
}

/// Recomputes the root of an append on the second code path before anything is signed.
pub(crate) fn check_append(
    before: &Edge,
    leaves: &[tlog::Hash],
    after: &tlog::Appended,
) -> Result<(), LogError> {
    let mut second = RootBuilder::from_peaks(before.size(), &before.peaks())?;
    for leaf in leaves {
        second.push(*leaf);
    }
    if second.root() == after.root && second.size() == after.new_size {
        Ok(())
    } else {
        Err(LogError::WrongRoot { size: after.new_size.get() })
    }
}

fn next_level(level: u8) -> Result<u8, LogError> {
    level.checked_add(1).ok_or_else(|| corrupt(TooDeep).into())
}

#[derive(Debug, Error)]
#[error("the log is deeper than a log can be")]
struct TooDeep;
