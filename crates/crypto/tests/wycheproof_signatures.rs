//! Wycheproof: ML-DSA and Ed25519.
//!
//! AWS-LC hedges every ML-DSA signature, so the seeded signing vectors cannot be reproduced byte
//! for byte by it. Instead the key must derive from the seed, the expected signature must verify,
//! our own signature must verify, and the oracle (`ml-dsa`) must reproduce the expected bytes.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod vectors;

use crypto::{Context, Ed25519PublicKey, PublicKey, SigningKey, Suite};
use ml_dsa::{ExpandedSigningKey, MlDsaParams};
use mldsa_mu::{MlDsa, VerifyingKey};
use serde_json::Value;
use vectors::{bytes, has_flag, is_valid};

fn suite_of(set: MlDsa) -> Option<Suite> {
    match set {
        MlDsa::MlDsa44 => None,
        MlDsa::MlDsa65 => Some(Suite::Pure65),
        MlDsa::MlDsa87 => Some(Suite::Cnsa2),
    }
}

/// By external mu, and by the suite where one is plain ML-DSA; both must agree.
fn verify(set: MlDsa, key: &[u8], context: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let low = VerifyingKey::from_bytes(set, key)
        .is_ok_and(|key| key.verify(context, &[message], signature).is_ok());
    if let Some(suite) = suite_of(set) {
        let high = Context::raw(context).and_then(|context| {
            PublicKey::from_bytes(suite, key)?.verify(&context, message, signature)
        });
        assert_eq!(high.is_ok(), low);
    }
    low
}

fn verify_file(set: MlDsa, path: &str, expected: usize) {
    let Some(file) = vectors::json(path) else { return };
    let mut ran = 0;
    for (group, case) in vectors::wycheproof(&file) {
        let key = bytes(group, "publicKey");
        let answer =
            verify(set, &key, &bytes(case, "ctx"), &bytes(case, "msg"), &bytes(case, "sig"));
        assert_eq!(answer, is_valid(case), "case {}: {}", case["tcId"], case["comment"]);
        ran += 1;
    }
    assert_eq!(ran, expected);
}

#[test]
fn ml_dsa_44_verify() {
    verify_file(MlDsa::MlDsa44, "wycheproof/mldsa_44_verify_test.json", 180);
}

#[test]
fn ml_dsa_65_verify() {
    verify_file(MlDsa::MlDsa65, "wycheproof/mldsa_65_verify_test.json", 210);
}

#[test]
fn ml_dsa_87_verify() {
    verify_file(MlDsa::MlDsa87, "wycheproof/mldsa_87_verify_test.json", 241);
}

fn refused_case(set: MlDsa, group: &Value, case: &Value) {
    let seed: Result<[u8; 32], _> = bytes(group, "privateSeed").try_into();
    if has_flag(case, "IncorrectPrivateKeyLength") {
        assert!(seed.is_err());
        if let Some(suite) = suite_of(set) {
            assert!(SigningKey::from_seed(suite, &bytes(group, "privateSeed")).is_err());
        }
        return;
    }
    assert!(has_flag(case, "InvalidContext"), "{case}");
    let key = mldsa_mu::SigningKey::from_seed(set, &seed.unwrap()).unwrap();
    assert!(key.sign(&bytes(case, "ctx"), &[&bytes(case, "msg")]).is_err());
    assert!(Context::raw(&bytes(case, "ctx")).is_err());
}

fn accepted_case<P: MlDsaParams>(set: MlDsa, group: &Value, case: &Value) {
    let what = format!("case {}: {}", case["tcId"], case["comment"]);
    let seed: [u8; 32] = bytes(group, "privateSeed").try_into().unwrap();
    let (message, context) = (bytes(case, "msg"), bytes(case, "ctx"));
    let signature = bytes(case, "sig");
    let key = mldsa_mu::SigningKey::from_seed(set, &seed).unwrap();
    let public = key.verifying_key();
    assert_eq!(public.as_bytes(), bytes(group, "publicKey"), "{what}");

    // The internal interface gives the message representative alone.
    let mu: [u8; 64] = if has_flag(case, "Internal") {
        bytes(case, "mu").try_into().unwrap()
    } else {
        public.mu(&context, &[&message]).unwrap()
    };
    if case["mu"].is_string() {
        assert_eq!(mu.as_slice(), bytes(case, "mu"), "{what}");
    }
    public.verify_mu(&mu, &signature).expect(&what);
    public.verify_mu(&mu, &key.sign_mu(&mu).unwrap()).expect(&what);

    let oracle = ExpandedSigningKey::<P>::from_seed(&seed.into());
    if !has_flag(case, "Randomized") && !has_flag(case, "Internal") {
        let made = oracle.sign_deterministic(&message, &context).unwrap();
        assert_eq!(made.encode().to_vec(), signature, "{what}");
    } else if !has_flag(case, "Internal") {
        let rnd: [u8; 32] = bytes(case, "rnd").try_into().unwrap();
        let length = [u8::try_from(context.len()).unwrap()];
        let made = oracle.sign_internal(&[&[0], &length, &context, &message], &rnd.into());
        assert_eq!(made.encode().to_vec(), signature, "{what}");
    }
}

fn sign_file<P: MlDsaParams>(set: MlDsa, path: &str, expected: usize) {
    let Some(file) = vectors::json(path) else { return };
    let mut ran = 0;
    for (group, case) in vectors::wycheproof(&file) {
        if is_valid(case) {
            accepted_case::<P>(set, group, case);
        } else {
            refused_case(set, group, case);
        }
        ran += 1;
    }
    assert_eq!(ran, expected);
}

#[test]
fn ml_dsa_44_seeded_sign() {
    let path = "wycheproof/mldsa_44_sign_seed_test.json";
    sign_file::<ml_dsa::MlDsa44>(MlDsa::MlDsa44, path, 86);
}

#[test]
fn ml_dsa_65_seeded_sign() {
    let path = "wycheproof/mldsa_65_sign_seed_test.json";
    sign_file::<ml_dsa::MlDsa65>(MlDsa::MlDsa65, path, 105);
}

#[test]
fn ml_dsa_87_seeded_sign() {
    let path = "wycheproof/mldsa_87_sign_seed_test.json";
    sign_file::<ml_dsa::MlDsa87>(MlDsa::MlDsa87, path, 96);
}

#[test]
fn ed25519() {
    let Some(file) = vectors::json("wycheproof/ed25519_test.json") else { return };
    let mut ran = 0;
    for (group, case) in vectors::wycheproof(&file) {
        let answer = Ed25519PublicKey::from_bytes(&bytes(&group["publicKey"], "pk"))
            .and_then(|key| key.verify(&bytes(case, "msg"), &bytes(case, "sig")));
        assert_eq!(answer.is_ok(), is_valid(case), "case {}: {}", case["tcId"], case["comment"]);
        ran += 1;
    }
    assert_eq!(ran, 151);
}
