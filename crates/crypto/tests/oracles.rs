//! Other implementations judge ours: each signs what the other verifies.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

use crypto::{
    Context, Ed25519PublicKey, KemPublicKey, KemSecretKey, MlDsa44PublicKey, PublicKey, SigningKey,
    Suite, sha3_256, sha512,
};
use ed25519_dalek::Signer as _;
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, VerifyingKey};
use p256::ecdsa::signature::Verifier as _;
use proptest::prelude::*;
use x_wing::{Decapsulate as _, Decapsulator as _, KeyExport as _};

/// Key and deterministic signature by the oracles, composed by hand from the draft.
struct Oracle {
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

fn sign(suite: Suite, seed: &[u8], context: &[u8], message: &[u8]) -> Oracle {
    match label(suite) {
        None if suite == Suite::Cnsa2 => ml_dsa_sign::<MlDsa87>(seed, context, message),
        None => ml_dsa_sign::<MlDsa65>(seed, context, message),
        Some(label) => {
            let signed = representative(label, context, message);
            let mut oracle = match suite {
                Suite::Compact => ml_dsa_sign::<MlDsa44>(&seed[..32], label, &signed),
                _ => ml_dsa_sign::<MlDsa65>(&seed[..32], label, &signed),
            };
            if suite == Suite::Hsm {
                let key = p256::ecdsa::SigningKey::from_slice(&seed[32..]).unwrap();
                let point = key.verifying_key().to_sec1_point(false);
                oracle.public_key.extend_from_slice(point.as_bytes());
                let signature: p256::ecdsa::Signature = key.sign(&signed);
                oracle.signature.extend_from_slice(signature.to_der().as_bytes());
                return oracle;
            }
            let ed25519 = ed25519_dalek::SigningKey::from_bytes(seed[32..].try_into().unwrap());
            oracle.public_key.extend_from_slice(ed25519.verifying_key().as_bytes());
            oracle.signature.extend_from_slice(&ed25519.sign(&signed).to_bytes());
            oracle
        }
    }
}

fn verify(key: &PublicKey, context: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let bytes = key.as_bytes();
    match (key.suite(), label(key.suite())) {
        (Suite::Cnsa2, _) => ml_dsa_verify::<MlDsa87>(bytes, context, message, signature),
        (_, None) => ml_dsa_verify::<MlDsa65>(bytes, context, message, signature),
        (Suite::Hsm, Some(label)) => {
            let signed = representative(label, context, message);
            let (pq_key, key) = bytes.split_at(1952);
            let (pq_signature, signature) = signature.split_at(3309);
            let pq = ml_dsa_verify::<MlDsa65>(pq_key, label, &signed, pq_signature);
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).unwrap();
            let signature = p256::ecdsa::Signature::from_der(signature).unwrap();
            pq && key.verify(&signed, &signature).is_ok()
        }
        (suite, Some(label)) => {
            let signed = representative(label, context, message);
            let (pq_key, key) = bytes.split_at(bytes.len() - 32);
            let (pq_signature, signature) = signature.split_at(signature.len() - 64);
            let pq = match suite {
                Suite::Compact => ml_dsa_verify::<MlDsa44>(pq_key, label, &signed, pq_signature),
                _ => ml_dsa_verify::<MlDsa65>(pq_key, label, &signed, pq_signature),
            };
            let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().unwrap()).unwrap();
            let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
            pq && key.verify_strict(&signed, &signature).is_ok()
        }
    }
}

fn label(suite: Suite) -> Option<&'static [u8]> {
    match suite {
        Suite::Standard => Some(b"COMPSIG-MLDSA65-Ed25519-SHA512"),
        Suite::Compact => Some(b"COMPSIG-MLDSA44-Ed25519-SHA512"),
        Suite::Hsm => Some(b"COMPSIG-MLDSA65-ECDSA-P256-SHA512"),
        Suite::Pure65 | Suite::Cnsa2 => None,
    }
}

fn representative(label: &[u8], context: &[u8], message: &[u8]) -> Vec<u8> {
    let len = [u8::try_from(context.len()).unwrap()];
    let hash = sha512(message);
    [b"CompositeAlgorithmSignatures2025".as_slice(), label, &len, context, &hash].concat()
}

