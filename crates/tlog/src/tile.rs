//! Tiles: the tree cut into pieces of up to 256 hashes, as they are stored and served.
//!
//! A tile at level `l` holds consecutive hashes of complete nodes at height `8 * l`; the nodes in
//! between are recomputed from them (C2SP tlog-tiles, "Merkle Tree").

use std::collections::HashMap;
use std::fmt;

use crate::geometry::{HEIGHTS, has_peak, shr};
use crate::{Hash, TlogError, node_hash};

/// Hashes in a full tile.
pub(crate) const FULL_WIDTH: u16 = 256;
/// Heights that one level of tiles spans: 2^8 = 256.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Levels a tree of up to 2^64 - 1 leaves can have.
pub(crate) const LEVELS: usize = 8;

/// Which tile: its level above the leaves and its index within the level.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TileId {
    /// 0 for leaf hashes, 1 for roots of level-0 tiles, and so on; at most 7.
    pub level: u8,
    /// From 0 at the left.
    pub index: u64,
}

impl TileId {
    /// The path of C2SP tlog-tiles for this tile at a width of 1 to 256, such as
    /// `tile/0/x001/x234/067` for a full tile or `tile/0/x001/067.p/5` for a partial one.
    #[must_use]
    pub fn path(self, width: u16) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let full = format!("tile/{}/{}", self.level, groups.join("/"));
        if width == FULL_WIDTH { full } else { format!("{full}.p/{width}") }
    }

    /// Reads what [`TileId::path`] writes, and nothing else: the tile and its width.
    pub fn from_path(path: &str) -> Result<(Self, u16), TlogError> {
        Self::read_path(path)
            .filter(|(id, width)| usize::from(id.level) < LEVELS && id.path(*width) == path)
            .ok_or(TlogError::MalformedTilePath)
    }

    fn read_path(path: &str) -> Option<(Self, u16)> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().ok().filter(|w| *w < FULL_WIDTH)?),
            None => (rest, FULL_WIDTH),
        };
        let mut index = 0_u64;
        for group in groups.split('/') {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        (width > 0).then_some((Self { level: level.parse().ok()?, index }, width))
    }

    /// The tile in which the node's hash can be found or computed.
    pub(crate) fn of_node(height: u32, index: u64) -> Self {
        let above_level = height % TILE_HEIGHT;
        let level = u8::try_from(height / TILE_HEIGHT).unwrap_or(u8::MAX);
        Self { level, index: shr(index, TILE_HEIGHT.saturating_sub(above_level)) }
    }

    /// The tile that holds the root of this one.
    pub(crate) fn parent(self) -> Self {
        Self { level: self.level.saturating_add(1), index: shr(self.index, TILE_HEIGHT) }
    }

    /// How many hashes of this tile a tree of `size` leaves has: 0 to 256.
    pub(crate) fn width_in(self, size: u64) -> u16 {
        let hashes = shr(size, u32::from(self.level).saturating_mul(TILE_HEIGHT));
        let full_tiles = shr(hashes, TILE_HEIGHT);
        match self.index.cmp(&full_tiles) {
            std::cmp::Ordering::Less => FULL_WIDTH,
            std::cmp::Ordering::Equal => width_at(size, usize::from(self.level)),
            std::cmp::Ordering::Greater => 0,
        }
    }

    /// The partial tiles of a tree of `size` leaves, with their widths; levels without one are left out.
    pub(crate) fn partial_in(size: u64) -> impl Iterator<Item = (Self, u16)> {
        (0..=7_u8).filter_map(move |level| {
            let index = shr(size, u32::from(level).saturating_add(1).saturating_mul(TILE_HEIGHT));
            let id = Self { level, index };
            let width = id.width_in(size);
            (width > 0).then_some((id, width))
        })
    }
}

/// The path of the full tile.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path(FULL_WIDTH))
    }
}

