//! Attackers who have broken one of two algorithms, or hope that nobody looks at both.

use crypto::{SigningKey, Suite};
use pki::{Certificate, Chain, Crl, Csr, PkiError, authority, build_csr, verify_any};

use crate::bank::{Bank, HOUR_S, NOW_S, csr, key, years};
use crate::surgery::{
    HALVES, Half, any, bits, forge, half_broken, open, signature, with_signature,
};
use der::Encode as _;

const COMPOSITES: [Suite; 3] = [Suite::Standard, Suite::Compact, Suite::Hsm];

/// Where the classical half begins: behind ML-DSA-44 or ML-DSA-65.
const fn cut(suite: Suite) -> usize {
    match suite {
        Suite::Compact => 2_420,
        Suite::Standard | Suite::Pure65 | Suite::Hsm => 3_309,
        Suite::Cnsa2 => 4_627,
    }
}

#[test]
fn a_ca_forgery_with_one_broken_half_is_refused_whichever_half() {
    for suite in COMPOSITES {
        let bank = Bank::new(suite);
        let mallory = key(suite, 66);
        for half in HALVES {
            let attacker = half_broken(&bank.issuing_key, &mallory, half).unwrap();
            let forged = Certificate::from_der(&forge(&bank.holder, &attacker, |_| {})).unwrap();
            assert_eq!(
                bank.chain.validate_path(&forged, None, NOW_S),
                Err(PkiError::InvalidSignature("certificate")),
                "{suite}, {half:?} broken"
            );
            let above = half_broken(&bank.root_key, &mallory, half).unwrap();
            let issuing = Certificate::from_der(&forge(bank.issuing(), &above, |_| {})).unwrap();
            assert_eq!(
                Chain::new(bank.root().clone(), issuing).unwrap_err(),
                PkiError::InvalidSignature("certificate"),
                "{suite}, {half:?} of the root broken"
            );
        }
        let honest = Certificate::from_der(&forge(&bank.holder, &bank.issuing_key, |_| {}));
        bank.chain.validate_path(&honest.unwrap(), None, NOW_S).unwrap();
    }
}

#[test]
fn a_flipped_bit_in_either_half_of_any_signature_is_refused() {
    for suite in Suite::ALL {
        let bank = Bank::new(suite);
        let genuine = signature(bank.holder.der());
        for at in [0, 100, genuine.len() - 1, cut(suite).min(genuine.len() - 40)] {
            let mut broken = genuine.clone();
            broken[at] ^= 0x10;
            let leaf = Certificate::from_der(&with_signature(bank.holder.der(), &broken)).unwrap();
            assert!(bank.chain.validate_path(&leaf, None, NOW_S).is_err(), "{suite}, byte {at}");
        }
        for authority in [bank.root(), bank.issuing()] {
            let mut broken = signature(authority.der());
            broken[3] ^= 1;
            let broken = Certificate::from_der(&with_signature(authority.der(), &broken)).unwrap();
            let (root, issuing) = if authority == bank.root() {
                (broken, bank.issuing().clone())
            } else {
                (bank.root().clone(), broken)
            };
            assert_eq!(
                Chain::new(root, issuing).unwrap_err(),
                PkiError::InvalidSignature("certificate")
            );
        }
    }
}

#[test]
fn a_signature_stripped_to_one_half_is_refused() {
    for suite in COMPOSITES {
        let bank = Bank::new(suite);
        let whole = signature(bank.holder.der());
        let (ml_dsa, classical) = whole.split_at(cut(suite));
        for half in [ml_dsa, classical, &[]] {
            assert_eq!(
                Certificate::from_der(&with_signature(bank.holder.der(), half)).unwrap_err(),
                PkiError::SignatureLength { expected: suite.signature_len(), actual: half.len() }
            );
        }
        let swapped = [classical, ml_dsa].concat();
        let swapped = Certificate::from_der(&with_signature(bank.holder.der(), &swapped)).unwrap();
        assert!(bank.chain.validate_path(&swapped, None, NOW_S).is_err());
        let padded = [ml_dsa, &vec![0; classical.len()]].concat();
        let padded = Certificate::from_der(&with_signature(bank.holder.der(), &padded)).unwrap();
        assert!(bank.chain.validate_path(&padded, None, NOW_S).is_err());
    }
}

#[test]
fn halves_of_two_genuine_certificates_do_not_make_a_third() {
    for suite in COMPOSITES {
        let bank = Bank::new(suite);
        let mut claims = bank.claims();
        claims.allowed_actions.truncate(1);
        let other = bank.issue(&claims).unwrap();
        let (a, b) = (signature(bank.holder.der()), signature(other.der()));
        let cut = cut(suite);
        for mixed in [[&a[..cut], &b[cut..]].concat(), [&b[..cut], &a[cut..]].concat()] {
            for der in [bank.holder.der(), other.der()] {
                let mixed = Certificate::from_der(&with_signature(der, &mixed)).unwrap();
                assert!(bank.chain.validate_path(&mixed, None, NOW_S).is_err());
            }
        }
    }
}

