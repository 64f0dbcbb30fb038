//! One meaning, one encoding: whatever another parser might read differently is not read at all.

use crypto::Suite;
use der::Encode as _;
use der::asn1::{Any, GeneralizedTime, Int};
use pki::{Certificate, ControlClaims, PkiError, SECURITY_LAYERS_OID};

use crate::bank::{Bank, NOW_S};
use crate::surgery::{Fields, any, extension, forge, open};

/// What the authority itself would sign, were it careless.
fn careless(change: impl FnOnce(&mut Fields)) -> Result<Certificate, PkiError> {
    let bank = Bank::new(Suite::Compact);
    Certificate::from_der(&forge(&bank.holder, &bank.issuing_key, change))
}

#[test]
fn an_unknown_critical_extension_is_refused_and_an_uncritical_one_is_not() {
    let unknown = "1.3.6.1.4.1.99999.1";
    let push = |critical| {
        careless(move |f| {
            f.extensions.as_mut().unwrap().push(extension(unknown, critical, &[5, 0]));
        })
    };
    assert_eq!(push(true).unwrap_err(), PkiError::UnknownCriticalExtension(unknown.to_owned()));
    assert!(push(false).is_ok());
    // Known to RFC 5280, enforced by nobody here: name constraints, policies.
    for oid in ["2.5.29.30", "2.5.29.32", "2.5.29.36"] {
        let refused = careless(|f| {
            f.extensions.as_mut().unwrap().push(extension(oid, true, &[0x30, 0]));
        });
        assert_eq!(refused.unwrap_err(), PkiError::UnknownCriticalExtension(oid.to_owned()));
    }
}

#[test]
fn security_layers_must_be_critical_and_single() {
    let relaxed = careless(|f| {
        for e in f.extensions.iter_mut().flatten() {
            e.critical &= e.extn_id.to_string() != SECURITY_LAYERS_OID;
        }
    });
    assert_eq!(relaxed.unwrap_err(), PkiError::WrongCriticality(SECURITY_LAYERS_OID.to_owned()));
    let doubled = careless(|f| {
        let extensions = f.extensions.as_mut().unwrap();
        let last = extensions.last().unwrap().clone();
        extensions.push(last);
    });
    assert_eq!(doubled.unwrap_err(), PkiError::DuplicateExtension(SECURITY_LAYERS_OID.to_owned()));
}

#[test]
fn other_versions_serials_and_times_are_refused() {
    assert_eq!(
        careless(|f| f.version = 1).unwrap_err(),
        PkiError::UnsupportedVersion("certificate")
    );
    for serial in [&[0_u8][..], &[0x80], &[0x7F; 21]] {
        let refused =
            careless(|f| f.serial = Any::encode_from(&Int::new(serial).unwrap()).unwrap());
        assert_eq!(refused.unwrap_err(), PkiError::Malformed("serial number"), "{serial:?}");
    }
    // A GeneralizedTime before 2050 (RFC 5280 4.1.2.5).
    let seconds = std::time::Duration::from_secs(NOW_S.unsigned_abs());
    let time = GeneralizedTime::from_unix_duration(seconds).unwrap().to_der().unwrap();
    let validity = [&[0x30, 34][..], &time, &time].concat();
    let refused = careless(|f| f.validity = any(&validity));
    assert_eq!(refused.unwrap_err(), PkiError::NotCanonical("certificate"));
}

#[test]
fn lengths_longer_than_needed_are_refused() {
    let bank = Bank::new(Suite::Compact);
    let genuine = bank.holder.der();
    // 30 82 hh ll -> 30 83 00 hh ll
    assert_eq!(genuine[..2], [0x30, 0x82]);
    let long = [&[0x30, 0x83, 0], &genuine[2..]].concat();
    assert!(Certificate::from_der(&long).is_err());
    // Indefinite length, closed by two zeros.
    let indefinite = [&[0x30, 0x80], &genuine[4..], &[0, 0]].concat();
    assert!(Certificate::from_der(&indefinite).is_err());
}

/// Replaces the one occurrence of `from`, and adds the difference to the lengths of the frames around it.
fn splice(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "frames keep their lengths");
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    [&der[..at], to, &der[at + from.len()..]].concat()
}

#[test]
fn a_boolean_has_one_true_and_no_written_false() {
    let bank = Bank::new(Suite::Compact);
    // Key usage: OID 2.5.29.15, critical TRUE.
    let usage = [0x06, 0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01];
    let with = |value: u8| [&usage[..], &[value]].concat();
    for value in [0x01, 0x00, 0x7F] {
        let edited = splice(bank.holder.der(), &with(0xFF), &with(value));
        assert!(Certificate::from_der(&edited).is_err(), "{value:#x}");
    }
}

#[test]
fn claims_have_one_encoding() {
    let bank = Bank::new(Suite::Compact);
    let der = bank.claims().to_der().unwrap();
    assert_eq!(ControlClaims::from_der(&der).unwrap(), bank.claims());
    assert!(ControlClaims::from_der(&[der.as_slice(), &[0]].concat()).is_err());
    // INTEGER 1 with a leading zero, in place of defenseVersion.
    assert_eq!(der[..2], [0x30, 0x82]);
    let length = u16::try_from(der.len() - 4 + 1).unwrap().to_be_bytes();
    let padded = [&[0x30, 0x82], &length[..], &[2, 2, 0, 1], &der[7..]].concat();
    assert!(ControlClaims::from_der(&padded).is_err());
}

#[test]
fn the_value_of_a_known_extension_has_one_encoding() {
    // Key usage 03 02 06 C0 (two bits) with an unused bit set, and with a byte too many.
    for value in [&[3, 2, 6, 0xC1][..], &[3, 3, 6, 0xC0, 0], &[3, 3, 0, 0xC0, 0]] {
        let refused = careless(|f| {
            for e in f.extensions.iter_mut().flatten() {
                if e.extn_id.to_string() == "2.5.29.15" {
                    e.extn_value = der::asn1::OctetString::new(value).unwrap();
                }
            }
        });
        assert!(refused.is_err(), "{value:?}");
    }
}

#[test]
fn pem_is_read_under_its_own_label_only() {
    let bank = Bank::new(Suite::Compact);
    let pem = bank.holder.to_pem();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(Certificate::from_pem(&pem).unwrap(), bank.holder);
    assert!(Certificate::from_pem(&pem.replace("CERTIFICATE", "X509 CRL")).is_err());
    assert!(Certificate::from_pem(&pem.replacen('A', "*", 1)).is_err());
    assert!(Certificate::from_pem("").is_err());
}

#[test]
fn taking_apart_and_joining_changes_nothing() {
    let bank = Bank::new(Suite::Compact);
    let (outer, fields) = open(bank.holder.der());
    assert_eq!(any(&fields.to_der().unwrap()), outer.tbs);
    assert_eq!(outer.to_der().unwrap(), bank.holder.der());
}
