//! A report put together from records. Pure.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::Sha3;
use intent::{
    Actor, Effects, EventKind, Group, IntentError, IntentId, Kind, Leaf, Origin, Receipt,
    ReceiptGroup, Record,
};
use pki::Certificate;
use serde::Serialize;
use serde_json::Value;
use tlog::InclusionProof;

use super::edges::{Edge, Timeline, chain_edge};
use super::store::{CertificateRow, Neighbours};
use crate::authority::Issuers;
use crate::log::service::{StoredRecord, read_record};
use crate::policy::Permission;

/// One record, taken apart.
pub(super) struct Opened {
    pub(super) index: u64,
    id: IntentId,
    record: Record,
    leaf: Leaf,
    pub(super) effects: Effects,
    pub(super) actor: Option<Actor>,
    origin: Option<Origin>,
}

impl Opened {
    /// Takes a record apart. Origin and actor are missing where they were erased, the actor of an event too.
    pub(super) fn read(stored: StoredRecord) -> Result<Self, IntentError> {
        let index = stored.index.get();
        let (id, record, leaf, effects) = read_record(stored)?;
        let bytes = |group| record.group(group).map(|opening| &*opening.bytes);
        let actor = bytes(Group::Actor).filter(|bytes| !bytes.is_empty());
        let actor = actor.map(Actor::parse).transpose()?;
        let origin = bytes(Group::Origin).map(Origin::parse).transpose()?;
        Ok(Self { index, id, record, leaf, effects, actor, origin })
    }

    /// The exact document, unless it was erased.
    pub(super) fn document(&self) -> Option<&[u8]> {
        self.record.group(Group::Intent).map(|opening| &*opening.bytes)
    }

    fn kind(&self) -> &'static str {
        let code = self.leaf.kind_code;
        let event = EventKind::from_code(code).map(EventKind::name);
        event.or_else(|| Kind::from_code(code).map(Kind::name)).unwrap_or("unknown")
    }

    fn at(&self) -> Option<&str> {
        self.effects.result.get("at").map(String::as_str)
    }

    /// A whole receipt but for its checkpoint, which the report carries once.
    fn receipt(&self, inclusion: InclusionProof) -> Value {
        let receipt = Receipt {
            outcome: self.effects.outcome,
            code: self.effects.code.clone(),
            items: self.effects.items.clone(),
            intent_id: self.id,
            index: inclusion.index,
            leaf: self.leaf,
            groups: Group::ALL.map(|group| {
                let opening = self.record.group(group)?;
                Some(ReceiptGroup { salt: opening.salt, bytes: Some(opening.bytes.clone()) })
            }),
            inclusion,
            checkpoint: String::new(),
            certificates: Vec::new(),
        };
        serde_json::from_slice(&receipt.to_json()).unwrap_or_default()
    }
}

/// Who signed a leaf.
#[derive(Debug, Serialize)]
struct SignerView {
    user_id: String,
    certificate: String,
    device_id: String,
    role: &'static str,
    lineage: String,
    generation: u32,
}

