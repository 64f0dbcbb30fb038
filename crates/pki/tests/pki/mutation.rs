//! A genuine certificate, edited: field by field and byte by byte.

use crypto::Suite;
use der::Encode as _;
use der::asn1::{Any, Int};
use pki::{Certificate, PkiError, SECURITY_LAYERS_OID};

use crate::bank::{Bank, NOW_S, key};
use crate::surgery::{Fields, alter, any, forge, open};

#[test]
fn every_byte_of_a_holder_certificate_counts() {
    for suite in Suite::ALL {
        let bank = Bank::new(suite);
        let genuine = bank.holder.der();
        for at in 0..genuine.len() {
            let mut edited = genuine.to_vec();
            edited[at] ^= 1 << (at % 8);
            let Ok(edited) = Certificate::from_der(&edited) else { continue };
            let path = bank.chain.validate_path(&edited, Some(&bank.crl), NOW_S);
            assert!(path.is_err(), "{suite}: a path for byte {at} changed");
            assert!(bank.admit(&edited).is_err(), "{suite}: admitted with byte {at} changed");
        }
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let bank = Bank::new(Suite::Compact);
    let genuine = bank.holder.der();
    for len in 0..genuine.len() {
        assert!(Certificate::from_der(&genuine[..len]).is_err(), "first {len} bytes");
    }
    let trailing = [genuine, &[0]].concat();
    assert!(Certificate::from_der(&trailing).is_err());
}

type Edit = (&'static str, fn(&mut Fields, &Bank));

/// One edit per field of the signed part.
const EDITS: [Edit; 9] = [
    ("serial number", |f, _| f.serial = Any::encode_from(&Int::new(&[0x42; 16]).unwrap()).unwrap()),
    ("issuer", |f, bank| f.issuer = open(bank.root().der()).1.subject),
    ("validity", |f, bank| f.validity = open(bank.issuing().der()).1.validity),
    ("subject", |f, bank| f.subject = open(bank.root().der()).1.subject),
    ("public key", |f, _| {
        let mallory = crate::bank::csr(&key(Suite::Standard, 66), "Mallory");
        let info = x509_cert::request::CertReq::try_from(mallory.der()).unwrap().info;
        f.key = any(&info.public_key.to_der().unwrap());
    }),
    ("key usage", |f, bank| {
        let ca = open(bank.issuing().der()).1.extensions.unwrap();
        let usage = ca.into_iter().find(|e| e.extn_id.to_string() == "2.5.29.15").unwrap();
        for extension in f.extensions.iter_mut().flatten() {
            if extension.extn_id == usage.extn_id {
                *extension = usage.clone();
            }
        }
    }),
    ("basic constraints", |f, bank| {
        let ca = open(bank.issuing().der()).1.extensions.unwrap();
        let basic = ca.into_iter().find(|e| e.extn_id.to_string() == "2.5.29.19").unwrap();
        f.extensions.as_mut().unwrap().push(basic);
    }),
    ("claims", |f, bank| {
        let mut claims = bank.claims();
        claims.allowed_actions.push("payment.approve".to_owned());
        for extension in f.extensions.iter_mut().flatten() {
            if extension.extn_id.to_string() == SECURITY_LAYERS_OID {
                extension.extn_value =
                    der::asn1::OctetString::new(claims.to_der().unwrap()).unwrap();
            }
        }
    }),
    ("claims left out", |f, _| {
        f.extensions.as_mut().unwrap().retain(|e| e.extn_id.to_string() != SECURITY_LAYERS_OID);
    }),
];

#[test]
fn every_edited_field_breaks_the_signature() {
    let bank = Bank::new(Suite::Standard);
    for (what, edit) in EDITS {
        let edited = alter(&bank.holder, |fields| edit(fields, &bank));
        assert_ne!(edited, bank.holder.der(), "{what}");
        let edited = Certificate::from_der(&edited).unwrap_or_else(|e| panic!("{what}: {e}"));
        let refused = bank.chain.validate_path(&edited, Some(&bank.crl), NOW_S);
        assert!(refused.is_err(), "{what}");
        assert!(bank.admit(&edited).is_err(), "{what}");
    }
}

#[test]
fn every_edited_field_signed_by_someone_else_is_refused() {
    let bank = Bank::new(Suite::Standard);
    let mallory = key(Suite::Standard, 66);
    for (what, edit) in EDITS {
        let forged = forge(&bank.holder, &mallory, |fields| edit(fields, &bank));
        let forged = Certificate::from_der(&forged).unwrap();
        assert!(bank.chain.validate_path(&forged, None, NOW_S).is_err(), "{what}");
    }
}

#[test]
fn an_edit_signed_by_the_authority_itself_is_no_longer_what_was_logged() {
    let bank = Bank::new(Suite::Standard);
    let rogue = forge(&bank.holder, &bank.issuing_key, |fields| {
        fields.serial = Any::encode_from(&Int::new(&[0x42; 16]).unwrap()).unwrap();
    });
    let rogue = Certificate::from_der(&rogue).unwrap();
    bank.chain.validate_path(&rogue, Some(&bank.crl), NOW_S).unwrap();
    match bank.admit(&rogue).unwrap_err() {
        PkiError::Control(failure) => assert_eq!(failure.number, 2),
        other => panic!("{other}"),
    }
}
