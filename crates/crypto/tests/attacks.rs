//! What an attacker does to signatures and keys, and the refusal of each.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

use std::sync::LazyLock;

use crypto::{
    Context, CryptoError, Ed25519Key, KemPublicKey, KemSecretKey, PublicKey, Purpose, SigningKey,
    Suite,
};
use proptest::prelude::*;

const COMPOSITE: [Suite; 3] = [Suite::Standard, Suite::Compact, Suite::Hsm];
const ED25519: [Suite; 2] = [Suite::Standard, Suite::Compact];
const REFUSED: Result<(), CryptoError> = Err(CryptoError::InvalidSignature);

static KEYS: LazyLock<[SigningKey; 5]> =
    LazyLock::new(|| Suite::ALL.map(|suite| SigningKey::generate(suite).unwrap()));

fn intent() -> Context {
    Context::new("examplebank", Purpose::Intent).unwrap()
}

/// The key, and a signature over `message` split into its two halves.
fn halves(suite: Suite, message: &[u8]) -> (SigningKey, Vec<u8>, Vec<u8>) {
    let key = SigningKey::generate(suite).unwrap();
    let mut pq = key.sign(&intent(), message).unwrap().into_bytes();
    let pq_len = if suite == Suite::Hsm { 3309 } else { suite.signature_len() - 64 };
    let classical = pq.split_off(pq_len);
    (key, pq, classical)
}

#[test]
fn either_half_stripped_zeroed_or_repeated_is_refused() {
    for suite in COMPOSITE {
        let (key, pq, classical) = halves(suite, b"m");
        let empty = Vec::new();
        let (no_pq, no_classical) = (vec![0; pq.len()], vec![0; classical.len()]);
        for forged in [
            [&pq, &empty],
            [&empty, &classical],
            [&empty, &empty],
            [&pq, &no_classical],
            [&no_pq, &classical],
            [&classical, &pq],
        ] {
            let forged = forged.map(Vec::as_slice).concat();
            assert_eq!(key.public_key().verify(&intent(), b"m", &forged), REFUSED);
        }
        let longer = [pq.as_slice(), &classical, &[0]].concat();
        assert_eq!(key.public_key().verify(&intent(), b"m", &longer), REFUSED);
        let twice = [pq.as_slice(), &classical, &classical].concat();
        assert_eq!(key.public_key().verify(&intent(), b"m", &twice), REFUSED);
    }
}

#[test]
fn halves_of_signatures_over_different_messages_contexts_or_keys_do_not_mix() {
    for suite in COMPOSITE {
        let (key, pq, classical) = halves(suite, b"m");
        let other_message = key.sign(&intent(), b"n").unwrap().into_bytes();
        let other_context = key.sign(&Context::X509, b"m").unwrap().into_bytes();
        let (_, mut other_key, tail) = halves(suite, b"m");
        other_key.extend_from_slice(&tail);
        for foreign in [other_message, other_context, other_key] {
            let (foreign_pq, foreign_classical) = foreign.split_at(pq.len());
            let mixed = [pq.as_slice(), foreign_classical].concat();
            assert_eq!(key.public_key().verify(&intent(), b"m", &mixed), REFUSED);
            let mixed = [foreign_pq, &classical].concat();
            assert_eq!(key.public_key().verify(&intent(), b"m", &mixed), REFUSED);
        }
    }
}

/// Not a defect but the documented limit: whoever deduplicates on signatures is wrong.
#[test]
fn halves_of_two_signatures_of_one_message_do_mix_so_signatures_identify_nothing() {
    let (key, pq, classical) = halves(Suite::Standard, b"m");
    let second = key.sign(&intent(), b"m").unwrap().into_bytes();
    let mixed = [&second[..pq.len()], &classical].concat();
    assert_ne!(mixed, [pq, classical].concat());
    assert_eq!(key.public_key().verify(&intent(), b"m", &mixed), Ok(()));
}

#[test]
fn a_public_key_with_one_half_replaced_verifies_nothing_of_the_old_one() {
    for suite in COMPOSITE {
        let (key, pq, classical) = halves(suite, b"m");
        let signature = [pq, classical].concat();
        let other = SigningKey::generate(suite).unwrap();
        let cut = suite.public_key_len() - if suite == Suite::Hsm { 65 } else { 32 };
        let (mine, theirs) = (key.public_key().as_bytes(), other.public_key().as_bytes());
        for forged in [[&mine[..cut], &theirs[cut..]], [&theirs[..cut], &mine[cut..]]] {
            let forged = PublicKey::from_bytes(suite, &forged.concat()).unwrap();
            assert_eq!(forged.verify(&intent(), b"m", &signature), REFUSED);
            assert_ne!(forged.fingerprint(), key.public_key().fingerprint());
            let shared: Vec<_> = forged.component_hashes();
            assert!(shared.iter().any(|hash| key.public_key().component_hashes().contains(hash)));
        }
    }
}

