//! Proofs from stored tiles, and the check that stored tiles are those the root commits to.

use std::collections::{BTreeSet, HashMap};

use crate::geometry::{Nodes, RaggedEdge, shr, siblings};
use crate::tile::{self, FULL_WIDTH, Pyramid, TILE_HEIGHT};
use crate::{
    ConsistencyProof, Hash, InclusionProof, LeafIndex, Tile, TileId, TileReader, TileSet,
    TlogError, TreeSize,
};

/// The tiles, each with its width, that prove a leaf to be in a tree, and that
/// [`VerifiedTiles::new`] needs to trust them. None if the leaf is not in the tree.
#[must_use]
pub fn tiles_for_inclusion(index: LeafIndex, size: TreeSize) -> Vec<(TileId, u16)> {
    if index.get() >= size.get() {
        return Vec::new();
    }
    way_up(index.get(), 0, size.get())
}

/// The tiles, each with its width, that prove the tree of `old` leaves a prefix of that of `new`,
/// and that [`VerifiedTiles::new`] needs to trust them. None if there is nothing to prove.
#[must_use]
pub fn tiles_for_consistency(old: TreeSize, new: TreeSize) -> Vec<(TileId, u16)> {
    let (old, new) = (old.get(), new.get());
    if old == 0 || old >= new {
        return Vec::new();
    }
    way_up(old.saturating_sub(1), old.trailing_zeros(), new)
}

