//! The second code path: roots straight from the definition, to check the first one with.
//!
//! Nothing here knows tiles, peaks by height or proofs; a mistake would have to be made twice, in
//! two ways, to go unseen. The log uses it before it signs, the offline verifier to rebuild.

use crate::{Hash, TlogError, TreeSize, node_hash};

/// The root over leaf hashes by the recursion of RFC 9162 2.1.1.
#[must_use]
pub fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            // k of the RFC: the largest power of two smaller than n.
            let k = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(k);
            node_hash(&merkle_tree_hash(left), &merkle_tree_hash(right))
        }
    }
}

/// The root over leaves that come one by one, in the memory of one hash per one-bit of the size.
///
/// ```
/// use tlog::{RootBuilder, leaf_hash, merkle_tree_hash};
///
/// let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
/// let mut builder = RootBuilder::new();
/// leaves.iter().for_each(|leaf| builder.push(*leaf));
/// assert_eq!(builder.root(), merkle_tree_hash(&leaves));
/// ```
#[derive(Clone, Debug, Default)]
pub struct RootBuilder {
    size: u64,
    /// Roots of complete subtrees, from the left; their sizes are the one-bits of `size`.
    subtrees: Vec<Hash>,
}

impl RootBuilder {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from the peaks of a tree of `size` leaves, largest first.
    ///
    /// # Errors
    ///
    /// [`TlogError::EdgeWidth`] unless there is one peak for each one-bit of `size`.
    pub fn from_peaks(size: TreeSize, peaks: &[Hash]) -> Result<Self, TlogError> {
        let size = size.get();
        let expected = usize::try_from(size.count_ones()).unwrap_or(usize::MAX);
        if peaks.len() != expected {
            return Err(TlogError::EdgeWidth { size, level: 0, expected, actual: peaks.len() });
        }
        Ok(Self { size, subtrees: peaks.to_vec() })
    }

    /// Adds the next leaf hash.
    ///
    /// # Panics
    ///
    /// When the tree would have 2^64 leaves.
    #[expect(clippy::expect_used, reason = "nobody pushes 2^64 leaves")]
    pub fn push(&mut self, leaf: Hash) {
        let mut subtree = leaf;
        // Each trailing one-bit is a subtree that now finds its equal.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                subtree = node_hash(&left, &subtree);
            }
        }
        self.subtrees.push(subtree);
        self.size = self.size.checked_add(1).expect("a tree has fewer than 2^64 leaves");
    }

    /// The number of leaves so far.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// The root over the leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.subtrees.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(Hash::EMPTY_ROOT)
    }

    /// The roots of the largest complete subtrees, largest first: enough to go on later.
    #[must_use]
    pub fn peaks(&self) -> Vec<Hash> {
        self.subtrees.clone()
    }
}

/// Checks an append before it is signed: that the old peaks are those of `old_root`, and that the
/// new leaves lead from them to `new_root`. Returns the new size.
pub fn verify_append(
    old_size: TreeSize,
    old_peaks: &[Hash],
    old_root: &Hash,
    leaves: &[Hash],
    new_root: &Hash,
) -> Result<TreeSize, TlogError> {
    let mut builder = RootBuilder::from_peaks(old_size, old_peaks)?;
    if builder.root() != *old_root {
        return Err(TlogError::RootMismatch);
    }
    for leaf in leaves {
        builder.push(*leaf);
    }
    if builder.root() != *new_root {
        return Err(TlogError::RootMismatch);
    }
    Ok(builder.size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edge, leaf_hash};

    #[test]
    fn an_append_with_another_leaf_root_or_peak_is_refused() {
        let leaves: Vec<Hash> = (0..40_u8).map(|n| leaf_hash(&[n])).collect();
        let (old, new) = leaves.split_at(23);
        let mut edge = Edge::empty();
        let before = edge.append(old);
        let peaks = edge.peaks();
        let after = edge.append(new);
        let check = |peaks: &[Hash], old_root: &Hash, new: &[Hash], new_root: &Hash| {
            verify_append(before.new_size, peaks, old_root, new, new_root)
        };
        assert_eq!(check(&peaks, &before.root, new, &after.root), Ok(after.new_size));

        let mismatch = Err(TlogError::RootMismatch);
        let mut forged = new.to_vec();
        forged.swap(0, 1);
        assert_eq!(check(&peaks, &before.root, &forged, &after.root), mismatch);
        assert_eq!(check(&peaks, &before.root, &new[1..], &after.root), mismatch);
        assert_eq!(check(&peaks, &before.root, new, &before.root), mismatch);
        assert_eq!(check(&peaks, &after.root, new, &after.root), mismatch);
        let mut forged = peaks.clone();
        forged.reverse();
        assert_eq!(check(&forged, &before.root, new, &after.root), mismatch);
        assert_eq!(
            check(&peaks[1..], &before.root, new, &after.root),
            Err(TlogError::EdgeWidth { size: 23, level: 0, expected: 4, actual: 3 })
        );
    }

    #[test]
    fn a_builder_that_went_on_from_peaks_is_the_one_that_never_stopped() {
        let mut whole = RootBuilder::new();
        for n in 0..700_u16 {
            let mut resumed = RootBuilder::from_peaks(whole.size(), &whole.peaks()).unwrap();
            let leaf = leaf_hash(&n.to_be_bytes());
            whole.push(leaf);
            resumed.push(leaf);
            assert_eq!((resumed.root(), resumed.size()), (whole.root(), whole.size()));
        }
    }
}
