//! Root, issuing authority, holder: what makes a path, and what does not.

use crypto::Suite;
use pki::{
    Chain, PkiError, Profile, Request, authority, issue, prepare, validate_path, verify_any,
};

use crate::bank::{Bank, DAY_S, HOUR_S, NOW_S, claims, csr, key, list, years};

#[test]
fn an_expired_or_not_yet_valid_holder_is_refused_to_the_second() {
    let bank = Bank::new(Suite::Compact);
    let last_s = NOW_S + 90 * DAY_S;
    let at = |now_s| bank.chain.validate_path(&bank.holder, None, now_s).map(drop);
    assert_eq!(at(NOW_S - 1), Err(PkiError::NotYetValid { not_before_s: NOW_S, now_s: NOW_S - 1 }));
    assert_eq!(at(NOW_S), Ok(()));
    assert_eq!(at(last_s), Ok(()));
    assert_eq!(at(last_s + 1), Err(PkiError::Expired { not_after_s: last_s, now_s: last_s + 1 }));
}

#[test]
fn an_expired_authority_takes_its_holders_along() {
    let bank = Bank::new(Suite::Compact);
    let root_end_s = bank.root().not_after_s();
    let past = bank.chain.validate_path(&bank.holder, None, root_end_s + 1);
    assert_eq!(past, Err(PkiError::Expired { not_after_s: root_end_s, now_s: root_end_s + 1 }));
    let issuing_end_s = bank.issuing().not_after_s();
    assert!(matches!(
        bank.chain.validate_path(&bank.holder, None, issuing_end_s + 1),
        Err(PkiError::Expired { .. })
    ));
}

#[test]
fn a_path_does_not_begin_before_its_root() {
    let bank = Bank::new(Suite::Compact);
    let early_s = bank.root().not_before_s() - 1;
    assert!(matches!(
        bank.chain.validate_path(&bank.holder, None, early_s),
        Err(PkiError::NotYetValid { .. })
    ));
    assert!(bank.chain.validate_path(&bank.holder, None, -1).is_err());
}

#[test]
fn authorities_are_not_holders_and_holders_are_not_authorities() {
    let bank = Bank::new(Suite::Compact);
    assert_eq!(
        bank.chain.validate_path(bank.issuing(), None, NOW_S),
        Err(PkiError::UnknownIssuer("certificate")),
    );
    assert_eq!(
        Chain::new(bank.root().clone(), bank.holder.clone()).unwrap_err(),
        PkiError::NotAnAuthority("basic constraints")
    );
    assert!(Chain::new(bank.issuing().clone(), bank.issuing().clone()).is_err());
    assert!(Chain::new(bank.root().clone(), bank.root().clone()).is_err());
    assert!(Chain::new(bank.issuing().clone(), bank.root().clone()).is_err());
}

#[test]
fn an_issuing_authority_cannot_make_another_one() {
    let bank = Bank::new(Suite::Compact);
    let below = csr(&key(Suite::Compact, 9), "Below");
    let made =
        authority::create_issuing(bank.issuing(), &bank.issuing_key, &below, [5; 16], years(1));
    assert_eq!(made.unwrap_err(), PkiError::NotAnAuthority("path length"));
}

#[test]
fn a_holder_of_another_bank_with_the_same_names_is_refused() {
    let bank = Bank::new(Suite::Standard);
    let (root_key, issuing_key) = (key(Suite::Standard, 31), key(Suite::Standard, 32));
    let root =
        authority::create_root(&root_key, "Strongroom Root 1", [0x11; 16], years(20)).unwrap();
    let request = csr(&issuing_key, "Strongroom Issuing 1");
    let issuing =
        authority::create_issuing(&root, &root_key, &request, [0x22; 16], years(5)).unwrap();
    assert!(Chain::new(bank.root().clone(), issuing.clone()).is_err());

    let holder_csr = csr(&bank.holder_key, "x");
    let claims = claims(Suite::Standard, &issuing);
    let request = Request {
        csr: &holder_csr,
        subject_cn: "Ada Lovelace",
        claims: &claims,
        serial: [0xA5; 16],
        now_s: NOW_S,
    };
    let linted = prepare(Profile::Holder, &request, &issuing).unwrap();
    let alien = issue(linted, &issuing_key).unwrap();
    assert_eq!(
        bank.chain.validate_path(&alien, None, NOW_S),
        Err(PkiError::UnknownIssuer("certificate"))
    );
}

