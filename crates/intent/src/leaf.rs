//! The leaf: what the log holds of an intent or event, 170 bytes without personal data.

use crypto::{Sha2, Sha256Hasher};

use crate::{EventKind, IntentError, Kind};

const MAGIC: &[u8] = b"srleaf01";

/// A part of a record, kept, shown and erased on its own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Group {
    /// Canonical intent bytes.
    Intent = 1,
    /// Who signed: [`crate::Actor`].
    Actor = 2,
    /// Where from and when, as the server saw it: [`crate::Origin`].
    Origin = 3,
    /// What came of it: [`crate::Effects`].
    Effects = 4,
    /// Signature and device proof: [`crate::Evidence`].
    Evidence = 5,
}

impl Group {
    /// Every group in the leaf's order.
    pub const ALL: [Self; 5] =
        [Self::Intent, Self::Actor, Self::Origin, Self::Effects, Self::Evidence];

    /// The number inside the commitment.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Intent => 1,
            Self::Actor => 2,
            Self::Origin => 3,
            Self::Effects => 4,
            Self::Evidence => 5,
        }
    }

    /// Place in arrays of five.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Intent => 0,
            Self::Actor => 1,
            Self::Origin => 2,
            Self::Effects => 3,
            Self::Evidence => 4,
        }
    }

    /// The name in receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Actor => "actor",
            Self::Origin => "origin",
            Self::Effects => "effects",
            Self::Evidence => "evidence",
        }
    }
}

const COMMIT_PREFIX: &[u8] = b"strongroom/commit/v1";

/// SHA-256("strongroom/commit/v1" || group u8 || salt || u64 BE length || bytes).
///
/// The salt hides the bytes from who knows only the leaf; the length and group make the input
/// unambiguous.
#[must_use]
pub fn commit(group: Group, salt: &[u8; 32], bytes: &[u8]) -> Sha2 {
    let mut hasher = Sha256Hasher::new();
    hasher.update(COMMIT_PREFIX);
    hasher.update(&[group.code()]);
    hasher.update(salt);
    hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(bytes);
    hasher.finish()
}

/// Marks of a leaf.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Flags {
    /// Bit 0: nobody signed it, it is an event.
    pub event: bool,
    /// Bit 1: the intent was refused.
    pub refused: bool,
}

impl Flags {
    /// The stored byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match (self.event, self.refused) {
            (false, false) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (true, true) => 3,
        }
    }

    /// The marks of a stored byte; unknown bits are refused.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0..=3 => Some(Self { event: bits & 1 != 0, refused: bits & 2 != 0 }),
            4.. => None,
        }
    }
}

/// `"srleaf01" | kind u8 | flags u8 | c_intent | c_actor | c_origin | c_effects | c_evidence`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Leaf {
    /// [`crate::Kind::code`] or [`crate::EventKind::code`].
    pub kind_code: u8,
    /// Marks.
    pub flags: Flags,
    /// [`commit`] of each group, in the order of [`Group::ALL`].
    pub commitments: [Sha2; 5],
}

impl Leaf {
    /// Length in bytes.
    pub const LEN: usize = 170;

    /// The bytes the log hashes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let head = [self.kind_code, self.flags.bits()];
        let digests = self.commitments.iter().flat_map(Sha2::as_bytes);
        let source = MAGIC.iter().chain(&head).chain(digests);
        bytes.iter_mut().zip(source).for_each(|(place, byte)| *place = *byte);
        bytes
    }

    /// Reads a leaf. Another version or length, an unknown flag or kind, and a kind that
    /// disagrees with the event flag are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IntentError> {
        Self::read(bytes).ok_or_else(|| IntentError::malformed("leaf", "must be a version 1 leaf"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let Some([kind_code, flags, digests @ ..]) = bytes.strip_prefix(MAGIC) else { return None };
        let flags = Flags::from_bits(*flags)?;
        let known = if flags.event {
            EventKind::from_code(*kind_code).is_some()
        } else {
            Kind::from_code(*kind_code).is_some()
        };
        let (digests, []) = digests.as_chunks::<32>() else { return None };
        let commitments: &[[u8; 32]; 5] = digests.try_into().ok()?;
        let commitments = commitments.map(Sha2::from_bytes);
        known.then_some(Self { kind_code: *kind_code, flags, commitments })
    }

    /// The leaf's hash in the tree (RFC 6962: 0x00 prefix).
    #[must_use]
    pub fn hash(&self) -> tlog::Hash {
        tlog::leaf_hash(&self.to_bytes())
    }
}
