//! Known answers for the console: keys, proofs, sealed boxes, certificates, a receipt.
//!
//! Signatures are hedged, so that none is made twice: those of the file are verified, everything else is compared.
#![expect(clippy::unwrap_used, reason = "fixtures are ours, and a wrong one must fail loudly")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use client::{Device, Instance, RequestSigner, Trust, session_key, verify_receipt};
use crypto::{
    Context, Ed25519Key, KemSecretKey, MlDsa44Key, PublicKey, Purpose, SecretBytes, SigningKey,
    Suite, open_sealed, seal_to, sha3_256,
};
use intent::{
    Actor, Body, CheckpointText, Effects, Evidence, Flags, Form, IntentDraft, Origin, Outcome,
    Receipt, ReceiptParts, Record, Role, SignedIntent, TransferBody, UserId, UtcMicros,
};
use ledger::AccountId;
use money::{Amount, AssetCode};
use pki::{
    CHALLENGE, Certificate, ControlClaims, Csr, DEFENSE_VERSION, Profile, Request, Validity,
};
use pki::{authority, build_csr, issue, prepare, validate_path};
use serde_json::{Value, json};
use tlog::{Checkpoint, CheckpointSigner, Edge, Hash, LeafIndex, TreeSize, leaf_hash};
use uuid::Uuid;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/fixtures/protocol.json");
const BANK: &str = "demo-bank";
const ORIGIN: &str = "https://bank.example";
const NOW_S: i64 = 1_795_309_323;
const LOG_LEAVES: u8 = 11;
const OLD_LEAVES: u8 = 6;

fn key(first: u8) -> SigningKey {
    SigningKey::from_seed(Suite::Standard, &seed(first, 64)).unwrap()
}

fn seed(first: u8, len: usize) -> Vec<u8> {
    (first..=255).cycle().take(len).collect()
}

fn device() -> Device {
    Device::from_secret(SecretBytes::new(vec![0x5a; 32])).unwrap()
}

fn user() -> UserId {
    UserId::new(Uuid::from_u128(77))
}

fn bank_kem() -> KemSecretKey {
    KemSecretKey::from_seed(Suite::Standard, &[8; 32]).unwrap()
}

fn session() -> Uuid {
    Uuid::from_u128(0x0192_f000)
}

fn log() -> CheckpointSigner {
    CheckpointSigner::new(
        tlog::Origin::new("demo-bank/log/2026").unwrap(),
        BANK,
        Ed25519Key::from_seed(&[1; 32]).unwrap(),
        MlDsa44Key::from_seed(&[2; 32]).unwrap(),
        key(50),
    )
    .unwrap()
}

/// What no randomness is in.
fn fixed() -> Value {
    let (holder, device) = (key(1), device());
    let bootstrap = SecretBytes::new(vec![0x77; 32]);
    let with_device = session_key(session(), &bootstrap, Some(device.key())).unwrap();
    let without = session_key(session(), &bootstrap, None).unwrap();
    let instance = Instance::default();
    instance.observe("instance-7");
    let signer = RequestSigner::new(with_device.duplicate(), instance);
    let body = br#"{"a":"b"}"#;
    let proof = signer.sign("POST", "/api/transactions/transfer?x=1", body, NOW_S * 1_000_000, 42);
    let kem = KemSecretKey::from_seed(Suite::Standard, &[9; 32]).unwrap();
    json!({
        "signing": {
            "seed": hex::encode(seed(1, 64)),
            "public_key": hex::encode(holder.public_key().as_bytes()),
            "fingerprint": holder.public_key().fingerprint().to_string(),
        },
        "kem": {
            "seed": hex::encode([9; 32]),
            "public_key": hex::encode(kem.public_key().as_bytes()),
            "transcript": hex::encode(b"a transcript"),
            "purpose": "session-bootstrap",
            "plaintext": hex::encode(b"a secret of thirty-two bytes ..."),
        },
        "bank_kem_seed": hex::encode([8; 32]),
        "device": {
            "secret": hex::encode([0x5a; 32]),
            "id": device.id().to_string(),
            "key": hex::encode(device.key().expose()),
            "key_commitment": device.key_commitment().to_string(),
            "message": hex::encode(b"canonical"),
            "proof": hex::encode(device.proof(b"canonical")),
        },
        "session": {
            "id": session().to_string(),
            "bootstrap": hex::encode(bootstrap.expose()),
            "key_with_device": hex::encode(with_device.expose()),
            "key_without": hex::encode(without.expose()),
        },
        "request": {
            "method": "POST",
            "path": "/api/transactions/transfer?x=1",
            "body": hex::encode(body),
            "at_us": (NOW_S * 1_000_000).to_string(),
            "counter": "42",
            "instance": "instance-7",
            "content_digest": proof.content_digest,
            "proof": proof.proof,
        },
    })
}

struct Made {
    root: Certificate,
    issuing: Certificate,
    holder: Certificate,
}

