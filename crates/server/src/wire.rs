//! Small texts on the wire, parsed once and named when they do not parse.

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use crypto::Sha3;
use intent::{Kind, SignedIntent};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::problem::Problem;

/// A JSON object that borrows from the body.
pub(crate) fn object<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::malformed("", error.to_string()))
}

/// A signed envelope of exactly this kind, as a member of a larger body.
pub(crate) fn envelope(signed: &RawValue, kind: Kind) -> Result<SignedIntent, Problem> {
    let signed = SignedIntent::from_json(signed.get().as_bytes())?;
    let found = signed.parse_intent()?.kind();
    if found == kind {
        Ok(signed)
    } else {
        Err(Problem::malformed("signed.kind", format!("this route does not take {}", found.name())))
    }
}

/// 64 lower-case hex digits.
pub(crate) fn digest(text: &str, field: &'static str) -> Result<Sha3, Problem> {
    Sha3::from_hex(text).map_err(|_| Problem::malformed(field, "must be 64 lower-case hex digits"))
}

/// Base64url without padding.
pub(crate) fn base64url(text: &str, field: &'static str) -> Result<Vec<u8>, Problem> {
    Base64UrlUnpadded::decode_vec(text)
        .map_err(|_| Problem::malformed(field, "must be base64url without padding"))
}

/// A UUID in its hyphenated form.
pub(crate) fn uuid(text: &str, field: &'static str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::malformed(field, "must be a UUID"))
}
