//! Receipts: what each of them proves, and everything that must not.

use std::sync::LazyLock;

use crypto::{Ed25519Key, MlDsa44Key, Sha3, Suite, sha3_256};
use intent::{
    Actor, Body, CheckpointText, Effects, Event, EventKind, Evidence, Flags, Form, Group, Intent,
    IntentDraft, Kind, Origin, Outcome, Receipt, ReceiptError, ReceiptParts, Record, SignedIntent,
    UtcMicros,
};
use tlog::{Checkpoint, CheckpointSigner, CheckpointVerifier, Edge, Hash, LeafIndex, leaf_hash};

use crate::{
    fixture::{bank, body, draft, intent, key, key_of, signed, transfer_body},
    record::{actor, effects},
};

const PROOF: [u8; 32] = [0xd0; 32];
const INDEX: LeafIndex = LeafIndex::new(5);

static LOG: LazyLock<CheckpointSigner> = LazyLock::new(|| {
    CheckpointSigner::new(
        tlog::Origin::new("demo-bank/log/2026").unwrap(),
        "demo-bank",
        Ed25519Key::from_seed(&[1; 32]).unwrap(),
        MlDsa44Key::from_seed(&[2; 32]).unwrap(),
        key_of(Suite::Standard),
    )
    .unwrap()
});

fn verifier() -> &'static CheckpointVerifier {
    LOG.verifier()
}

/// What the server knows when it answers.
pub(crate) struct Answer {
    signed: SignedIntent,
    record: Record,
    leaf: intent::Leaf,
    effects: Effects,
}

fn answer_with(intent: Intent, actor: &Actor, effects: Effects, flags: Flags) -> Answer {
    let kind = intent.kind();
    let signed = signed(intent);
    let origin = Origin::new("192.0.2.1", "curl/8", UtcMicros::from_micros(1));
    let bytes = [
        signed.intent.clone(),
        actor.to_bytes(),
        origin.to_bytes(),
        effects.to_bytes(),
        Evidence::write(signed.suite, &signed.signature, &PROOF),
    ];
    let salts = std::array::from_fn(|place| u8::try_from(place).unwrap());
    let (record, leaf) = Record::new(kind.code(), flags, bytes, &salts);
    Answer { signed, record, leaf, effects }
}

pub(crate) fn answer() -> Answer {
    answer_with(intent(Kind::Transfer), &actor(), effects(), Flags::default())
}

fn receipt_json(answer: &Answer, certificates: &[&[u8]]) -> Vec<u8> {
    receipt_in_both(answer, certificates).0
}

/// One receipt, in JSON and in CBOR.
pub(crate) fn receipt_in_both(answer: &Answer, certificates: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let mut leaves: Vec<Hash> = (0..11_u8).map(|number| leaf_hash(&[number])).collect();
    leaves[5] = answer.leaf.hash();
    let mut edge = Edge::empty();
    let appended = edge.append(&leaves);
    let origin = verifier().origin().clone();
    let checkpoint = Checkpoint { origin, size: edge.size(), root: edge.root() };
    let note = LOG.sign(&checkpoint, 1_800_000_000).unwrap();
    let (mut json, mut cbor) = (Vec::new(), Vec::new());
    let parts = ReceiptParts {
        intent_id: answer.signed.parse_intent().unwrap().id(),
        index: INDEX,
        leaf: &answer.leaf,
        record: &answer.record,
        effects: &answer.effects,
        inclusion: &appended.inclusion_proof(INDEX).unwrap(),
        checkpoint: &CheckpointText::new(note.as_str()),
        certificates,
    };
    parts.write(Form::Json, &mut json);
    parts.write(Form::Cbor, &mut cbor);
    (json, cbor)
}

fn complete(answer: &Answer) -> Receipt {
    let mut receipt = Receipt::from_json(&receipt_json(answer, &[])).unwrap();
    receipt.complete(&answer.signed, &PROOF);
    receipt
}

fn refusal(receipt: &Receipt) -> ReceiptError {
    receipt.verify(verifier()).unwrap_err()
}

