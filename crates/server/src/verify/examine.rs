//! What can be said of one record alone: commitments, canonical forms, signature. Pure, and done on every core.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use crypto::{PublicKey, Sha3};
use intent::{
    Actor, Body, Effects, Event, Evidence, Group, Intent, Leaf, Opening, Origin, Record,
    SignedIntent, UtcMicros, canonical, commit,
};
use pki::{Certificate, Csr};
use tlog::{Checkpoint, Hash, KIND_ML_DSA_44, SignedNote, leaf_hash};

use super::report::{Finding, Severity, Step};
use super::store::{CheckpointRow, RecordRow};
use crate::bank::TrustFile;
use crate::corridor::fold::DECIDED_AT;

const RECORDS: &str = "records";
const CHECKPOINTS: &str = "log_checkpoints";
/// Bytes of salt per group.
const SALT_LEN: usize = 32;

/// A stored certificate, and why it has no path to the pinned root if it has none.
pub(super) struct Holder {
    pub(super) certificate: Certificate,
    pub(super) no_path: Option<String>,
}

/// Certificates by the SHA3-256 of their bytes, whatever their rows call them.
pub(super) type Holders = HashMap<Sha3, Holder>;

/// What signatures are checked against.
#[derive(Clone)]
pub(super) struct Corner {
    pub(super) trust: Arc<TrustFile>,
    pub(super) holders: Arc<Holders>,
}

/// One record, taken apart. A part that did not read, or did not open its commitment, is `None`: nothing is built on it.
pub(super) struct Examined {
    pub(super) row: RecordRow,
    pub(super) index: u64,
    pub(super) leaf: Option<Leaf>,
    /// The leaf as stored.
    pub(super) stored: Hash,
    /// The leaf that the five groups commit to; `None` where it cannot differ or cannot be made.
    pub(super) rebuilt: Option<Hash>,
    /// Which groups do not open their commitment.
    pub(super) unopened: Vec<Group>,
    pub(super) intent: Option<Intent>,
    pub(super) event: Option<Event>,
    pub(super) actor: Option<Actor>,
    pub(super) origin: Option<Origin>,
    pub(super) effects: Option<Effects>,
    pub(super) erased: u64,
    pub(super) findings: Vec<Finding>,
}

/// One checkpoint whose signatures were tried.
pub(super) struct ExaminedCheckpoint {
    pub(super) row: CheckpointRow,
    /// What it says, if it is signed by the keys we trust.
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) findings: Vec<Finding>,
}

