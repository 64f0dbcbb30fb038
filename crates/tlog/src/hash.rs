//! The hashes of the tree and the numbers that address it.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use crypto::{Sha256Hasher, sha256};

use crate::TlogError;

/// First byte of what is hashed for a leaf (RFC 9162 2.1.1): no leaf can pass for an inner node.
const LEAF_PREFIX: u8 = 0x00;
/// First byte of what is hashed for an inner node (RFC 9162 2.1.1).
const NODE_PREFIX: u8 = 0x01;

/// The hash of a leaf, of an inner node or of a whole tree: SHA-256, 32 bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hash([u8; Hash::LEN]);

impl Hash {
    /// Size, in bytes.
    pub const LEN: usize = 32;

    /// The root of the tree without leaves: SHA-256 of nothing (RFC 9162 2.1.1).
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// The hash with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads 64 lower-case hex digits.
    pub fn from_hex(text: &str) -> Result<Self, TlogError> {
        crypto::Sha2::from_hex(text)
            .map(|hash| Self(*hash.as_bytes()))
            .map_err(|_| TlogError::MalformedHash)
    }

    /// Standard Base 64 with padding, 44 characters, as checkpoints write it.
    #[must_use]
    pub fn to_base64(&self) -> String {
        Base64::encode_string(&self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and nothing else.
    pub fn from_base64(text: &str) -> Result<Self, TlogError> {
        let mut bytes = [0; Self::LEN];
        match Base64::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == Self::LEN => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(TlogError::MalformedHash),
        }
    }
}

/// Lower-case hex.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of a leaf with these bytes: SHA-256(0x00 || data) (RFC 9162 2.1.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hasher = Sha256Hasher::new();
    hasher.update(&[LEAF_PREFIX]);
    hasher.update(data);
    Hash(*hasher.finish().as_bytes())
}

/// The hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162 2.1.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [NODE_PREFIX; 65];
    input[1..33].copy_from_slice(&left.0);
    input[33..].copy_from_slice(&right.0);
    Hash(*sha256(&input).as_bytes())
}

/// The number of leaves of a tree.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TreeSize(u64);

impl TreeSize {
    /// A tree of `leaves` leaves.
    #[must_use]
    pub const fn new(leaves: u64) -> Self {
        Self(leaves)
    }

    /// The number of leaves.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a leaf, from 0.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LeafIndex(u64);

impl LeafIndex {
    /// The leaf after `index` others.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The number of leaves before it.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_hashes_are_refused() {
        let base64 = Hash::EMPTY_ROOT.to_base64();
        let loose_bits = base64.replace("FU=", "FV=");
        assert_ne!(base64, loose_bits);
        for text in
            ["", "47DEQpj8", base64.trim_end_matches('='), &loose_bits, &(base64.clone() + "A")]
        {
            assert_eq!(Hash::from_base64(text), Err(TlogError::MalformedHash), "{text}");
        }
        for text in ["", "e3", &Hash::EMPTY_ROOT.to_string().replace('e', "x")] {
            assert_eq!(Hash::from_hex(text), Err(TlogError::MalformedHash), "{text}");
        }
    }

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY_ROOT.as_bytes(), sha256(b"").as_bytes());
    }

    #[test]
    fn both_texts_of_a_hash_read_back() {
        let hash = leaf_hash(b"leaf");
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(Hash::from_hex(&hash.to_string()), Ok(hash));
    }

    #[test]
    fn a_leaf_never_hashes_as_a_node() {
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let both = [left.as_bytes().as_slice(), right.as_bytes()].concat();
        assert_ne!(leaf_hash(&both), node_hash(&left, &right));
    }
}
