//! The other form of what is carried: the same members, the same bytes inside, and nothing of a stranger's goes further.
//!
//! `ciborium`, which the crate itself does not use, writes what strangers send and judges what we write.

use ciborium::Value;
use intent::{Details, Form, IntentError, Kind, Receipt, SentFile, SignedIntent, UnsignedIntent};
use proptest::prelude::*;

use crate::{
    fixture::{details, intent, key, signed, transfer_with_details},
    receipt::{answer, receipt_in_both},
};

fn with_details() -> SignedIntent {
    SignedIntent::sign(transfer_with_details(), key(), Some(details())).unwrap()
}

fn value(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn members(value: &mut Value) -> &mut Vec<(Value, Value)> {
    let Value::Map(members) = value else { panic!("no map: {value:?}") };
    members
}

fn member<'v>(value: &'v mut Value, name: &str) -> &'v mut Value {
    let members = members(value).iter_mut();
    members.map(|(other, value)| (&*other, value)).find(|(it, _)| **it == text(name)).unwrap().1
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn read(bytes: &[u8]) -> Result<SignedIntent, IntentError> {
    SignedIntent::from_bytes(bytes, Form::Cbor)
}

fn refusal(bytes: &[u8]) -> (String, String) {
    let refused = read(bytes).unwrap_err();
    (refused.code().to_owned(), refused.field().unwrap_or_default().to_owned())
}

fn is(code: &str, field: &str) -> (String, String) {
    (code.to_owned(), field.to_owned())
}

#[test]
fn members_that_are_missing_unknown_twice_or_of_another_type_are_named() {
    let good = value(&with_details().to_bytes(Form::Cbor));
    for name in ["certificate", "intent", "signature", "suite"] {
        let mut less = good.clone();
        members(&mut less).retain(|(other, _)| *other != text(name));
        assert_eq!(refusal(&bytes(&less)), is("missing-member", name));

        let mut twice = good.clone();
        members(&mut twice).push((text(name), Value::Null));
        assert_eq!(refusal(&bytes(&twice)), is("duplicate-member", name));

        let one = Value::Integer(1.into());
        let tagged = Value::Tag(24, Box::new(Value::Bytes(vec![0; 32])));
        let others = [one, Value::Null, Value::Float(1.5), tagged, Value::Array(Vec::new())];
        for other in others {
            let mut changed = good.clone();
            *member(&mut changed, name) = other.clone();
            assert_eq!(refusal(&bytes(&changed)), is("malformed", name), "{other:?}");
        }
    }
    // Bytes have one spelling in each form.
    for (name, other) in [
        ("intent", text("e30")),
        ("signature", text("AA")),
        ("certificate", text(&"c0".repeat(32))),
        ("certificate", Value::Bytes(vec![0; 31])),
        ("suite", Value::Bytes(b"standard".to_vec())),
        ("details", Value::Bytes(Vec::new())),
    ] {
        let mut changed = good.clone();
        *member(&mut changed, name) = other;
        assert_eq!(refusal(&bytes(&changed)), is("malformed", name));
    }
    let mut unknown = good.clone();
    *member(&mut unknown, "suite") = text("none");
    assert_eq!(refusal(&bytes(&unknown)), is("unknown-suite", "suite"));
    let mut more = good.clone();
    members(&mut more).push((text("note"), text("x")));
    assert_eq!(refusal(&bytes(&more)), is("unknown-member", "note"));
    let mut salt = good.clone();
    *member(member(&mut salt, "details"), "salt") = Value::Bytes(vec![0; 33]);
    assert_eq!(refusal(&bytes(&salt)), is("malformed", "details.salt"));
    let mut list = good.clone();
    *member(member(member(&mut list, "details"), "value"), "payee") = Value::Array(vec![text("x")]);
    assert_eq!(refusal(&bytes(&list)), is("malformed", "details.value.payee"));
    let mut number = good;
    members(&mut number).push((Value::Integer(1.into()), text("x")));
    assert_eq!(refusal(&bytes(&number)), is("malformed", ""));
}

#[test]
fn lengths_that_are_not_told_or_lie_are_refused() {
    // {_ "suite": "x"}, and each other kind of value in pieces under the name "suite".
    let open_map = [b"\xbf\x65suite\x61x\xff".as_slice()].concat();
    assert_eq!(refusal(&open_map), is("malformed", ""));
    for open in [b"\x5f\x41x\xff".as_slice(), b"\x7f\x61x\xff", b"\x9f\x61x\xff", b"\xbf\xff"] {
        assert_eq!(refusal(&[b"\xa1\x65suite", open].concat()), is("malformed", "suite"));
    }
    // Reserved heads, a break that ends nothing, and claims of 2^64 - 1.
    for head in [0x5c, 0x7d, 0x9e, 0xbc, 0xdf, 0xf8, 0xff] {
        assert_eq!(refusal(&[b"\xa1\x65suite".as_slice(), &[head]].concat()).0, "malformed");
    }
    for head in [0x5b, 0x7b, 0x9b, 0xbb] {
        let claim = [b"\xa1\x65suite".as_slice(), &[head], &[0xff; 8]].concat();
        assert_eq!(refusal(&claim).0, "malformed", "{head:#x}");
    }
    assert_eq!(refusal(b"\xa1\x65suite\x62\xff\xfe"), is("malformed", "suite"));
    assert_eq!(refusal(b"\xa1\x62\xff\xfe\x60"), is("malformed", ""));
    assert_eq!(refusal(b""), is("malformed", ""));
    assert_eq!(refusal(b"\x80"), is("malformed", ""));
}

