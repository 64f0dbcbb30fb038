//! Revocation lists: whose they are, how old, and what they say.

use crypto::Suite;
use pki::{Crl, PkiError, RevocationReason, RevokedEntry};

use crate::bank::{Bank, HOUR_S, NOW_S, list};

fn entry(serial: &[u8]) -> RevokedEntry {
    RevokedEntry {
        serial: serial.to_vec(),
        at_s: NOW_S - 30,
        reason: RevocationReason::KeyCompromise,
    }
}

#[test]
fn a_revoked_holder_has_no_path() {
    for suite in Suite::ALL {
        let bank = Bank::new(suite);
        let crl = list(bank.issuing(), &bank.issuing_key, 8, &[entry(bank.holder.serial())]);
        assert_eq!(
            bank.chain.validate_path(&bank.holder, Some(&crl), NOW_S),
            Err(PkiError::Revoked)
        );
        let zeros = [&[0, 0], bank.holder.serial()].concat();
        assert!(crl.is_revoked(&zeros) && !crl.is_revoked(&zeros[..4]));
        let others = list(bank.issuing(), &bank.issuing_key, 8, &[entry(&[1]), entry(&[2])]);
        bank.chain.validate_path(&bank.holder, Some(&others), NOW_S).unwrap();
    }
}

#[test]
fn a_stale_or_premature_list_is_refused() {
    let bank = Bank::new(Suite::Compact);
    let end_s = NOW_S + HOUR_S;
    let parsed = Crl::from_der(bank.crl.der()).unwrap();
    let at = |now_s| parsed.clone().verify(bank.issuing(), now_s).map(drop);
    assert_eq!(at(end_s), Err(PkiError::CrlStale { next_update_s: end_s, now_s: end_s }));
    assert_eq!(at(end_s - 1), Ok(()));
    let early_s = NOW_S - 61;
    assert_eq!(
        at(early_s),
        Err(PkiError::CrlNotYetValid { this_update_s: NOW_S - 60, now_s: early_s })
    );
    assert_eq!(
        bank.chain.validate_path(&bank.holder, Some(&bank.crl), end_s),
        Err(PkiError::CrlStale { next_update_s: end_s, now_s: end_s })
    );
}

#[test]
fn a_list_is_verified_by_its_own_authority_only() {
    let bank = Bank::new(Suite::Compact);
    let parsed = Crl::from_der(bank.crl.der()).unwrap();
    assert_eq!(
        parsed.clone().verify(bank.root(), NOW_S).unwrap_err(),
        PkiError::UnknownIssuer("revocation list")
    );
    assert_eq!(
        parsed.verify(&bank.holder, NOW_S).unwrap_err(),
        PkiError::NotAnAuthority("may not sign revocation lists")
    );
    let other = Bank::new(Suite::Standard);
    assert!(Crl::from_der(other.crl.der()).unwrap().verify(bank.issuing(), NOW_S).is_err());
}

#[test]
fn every_byte_of_a_list_counts() {
    let bank = Bank::new(Suite::Standard);
    let crl = list(bank.issuing(), &bank.issuing_key, 8, &[entry(&[0x77; 16])]);
    for at in 0..crl.der().len() {
        let mut edited = crl.der().to_vec();
        edited[at] ^= 1 << (at % 8);
        let verified = Crl::from_der(&edited).and_then(|crl| crl.verify(bank.issuing(), NOW_S));
        assert!(verified.is_err(), "byte {at}");
    }
}

#[test]
fn a_list_is_built_by_its_authority_from_plausible_entries_only() {
    let bank = Bank::new(Suite::Compact);
    let build = |issuer, key, revoked: &[RevokedEntry]| {
        Crl::build(issuer, key, 1, NOW_S, NOW_S + HOUR_S, revoked).map(drop)
    };
    assert_eq!(build(bank.issuing(), &bank.root_key, &[]), Err(PkiError::WrongIssuerKey));
    assert!(matches!(build(&bank.holder, &bank.holder_key, &[]), Err(PkiError::NotAnAuthority(_))));
    let twice = [entry(&[5]), entry(&[0, 5])];
    for bad in [&twice[..], &[entry(&[0])], &[entry(&[1; 21])]] {
        assert!(matches!(build(bank.issuing(), &bank.issuing_key, bad), Err(PkiError::Lint(_))));
    }
    let backwards = Crl::build(bank.issuing(), &bank.issuing_key, 1, NOW_S, NOW_S, &[]);
    assert!(matches!(backwards, Err(PkiError::Lint(_))));
}

#[test]
fn entries_are_read_as_they_were_written() {
    let bank = Bank::new(Suite::Compact);
    let reasons = [
        RevocationReason::Unspecified,
        RevocationReason::KeyCompromise,
        RevocationReason::CaCompromise,
        RevocationReason::AffiliationChanged,
        RevocationReason::Superseded,
        RevocationReason::CessationOfOperation,
        RevocationReason::CertificateHold,
        RevocationReason::PrivilegeWithdrawn,
    ];
    let entries: Vec<_> = reasons
        .into_iter()
        .zip(1_u8..)
        .map(|(reason, n)| RevokedEntry {
            serial: vec![n, 0x80],
            at_s: NOW_S - i64::from(n),
            reason,
        })
        .collect();
    let crl = list(bank.issuing(), &bank.issuing_key, u64::MAX, &entries);
    assert_eq!(crl.entries(), entries);
    assert_eq!(crl.number(), u64::MAX);
    assert_eq!((crl.this_update_s(), crl.next_update_s()), (NOW_S - 60, NOW_S + HOUR_S));
    assert_eq!(*crl.issuer_fingerprint(), bank.issuing().fingerprint());
}