/// Where from and when, as the server saw it.
#[derive(Debug, Serialize)]
struct OriginView {
    edge: Edge,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

impl OriginView {
    fn of(opened: &Opened) -> Self {
        let origin = opened.origin.as_ref();
        Self {
            edge: if origin.is_some() { Edge::Claimed } else { Edge::Erased },
            ip: origin.map(|origin| origin.ip.clone()),
            user_agent: origin.map(|origin| origin.user_agent.clone()),
            at: origin.map(|origin| origin.at.to_string()),
        }
    }
}

/// A leaf's place in the chain of its key.
#[derive(Debug, Serialize)]
struct ChainView {
    seq: String,
    prev: String,
    /// Whether `prev` is the hash of the leaf before.
    edge: Edge,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// What the signer might do as of the leaf.
#[derive(Debug, Serialize)]
struct PermissionsView {
    /// That there is no other grant is shown by a replay of the whole log, and not by any one leaf.
    edge: Edge,
    held: Vec<&'static str>,
    /// The grants that narrowed them.
    grants: Vec<String>,
}

/// One leaf.
#[derive(Debug, Serialize)]
pub(super) struct LeafView {
    leaf: String,
    intent_id: String,
    kind: &'static str,
    outcome: &'static str,
    code: String,
    at: Option<String>,
    /// That it stands in the log: proven by the receipt under the report's checkpoint.
    recorded: Edge,
    /// That its signer signed it: proven by document and signature in the receipt under the certificate below.
    signed: Option<Edge>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<SignerView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<PermissionsView>,
    origin: OriginView,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<ChainView>,
    receipt: Value,
}

/// A leaf that another statement rests on.
#[derive(Debug, Serialize)]
struct Reference {
    edge: Edge,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginView>,
}

/// One certificate with its life.
#[derive(Debug, Serialize)]
pub(super) struct CertificateView {
    certificate: String,
    user_id: String,
    role: &'static str,
    serial: String,
    lineage: String,
    generation: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    device_id: String,
    not_before: String,
    not_after: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defense_version: Option<u32>,
    allowed_actions: Vec<String>,
    /// Who enrolled or rotated it.
    issued: Reference,
    /// Who rotated or revoked it; absent while it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Reference>,
    /// What it signed first, when and from where; absent before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_intent: Option<Reference>,
    /// The certificate itself, DER in base64url.
    der: String,
}

/// What a report is made of.
pub(super) struct Material {
    /// Every record in the report, by its leaf.
    pub(super) opened: BTreeMap<u64, Opened>,
    /// Definitions and grants up to the report's own leaf, in order.
    pub(super) roles: Vec<Opened>,
    pub(super) certificates: Vec<CertificateRow>,
    pub(super) neighbours: Vec<Neighbours>,
    /// Proofs of inclusion, by leaf.
    pub(super) proofs: BTreeMap<u64, InclusionProof>,
}

/// A leaf's index as the database has it.
pub(super) fn index_of(leaf: i64) -> u64 {
    u64::try_from(leaf).unwrap_or_default()
}

/// The leaves that the certificates' lives rest on.
pub(super) fn rests_on(certificates: &[CertificateRow]) -> BTreeSet<i64> {
    certificates.iter().flat_map(|row| [row.issued, row.ended, row.first]).flatten().collect()
}

impl Material {
    /// Every leaf as it is shown, in order.
    pub(super) fn leaves(&self, of: &BTreeSet<u64>) -> Vec<LeafView> {
        let mut timeline = Timeline::default();
        let mut roles = self.roles.iter().peekable();
        let mut views = Vec::with_capacity(of.len());
        for index in of {
            while let Some(role) = roles.next_if(|role| role.index < *index) {
                timeline.note(role.index, &role.effects);
            }
            let opened = self.opened.get(index).zip(self.proofs.get(index));
            views.extend(opened.map(|(opened, proof)| self.leaf(opened, proof.clone(), &timeline)));
        }
        views
    }

    /// The leaves of grants that narrowed the signers of these leaves.
    pub(super) fn grants(&self, of: &BTreeSet<u64>) -> BTreeSet<i64> {
        let mut timeline = Timeline::default();
        let mut roles = self.roles.iter().peekable();
        let mut grants = BTreeSet::new();
        for index in of {
            while let Some(role) = roles.next_if(|role| role.index < *index) {
                timeline.note(role.index, &role.effects);
            }
            let actor = self.opened.get(index).and_then(|opened| opened.actor.as_ref());
            let leaves = actor.map(|actor| timeline.of(actor.user, actor.role).1);
            grants.extend(leaves.into_iter().flatten().filter_map(|leaf| i64::try_from(leaf).ok()));
        }
        grants
    }

    fn leaf(&self, opened: &Opened, proof: InclusionProof, timeline: &Timeline) -> LeafView {
        let has = |group| opened.record.group(group).is_some();
        let signed =
            if has(Group::Intent) && has(Group::Evidence) { Edge::Proven } else { Edge::Erased };
        let actor = opened.actor.as_ref();
        LeafView {
            leaf: opened.index.to_string(),
            intent_id: opened.id.to_string(),
            kind: opened.kind(),
            outcome: opened.effects.outcome.name(),
            code: opened.effects.code.clone(),
            at: opened.at().map(str::to_owned),
            recorded: Edge::Proven,
            signed: (!opened.leaf.flags.event).then_some(signed),
            signer: actor.map(|actor| SignerView {
                user_id: actor.user.to_string(),
                certificate: actor.certificate.to_string(),
                device_id: actor.device.to_string(),
                role: actor.role.name(),
                lineage: actor.lineage.to_string(),
                generation: actor.generation,
            }),
            permissions: actor.map(|actor| {
                let (held, grants) = timeline.of(actor.user, actor.role);
                PermissionsView {
                    edge: Edge::Claimed,
                    held: held.iter().map(Permission::name).collect(),
                    grants: grants.iter().map(u64::to_string).collect(),
                }
            }),
            origin: OriginView::of(opened),
            chain: actor.map(|actor| self.chain(opened, actor)),
            receipt: opened.receipt(proof),
        }
    }

