//! Signed intents in CBOR, and their answers: another envelope around the same bytes.

use client::{ClientError, UserName, Wish, verify_receipt};
use crypto::Suite;
use e2e::{Answer, Bank, Customer, Forger, Holder, Request, eur};
use intent::{Body, Form, Receipt, Role, SignedIntent, UnsignedIntent, cbor};
use serde_json::Value;

const CBOR: &str = "application/cbor";

fn pay(from: &Customer, to: &Customer, minor: i64) -> Body {
    Wish::transfer(from.account, to.account, eur(minor), None).unwrap().body
}

/// The request that submits an envelope, in a form and asking for one.
fn request(signed: &SignedIntent, body: Form, answer: Form) -> Request {
    let mut request = Request::submission(signed);
    request.body = signed.to_bytes(body);
    request.with("content-type", body.media_type()).with("accept", answer.media_type())
}

fn in_cbor(path: &str, body: Vec<u8>) -> Request {
    Request::post(path, body).with("content-type", CBOR).with("accept", CBOR)
}

fn receipt(answer: &Answer, form: Form) -> Receipt {
    assert_eq!(answer.header("content-type"), form.media_type(), "{}", answer.text());
    assert_eq!(answer.header("vary"), "accept");
    Receipt::from_bytes(&answer.body, form).unwrap()
}

