//! The one text of each typed value, read and written without detours.

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
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
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

/// The form that [`uuid`] reads.
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
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
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

/// Appends a JSON string literal of free text, made admissible first.
pub(crate) fn put_sanitized(out: &mut Vec<u8>, text: &str) {
    if check(text).is_ok() {
        put_string(out, text);
    } else {
        put_string(out, &sanitize(text));
    }
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

/// Appends an object of texts that are admissible already.
pub(crate) fn put_map(out: &mut Vec<u8>, map: &std::collections::BTreeMap<String, String>) {
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
