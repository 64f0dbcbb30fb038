//! Small texts on the wire, parsed once and named when they do not parse.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use crypto::Sha3;
use intent::{Kind, SignedIntent};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::problem::{Code, Problem};

/// A JSON object that borrows from the body.
pub(crate) fn object<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let object = serde_path_to_error::deserialize(&mut reader)?;
    reader.end().map_err(|error| Problem::new(Code::Malformed).with_detail(error.to_string()))?;
    Ok(object)
}

/// A signed envelope of exactly this kind, as a member of a larger body.
pub(crate) fn envelope(signed: &RawValue, kind: Kind) -> Result<SignedIntent, Problem> {
    of_kind(SignedIntent::from_json(signed.get().as_bytes())?, kind)
}

/// A signed envelope as the member `signed`, and base64url beside it under these names.
pub(crate) fn signed_beside<const N: usize>(
    body: &Bytes,
    names: [&'static str; N],
) -> Result<(SignedIntent, [Vec<u8>; N]), Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let (signed, texts) = tracked
        .deserialize_map(Beside(names))
        .map_err(|error| serde_path_to_error::Error::new(track.path(), error))?;
    reader.end().map_err(|error| Problem::new(Code::Malformed).with_detail(error.to_string()))?;
    let signed = SignedIntent::from_json(signed.get().as_bytes())?;
    let mut beside = [const { Vec::new() }; N];
    for ((place, text), name) in beside.iter_mut().zip(texts).zip(names) {
        *place = base64url(text, name)?;
    }
    Ok((signed, beside))
}

/// Reads the member `signed` and one text under each of the names, nothing missing and nothing left over.
struct Beside<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Beside<N> {
    type Value = (&'de RawValue, [&'de str; N]);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut signed, mut texts) = (None, [None; N]);
        while let Some(name) = members.next_key_seed(Name(&self.0))? {
            let is_again = match texts.iter_mut().zip(self.0).find(|(_, other)| *other == name) {
                Some((text, _)) => text.replace(members.next_value::<&str>()?).is_some(),
                None => signed.replace(members.next_value::<&RawValue>()?).is_some(),
            };
            if is_again {
                return Err(A::Error::duplicate_field(name));
            }
        }
        let mut found = [""; N];
        for ((place, text), name) in found.iter_mut().zip(texts).zip(self.0) {
            *place = text.ok_or_else(|| A::Error::missing_field(name))?;
        }
        Ok((signed.ok_or_else(|| A::Error::missing_field(SIGNED))?, found))
    }
}

const SIGNED: &str = "signed";

/// Reads the name of a member, which must be `signed` or one of these.
struct Name<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<&'static str, D::Error> {
        name.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member of this request")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<&'static str, E> {
        let known = self.0.iter().copied().chain([SIGNED]).find(|known| *known == name);
        known.ok_or_else(|| E::custom("unknown field"))
    }
}

/// The same envelope, if it is of this kind.
pub(crate) fn of_kind(signed: SignedIntent, kind: Kind) -> Result<SignedIntent, Problem> {
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

/// How many items a page has: what was asked for, or `default`; 1 to `max`.
pub(crate) fn page_limit(asked: Option<i64>, default: i64, max: i64) -> Result<i64, Problem> {
    let limit = asked.unwrap_or(default);
    if (1..=max).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::malformed("limit", format!("must be 1 to {max}")))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;
    use crate::http::Json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        #[expect(dead_code, reason = "only its type is of interest")]
        email: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only its type is of interest")]
        devices: Vec<Device>,
    }

    #[derive(Debug, Deserialize)]
    struct Device {
        #[expect(dead_code, reason = "only its type is of interest")]
        age_days: u8,
    }

    async fn field(problem: Problem) -> Option<String> {
        assert_eq!(problem.code(), "malformed-request");
        let body = problem.into_response().into_body().collect().await.unwrap().to_bytes();
        let document: Value = serde_json::from_slice(&body).unwrap();
        assert!(document["detail"].is_string(), "{document}");
        document.get("field").map(|field| field.as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn what_stands_beside_an_envelope_is_named_where_it_does_not_fit() {
        for (body, expected) in [
            (r#"{"signed":{},"device_proof":1}"#, Some("device_proof")),
            (r#"{"signed":{},"device_proof":null}"#, Some("device_proof")),
            (r#"{"signed":{},"device_proof":"AA","more":1}"#, Some("more")),
            (r#"{"signed":{}}"#, None),
            (r#"{"device_proof":"AA"}"#, None),
            (r#"{"signed":{},"device_proof":"AA","device_proof":"AA"}"#, None),
            (r#"{"signed":{},"signed":{},"device_proof":"AA"}"#, None),
            (r#"{"signed":{},"device_proof":"AA"} x"#, None),
            ("[]", None),
            ("", None),
        ] {
            let bytes = Bytes::from_static(body.as_bytes());
            let refused = signed_beside(&bytes, ["device_proof"]).unwrap_err();
            assert_eq!(field(refused).await.as_deref(), expected, "{body}");
        }
        let whole = Bytes::from_static(br#"{"device_proof":"AA","signed":{}}"#);
        let refused = signed_beside(&whole, ["device_proof"]).unwrap_err();
        assert_eq!(refused.code(), "missing-member", "the envelope itself is read");
    }

    #[tokio::test]
    async fn the_member_that_does_not_fit_is_named_wherever_it_stands() {
        for (body, expected) in [
            (r#"{"email":1}"#, Some("email")),
            (r#"{"email":null}"#, Some("email")),
            (r#"{"email":"a","devices":{}}"#, Some("devices")),
            (
                r#"{"email":"a","devices":[{"age_days":1},{"age_days":256}]}"#,
                Some("devices[1].age_days"),
            ),
            (r#"{"email":"a","devices":[{}]}"#, Some("devices[0]")),
            (r#"{"email":"a","name":"b"}"#, Some("name")),
            ("{}", None),
            ("[]", None),
            (r#"{"email":"a"} x"#, None),
        ] {
            let bytes = Bytes::from_static(body.as_bytes());
            let refused = object::<Person>(&bytes).unwrap_err();
            assert_eq!(field(refused).await.as_deref(), expected, "{body}");
            let request = Request::post("/").header("content-type", "application/json");
            let request = request.body(Body::from(body)).unwrap();
            let refused = Json::<Person>::from_request(request, &()).await.unwrap_err();
            assert_eq!(field(refused).await.as_deref(), expected, "{body}");
        }
    }
}
