//! What carries a signed intent, and the answer to it, in the form that the transport speaks: JSON or CBOR.
//!
//! The signed bytes and what a receipt proves are the same in both. Problems are JSON always.

use intent::{Form, Receipt, SignedIntent, cbor};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use crate::bank::{from_body, to_body};
use crate::{ClientError, base64url};

/// The member that holds a receipt where there is more than that.
const RECEIPT: &str = "receipt";

/// Says the form of a request, and asks for the answer in it.
pub(crate) fn headers(form: Form) -> HeaderMap {
    let media_type = HeaderValue::from_static(form.media_type());
    match form {
        Form::Json => [(CONTENT_TYPE, media_type)].into_iter().collect(),
        Form::Cbor => {
            [(CONTENT_TYPE, media_type.clone()), (ACCEPT, media_type)].into_iter().collect()
        }
    }
}

/// An envelope as the member `signed`, with bytes beside it that were not signed.
pub(crate) fn body_beside(
    form: Form,
    signed: &SignedIntent,
    beside: &[(&str, &[u8])],
) -> Result<Vec<u8>, ClientError> {
    match form {
        Form::Json => {
            let mut body = Map::new();
            body.insert("signed".to_owned(), from_body(&signed.to_json())?);
            for (name, bytes) in beside {
                body.insert((*name).to_owned(), json!(base64url::encode(bytes)));
            }
            to_body(&body)
        }
        Form::Cbor => Ok(signed.to_cbor_beside(beside)),
    }
}

/// The receipt in an answer, and what a feature answers beside it: where it answers more, the receipt is a member, else it is
/// the whole answer.
pub(crate) fn read_answer(
    form: Form,
    bytes: &[u8],
) -> Result<(Receipt, Map<String, Value>), ClientError> {
    match form {
        Form::Json => {
            let mut answer: Map<String, Value> = from_body(bytes)?;
            let (receipt, rest) = match answer.remove(RECEIPT) {
                Some(receipt) => (receipt, answer),
                None => (Value::Object(answer), Map::new()),
            };
            Ok((receipt_of(&receipt)?, rest))
        }
        Form::Cbor => {
            let members = cbor::members(bytes)?;
            let Some((_, receipt)) = members.iter().find(|(name, _)| *name == RECEIPT) else {
                return Ok((Receipt::from_bytes(bytes, form)?, Map::new()));
            };
            let receipt = Receipt::from_bytes(receipt, form)?;
            let rest = members.iter().filter(|(name, _)| *name != RECEIPT);
            let rest = rest.map(|(name, bytes)| {
                let value = cbor4ii::serde::from_slice(bytes);
                let value = value.map_err(|_| ClientError::Answer { what: "body" })?;
                Ok(((*name).to_owned(), value))
            });
            Ok((receipt, rest.collect::<Result<_, ClientError>>()?))
        }
    }
}

/// A receipt in JSON.
pub(crate) fn receipt_of(receipt: &Value) -> Result<Receipt, ClientError> {
    let bytes = to_body(receipt).map_err(|_| ClientError::Answer { what: RECEIPT })?;
    Ok(Receipt::from_json(&bytes)?)
}