#[test]
fn a_composite_downgraded_to_its_ml_dsa_half_is_refused() {
    for suite in [Suite::Standard, Suite::Hsm] {
        let bank = Bank::new(suite);
        // The strongest attacker: the genuine ML-DSA seed of the authority, relabelled as a key of its own.
        let seed = &bank.issuing_key.seed().expose()[..32];
        let downgraded = SigningKey::from_seed(Suite::Pure65, seed).unwrap();
        let forged = Certificate::from_der(&forge(&bank.holder, &downgraded, |_| {})).unwrap();
        assert_eq!(forged.signature_suite(), Suite::Pure65);
        assert_eq!(bank.chain.validate_path(&forged, None, NOW_S), Err(PkiError::MixedSuites));
        assert_eq!(verify_any(&forged, Some(bank.issuing()), NOW_S), Err(PkiError::MixedSuites));
    }
}

#[test]
fn algorithms_that_differ_inside_and_outside_are_refused() {
    let bank = Bank::new(Suite::Standard);
    for suite in [Suite::Compact, Suite::Pure65, Suite::Cnsa2] {
        let other = any(suite.algorithm_identifier_der());
        let (mut outer, mut fields) = open(bank.holder.der());
        outer.algorithm = other.clone();
        assert_eq!(
            Certificate::from_der(&outer.to_der().unwrap()).unwrap_err(),
            PkiError::AlgorithmMismatch
        );
        let (mut outer, _) = open(bank.holder.der());
        fields.algorithm = other;
        outer.tbs = any(&fields.to_der().unwrap());
        assert_eq!(
            Certificate::from_der(&outer.to_der().unwrap()).unwrap_err(),
            PkiError::AlgorithmMismatch
        );
    }
}

#[test]
fn an_algorithm_with_parameters_or_of_no_suite_is_unknown() {
    let bank = Bank::new(Suite::Pure65);
    // id-ml-dsa-65 with NULL parameters (RFC 9881 section 2: they must be absent), and id-Ed25519.
    let strange = ["300d06096086480165030403120500", "300506032b6570"];
    for hex in strange {
        let der: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        let (mut outer, mut fields) = open(bank.holder.der());
        fields.algorithm = any(&der);
        outer.algorithm = any(&der);
        outer.tbs = any(&fields.to_der().unwrap());
        outer.signature = bits(&[0; 64]);
        let refused = Certificate::from_der(&outer.to_der().unwrap()).unwrap_err();
        assert!(matches!(refused, PkiError::UnknownSuite(_)), "{refused}");
    }
}

#[test]
fn a_list_forged_with_one_broken_half_is_refused() {
    for suite in COMPOSITES {
        let bank = Bank::new(suite);
        let mallory = key(suite, 66);
        let genuine =
            Crl::build(bank.issuing(), &bank.issuing_key, 9, NOW_S - 60, NOW_S + HOUR_S, &[])
                .unwrap();
        for half in HALVES {
            let attacker = half_broken(&bank.issuing_key, &mallory, half).unwrap();
            let tbs = crate::surgery::Outer::decode(&genuine).tbs.to_der().unwrap();
            let signature = attacker.sign(&crypto::Context::X509, &tbs).unwrap();
            let forged = with_signature(&genuine, signature.as_bytes());
            assert_eq!(
                Crl::from_der(&forged).unwrap().verify(bank.issuing(), NOW_S).unwrap_err(),
                PkiError::InvalidSignature("revocation list"),
                "{suite}, {half:?} broken"
            );
        }
    }
}

#[test]
fn a_request_without_possession_of_both_halves_is_refused() {
    for suite in Suite::ALL {
        let victim = key(suite, 5);
        let mallory = key(suite, 66);
        let genuine = build_csr(&victim, "Victim").unwrap();
        let tbs = crate::surgery::Outer::decode(&genuine).tbs.to_der().unwrap();
        let mut attackers = vec![SigningKey::from_seed(suite, mallory.seed().expose()).unwrap()];
        attackers.extend(
            HALVES.into_iter().filter_map(|half: Half| half_broken(&victim, &mallory, half)),
        );
        for attacker in attackers {
            let signature = attacker.sign(&crypto::Context::X509, &tbs).unwrap();
            let forged = with_signature(&genuine, signature.as_bytes());
            assert_eq!(
                Csr::from_der(&forged).unwrap().verify().unwrap_err(),
                PkiError::InvalidSignature("request"),
                "{suite}"
            );
        }
        assert_eq!(csr(&victim, "Victim").public_key(), victim.public_key());
    }
}

#[test]
fn a_signature_of_another_context_is_no_certificate() {
    let bank = Bank::new(Suite::Standard);
    let tbs = crate::surgery::Outer::decode(bank.holder.der()).tbs.to_der().unwrap();
    let intent = crypto::Context::new("strongroom", crypto::Purpose::Intent).unwrap();
    let signature = bank.issuing_key.sign(&intent, &tbs).unwrap();
    let forged = with_signature(bank.holder.der(), signature.as_bytes());
    let forged = Certificate::from_der(&forged).unwrap();
    assert!(bank.chain.validate_path(&forged, None, NOW_S).is_err());
}

#[test]
fn the_key_of_another_authority_signs_nothing_here() {
    let bank = Bank::new(Suite::Compact);
    let request = csr(&key(Suite::Compact, 9), "Issuing 2");
    assert_eq!(
        authority::create_issuing(bank.root(), &bank.issuing_key, &request, [1; 16], years(1))
            .unwrap_err(),
        PkiError::WrongIssuerKey
    );
}
