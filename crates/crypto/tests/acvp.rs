//! NIST ACVP vectors for ML-DSA and ML-KEM, all of them.
//!
//! The signature sets are of the internal interface (FIPS 204, algorithms 7 and 8): the message is
//! `M'` already, so they run through mu. Signing keys come expanded, which our interface does not
//! take; the oracle derives their public keys. AWS-LC hedges every signature, so the expected ones
//! are verified by it, and reproduced byte for byte by the oracle. No group is skipped.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod vectors;

use std::collections::BTreeMap;

use aws_lc_rs::kem::{self, DecapsulationKey};
use ml_dsa::{ExpandedSigningKey, MlDsaParams};
use mldsa_mu::{MlDsa, MlKem, SigningKey, VerifyingKey, encapsulate_deterministic, expand_seed};
use serde_json::Value;
use vectors::{bytes, list, text};

/// The part of an ACVP file that holds the groups; some files start with a version object.
fn body(file: &Value) -> &Value {
    match file.as_array() {
        Some(parts) => parts.last().unwrap(),
        None => file,
    }
}

/// Group, case and expected result, joined by case number.
fn cases(folder: &str) -> Option<Vec<(Value, Value, Value)>> {
    let prompt = vectors::json(&format!("acvp/{folder}/prompt.json.gz"))?;
    let results = vectors::json(&format!("acvp/{folder}/expectedResults.json.gz"))?;
    let results: BTreeMap<u64, Value> = list(body(&results), "testGroups")
        .iter()
        .flat_map(|group| list(group, "tests"))
        .map(|case| (case["tcId"].as_u64().unwrap(), case.clone()))
        .collect();
    Some(joined(&prompt, |case| results[&case["tcId"].as_u64().unwrap()].clone()))
}

fn joined(file: &Value, result: impl Fn(&Value) -> Value) -> Vec<(Value, Value, Value)> {
    list(body(file), "testGroups")
        .iter()
        .flat_map(|group| list(group, "tests").iter().map(move |case| (group, case)))
        .map(|(group, case)| (group.clone(), case.clone(), result(case)))
        .collect()
}

/// A file whose cases carry their own results.
fn projected(path: &str) -> Option<Vec<(Value, Value, Value)>> {
    Some(joined(&vectors::json(path)?, Clone::clone))
}

fn ml_dsa(group: &Value) -> MlDsa {
    match text(group, "parameterSet") {
        "ML-DSA-44" => MlDsa::MlDsa44,
        "ML-DSA-65" => MlDsa::MlDsa65,
        "ML-DSA-87" => MlDsa::MlDsa87,
        other => panic!("unexpected parameter set {other}"),
    }
}

fn ml_kem(group: &Value) -> (MlKem, &'static kem::Algorithm<kem::AlgorithmId>) {
    match text(group, "parameterSet") {
        "ML-KEM-512" => (MlKem::MlKem512, &kem::ML_KEM_512),
        "ML-KEM-768" => (MlKem::MlKem768, &kem::ML_KEM_768),
        "ML-KEM-1024" => (MlKem::MlKem1024, &kem::ML_KEM_1024),
        other => panic!("unexpected parameter set {other}"),
    }
}

#[expect(deprecated, reason = "expanded keys occur in these vectors only")]
fn oracle_key<P: MlDsaParams>(expanded: &[u8]) -> ExpandedSigningKey<P> {
    ExpandedSigningKey::from_expanded(&expanded.try_into().unwrap())
}

#[expect(deprecated, reason = "expanded keys occur in these vectors only")]
fn oracle_expand<P: MlDsaParams>(seed: [u8; 32]) -> Vec<u8> {
    ExpandedSigningKey::<P>::from_seed(&seed.into()).to_expanded().to_vec()
}

#[test]
fn ml_dsa_key_generation() {
    let mut ran = 0;
    for cases in [
        cases("ML-DSA-keyGen-FIPS204"),
        projected("acvp/fips204-0.5.0-keyGen-internalProjection.json.gz"),
    ] {
        let Some(cases) = cases else { return };
        for (group, case, result) in &cases {
            let seed = bytes(case, "seed").try_into().unwrap();
            let key = SigningKey::from_seed(ml_dsa(group), &seed).unwrap();
            assert_eq!(key.verifying_key().as_bytes(), bytes(result, "pk"), "{}", case["tcId"]);
            let expanded = match ml_dsa(group) {
                MlDsa::MlDsa44 => oracle_expand::<ml_dsa::MlDsa44>(seed),
                MlDsa::MlDsa65 => oracle_expand::<ml_dsa::MlDsa65>(seed),
                MlDsa::MlDsa87 => oracle_expand::<ml_dsa::MlDsa87>(seed),
            };
            assert_eq!(expanded, bytes(result, "sk"), "{}", case["tcId"]);
            ran += 1;
        }
    }
    assert_eq!(ran, 150);
}

