//! Inclusion and consistency proofs, and their verification as RFC 9162 2.1.3.2 and 2.1.4.2 word it.

use crate::geometry::{Nodes, RaggedEdge, siblings};
use crate::{Hash, LeafIndex, TlogError, TreeSize, node_hash};

/// Proof that a leaf is in a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InclusionProof {
    /// The place of the leaf.
    pub index: LeafIndex,
    /// The size of the tree.
    pub size: TreeSize,
    /// The siblings from the leaf to the root, lowest first; at most 64.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Checks that `leaf` (see [`crate::leaf_hash`]) is leaf `index` of the tree of `size` leaves
    /// with this root.
    ///
    /// # Standard
    ///
    /// RFC 9162 2.1.3.2.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), TlogError> {
        let (index, size) = (self.index.get(), self.size.get());
        if index >= size {
            return Err(TlogError::IndexOutsideTree { index, size });
        }
        let mut climb = Climb { node: index, last: size.saturating_sub(1) };
        let mut reached = *leaf;
        for sibling in &self.path {
            reached = match climb.side().ok_or_else(|| wrong_length(&self.path))? {
                Side::Left => node_hash(sibling, &reached),
                Side::Right => node_hash(&reached, sibling),
            };
            climb.rise();
        }
        climb.require_top(&self.path)?;
        require_equal(&reached, root)
    }
}

/// Proof that one tree is a prefix of another: nothing was changed or removed in between.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsistencyProof {
    /// The size of the older tree.
    pub old: TreeSize,
    /// The size of the newer tree.
    pub new: TreeSize,
    /// The nodes of RFC 9162 2.1.4.1, in its order; at most 65.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Checks that the tree of `old` leaves with `old_root` is a prefix of that of `new` leaves
    /// with `new_root`.
    ///
    /// An empty older tree is refused: everything is consistent with nothing, so such a proof would
    /// prove nothing.
    ///
    /// # Standard
    ///
    /// RFC 9162 2.1.4.2.
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), TlogError> {
        let (old, new) = (self.old.get(), self.new.get());
        require_order(old, new)?;
        if old == new {
            if !self.path.is_empty() {
                return Err(wrong_length(&self.path));
            }
            return require_equal(old_root, new_root);
        }
        let mut climb = Climb { node: old.saturating_sub(1), last: new.saturating_sub(1) };
        climb.rise_past_right_children();
        let (seed, rest) = if old.is_power_of_two() {
            (*old_root, self.path.as_slice())
        } else {
            let (seed, rest) = self.path.split_first().ok_or_else(|| wrong_length(&self.path))?;
            (*seed, rest)
        };
        let (mut reached_old, mut reached_new) = (seed, seed);
        for sibling in rest {
            match climb.side().ok_or_else(|| wrong_length(&self.path))? {
                Side::Left => {
                    reached_old = node_hash(sibling, &reached_old);
                    reached_new = node_hash(sibling, &reached_new);
                }
                Side::Right => reached_new = node_hash(&reached_new, sibling),
            }
            climb.rise();
        }
        climb.require_top(&self.path)?;
        require_equal(&reached_old, old_root)?;
        require_equal(&reached_new, new_root)
    }

    /// Builds the proof: the last peak of the older tree and the siblings on its way to the newer
    /// root. The peak is left out where it is the older root itself, which the verifier has.
    pub(crate) fn build(
        nodes: &impl Nodes,
        edge: &RaggedEdge,
        old: TreeSize,
        new: TreeSize,
    ) -> Result<Self, TlogError> {
        let (old_leaves, new_leaves) = (old.get(), new.get());
        require_order(old_leaves, new_leaves)?;
        if old == new {
            return Ok(Self { old, new, path: Vec::new() });
        }
        let last_leaf = old_leaves.saturating_sub(1);
        let height = old_leaves.trailing_zeros();
        let mut path = siblings(nodes, edge, last_leaf, height, new_leaves)?;
        if !old_leaves.is_power_of_two() {
            path.insert(0, nodes.node(height, crate::geometry::shr(last_leaf, height))?);
        }
        Ok(Self { old, new, path })
    }
}

/// On which side of the node its sibling is.
enum Side {
    Left,
    Right,
}

/// The way from a node to the root: `fn` and `sn` of the RFC.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// The side of the sibling that comes next; none at the root.
    fn side(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        if self.node & 1 == 1 {
            return Some(Side::Left);
        }
        if self.node == self.last {
            // The last node has no right sibling: it is its own parent until it becomes a right child.
            while self.node & 1 == 0 && self.node != 0 {
                self.rise();
            }
            return Some(Side::Left);
        }
        Some(Side::Right)
    }

    fn rise(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    fn rise_past_right_children(&mut self) {
        while self.node & 1 == 1 {
            self.rise();
        }
    }

    fn require_top(&self, path: &[Hash]) -> Result<(), TlogError> {
        if self.last == 0 { Ok(()) } else { Err(wrong_length(path)) }
    }
}

fn require_order(old: u64, new: u64) -> Result<(), TlogError> {
    if old == 0 || old > new {
        return Err(TlogError::SizesOutOfOrder { old, new });
    }
    Ok(())
}

fn require_equal(reached: &Hash, root: &Hash) -> Result<(), TlogError> {
    if reached == root { Ok(()) } else { Err(TlogError::RootMismatch) }
}

const fn wrong_length(path: &[Hash]) -> TlogError {
    TlogError::ProofLength { actual: path.len() }
}