/// Proves a leaf to be in the tree of `size` leaves.
///
/// # Security
///
/// Forged tiles give a proof that does not verify, never a false one. To name the forged tile,
/// read from [`VerifiedTiles`].
pub fn prove_inclusion(
    tiles: &impl TileReader,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, TlogError> {
    LoadedTiles::load(tiles, size.get(), tiles_for_inclusion(index, size))?.inclusion_proof(index)
}

/// Proves the tree of `old` leaves to be a prefix of that of `new` leaves.
///
/// # Security
///
/// As for [`prove_inclusion`].
pub fn prove_consistency(
    tiles: &impl TileReader,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, TlogError> {
    LoadedTiles::load(tiles, new.get(), tiles_for_consistency(old, new))?.consistency_proof(old)
}

/// Tiles whose every hash is known to be the one that a trusted root commits to.
///
/// # Security
///
/// The partial tiles of all levels together hold exactly the peaks of the tree, so the root
/// authenticates every hash in them; each full tile is then authenticated by its hash in the tile
/// above, down from those. There is no other way in: a tile whose parent is not given is refused,
/// also at sizes with many one-bits, where one path to the root touches only some of the peaks
/// (the defect of CVE-2026-56865).
#[derive(Clone, Debug)]
pub struct VerifiedTiles {
    tiles: LoadedTiles,
}

impl VerifiedTiles {
    /// Checks every tile of the set against the root of the tree of `size` leaves.
    ///
    /// A tile of the right edge may be wider than this tree has it, as it is when the log has grown
    /// since: only the hashes that belong to this tree are taken.
    ///
    /// # Errors
    ///
    /// [`TlogError::MissingTile`] when a partial tile or the tile above another one is not in the
    /// set, [`TlogError::TileOutsideTree`] for a tile the tree does not have,
    /// [`TlogError::RootMismatch`] when a partial tile is forged (which one cannot be known), and
    /// [`TlogError::ForgedTile`] when a full one is.
    pub fn new(tiles: &TileSet, size: TreeSize, root: &Hash) -> Result<Self, TlogError> {
        let size = size.get();
        let mut loaded = LoadedTiles::load(tiles, size, TileId::partial_in(size))?;
        if loaded.edge.root() != *root {
            return Err(TlogError::RootMismatch);
        }
        // Highest level first: by the time a tile is checked, its parent has been.
        let downwards: BTreeSet<TileId> = tiles.ids().collect();
        for id in downwards.into_iter().rev() {
            if loaded.pyramids.contains_key(&id) {
                continue;
            }
            if id.width_in(size) != FULL_WIDTH {
                return Err(TlogError::TileOutsideTree { id, size });
            }
            let pyramid = Pyramid::new(&tiles.read(id, FULL_WIDTH)?.hashes);
            let height = u32::from(id.level).saturating_add(1).saturating_mul(TILE_HEIGHT);
            if pyramid.root() != Some(&loaded.node(height, id.index)?) {
                return Err(TlogError::ForgedTile { id });
            }
            loaded.pyramids.insert(id, pyramid);
        }
        Ok(Self { tiles: loaded })
    }

    /// The number of leaves of the tree.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize::new(self.tiles.size)
    }

    /// The hash of a leaf.
    ///
    /// # Errors
    ///
    /// [`TlogError::MissingTile`] when its tile is not among these.
    pub fn leaf(&self, index: LeafIndex) -> Result<Hash, TlogError> {
        self.tiles.node(0, index.get())
    }

    /// Proves a leaf to be in the tree; the tiles must include [`tiles_for_inclusion`].
    pub fn inclusion_proof(&self, index: LeafIndex) -> Result<InclusionProof, TlogError> {
        self.tiles.inclusion_proof(index)
    }

    /// Proves an older tree to be a prefix; the tiles must include [`tiles_for_consistency`].
    pub fn consistency_proof(&self, old: TreeSize) -> Result<ConsistencyProof, TlogError> {
        self.tiles.consistency_proof(old)
    }
}

impl TileReader for VerifiedTiles {
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError> {
        self.tiles
            .pyramids
            .get(&id)
            .and_then(|pyramid| pyramid.hashes().get(..usize::from(width)))
            .map(|hashes| Tile { id, hashes: hashes.to_vec() })
            .ok_or(TlogError::MissingTile { id, width })
    }
}

/// Tiles with the nodes above their hashes, and the incomplete nodes of the tree they are from.
#[derive(Clone, Debug)]
struct LoadedTiles {
    size: u64,
    pyramids: HashMap<TileId, Pyramid>,
    edge: RaggedEdge,
}

impl LoadedTiles {
    fn load(
        tiles: &impl TileReader,
        size: u64,
        wanted: impl IntoIterator<Item = (TileId, u16)>,
    ) -> Result<Self, TlogError> {
        let mut pyramids = HashMap::new();
        for (id, width) in wanted {
            let tile = tiles.read(id, width)?;
            if tile.id != id || tile.width() != width {
                return Err(TlogError::MissingTile { id, width });
            }
            pyramids.insert(id, Pyramid::new(&tile.hashes));
        }
        let peaks = tile::peaks(size, |level| {
            let level = u8::try_from(level).ok()?;
            let bits = u32::from(level).saturating_add(1).saturating_mul(TILE_HEIGHT);
            pyramids.get(&TileId { level, index: shr(size, bits) })
        });
        let edge = RaggedEdge::from_peaks(&peaks);
        Ok(Self { size, pyramids, edge })
    }

    fn inclusion_proof(&self, index: LeafIndex) -> Result<InclusionProof, TlogError> {
        if index.get() >= self.size {
            return Err(TlogError::IndexOutsideTree { index: index.get(), size: self.size });
        }
        let path = siblings(self, &self.edge, index.get(), 0, self.size)?;
        Ok(InclusionProof { index, size: TreeSize::new(self.size), path })
    }

    fn consistency_proof(&self, old: TreeSize) -> Result<ConsistencyProof, TlogError> {
        ConsistencyProof::build(self, &self.edge, old, TreeSize::new(self.size))
    }
}

impl Nodes for LoadedTiles {
    fn node(&self, height: u32, index: u64) -> Result<Hash, TlogError> {
        let id = TileId::of_node(height, index);
        self.pyramids
            .get(&id)
            .and_then(|pyramid| pyramid.node(height, index))
            .ok_or_else(|| TlogError::MissingTile { id, width: id.width_in(self.size) })
    }
}

/// The partial tiles of the tree, and the full ones from the node above `leaf` at `height` upwards.
fn way_up(leaf: u64, height: u32, size: u64) -> Vec<(TileId, u16)> {
    let mut wanted: Vec<(TileId, u16)> = TileId::partial_in(size).collect();
    let mut id = TileId::of_node(height, shr(leaf, height));
    while id.width_in(size) == FULL_WIDTH {
        wanted.push((id, FULL_WIDTH));
        id = id.parent();
    }
    wanted
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests of small numbers")]
mod tests {
    use super::*;
    use crate::{Edge, RootBuilder, leaf_hash};

    /// A log of `size` leaves with all its tiles, full ones and those of the edge.
    fn log(size: u64) -> (Edge, TileSet, Vec<Hash>) {
        let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut edge = Edge::empty();
        let mut tiles: TileSet = edge.append(&leaves).completed.into_iter().collect();
        for (id, width) in TileId::partial_in(size) {
            let hashes = edge.partial_tiles()[usize::from(id.level)].clone();
            assert_eq!(hashes.len(), usize::from(width));
            tiles.insert(Tile { id, hashes });
        }
        (edge, tiles, leaves)
    }

    fn flipped(tile: &Tile, place: usize) -> Tile {
        let mut forged = tile.clone();
        let mut bytes = *forged.hashes[place].as_bytes();
        bytes[place % 32] ^= 1;
        forged.hashes[place] = Hash::from_bytes(bytes);
        forged
    }

    #[test]
    fn a_forged_hash_in_any_tile_is_refused_at_sizes_with_many_one_bits() {
        for size in [1, 2, 3, 255, 256, 257, 511, 767, 65_535, 65_536, 65_791, 0x1_ffff] {
            let (edge, tiles, _) = log(size);
            let (size, root) = (edge.size(), edge.root());
            assert!(VerifiedTiles::new(&tiles, size, &root).is_ok());
            for id in tiles.ids() {
                // All tiles of high levels and of the edge; of the many leaf tiles, a sample.
                if id.level == 0 && id.index % 101 != 0 && id.width_in(size.get()) == FULL_WIDTH {
                    continue;
                }
                let tile = tiles.read(id, id.width_in(size.get())).unwrap();
                for place in [0, 1, tile.hashes.len() / 2, tile.hashes.len() - 1] {
                    if place >= tile.hashes.len() {
                        continue;
                    }
                    let mut set = fetch(&tiles, way_down(id, size.get()));
                    set.insert(flipped(&tile, place));
                    let refusal = VerifiedTiles::new(&set, size, &root).err();
                    let expected = if id.width_in(size.get()) == FULL_WIDTH {
                        TlogError::ForgedTile { id }
                    } else {
                        TlogError::RootMismatch
                    };
                    assert_eq!(refusal, Some(expected), "size {size}, {id}, hash {place}");
                }
            }
        }
    }

    /// The tile itself and those that authenticate it, as a verifier would fetch them.
    fn way_down(id: TileId, size: u64) -> Vec<(TileId, u16)> {
        let height = u32::from(id.level) * TILE_HEIGHT;
        let first_leaf = id.index << (height + TILE_HEIGHT);
        way_up(first_leaf, height, size)
    }

    fn fetch(tiles: &TileSet, wanted: Vec<(TileId, u16)>) -> TileSet {
        wanted.into_iter().map(|(id, width)| tiles.read(id, width).unwrap()).collect()
    }

    #[test]
    fn tiles_with_swapped_hashes_or_another_tiles_content_are_refused() {
        let (edge, tiles, _) = log(0x2ff);
        let id = TileId { level: 0, index: 1 };
        let mut swapped = tiles.read(id, 256).unwrap();
        swapped.hashes.swap(3, 4);
        let other =
            Tile { id, hashes: tiles.read(TileId { level: 0, index: 0 }, 256).unwrap().hashes };
        for forged in [swapped, other] {
            let mut set = tiles.clone();
            set.insert(forged);
            let refusal = VerifiedTiles::new(&set, edge.size(), &edge.root()).err();
            assert_eq!(refusal, Some(TlogError::ForgedTile { id }));
        }
    }

    #[test]
    fn a_tile_without_its_parent_or_outside_the_tree_is_refused() {
        let (edge, tiles, _) = log(0x1_01ff);
        let (size, root) = (edge.size(), edge.root());
        let mut orphan = fetch(&tiles, TileId::partial_in(size.get()).collect());
        orphan.insert(tiles.read(TileId { level: 0, index: 7 }, 256).unwrap());
        let parent = TileId { level: 1, index: 0 };
        assert_eq!(
            VerifiedTiles::new(&orphan, size, &root).err(),
            Some(TlogError::MissingTile { id: parent, width: 256 })
        );
        for id in [
            TileId { level: 0, index: 0x102 },
            TileId { level: 1, index: 2 },
            TileId { level: 3, index: 0 },
            TileId { level: 255, index: u64::MAX },
        ] {
            let mut set = tiles.clone();
            set.insert(Tile { id, hashes: vec![Hash::EMPTY_ROOT; 256] });
            assert_eq!(
                VerifiedTiles::new(&set, size, &root).err(),
                Some(TlogError::TileOutsideTree { id, size: size.get() })
            );
        }
    }

    #[test]
    fn the_empty_tree_has_the_empty_root_and_no_tiles() {
        let set = TileSet::new();
        let size = TreeSize::new(0);
        assert!(VerifiedTiles::new(&set, size, &Hash::EMPTY_ROOT).is_ok());
        let other = leaf_hash(b"");
        assert_eq!(VerifiedTiles::new(&set, size, &other).err(), Some(TlogError::RootMismatch));
    }

    #[test]
    fn proofs_that_cannot_be_are_refused() {
        let (_, tiles, _) = log(300);
        let size = TreeSize::new(300);
        assert_eq!(
            prove_inclusion(&tiles, LeafIndex::new(300), size),
            Err(TlogError::IndexOutsideTree { index: 300, size: 300 })
        );
        for (old, new) in [(0, 300), (301, 300), (0, 0)] {
            assert_eq!(
                prove_consistency(&tiles, TreeSize::new(old), TreeSize::new(new)),
                Err(TlogError::SizesOutOfOrder { old, new })
            );
        }
    }

    #[test]
    fn the_listed_tiles_suffice_for_every_proof_and_are_verified_on_the_way() {
        let (edge, tiles, leaves) = log(0x1_03ff);
        let (size, root) = (edge.size(), edge.root());
        let mut builder = RootBuilder::new();
        for (index, leaf) in (0_u64..).zip(&leaves) {
            builder.push(*leaf);
            if index % 1013 != 0 && index % 256 > 1 && index + 20 < size.get() {
                continue;
            }
            let index = LeafIndex::new(index);
            let fetched = fetch(&tiles, tiles_for_inclusion(index, size));
            let verified = VerifiedTiles::new(&fetched, size, &root).unwrap();
            let proof = verified.inclusion_proof(index).unwrap();
            assert_eq!(proof.verify(leaf, &root), Ok(()));
            assert_eq!(prove_inclusion(&fetched, index, size).as_ref(), Ok(&proof));
            assert_eq!(prove_inclusion(&verified, index, size), Ok(proof));
            assert_eq!(verified.leaf(index), Ok(*leaf));

            let old = builder.size();
            let fetched = fetch(&tiles, tiles_for_consistency(old, size));
            let proof = prove_consistency(&fetched, old, size).unwrap();
            assert_eq!(proof.verify(&builder.root(), &root), Ok(()));
            if old < size {
                let verified = VerifiedTiles::new(&fetched, size, &root).unwrap();
                assert_eq!(verified.consistency_proof(old), Ok(proof));
            }
        }
    }

    #[test]
    fn a_log_that_has_grown_still_serves_the_older_tree() {
        let (edge, mut tiles, mut leaves) = log(300);
        let (size, root) = (edge.size(), edge.root());
        let (_, grown, _) = log(900);
        let wider = grown.ids().filter(|id| id.width_in(300) > 0);
        tiles.extend(wider.map(|id| grown.read(id, id.width_in(900)).unwrap()));
        let verified = VerifiedTiles::new(&tiles, size, &root).unwrap();
        let leaf = leaves.pop().unwrap();
        let proof = verified.inclusion_proof(LeafIndex::new(299)).unwrap();
        assert_eq!(proof.verify(&leaf, &root), Ok(()));
    }
}
