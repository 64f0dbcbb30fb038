//! The envelope: signatures, suites, details, and what must not verify.

use crypto::{Context, Purpose, Suite};
use intent::{
    BankId, Body, Details, Intent, IntentDraft, IntentError, Kind, SignedIntent, TransferBody,
};

use crate::fixture::{
    bank, body, details, draft, intent, item, key, key_of, signed, transfer_body,
    transfer_with_details,
};

fn verify(signed: &SignedIntent) -> Result<Intent, IntentError> {
    signed.verify(&bank(), key().public_key()).map(intent::Verified::into_inner)
}

#[test]
fn every_changed_byte_of_a_signed_intent_is_refused() {
    let signed = signed(intent(Kind::Transfer));
    for place in 0..signed.intent.len() {
        for value in (0..=255).filter(|value| *value != signed.intent[place]) {
            let mut forged = signed.clone();
            forged.intent[place] = value;
            // What a parser refuses, no signature can save; the rest falls to the signature, the
            // bank or the certificate.
            if forged.parse_intent().is_ok() {
                assert!(verify(&forged).is_err(), "byte {place} as {value:#x}");
            }
        }
    }
}

#[test]
fn every_flipped_byte_of_a_signature_is_refused() {
    for suite in Suite::ALL {
        let key = key_of(suite);
        let signed = SignedIntent::sign(intent(Kind::Transfer), &key, None).unwrap();
        signed.verify(&bank(), key.public_key()).unwrap();
        // Every byte of the last 200 (the classical half is there), every 37th of the rest.
        let len = signed.signature.len();
        for place in (0..len).filter(|place| place % 37 == 0 || place + 200 >= len) {
            let mut forged = signed.clone();
            forged.signature[place] ^= 1;
            let refused = forged.verify(&bank(), key.public_key()).unwrap_err();
            assert_eq!(refused, IntentError::SignatureInvalid, "{suite} byte {place}");
        }
    }
}

#[test]
fn half_a_signature_is_refused() {
    let whole = signed(intent(Kind::Transfer));
    let split = whole.signature.len() - 64;
    let (lattice, classical) = whole.signature.split_at(split);
    let zeroed = |range: std::ops::Range<usize>| {
        let mut signature = whole.signature.clone();
        signature[range].fill(0);
        signature
    };
    let swapped = [classical, lattice].concat();
    let longer = [&*whole.signature, &[0]].concat();
    for signature in [
        lattice.to_vec(),
        classical.to_vec(),
        zeroed(0..split),
        zeroed(split..whole.signature.len()),
        swapped,
        longer,
        Vec::new(),
    ] {
        let forged = SignedIntent { signature, ..whole.clone() };
        assert_eq!(verify(&forged), Err(IntentError::SignatureInvalid));
    }
}

#[test]
fn a_signature_of_one_kind_is_refused_on_every_other() {
    let all: Vec<_> = Kind::ALL.map(|kind| signed(intent(kind))).into();
    for (place, from) in all.iter().enumerate() {
        for (other, onto) in all.iter().enumerate() {
            let replayed = SignedIntent { signature: from.signature.clone(), ..onto.clone() };
            assert_eq!(verify(&replayed).is_ok(), place == other, "{place} on {other}");
        }
    }
}

#[test]
fn the_same_bytes_signed_for_another_purpose_are_refused() {
    for kind in Kind::ALL {
        for purpose in [Purpose::Intent, Purpose::Challenge, Purpose::Device, Purpose::Checkpoint] {
            let intent = intent(kind);
            let context = Context::new("demo-bank", purpose).unwrap();
            let signature = key().sign(&context, intent.canonical()).unwrap().into_bytes();
            let replayed = SignedIntent { signature, ..signed(intent) };
            assert_eq!(verify(&replayed).is_ok(), kind.purpose() == purpose, "{kind} {purpose:?}");
        }
        let bare = key().sign(&Context::X509, intent(kind).canonical()).unwrap().into_bytes();
        let replayed = SignedIntent { signature: bare, ..signed(intent(kind)) };
        assert_eq!(verify(&replayed), Err(IntentError::SignatureInvalid), "{kind}");
    }
}

#[test]
fn an_intent_for_another_bank_is_refused() {
    let other: BankId = "other-bank".parse().unwrap();
    let signed_here = signed(intent(Kind::Transfer));
    let refused = signed_here.verify(&other, key().public_key()).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("wrong-bank", Some("bank")));

    // The same bytes, signed under the other bank's context.
    let context = Context::new("other-bank", Purpose::Intent).unwrap();
    let signature = key().sign(&context, &signed_here.intent).unwrap().into_bytes();
    let relayed = SignedIntent { signature, ..signed_here };
    assert_eq!(verify(&relayed), Err(IntentError::SignatureInvalid));
}

