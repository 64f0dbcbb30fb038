//! The official vectors of draft-ietf-lamps-pq-composite-sigs (and its plain ML-DSA ones).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod vectors;

use base64ct::{Base64, Encoding as _};
use crypto::{Context, CryptoError, PublicKey, SigningKey, Suite};
use serde_json::Value;

fn base64(value: &Value, key: &str) -> Vec<u8> {
    Base64::decode_vec(vectors::text(value, key)).unwrap()
}

/// The draft writes the scalar of P-256 as `ECPrivateKey` (RFC 5915): 7 bytes, the scalar, the curve.
fn seed(suite: Suite, private_key: Vec<u8>) -> Vec<u8> {
    if suite == Suite::Hsm {
        assert_eq!(private_key.len(), 83);
        [&private_key[..32], &private_key[39..71]].concat()
    } else {
        private_key
    }
}

#[test]
fn official_signatures_verify_under_their_own_context_only() {
    let Some(file) = vectors::json("composite/testvectors.json") else { return };
    let message = base64(&file, "m");
    let context = Context::raw(&base64(&file, "ctx")).unwrap();
    let mut ran = Vec::new();
    for case in vectors::list(&file, "tests") {
        let name = vectors::text(case, "tcId");
        let suite = match name {
            "id-MLDSA65-Ed25519-SHA512" => Suite::Standard,
            "id-MLDSA44-Ed25519-SHA512" => Suite::Compact,
            "id-ML-DSA-65" => Suite::Pure65,
            "id-ML-DSA-87" => Suite::Cnsa2,
            "id-MLDSA65-ECDSA-P256-SHA512" => Suite::Hsm,
            // No suite of ours; the classical halves are RSA, ECDSA on other curves, or Ed448.
            _ => continue,
        };
        let key = PublicKey::from_bytes(suite, &base64(case, "pk")).unwrap();
        let (plain, with_context) = (base64(case, "s"), base64(case, "sWithContext"));
        assert_eq!(key.verify(&Context::X509, &message, &plain), Ok(()), "{name}");
        assert_eq!(key.verify(&context, &message, &with_context), Ok(()), "{name}");
        let refused = Err(CryptoError::InvalidSignature);
        assert_eq!(key.verify(&context, &message, &plain), refused, "{name}");
        assert_eq!(key.verify(&Context::X509, &message, &with_context), refused, "{name}");
        assert_eq!(key.verify(&Context::X509, b"", &plain), refused, "{name}");

        let ours = SigningKey::from_seed(suite, &seed(suite, base64(case, "sk"))).unwrap();
        assert_eq!(ours.public_key(), &key, "{name}");
        let signature = ours.sign(&context, &message).unwrap();
        assert_eq!(key.verify(&context, &message, signature.as_bytes()), Ok(()), "{name}");
        ran.push(suite);
    }
    ran.sort_unstable();
    assert_eq!(ran, Suite::ALL);
}

#[test]
fn official_ml_dsa_44_signature_verifies_as_a_checkpoint_key() {
    let Some(file) = vectors::json("composite/testvectors.json") else { return };
    let case = vectors::list(&file, "tests").iter().find(|case| case["tcId"] == "id-ML-DSA-44");
    let case = case.unwrap();
    let key = crypto::MlDsa44PublicKey::from_bytes(&base64(case, "pk")).unwrap();
    assert_eq!(key.verify(&base64(&file, "m"), &base64(case, "s")), Ok(()));
    assert!(key.verify(&base64(&file, "m"), &base64(case, "sWithContext")).is_err());
}
