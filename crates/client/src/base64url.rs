//! Base64url without padding (RFC 4648 section 5): the text of every binary member on the wire.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::ClientError;

/// Encodes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes the member `what` of an answer.
pub(crate) fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, ClientError> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| ClientError::Answer { what })
}
