//! ECDSA on P-256 with SHA-256 (FIPS 186-5), signatures as DER `Ecdsa-Sig-Value` (RFC 3279 2.2.3).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use zeroize::Zeroizing;

use crate::CryptoError;

pub(crate) const SCALAR_BYTES: usize = 32;
/// The uncompressed point: 4, x, y (SEC 1, 2.3.3).
pub(crate) const PUBLIC_KEY_BYTES: usize = 65;
/// Two numbers of one byte each.
pub(crate) const SIGNATURE_BYTES_MIN: usize = 8;
/// Two numbers of 33 bytes each: 32 and, in front, a zero where the first bit is set.
pub(crate) const SIGNATURE_BYTES_MAX: usize = 72;

const UNCOMPRESSED: u8 = 4;
/// `ECPrivateKey` (RFC 5915) around the scalar: version 1, and the curve.
const BEFORE_SCALAR: &[u8] = b"\x30\x31\x02\x01\x01\x04\x20";
const AFTER_SCALAR: &[u8] = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

/// A parsed public key.
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, CryptoError> {
        // Length and form are checked first because the provider would also accept DER and compressed points.
        if bytes.len() != PUBLIC_KEY_BYTES {
            return Err(CryptoError::InvalidLength {
                what: "P-256 public key",
                expected: PUBLIC_KEY_BYTES,
                actual: bytes.len(),
            });
        }
        let refusal = CryptoError::InvalidKey { what: "P-256 public key" };
        if bytes.first() != Some(&UNCOMPRESSED) {
            return Err(refusal);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).map(Self).map_err(|_| refusal)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.0.verify_sig(message, signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

/// A private key inside the provider, which wipes it when it is dropped.
pub(crate) struct Signer(EcdsaKeyPair);

impl Signer {
    /// The key of a scalar, big-endian; zero and what is not below the order of the curve are no keys.
    pub(crate) fn from_scalar(scalar: &[u8]) -> Result<Self, CryptoError> {
        if scalar.len() != SCALAR_BYTES {
            return Err(CryptoError::InvalidLength {
                what: "P-256 scalar",
                expected: SCALAR_BYTES,
                actual: scalar.len(),
            });
        }
        let der = Zeroizing::new([BEFORE_SCALAR, scalar, AFTER_SCALAR].concat());
        EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der)
            .map(Self)
            .map_err(|_| CryptoError::InvalidKey { what: "P-256 scalar" })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| CryptoError::Provider { what: "ECDSA sign" })?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of the curve (SEC 2, 2.4.2).
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

    #[test]
    fn scalars_outside_the_order_are_no_keys() {
        let order = hex::decode(ORDER).unwrap();
        let mut below = order.clone();
        below[31] -= 1;
        assert!(Signer::from_scalar(&below).is_ok());
        let refusal = CryptoError::InvalidKey { what: "P-256 scalar" };
        for scalar in [order, vec![0; 32], vec![0xff; 32]] {
            assert_eq!(Signer::from_scalar(&scalar).err(), Some(refusal.clone()));
        }
    }

    #[test]
    fn compressed_points_points_off_the_curve_and_der_are_no_keys() {
        let signer = Signer::from_scalar(&[1; 32]).unwrap();
        let point = signer.public_key().to_vec();
        assert!(Verifier::from_bytes(&point).is_ok());
        let compressed = [&[2 | (point[64] & 1)], &point[1..33]].concat();
        let length =
            CryptoError::InvalidLength { what: "P-256 public key", expected: 65, actual: 33 };
        assert_eq!(Verifier::from_bytes(&compressed).err(), Some(length));
        let mut off = point.clone();
        off[64] ^= 1;
        let mut hybrid = point;
        hybrid[0] = 6 | (hybrid[64] & 1);
        for bytes in [off, hybrid, vec![0; 65]] {
            let refusal = CryptoError::InvalidKey { what: "P-256 public key" };
            assert_eq!(Verifier::from_bytes(&bytes).err(), Some(refusal));
        }
    }

    #[test]
    fn a_signature_is_der_to_the_byte() {
        let signer = Signer::from_scalar(&[1; 32]).unwrap();
        let verifier = Verifier::from_bytes(signer.public_key()).unwrap();
        let signature = signer.sign(b"m").unwrap();
        assert!((SIGNATURE_BYTES_MIN..=SIGNATURE_BYTES_MAX).contains(&signature.len()));
        assert_eq!(verifier.verify(b"m", &signature), Ok(()));
        let longer = [signature.as_slice(), &[0]].concat();
        let mut long_form = signature.clone();
        long_form.insert(1, 0x81);
        for altered in [longer.as_slice(), &long_form, &signature[..signature.len() - 1], &[]] {
            assert_eq!(verifier.verify(b"m", altered), Err(CryptoError::InvalidSignature));
        }
    }
}
