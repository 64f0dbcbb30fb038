//! The growing right edge of the tree.

use crate::geometry::{HEIGHTS, Nodes, RaggedEdge, has_peak, shr, siblings};
use crate::tile::{self, FULL_WIDTH, LEVELS, Pyramid, width_at};
use crate::{
    ConsistencyProof, Hash, InclusionProof, LeafIndex, Tile, TileId, TlogError, TreeSize, node_hash,
};

/// All that is needed to append leaves and to prove them: the partial tiles and the peaks.
///
/// A clone copies at most 8 kB per level, that is under 32 kB for four thousand million leaves.
///
/// # Invariants
///
/// - `tiles[level]` holds the `size / 256^level mod 256` hashes right of the last full tile.
/// - `peaks[height]` is present exactly for the one-bits of `size`.
/// - `root` is the root over those peaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Edge {
    size: u64,
    root: Hash,
    peaks: Vec<Option<Hash>>,
    tiles: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of the tree without leaves.
    #[must_use]
    pub const fn empty() -> Self {
        Self { size: 0, root: Hash::EMPTY_ROOT, peaks: Vec::new(), tiles: Vec::new() }
    }

    /// Rebuilds the edge from the stored partial tiles, `levels[level]` from the leaves upwards.
    ///
    /// Only the counts are checked here: compare [`Edge::root`] with a trusted checkpoint, since
    /// whoever owns the store can change a hash.
    ///
    /// # Errors
    ///
    /// [`TlogError::EdgeWidth`] when a level does not have the number of hashes `size` calls for.
    pub fn from_partial_tiles(
        size: TreeSize,
        mut levels: Vec<Vec<Hash>>,
    ) -> Result<Self, TlogError> {
        let size = size.get();
        for level in 0..levels.len().max(LEVELS) {
            let expected = usize::from(width_at(size, level));
            let actual = levels.get(level).map_or(0, Vec::len);
            if actual != expected {
                return Err(TlogError::EdgeWidth { size, level, expected, actual });
            }
        }
        while levels.pop_if(|hashes| hashes.is_empty()).is_some() {}
        let pyramids: Vec<Pyramid> = levels.iter().map(|hashes| Pyramid::new(hashes)).collect();
        let peaks = tile::peaks(size, |level| pyramids.get(level));
        let root = RaggedEdge::from_peaks(&peaks).root();
        Ok(Self { size, root, peaks, tiles: levels })
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// The root over all leaves.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// By level from the leaves upwards, the fewer than 256 hashes right of the last full tile.
    #[must_use]
    pub fn partial_tiles(&self) -> &[Vec<Hash>] {
        &self.tiles
    }

    /// The roots of the largest complete subtrees, largest first: one for each one-bit of the size.
    #[must_use]
    pub fn peaks(&self) -> Vec<Hash> {
        self.peaks.iter().rev().filter_map(|peak| *peak).collect()
    }

    /// Appends leaves, in order. Each inner node is hashed once, here, and never again.
    ///
    /// # Panics
    ///
    /// When the tree would have more than 2^64 - 1 leaves.
    pub fn append(&mut self, leaves: &[Hash]) -> Appended {
        let old_size = self.size;
        let new_size = grown(old_size, leaves);
        let mut completed = Vec::new();
        let mut rows = Vec::new();
        let mut row = leaves.to_vec();
        for height in 0..HEIGHTS {
            if row.is_empty() {
                break;
            }
            if let Some(level) = tile::level_at(height) {
                self.fill_tiles(level, shr(old_size, height), &row, &mut completed);
            }
            let above = parents(self.peak(height), &row);
            rows.push(row);
            row = above;
        }
        let grown = Grown { old_size, old_peaks: std::mem::take(&mut self.peaks), rows };
        self.peaks = grown.new_peaks(new_size);
        let edge = RaggedEdge::from_peaks(&self.peaks);
        self.size = new_size;
        self.root = edge.root();
        Appended {
            old_size: TreeSize::new(old_size),
            new_size: TreeSize::new(new_size),
            root: self.root,
            completed,
            grown,
            edge,
        }
    }

    fn peak(&self, height: u32) -> Option<&Hash> {
        self.peaks.get(usize::try_from(height).ok()?)?.as_ref()
    }

    /// Adds the new hashes of one level to its partial tile, cutting off each tile that fills up.
    fn fill_tiles(&mut self, level: u8, first: u64, row: &[Hash], completed: &mut Vec<Tile>) {
        let slot = usize::from(level);
        if self.tiles.len() <= slot {
            self.tiles.resize(slot.saturating_add(1), Vec::new());
        }
        let Some(partial) = self.tiles.get_mut(slot) else { return };
        let mut index = shr(first, tile::TILE_HEIGHT);
        let mut rest = row;
        while !rest.is_empty() {
            let room = usize::from(FULL_WIDTH).saturating_sub(partial.len()).min(rest.len());
            let (now, later) = rest.split_at(room);
            partial.extend_from_slice(now);
            rest = later;
            if partial.len() == usize::from(FULL_WIDTH) {
                let hashes = std::mem::take(partial);
                completed.push(Tile { id: TileId { level, index }, hashes });
                index = index.saturating_add(1);
            }
        }
    }
}

