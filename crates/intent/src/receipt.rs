//! The receipt: outcome, place in the log, and the proof, valid offline for ever.

use crypto::{PublicKey, sha3_256};
use thiserror::Error;
use tlog::{Checkpoint, CheckpointVerifier, InclusionProof, LeafIndex};

use crate::{
    Actor, BankId, Effects, Event, Evidence, Group, Intent, IntentError, IntentId, Kind, Leaf,
    Origin, Outcome, SignedIntent, Verified, commit, envelope::context,
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
    /// Fills in the bytes that the bank left out because the signer has them.
    pub fn complete(&mut self, signed: &SignedIntent, device_proof: &[u8]) {
        let [intent, _, _, _, evidence] = &mut self.groups;
        if let Some(ReceiptGroup { bytes: bytes @ None, .. }) = intent {
            *bytes = Some(signed.intent.clone());
        }
        if let Some(ReceiptGroup { bytes: bytes @ None, .. }) = evidence {
            *bytes = Some(Evidence::write(signed.suite, &signed.signature, device_proof));
        }
    }

    /// Checks everything that needs no key but the log's: each shown group opens its commitment,
    /// the groups agree with one another and with what the receipt says, the leaf is under the
    /// checkpoint, and the checkpoint is signed.
    ///
    /// It does not judge the signer's certificates nor the intent's signature: for that there is
    /// [`Receipt::verify_signature`] with a key whose certificate the caller has validated.
    pub fn verify(
        &self,
        verifier: &CheckpointVerifier,
    ) -> Result<Verified<ReceiptFacts>, ReceiptError> {
        self.open_groups()?;
        let checkpoint = self.verify_inclusion(verifier)?;
        let facts = ReceiptFacts {
            effects: self
                .parse_group(Group::Effects, Effects::parse)?
                .ok_or(ReceiptError::GroupMissing { group: Group::Effects })?,
            intent: self.signed_group(Group::Intent, Intent::parse)?,
            event: self.event()?,
            actor: self.signed_group(Group::Actor, Actor::parse)?,
            origin: self.parse_group(Group::Origin, Origin::parse)?,
            evidence: self.signed_group(Group::Evidence, Evidence::parse)?,
            checkpoint,
            index: self.index,
        };
        self.agree_with_effects(&facts.effects)?;
        if let Some(intent) = &facts.intent {
            self.agree_with_intent(intent)?;
            agree_with_actor(intent, facts.actor.as_ref())?;
        }
        Ok(Verified::new(facts))
    }

    /// Checks the intent's own signature by the signer's key, over the very bytes that the leaf
    /// commits to.
    pub fn verify_signature(&self, bank: &BankId, key: &PublicKey) -> Result<(), ReceiptError> {
        self.open_groups()?;
        let missing = |group| ReceiptError::GroupMissing { group };
        let intent = self
            .parse_group(Group::Intent, Intent::parse)?
            .ok_or_else(|| missing(Group::Intent))?;
        let evidence = self
            .parse_group(Group::Evidence, Evidence::parse)?
            .ok_or_else(|| missing(Group::Evidence))?;
        if intent.bank() != bank {
            return Err(ReceiptError::WrongBank);
        }
        if evidence.suite != key.suite() {
            return Err(ReceiptError::SuiteMismatch);
        }
        let context = context(bank, &intent).map_err(|_| ReceiptError::SignatureInvalid)?;
        key.verify(&context, intent.canonical(), &evidence.signature)
            .map_err(|_| ReceiptError::SignatureInvalid)
    }

    fn open_groups(&self) -> Result<(), ReceiptError> {
        let groups = Group::ALL.into_iter().zip(&self.groups).zip(&self.leaf.commitments);
        for ((group, shown), commitment) in groups {
            if let Some(ReceiptGroup { salt, bytes: Some(bytes) }) = shown
                && commit(group, salt, bytes) != *commitment
            {
                return Err(ReceiptError::CommitmentMismatch { group });
            }
        }
        Ok(())
    }

    fn verify_inclusion(&self, verifier: &CheckpointVerifier) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = verifier
            .verify(&self.checkpoint)
            .map_err(|error| ReceiptError::CheckpointInvalid { why: error.to_string() })?;
        if self.inclusion.index != self.index || self.inclusion.size != checkpoint.size {
            return Err(ReceiptError::ProofForOtherTree);
        }
        self.inclusion
            .verify(&self.leaf.hash(), &checkpoint.root)
            .map_err(|error| ReceiptError::NotIncluded { why: error.to_string() })?;
        Ok(checkpoint)
    }

    fn parse_group<T>(
        &self,
        group: Group,
        parse: impl FnOnce(&[u8]) -> Result<T, IntentError>,
    ) -> Result<Option<T>, ReceiptError> {
        let shown = self.groups.get(group.index()).and_then(Option::as_ref);
        let Some(bytes) = shown.and_then(|shown| shown.bytes.as_ref()) else { return Ok(None) };
        parse(bytes)
            .map(Some)
            .map_err(|error| ReceiptError::GroupMalformed { group, why: error.to_string() })
    }

    /// What an event's leaf does not have: nobody signed it.
    fn signed_group<T>(
        &self,
        group: Group,
        parse: impl FnOnce(&[u8]) -> Result<T, IntentError>,
    ) -> Result<Option<T>, ReceiptError> {
        if self.leaf.flags.event { Ok(None) } else { self.parse_group(group, parse) }
    }

    fn event(&self) -> Result<Option<Event>, ReceiptError> {
        if !self.leaf.flags.event {
            return Ok(None);
        }
        for group in [Group::Actor, Group::Evidence] {
            let shown = self.groups.get(group.index()).and_then(Option::as_ref);
            let bytes = shown.and_then(|shown| shown.bytes.as_ref());
            if bytes.is_some_and(|bytes| !bytes.is_empty()) {
                return Err(ReceiptError::Contradicted { by: group, member: "event" });
            }
        }
        let event = self.parse_group(Group::Intent, Event::parse)?;
        let contradicted = |member| ReceiptError::Contradicted { by: Group::Intent, member };
        match &event {
            Some(event) if event.kind.code() != self.leaf.kind_code => Err(contradicted("kind")),
            Some(event) if event.id != self.intent_id => Err(contradicted("intent_id")),
            Some(_) | None => Ok(event),
        }
    }

    fn agree_with_effects(&self, effects: &Effects) -> Result<(), ReceiptError> {
        let refused = effects.outcome == Outcome::Refused;
        if self.outcome != effects.outcome || self.leaf.flags.refused != refused {
            return Err(ReceiptError::Contradicted { by: Group::Effects, member: "outcome" });
        }
        if self.code != effects.code {
            return Err(ReceiptError::Contradicted { by: Group::Effects, member: "code" });
        }
        if self.items != effects.items {
            return Err(ReceiptError::Contradicted { by: Group::Effects, member: "items" });
        }
        Ok(())
    }

    fn agree_with_intent(&self, intent: &Intent) -> Result<(), ReceiptError> {
        let contradicted = |member| ReceiptError::Contradicted { by: Group::Intent, member };
        if self.leaf.kind_code != intent.kind().code() {
            return Err(contradicted("kind"));
        }
        if self.intent_id != intent.id() {
            return Err(contradicted("intent_id"));
        }
        // A first enrolment has no certificate yet: it names its request.
        if let Some(signer) = self.certificates.first()
            && intent.kind() != Kind::UserEnrol
            && sha3_256(signer) != intent.certificate()
        {
            return Err(contradicted("certificates"));
        }
        Ok(())
    }
}

