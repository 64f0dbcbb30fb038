//! Ed25519 (RFC 8032), one signature at a time.
//!
//! Batch verification is deliberately absent: it accepts signatures that single verification
//! refuses.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};

use crate::CryptoError;

pub(crate) const SEED_BYTES: usize = 32;
pub(crate) const PUBLIC_KEY_BYTES: usize = 32;
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// The y coordinates of the points of order 1, 2, 4 and 8, and their unreduced spellings, without
/// the sign bit. A key of small order has signatures that verify for many messages.
const SMALL_ORDER: [[u8; 32]; 7] = [
    with_ends(0x00, 0x00, 0x00),
    with_ends(0x01, 0x00, 0x00),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    with_ends(0xec, 0xff, 0x7f),
    with_ends(0xed, 0xff, 0x7f),
    with_ends(0xee, 0xff, 0x7f),
];

const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut out = [middle; 32];
    let [low, .., high] = &mut out;
    *low = first;
    *high = last;
    out
}

/// A parsed public key.
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, CryptoError> {
        // The length is checked first because the provider would also accept DER here.
        let raw: &[u8; PUBLIC_KEY_BYTES] =
            bytes.try_into().map_err(|_| CryptoError::InvalidLength {
                what: "Ed25519 public key",
                expected: PUBLIC_KEY_BYTES,
                actual: bytes.len(),
            })?;
        let mut unsigned = *raw;
        let [.., top] = &mut unsigned;
        *top &= 0x7f;
        if SMALL_ORDER.contains(&unsigned) {
            return Err(CryptoError::InvalidKey { what: "Ed25519 public key" });
        }
        ParsedPublicKey::new(&ED25519, raw)
            .map(Self)
            .map_err(|_| CryptoError::InvalidKey { what: "Ed25519 public key" })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.0.verify_sig(message, signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

/// A private key inside the provider, which wipes it when it is dropped.
pub(crate) struct Signer(Ed25519KeyPair);

impl Signer {
    pub(crate) fn from_seed(seed: &[u8]) -> Result<Self, CryptoError> {
        // "Unchecked" means that there is no stored public key to compare with.
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| {
            CryptoError::InvalidLength {
                what: "Ed25519 seed",
                expected: SEED_BYTES,
                actual: seed.len(),
            }
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.0.try_sign(message);
        let signature = signature.map_err(|_| CryptoError::Provider { what: "Ed25519 sign" })?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_small_order_are_refused_and_the_oracle_agrees_they_are_weak() {
        for point in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = point;
                bytes[31] |= sign;
                let refusal = CryptoError::InvalidKey { what: "Ed25519 public key" };
                assert_eq!(Verifier::from_bytes(&bytes).err(), Some(refusal));
                if let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&bytes) {
                    assert!(key.is_weak());
                }
            }
        }
    }

    #[test]
    fn der_is_not_taken_for_a_raw_key() {
        let raw = Signer::from_seed(&[1; 32]).unwrap();
        let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", raw.public_key()].concat();
        assert!(Verifier::from_bytes(raw.public_key()).is_ok());
        let refusal =
            CryptoError::InvalidLength { what: "Ed25519 public key", expected: 32, actual: 44 };
        assert_eq!(Verifier::from_bytes(&der).err(), Some(refusal));
    }
}
