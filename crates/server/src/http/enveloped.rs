//! Bodies that carry a signed intent, and their answers: JSON or CBOR, as `Content-Type` and `Accept` say.
//!
//! The form is of the envelope alone. What was signed, what is recorded and what an answer proves are the same bytes in both, so
//! that an intent sent in one form is replayed in the other.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use intent::{Form, IntentError, Kind, SignedIntent, UnsignedIntent, cbor};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::problem::Problem;
use crate::wire;

/// Quality of a media range that names none, in thousandths (RFC 9110 12.4.2).
const QUALITY_FULL: u16 = 1_000;

/// A body that carries a signed intent, not yet read. Whatever is not said to be CBOR is read as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Enveloped {
    bytes: Bytes,
    form: Form,
    answer: Form,
}

impl<S: Send + Sync> FromRequest<S> for Enveloped {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (form, answer) = (form_sent(request.headers()), form_accepted(request.headers()));
        let bytes = Bytes::from_request(request, state).await?;
        Ok(Self { bytes, form, answer })
    }
}

impl Enveloped {
    /// The form in which the sender reads what is no problem.
    pub(crate) const fn answer(&self) -> Form {
        self.answer
    }

    /// The form of the body.
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// The body as it came.
    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The envelope that the body is.
    pub(crate) fn signed(&self) -> Result<SignedIntent, IntentError> {
        SignedIntent::from_bytes(&self.bytes, self.form)
    }

    /// The intent without a signature that the body is.
    pub(crate) fn unsigned(&self) -> Result<UnsignedIntent, IntentError> {
        UnsignedIntent::from_bytes(&self.bytes, self.form)
    }

    /// The bodies of a list of at most `most`; `None` where the body is one envelope.
    pub(crate) fn list(&self, most: usize) -> Result<Option<Vec<Self>>, Problem> {
        let envelopes: Vec<&[u8]> = match self.form {
            Form::Json => {
                if self.bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
                    return Ok(None);
                }
                let envelopes: Vec<&RawValue> =
                    serde_json::from_slice(&self.bytes).map_err(|error| {
                        Problem::malformed("", format!("not an array of envelopes: {error}"))
                    })?;
                envelopes.into_iter().map(|envelope| envelope.get().as_bytes()).collect()
            }
            Form::Cbor if cbor::is_array(&self.bytes) => cbor::items(&self.bytes, most)?,
            Form::Cbor => return Ok(None),
        };
        if envelopes.len() > most {
            return Err(Problem::malformed("", format!("more than {most} intents")));
        }
        let body = |envelope| Self { bytes: self.bytes.slice_ref(envelope), ..self.clone() };
        Ok(Some(envelopes.into_iter().map(body).collect()))
    }

    /// A signed envelope of exactly this kind that is the member `signed`, and the bytes beside it under these names.
    pub(crate) fn signed_beside<const N: usize>(
        &self,
        kind: Kind,
        names: [&'static str; N],
    ) -> Result<(SignedIntent, [Vec<u8>; N]), Problem> {
        let (signed, beside) = self.any_signed_beside(names)?;
        Ok((wire::of_kind(signed, kind)?, beside))
    }

    /// As [`Enveloped::signed_beside`], of any kind.
    pub(crate) fn any_signed_beside<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<(SignedIntent, [Vec<u8>; N]), Problem> {
        match self.form {
            Form::Json => wire::signed_beside(&self.bytes, names),
            Form::Cbor => Ok(SignedIntent::from_cbor_beside(&self.bytes, names)?),
        }
    }
}

/// An answer of the form that was asked for.
pub(crate) struct Written<T> {
    pub(crate) form: Form,
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for Written<T> {
    fn into_response(self) -> Response {
        let body = match self.form {
            Form::Json => serde_json::to_vec(&self.value).ok(),
            Form::Cbor => cbor4ii::serde::to_vec(Vec::new(), &self.value).ok(),
        };
        body.map_or_else(|| Problem::internal().into_response(), |body| in_form(self.form, body))
    }
}

/// A body with the headers that say its form.
pub(crate) fn in_form(form: Form, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    let media_type = HeaderValue::from_static(form.media_type());
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    let (name, value) = VARIES;
    response.headers_mut().insert(name, value);
    response
}

/// Says that another `Accept` may get another answer.
pub(crate) const VARIES: (HeaderName, HeaderValue) =
    (header::VARY, HeaderValue::from_static("accept"));

fn form_sent(headers: &HeaderMap) -> Form {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_cbor = named.is_some_and(|text| names(text, Form::Cbor));
    if is_cbor { Form::Cbor } else { Form::Json }
}

/// CBOR where it is named, and not below JSON (RFC 9110 12.5.1).
fn form_accepted(headers: &HeaderMap) -> Form {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = accepted.flat_map(|text| text.split(',')).collect();
    let quality =
        |form| ranges.iter().filter(|range| names(range, form)).map(|range| quality(range)).max();
    match quality(Form::Cbor) {
        Some(cbor) if cbor > 0 && Some(cbor) >= quality(Form::Json) => Form::Cbor,
        Some(_) | None => Form::Json,
    }
}

/// Whether a media type, or a range with its parameters, is of this form.
fn names(text: &str, form: Form) -> bool {
    let media_type = text.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(form.media_type())
}

/// `q=0.5` as 500; what is no quality is none at all.
fn quality(range: &str) -> u16 {
    let mut parameters = range.split(';').skip(1).filter_map(|text| text.trim().split_once('='));
    let Some((_, text)) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("q")) else {
        return QUALITY_FULL;
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if whole.len() != 1 || fraction.len() > 3 || !is_number {
        return 0;
    }
    format!("{whole}{fraction:0<3}").parse().ok().filter(|it| *it <= QUALITY_FULL).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_is_not_said_to_be_cbor_is_read_as_json() {
        for text in ["application/cbor", "Application/CBOR", "application/cbor; x=y"] {
            assert_eq!(form_sent(&with(&header::CONTENT_TYPE, &[text])), Form::Cbor, "{text}");
        }
        for text in ["application/json", "application/cbor-seq", "text/plain", "cbor", ""] {
            assert_eq!(form_sent(&with(&header::CONTENT_TYPE, &[text])), Form::Json, "{text}");
        }
        assert_eq!(form_sent(&HeaderMap::new()), Form::Json);
    }

    #[test]
    fn an_answer_is_cbor_only_where_that_is_named_and_not_below_json() {
        for (accept, form) in [
            (&["application/cbor"][..], Form::Cbor),
            (&["application/json, application/cbor"], Form::Cbor),
            (&["application/json", "APPLICATION/CBOR"], Form::Cbor),
            (&["application/json;q=0.5, application/cbor ; q=0.51"], Form::Cbor),
            (&["application/json;q=0.9, application/cbor;q=0.2"], Form::Json),
            (&["application/cbor;q=0"], Form::Json),
            (&["application/cbor;q=0.000, */*"], Form::Json),
            (&["application/cbor;q=high"], Form::Json),
            (&["application/cbor;q=2"], Form::Json),
            (&["application/cbor;q=+1"], Form::Json),
            (&["application/cbor;q=+.5"], Form::Json),
            (&["application/cbor;q=1."], Form::Cbor),
            (&["*/*"], Form::Json),
            (&["application/*"], Form::Json),
            (&[""], Form::Json),
            (&[], Form::Json),
        ] {
            assert_eq!(form_accepted(&with(&header::ACCEPT, accept)), form, "{accept:?}");
        }
    }
}