#[test]
fn every_flipped_byte_of_every_group_is_refused_and_the_group_named() {
    let receipt = complete(&answer());
    for group in Group::ALL {
        let shown = receipt.groups[group.index()].as_ref().unwrap();
        let len = shown.bytes.as_ref().unwrap().len();
        for place in 0..len + 32 {
            let mut forged = receipt.clone();
            let shown = forged.groups[group.index()].as_mut().unwrap();
            match place.checked_sub(len) {
                None => shown.bytes.as_mut().unwrap()[place] ^= 1,
                Some(salt) => shown.salt[salt] ^= 1,
            }
            assert_eq!(refusal(&forged), ReceiptError::CommitmentMismatch { group });
            let refused = forged.verify_signature(&bank(), key().public_key());
            assert_eq!(refused, Err(ReceiptError::CommitmentMismatch { group }));
        }
    }
}

/// What an auditor's report shows of a leaf that nobody signed.
fn of_event(document: &Event, kind_code: u8, signer: &[u8]) -> Receipt {
    let answered = answer();
    let flags = Flags { event: true, refused: false };
    let bytes = [
        document.to_bytes(),
        signer.to_vec(),
        Origin::new("", "", UtcMicros::from_micros(1)).to_bytes(),
        answered.effects.to_bytes(),
        Vec::new(),
    ];
    let salts = std::array::from_fn(|place| u8::try_from(place).unwrap());
    let (record, leaf) = Record::new(kind_code, flags, bytes, &salts);
    let answered = Answer { record, leaf, ..answered };
    let mut receipt = Receipt::from_json(&receipt_json(&answered, &[])).unwrap();
    for (shown, group) in receipt.groups.iter_mut().zip(Group::ALL) {
        shown.as_mut().unwrap().bytes = answered.record.group(group).map(|of| of.bytes.clone());
    }
    receipt
}

#[test]
fn what_nobody_signed_is_an_event_and_shows_no_signer() {
    let id = answer().signed.parse_intent().unwrap().id();
    let at = UtcMicros::from_micros(1);
    let event = Event::new(EventKind::CrlIssued, id, at, [].into());
    let code = EventKind::CrlIssued.code();
    let facts = of_event(&event, code, b"").verify(verifier()).unwrap().into_inner();
    assert_eq!((facts.event, facts.intent, facts.actor), (Some(event.clone()), None, None));
    let by = |by, member| ReceiptError::Contradicted { by, member };
    let signed = of_event(&event, code, &actor().to_bytes());
    assert_eq!(refusal(&signed), by(Group::Actor, "event"));
    let other = of_event(&event, EventKind::LoginLocked.code(), b"");
    assert_eq!(refusal(&other), by(Group::Intent, "kind"));
    let mut another = of_event(&event, code, b"");
    another.intent_id = intent::IntentId::new(uuid::Uuid::now_v7()).unwrap();
    assert_eq!(refusal(&another), by(Group::Intent, "intent_id"));
}

#[test]
fn every_flipped_byte_of_the_leaf_is_refused() {
    let receipt = complete(&answer());
    let good = receipt.leaf.to_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good;
            bytes[place] ^= 1 << bit;
            if let Ok(leaf) = intent::Leaf::from_bytes(&bytes) {
                let forged = Receipt { leaf, ..receipt.clone() };
                assert!(forged.verify(verifier()).is_err(), "byte {place} bit {bit}");
            }
        }
    }
}

#[test]
fn every_flipped_byte_of_the_path_is_refused() {
    let receipt = complete(&answer());
    assert!(!receipt.inclusion.path.is_empty());
    for hash in 0..receipt.inclusion.path.len() {
        for place in 0..32 {
            let mut forged = receipt.clone();
            let mut bytes = *forged.inclusion.path[hash].as_bytes();
            bytes[place] ^= 0x80;
            forged.inclusion.path[hash] = Hash::from_bytes(bytes);
            assert_eq!(refusal(&forged).code(), "not-included");
        }
    }
    let mut shorter = receipt.clone();
    shorter.inclusion.path.pop();
    assert_eq!(refusal(&shorter).code(), "not-included");
    let mut elsewhere = receipt.clone();
    elsewhere.index = LeafIndex::new(4);
    assert_eq!(refusal(&elsewhere), ReceiptError::ProofForOtherTree);
    elsewhere.inclusion.index = LeafIndex::new(4);
    assert_eq!(refusal(&elsewhere).code(), "not-included");
    let mut smaller = receipt;
    smaller.inclusion.size = tlog::TreeSize::new(10);
    assert_eq!(refusal(&smaller), ReceiptError::ProofForOtherTree);
}

