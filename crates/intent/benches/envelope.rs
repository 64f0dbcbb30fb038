//! What reading, verifying, recording and answering one transfer cost.
//!
//! ```text
//! cargo bench -p intent
//! ```

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::Criterion;
use crypto::{Ed25519Key, MlDsa44Key, Sha3, SigningKey, Suite, sha3_256};
use intent::{
    Actor, Body, CheckpointText, Effects, Evidence, Flags, Form, Intent, IntentDraft, Origin,
    Outcome, ReceiptParts, Record, Role, SignedIntent, TransferBody, UserId, UtcMicros,
};
use ledger::AccountId;
use money::{Amount, AssetCode};
use tlog::{Checkpoint, CheckpointSigner, Edge, LeafIndex, leaf_hash};
use uuid::Uuid;

fn intent() -> Intent {
    let account = |number| AccountId::new(Uuid::from_u128(number));
    IntentDraft {
        bank: "bench".parse().unwrap(),
        certificate: Sha3::from_bytes([7; 32]),
        device: "11".repeat(32).parse().unwrap(),
        authority: Role::Customer,
        at: "2026-11-22T01:02:03.000000Z".parse().unwrap(),
        seq: 1,
        prev: Sha3::from_bytes([0; 32]),
        id: "019aa000-0000-7000-8000-000000000001".parse().unwrap(),
        body: Body::Transfer(TransferBody {
            debit: account(1),
            credit: account(2),
            amount: Amount::new(12_50, AssetCode::EUR).unwrap(),
            details: None,
        }),
    }
    .build()
    .unwrap()
}

fn actor(intent: &Intent) -> Actor {
    Actor {
        certificate: intent.certificate(),
        device: intent.device(),
        lineage: sha3_256(b"lineage"),
        generation: 1,
        role: intent.authority(),
        seq: intent.seq(),
        prev: intent.prev(),
        session: None,
        user: UserId::new(Uuid::from_u128(77)),
    }
}

fn effects() -> Effects {
    let result = BTreeMap::from([("decided_at".to_owned(), "2026-11-22T01:02:03Z".to_owned())]);
    let rows = crypto::sha256(b"rows");
    Effects {
        outcome: Outcome::Accepted,
        code: "ok".to_owned(),
        items: Vec::new(),
        risk: None,
        rows,
        result,
    }
}

fn log() -> CheckpointSigner {
    CheckpointSigner::new(
        tlog::Origin::new("bench/log/2026").unwrap(),
        "bench",
        Ed25519Key::from_seed(&[1; 32]).unwrap(),
        MlDsa44Key::from_seed(&[2; 32]).unwrap(),
        SigningKey::generate(Suite::Standard).unwrap(),
    )
    .unwrap()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let key = SigningKey::generate(Suite::Standard).unwrap();
    let signed = SignedIntent::sign(intent(), &key, None).unwrap();
    let bank = "bench".parse().unwrap();
    for form in [Form::Json, Form::Cbor] {
        let body = signed.to_bytes(form);
        criterion.bench_function(&format!("read an envelope, {}", form.media_type()), |bench| {
            bench.iter(|| SignedIntent::from_bytes(black_box(&body), form).unwrap());
        });
    }
    criterion.bench_function("read its document", |bench| {
        bench.iter(|| black_box(&signed).parse_intent().unwrap());
    });
    criterion.bench_function("read and verify its document", |bench| {
        bench.iter(|| black_box(&signed).verify(&bank, key.public_key()).unwrap());
    });

    let intent = signed.parse_intent().unwrap();
    let effects = effects();
    let origin = Origin::new("192.0.2.1", "curl/8", intent.at());
    let record = || {
        let bytes = [
            signed.intent.clone(),
            actor(&intent).to_bytes(),
            origin.to_bytes(),
            effects.to_bytes(),
            Evidence::write(signed.suite, &signed.signature, &[]),
        ];
        Record::new(intent.kind().code(), Flags::default(), bytes, &[7; 160])
    };
    criterion.bench_function("make record and leaf", |bench| bench.iter(record));

    let (record, leaf) = record();
    let mut edge = Edge::empty();
    let mut leaves: Vec<_> = (0..100_000_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    edge.append(&leaves);
    leaves.truncate(100);
    leaves.push(leaf.hash());
    let appended = edge.append(&leaves);
    let index = LeafIndex::new(100_100);
    let log = log();
    let origin = log.verifier().origin().clone();
    let checkpoint = Checkpoint { origin, size: edge.size(), root: edge.root() };
    let at_s = UtcMicros::get(intent.at()).div_euclid(1_000_000).unsigned_abs();
    criterion.bench_function("sign a checkpoint", |bench| {
        bench.iter(|| log.sign(black_box(&checkpoint), at_s).unwrap());
    });
    let note = CheckpointText::new(log.sign(&checkpoint, at_s).unwrap().as_str());
    let inclusion = appended.inclusion_proof(index).unwrap();
    for form in [Form::Json, Form::Cbor] {
        criterion.bench_function(&format!("write a receipt, {}", form.media_type()), |bench| {
            bench.iter(|| {
                let mut out = Vec::with_capacity(16 * 1024);
                let intent_id = intent.id();
                let (leaf, record, effects, inclusion) = (&leaf, &record, &effects, &inclusion);
                let (checkpoint, certificates) = (&note, &[][..]);
                ReceiptParts {
                    intent_id,
                    index,
                    leaf,
                    record,
                    effects,
                    inclusion,
                    checkpoint,
                    certificates,
                }
                .write(form, &mut out);
                out
            });
        });
    }
    criterion.final_summary();
}
