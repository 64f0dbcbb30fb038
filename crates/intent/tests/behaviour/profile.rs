//! The canonical JSON profile.

use std::{borrow::Cow, collections::BTreeMap};

use intent::{
    Intent, IntentError,
    canonical::{MAX_BYTES, MAX_DEPTH, Value, parse, parse_within, write},
};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use crate::fixture::transfer_text;

/// Document, code of its refusal, field that it names.
type Refusal = (&'static str, &'static str, Option<&'static str>);

const REFUSALS: &[Refusal] = &[
    // Not JSON at all.
    ("", "malformed", None),
    ("{", "malformed", None),
    ("nul", "malformed", None),
    (r#"{"a":}"#, "malformed", Some("a")),
    (r#"{"a":"b",}"#, "malformed", None),
    (r#"{'a':"b"}"#, "malformed", None),
    (r#"{a:"b"}"#, "malformed", None),
    (r#"{"a":"b" /* c */}"#, "malformed", None),
    (r#"["a",]"#, "malformed", None),
    // A second document, or anything else, behind the first.
    (r#"{"a":"b"}{}"#, "malformed", None),
    (r#"{"a":"b"}x"#, "malformed", None),
    ("{\"a\":\"b\"}\0", "malformed", None),
    // Numbers in all their spellings.
    ("0", "number-in-json", None),
    (r#"{"a":1}"#, "number-in-json", Some("a")),
    (r#"{"a":-1}"#, "number-in-json", Some("a")),
    (r#"{"a":{"b":["x",1.5]}}"#, "number-in-json", Some("a.b[1]")),
    (r#"{"a":1e5}"#, "number-in-json", Some("a")),
    (r#"{"a":123456789012345678901234567890}"#, "number-in-json", Some("a")),
    (r#"{"a":1e999}"#, "malformed", Some("a")),
    (r#"{"a":NaN}"#, "malformed", Some("a")),
    // Null.
    ("null", "null-in-json", None),
    (r#"{"a":["x",null]}"#, "null-in-json", Some("a[1]")),
    // Duplicates, also under another spelling.
    (r#"{"a":"b","a":"b"}"#, "duplicate-member", Some("a")),
    (r#"{"a":"1","b":"2","a":"3"}"#, "duplicate-member", Some("a")),
    (r#"{"x":{"a":"1","\u0061":"2"}}"#, "duplicate-member", Some("x.a")),
    // Twins in another normalisation form.
    ("{\"a\":\"A\u{30a}\"}", "text-not-normal", Some("a")),
    ("{\"a\":\"\u{212b}\"}", "text-not-normal", Some("a")),
    ("{\"A\u{30a}\":\"x\"}", "text-not-normal", None),
    ("{\"a\":\"\\u0041\\u030a\"}", "text-not-normal", Some("a")),
    // Characters that make a text read differently from what was signed.
    ("{\"a\":\"x\u{202e}y\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\\u202ey\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\u{2066}y\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\u{200e}y\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\u{61c}y\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\u{7f}y\"}", "text-forbidden", Some("a")),
    ("{\"a\":\"x\u{85}y\"}", "text-forbidden", Some("a")),
    (r#"{"a":"x\ny"}"#, "text-forbidden", Some("a")),
    (r#"{"a":"x\u0000y"}"#, "text-forbidden", Some("a")),
    ("{\"a\u{202e}\":\"x\"}", "text-forbidden", None),
    ("{\"a\":\"x\ny\"}", "malformed", Some("a")),
    // Surrogates: lone, reversed, half.
    (r#"{"a":"\ud800"}"#, "malformed", Some("a")),
    (r#"{"a":"\udc00"}"#, "malformed", Some("a")),
    (r#"{"a":"\udc00\ud800"}"#, "malformed", Some("a")),
    (r#"{"a":"\ud83dx"}"#, "malformed", Some("a")),
    (r#"{"\ud800":"a"}"#, "malformed", None),
    // A correct pair is still not the canonical spelling.
    (r#"{"a":"\ud83d\ude00"}"#, "not-canonical", None),
    // Escapes that are not minimal.
    (r#"{"a":"\u0041"}"#, "not-canonical", None),
    (r#"{"a":"\/"}"#, "not-canonical", None),
    (r#"{"a":"\u0022"}"#, "not-canonical", None),
    (r#"{"a":"\u005C"}"#, "not-canonical", None),
    (r#"{"a":"\u00fc"}"#, "not-canonical", None),
    (r#"{"\u0061":"b"}"#, "not-canonical", None),
    // White space.
    (r#" {"a":"b"}"#, "not-canonical", None),
    (r#"{"a": "b"}"#, "not-canonical", None),
    (r#"{"a":"b" }"#, "not-canonical", None),
    ("{\"a\":\"b\"}\n", "not-canonical", None),
    ("\u{feff}{\"a\":\"b\"}", "malformed", None),
    // Member order.
    (r#"{"b":"1","a":"2"}"#, "not-canonical", None),
    (r#"{"a":{"y":"1","x":"2"}}"#, "not-canonical", None),
    (r#"{"aa":"1","a":"2"}"#, "not-canonical", None),
];

#[test]
fn every_class_of_mutation_is_refused_with_its_code_and_field() {
    for (text, code, field) in REFUSALS {
        let refused = parse(text.as_bytes()).unwrap_err();
        assert_eq!((refused.code(), refused.field()), (*code, *field), "{text:?}: {refused}");
    }
}

#[test]
fn invalid_utf_8_is_refused() {
    for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
        let text = [b"{\"a\":\"", bad, b"\"}"].concat();
        let refused = parse(&text).unwrap_err();
        assert_eq!((refused.code(), refused.field()), ("malformed", Some("a")), "{bad:x?}");
    }
}

#[test]
fn the_ninth_level_is_refused() {
    let nested = |levels: usize| {
        format!("{}\"x\"{}", "{\"a\":".repeat(levels), "}".repeat(levels)).into_bytes()
    };
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    let refused = parse(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("too-deep", Some("a.a.a.a.a.a.a.a")));
    let refused = parse("[".repeat(100_000).as_bytes()).unwrap_err();
    assert_eq!(refused.code(), "too-deep");
}

#[test]
fn one_byte_too_many_is_refused_before_anything_is_read() {
    assert!(parse_within(br#"{"a":"b"}"#, 9).is_ok());
    assert_eq!(
        parse_within(br#"{"a":"b"}"#, 8),
        Err(IntentError::TooLarge { limit: 8, actual: 9 })
    );
    let text = format!("\"{}\"", "x".repeat(MAX_BYTES - 2));
    assert!(parse(text.as_bytes()).is_ok());
    let refused = parse(format!("{text}x").as_bytes()).unwrap_err();
    assert_eq!(refused.code(), "too-large");
    assert_eq!(Intent::parse(&vec![b'x'; MAX_BYTES + 1]).unwrap_err().code(), "too-large");
}

#[test]
fn the_first_fault_in_the_text_is_the_one_named() {
    let refused = parse(br#"{"a":null,"b":1}"#).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("null-in-json", Some("a")));
}

#[test]
fn any_byte_put_anywhere_into_a_signed_document_is_refused() {
    let text = transfer_text();
    for place in 0..=text.len() {
        for byte in [b' ', b'\t', b'\n', b'\r', b'"', b'\\', b',', b'{', 0, 0x80, 0xff] {
            let mut bytes = text.clone().into_bytes();
            bytes.insert(place, byte);
            assert!(Intent::parse(&bytes).is_err(), "{byte:#x} at {place}");
        }
    }
}

#[test]
fn any_byte_left_out_of_a_signed_document_is_refused() {
    let text = transfer_text();
    // A shorter amount is another amount, and the signature's to refuse.
    let amount = text.find("1250").unwrap();
    let amount = amount..amount + 4;
    for place in (0..text.len()).filter(|place| !amount.contains(place)) {
        let mut bytes = text.clone().into_bytes();
        bytes.remove(place);
        if let Ok(intent) = Intent::parse(&bytes) {
            assert_ne!(intent.canonical(), text.as_bytes(), "at {place}");
            let name = intent.bank().to_string();
            let asset = text.find("EUR").unwrap();
            let shorter_name = name != "demo-bank" || (asset..asset + 3).contains(&place);
            assert!(shorter_name, "at {place}");
        }
        assert!(Intent::parse(&text.as_bytes()[..place]).is_err(), "cut at {place}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let admitted = |c: &char| {
        !c.is_control()
            && !"\u{61c}\u{200e}\u{200f}".contains(*c)
            && !('\u{202a}'..='\u{202e}').contains(c)
            && !('\u{2066}'..='\u{2069}').contains(c)
    };
    let any_text =
        prop_oneof!["[ -~]{0,12}", "\\PC{0,8}", "[\"\\\\/\u{e0}-\u{ff}\u{300}-\u{30f}]{0,8}"];
    any_text.prop_map(move |text| text.chars().filter(admitted).collect::<String>().nfc().collect())
}

fn value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        text().prop_map(|text| Value::String(Cow::Owned(text))),
        any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(7, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(text().prop_map(Cow::Owned), inner, 0..6)
                .prop_map(Value::Object),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_written_the_same(value in value()) {
        let bytes = write(&value);
        let read = parse(&bytes).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(write(&read), bytes);
    }

    #[test]
    fn the_writer_agrees_with_serde_json(value in value()) {
        fn to_serde(value: &Value<'_>) -> serde_json::Value {
            match value {
                Value::String(text) => text.clone().into(),
                Value::Bytes(_) => unreachable!("only CBOR has bytes"),
                Value::Bool(value) => (*value).into(),
                Value::Array(values) => values.iter().map(to_serde).collect(),
                Value::Object(members) => {
                    let members = members.iter().map(|(name, value)| (name.to_string(), to_serde(value)));
                    serde_json::Value::Object(members.collect())
                }
            }
        }
        let object: BTreeMap<_, _> = [("value", to_serde(&value))].into();
        let wrapped = Value::Object([(Cow::Borrowed("value"), value)].into());
        prop_assert_eq!(write(&wrapped), serde_json::to_vec(&object).unwrap());
    }

    #[test]
    fn whatever_is_admitted_is_canonical(bytes in prop::collection::vec(prop_oneof![
        prop::sample::select(b"{}[]\":,\\ aube0".to_vec()), any::<u8>()], 0..24)) {
        if let Ok(value) = parse(&bytes) {
            prop_assert_eq!(write(&value), bytes);
        }
    }

    #[test]
    fn white_space_between_tokens_is_refused(value in value(), seed in any::<prop::sample::Index>()) {
        let bytes = write(&value);
        let pretty = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
        let pretty = serde_json::to_vec_pretty(&pretty).unwrap();
        if pretty != bytes {
            prop_assert_eq!(parse(&pretty).unwrap_err().code(), "not-canonical");
        }
        let mut trailing = bytes.clone();
        trailing.insert(if seed.index(2) == 0 { 0 } else { bytes.len() }, b' ');
        prop_assert_eq!(parse(&trailing).unwrap_err().code(), "not-canonical");
    }
}