#[test]
fn every_changed_character_of_the_signed_note_text_is_refused() {
    let receipt = complete(&answer());
    let body = receipt.checkpoint.find("\n\n").unwrap();
    for place in 0..=body {
        let mut bytes = receipt.checkpoint.clone().into_bytes();
        bytes[place] ^= 1;
        if let Ok(checkpoint) = String::from_utf8(bytes) {
            let forged = Receipt { checkpoint, ..receipt.clone() };
            assert_eq!(refusal(&forged).code(), "checkpoint-invalid", "{place}");
        }
    }
    let unsigned = receipt.checkpoint[..body + 2].to_owned();
    let forged = Receipt { checkpoint: unsigned, ..receipt };
    assert_eq!(refusal(&forged).code(), "checkpoint-invalid");
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let other = CheckpointSigner::new(
        tlog::Origin::new("demo-bank/log/2026").unwrap(),
        "demo-bank",
        Ed25519Key::from_seed(&[1; 32]).unwrap(),
        MlDsa44Key::from_seed(&[2; 32]).unwrap(),
        crypto::SigningKey::generate(Suite::Standard).unwrap(),
    )
    .unwrap();
    let refused = complete(&answer()).verify(other.verifier()).unwrap_err();
    assert_eq!(refused.code(), "checkpoint-invalid");
}

#[test]
fn a_receipt_that_says_more_than_its_leaf_is_refused() {
    let receipt = complete(&answer());
    let by = |by, member| ReceiptError::Contradicted { by, member };
    let forged = Receipt { outcome: Outcome::Refused, ..receipt.clone() };
    assert_eq!(refusal(&forged), by(Group::Effects, "outcome"));
    let forged = Receipt { code: "insufficient-funds".into(), ..receipt.clone() };
    assert_eq!(refusal(&forged), by(Group::Effects, "code"));
    let forged = Receipt { items: vec!["ok".into(), "ok".into()], ..receipt.clone() };
    assert_eq!(refusal(&forged), by(Group::Effects, "items"));
    let intent_id = "019aa000-0000-7000-8000-000000000002".parse().unwrap();
    let forged = Receipt { intent_id, ..receipt.clone() };
    assert_eq!(refusal(&forged), by(Group::Intent, "intent_id"));
    let forged = Receipt { certificates: vec![b"another".to_vec()], ..receipt };
    assert_eq!(refusal(&forged), by(Group::Intent, "certificates"));
}

#[test]
fn a_leaf_whose_groups_contradict_one_another_is_refused() {
    let by = |by, member| ReceiptError::Contradicted { by, member };
    let contradiction = |actor: &Actor, effects: Effects, flags| {
        refusal(&complete(&answer_with(intent(Kind::Transfer), actor, effects, flags)))
    };
    let refused_flag = Flags { event: false, refused: true };
    assert_eq!(contradiction(&actor(), effects(), refused_flag), by(Group::Effects, "outcome"));
    let refused = Effects { outcome: Outcome::Refused, ..effects() };
    assert_eq!(contradiction(&actor(), refused, Flags::default()), by(Group::Effects, "outcome"));
    let digest = Sha3::from_bytes([0x77; 32]);
    for (other, member) in [
        (Actor { certificate: digest, ..actor() }, "certificate"),
        (Actor { device: intent::DeviceId::new(digest), ..actor() }, "device"),
        (Actor { seq: 3, ..actor() }, "seq"),
        (Actor { prev: digest, ..actor() }, "prev"),
    ] {
        assert_eq!(contradiction(&other, effects(), Flags::default()), by(Group::Actor, member));
    }

    let mut batch = answer();
    batch.leaf.kind_code = Kind::TransferBatch.code();
    assert_eq!(refusal(&complete(&batch)), by(Group::Intent, "kind"));

    let mut nonsense = answer();
    let opening = nonsense.record.groups[Group::Effects.index()].as_mut().unwrap();
    opening.bytes = b"nonsense".to_vec();
    nonsense.leaf.commitments[Group::Effects.index()] =
        intent::commit(Group::Effects, &opening.salt, &opening.bytes);
    assert_eq!(refusal(&complete(&nonsense)).code(), "group-malformed");
}