fn certificates() -> Made {
    let (root_key, issuing_key, holder_key) = (key(10), key(20), key(1));
    let validity = Validity { not_before_s: NOW_S - 86_400, not_after_s: NOW_S + 400 * 86_400 };
    let root = authority::create_root(&root_key, "Demo Bank Root", [1; 16], validity).unwrap();
    let csr = Csr::from_der(&build_csr(&issuing_key, "Demo Bank Issuing 1").unwrap()).unwrap();
    let csr = csr.verify().unwrap();
    let issuing = authority::create_issuing(&root, &root_key, &csr, [2; 16], validity).unwrap();
    let csr = Csr::from_der(&build_csr(&holder_key, &user().to_string()).unwrap()).unwrap();
    let csr = csr.verify().unwrap();
    let kinds = Role::Customer.allowed_kinds().iter().map(|kind| kind.name().to_owned());
    let claims = ControlClaims {
        defense_version: DEFENSE_VERSION,
        bank: BANK.to_owned(),
        user_id: *user().get().as_bytes(),
        role: Role::Customer.name().to_owned(),
        suite: Suite::Standard,
        device_id: device().id().get(),
        purpose_scope: Role::Customer.purpose_scope().to_owned(),
        allowed_actions: kinds.collect(),
        crl_url: format!("{ORIGIN}/api/certificates/crl"),
        crl_number: 1,
        parent_ca_fp: issuing.fingerprint(),
        lineage: sha3_256(b"lineage"),
        generation: 1,
        previous: None,
        challenge: CHALLENGE.to_owned(),
    };
    let cn = user().to_string();
    let request =
        Request { csr: &csr, subject_cn: &cn, claims: &claims, serial: [3; 16], now_s: NOW_S - 60 };
    let tbs = prepare(Profile::Holder, &request, &issuing).unwrap();
    let holder = issue(tbs, &issuing_key).unwrap();
    Made { root, issuing, holder }
}

fn transfer(certificate: &Certificate) -> SignedIntent {
    let account = |number| AccountId::new(Uuid::from_u128(number));
    let draft = IntentDraft {
        bank: BANK.parse().unwrap(),
        certificate: certificate.fingerprint(),
        device: device().id(),
        authority: Role::Customer,
        at: UtcMicros::from_micros(NOW_S * 1_000_000),
        seq: 2,
        prev: sha3_256(b"before"),
        id: "019aa000-0000-7000-8000-000000000001".parse().unwrap(),
        body: Body::Transfer(TransferBody {
            debit: account(1),
            credit: account(2),
            amount: Amount::new(12_50, AssetCode::EUR).unwrap(),
            details: None,
        }),
    };
    SignedIntent::sign(draft.build().unwrap(), &key(1), None).unwrap()
}

fn answer(made: &Made, signed: &SignedIntent) -> Value {
    let log = log();
    let intent = signed.parse_intent().unwrap();
    let actor = Actor {
        certificate: made.holder.fingerprint(),
        device: device().id(),
        lineage: sha3_256(b"lineage"),
        generation: 1,
        role: Role::Customer,
        seq: intent.seq(),
        prev: intent.prev(),
        session: None,
        user: user(),
    };
    let effects = Effects {
        outcome: Outcome::Accepted,
        code: "ok".to_owned(),
        items: Vec::new(),
        risk: None,
        rows: crypto::sha256(b"rows"),
        result: BTreeMap::new(),
    };
    let at = UtcMicros::from_micros(NOW_S * 1_000_000);
    let bytes = [
        signed.intent.clone(),
        actor.to_bytes(),
        Origin::new("192.0.2.1", "a browser", at).to_bytes(),
        effects.to_bytes(),
        Evidence::write(signed.suite, &signed.signature, &[]),
    ];
    let salts = [0x33; 160];
    let (record, leaf) = Record::new(intent.kind().code(), Flags::default(), bytes, &salts);
    let mut leaves: Vec<Hash> = (0..LOG_LEAVES).map(|number| leaf_hash(&[number])).collect();
    *leaves.get_mut(5).unwrap() = leaf.hash();
    let mut edge = Edge::empty();
    let (first, rest) = leaves.split_at(usize::from(OLD_LEAVES));
    edge.append(first);
    let (old_size, old_root) = (edge.size(), edge.root());
    let mut edge = Edge::empty();
    let appended = edge.append(&leaves);
    assert_eq!(rest.len(), usize::from(LOG_LEAVES - OLD_LEAVES));
    let checkpoint = Checkpoint {
        origin: log.verifier().origin().clone(),
        size: edge.size(),
        root: edge.root(),
    };
    let note = log.sign(&checkpoint, u64::try_from(NOW_S).unwrap()).unwrap();
    let inclusion = appended.inclusion_proof(LeafIndex::new(5)).unwrap();
    let mut out = Vec::new();
    ReceiptParts {
        intent_id: intent.id(),
        index: LeafIndex::new(5),
        leaf: &leaf,
        record: &record,
        effects: &effects,
        inclusion: &inclusion,
        checkpoint: &CheckpointText::new(note.as_str()),
        certificates: &[made.holder.der(), made.issuing.der(), made.root.der()],
    }
    .write(Form::Json, &mut out);
    let answered: Value = serde_json::from_slice(&out).unwrap();
    let mut whole = Receipt::from_json(&out).unwrap();
    whole.complete(signed, &[]);
    json!({
        "answer": answered,
        "bundle": String::from_utf8(whole.to_json()).unwrap(),
        "leaves": leaves.iter().map(Hash::to_base64).collect::<Vec<_>>(),
        "old_size": old_size.get().to_string(),
        "old_root": old_root.to_base64(),
        "root": checkpoint.root.to_base64(),
    })
}