#[test]
fn a_signature_of_one_purpose_or_bank_is_worthless_in_another() {
    let contexts: Vec<Context> = Purpose::ALL
        .into_iter()
        .flat_map(|purpose| ["bank", "other"].map(|bank| Context::new(bank, purpose).unwrap()))
        .chain([Context::X509])
        .collect();
    for key in KEYS.iter() {
        for signed in &contexts {
            let signature = key.sign(signed, b"m").unwrap();
            for asked in &contexts {
                let answer = key.public_key().verify(asked, b"m", signature.as_bytes());
                assert_eq!(answer.is_ok(), signed == asked);
            }
        }
    }
}

#[test]
fn a_composite_does_not_downgrade_to_its_component() {
    let (key, pq, classical) = halves(Suite::Standard, b"m");
    let bytes = key.public_key().as_bytes();
    let component = PublicKey::from_bytes(Suite::Pure65, &bytes[..1952]).unwrap();
    assert_eq!(component.verify(&intent(), b"m", &pq), REFUSED);
    assert_eq!(component.verify(&Context::X509, b"m", &pq), REFUSED);
    let component = crypto::Ed25519PublicKey::from_bytes(&bytes[1952..]).unwrap();
    assert_eq!(component.verify(b"m", &classical), REFUSED);
}

#[test]
fn a_component_signature_does_not_upgrade_to_a_composite() {
    let seed = [7; 64];
    let composite = SigningKey::from_seed(Suite::Standard, &seed).unwrap();
    let pure = SigningKey::from_seed(Suite::Pure65, &seed[..32]).unwrap();
    let classical = Ed25519Key::from_seed(&seed[32..]).unwrap();
    let pq = pure.sign(&intent(), b"m").unwrap().into_bytes();
    let forged = [pq, classical.sign(b"m").unwrap()].concat();
    assert_eq!(composite.public_key().verify(&intent(), b"m", &forged), REFUSED);
}

#[test]
fn a_composite_key_with_an_ed25519_half_of_small_order_is_refused() {
    for suite in ED25519 {
        let mut bytes = SigningKey::generate(suite).unwrap().public_key().as_bytes().to_vec();
        let cut = bytes.len() - 32;
        bytes[cut..].fill(0);
        bytes[cut] = 1;
        let refusal = CryptoError::InvalidKey { what: "Ed25519 public key" };
        assert_eq!(PublicKey::from_bytes(suite, &bytes), Err(refusal));
    }
}

#[test]
fn kem_keys_and_ciphertexts_with_a_zero_x25519_half_are_refused() {
    for suite in COMPOSITE {
        let key = KemSecretKey::generate(suite).unwrap();
        let refusal = CryptoError::InvalidKey { what: "X25519 public key" };
        for first in [0, 1] {
            let mut bytes = key.public_key().as_bytes().to_vec();
            let cut = bytes.len() - 32;
            bytes[cut..].fill(0);
            bytes[cut] = first;
            assert_eq!(KemPublicKey::from_bytes(suite, &bytes), Err(refusal.clone()));
            let (_, mut ciphertext) = key.public_key().encapsulate().unwrap();
            let cut = ciphertext.len() - 32;
            ciphertext[cut..].fill(0);
            ciphertext[cut] = first;
            assert_eq!(key.decapsulate(&ciphertext).err(), Some(refusal.clone()));
        }
    }
}

#[test]
fn kem_keys_with_an_unreduced_coefficient_are_refused() {
    for suite in Suite::ALL {
        let key = KemSecretKey::generate(suite).unwrap();
        let refusal = CryptoError::InvalidKey { what: "ML-KEM public key" };
        // 3329 = 0xd01, the smallest value out of range, as the first and as the second of a pair.
        for [low, middle, high] in [[0x01, 0x0d, 0x00], [0x00, 0x10, 0xd0], [0xff, 0xff, 0xff]] {
            let mut bytes = key.public_key().as_bytes().to_vec();
            bytes[..3].copy_from_slice(&[low, middle, high]);
            assert_eq!(KemPublicKey::from_bytes(suite, &bytes), Err(refusal.clone()));
        }
        let mut bytes = key.public_key().as_bytes().to_vec();
        bytes[..3].copy_from_slice(&[0x00, 0x0d, 0xd0]);
        assert!(KemPublicKey::from_bytes(suite, &bytes).is_ok());
    }
}

