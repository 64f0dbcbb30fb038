//! Where the hashes of a tree lie: the arithmetic that trees, tiles and proofs share.
//!
//! A node is named by its height above the leaves and its index among the nodes of that height. It
//! is complete when all 2^height leaves below it exist; its hash then never changes again.
//! In a tree of `n` leaves the largest complete nodes are the **peaks**, one for each one-bit of `n`.

use crate::{Hash, TlogError, node_hash};

/// Heights a tree can have: its size is a `u64`.
pub(crate) const HEIGHTS: u32 = u64::BITS;

/// `value / 2^bits`, rounded down, for any `bits`.
pub(crate) const fn shr(value: u64, bits: u32) -> u64 {
    match value.checked_shr(bits) {
        Some(shifted) => shifted,
        None => 0,
    }
}

/// Whether a tree of `size` leaves has a peak at `height`.
pub(crate) const fn has_peak(size: u64, height: u32) -> bool {
    shr(size, height) & 1 == 1
}

/// Gives the hash of complete nodes.
pub(crate) trait Nodes {
    /// The hash of complete node `index` at `height`.
    fn node(&self, height: u32, index: u64) -> Result<Hash, TlogError>;
}

/// The incomplete nodes of a tree: at most one per height, always the last.
#[derive(Clone, Debug)]
pub(crate) struct RaggedEdge {
    /// By height, the hash over the leaves beyond the last complete node of that height.
    by_height: Vec<Option<Hash>>,
}

impl RaggedEdge {
    /// Folds the peaks of a tree, `peaks[height]` for each one-bit of its size.
    pub(crate) fn from_peaks(peaks: &[Option<Hash>]) -> Self {
        let mut by_height = Vec::with_capacity(peaks.len().saturating_add(1));
        let mut ragged = None;
        by_height.push(ragged);
        for peak in peaks {
            ragged = match (peak, ragged) {
                (Some(left), Some(right)) => Some(node_hash(left, &right)),
                (Some(only), None) => Some(*only),
                (None, unchanged) => unchanged,
            };
            by_height.push(ragged);
        }
        Self { by_height }
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> Hash {
        self.by_height.last().copied().flatten().unwrap_or(Hash::EMPTY_ROOT)
    }

    fn at(&self, height: u32) -> Option<Hash> {
        let height = usize::try_from(height).ok()?;
        self.by_height.get(height).copied().flatten()
    }
}

/// The siblings that lead from the node above `leaf` at `from_height` to the root of a tree of
/// `size` leaves, lowest first: RFC 9162 2.1.3.1 without its recursion.
///
/// `leaf` must be in the tree.
pub(crate) fn siblings(
    nodes: &impl Nodes,
    edge: &RaggedEdge,
    leaf: u64,
    from_height: u32,
    size: u64,
) -> Result<Vec<Hash>, TlogError> {
    let last_leaf = size.saturating_sub(1);
    let rises = HEIGHTS.saturating_sub(last_leaf.leading_zeros()).saturating_sub(from_height);
    let mut path = Vec::with_capacity(usize::try_from(rises).unwrap_or(0).saturating_add(1));
    for height in from_height..HEIGHTS {
        let last = shr(last_leaf, height);
        if last == 0 {
            break;
        }
        let sibling = shr(leaf, height) ^ 1;
        if sibling > last {
            // The node has no sibling: it is its parent, one height further up.
            continue;
        }
        let complete = sibling < shr(size, height);
        match edge.at(height) {
            Some(hash) if !complete => path.push(hash),
            Some(_) | None => path.push(nodes.node(height, sibling)?),
        }
    }
    Ok(path)
}