#[test]
fn what_is_too_deep_too_many_or_too_long_is_refused_before_it_is_kept() {
    let deep = [b"\xa1\x65suite".as_slice(), &vec![0x81; 100_000]].concat();
    assert_eq!(refusal(&deep), is("too-deep", "suite[0][0][0][0][0][0][0]"));
    // An array of four million empty texts, a byte each.
    let mut many = b"\xa1\x65suite\x9a\x00\x3f\xff\x00".to_vec();
    many.resize(SignedIntent::LEN_MAX, 0x60);
    let refused = refusal(&many);
    assert_eq!(refused.0, "malformed");
    assert!(refused.1.starts_with("suite[65"), "{refused:?}");
    let long = vec![0x60; SignedIntent::LEN_MAX + 1];
    assert_eq!(refusal(&long).0, "too-large");
}

#[test]
fn an_envelope_that_breaks_off_or_goes_on_is_refused_wherever_it_does() {
    let whole = with_details().to_bytes(Form::Cbor);
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
    for more in [0x00, 0x60, 0xff] {
        assert_eq!(refusal(&[&*whole, &[more]].concat()), is("malformed", ""));
    }
}

#[test]
fn no_flipped_bit_of_an_envelope_passes_for_what_was_signed() {
    let signed = with_details();
    let whole = signed.to_bytes(Form::Cbor);
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << bit;
            if let Ok(read) = read(&flipped) {
                assert_ne!(read, signed, "bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn a_refusal_repeats_no_strangers_text_unchecked() {
    let name = |name: &str| bytes(&Value::Map(vec![(text(name), text("x"))]));
    for body in [name("a\nb\u{202e}"), name(&"x".repeat(100_000))] {
        let refused = read(&body).unwrap_err().to_string();
        assert!(refused.len() < 200, "{} bytes", refused.len());
        assert!(!refused.contains(['\n', '\u{202e}']), "{refused:?}");
    }
}

#[test]
fn an_envelope_is_the_same_in_both_forms_for_every_kind() {
    let file = SentFile { salt: [3; 32], bytes: b"a file".to_vec() };
    let all = Kind::ALL.map(|kind| signed(intent(kind))).into_iter();
    for signed in all.chain([with_details(), with_details().with_file(file)]) {
        let [json, cbor] = [Form::Json, Form::Cbor].map(|form| signed.to_bytes(form));
        assert_eq!(SignedIntent::from_json(&json).as_ref(), Ok(&signed));
        assert_eq!(read(&cbor).as_ref(), Ok(&signed));
        assert!(cbor.len() < json.len());
        // Somebody else's CBOR of the same, and ours, are one.
        assert_eq!(bytes(&value(&cbor)), cbor);

        let unsigned = UnsignedIntent { intent: signed.intent, details: signed.details };
        for form in [Form::Json, Form::Cbor] {
            let read = UnsignedIntent::from_bytes(&unsigned.to_bytes(form), form);
            assert_eq!(read.as_ref(), Ok(&unsigned));
        }
    }
}

#[test]
fn members_may_come_in_any_order_and_lengths_in_any_width() {
    let signed = with_details();
    let mut turned = value(&signed.to_bytes(Form::Cbor));
    members(&mut turned).reverse();
    assert_eq!(read(&bytes(&turned)), Ok(signed.clone()));
    // The map's five members counted in two bytes, in nine.
    let whole = signed.to_bytes(Form::Cbor);
    assert_eq!(whole[0], 0xa5);
    assert_eq!(read(&[b"\xb8\x05".as_slice(), &whole[1..]].concat()), Ok(signed.clone()));
    let wide = [b"\xbb\0\0\0\0\0\0\0\x05".as_slice(), &whole[1..]].concat();
    assert_eq!(read(&wide), Ok(signed));
}

#[test]
fn what_accompanies_an_envelope_stands_beside_it() {
    let signed = signed(intent(Kind::SessionLogin));
    let body = signed.to_cbor_beside(&[("device_proof", &[7; 32])]);
    let read = SignedIntent::from_cbor_beside(&body, ["device_proof"]).unwrap();
    assert_eq!(read, (signed.clone(), [vec![7; 32]]));

    let refusal = |body: &[u8], names: [&str; 1]| {
        let refused = SignedIntent::from_cbor_beside(body, names).unwrap_err();
        (refused.code().to_owned(), refused.field().unwrap_or_default().to_owned())
    };
    assert_eq!(refusal(&body, ["token"]), is("missing-member", "token"));
    let more = signed.to_cbor_beside(&[("device_proof", &[7; 32]), ("more", &[])]);
    assert_eq!(refusal(&more, ["device_proof"]), is("unknown-member", "more"));
    let mut inner = value(&body);
    *member(member(&mut inner, "signed"), "intent") = text("x");
    assert_eq!(refusal(&bytes(&inner), ["device_proof"]), is("malformed", "signed.intent"));
    let bare = signed.to_bytes(Form::Cbor);
    assert_eq!(refusal(&bare, ["device_proof"]), is("missing-member", "signed"));
}

#[test]
fn an_array_falls_into_its_items_and_a_map_into_its_members() {
    let (first, second) = (signed(intent(Kind::Transfer)), with_details());
    let [one, two] = [&first, &second].map(|signed| signed.to_bytes(Form::Cbor));
    let list = [b"\x82".as_slice(), &one, &two].concat();
    assert!(intent::cbor::is_array(&list) && !intent::cbor::is_array(&one));
    assert_eq!(intent::cbor::items(&list, 2).unwrap(), [&*one, &*two]);
    assert_eq!(intent::cbor::items(b"\x80", 0).unwrap(), [b""; 0]);
    for (bytes, most) in [
        (&*list, 1),
        (&list[..list.len() - 1], 2),
        (&*[&*list, b"\0"].concat(), 2),
        (&*one, 2),
        (b"\x9f\xff", 2),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 2),
    ] {
        assert!(intent::cbor::items(bytes, most).is_err());
    }
    let map = b"\xa2\x61a\x01\x61b\x82\xf6\xf5";
    let members = intent::cbor::members(map).unwrap();
    assert_eq!(members, [("a", b"\x01".as_slice()), ("b", b"\x82\xf6\xf5")]);
    for bytes in [b"\xa1\x01\x01".as_slice(), b"\xbf\xff", b"\x80", b"\xa1\x61a", b""] {
        assert!(intent::cbor::members(bytes).is_err());
    }
}

#[test]
fn a_receipt_is_the_same_in_both_forms() {
    let answer = answer();
    for certificates in [&[][..], &[b"signer".as_slice(), b"issuing", b"root"]] {
        let (json, cbor) = receipt_in_both(&answer, certificates);
        let receipt = Receipt::from_bytes(&cbor, Form::Cbor).unwrap();
        assert_eq!(receipt, Receipt::from_json(&json).unwrap());
        assert_eq!(receipt.to_json(), json);
        assert_eq!(receipt.to_bytes(Form::Cbor), cbor);
        assert_eq!(bytes(&value(&cbor)), cbor);
        for length in 0..cbor.len() {
            assert!(Receipt::from_bytes(&cbor[..length], Form::Cbor).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn a_malformed_receipt_is_refused_by_name() {
    let good = value(&receipt_in_both(&answer(), &[b"signer"]).1);
    let refusal = |value: &Value| {
        let refused = Receipt::from_bytes(&bytes(value), Form::Cbor).unwrap_err();
        (refused.code().to_owned(), refused.field().unwrap_or_default().to_owned())
    };
    for (path, other, field) in [
        (&["leaf"][..], Value::Bytes(vec![0; 170]), "leaf"),
        (&["leaf"], text("QQ"), "leaf"),
        (&["leaf_index"], Value::Integer(5.into()), "leaf_index"),
        (&["groups", "actor", "salt"], Value::Bytes(vec![0; 31]), "groups.actor.salt"),
        (&["groups", "actor", "bytes"], text("e30"), "groups.actor.bytes"),
        (&["inclusion", "path"], Value::Array(vec![text("x")]), "inclusion.path[0]"),
        (&["inclusion", "path"], Value::Array(vec![Value::Bytes(vec![1])]), "inclusion.path[0]"),
        (&["certificates"], Value::Array(vec![text("QQ")]), "certificates[0]"),
    ] {
        let mut changed = good.clone();
        let place = path.iter().fold(&mut changed, |place, name| member(place, name));
        *place = other;
        assert_eq!(refusal(&changed), is("malformed", field));
    }
}

proptest! {
    #[test]
    fn whatever_is_carried_comes_out_as_it_went_in(
        intent in prop::collection::vec(any::<u8>(), 0..70_000),
        signature in prop::collection::vec(any::<u8>(), 0..4_000),
        salt in any::<[u8; 32]>(),
        value in prop::collection::btree_map("[a-z_]{0,30}", "[ -~\u{e4}\u{4e2d}]{0,300}", 0..20),
        file in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        has_details in any::<bool>(),
    ) {
        let signed = SignedIntent {
            intent,
            signature,
            details: has_details.then_some(Details { salt, value }),
            file: file.map(|bytes| SentFile { salt, bytes }),
            ..signed(crate::fixture::intent(Kind::Transfer))
        };
        let json = SignedIntent::from_json(&signed.to_json()).unwrap();
        prop_assert_eq!(&read(&signed.to_bytes(Form::Cbor)).unwrap(), &json);
        prop_assert_eq!(json, signed);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&body);
        let _ = Receipt::from_bytes(&body, Form::Cbor);
        let _ = intent::cbor::items(&body, 100);
        let _ = intent::cbor::members(&body);
    }
}