fn ml_dsa_sign<P: MlDsaParams>(seed: &[u8], context: &[u8], message: &[u8]) -> Oracle {
    let key = ml_dsa::SigningKey::<P>::from_seed(&seed.try_into().unwrap());
    let key = key.expanded_key();
    let signature = key.sign_deterministic(message, context).unwrap();
    Oracle {
        public_key: key.verifying_key().encode().to_vec(),
        signature: signature.encode().to_vec(),
    }
}

fn ml_dsa_verify<P: MlDsaParams>(
    key: &[u8],
    context: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let key = VerifyingKey::<P>::decode(&key.try_into().unwrap());
    ml_dsa::Signature::<P>::decode(&signature.try_into().unwrap())
        .is_some_and(|signature| key.verify_with_context(message, context, &signature))
}

#[test]
fn known_answer_signatures_are_the_ones_of_the_oracle() {
    for (suite, stored) in [
        (Suite::Standard, include_bytes!("../src/known_answers/standard.sig").as_slice()),
        (Suite::Compact, include_bytes!("../src/known_answers/compact.sig")),
        (Suite::Pure65, include_bytes!("../src/known_answers/pure65.sig")),
        (Suite::Cnsa2, include_bytes!("../src/known_answers/cnsa2.sig")),
        (Suite::Hsm, include_bytes!("../src/known_answers/hsm.sig")),
    ] {
        let seed = vec![suite.code(); suite.seed_len()];
        let oracle = sign(suite, &seed, b"known answer", b"strongroom");
        assert!(oracle.signature == stored, "{suite}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn signatures_cross_between_implementations(
        seed: [u8; 64],
        context in proptest::collection::vec(any::<u8>(), 0..=255),
        message in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        for suite in Suite::ALL {
            let seed = &seed[..suite.seed_len()];
            let ours = SigningKey::from_seed(suite, seed).unwrap();
            let oracle = sign(suite, seed, &context, &message);
            prop_assert_eq!(ours.public_key().as_bytes(), oracle.public_key.as_slice());
            let context_value = Context::raw(&context).unwrap();
            let answer = ours.public_key().verify(&context_value, &message, &oracle.signature);
            prop_assert_eq!(answer, Ok(()));
            let signature = ours.sign(&context_value, &message).unwrap();
            prop_assert!(verify(ours.public_key(), &context, &message, signature.as_bytes()));
        }
    }

    #[test]
    fn checkpoint_keys_cross_between_implementations(
        seed: [u8; 32],
        message in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let oracle = ml_dsa_sign::<MlDsa44>(&seed, b"", &message);
        let key = MlDsa44PublicKey::from_bytes(&oracle.public_key).unwrap();
        prop_assert_eq!(key.verify(&message, &oracle.signature), Ok(()));
        let ours = crypto::MlDsa44Key::from_seed(&seed).unwrap().sign(&message).unwrap();
        prop_assert!(ml_dsa_verify::<MlDsa44>(&oracle.public_key, b"", &message, &ours));

        let oracle = ed25519_dalek::SigningKey::from_bytes(&seed);
        let key = Ed25519PublicKey::from_bytes(oracle.verifying_key().as_bytes()).unwrap();
        let signature = oracle.sign(&message).to_bytes();
        prop_assert_eq!(key.verify(&message, &signature), Ok(()));
        let ours = crypto::Ed25519Key::from_seed(&seed).unwrap().sign(&message).unwrap();
        prop_assert_eq!(ours.as_slice(), signature.as_slice());
    }

    #[test]
    fn x_wing_agrees_with_the_x_wing_crate(seed: [u8; 32], coins: [u8; 64]) {
        let ours = KemSecretKey::from_seed(Suite::Standard, &seed).unwrap();
        let same = KemSecretKey::from_seed(Suite::Hsm, &seed).unwrap();
        prop_assert_eq!(ours.public_key().as_bytes(), same.public_key().as_bytes());
        let oracle = x_wing::DecapsulationKey::from(seed);
        let oracle_key = oracle.encapsulation_key().to_bytes();
        prop_assert_eq!(ours.public_key().as_bytes(), oracle_key.as_slice());

        let coins = coins.into();
        let (ciphertext, shared) = oracle.encapsulation_key().encapsulate_deterministic(&coins);
        let answer = ours.decapsulate(&ciphertext).unwrap();
        prop_assert_eq!(answer.expose(), shared.as_slice());

        let (shared, ciphertext) = ours.public_key().encapsulate().unwrap();
        let answer = oracle.decapsulate(&ciphertext.as_slice().try_into().unwrap());
        prop_assert_eq!(answer.as_slice(), shared.expose());
    }

    #[test]
    fn pure_kems_agree_with_the_ml_kem_crate(seed: [u8; 64], coins: [u8; 32]) {
        macro_rules! check {
            ($suite:expr, $module:ident) => {{
                let oracle = ml_kem::$module::DecapsulationKey::from_seed(seed.into());
                let ours = KemSecretKey::from_seed($suite, &seed).unwrap();
                let oracle_key = oracle.encapsulation_key().to_bytes();
                prop_assert_eq!(ours.public_key().as_bytes(), oracle_key.as_slice());
                let (ciphertext, shared) =
                    oracle.encapsulation_key().encapsulate_deterministic(&coins.into());
                let answer = ours.decapsulate(&ciphertext).unwrap();
                prop_assert_eq!(answer.expose(), shared.as_slice());
                let (shared, ciphertext) = ours.public_key().encapsulate().unwrap();
                let answer = oracle.decapsulate(&ciphertext.as_slice().try_into().unwrap());
                prop_assert_eq!(answer.as_slice(), shared.expose());
            }};
        }
        check!(Suite::Pure65, ml_kem_768);
        check!(Suite::Cnsa2, ml_kem_1024);
    }

    #[test]
    fn the_compact_kem_agrees_with_its_definition(seed: [u8; 32]) {
        let label = b"strongroom/kem512/v1";
        let expanded = mldsa_mu::shake256::<96>(&[&seed, label]).unwrap();
        let ml_kem_seed: [u8; 64] = expanded[..64].try_into().unwrap();
        let ml_kem = ml_kem::ml_kem_512::DecapsulationKey::from_seed(ml_kem_seed.into());
        let pk_m = ml_kem.encapsulation_key().to_bytes().to_vec();
        let ours = KemSecretKey::from_seed(Suite::Compact, &seed).unwrap();
        prop_assert_eq!(&ours.public_key().as_bytes()[..800], pk_m.as_slice());

        let (shared, ciphertext) = ours.public_key().encapsulate().unwrap();
        let (ct_m, ct_x) = ciphertext.split_at(768);
        let ss_m = ml_kem.decapsulate(&ct_m.try_into().unwrap());
        let ss_x = x25519(&expanded[64..], ct_x);
        let pk = ours.public_key().as_bytes();
        let all = [&ss_m, ss_x.as_slice(), ct_m, &pk[..800], ct_x, &pk[800..], label].concat();
        let combined = sha3_256(&all);
        prop_assert_eq!(combined.as_bytes().as_slice(), shared.expose());
        let answer = ours.decapsulate(&ciphertext).unwrap();
        prop_assert_eq!(answer.expose(), shared.expose());
    }
}

/// X25519 itself is judged by the Wycheproof vectors beside its code.
fn x25519(secret: &[u8], peer: &[u8]) -> [u8; 32] {
    let secret: [u8; 32] = secret.try_into().unwrap();
    let peer: [u8; 32] = peer.try_into().unwrap();
    let key =
        aws_lc_rs::agreement::PrivateKey::from_private_key(&aws_lc_rs::agreement::X25519, &secret);
    let peer = aws_lc_rs::agreement::UnparsedPublicKey::new(&aws_lc_rs::agreement::X25519, peer);
    aws_lc_rs::agreement::agree(&key.unwrap(), peer, (), |shared| Ok(shared.try_into().unwrap()))
        .unwrap()
}

#[test]
fn a_key_of_one_suite_is_no_key_of_another() {
    for suite in Suite::ALL {
        let sign = SigningKey::generate(suite).unwrap();
        let kem = KemSecretKey::generate(suite).unwrap();
        for other in Suite::ALL.into_iter().filter(|other| *other != suite) {
            assert!(PublicKey::from_bytes(other, sign.public_key().as_bytes()).is_err());
            // `hsm` has the KEM of `standard`.
            let is_same_kem = other.kem_name() == suite.kem_name();
            let read = KemPublicKey::from_bytes(other, kem.public_key().as_bytes());
            assert_eq!(read.is_ok(), is_same_kem);
        }
    }
}