#[test]
fn suites_do_not_mix_in_a_path() {
    let standard = Bank::new(Suite::Standard);
    for suite in [Suite::Compact, Suite::Pure65, Suite::Cnsa2, Suite::Hsm] {
        let other = Bank::new(suite);
        assert!(Chain::new(standard.root().clone(), other.issuing().clone()).is_err());
        assert_eq!(
            standard.chain.validate_path(&other.holder, None, NOW_S),
            Err(PkiError::MixedSuites)
        );
        let request = csr(&other.issuing_key, "Mixed");
        assert!(matches!(
            authority::create_issuing(
                standard.root(),
                &standard.root_key,
                &request,
                [1; 16],
                years(1)
            ),
            Err(PkiError::Lint(_))
        ));
    }
}

#[test]
fn an_authority_with_its_key_in_a_token_certifies_standard_keys_and_no_weaker_ones() {
    let bank = Bank::with_holders(Suite::Hsm, Suite::Standard);
    let path = bank.chain.validate_path(&bank.holder, Some(&bank.crl), NOW_S).unwrap();
    bank.with_record(&bank.holder, |expected| {
        pki::check_controls(&bank.holder, &path, &expected, NOW_S).unwrap();
        // The policy names both suites: a bank without a token takes nothing that one with a token would sign.
        let other = pki::Expected { authority_suite: Suite::Standard, ..expected };
        let refused = pki::check_controls(&bank.holder, &path, &other, NOW_S).unwrap_err();
        assert_eq!(refused.number, 1);
        let other = pki::Expected { suite: Suite::Hsm, ..expected };
        let refused = pki::check_controls(&bank.holder, &path, &other, NOW_S).unwrap_err();
        assert_eq!(refused.number, 1);
    });
    for suite in [Suite::Compact, Suite::Pure65, Suite::Cnsa2] {
        let request = csr(&key(suite, 9), "x");
        let claims = claims(suite, bank.issuing());
        let request = Request {
            csr: &request,
            subject_cn: "Ada Lovelace",
            claims: &claims,
            serial: [0xA5; 16],
            now_s: NOW_S,
        };
        let refused = prepare(Profile::Holder, &request, bank.issuing()).unwrap_err();
        assert!(matches!(refused, PkiError::Lint(_)), "{suite}: {refused}");
    }
    // Nor does the reverse hold: who trusts a root of `standard` is shown nothing of `hsm`.
    let standard = Bank::new(Suite::Standard);
    let refused = standard.chain.validate_path(&bank.holder, None, NOW_S);
    assert_eq!(refused, Err(PkiError::MixedSuites));
}

#[test]
fn the_whole_path_holds_in_every_suite() {
    let banks = Suite::ALL.map(Bank::new).into_iter();
    for bank in banks.chain([Bank::with_holders(Suite::Hsm, Suite::Standard)]) {
        verify_any(bank.root(), None, NOW_S).unwrap();
        verify_any(bank.issuing(), Some(bank.root()), NOW_S).unwrap();
        verify_any(&bank.holder, Some(bank.issuing()), NOW_S).unwrap();
        assert!(verify_any(&bank.holder, Some(bank.root()), NOW_S).is_err());
        assert!(verify_any(&bank.holder, None, NOW_S).is_err());

        let path = validate_path(&bank.holder, bank.issuing(), bank.root(), Some(&bank.crl), NOW_S)
            .unwrap();
        assert_eq!(*path.certificate(), bank.holder.fingerprint());
        assert_eq!(*path.issuing(), bank.issuing().fingerprint());
        assert_eq!(path.crl_number(), Some(bank.crl.number()));
        assert_eq!(path.valid_until_s(), NOW_S + HOUR_S - 1, "the list ends first");
        let bare = bank.chain.validate_path(&bank.holder, None, NOW_S).unwrap();
        assert_eq!(bare.crl_number(), None);
        assert_eq!(bare.valid_until_s(), bank.holder.not_after_s());

        let admitted = bank.admit(&bank.holder).unwrap();
        assert_eq!(*admitted.certificate(), bank.holder);
    }
}

#[test]
fn a_list_of_another_authority_gives_no_path() {
    let bank = Bank::new(Suite::Compact);
    let roots = list(bank.root(), &bank.root_key, 1, &[]);
    assert_eq!(
        bank.chain.validate_path(&bank.holder, Some(&roots), NOW_S),
        Err(PkiError::UnknownIssuer("revocation list"))
    );
}