/// What is signed or sealed, and so is another each time.
fn hedged() -> Value {
    let made = certificates();
    let trust = Trust {
        bank: BANK.parse().unwrap(),
        suite: Suite::Standard,
        origin: ORIGIN.to_owned(),
        root: made.root.clone(),
        verifier: log().verifier().clone(),
        kem: bank_kem().public_key().clone(),
    };
    let context = Context::new(BANK, Purpose::Intent).unwrap();
    let signature = key(1).sign(&context, b"a message").unwrap();
    let x509 = key(1).sign(&Context::X509, b"a message").unwrap();
    let kem = KemSecretKey::from_seed(Suite::Standard, &[9; 32]).unwrap();
    let sealed = seal_to(
        kem.public_key(),
        "session-bootstrap",
        b"a transcript",
        b"a secret of thirty-two bytes ...",
    );
    let signed = transfer(&made.holder);
    json!({
        "message": hex::encode(b"a message"),
        "bank": BANK,
        "signature_intent": hex::encode(signature.as_bytes()),
        "signature_x509": hex::encode(x509.as_bytes()),
        "sealed": hex::encode(sealed.unwrap()),
        "trust": serde_json::from_str::<Value>(&trust.to_json()).unwrap(),
        "csr": hex::encode(build_csr(&key(1), &user().to_string()).unwrap()),
        "envelope": serde_json::from_slice::<Value>(&signed.to_json()).unwrap(),
        "receipt": answer(&made, &signed),
    })
}

fn bytes(value: &Value, at: &str) -> Vec<u8> {
    hex::decode(value.pointer(at).and_then(Value::as_str).unwrap()).unwrap()
}

/// Everything hedged of the file is still what this code accepts.
fn verify(hedged: &Value) {
    let public = PublicKey::from_bytes(Suite::Standard, key(1).public_key().as_bytes()).unwrap();
    let context = Context::new(BANK, Purpose::Intent).unwrap();
    public.verify(&context, b"a message", &bytes(hedged, "/signature_intent")).unwrap();
    public.verify(&Context::X509, b"a message", &bytes(hedged, "/signature_x509")).unwrap();
    let kem = KemSecretKey::from_seed(Suite::Standard, &[9; 32]).unwrap();
    let sealed = bytes(hedged, "/sealed");
    let opened = open_sealed(&kem, "session-bootstrap", b"a transcript", &sealed).unwrap();
    assert_eq!(opened.expose(), b"a secret of thirty-two bytes ...");
    let csr = Csr::from_der(&bytes(hedged, "/csr")).unwrap().verify().unwrap();
    assert_eq!(csr.common_name(), user().to_string());
    let trust = Trust::from_json(hedged.get("trust").unwrap().to_string().as_bytes()).unwrap();
    let bundle = hedged.pointer("/receipt/bundle").and_then(Value::as_str).unwrap();
    let receipt = Receipt::from_json(bundle.as_bytes()).unwrap();
    let proof = verify_receipt(&receipt, &trust).unwrap();
    assert!(proof.signature_checked);
    assert_eq!(proof.facts.checkpoint.size, TreeSize::new(u64::from(LOG_LEAVES)));
    let signer = proof.signer.unwrap();
    let [_, issuing, _] = receipt.certificates.as_slice() else { panic!("a whole path") };
    let issuing = Certificate::from_der(issuing).unwrap();
    validate_path(&signer, &issuing, &trust.root, None, NOW_S).unwrap();
}

#[test]
fn the_console_reads_and_writes_the_same_protocol() {
    let path = Path::new(FIXTURES);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let page = json!({ "fixed": fixed(), "hedged": hedged() });
        fs::write(path, format!("{page:#}\n")).unwrap();
    }
    let kept = fs::read_to_string(path).expect("run once with UPDATE_SNAPSHOTS=1");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        kept.get("fixed"),
        Some(&fixed()),
        "look at it with UPDATE_SNAPSHOTS=1 and git diff"
    );
    verify(kept.get("hedged").unwrap());
}