/// Applies `examine` to every item, in order, on every core.
pub(super) fn on_all_cores<T: Send, R: Send>(
    items: Vec<T>,
    examine: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = items.len().div_ceil(cores).max(1);
    let mut items = items.into_iter();
    let shares = std::iter::from_fn(|| {
        let share: Vec<T> = items.by_ref().take(share).collect();
        (!share.is_empty()).then_some(share)
    });
    let examine = &examine;
    std::thread::scope(|scope| {
        let workers: Vec<_> = shares
            .map(|share| scope.spawn(move || share.into_iter().map(examine).collect::<Vec<R>>()))
            .collect();
        let mut results = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(part) => results.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

impl Corner {
    /// Takes a record apart and checks what needs no other record.
    pub(super) fn record(&self, row: RecordRow) -> Examined {
        let index = u64::try_from(row.leaf_index).unwrap_or_default();
        let mut found = Examined::empty(row, index);
        let Ok(leaf) = Leaf::from_bytes(&found.row.leaf) else {
            found.rebuild_without_leaf();
            return found;
        };
        found.leaf = Some(leaf);
        let record = found.open(&leaf);
        found.parse(&record, leaf.flags.event);
        if let Some(evidence) = found.evidence(&record, leaf.flags.event) {
            self.check_signature(&mut found, evidence);
        }
        found
    }

    fn check_signature(&self, found: &mut Examined, evidence: Evidence) {
        let Some(intent) = &found.intent else { return };
        let index = found.index;
        let bad = |column: &str, message: String| {
            Finding::tampered(Step::Signatures, message)
                .at_leaf(index)
                .in_row(RECORDS, index)
                .in_column(column)
        };
        let key = match self.signing_key(intent) {
            Ok(key) => key,
            Err(finding) => return found.findings.push(finding.at_leaf(index)),
        };
        let signed = SignedIntent {
            intent: intent.canonical().to_vec(),
            suite: evidence.suite,
            certificate: intent.certificate(),
            signature: evidence.signature,
            details: None,
            file: None,
        };
        if signed.suite != self.trust.suite {
            let message = format!("signed under suite {}, not the bank's", signed.suite);
            found.findings.push(bad("evidence", message));
        }
        let parsed = intent.clone();
        if let Err(error) = signed.verify_parsed(parsed, &self.trust.bank, &key) {
            found.findings.push(bad("evidence", format!("signature: {error}")));
        }
    }

    /// The key of the certificate that the intent names; of the request itself where there is no certificate yet.
    fn signing_key(&self, intent: &Intent) -> Result<PublicKey, Finding> {
        if let Body::UserEnrol { csr, .. } = intent.body() {
            let proven = Csr::from_der(csr).and_then(Csr::verify);
            return match proven {
                Ok(request) => Ok(request.public_key().clone()),
                Err(error) => Err(Finding::tampered(
                    Step::Signatures,
                    format!("the certificate request does not prove its key: {error}"),
                )
                .in_column("intent")),
            };
        }
        let fingerprint = intent.certificate();
        self.holders
            .get(&fingerprint)
            .map(|holder| holder.certificate.public_key().clone())
            .ok_or_else(|| {
                Finding::new(
                    Severity::Gap,
                    Step::Signatures,
                    "no certificate row holds the bytes of the certificate that signed",
                )
                .in_row("certificates", fingerprint)
            })
    }

    /// Tries the signatures of a stored checkpoint.
    pub(super) fn checkpoint(&self, row: CheckpointRow) -> ExaminedCheckpoint {
        let verifier = &self.trust.log;
        let size = row.size;
        let bad = |message: String| {
            Finding::tampered(Step::Checkpoints, message)
                .in_row(CHECKPOINTS, size)
                .in_column("note")
        };
        let read = SignedNote::from_text(&row.note)
            .and_then(|note| verifier.verify_note(&note).map(|checkpoint| (note, checkpoint)));
        let (note, checkpoint) = match read {
            Ok(read) => read,
            Err(error) => {
                let findings = vec![bad(format!("checkpoint is not valid: {error}"))];
                return ExaminedCheckpoint { row, checkpoint: None, findings };
            }
        };
        let mut findings = Vec::new();
        // Every key that we trust has signed, and nobody else is named: a line less or more was put there by another hand.
        if note.lines().len() != verifier.keys().len() {
            findings.push(bad("the checkpoint does not bear exactly the bank's signatures".into()));
        }
        if u64::try_from(size) != Ok(checkpoint.size.get()) {
            let message = format!("the checkpoint is of size {}", checkpoint.size.get());
            findings.push(
                Finding::tampered(Step::Checkpoints, message)
                    .in_row(CHECKPOINTS, size)
                    .in_column("size"),
            );
        }
        let cosigner = verifier.keys().iter().find(|key| key.kind() == KIND_ML_DSA_44);
        let signed_at_s =
            cosigner.and_then(|key| key.cosignature(&note, &checkpoint).ok().flatten());
        let stored_s = u64::try_from(row.signed_at.unix_timestamp()).ok();
        if signed_at_s.is_some() && signed_at_s != stored_s {
            findings.push(
                Finding::tampered(Step::Checkpoints, "the time is not the signed one")
                    .in_row(CHECKPOINTS, size)
                    .in_column("signed_at"),
            );
        }
        ExaminedCheckpoint { row, checkpoint: Some(checkpoint), findings }
    }
}

impl Examined {
    /// When the leaf was decided, by its own word. The founding's document has its time, and its effects need no other.
    pub(super) fn decided_at(&self) -> Option<UtcMicros> {
        let said = self.effects.as_ref()?.result.get(DECIDED_AT);
        said.and_then(|at| at.parse().ok()).or_else(|| Some(self.event.as_ref()?.at))
    }

    fn empty(row: RecordRow, index: u64) -> Self {
        Self {
            index,
            leaf: None,
            stored: leaf_hash(&row.leaf),
            rebuilt: None,
            unopened: Vec::new(),
            intent: None,
            event: None,
            actor: None,
            origin: None,
            effects: None,
            erased: 0,
            findings: Vec::new(),
            row,
        }
    }

    fn groups(&self) -> [(Group, Option<&Vec<u8>>); 5] {
        let row = &self.row;
        [
            (Group::Intent, row.intent.as_ref()),
            (Group::Actor, row.actor.as_ref()),
            (Group::Origin, row.origin.as_ref()),
            (Group::Effects, row.effects.as_ref()),
            (Group::Evidence, row.evidence.as_ref()),
        ]
    }

    fn salt(&self, group: Group) -> [u8; SALT_LEN] {
        let salts = self.row.salts.as_chunks::<SALT_LEN>().0;
        salts.get(group.index()).copied().unwrap_or_default()
    }

    /// Opens the commitments; gives back what opened.
    fn open(&mut self, leaf: &Leaf) -> Record {
        let mut rebuilt = *leaf;
        let mut opened = [const { None }; 5];
        let mut findings = Vec::new();
        let (mut unopened, mut erased) = (Vec::new(), 0_u64);
        let places = rebuilt.commitments.iter_mut().zip(&mut opened);
        for ((group, bytes), (again, place)) in self.groups().into_iter().zip(places) {
            let (salt, commitment) = (self.salt(group), *again);
            match bytes {
                Some(bytes) => {
                    *again = commit(group, &salt, bytes);
                    if *again == commitment {
                        *place = Some(Opening { salt, bytes: bytes.clone() });
                    } else {
                        unopened.push(group);
                    }
                }
                // Where from and when may be forgotten; who, what and its outcome are kept for years.
                None if group == Group::Origin && salt == [0; SALT_LEN] => {
                    erased = erased.saturating_add(1);
                }
                None => findings.push(
                    Finding::new(
                        Severity::Gap,
                        Step::Commitments,
                        format!("the {} group is missing and was not erased", group.name()),
                    )
                    .at_leaf(self.index)
                    .in_row(RECORDS, self.index)
                    .in_column(group.name()),
                ),
            }
        }
        if !unopened.is_empty() {
            self.rebuilt = Some(rebuilt.hash());
        }
        self.unopened = unopened;
        self.erased = erased;
        self.findings.extend(findings);
        Record { kind_code: leaf.kind_code, flags: leaf.flags, groups: opened }
    }

    /// The leaf does not read: what would it have been? Kind and flags are tried from the document inside.
    fn rebuild_without_leaf(&mut self) {
        let Some(document) = self.row.intent.as_deref() else { return };
        let effects = self.row.effects.as_deref().and_then(|bytes| Effects::parse(bytes).ok());
        let refused = effects.is_some_and(|effects| effects.outcome == intent::Outcome::Refused);
        let (kind_code, event) = match Intent::parse(document) {
            Ok(intent) => (intent.kind().code(), false),
            Err(_) => match Event::parse(document) {
                Ok(event) => (event.kind.code(), true),
                Err(_) => return,
            },
        };
        let mut leaf = Leaf {
            kind_code,
            flags: intent::Flags { event, refused },
            commitments: [crypto::Sha2::from_bytes([0; 32]); 5],
        };
        let commitments: Option<Vec<_>> = self
            .groups()
            .into_iter()
            .map(|(group, bytes)| bytes.map(|bytes| commit(group, &self.salt(group), bytes)))
            .collect();
        if let Some(Ok(commitments)) = commitments.map(TryInto::try_into) {
            leaf.commitments = commitments;
            self.rebuilt = Some(leaf.hash());
        }
    }

    fn parse(&mut self, record: &Record, is_event: bool) {
        let bytes = |group| record.group(group).map(|opening| opening.bytes.as_slice());
        let mut unread = Vec::new();
        if let Some(document) = bytes(Group::Intent) {
            if is_event {
                match Event::parse(document) {
                    Ok(event) => self.event = Some(event),
                    Err(error) => unread.push((Group::Intent, error.to_string())),
                }
            } else {
                match Intent::parse(document) {
                    Ok(intent) => self.intent = Some(intent),
                    Err(error) => unread.push((Group::Intent, error.to_string())),
                }
            }
        }
        let mut keep = |group, error: intent::IntentError| unread.push((group, error.to_string()));
        match bytes(Group::Actor) {
            Some([]) if is_event => {}
            Some(actor) => match Actor::parse(actor) {
                Ok(actor) => self.actor = Some(actor),
                Err(error) => keep(Group::Actor, error),
            },
            None => {}
        }
        match bytes(Group::Origin).map(Origin::parse) {
            Some(Ok(origin)) => self.origin = Some(origin),
            Some(Err(error)) => keep(Group::Origin, error),
            None => {}
        }
        match bytes(Group::Effects).map(Effects::parse) {
            Some(Ok(effects)) => self.effects = Some(effects),
            Some(Err(error)) => keep(Group::Effects, error),
            None => {}
        }
        let index = self.index;
        self.findings.extend(unread.into_iter().map(|(group, error)| {
            Finding::tampered(Step::Signatures, format!("the {} group: {error}", group.name()))
                .at_leaf(index)
                .in_row(RECORDS, index)
                .in_column(group.name())
        }));
    }

    fn evidence(&mut self, record: &Record, is_event: bool) -> Option<Evidence> {
        let bytes = record.group(Group::Evidence)?.bytes.as_slice();
        if is_event && bytes.is_empty() {
            return None;
        }
        match Evidence::parse(bytes) {
            Ok(evidence) if !is_event => return Some(evidence),
            Ok(_) => self.bad_evidence("an event bears a signature".to_owned()),
            Err(error) => self.bad_evidence(error.to_string()),
        }
        None
    }

    fn bad_evidence(&mut self, message: String) {
        let index = self.index;
        self.findings.push(
            Finding::tampered(Step::Signatures, message)
                .at_leaf(index)
                .in_row(RECORDS, index)
                .in_column("evidence"),
        );
    }
}

/// The members of an object of strings.
pub(super) fn texts_of(value: canonical::Value<'_>) -> Option<BTreeMap<String, String>> {
    let canonical::Value::Object(members) = value else { return None };
    members
        .into_iter()
        .map(|(name, value)| match value {
            canonical::Value::String(text) => Some((name.into_owned(), text.into_owned())),
            canonical::Value::Bytes(_)
            | canonical::Value::Bool(_)
            | canonical::Value::Array(_)
            | canonical::Value::Object(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_all_cores_keeps_its_order() {
        let doubled = on_all_cores((0..1_001_u32).collect(), |n| n * 2);
        assert_eq!(doubled, (0..1_001).map(|n| n * 2).collect::<Vec<_>>());
        assert!(on_all_cores(Vec::<u32>::new(), |n| n).is_empty());
    }
}