/// A receipt as its holder keeps it, judged by nothing but the trust file.
fn judged(bank: &Bank, from: &Customer, signed: &SignedIntent, receipt: &Receipt) {
    let mut whole = receipt.clone();
    whole.complete(signed, &[]);
    let certificates = from.identity().certificates().unwrap();
    whole.certificates = [&certificates.holder, &certificates.issuing, &certificates.root]
        .map(|certificate| certificate.der().to_vec())
        .to_vec();
    let kept = Receipt::from_json(&whole.to_json()).unwrap();
    let proof = verify_receipt(&kept, bank.trust()).unwrap();
    assert!(proof.signature_checked);
    assert_eq!(proof.facts.intent.unwrap().canonical(), signed.intent);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_sent_in_one_form_is_replayed_in_the_other_with_the_same_receipt() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);
    let forms = [Form::Json, Form::Cbor];
    for first in forms {
        let signed = Forger::of(&alice).next(pay(&alice, &bob, 100));
        let answer = bank.send_as(&alice, request(&signed, first, first)).await.ok();
        assert_eq!(answer.header("idempotency-replayed"), "");
        let told = receipt(&answer, first);
        judged(&bank, &alice, &signed, &told);
        let records = bank.count("SELECT count(*) FROM records").await;
        for (body, asked) in forms.into_iter().flat_map(|body| forms.map(|asked| (body, asked))) {
            let again = bank.send_as(&alice, request(&signed, body, asked)).await.ok();
            assert_eq!(again.header("idempotency-replayed"), "true");
            let same = receipt(&again, asked);
            assert_eq!(same.to_json(), told.to_json(), "byte for byte");
            assert_eq!(same.to_bytes(asked), again.body);
        }
        assert_eq!(bank.count("SELECT count(*) FROM records").await, records);
        // What is stored is what was signed, whichever way it came.
        let bytes = hex::encode(&signed.intent);
        let stored =
            format!("SELECT count(*) FROM records WHERE encode(intent, 'hex') = '{bytes}'");
        assert_eq!(bank.count(&stored).await, 1);
        // Under the same id another intent gets nothing, in either form.
        let mut other = Forger::of(&alice).draft(pay(&alice, &bob, 1));
        other.id = told.intent_id;
        let other = Forger::of(&alice).sign(other);
        let conflict = bank.send_as(&alice, request(&other, Form::Cbor, Form::Cbor)).await;
        assert_eq!(conflict.refusal(), (409, "intent-id-reused".to_owned()));
    }
    assert_eq!(bank.balance(bob.account).await, 200);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_a_problem_document_whatever_was_asked_for() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 100).await, bank.customer("Bob", 0).await);
    let path = "/api/transactions/transfer";
    let records = bank.count("SELECT count(*) FROM records").await;
    let good = Forger::of(&alice).next(pay(&alice, &bob, 1)).to_bytes(Form::Cbor);
    assert_eq!(good[0], 0xa4, "a map of four members");
    let with_member =
        |name_and_value: &[u8]| [b"\xa5".as_slice(), &good[1..], name_and_value].concat();
    for (body, code, field) in [
        (Vec::new(), "malformed", None),
        (good[..good.len() - 1].to_vec(), "malformed", Some("suite")),
        ([&*good, b"\x00"].concat(), "malformed", None),
        ([b"\xbf".as_slice(), &good[1..], b"\xff"].concat(), "malformed", None),
        (with_member(b"\x65suite\x60"), "duplicate-member", Some("suite")),
        (with_member(b"\x64note\x60"), "unknown-member", Some("note")),
        (with_member(b"\x67details\x01"), "malformed", Some("details")),
        (with_member(b"\x67details\xa0"), "missing-member", Some("details.salt")),
        (with_member(b"\xc1\x64note\x60"), "malformed", None),
        (with_member(&[b"\x64note".as_slice(), &vec![0x81; 50_000]].concat()), "too-deep", None),
        (b"\x80".to_vec(), "malformed", None),
    ] {
        let answer = bank.send_as(&alice, in_cbor(path, body)).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{}", answer.text());
        if let Some(field) = field {
            assert_eq!(answer.json()["field"], field, "{code}");
        }
    }
    // JSON that says it is CBOR, and CBOR that says nothing, are neither.
    let signed = Forger::of(&alice).next(pay(&alice, &bob, 1));
    let json = bank.send_as(&alice, in_cbor(path, signed.to_json())).await;
    assert_eq!(json.refusal(), (400, "malformed".to_owned()));
    let plain = bank.send_as(&alice, Request::post(path, signed.to_bytes(Form::Cbor))).await;
    assert_eq!(plain.refusal(), (400, "malformed".to_owned()));
    // Longer than anything may be.
    let long = bank.send_as(&alice, in_cbor(path, vec![0x60; 4 * 1024 * 1024 + 1])).await;
    assert_eq!(long.refusal(), (413, "body-too-large".to_owned()));
    assert_eq!(bank.count("SELECT count(*) FROM records").await, records, "nothing is written");

    // Another kind's route, another's signature.
    let elsewhere = in_cbor("/api/holds", signed.to_bytes(Form::Cbor));
    assert_eq!(bank.send_as(&alice, elsewhere).await.refusal().0, 400);
    let mut forged = signed.clone();
    forged.signature[7] ^= 1;
    let answer = bank.send_as(&alice, request(&forged, Form::Cbor, Form::Cbor)).await;
    assert_eq!(answer.problem(), "signature-invalid");

    // A recorded refusal carries its receipt in the problem document's own form.
    let signed = Forger::of(&alice).next(pay(&alice, &bob, 5_000));
    let answer = bank.send_as(&alice, request(&signed, Form::Cbor, Form::Cbor)).await;
    assert_eq!(answer.refusal(), (422, "insufficient-funds".to_owned()));
    let told = Receipt::from_json(answer.json()["receipt"].to_string().as_bytes()).unwrap();
    judged(&bank, &alice, &signed, &told);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_answered_item_by_item_in_the_form_that_was_asked_for() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);
    let forger = Forger::of(&alice);
    let paid = forger.next(pay(&alice, &bob, 100));
    let refused = forger.next(pay(&alice, &bob, 5_000));
    let unknown = [b"\xa1\x64note".as_slice(), b"\x60"].concat();
    let items = [paid.to_bytes(Form::Cbor), unknown, refused.to_bytes(Form::Cbor)];
    let list = [b"\x83".as_slice(), &items.concat()].concat();
    let answer = bank.send_as(&alice, in_cbor("/api/intents", list.clone())).await.ok();
    assert_eq!((answer.header("content-type"), answer.header("vary")), (CBOR, "accept"));
    let answers = cbor::items(&answer.body, 3).unwrap();
    let told = Receipt::from_bytes(answers[0], Form::Cbor).unwrap();
    judged(&bank, &alice, &paid, &told);
    for (answer, status, code) in
        [(answers[1], 400, "missing-member"), (answers[2], 422, "insufficient-funds")]
    {
        let problem = cbor::members(answer).unwrap();
        let member = |name: &str| problem.iter().find(|(other, _)| *other == name).unwrap().1;
        let text = |name: &str| cbor4ii::serde::from_slice::<String>(member(name)).unwrap();
        assert_eq!(text("code"), code);
        assert_eq!(text("type"), format!("urn:strongroom:problem:{code}"));
        assert_eq!(cbor4ii::serde::from_slice::<u16>(member("status")).unwrap(), status);
        if status == 422 {
            let told = Receipt::from_bytes(member("receipt"), Form::Cbor).unwrap();
            judged(&bank, &alice, &refused, &told);
        }
    }

    // The same list asked for in JSON, and sent in JSON: the same receipts.
    let in_json = in_cbor("/api/intents", list).with("accept", "application/json");
    let again = bank.send_as(&alice, in_json).await.ok().json();
    assert_eq!(again[0], serde_json::from_slice::<Value>(&told.to_json()).unwrap());
    assert_eq!(again[2]["code"], "insufficient-funds");
    let json = [b"[".as_slice(), &paid.to_json(), b"]"].concat();
    let json = Request::post("/api/intents", json).with("accept", CBOR);
    let again = bank.send_as(&alice, json).await.ok();
    assert_eq!(cbor::items(&again.body, 1).unwrap(), [answers[0]]);

    for (list, words) in [
        ([b"\x99\x03\xe9".as_slice(), &b"\x60".repeat(1_001)].concat(), "more than 1000"),
        (b"\x9f\xff".to_vec(), "indefinite"),
        (b"\x82\x60".to_vec(), "ends"),
    ] {
        let answer = bank.send_as(&alice, in_cbor("/api/intents", list)).await;
        assert_eq!(answer.problem(), "malformed");
        assert!(answer.text().contains(words), "{}", answer.text());
    }
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_is_asked_and_answered_in_cbor() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);
    for (minor, outcome) in [(100, "accepted"), (5_000, "refused")] {
        let intent = Forger::of(&alice).draft(pay(&alice, &bob, minor)).build().unwrap();
        let unsigned = UnsignedIntent { intent: intent.into_canonical(), details: None };
        let request = in_cbor("/api/intents/dry-run", unsigned.to_bytes(Form::Cbor));
        let answer = bank.send_as(&alice, request.clone()).await.ok();
        assert_eq!((answer.header("content-type"), answer.header("vary")), (CBOR, "accept"));
        let told: Value = cbor4ii::serde::from_slice(&answer.body).unwrap();
        assert_eq!(told["outcome"], outcome);
        let json = bank.send_as(&alice, request.with("accept", "application/json")).await.ok();
        assert_eq!(json.json()["code"], told["code"]);
    }
    assert_eq!(bank.balance(bob.account).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_speaks_cbor_enrols_signs_in_pays_and_rotates_its_key() {
    let bank = Bank::start().await;
    let bob = bank.customer("Bob", 0).await;
    let speaks_cbor = |bank: &client::Bank| {
        let (transport, trust) = (bank.transport().clone().with_form(Form::Cbor), bank.trust());
        client::Bank::new(transport, trust.clone())
    };
    let client = speaks_cbor(&bank.client());
    let registration = client.register("Alice", "alice@example.org").await.unwrap();
    let user = UserName { id: registration.user, name: "Alice".to_owned(), role: Role::Customer };
    let holder = Holder::generate(Suite::Standard, user);
    client.enrol(&holder, &registration.token).await.unwrap();
    let alice = client.login(holder.identity.clone()).await.unwrap();
    let account = bank.open(&alice, money::AssetCode::EUR).await;
    bank.fund(account, eur(1_000)).await;
    let settled = alice.transfer(account, bob.account, eur(300), Some("rent, M\u{e4}y")).await;
    assert_eq!(settled.unwrap().receipt.code, "ok");
    let refused = alice.transfer(account, bob.account, eur(5_000), None).await;
    let Err(ClientError::Refused { receipt, .. }) = refused else { panic!("it went through") };
    assert_eq!(receipt.code, "insufficient-funds");
    alice.reverify().await.unwrap();

    let successor = Holder::generate(Suite::Standard, holder.user().clone());
    alice.rotate(&successor).await.unwrap();
    let alice = client.login(successor.identity.clone()).await.unwrap();
    alice.transfer(account, bob.account, eur(300), None).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 600);
    bank.assert_verifies().await;
}
