//! Accountability reports, judged offline: by the trust, what is inside and nothing else.

use std::collections::BTreeMap;

use crypto::{Sha3, sha3_256};
use intent::{EventKind, Group, Kind, Receipt};
use pki::{Certificate, validate_path};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{ClientError, ReceiptProof, Trust, base64url, verify_receipt};

/// What a report proves, once every check passed.
#[derive(Clone, Debug)]
pub struct ReportProof {
    /// Of the intent that asked for the report: by whom, when, and about what.
    pub asked: ReceiptProof,
    /// Leaves in it, each proved to stand in the log.
    pub leaves: usize,
    /// Of these, how many are signed, with the signature checked under the signer's certificate.
    pub signatures: usize,
    /// Of these, how many are proved to follow what the same key signed before.
    pub links: usize,
    /// Certificates in it, each proved to come from the bank's root.
    pub certificates: usize,
}

#[derive(Deserialize)]
struct File {
    receipt: Value,
    report: Text,
}

#[derive(Deserialize)]
struct Text {
    checkpoint: String,
    leaves: Vec<LeafText>,
    supporting: Vec<LeafText>,
    certificates: Vec<CertificateText>,
    issuing: Vec<String>,
}

#[derive(Deserialize)]
struct LeafText {
    leaf: String,
    intent_id: String,
    kind: String,
    outcome: String,
    code: String,
    at: Option<String>,
    signed: Option<String>,
    #[serde(default)]
    signer: Option<Map<String, Value>>,
    origin: Map<String, Value>,
    #[serde(default)]
    chain: Option<ChainText>,
    receipt: Map<String, Value>,
}

#[derive(Deserialize)]
struct ChainText {
    prev: String,
    edge: String,
    #[serde(default)]
    before: Option<String>,
}

#[derive(Deserialize)]
struct CertificateText {
    certificate: String,
    der: String,
    issued: Reference,
    #[serde(default)]
    ended: Option<Reference>,
    #[serde(default)]
    first_intent: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    edge: String,
    #[serde(default)]
    leaf: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    by_user: Option<String>,
    #[serde(default)]
    by_certificate: Option<String>,
}

const PROVEN: &str = "proven";
const FIRST: &str = "first";
const ERASED: &str = "erased";

/// Checks a report as `strongroom audit report` saves it, `{"receipt": …, "report": …}`: the receipt of the intent that
/// asked for it; each leaf under the one signed checkpoint, and that the words beside it are what it says; each
/// signature under its certificate, each certificate under the root; each link that is called proven.
///
/// That the report is complete is the bank's word, and so is what a statement marked `claimed` says: the whole log,
/// replayed, shows these.
pub fn verify_report(file: &[u8], trust: &Trust) -> Result<ReportProof, ClientError> {
    const NOT_ONE: ClientError = ClientError::Answer { what: "report" };
    let File { receipt, report } = serde_json::from_slice(file).map_err(|_| NOT_ONE)?;
    let receipt = Receipt::from_json(receipt.to_string().as_bytes())?;
    let asked = verify_receipt(&receipt, trust)?;
    let is_report = asked.facts.intent.as_ref().is_some_and(|it| it.kind() == Kind::AuditReport);
    if !is_report || !asked.signature_checked {
        return Err(NOT_ONE);
    }
    let mut issuing = BTreeMap::new();
    for der in &report.issuing {
        let certificate = Certificate::from_der(&base64url::decode(der, "issuing")?)?;
        issuing.insert(certificate.fingerprint(), certificate);
    }

    let mut certificates = BTreeMap::new();
    for text in &report.certificates {
        let certificate = Certificate::from_der(&base64url::decode(&text.der, "der")?)?;
        agree(certificate.fingerprint().to_string() == text.certificate, "certificate")?;
        agree(certificate.public_key().suite() == trust.suite, "certificate")?;
        let issuer = certificate.claims().and_then(|claims| issuing.get(&claims.parent_ca_fp));
        let issuer = issuer.ok_or(ClientError::Contradicted { what: "issuing" })?;
        validate_path(&certificate, issuer, &trust.root, None, certificate.not_before_s())?;
        certificates.insert(text.certificate.as_str(), (certificate, issuer));
    }
    let mut proof =
        ReportProof { asked, leaves: 0, signatures: 0, links: 0, certificates: certificates.len() };
    let mut documents = BTreeMap::new();
    let all = || report.leaves.iter().chain(&report.supporting);
    for text in all() {
        let receipt = whole(&report.checkpoint, text)?;
        proof.leaves = proof.leaves.saturating_add(1);
        if check_leaf(text, receipt.clone(), &certificates, trust)? {
            proof.signatures = proof.signatures.saturating_add(1);
        }
        documents.insert(text.leaf.as_str(), document(&receipt).map(sha3_256));
    }
    for text in all() {
        if let Some(chain) = &text.chain
            && check_link(chain, &documents)?
        {
            proof.links = proof.links.saturating_add(1);
        }
    }
    let shown: BTreeMap<&str, &LeafText> = all().map(|text| (text.leaf.as_str(), text)).collect();
    for text in &report.certificates {
        let ends = [Some(&text.issued), text.ended.as_ref(), text.first_intent.as_ref()];
        for reference in ends.into_iter().flatten().filter(|it| it.edge == PROVEN) {
            check_reference(reference, &shown)?;
        }
    }
    Ok(proof)
}

