//! The record kept beside a leaf: what its commitments open to.

use crypto::Sha2;

use crate::{Flags, Group, IntentError, Leaf, commit};

/// Salt and bytes of one group. Erasing a group destroys both.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// Random, 32 bytes.
    pub salt: [u8; 32],
    /// Exact bytes as committed to; never re-serialised.
    pub bytes: Vec<u8>,
}

/// The five groups of one leaf; an erased one is `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// As in the leaf.
    pub kind_code: u8,
    /// As in the leaf.
    pub flags: Flags,
    /// In the order of [`Group::ALL`].
    pub groups: [Option<Opening>; 5],
}

impl Record {
    /// Commits to five groups with five fresh salts (5 x 32 random bytes).
    #[must_use]
    pub fn new(
        kind_code: u8,
        flags: Flags,
        bytes: [Vec<u8>; 5],
        salts: &[u8; 160],
    ) -> (Self, Leaf) {
        let mut commitments = [Sha2::from_bytes([0; 32]); 5];
        let mut groups = [const { None }; 5];
        let (salts, _) = salts.as_chunks::<32>();
        let parts = Group::ALL.into_iter().zip(bytes).zip(salts);
        let places = commitments.iter_mut().zip(&mut groups);
        for (((group, bytes), salt), (commitment, opening)) in parts.zip(places) {
            *commitment = commit(group, salt, &bytes);
            *opening = Some(Opening { salt: *salt, bytes });
        }
        (Self { kind_code, flags, groups }, Leaf { kind_code, flags, commitments })
    }

    /// One group, unless erased.
    #[must_use]
    pub fn group(&self, group: Group) -> Option<&Opening> {
        let [intent, actor, origin, effects, evidence] = &self.groups;
        match group {
            Group::Intent => intent,
            Group::Actor => actor,
            Group::Origin => origin,
            Group::Effects => effects,
            Group::Evidence => evidence,
        }
        .as_ref()
    }

    /// Whether every group still kept opens its commitment; names the first that does not.
    pub fn check(&self, leaf: &Leaf) -> Result<(), IntentError> {
        if (self.kind_code, self.flags) != (leaf.kind_code, leaf.flags) {
            return Err(IntentError::malformed("leaf", "must have the record's kind and flags"));
        }
        let groups = Group::ALL.into_iter().zip(&self.groups).zip(&leaf.commitments);
        for ((group, opening), commitment) in groups {
            let opens =
                |opening: &Opening| commit(group, &opening.salt, &opening.bytes) == *commitment;
            if !opening.as_ref().is_none_or(opens) {
                return Err(IntentError::CommitmentMismatch { group });
            }
        }
        Ok(())
    }
}