#[test]
fn an_envelope_that_names_another_certificate_or_suite_is_refused() {
    let certificate = crypto::Sha3::from_bytes([1; 32]);
    let forged = SignedIntent { certificate, ..signed(intent(Kind::Transfer)) };
    let refused = verify(&forged).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("certificate-mismatch", Some("certificate")));

    for suite in Suite::ALL.into_iter().filter(|suite| *suite != Suite::Standard) {
        let forged = SignedIntent { suite, ..signed(intent(Kind::Transfer)) };
        let refused = verify(&forged).unwrap_err();
        assert_eq!((refused.code(), refused.field()), ("suite-mismatch", Some("suite")), "{suite}");
        let key = key_of(suite);
        let refused = signed(intent(Kind::Transfer)).verify(&bank(), key.public_key());
        assert_eq!(refused.unwrap_err(), IntentError::SuiteMismatch, "{suite}");
        let refused = forged.verify(&bank(), key.public_key());
        assert_eq!(refused.unwrap_err(), IntentError::SignatureInvalid, "{suite}");
    }
}

#[test]
fn another_document_cannot_be_slipped_into_a_verified_envelope() {
    let signed = signed(intent(Kind::Transfer));
    let other = IntentDraft { seq: 3, ..draft(body(Kind::Transfer)) }.build().unwrap();
    let refused = signed.verify_parsed(other, &bank(), key().public_key()).unwrap_err();
    assert_eq!(refused, IntentError::SignatureInvalid);
}

#[test]
fn details_that_do_not_open_the_commitment_are_refused() {
    let good = SignedIntent::sign(transfer_with_details(), key(), Some(details())).unwrap();
    verify(&good).unwrap();
    verify(&SignedIntent { details: None, ..good.clone() }).unwrap();

    let other_salt = Details { salt: [8; 32], ..details() };
    let mut other_text = details();
    other_text.value.insert("payee".into(), "Mallory".into());
    let mut more = details();
    more.value.insert("zebra".into(), String::new());
    for details in [other_salt, other_text, more] {
        let forged = SignedIntent { details: Some(details.clone()), ..good.clone() };
        let refused = verify(&forged).unwrap_err();
        assert_eq!((refused.code(), refused.field()), ("details-mismatch", Some("body.details")));
        assert!(SignedIntent::sign(transfer_with_details(), key(), Some(details)).is_err());
    }
}

#[test]
fn details_that_nothing_commits_to_are_refused() {
    for kind in Kind::ALL {
        let unbound = SignedIntent { details: Some(details()), ..signed(intent(kind)) };
        let refused = verify(&unbound).unwrap_err();
        // These always commit to some details, though not to these.
        let field = match kind {
            Kind::UserInvite => "body.person",
            Kind::BeneficiaryAdd | Kind::BeneficiaryChange => "body.details",
            _ => "details",
        };
        assert_eq!((refused.code(), refused.field()), ("details-mismatch", Some(field)));
    }
}

#[test]
fn details_of_a_batch_open_every_commitment_in_it() {
    let mut items = vec![item(1), item(2), item(3)];
    items[0].details = Some(details().commitment());
    items[2].details = Some(details().commitment());
    let batch = |items| draft(Body::TransferBatch { atomic: true, items }).build().unwrap();
    verify(&SignedIntent::sign(batch(items.clone()), key(), Some(details())).unwrap()).unwrap();

    items[2].details = Some(crypto::Sha2::from_bytes([0; 32]));
    let refused = SignedIntent::sign(batch(items), key(), Some(details())).unwrap_err();
    assert_eq!(refused.field(), Some("body.items[2].details"));
}

#[test]
fn details_outside_the_profile_are_refused() {
    for (name, text, code) in [
        ("payee", "A\u{30a}", "text-not-normal"),
        ("payee", "x\u{202e}y", "text-forbidden"),
        ("payee", "x\ny", "text-forbidden"),
        ("pay\u{2066}ee", "x", "text-forbidden"),
        ("payee", &"x".repeat(Details::TEXT_LEN_MAX), "too-large"),
    ] {
        let mut bad = details();
        bad.value.insert(name.to_owned(), text.to_owned());
        let body = TransferBody { details: Some(bad.commitment()), ..transfer_body() };
        let intent = draft(Body::Transfer(body)).build().unwrap();
        let refused = SignedIntent::sign(intent.clone(), key(), Some(bad.clone())).unwrap_err();
        assert_eq!(refused.code(), code, "{text:?}");
        let envelope = SignedIntent { details: Some(bad), ..signed(intent) };
        assert_eq!(SignedIntent::from_json(&envelope.to_json()).unwrap_err().code(), code);
        assert_eq!(verify(&envelope).unwrap_err().code(), code);
    }
}

