//! The receipt: outcome, place in the log, and the proof, valid offline for ever.

use crypto::PublicKey;
use thiserror::Error;
use tlog::{Checkpoint, CheckpointVerifier, InclusionProof, LeafIndex};

use crate::{
    Actor, BankId, Effects, Evidence, Intent, IntentError, IntentId, Leaf, Origin, Outcome, Record,
    SignedIntent, Verified,
};

/// One group as a receipt shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptGroup {
    /// Salt of the commitment.
    pub salt: [u8; 32],
    /// Committed bytes; `None` where the holder has them already.
    pub bytes: Option<Vec<u8>>,
}

/// What the bank answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// Whether the intent took effect.
    pub outcome: Outcome,
    /// `ok`, or the reason's code.
    pub code: String,
    /// Per item of a batch.
    pub items: Vec<String>,
    /// The intent answered.
    pub intent_id: IntentId,
    /// Place in the log.
    pub index: LeafIndex,
    /// The leaf at that place.
    pub leaf: Leaf,
    /// In the order of [`crate::Group::ALL`]; `None` where erased or not shown.
    pub groups: [Option<ReceiptGroup>; 5],
    /// Proof that the leaf is under the checkpoint.
    pub inclusion: InclusionProof,
    /// Signed note.
    pub checkpoint: String,
    /// Signer's, issuing, root certificate, DER; may be empty.
    pub certificates: Vec<Vec<u8>>,
}

impl Receipt {
    /// Largest admitted receipt in bytes.
    pub const JSON_LEN_MAX: usize = 4 * 1024 * 1024;

    /// Reads a receipt.
    pub fn from_json(bytes: &[u8]) -> Result<Self, IntentError> {
        todo!()
    }

    /// The receipt as the API gives it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        todo!()
    }

    /// Fills in the bytes that the bank left out because the signer has them.
    pub fn complete(&mut self, signed: &SignedIntent, device_proof: &[u8]) {
        todo!()
    }

    /// Checks everything but the intent's own signature.
    pub fn verify(
        &self,
        verifier: &CheckpointVerifier,
    ) -> Result<Verified<ReceiptFacts>, ReceiptError> {
        todo!()
    }

    /// Checks the intent's own signature by the signer's key.
    pub fn verify_signature(&self, bank: &BankId, key: &PublicKey) -> Result<(), ReceiptError> {
        todo!()
    }
}

/// What a verified receipt proves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptFacts {
    /// The effects.
    pub effects: Effects,
    /// The intent, where its bytes are there.
    pub intent: Option<Intent>,
    /// The actor, where shown.
    pub actor: Option<Actor>,
    /// The origin, where shown.
    pub origin: Option<Origin>,
    /// The evidence, where its bytes are there.
    pub evidence: Option<Evidence>,
    /// The checkpoint that covers the leaf.
    pub checkpoint: Checkpoint,
    /// Place in the log.
    pub index: LeafIndex,
}

/// The server's hot path: a receipt written from borrowed parts, without the intent's and the
/// evidence's bytes, which their holder has.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptParts<'a> {
    /// The intent answered.
    pub intent_id: IntentId,
    /// Place in the log.
    pub index: LeafIndex,
    /// The leaf.
    pub leaf: &'a Leaf,
    /// What it opens to.
    pub record: &'a Record,
    /// The effects whose bytes the record holds.
    pub effects: &'a Effects,
    /// Proof that the leaf is under the checkpoint.
    pub inclusion: &'a InclusionProof,
    /// Signed note, already a JSON string literal: [`checkpoint_json`], once per group commit.
    pub checkpoint_json: &'a str,
    /// Signer's, issuing, root certificate, DER; may be empty.
    pub certificates: &'a [&'a [u8]],
}

impl ReceiptParts<'_> {
    /// Appends the receipt.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        todo!()
    }
}

/// A signed note as a JSON string literal, for [`ReceiptParts::checkpoint_json`].
#[must_use]
pub fn checkpoint_json(note: &str) -> String {
    todo!()
}

/// Why a receipt proves nothing: the step that failed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ReceiptError {
    /// todo
    #[error("todo")]
    Todo,
}