fn signature_case<P: MlDsaParams>(set: MlDsa, case: &Value, result: &Value) {
    let oracle = oracle_key::<P>(&bytes(case, "sk"));
    let (message, signature) = (bytes(case, "message"), bytes(result, "signature"));
    let key = VerifyingKey::from_bytes(set, &oracle.verifying_key().encode()).unwrap();
    let mu = key.mu_internal(&message).unwrap();
    key.verify_mu(&mu, &signature).unwrap();
    let rnd: [u8; 32] = match bytes(case, "rnd") {
        missing if missing.is_empty() => [0; 32],
        rnd => rnd.try_into().unwrap(),
    };
    let made = oracle.sign_internal(&[&message], &rnd.into());
    assert_eq!(made.encode().to_vec(), signature, "{}", case["tcId"]);
}

#[test]
fn ml_dsa_signature_generation() {
    let Some(cases) = cases("ML-DSA-sigGen-FIPS204") else { return };
    let mut ran = 0;
    for (group, case, result) in &cases {
        match ml_dsa(group) {
            set @ MlDsa::MlDsa44 => signature_case::<ml_dsa::MlDsa44>(set, case, result),
            set @ MlDsa::MlDsa65 => signature_case::<ml_dsa::MlDsa65>(set, case, result),
            set @ MlDsa::MlDsa87 => signature_case::<ml_dsa::MlDsa87>(set, case, result),
        }
        ran += 1;
    }
    assert_eq!(ran, 60);
}

#[test]
fn ml_dsa_signature_verification() {
    let Some(cases) = cases("ML-DSA-sigVer-FIPS204") else { return };
    let (mut passed, mut refused) = (0, 0);
    for (group, case, result) in &cases {
        let key = VerifyingKey::from_bytes(ml_dsa(group), &bytes(group, "pk")).unwrap();
        let mu = key.mu_internal(&bytes(case, "message")).unwrap();
        let answer = key.verify_mu(&mu, &bytes(case, "signature")).is_ok();
        assert_eq!(Some(answer), result["testPassed"].as_bool(), "{}", case["tcId"]);
        if answer {
            passed += 1;
        } else {
            refused += 1;
        }
    }
    assert_eq!(passed + refused, 45);
    assert!(passed > 0 && refused > 0);
}

#[test]
fn ml_kem_key_generation() {
    let mut ran = 0;
    for cases in [
        cases("ML-KEM-keyGen-FIPS203"),
        projected("acvp/fips203-0.5.0-keyGen-internalProjection.json.gz"),
    ] {
        let Some(cases) = cases else { return };
        for (group, case, result) in &cases {
            let seed = [bytes(case, "d"), bytes(case, "z")].concat().try_into().unwrap();
            let pair = expand_seed(ml_kem(group).0, &seed).unwrap();
            assert_eq!(pair.encapsulation_key, bytes(result, "ek"), "{}", case["tcId"]);
            assert_eq!(pair.decapsulation_key, bytes(result, "dk"), "{}", case["tcId"]);
            ran += 1;
        }
    }
    assert_eq!(ran, 150);
}

#[test]
fn ml_kem_encapsulation_and_decapsulation() {
    let Some(cases) = cases("ML-KEM-encapDecap-FIPS203") else { return };
    let (mut encapsulated, mut decapsulated) = (0, 0);
    for (group, case, result) in &cases {
        let (set, algorithm) = ml_kem(group);
        let expected = bytes(result, "k");
        if text(group, "function") == "encapsulation" {
            let coins = bytes(case, "m").try_into().unwrap();
            let (shared, ciphertext) =
                encapsulate_deterministic(set, &bytes(case, "ek"), &coins).unwrap();
            assert_eq!(shared.as_slice(), expected, "{}", case["tcId"]);
            assert_eq!(ciphertext, bytes(result, "c"), "{}", case["tcId"]);
            encapsulated += 1;
        } else {
            let key = DecapsulationKey::new(algorithm, &bytes(group, "dk")).unwrap();
            let ciphertext = bytes(case, "c");
            let shared = key.decapsulate(ciphertext.as_slice().into()).unwrap();
            assert_eq!(shared.as_ref(), expected, "{}", case["tcId"]);
            decapsulated += 1;
        }
    }
    assert_eq!((encapsulated, decapsulated), (75, 30));
}
