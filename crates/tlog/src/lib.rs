//! The transparency log: an append-only Merkle tree, its proofs, and its signed heads.
//!
//! This crate implements the tree and the proofs of [RFC 9162] section 2 (which are those of RFC
//! 6962) with SHA-256, and four formats of [C2SP]: tlog-tiles for the stored tree, tlog-checkpoint
//! and signed-note for its head, tlog-cosignature for the ML-DSA-44 signatures of log and
//! witnesses.
//!
//! It is pure: it reads no store, no network and no clock, and it does not know what a leaf says.
//! It deliberately lacks witnesses' Ed25519 cosignatures (type `0x04`), subtree cosignatures that
//! do not start at leaf 0, extension lines, and pruning.
//!
//! # Invariants
//!
//! - Every inner node is hashed with another prefix than a leaf, so neither passes for the other.
//! - Two code paths compute roots: [`Edge`] incrementally, [`merkle_tree_hash`] and [`RootBuilder`]
//!   from the definition. A head is signed only when both agree (see [`verify_append`]).
//! - Stored tiles are untrusted until [`VerifiedTiles`] has led every one of them up to the root.
//! - A checkpoint is believed only under the bank's composite signature, whatever else it bears.
//!
//! # Example
//!
//! ```
//! use tlog::{Edge, LeafIndex, leaf_hash, verify_append};
//!
//! let mut edge = Edge::empty();
//! edge.append(&[leaf_hash(b"founded")]);
//! let (size, peaks, root) = (edge.size(), edge.peaks(), edge.root());
//!
//! let leaves = [leaf_hash(b"transfer 1"), leaf_hash(b"transfer 2")];
//! let appended = edge.append(&leaves);
//! verify_append(size, &peaks, &root, &leaves, &appended.root)?;
//!
//! let proof = appended.inclusion_proof(LeafIndex::new(2))?;
//! proof.verify(&leaves[1], &appended.root)?;
//! appended.consistency_proof()?.verify(&root, &appended.root)?;
//! # Ok::<(), tlog::TlogError>(())
//! ```
//!
//! [RFC 9162]: https://www.rfc-editor.org/rfc/rfc9162.html
//! [C2SP]: https://c2sp.org

mod checkpoint;
mod edge;
mod error;
mod geometry;
mod hash;
mod note;
mod policy;
mod proof;
mod recompute;
mod signer;
mod stored;
mod tile;
mod vkey;

pub use checkpoint::{Checkpoint, Origin};
pub use edge::{Appended, Edge};
pub use error::TlogError;
pub use hash::{Hash, LeafIndex, TreeSize, leaf_hash, node_hash};
pub use note::{KeyName, SignatureLine, SignedNote};
pub use policy::{CheckpointVerifier, Policy};
pub use proof::{ConsistencyProof, InclusionProof};
pub use recompute::{RootBuilder, merkle_tree_hash, verify_append};
pub use signer::{CheckpointSigner, Cosigner};
pub use stored::{
    VerifiedTiles, prove_consistency, prove_inclusion, tiles_for_consistency, tiles_for_inclusion,
};
pub use tile::{Tile, TileId, TileReader, TileSet};
pub use vkey::{KIND_ED25519, KIND_ML_DSA_44, KIND_PRIVATE, VerifierKey};

/// The root of the tree without leaves.
pub const EMPTY_ROOT: Hash = Hash::EMPTY_ROOT;
