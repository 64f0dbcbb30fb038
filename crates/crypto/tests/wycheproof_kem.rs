//! Wycheproof: ML-KEM. X25519 is judged beside its code, which is private.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod vectors;

use aws_lc_rs::kem::{self, DecapsulationKey};
use crypto::{KemPublicKey, KemSecretKey, Suite};
use mldsa_mu::{MlKem, encapsulate_deterministic, expand_seed};
use serde_json::Value;
use vectors::{bytes, is_valid};

/// Each parameter set, a suite that uses it, and the case counts of the three files.
const SETS: [(MlKem, Suite, &str, [usize; 3]); 3] = [
    (MlKem::MlKem512, Suite::Compact, "512", [193, 100, 261]),
    (MlKem::MlKem768, Suite::Pure65, "768", [193, 100, 265]),
    (MlKem::MlKem1024, Suite::Cnsa2, "1024", [193, 100, 269]),
];

/// A public key of `suite` with `ek` as its ML-KEM part.
fn suite_key(suite: Suite, ek: &[u8]) -> Vec<u8> {
    match suite {
        Suite::Standard | Suite::Compact | Suite::Hsm => [ek, &[9; 32]].concat(),
        Suite::Pure65 | Suite::Cnsa2 => ek.to_vec(),
    }
}

fn decapsulate(set: MlKem, case: &Value) -> Option<Vec<u8>> {
    let seed: [u8; 64] = bytes(case, "seed").try_into().ok()?;
    let pair = expand_seed(set, &seed).ok()?;
    if !bytes(case, "ek").is_empty() {
        assert_eq!(pair.encapsulation_key, bytes(case, "ek"), "{case}");
    }
    let algorithm = match set {
        MlKem::MlKem512 => &kem::ML_KEM_512,
        MlKem::MlKem768 => &kem::ML_KEM_768,
        MlKem::MlKem1024 => &kem::ML_KEM_1024,
    };
    let key = DecapsulationKey::new(algorithm, &pair.decapsulation_key).ok()?;
    let ciphertext = bytes(case, "c");
    let shared = key.decapsulate(ciphertext.as_slice().into()).ok()?;
    Some(shared.as_ref().to_vec())
}

#[test]
fn decapsulation() {
    for (set, suite, name, [expected, _, _]) in SETS {
        let Some(file) = vectors::json(&format!("wycheproof/mlkem_{name}_test.json")) else {
            return;
        };
        let mut ran = 0;
        for (_, case) in vectors::wycheproof(&file) {
            let expected = is_valid(case).then(|| bytes(case, "K"));
            assert_eq!(decapsulate(set, case), expected, "{name} case {}", case["tcId"]);
            if suite != Suite::Compact {
                let shared = KemSecretKey::from_seed(suite, &bytes(case, "seed"))
                    .and_then(|key| key.decapsulate(&bytes(case, "c")));
                let shared = shared.ok().map(|shared| shared.expose().to_vec());
                assert_eq!(shared, expected, "{name} case {}", case["tcId"]);
            }
            ran += 1;
        }
        assert_eq!(ran, expected);
    }
}

#[test]
fn key_generation_from_a_seed() {
    for (set, _, name, [_, expected, _]) in SETS {
        let path = format!("wycheproof/mlkem_{name}_keygen_seed_test.json");
        let Some(file) = vectors::json(&path) else { return };
        let mut ran = 0;
        for (_, case) in vectors::wycheproof(&file) {
            let pair = expand_seed(set, &bytes(case, "seed").try_into().unwrap()).unwrap();
            assert!(is_valid(case));
            assert_eq!(pair.encapsulation_key, bytes(case, "ek"), "{name} {}", case["tcId"]);
            assert_eq!(pair.decapsulation_key, bytes(case, "dk"), "{name} {}", case["tcId"]);
            ran += 1;
        }
        assert_eq!(ran, expected);
    }
}

#[test]
fn encapsulation_and_the_modulus_check() {
    for (set, suite, name, [_, _, expected]) in SETS {
        let path = format!("wycheproof/mlkem_{name}_encaps_test.json");
        let Some(file) = vectors::json(&path) else { return };
        let mut ran = 0;
        for (_, case) in vectors::wycheproof(&file) {
            let (key, coins) = (bytes(case, "ek"), bytes(case, "m").try_into().unwrap());
            let answer = encapsulate_deterministic(set, &key, &coins).ok();
            let expected = is_valid(case)
                .then(|| (<[u8; 32]>::try_from(bytes(case, "K")).unwrap(), bytes(case, "c")));
            assert_eq!(answer, expected, "{name} case {}", case["tcId"]);
            let imported = KemPublicKey::from_bytes(suite, &suite_key(suite, &key));
            assert_eq!(imported.is_ok(), is_valid(case), "{name} case {}", case["tcId"]);
            ran += 1;
        }
        assert_eq!(ran, expected);
    }
}
