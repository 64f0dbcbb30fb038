//! Known answers for the console: what its own code must write, byte for byte. After `UPDATE_SNAPSHOTS=1` let
//! `npx biome format --write fixtures` lay the file out.

use std::{fs, path::Path};

use crypto::{Sha3, sha3_256};
use intent::{
    BankId, Body, Details, Intent, IntentDraft, Kind, OrderTerms, Pairing, Role, SentFile, UserId,
    UtcMicros, account_nowhere, pairing,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{account, bank, body, details, device, draft, euros, transfer_body};

/// The file beside the console that holds the answers.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/fixtures/intents.json");

fn text(intent: &Intent) -> String {
    String::from_utf8(intent.canonical().to_vec()).unwrap()
}

fn known(intent: &Intent) -> Value {
    json!({
        "kind": intent.kind().name(),
        "canonical": text(intent),
        "sha3": intent.digest().to_string(),
    })
}

fn with_details(details: &Details) -> Value {
    json!({
        "salt": hex::encode(details.salt),
        "value": details.value,
        "commitment": details.commitment().to_string(),
    })
}

/// Bodies whose members that may be left out are there, or the other way round.
fn further() -> Vec<Intent> {
    let Body::StandingOrderPlace { transfer, terms } = body(Kind::StandingOrderPlace) else {
        panic!("an order")
    };
    let terms = OrderTerms { last: OrderTerms::day("2027-11-30"), count: Some(12), ..terms };
    let Body::BeneficiaryChange { account: payee, status, .. } = body(Kind::BeneficiaryChange)
    else {
        panic!("a change")
    };
    let Body::AuditReport { subject, value, .. } = body(Kind::AuditReport) else {
        panic!("a report")
    };
    let Body::HoldCapture { hold, .. } = body(Kind::HoldCapture) else { panic!("a capture") };
    let Body::TransferReverse { transfer: paid, reason, .. } = body(Kind::TransferReverse) else {
        panic!("a reversal")
    };
    let at: UtcMicros = "2026-11-01T00:00:00.000001Z".parse().unwrap();
    let committed =
        intent::TransferBody { details: Some(details().commitment()), ..transfer_body() };
    [
        Body::Transfer(committed),
        Body::StandingOrderPlace { transfer, terms },
        Body::BeneficiaryChange { account: payee, status, renamed: None },
        Body::AuditReport { subject, value, from: Some(at), to: Some(at) },
        Body::HoldCapture { hold, amount: None },
        Body::TransferReverse { transfer: paid, amount: Some(euros(1)), reason },
        Body::AccountFreeze {
            account: account(1),
            debit: false,
            credit: true,
            reason: "z\u{fc}rich \u{1f3e6} \u{e000} \\ \" /".to_owned(),
        },
    ]
    .into_iter()
    .map(|body| draft(body).build().unwrap())
    .collect()
}

fn page() -> Value {
    let first =
        IntentDraft { seq: 1, prev: Sha3::from_bytes([0; 32]), ..draft(body(Kind::Transfer)) };
    let kinds = Kind::ALL.map(|kind| {
        let purpose = kind.purpose().name();
        json!({ "name": kind.name(), "code": kind.code(), "purpose": purpose })
    });
    let roles = Role::ALL.map(|role| {
        let kinds: Vec<_> = role.allowed_kinds().iter().map(|kind| kind.name()).collect();
        json!({ "name": role.name(), "kinds": kinds })
    });
    let bank: BankId = bank();
    let pairing = Pairing {
        id: Uuid::from_u128(80),
        bank,
        user: UserId::new(Uuid::from_u128(77)),
        device: device(),
        csr_sha3: sha3_256(b"a certificate request"),
        registration: sha3_256(b"a token"),
    };
    let file = SentFile { salt: [3; 32], bytes: b"<Document/>".to_vec() };
    let number: ledger::AccountNumber = ledger::AccountNumber::of(account(9));
    let numbers = ["a", "b", ""].map(|text| json!([text, pairing::number(text)]));
    let intents = Kind::ALL.map(|kind| known(&draft(body(kind)).build().unwrap()));
    json!({
        "kinds": kinds.as_slice(),
        "roles": roles,
        "intents": intents.as_slice(),
        "further": further().iter().map(known).collect::<Vec<_>>(),
        "first": known(&first.build().unwrap()),
        "details": with_details(&details()),
        "file": {
            "salt": hex::encode(file.salt),
            "bytes": hex::encode(&file.bytes),
            "digest": file.digest().to_string(),
            "item_3": with_details(&file.details(3, "E2E-1", Some("May \u{202e} rent"))),
        },
        "pairing": { "text": pairing.to_string(), "number": pairing.number() },
        "numbers": numbers,
        "account_numbers": [[account(9).get().to_string(), number.to_string()]],
        "account_nowhere": [number.to_string(), account_nowhere(number).get().to_string()],
    })
}

#[test]
fn the_console_writes_the_same_bytes() {
    let path = Path::new(FIXTURES);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(path, format!("{:#}\n", page())).unwrap();
    }
    let kept = fs::read_to_string(path).expect("run once with UPDATE_SNAPSHOTS=1");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(
        kept == page(),
        "the answers changed; look at them with UPDATE_SNAPSHOTS=1 and git diff"
    );
}
