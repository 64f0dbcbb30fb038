//! The seven controls: each failing alone names itself.

use crypto::{Suite, sha3_256};
use pki::{
    CHALLENGE, ControlFailure, Expected, FIRST_GENERATION, HolderCertificate, PkiError,
    RevocationReason, RevokedEntry, check_binding, check_controls,
};

use crate::bank::{ACTIONS, Bank, CRL_NUMBER, HOUR_S, NOW_S, list, other_hash};

/// Checks the genuine certificate against records changed by `change`.
fn verdict(bank: &Bank, change: impl FnOnce(&mut Expected<'_>)) -> Result<(), ControlFailure> {
    let path = bank.chain.validate_path(&bank.holder, Some(&bank.crl), NOW_S).unwrap();
    bank.with_record(&bank.holder, |mut expected| {
        // The borrow of what `change` puts in ends with it: only statics and copies are set.
        change(&mut expected);
        check_controls(&bank.holder, &path, &expected, NOW_S).map(drop)
    })
}

type Change = (u8, &'static str, fn(&mut Expected<'_>));

#[test]
fn each_control_failing_alone_names_its_number() {
    let changes: [Change; 14] = [
        (1, "suite", |e| e.suite = Suite::Cnsa2),
        (2, "logged hash", |e| e.logged_hash = leak(other_hash())),
        (3, "bank", |e| e.bank = "another bank"),
        (3, "user", |e| e.user_id = &[8; 16]),
        (3, "device", |e| e.device_id = leak(other_hash())),
        (4, "role", |e| e.role = "manager"),
        (4, "purpose", |e| e.purpose_scope = "wholesale banking"),
        (4, "actions", |e| e.allowed_actions = &["payment.order"]),
        (6, "lineage", |e| e.lineage = leak(other_hash())),
        (6, "superseded", |e| e.newest_generation = FIRST_GENERATION + 1),
        (6, "clone from the future", |e| e.newest_generation = 0),
        (6, "previous", |e| e.previous = Some(leak(other_hash()))),
        (7, "algorithm", |e| e.challenge = "nonce512-30s"),
        (7, "unanswered", |e| e.challenge_ok = false),
    ];
    for suite in [Suite::Standard, Suite::Pure65] {
        let bank = Bank::new(suite);
        assert_eq!(verdict(&bank, |_| {}), Ok(()));
        for (number, what, change) in changes {
            let failure = verdict(&bank, change).unwrap_err();
            assert_eq!(failure.number, number, "{what}: {failure}");
            assert!(failure.to_string().starts_with(&format!("control {number} (")), "{failure}");
        }
    }
}

fn leak(hash: crypto::Sha3) -> &'static crypto::Sha3 {
    Box::leak(Box::new(hash))
}

/// Checks the genuine certificate against another revocation list.
fn with_list(bank: &Bank, crl: &pki::VerifiedCrl, now_s: i64) -> Result<(), ControlFailure> {
    let path = bank.chain.validate_path(&bank.holder, None, NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        let expected = Expected { crl, ..expected };
        check_controls(&bank.holder, &path, &expected, now_s).map(drop)
    })
}

#[test]
fn a_rolled_back_list_fails_control_5() {
    let bank = Bank::new(Suite::Compact);
    let older = list(bank.issuing(), &bank.issuing_key, CRL_NUMBER - 1, &[]);
    let failure = with_list(&bank, &older, NOW_S).unwrap_err();
    assert_eq!((failure.number, failure.why), (5, "list is older than the pinned one"));
    let newer = list(bank.issuing(), &bank.issuing_key, CRL_NUMBER + 1, &[]);
    assert_eq!(with_list(&bank, &newer, NOW_S), Ok(()));
}

#[test]
fn a_frozen_list_fails_control_5() {
    let bank = Bank::new(Suite::Compact);
    assert_eq!(with_list(&bank, &bank.crl, NOW_S + HOUR_S - 1), Ok(()));
    let failure = with_list(&bank, &bank.crl, NOW_S + HOUR_S).unwrap_err();
    assert_eq!((failure.number, failure.why), (5, "list is not fresh"));
}

#[test]
fn a_list_of_another_authority_fails_control_5() {
    let bank = Bank::new(Suite::Compact);
    let roots = list(bank.root(), &bank.root_key, CRL_NUMBER, &[]);
    let failure = with_list(&bank, &roots, NOW_S).unwrap_err();
    assert_eq!((failure.number, failure.why), (5, "list is of another authority"));
}

#[test]
fn a_revocation_after_the_path_was_remembered_fails_control_5() {
    let bank = Bank::new(Suite::Compact);
    let entry = RevokedEntry {
        serial: bank.holder.serial().to_vec(),
        at_s: NOW_S,
        reason: RevocationReason::KeyCompromise,
    };
    let newer = list(bank.issuing(), &bank.issuing_key, CRL_NUMBER + 1, &[entry]);
    let failure = with_list(&bank, &newer, NOW_S).unwrap_err();
    assert_eq!((failure.number, failure.why), (5, "certificate is revoked"));
}