    /// The first of a certificate names the enrolment, which its key signed before there was a certificate.
    fn chain(&self, opened: &Opened, actor: &Actor) -> ChainView {
        let beside = self.neighbours.iter().find(|beside| index_of(beside.leaf) == opened.index);
        let issued = self.certificates.iter().find(|row| row.fingerprint == actor.certificate);
        let issued = issued.and_then(|row| row.issued);
        let before = beside.and_then(|beside| beside.before).or(issued).map(index_of);
        let before = before.filter(|before| *before < opened.index);
        let document =
            before.and_then(|before| self.opened.get(&before)).and_then(Opened::document);
        ChainView {
            seq: actor.seq.to_string(),
            prev: actor.prev.to_string(),
            edge: chain_edge(&actor.prev, document),
            before: before.map(|before| before.to_string()),
            after: beside.and_then(|beside| beside.after).map(|after| after.to_string()),
        }
    }

    /// The authorities that the certificates name: what was issued before a rotation is proved by the authority of its time.
    pub(super) fn issuing(&self, issuers: &Issuers) -> Vec<String> {
        let parents: BTreeSet<Sha3> = self
            .certificates
            .iter()
            .filter_map(|row| Some(Certificate::from_der(&row.der).ok()?.claims()?.parent_ca_fp))
            .collect();
        let named = parents.iter().filter_map(|parent| issuers.named(parent));
        named.map(|issuer| Base64UrlUnpadded::encode_string(issuer.certificate().der())).collect()
    }

    /// Every certificate as it is shown.
    pub(super) fn certificates(&self) -> Vec<CertificateView> {
        self.certificates.iter().map(|row| self.certificate(row)).collect()
    }

    fn certificate(&self, row: &CertificateRow) -> CertificateView {
        let parsed = Certificate::from_der(&row.der).ok();
        let claims = parsed.as_ref().and_then(Certificate::claims);
        let ended = (row.status != "active").then(|| self.reference(row.ended, false));
        CertificateView {
            certificate: row.fingerprint.to_string(),
            user_id: row.user.to_string(),
            role: row.role.name(),
            serial: hex::encode(&row.serial),
            lineage: row.lineage.to_string(),
            generation: row.generation,
            previous: row.previous.map(|previous| previous.to_string()),
            device_id: row.device.to_string(),
            not_before: row.not_before.to_string(),
            not_after: row.not_after.to_string(),
            status: row.status.clone(),
            ended_at: row.ended_at.map(|at| at.to_string()),
            revocation_reason: row.revocation_reason.clone(),
            defense_version: claims.map(|claims| claims.defense_version),
            allowed_actions: claims
                .map(|claims| claims.allowed_actions.clone())
                .unwrap_or_default(),
            issued: self.reference(row.issued, false),
            ended,
            first_intent: row.first.map(|first| self.reference(Some(first), true)),
            der: Base64UrlUnpadded::encode_string(&row.der),
        }
    }

    /// What a leaf says of itself; without a leaf it is only the row that says so.
    fn reference(&self, leaf: Option<i64>, shows_origin: bool) -> Reference {
        let opened = leaf.and_then(|leaf| self.opened.get(&index_of(leaf)));
        let actor = opened.and_then(|opened| opened.actor.as_ref());
        Reference {
            edge: if opened.is_some() { Edge::Proven } else { Edge::Claimed },
            leaf: leaf.map(|leaf| leaf.to_string()),
            kind: opened.map(Opened::kind),
            at: opened.and_then(Opened::at).map(str::to_owned),
            by_user: actor.map(|actor| actor.user.to_string()),
            by_certificate: actor.map(|actor| actor.certificate.to_string()),
            origin: opened.filter(|_| shows_origin).map(OriginView::of),
        }
    }
}