#[test]
fn keys_seeds_and_ciphertexts_of_other_lengths_are_refused() {
    for suite in Suite::ALL {
        let wrong = |len: usize| [0, len - 1, len + 1].map(|len| vec![9; len]);
        for bytes in wrong(suite.seed_len()) {
            assert!(SigningKey::from_seed(suite, &bytes).is_err());
        }
        for bytes in wrong(suite.public_key_len()) {
            assert!(PublicKey::from_bytes(suite, &bytes).is_err());
        }
        for bytes in wrong(suite.kem_seed_len()) {
            assert!(KemSecretKey::from_seed(suite, &bytes).is_err());
        }
        for bytes in wrong(suite.kem_public_key_len()) {
            assert!(KemPublicKey::from_bytes(suite, &bytes).is_err());
        }
        let key = KemSecretKey::generate(suite).unwrap();
        for bytes in wrong(suite.kem_ciphertext_len()) {
            assert!(key.decapsulate(&bytes).is_err());
        }
    }
}

#[test]
fn signing_is_hedged_and_keys_print_no_secret() {
    for key in KEYS.iter() {
        let first = key.sign(&intent(), b"m").unwrap();
        assert_ne!(first, key.sign(&intent(), b"m").unwrap());
        let fingerprint = key.public_key().fingerprint();
        let expected = format!(
            "SigningKey {{ public: PublicKey({}, {fingerprint}), .. }}",
            key.suite().name()
        );
        assert_eq!(format!("{key:?}"), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_of_signature_message_context_or_key_is_refused(
        which in 0..5_usize,
        mut context in proptest::collection::vec(any::<u8>(), 1..60),
        mut message in proptest::collection::vec(any::<u8>(), 1..200),
        at: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let key = &KEYS[which];
        let public = key.public_key();
        let signed = Context::raw(&context).unwrap();
        let mut signature = key.sign(&signed, &message).unwrap().into_bytes();

        let place = at.index(signature.len());
        signature[place] ^= 1 << bit;
        prop_assert_eq!(public.verify(&signed, &message, &signature), REFUSED);
        signature[place] ^= 1 << bit;
        prop_assert_eq!(public.verify(&signed, &message, &signature), Ok(()));

        let mut bytes = public.as_bytes().to_vec();
        bytes[at.index(public.as_bytes().len())] ^= 1 << bit;
        let forged = PublicKey::from_bytes(key.suite(), &bytes);
        prop_assert!(forged.is_err() || forged.unwrap().verify(&signed, &message, &signature).is_err());

        context[at.index(signed.as_bytes().len())] ^= 1 << bit;
        let other = Context::raw(&context).unwrap();
        prop_assert_eq!(public.verify(&other, &message, &signature), REFUSED);
        let place = at.index(message.len());
        message[place] ^= 1 << bit;
        prop_assert_eq!(public.verify(&signed, &message, &signature), REFUSED);
    }

    #[test]
    fn a_flipped_bit_of_the_ed25519_half_alone_is_refused(at in 0..64_usize, bit in 0..8_u8) {
        for key in &KEYS[..2] {
            let mut signature = key.sign(&Context::X509, b"m").unwrap().into_bytes();
            let place = signature.len() - 64 + at;
            signature[place] ^= 1 << bit;
            prop_assert_eq!(key.public_key().verify(&Context::X509, b"m", &signature), REFUSED);
        }
    }

    #[test]
    fn a_flipped_bit_of_the_ecdsa_half_alone_is_refused(at: prop::sample::Index, bit in 0..8_u8) {
        let key = KEYS.iter().find(|key| key.suite() == Suite::Hsm).unwrap();
        let mut signature = key.sign(&Context::X509, b"m").unwrap().into_bytes();
        let place = 3309 + at.index(signature.len() - 3309);
        signature[place] ^= 1 << bit;
        prop_assert_eq!(key.public_key().verify(&Context::X509, b"m", &signature), REFUSED);
    }

    #[test]
    fn a_flipped_bit_of_a_kem_ciphertext_never_gives_the_shared_secret(
        at: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        for suite in Suite::ALL {
            let key = KemSecretKey::generate(suite).unwrap();
            let (shared, mut ciphertext) = key.public_key().encapsulate().unwrap();
            let answer = key.decapsulate(&ciphertext).unwrap();
            prop_assert_eq!(answer.expose(), shared.expose());
            let place = at.index(ciphertext.len());
            ciphertext[place] ^= 1 << bit;
            let answer = key.decapsulate(&ciphertext);
            prop_assert!(answer.is_err() || answer.unwrap().expose() != shared.expose());
        }
    }
}