#[test]
fn erased_groups_do_not_hinder_the_proof_of_the_rest() {
    for erased in [Group::Intent, Group::Actor, Group::Origin, Group::Evidence] {
        let mut answer = answer();
        answer.record.groups[erased.index()] = None;
        let receipt = complete(&answer);
        assert_eq!(receipt.groups[erased.index()], None);
        let facts = receipt.verify(verifier()).unwrap().into_inner();
        assert_eq!(facts.intent.is_none(), erased == Group::Intent);
        assert_eq!(facts.actor.is_none(), erased == Group::Actor);
        assert_eq!(facts.origin.is_none(), erased == Group::Origin);
        assert_eq!(facts.evidence.is_none(), erased == Group::Evidence);
        let judged = receipt.verify_signature(&bank(), key().public_key());
        let needed = matches!(erased, Group::Intent | Group::Evidence);
        let expected = needed.then_some(ReceiptError::GroupMissing { group: erased });
        assert_eq!(judged.err(), expected);
    }
    let mut answer = answer();
    answer.record.groups[Group::Effects.index()] = None;
    let missing = ReceiptError::GroupMissing { group: Group::Effects };
    assert_eq!(refusal(&complete(&answer)), missing);
}

#[test]
fn the_signature_in_a_receipt_is_judged_for_bank_suite_and_key() {
    let receipt = complete(&answer());
    receipt.verify_signature(&bank(), key().public_key()).unwrap();
    let other_bank = "other-bank".parse().unwrap();
    let refused = receipt.verify_signature(&other_bank, key().public_key());
    assert_eq!(refused, Err(ReceiptError::WrongBank));
    let compact = key_of(Suite::Compact);
    let refused = receipt.verify_signature(&bank(), compact.public_key());
    assert_eq!(refused, Err(ReceiptError::SuiteMismatch));
    let stranger = crypto::SigningKey::generate(Suite::Standard).unwrap();
    let refused = receipt.verify_signature(&bank(), stranger.public_key());
    assert_eq!(refused, Err(ReceiptError::SignatureInvalid));

    // A bank that puts another intent under the customer's signature.
    let mut forged = answer();
    let other = draft(Body::Transfer(intent::TransferBody {
        amount: crate::fixture::euros(99_999),
        ..transfer_body()
    }));
    forged.signed.intent = other.build().unwrap().into_canonical();
    let bytes = [
        forged.signed.intent.clone(),
        actor().to_bytes(),
        Vec::new(),
        effects().to_bytes(),
        Evidence::write(forged.signed.suite, &forged.signed.signature, &PROOF),
    ];
    let flags = Flags::default();
    (forged.record, forged.leaf) = Record::new(Kind::Transfer.code(), flags, bytes, &[0; 160]);
    let refused = complete(&forged).verify_signature(&bank(), key().public_key());
    assert_eq!(refused, Err(ReceiptError::SignatureInvalid));
}

#[test]
fn completing_with_another_intent_or_proof_is_refused() {
    let answer = answer();
    let mut receipt = Receipt::from_json(&receipt_json(&answer, &[])).unwrap();
    let other = IntentDraft { seq: 3, ..draft(body(Kind::Transfer)) }.build().unwrap();
    receipt.complete(&signed(other), &PROOF);
    let mismatch = |group| ReceiptError::CommitmentMismatch { group };
    assert_eq!(refusal(&receipt), mismatch(Group::Intent));
    let mut receipt = Receipt::from_json(&receipt_json(&answer, &[])).unwrap();
    receipt.complete(&answer.signed, &[0; 32]);
    assert_eq!(refusal(&receipt), mismatch(Group::Evidence));
}

