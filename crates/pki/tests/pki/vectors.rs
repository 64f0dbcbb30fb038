//! Certificates of others: the roots of two implementations, and the vectors of the composite draft.

use std::path::PathBuf;

use base64ct::{Base64, Encoding as _};
use crypto::Suite;
use pki::{Certificate, PkiError, verify_any};

/// The folder of vectors, or `None`, loudly.
fn data(file: &str) -> Option<PathBuf> {
    let path =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(file);
    if path.exists() {
        Some(path)
    } else {
        eprintln!("SKIPPED: no vectors at {}", path.display());
        None
    }
}

/// Verifies a self-signed certificate of others, and refuses it with any bit of its signature changed.
fn check(name: &str, der: &[u8], suite: Suite) {
    let certificate = Certificate::from_der(der).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(certificate.public_key().suite(), suite, "{name}");
    assert_eq!(certificate.signature_suite(), suite, "{name}");
    let now_s = certificate.not_before_s();
    verify_any(&certificate, None, now_s).unwrap_or_else(|e| panic!("{name}: {e}"));
    let end_s = certificate.not_after_s();
    assert_eq!(verify_any(&certificate, None, end_s), Ok(()), "{name}");
    assert!(matches!(verify_any(&certificate, None, end_s + 1), Err(PkiError::Expired { .. })));
    assert!(matches!(verify_any(&certificate, None, now_s - 1), Err(PkiError::NotYetValid { .. })));

    // Of DER, which varies, what is there in any case.
    let len = if suite == Suite::Hsm { 3_309 + 60 } else { suite.signature_len() };
    for from_end in [1, 32, 63, 64, 65, 2_000, len - 1, len] {
        let mut broken = der.to_vec();
        let at = broken.len() - from_end;
        broken[at] ^= 1;
        let broken = Certificate::from_der(&broken).unwrap();
        assert_eq!(
            verify_any(&broken, None, now_s),
            Err(PkiError::InvalidSignature("certificate")),
            "{name}, byte {from_end} from the end"
        );
    }
    assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), certificate, "{name}");
}

#[test]
fn roots_of_other_implementations_verify() {
    for name in ["bouncycastle-mldsa65-ed25519-root.der", "reference-mldsa65-ed25519-root.der"] {
        if let Some(path) = data(&format!("x509/{name}")) {
            check(name, &std::fs::read(path).unwrap(), Suite::Standard);
        }
    }
}

#[test]
fn certificates_of_the_composite_draft_verify() {
    let Some(path) = data("composite/testvectors.json") else { return };
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let ours = [
        ("id-MLDSA65-Ed25519-SHA512", Suite::Standard),
        ("id-MLDSA44-Ed25519-SHA512", Suite::Compact),
        ("id-ML-DSA-65", Suite::Pure65),
        ("id-ML-DSA-87", Suite::Cnsa2),
        ("id-MLDSA65-ECDSA-P256-SHA512", Suite::Hsm),
    ];
    let mut verified = 0;
    for test in json["tests"].as_array().unwrap() {
        let name = test["tcId"].as_str().unwrap();
        let der = Base64::decode_vec(test["x5c"].as_str().unwrap()).unwrap();
        match ours.iter().find(|(id, _)| *id == name) {
            Some((_, suite)) => {
                check(name, &der, *suite);
                verified += 1;
            }
            None => assert!(
                matches!(Certificate::from_der(&der), Err(PkiError::UnknownSuite(_))),
                "{name} is none of our suites"
            ),
        }
    }
    assert_eq!(verified, ours.len());
}