/// A tile: 1 to 256 hashes of 32 bytes. A full tile never changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tile {
    /// Which tile.
    pub id: TileId,
    /// Its hashes, from the left.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// The number of hashes, 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        u16::try_from(self.hashes.len()).unwrap_or(u16::MAX)
    }

    /// The path under which C2SP tlog-tiles serves it.
    #[must_use]
    pub fn path(&self) -> String {
        self.id.path(self.width())
    }

    /// The hashes one after the other: 32 to 8192 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// Reads what [`Tile::to_bytes`] writes.
    ///
    /// # Errors
    ///
    /// [`TlogError::TileLength`] for a number of bytes that is not 1 to 256 hashes.
    pub fn from_bytes(id: TileId, bytes: &[u8]) -> Result<Self, TlogError> {
        let (hashes, rest) = bytes.as_chunks::<{ Hash::LEN }>();
        if !rest.is_empty() || hashes.is_empty() || hashes.len() > usize::from(FULL_WIDTH) {
            return Err(TlogError::TileLength { actual: bytes.len() });
        }
        Ok(Self { id, hashes: hashes.iter().copied().map(Hash::from_bytes).collect() })
    }
}

/// Gives stored tiles. Nothing is assumed of them: whoever owns the store can change any hash.
pub trait TileReader {
    /// The first `width` hashes of a tile.
    ///
    /// # Errors
    ///
    /// [`TlogError::MissingTile`] when there is no such tile or it is narrower.
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError>;
}

/// Tiles that were fetched beforehand, for callers whose store is asynchronous.
#[derive(Clone, Debug, Default)]
pub struct TileSet {
    tiles: HashMap<TileId, Tile>,
}

impl TileSet {
    /// A set without tiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tile, in place of the one with the same id if there is one.
    pub fn insert(&mut self, tile: Tile) {
        self.tiles.insert(tile.id, tile);
    }

    /// The ids of the tiles, in no order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = TileId> {
        self.tiles.keys().copied()
    }
}

impl Extend<Tile> for TileSet {
    fn extend<I: IntoIterator<Item = Tile>>(&mut self, tiles: I) {
        tiles.into_iter().for_each(|tile| self.insert(tile));
    }
}

impl FromIterator<Tile> for TileSet {
    fn from_iter<I: IntoIterator<Item = Tile>>(tiles: I) -> Self {
        let mut set = Self::new();
        set.extend(tiles);
        set
    }
}

impl TileReader for TileSet {
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError> {
        self.tiles
            .get(&id)
            .and_then(|tile| tile.hashes.get(..usize::from(width)))
            .map(|hashes| Tile { id, hashes: hashes.to_vec() })
            .ok_or(TlogError::MissingTile { id, width })
    }
}

/// A tile with the complete nodes above its hashes: `rows[0]` the hashes themselves, `rows[8]` the
/// root if the tile is full.
#[derive(Clone, Debug)]
pub(crate) struct Pyramid {
    rows: Vec<Vec<Hash>>,
}

impl Pyramid {
    pub(crate) fn new(hashes: &[Hash]) -> Self {
        let mut rows = Vec::with_capacity(9);
        let mut row = hashes.to_vec();
        while !row.is_empty() {
            let (pairs, _odd) = row.as_chunks::<2>();
            let above = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
            rows.push(row);
            row = above;
        }
        Self { rows }
    }

    /// The hash of the complete node `index` (within the tree) at `height`.
    pub(crate) fn node(&self, height: u32, index: u64) -> Option<Hash> {
        let above_level = height % TILE_HEIGHT;
        let per_tile = shr(u64::from(FULL_WIDTH), above_level);
        let offset = usize::try_from(index.checked_rem(per_tile)?).ok()?;
        self.rows.get(usize::try_from(above_level).ok()?)?.get(offset).copied()
    }

    /// The hashes of the tile.
    pub(crate) fn hashes(&self) -> &[Hash] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }

    /// The hash over the whole tile, if it is full.
    pub(crate) fn root(&self) -> Option<&Hash> {
        self.rows.get(8)?.first()
    }
}

/// The peaks of a tree by height, each from the partial tile of its level.
pub(crate) fn peaks<'a>(
    size: u64,
    partial: impl Fn(usize) -> Option<&'a Pyramid>,
) -> Vec<Option<Hash>> {
    let heights = HEIGHTS.saturating_sub(size.leading_zeros());
    (0..heights)
        .map(|height| {
            if !has_peak(size, height) {
                return None;
            }
            let level = usize::try_from(height / TILE_HEIGHT).ok()?;
            partial(level)?.node(height, shr(size, height).saturating_sub(1))
        })
        .collect()
}

