//! The one text of each typed value, read and written without detours.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use uuid::Uuid;

/// Why a text is not admitted by the profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextFault {
    NotNormal,
    Forbidden(char),
}

/// A text of the profile: NFC, without control and bidirectional control characters.
pub(crate) fn check(text: &str) -> Result<(), TextFault> {
    // Without an early exit: such a loop compiles to vector instructions, and nearly every text is
    // plain ASCII.
    if text.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte)) {
        return Ok(());
    }
    match text.chars().find(|character| is_forbidden(*character)) {
        Some(character) => Err(TextFault::Forbidden(character)),
        None if is_nfc(text) => Ok(()),
        None => Err(TextFault::NotNormal),
    }
}

/// The nearest admitted text: NFC, each forbidden character replaced by U+FFFD.
pub(crate) fn sanitize(text: &str) -> String {
    // Normalising cannot create a forbidden character: none of them is in a composition.
    text.nfc().map(|c| if is_forbidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Longest name in a refusal, in characters.
const LABEL_CHARS_MAX: usize = 64;

/// What a stranger called something, fit for an error message and a log line.
pub(crate) fn label(name: &str) -> String {
    name.chars()
        .take(LABEL_CHARS_MAX)
        .map(|c| if is_forbidden(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// Control characters (Unicode Cc) and the property `Bidi_Control`: what makes a text read
/// differently from what was signed.
const fn is_forbidden(character: char) -> bool {
    matches!(character,
        '\0'..='\x1f'
        | '\x7f'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

/// The form that [`uuid()`] reads.
pub(crate) const UUID_FORM: &str = "a lower-case UUID";

/// 36 characters, lower case, hyphens in place: every other spelling is refused.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    let canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if canonical { Uuid::try_parse(text).ok() } else { None }
}

/// The form that [`digest`] reads.
pub(crate) const DIGEST_FORM: &str = "64 lower-case hex digits";

/// 64 lower-case hex digits.
pub(crate) fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (lower && hex::decode_to_slice(text, &mut digest).is_ok()).then_some(digest)
}

/// The form that [`binary`] reads.
pub(crate) const BINARY_FORM: &str = "base64url without padding";

/// base64url without padding and with zero trailing bits.
pub(crate) fn binary(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The form that [`binary32`] reads.
pub(crate) const BINARY32_FORM: &str = "32 bytes in base64url";

/// base64url of exactly 32 bytes.
pub(crate) fn binary32(text: &str) -> Option<[u8; 32]> {
    binary(text)?.try_into().ok()
}

/// The form that [`decimal`] reads.
pub(crate) const DECIMAL_FORM: &str = "a decimal number";

/// A decimal number without sign and leading zero.
pub(crate) fn decimal<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    if digits && shortest { text.parse().ok() } else { None }
}

/// Appends a JSON string literal with the minimal escapes of RFC 8785 3.2.2.2.
pub(crate) fn put_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    // Without an early exit, as in `check`.
    let escapes = |byte| matches!(byte, 0..0x20 | b'"' | b'\\');
    if text.bytes().fold(false, |any, byte| any | escapes(byte)) {
        text.bytes().for_each(|byte| put_escaped(out, byte));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

fn put_escaped(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        0x08 => out.extend_from_slice(b"\\b"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        0x0c => out.extend_from_slice(b"\\f"),
        b'\r' => out.extend_from_slice(b"\\r"),
        0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        0x20.. => out.push(byte),
    }
}

/// Free text, made admissible where it is not.
pub(crate) fn admissible(text: &str) -> Cow<'_, str> {
    if check(text).is_ok() { Cow::Borrowed(text) } else { Cow::Owned(sanitize(text)) }
}

/// Appends a JSON string literal of free text, made admissible first.
pub(crate) fn put_sanitized(out: &mut Vec<u8>, text: &str) {
    put_string(out, &admissible(text));
}

/// Appends 64 hex digits in quotes.
pub(crate) fn put_digest(out: &mut Vec<u8>, digest: &[u8; 32]) {
    let mut digits = [b'0'; 64];
    // Cannot fail: the lengths are constants.
    let _ = hex::encode_to_slice(digest, &mut digits);
    put_plain(out, &digits);
}

/// Appends a lower-case UUID in quotes.
pub(crate) fn put_uuid(out: &mut Vec<u8>, id: Uuid) {
    put_plain(out, id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
}

/// Appends base64url in quotes.
pub(crate) fn put_binary(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    // 4 characters for each 3 bytes, rounded up.
    let end = start.saturating_add(bytes.len().saturating_mul(4).div_ceil(3));
    out.resize(end, 0);
    if let Some(place) = out.get_mut(start..) {
        // Cannot fail: the place has exactly the length of the text.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, place);
    }
    out.push(b'"');
}

/// Appends a decimal number in quotes.
pub(crate) fn put_decimal(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut digits = [b'0'; 20];
    let mut rest: u64 = number.into();
    let mut start = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0'.wrapping_add(u8::try_from(rest.rem_euclid(10)).unwrap_or(0));
        rest = rest.div_euclid(10);
        start = place;
        if rest == 0 {
            break;
        }
    }
    put_plain(out, digits.get(start..).unwrap_or_default());
}

/// Appends text in quotes that needs no escape.
pub(crate) fn put_plain(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends an array of free texts.
pub(crate) fn put_texts(out: &mut Vec<u8>, texts: &[String]) {
    out.push(b'[');
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_sanitized(out, text);
    }
    out.push(b']');
}

/// Appends an array of decimals.
pub(crate) fn put_decimals(out: &mut Vec<u8>, numbers: &[u16]) {
    out.push(b'[');
    for (place, number) in numbers.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_decimal(out, *number);
    }
    out.push(b']');
}

/// Appends an object of texts that are admissible already.
pub(crate) fn put_map(out: &mut Vec<u8>, map: &BTreeMap<String, String>) {
    out.push(b'{');
    for (place, (name, text)) in map.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_string(out, name);
        out.push(b':');
        put_string(out, text);
    }
    out.push(b'}');
}

/// Appends an object of free texts, made admissible first.
pub(crate) fn put_sanitized_map(out: &mut Vec<u8>, map: &BTreeMap<String, String>) {
    if map.iter().all(|(name, text)| check(name).is_ok() && check(text).is_ok()) {
        put_map(out, map);
    } else {
        // Names that become equal collapse into one: an object has each name once.
        put_map(out, &map.iter().map(|(name, text)| (sanitize(name), sanitize(text))).collect());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_control_and_bidirectional_control_character_is_forbidden() {
        let controls = (0..=0x1f).chain(0x7f..=0x9f);
        let bidi =
            [0x61c, 0x200e, 0x200f].into_iter().chain(0x202a..=0x202e).chain(0x2066..=0x2069);
        for code in controls.chain(bidi) {
            let character = char::from_u32(code).unwrap();
            let text = format!("a{character}b");
            assert_eq!(check(&text), Err(TextFault::Forbidden(character)), "U+{code:04X}");
        }
        assert_eq!(check("A\u{30a}"), Err(TextFault::NotNormal));
        assert_eq!(check("\u{212b}"), Err(TextFault::NotNormal));
        assert_eq!(check("\u{c5}"), Ok(()));
        assert_eq!(check("\u{5e9}\u{5dc}"), Ok(()));
    }

    #[test]
    fn second_spellings_of_binary_and_decimal_are_refused() {
        for text in ["QQ==", "QR", "Q", "Q Q", "+/", "QQ\n"] {
            assert_eq!(binary(text), None, "{text}");
        }
        assert_eq!(binary("QQ"), Some(vec![0x41]));
        for text in ["", "00", "01", "+1", "-1", "1 ", "1_0", "\u{661}", "18446744073709551616"] {
            assert_eq!(decimal::<u64>(text), None, "{text}");
        }
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal("0"), Some(0_u64));
    }

    proptest! {
        #[test]
        fn strings_are_written_as_serde_json_writes_them(text in any::<String>()) {
            let mut out = Vec::new();
            put_string(&mut out, &text);
            prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
        }

        #[test]
        fn sanitized_text_is_admissible(text in "(\\PC|\\pC|\u{30a}|\u{202e}){0,40}") {
            prop_assert_eq!(check(&sanitize(&text)), Ok(()));
        }

        #[test]
        fn decimal_text_is_the_shortest(number in any::<u64>()) {
            let mut out = Vec::new();
            put_decimal(&mut out, number);
            prop_assert_eq!(out, format!("\"{number}\"").into_bytes());
        }

        #[test]
        fn binary_text_leads_back(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut out = Vec::new();
            put_binary(&mut out, &bytes);
            let text = std::str::from_utf8(&out).unwrap().trim_matches('"');
            prop_assert_eq!(binary(text), Some(bytes));
        }
    }
}
