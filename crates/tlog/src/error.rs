//! What can be wrong with a tree, a proof, a tile, a note or a policy.

use thiserror::Error;

use crate::TileId;

/// Everything this crate refuses.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TlogError {
    /// A leaf index at or beyond the tree size.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexOutsideTree {
        /// The leaf asked for.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// A leaf this value does not remember: it proves only the leaves it appended.
    #[error("leaf {index} was not appended here: only {first}..{end} were")]
    LeafNotAppended {
        /// The leaf asked for.
        index: u64,
        /// The first leaf that was appended.
        first: u64,
        /// One past the last leaf that was appended.
        end: u64,
    },
    /// A consistency question whose older tree is empty or larger than the newer one.
    #[error("no consistency proof exists from {old} to {new} leaves")]
    SizesOutOfOrder {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// A proof with too few or too many hashes for its sizes.
    #[error("proof has {actual} hashes, which is not the number its sizes call for")]
    ProofLength {
        /// The number of hashes in the proof.
        actual: usize,
    },
    /// A proof that leads to another root.
    #[error("proof does not lead to the root")]
    RootMismatch,
    /// Hashes of the right edge whose number disagrees with the tree size.
    #[error(
        "right edge of a tree of {size} leaves needs {expected} hashes at level {level}, found {actual}"
    )]
    EdgeWidth {
        /// The tree size.
        size: u64,
        /// The level of the tile, or the height of the peak.
        level: usize,
        /// The number the size calls for.
        expected: usize,
        /// The number found.
        actual: usize,
    },
    /// A tile that the answer needs and nobody supplied.
    #[error("tile {id} of width {width} is missing")]
    MissingTile {
        /// Which tile.
        id: TileId,
        /// How many hashes of it are needed.
        width: u16,
    },
    /// A tile whose hashes are not those the root commits to.
    #[error("tile {id} does not hash up to the root")]
    ForgedTile {
        /// Which tile.
        id: TileId,
    },
    /// A tile that a tree of this size does not have.
    #[error("tile {id} is not part of a tree of {size} leaves")]
    TileOutsideTree {
        /// Which tile.
        id: TileId,
        /// The tree size.
        size: u64,
    },
    /// Bytes that are not 1 to 256 hashes of 32 bytes.
    #[error("a tile holds 1 to 256 hashes of 32 bytes, not {actual} bytes")]
    TileLength {
        /// The number of bytes.
        actual: usize,
    },
    /// A tile path that C2SP tlog-tiles does not produce.
    #[error("malformed tile path")]
    MalformedTilePath,
    /// Text that is not a hash of 32 bytes.
    #[error("malformed hash")]
    MalformedHash,
    /// A name that cannot be an origin or key name: empty, over 255 bytes, or with spaces, `+` or
    /// control characters.
    #[error("malformed name in a note")]
    MalformedName,
    /// Text that is not a C2SP signed note.
    #[error("malformed note: {what}")]
    MalformedNote {
        /// The rule that is broken.
        what: &'static str,
    },
    /// Note text that is not a checkpoint.
    #[error("malformed checkpoint: {what}")]
    MalformedCheckpoint {
        /// The rule that is broken.
        what: &'static str,
    },
    /// A verifier key that cannot be read.
    #[error("malformed verifier key: {what}")]
    MalformedKey {
        /// The rule that is broken.
        what: &'static str,
    },
    /// A policy text that cannot be read.
    #[error("malformed policy, line {line}: {what}")]
    MalformedPolicy {
        /// The line, from 1.
        line: usize,
        /// The rule that is broken.
        what: &'static str,
    },
    /// A checkpoint of another log.
    #[error("checkpoint is of log {actual}, not {expected}")]
    OtherOrigin {
        /// The log asked for.
        expected: String,
        /// The log that the checkpoint names.
        actual: String,
    },
    /// A note without the signature line that the policy demands.
    #[error("note lacks the signature of type {kind:#04x} that the policy demands")]
    MissingSignature {
        /// The C2SP signature type.
        kind: u8,
    },
    /// A signature line of a known key that does not verify.
    #[error("signature of type {kind:#04x} does not verify")]
    InvalidSignature {
        /// The C2SP signature type.
        kind: u8,
    },
    /// Fewer cosigning witnesses than the policy demands.
    #[error("{actual} witnesses cosigned, the policy demands {quorum}")]
    QuorumNotMet {
        /// How many valid cosignatures there are.
        actual: usize,
        /// How many the policy demands.
        quorum: usize,
    },
    /// The cryptographic provider failed or refused a key.
    #[error("cryptography: {0}")]
    Crypto(#[from] crypto::CryptoError),
}