#[test]
fn a_malformed_receipt_is_refused_by_name() {
    let json: serde_json::Value =
        serde_json::from_slice(&receipt_json(&answer(), &[b"signer"])).unwrap();
    let refusal = |json: &serde_json::Value| {
        let refused = Receipt::from_json(json.to_string().as_bytes()).unwrap_err();
        (refused.code().to_owned(), refused.field().unwrap_or_default().to_owned())
    };
    let is = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    for name in json.as_object().unwrap().keys() {
        let mut less = json.clone();
        less.as_object_mut().unwrap().remove(name);
        assert_eq!(refusal(&less), is("missing-member", name));
        let mut number = json.clone();
        number[name] = 1.into();
        assert_eq!(refusal(&number), is("number-in-json", name));
    }
    for (pointer, value, code, field) in [
        ("/v", "2", "unsupported-version", "v"),
        ("/outcome", "maybe", "malformed", "outcome"),
        ("/intent_id", "1", "malformed", "intent_id"),
        ("/leaf", "QQ", "malformed", "leaf"),
        ("/leaf_index", "05", "malformed", "leaf_index"),
        ("/groups/actor/salt", "QQ", "malformed", "groups.actor.salt"),
        ("/groups/actor/bytes", "Q", "malformed", "groups.actor.bytes"),
        ("/inclusion/size", "-1", "malformed", "inclusion.size"),
        ("/inclusion/path/0", "QQ", "malformed", "inclusion.path[0]"),
        ("/certificates/0", "Q", "malformed", "certificates[0]"),
    ] {
        let mut other = json.clone();
        *other.pointer_mut(pointer).unwrap() = value.into();
        assert_eq!(refusal(&other), is(code, field));
    }
    let mut more = json.clone();
    more["groups"]["extra"] = serde_json::json!({});
    assert_eq!(refusal(&more), is("unknown-member", "groups.extra"));
}

#[test]
fn a_receipt_proves_its_outcome_offline() {
    let answer = answer();
    let receipt = Receipt::from_json(&receipt_json(&answer, &[])).unwrap();
    // Before it is completed it proves the outcome, not yet of which intent.
    let facts = receipt.verify(verifier()).unwrap().into_inner();
    assert_eq!(facts.effects, effects());
    assert_eq!((facts.intent, facts.evidence), (None, None));
    assert_eq!(facts.actor, Some(actor()));

    let completed = complete(&answer);
    let facts = completed.verify(verifier()).unwrap().into_inner();
    assert_eq!(facts.intent, Some(intent(Kind::Transfer)));
    assert_eq!(facts.evidence.unwrap().device_proof, PROOF);
    assert_eq!(facts.index, INDEX);
    assert_eq!(facts.checkpoint.size.get(), 11);
    completed.verify_signature(&bank(), key().public_key()).unwrap();
    assert_eq!(Receipt::from_json(&completed.to_json()), Ok(completed));
}

#[test]
fn the_hot_path_writes_what_the_whole_receipt_writes() {
    let json = receipt_json(&answer(), &[b"signer", b"issuing", b"root"]);
    let receipt = Receipt::from_json(&json).unwrap();
    assert_eq!(receipt.to_json(), json);
    assert_eq!(receipt.certificates.len(), 3);
}

#[test]
fn the_signers_certificate_in_a_receipt_is_the_one_the_intent_names() {
    let certificate = b"signer's certificate, DER";
    let hash = sha3_256(certificate);
    let named = IntentDraft { certificate: hash, ..draft(body(Kind::Transfer)) }.build().unwrap();
    let actor = Actor { certificate: hash, ..actor() };
    let answer = answer_with(named, &actor, effects(), Flags::default());
    let mut receipt = Receipt::from_json(&receipt_json(&answer, &[certificate])).unwrap();
    receipt.complete(&answer.signed, &PROOF);
    receipt.verify(verifier()).unwrap();
}