#[test]
fn a_malformed_envelope_is_refused_by_name() {
    let good = SignedIntent::sign(transfer_with_details(), key(), Some(details())).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&good.to_json()).unwrap();
    let refusal = |json: &str| {
        let refused = SignedIntent::from_json(json.as_bytes()).unwrap_err();
        (refused.code().to_owned(), refused.field().unwrap_or_default().to_owned())
    };
    let is = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    for name in ["certificate", "intent", "signature", "suite"] {
        let mut less = json.clone();
        less.as_object_mut().unwrap().remove(name);
        assert_eq!(refusal(&less.to_string()), is("missing-member", name));
        for (value, code) in [
            (serde_json::json!(1), "number-in-json"),
            (serde_json::json!(null), "null-in-json"),
            (serde_json::json!([]), "malformed"),
        ] {
            let mut other = json.clone();
            other[name] = value;
            assert_eq!(refusal(&other.to_string()), is(code, name));
        }
        let twice = json.to_string().replacen('{', &format!("{{\"{name}\":\"\","), 1);
        assert_eq!(refusal(&twice), is("duplicate-member", name));
    }
    for (name, value, code) in [
        ("certificate", "C0".repeat(32), "malformed"),
        ("intent", "a+b/".to_owned(), "malformed"),
        ("signature", "QQ==".to_owned(), "malformed"),
        ("signature", "QR".to_owned(), "malformed"),
        ("suite", "Standard".to_owned(), "unknown-suite"),
        ("suite", "none".to_owned(), "unknown-suite"),
    ] {
        let mut other = json.clone();
        other[name] = value.into();
        assert_eq!(refusal(&other.to_string()), is(code, name));
    }
    let mut more = json.clone();
    more["note"] = "x".into();
    assert_eq!(refusal(&more.to_string()), is("unknown-member", "note"));
    let mut more = json.clone();
    more["details"]["note"] = "x".into();
    assert_eq!(refusal(&more.to_string()), is("unknown-member", "details.note"));
    let mut short = json.clone();
    short["details"]["salt"] = "QQ".into();
    assert_eq!(refusal(&short.to_string()), is("malformed", "details.salt"));
    let mut list = json.clone();
    list["details"]["value"]["payee"] = serde_json::json!(["x"]);
    assert_eq!(refusal(&list.to_string()), is("malformed", "details.value.payee"));
    assert_eq!(refusal(&format!("{json}x")).0, "malformed");
    assert_eq!(refusal("[]").0, "malformed");
    let huge = vec![b' '; SignedIntent::LEN_MAX + 1];
    assert_eq!(SignedIntent::from_json(&huge).unwrap_err().code(), "too-large");
}

#[test]
fn a_refusal_repeats_no_strangers_text_unchecked() {
    let long = format!("{{\"{}\":null}}", "x".repeat(100_000));
    for text in ["{\"a\\nb\\u202e\":1}", "{\"suite\":\"a\\nb\\u202e\"}", &long] {
        let refused = SignedIntent::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(refused.len() < 200, "{} bytes", refused.len());
        assert!(!refused.contains(['\n', '\u{202e}']), "{refused:?}");
    }
}

#[test]
fn an_envelope_is_read_as_it_was_written_and_verifies_for_every_kind_and_suite() {
    for suite in Suite::ALL {
        let key = key_of(suite);
        for kind in Kind::ALL {
            let intent = intent(kind);
            let signed = SignedIntent::sign(intent.clone(), &key, None).unwrap();
            let read = SignedIntent::from_json(&signed.to_json()).unwrap();
            assert_eq!(read, signed);
            assert_eq!(read.verify(&bank(), key.public_key()).unwrap().get(), &intent);
        }
    }
    let signed = SignedIntent::sign(transfer_with_details(), key(), Some(details())).unwrap();
    let read = SignedIntent::from_json(&signed.to_json()).unwrap();
    assert_eq!(read, signed);
    verify(&read).unwrap();
    // The envelope's own spelling is free.
    let json: serde_json::Value = serde_json::from_slice(&signed.to_json()).unwrap();
    let pretty = serde_json::to_vec_pretty(&json).unwrap();
    assert_eq!(SignedIntent::from_json(&pretty).unwrap(), signed);
}
