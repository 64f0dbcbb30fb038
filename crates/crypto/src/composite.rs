//! What a composite signature signs (draft-ietf-lamps-pq-composite-sigs, section 2.2).
//!
//! ```text
//! M'  = Prefix || Label || u8(len(ctx)) || ctx || SHA-512(M)
//! sig = ML-DSA.Sign(sk, M', ctx = Label) || Ed25519.Sign(sk, M')
//! pk  = ML-DSA || Ed25519
//! ```
//!
//! In suite `hsm` the second half is ECDSA on P-256 over SHA-256 of `M'`, as DER, and its key an uncompressed point.

use crate::{Context, CryptoError, sha512};

const PREFIX: &[u8; 32] = b"CompositeAlgorithmSignatures2025";

/// `M'`, which both halves sign.
///
/// # Errors
///
/// [`CryptoError::ContextTooLong`], which the type of `context` already rules out.
pub(crate) fn representative(
    label: &[u8],
    context: &Context,
    message: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let context = context.as_bytes();
    let context_len = u8::try_from(context.len()).map_err(|_| CryptoError::ContextTooLong)?;
    Ok([PREFIX.as_slice(), label, &[context_len], context, &sha512(message)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_representative_is_laid_out_as_specified() {
        let context = Context::raw(b"ctx").unwrap();
        let made = representative(b"COMPSIG-MLDSA65-Ed25519-SHA512", &context, b"m").unwrap();
        let mut expected = b"CompositeAlgorithmSignatures2025".to_vec();
        expected.extend_from_slice(b"COMPSIG-MLDSA65-Ed25519-SHA512\x03ctx");
        expected.extend_from_slice(&sha512(b"m"));
        assert_eq!(made, expected);
    }

    #[test]
    fn bytes_cannot_move_between_context_and_message() {
        let of = |context: &[u8], message: &[u8]| {
            representative(b"L", &Context::raw(context).unwrap(), message).unwrap()
        };
        assert_ne!(of(b"ab", b"c"), of(b"a", b"bc"));
        assert_ne!(of(b"", b"abc"), of(b"abc", b""));
    }
}