/// The level whose tiles hold the nodes of this height, if any do.
pub(crate) fn level_at(height: u32) -> Option<u8> {
    if height.is_multiple_of(TILE_HEIGHT) { u8::try_from(height / TILE_HEIGHT).ok() } else { None }
}

/// The width of the partial tile at `level` in a tree of `size` leaves: `size / 256^level mod 256`.
pub(crate) fn width_at(size: u64, level: usize) -> u16 {
    let bits = u32::try_from(level).unwrap_or(u32::MAX).saturating_mul(TILE_HEIGHT);
    // The low byte: the remainder modulo 256.
    let [low, ..] = shr(size, bits).to_le_bytes();
    u16::from(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::leaf_hash;

    #[test]
    fn tile_paths_that_the_standard_does_not_write_are_refused() {
        for path in [
            "",
            "tile/0",
            "tile/0/",
            "tile/8/000",
            "tile/00/000",
            "tile/0/0",
            "tile/0/x000/001",
            "tile/0/x001/x067",
            "tile/0/001/067",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/05",
            "tile/0/000.p/+5",
            "tile/0/+00",
            "tile/entries/000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(TileId::from_path(path), Err(TlogError::MalformedTilePath), "{path}");
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_its_paths() {
        assert_eq!(TileId { level: 0, index: 1_234_067 }.path(256), "tile/0/x001/x234/067");
        assert_eq!(TileId { level: 0, index: 1_067 }.path(5), "tile/0/x001/067.p/5");
        assert_eq!(TileId { level: 1, index: 0 }.path(1), "tile/1/000.p/1");
    }

    #[test]
    fn the_partial_tiles_of_seventy_thousand_leaves_are_those_of_the_standard() {
        let tiles: Vec<_> = TileId::partial_in(70_000).collect();
        let id = |level, index| TileId { level, index };
        assert_eq!(tiles, [(id(0, 273), 112), (id(1, 1), 17), (id(2, 0), 1)]);
        assert_eq!(TileId::partial_in(256).collect::<Vec<_>>(), [(id(1, 0), 1)]);
        assert_eq!(TileId::partial_in(0).count(), 0);
        assert_eq!(TileId::partial_in(u64::MAX).count(), LEVELS);
    }

    #[test]
    fn bytes_that_are_not_whole_hashes_are_refused() {
        let id = TileId { level: 0, index: 0 };
        for actual in [0, 1, 31, 33, 8191, 8193, 8224] {
            let bytes = vec![0; actual];
            assert_eq!(Tile::from_bytes(id, &bytes), Err(TlogError::TileLength { actual }));
        }
    }

    #[test]
    fn a_set_serves_a_prefix_of_a_wider_tile_but_never_a_wider_one() {
        let id = TileId { level: 0, index: 0 };
        let hashes: Vec<_> = (0..9_u8).map(|n| leaf_hash(&[n])).collect();
        let set = TileSet::from_iter([Tile { id, hashes: hashes.clone() }]);
        assert_eq!(set.read(id, 10), Err(TlogError::MissingTile { id, width: 10 }));
        assert_eq!(set.read(id, 4).map(|tile| tile.hashes), Ok(hashes[..4].to_vec()));
    }

    proptest! {
        #[test]
        fn paths_and_bytes_read_back(level in 0..8_u8, index: u64, width in 1..=256_u16) {
            let id = TileId { level, index };
            prop_assert_eq!(TileId::from_path(&id.path(width)), Ok((id, width)));
            let hashes = (0..width).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            let tile = Tile { id, hashes };
            prop_assert_eq!(Tile::from_bytes(id, &tile.to_bytes()), Ok(tile));
        }

        #[test]
        fn any_text_is_refused_or_is_the_path_of_its_tile(path in "tile/[0-9]{1,2}/(x?[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
            if let Ok((id, width)) = TileId::from_path(&path) {
                prop_assert_eq!(id.path(width), path);
            }
        }
    }
}