/// Who the bank says signed is who the intent says. (Not the role: an intent may claim another
/// authority than its signer has, and is refused for it.)
fn agree_with_actor(intent: &Intent, actor: Option<&Actor>) -> Result<(), ReceiptError> {
    let Some(actor) = actor else { return Ok(()) };
    let contradicted = |member| ReceiptError::Contradicted { by: Group::Actor, member };
    if intent.kind() != Kind::UserEnrol && actor.certificate != intent.certificate() {
        return Err(contradicted("certificate"));
    }
    if actor.device != intent.device() {
        return Err(contradicted("device"));
    }
    if actor.seq != intent.seq() {
        return Err(contradicted("seq"));
    }
    if actor.prev != intent.prev() {
        return Err(contradicted("prev"));
    }
    Ok(())
}

/// What a verified receipt proves. The receipt's `intent_id` is proven only where the intent is
/// here: complete the receipt first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptFacts {
    /// The effects.
    pub effects: Effects,
    /// The intent, where its bytes are there; of an event never.
    pub intent: Option<Intent>,
    /// The event, where the leaf is one and its bytes are there.
    pub event: Option<Event>,
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

/// Why a receipt proves nothing: the step that failed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ReceiptError {
    /// A shown group's bytes do not open the leaf's commitment.
    #[error("{}: bytes do not open the leaf's commitment", group.name())]
    CommitmentMismatch {
        /// The group.
        group: Group,
    },
    /// The checkpoint is not signed as the verifier's keys demand.
    #[error("checkpoint: {why}")]
    CheckpointInvalid {
        /// What the log crate says.
        why: String,
    },
    /// The inclusion proof is for another leaf or tree size than the receipt's.
    #[error("inclusion: proof is for another leaf or tree size")]
    ProofForOtherTree,
    /// The inclusion proof does not lead from the leaf to the checkpoint's root.
    #[error("inclusion: {why}")]
    NotIncluded {
        /// What the log crate says.
        why: String,
    },
    /// A group this step needs is not shown.
    #[error("{}: bytes are missing", group.name())]
    GroupMissing {
        /// The group.
        group: Group,
    },
    /// A group opens its commitment but is not of its form: the bank wrote nonsense.
    #[error("{}: {why}", group.name())]
    GroupMalformed {
        /// The group.
        group: Group,
        /// What is wrong with it.
        why: String,
    },
    /// The receipt or another group says something else than a group that the leaf commits to.
    #[error("{member}: contradicted by the {} group", by.name())]
    Contradicted {
        /// The group that says otherwise.
        by: Group,
        /// What it contradicts.
        member: &'static str,
    },
    /// The intent is for another bank.
    #[error("intent is for another bank")]
    WrongBank,
    /// The evidence names another suite than the key's.
    #[error("evidence names another suite than the key's")]
    SuiteMismatch,
    /// The intent's signature does not verify.
    #[error("signature does not verify")]
    SignatureInvalid,
}

impl ReceiptError {
    /// The stable code: kebab-case, one per variant.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CommitmentMismatch { .. } => "commitment-mismatch",
            Self::CheckpointInvalid { .. } => "checkpoint-invalid",
            Self::ProofForOtherTree => "proof-for-other-tree",
            Self::NotIncluded { .. } => "not-included",
            Self::GroupMissing { .. } => "group-missing",
            Self::GroupMalformed { .. } => "group-malformed",
            Self::Contradicted { .. } => "contradicted",
            Self::WrongBank => "wrong-bank",
            Self::SuiteMismatch => "suite-mismatch",
            Self::SignatureInvalid => "signature-invalid",
        }
    }
}