#[test]
fn purpose_inflation_by_a_genuine_authority_fails_control_4() {
    let bank = Bank::new(Suite::Standard);
    let mut claims = bank.claims();
    claims.allowed_actions.push("payment.approve".to_owned());
    let inflated = bank.issue(&claims).unwrap();
    let path = bank.chain.validate_path(&inflated, Some(&bank.crl), NOW_S).unwrap();
    let failure = bank
        .with_record(&inflated, |expected| check_controls(&inflated, &path, &expected, NOW_S))
        .unwrap_err();
    assert_eq!((failure.number, failure.why), (4, "allowed actions differ from the role's"));
}

#[test]
fn the_order_of_actions_does_not_matter_but_their_number_does() {
    let bank = Bank::new(Suite::Compact);
    let reversed = || {
        let mut actions = ACTIONS;
        actions.reverse();
        Box::leak(Box::new(actions))
    };
    assert_eq!(verdict(&bank, |e| e.allowed_actions = reversed()), Ok(()));
    let twice = &["payment.order", "payment.order", "payment.cancel", "device.enrol"];
    assert_eq!(verdict(&bank, |e| e.allowed_actions = twice).unwrap_err().number, 4);
}

#[test]
fn a_renewal_supersedes_the_generation_before() {
    let bank = Bank::new(Suite::Compact);
    let mut claims = bank.claims();
    claims.generation = 2;
    claims.previous = Some(bank.holder.fingerprint());
    let renewed = bank.issue(&claims).unwrap();
    let previous = bank.holder.fingerprint();
    let on_record = |certificate: &pki::Certificate| {
        bank.with_record(certificate, |expected| {
            let expected = Expected { newest_generation: 2, previous: Some(&previous), ..expected };
            HolderCertificate::admit(certificate, &bank.chain, &expected, NOW_S).map(drop)
        })
    };
    assert_eq!(on_record(&renewed), Ok(()));
    let Err(PkiError::Control(failure)) = on_record(&bank.holder) else { panic!("admitted") };
    assert_eq!((failure.number, failure.why), (6, "a newer generation exists"));
}

#[test]
fn a_path_of_another_certificate_or_another_time_fails_control_1() {
    let bank = Bank::new(Suite::Compact);
    let other = bank.issue(&bank.claims()).unwrap();
    let path = bank.chain.validate_path(&other, Some(&bank.crl), NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        let failure = check_controls(&bank.holder, &path, &expected, NOW_S).unwrap_err();
        assert_eq!(failure.number, 1);
    });
    let path = bank.chain.validate_path(&bank.holder, None, NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        let late_s = path.valid_until_s() + 1;
        let failure = check_controls(&bank.holder, &path, &expected, late_s).unwrap_err();
        assert_eq!((failure.number, failure.why), (1, "path validation is out of date"));
    });
}

#[test]
fn a_certificate_without_security_layers_is_nobody() {
    let bank = Bank::new(Suite::Compact);
    let path = bank.chain.validate_path(&bank.holder, None, NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        let failure = check_controls(bank.root(), &path, &expected, NOW_S).unwrap_err();
        assert_eq!(failure.number, 1);
    });
}

#[test]
fn proofs_of_two_certificates_do_not_add_up() {
    let bank = Bank::new(Suite::Compact);
    let other = bank.issue(&bank.claims()).unwrap();
    let path = bank.chain.validate_path(&bank.holder, Some(&bank.crl), NOW_S).unwrap();
    let other_path = bank.chain.validate_path(&other, Some(&bank.crl), NOW_S).unwrap();
    let controls =
        bank.with_record(&bank.holder, |e| check_controls(&bank.holder, &path, &e, NOW_S)).unwrap();
    assert!(HolderCertificate::from_proofs(&bank.holder, &path, &controls).is_ok());
    assert!(HolderCertificate::from_proofs(&bank.holder, &other_path, &controls).is_err());
    assert!(HolderCertificate::from_proofs(&other, &other_path, &controls).is_err());
}

#[test]
fn before_the_challenge_six_controls_and_a_claim_are_checked() {
    let bank = Bank::new(Suite::Compact);
    let path = bank.chain.validate_path(&bank.holder, Some(&bank.crl), NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        let waiting = Expected { challenge_ok: false, ..expected };
        assert_eq!(check_binding(&bank.holder, &path, &waiting, NOW_S), Ok(()));
        let other = Expected { challenge: "nonce512-30s", ..waiting };
        let failure = check_binding(&bank.holder, &path, &other, NOW_S).unwrap_err();
        assert_eq!(failure.number, 7);
        let stolen = sha3_256(b"the thief's device");
        let other = Expected { device_id: &stolen, challenge: CHALLENGE, ..waiting };
        let failure = check_binding(&bank.holder, &path, &other, NOW_S).unwrap_err();
        assert_eq!(failure.number, 3);
    });
}
