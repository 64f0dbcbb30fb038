//! Small texts on the wire, parsed once and named when they do not parse.

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use crypto::Sha3;
use intent::{Kind, SignedIntent};
use serde::Deserialize;
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