/// The receipt of a leaf with the checkpoint that the report carries once.
fn whole(checkpoint: &str, text: &LeafText) -> Result<Receipt, ClientError> {
    let mut receipt = text.receipt.clone();
    receipt.insert("checkpoint".to_owned(), Value::String(checkpoint.to_owned()));
    Ok(Receipt::from_json(Value::Object(receipt).to_string().as_bytes())?)
}

fn document(receipt: &Receipt) -> Option<&[u8]> {
    let group = receipt.groups.get(Group::Intent.index())?.as_ref()?;
    group.bytes.as_deref()
}

/// Checks a leaf and the words beside it; whether its signature was there to be checked.
fn check_leaf(
    text: &LeafText,
    mut receipt: Receipt,
    certificates: &BTreeMap<&str, (Certificate, &Certificate)>,
    trust: &Trust,
) -> Result<bool, ClientError> {
    let signer = text.signer.as_ref().and_then(|signer| signer.get("certificate")?.as_str());
    let signer = signer.and_then(|name| certificates.get(name));
    // An enrolment is signed by the key of its request, which it carries.
    if let Some((signer, issuing)) = signer
        && text.kind != Kind::UserEnrol.name()
    {
        let path = [signer, issuing, &trust.root];
        receipt.certificates = path.map(|certificate| certificate.der().to_vec()).into();
    }
    let proof = verify_receipt(&receipt, trust)?;
    let facts = &proof.facts;
    let code = receipt.leaf.kind_code;
    let kind = Kind::from_code(code).map(Kind::name);
    let kind = kind.or_else(|| EventKind::from_code(code).map(EventKind::name));
    agree(kind == Some(text.kind.as_str()), "kind")?;
    agree(receipt.index.get().to_string() == text.leaf, "leaf")?;
    agree(receipt.intent_id.to_string() == text.intent_id, "intent_id")?;
    agree(facts.effects.outcome.name() == text.outcome, "outcome")?;
    agree(facts.effects.code == text.code, "code")?;
    agree(facts.effects.result.get("at") == text.at.as_ref(), "at")?;
    agree(proof.signature_checked || text.signed.as_deref() != Some(PROVEN), "signed")?;
    agree(facts.actor.is_some() == text.signer.is_some(), "signer")?;
    if let (Some(actor), Some(signer)) = (&facts.actor, &text.signer) {
        let said = [
            ("user_id", actor.user.to_string()),
            ("certificate", actor.certificate.to_string()),
            ("device_id", actor.device.to_string()),
            ("role", actor.role.name().to_owned()),
            ("lineage", actor.lineage.to_string()),
        ];
        for (member, value) in said {
            agree(says(signer, member, &value), member)?;
        }
        let chain = text.chain.as_ref();
        agree(chain.is_some_and(|chain| chain.prev == actor.prev.to_string()), "prev")?;
    }
    match &facts.origin {
        Some(origin) => {
            let said = [
                ("ip", &origin.ip),
                ("user_agent", &origin.user_agent),
                ("at", &origin.at.to_string()),
            ];
            for (member, value) in said {
                agree(says(&text.origin, member, value), member)?;
            }
        }
        None => agree(says(&text.origin, "edge", ERASED), "origin")?,
    }
    Ok(proof.signature_checked)
}

/// Whether a leaf is proved to follow the one before it of the same key.
fn check_link(
    chain: &ChainText,
    documents: &BTreeMap<&str, Option<Sha3>>,
) -> Result<bool, ClientError> {
    match chain.edge.as_str() {
        PROVEN => {
            let before = chain.before.as_deref().and_then(|before| documents.get(before));
            let digest = before.copied().flatten();
            agree(digest.is_some_and(|digest| digest.to_string() == chain.prev), "chain")?;
            Ok(true)
        }
        FIRST => {
            agree(chain.prev == Sha3::from_bytes([0; 32]).to_string(), "chain")?;
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn check_reference(
    reference: &Reference,
    shown: &BTreeMap<&str, &LeafText>,
) -> Result<(), ClientError> {
    let leaf = reference.leaf.as_deref().and_then(|leaf| shown.get(leaf));
    let same = leaf.is_some_and(|leaf| {
        let signer = |member| leaf.signer.as_ref().and_then(|signer| signer.get(member)?.as_str());
        reference.kind.as_ref() == Some(&leaf.kind)
            && reference.at == leaf.at
            && reference.by_user.as_deref() == signer("user_id")
            && reference.by_certificate.as_deref() == signer("certificate")
    });
    agree(same, "reference")
}

fn says(words: &Map<String, Value>, member: &str, value: &str) -> bool {
    words.get(member).and_then(Value::as_str) == Some(value)
}

/// What stands beside the evidence must be what the evidence says.
fn agree(agrees: bool, what: &'static str) -> Result<(), ClientError> {
    if agrees { Ok(()) } else { Err(ClientError::Contradicted { what }) }
}