impl Default for Edge {
    fn default() -> Self {
        Self::empty()
    }
}

/// What one append did: the new head, the tiles to store, and proofs for the new leaves.
///
/// Proofs share the hashing of the append; each costs only the copying of its path.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The number of leaves before.
    pub old_size: TreeSize,
    /// The number of leaves now.
    pub new_size: TreeSize,
    /// The root over all leaves now.
    pub root: Hash,
    /// The tiles that became full, 256 hashes each, lower levels first.
    pub completed: Vec<Tile>,
    grown: Grown,
    edge: RaggedEdge,
}

impl Appended {
    /// Proves that a leaf appended here is in the tree as it is now.
    ///
    /// # Errors
    ///
    /// [`TlogError::LeafNotAppended`] for older leaves, whose proofs come from stored tiles.
    pub fn inclusion_proof(&self, index: LeafIndex) -> Result<InclusionProof, TlogError> {
        let (first, end) = (self.old_size.get(), self.new_size.get());
        if !(first..end).contains(&index.get()) {
            return Err(TlogError::LeafNotAppended { index: index.get(), first, end });
        }
        let path = siblings(&self.grown, &self.edge, index.get(), 0, end)?;
        Ok(InclusionProof { index, size: self.new_size, path })
    }

    /// Proves that the tree as it was before is a prefix of the tree as it is now.
    ///
    /// # Errors
    ///
    /// [`TlogError::SizesOutOfOrder`] when the tree was empty before: nothing is to be proven then.
    pub fn consistency_proof(&self) -> Result<ConsistencyProof, TlogError> {
        ConsistencyProof::build(&self.grown, &self.edge, self.old_size, self.new_size)
    }
}

/// The complete nodes that came into being, and the peaks they grew from: all that the paths from
/// new leaves can touch, since a left sibling that is old is a peak of the old tree.
#[derive(Clone, Debug)]
struct Grown {
    old_size: u64,
    old_peaks: Vec<Option<Hash>>,
    /// By height, the new complete nodes from index `old_size / 2^height` on.
    rows: Vec<Vec<Hash>>,
}

impl Grown {
    fn find(&self, height: u32, index: u64) -> Option<Hash> {
        let row = usize::try_from(height).ok()?;
        let first_new = shr(self.old_size, height);
        match index.checked_sub(first_new) {
            Some(offset) => self.rows.get(row)?.get(usize::try_from(offset).ok()?).copied(),
            None if index.checked_add(1) == Some(first_new) => self.old_peaks.get(row).copied()?,
            None => None,
        }
    }

    fn new_peaks(&self, new_size: u64) -> Vec<Option<Hash>> {
        let heights = HEIGHTS.saturating_sub(new_size.leading_zeros());
        (0..heights)
            .map(|height| {
                if !has_peak(new_size, height) {
                    return None;
                }
                self.find(height, shr(new_size, height).saturating_sub(1))
            })
            .collect()
    }
}

impl Nodes for Grown {
    fn node(&self, height: u32, index: u64) -> Result<Hash, TlogError> {
        self.find(height, index).ok_or_else(|| TlogError::MissingTile {
            id: TileId::of_node(height, index),
            width: FULL_WIDTH,
        })
    }
}

/// The complete nodes above `row`, whose first hash is the right child of `peak` if there is one.
fn parents(peak: Option<&Hash>, row: &[Hash]) -> Vec<Hash> {
    let mut above = Vec::with_capacity(row.len().div_ceil(2));
    let mut rest = row;
    if let (Some(left), Some((right, later))) = (peak, row.split_first()) {
        above.push(node_hash(left, right));
        rest = later;
    }
    let (pairs, _odd) = rest.as_chunks::<2>();
    above.extend(pairs.iter().map(|[left, right]| node_hash(left, right)));
    above
}

#[expect(clippy::expect_used, reason = "no machine holds 2^64 leaves of 32 bytes")]
fn grown(size: u64, leaves: &[Hash]) -> u64 {
    u64::try_from(leaves.len())
        .ok()
        .and_then(|added| size.checked_add(added))
        .expect("a tree has fewer than 2^64 leaves")
}
