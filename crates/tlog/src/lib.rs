//! The transparency log's Merkle tree, tiles, proofs and checkpoints.
#![expect(
    clippy::todo,
    missing_docs,
    dead_code,
    unused_variables,
    reason = "interface published ahead of its bodies"
)]
mod error;
use crypto::{Ed25519Key, Ed25519PublicKey, MlDsa44Key, MlDsa44PublicKey, PublicKey, SigningKey};
pub use error::TlogError;
use std::{collections::HashMap, fmt};

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hash([u8; 32]);
pub const EMPTY_ROOT: Hash = Hash([0; 32]);
impl Hash {
    pub const EMPTY_ROOT: Self = EMPTY_ROOT;
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    pub fn from_hex(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn to_base64(&self) -> String {
        todo!()
    }
    pub fn from_base64(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
}
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
pub fn leaf_hash(data: &[u8]) -> Hash {
    todo!()
}
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    todo!()
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TreeSize(u64);
impl TreeSize {
    pub const fn new(n: u64) -> Self {
        Self(n)
    }
    pub const fn get(self) -> u64 {
        self.0
    }
}
impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LeafIndex(u64);
impl LeafIndex {
    pub const fn new(n: u64) -> Self {
        Self(n)
    }
    pub const fn get(self) -> u64 {
        self.0
    }
}
impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Edge;
impl Edge {
    pub fn empty() -> Self {
        todo!()
    }
    pub fn size(&self) -> TreeSize {
        todo!()
    }
    pub fn root(&self) -> Hash {
        todo!()
    }
    pub fn peaks(&self) -> Vec<Hash> {
        todo!()
    }
    pub fn from_partial_tiles(size: TreeSize, levels: Vec<Vec<Hash>>) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn partial_tiles(&self) -> &[Vec<Hash>] {
        todo!()
    }
    pub fn append(&mut self, leaves: &[Hash]) -> Appended {
        todo!()
    }
}
#[derive(Clone, Debug)]
pub struct Appended {
    pub old_size: TreeSize,
    pub new_size: TreeSize,
    pub root: Hash,
    pub completed: Vec<Tile>,
}
impl Appended {
    pub fn inclusion_proof(&self, index: LeafIndex) -> Result<InclusionProof, TlogError> {
        todo!()
    }
    pub fn consistency_proof(&self) -> Result<ConsistencyProof, TlogError> {
        todo!()
    }
}
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TileId {
    pub level: u8,
    pub index: u64,
}
impl TileId {
    pub fn path(self, width: u16) -> String {
        todo!()
    }
    pub fn from_path(path: &str) -> Result<(Self, u16), TlogError> {
        todo!()
    }
}
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tile {
    pub id: TileId,
    pub hashes: Vec<Hash>,
}
impl Tile {
    pub fn width(&self) -> u16 {
        todo!()
    }
    pub fn path(&self) -> String {
        todo!()
    }
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }
    pub fn from_bytes(id: TileId, bytes: &[u8]) -> Result<Self, TlogError> {
        todo!()
    }
}
pub trait TileReader {
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError>;
}
#[derive(Clone, Debug, Default)]
pub struct TileSet(HashMap<TileId, Tile>);
impl TileSet {
    pub fn new() -> Self {
        todo!()
    }
    pub fn insert(&mut self, tile: Tile) {
        todo!()
    }
}
impl TileReader for TileSet {
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError> {
        todo!()
    }
}
pub fn tiles_for_inclusion(index: LeafIndex, size: TreeSize) -> Vec<(TileId, u16)> {
    todo!()
}
pub fn tiles_for_consistency(old: TreeSize, new: TreeSize) -> Vec<(TileId, u16)> {
    todo!()
}
pub struct VerifiedTiles;
impl VerifiedTiles {
    pub fn new(tiles: TileSet, size: TreeSize, root: &Hash) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn inclusion_proof(&self, index: LeafIndex) -> Result<InclusionProof, TlogError> {
        todo!()
    }
    pub fn consistency_proof(&self, old: TreeSize) -> Result<ConsistencyProof, TlogError> {
        todo!()
    }
}
impl TileReader for VerifiedTiles {
    fn read(&self, id: TileId, width: u16) -> Result<Tile, TlogError> {
        todo!()
    }
}
pub fn prove_inclusion(
    tiles: &impl TileReader,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, TlogError> {
    todo!()
}
pub fn prove_consistency(
    tiles: &impl TileReader,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, TlogError> {
    todo!()
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InclusionProof {
    pub index: LeafIndex,
    pub size: TreeSize,
    pub path: Vec<Hash>,
}
impl InclusionProof {
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), TlogError> {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsistencyProof {
    pub old: TreeSize,
    pub new: TreeSize,
    pub path: Vec<Hash>,
}
impl ConsistencyProof {
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), TlogError> {
        todo!()
    }
}
pub fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
    todo!()
}
#[derive(Clone, Debug, Default)]
pub struct RootBuilder;
impl RootBuilder {
    pub fn new() -> Self {
        todo!()
    }
    pub fn push(&mut self, leaf: Hash) {
        todo!()
    }
    pub fn size(&self) -> TreeSize {
        todo!()
    }
    pub fn root(&self) -> Hash {
        todo!()
    }
    pub fn peaks(&self) -> Vec<Hash> {
        todo!()
    }
    pub fn from_peaks(size: TreeSize, peaks: &[Hash]) -> Result<Self, TlogError> {
        todo!()
    }
}
pub fn verify_append(
    old_size: TreeSize,
    old_peaks: &[Hash],
    old_root: &Hash,
    leaves: &[Hash],
    new_root: &Hash,
) -> Result<TreeSize, TlogError> {
    todo!()
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin(String);
impl Origin {
    pub fn new(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    pub origin: Origin,
    pub size: TreeSize,
    pub root: Hash,
}
impl Checkpoint {
    pub fn to_text(&self) -> String {
        todo!()
    }
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedNote(String);
impl SignedNote {
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn into_string(self) -> String {
        self.0
    }
    /// The note text that is signed.
    pub fn body(&self) -> &str {
        todo!()
    }
    /// The note with one more signature line, as a witness returns it.
    pub fn with_line(self, line: &SignatureLine) -> Result<Self, TlogError> {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignatureLine {
    pub name: Origin,
    pub key_id: [u8; 4],
    pub signature: Vec<u8>,
}
pub struct CheckpointSigner;
impl CheckpointSigner {
    pub fn new(
        origin: Origin,
        bank: &str,
        ed25519: Ed25519Key,
        mldsa44: MlDsa44Key,
        composite: SigningKey,
    ) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn sign(&self, checkpoint: &Checkpoint, timestamp_s: u64) -> Result<SignedNote, TlogError> {
        todo!()
    }
    pub fn verifier(&self) -> CheckpointVerifier {
        todo!()
    }
}
#[derive(Clone, Debug)]
pub struct CheckpointVerifier;
impl CheckpointVerifier {
    pub fn new(
        origin: Origin,
        bank: &str,
        ed25519: Option<Ed25519PublicKey>,
        mldsa44: Option<MlDsa44PublicKey>,
        composite: PublicKey,
    ) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn origin(&self) -> &Origin {
        todo!()
    }
    pub fn verify(&self, note: &str) -> Result<Checkpoint, TlogError> {
        todo!()
    }
    pub fn to_text(&self) -> String {
        todo!()
    }
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
}
/// A witness: cosigns checkpoints with ML-DSA-44 (C2SP type 0x06).
pub struct Cosigner;
impl Cosigner {
    pub fn new(name: Origin, key: MlDsa44Key) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn cosign(
        &self,
        checkpoint: &Checkpoint,
        timestamp_s: u64,
    ) -> Result<SignatureLine, TlogError> {
        todo!()
    }
    pub fn verifier_key(&self) -> VerifierKey {
        todo!()
    }
}
/// One public key under a name: its text form is the C2SP vkey.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifierKey;
impl VerifierKey {
    pub fn to_text(&self) -> String {
        todo!()
    }
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
}
/// The log's keys, its witnesses, and how many of these must have cosigned.
#[derive(Clone, Debug)]
pub struct Policy;
impl Policy {
    pub fn new(
        log: CheckpointVerifier,
        witnesses: Vec<VerifierKey>,
        quorum: usize,
    ) -> Result<Self, TlogError> {
        todo!()
    }
    pub fn verify(&self, note: &str) -> Result<Checkpoint, TlogError> {
        todo!()
    }
    pub fn to_text(&self) -> String {
        todo!()
    }
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        todo!()
    }
}
