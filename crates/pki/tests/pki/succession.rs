//! One issuing authority after another: what root and predecessor must have said, and what a verifier of the old can follow.

use crypto::{SigningKey, Suite};
use pki::{
    Certificate, PkiError, Profile, Request, VerifiedCsr, authority, build_csr, issue, prepare,
    verify_any,
};

use crate::bank::{Bank, DAY_S, NOW_S, claims, csr, years};

fn fresh(suite: Suite) -> SigningKey {
    SigningKey::generate(suite).unwrap()
}

struct Succession {
    bank: Bank,
    new_key: SigningKey,
    new: Certificate,
    cross: Certificate,
}

fn request(bank: &Bank, key: &SigningKey) -> VerifiedCsr {
    csr(key, &bank.issuing().common_name().unwrap())
}

fn succession() -> Succession {
    let bank = Bank::new(Suite::Compact);
    let new_key = fresh(Suite::Compact);
    let asked = request(&bank, &new_key);
    let new =
        authority::create_issuing(bank.root(), &bank.root_key, &asked, [9; 16], years(2)).unwrap();
    let cross = authority::cross_certify(bank.issuing(), &bank.issuing_key, &asked, [8; 16], NOW_S)
        .unwrap();
    Succession { bank, new_key, new, cross }
}

impl Succession {
    fn check(&self, new: &Certificate, cross: &Certificate, now_s: i64) -> Result<(), PkiError> {
        authority::check_succession(self.bank.root(), self.bank.issuing(), new, cross, now_s)
    }
}

#[test]
fn a_verifier_that_holds_only_the_old_authority_follows_to_the_new_one() {
    let it = succession();
    assert_eq!(it.check(&it.new, &it.cross, NOW_S), Ok(()));
    let claims = claims(Suite::Compact, &it.new);
    let asked = csr(&fresh(Suite::Compact), "x");
    let wanted =
        Request { csr: &asked, subject_cn: "Ada", claims: &claims, serial: [7; 16], now_s: NOW_S };
    let holder = issue(prepare(Profile::Holder, &wanted, &it.new).unwrap(), &it.new_key).unwrap();
    assert_eq!(verify_any(&it.cross, Some(it.bank.issuing()), NOW_S), Ok(()));
    assert_eq!(verify_any(&holder, Some(&it.cross), NOW_S), Ok(()));
    assert!(verify_any(&holder, Some(it.bank.issuing()), NOW_S).is_err());
    // It is no longer good than its issuer.
    assert_eq!(it.cross.not_after_s(), it.bank.issuing().not_after_s());
}

#[test]
fn a_succession_lacks_nothing_and_mixes_nothing() {
    let (it, other) = (succession(), succession());
    let another_key = fresh(Suite::Compact);
    let of_another = authority::cross_certify(
        it.bank.issuing(),
        &it.bank.issuing_key,
        &request(&it.bank, &another_key),
        [8; 16],
        NOW_S,
    )
    .unwrap();
    for (what, new, cross) in [
        ("of another key", &other.new, &it.cross),
        ("cross-certified for another key", &it.new, &other.cross),
        ("cross-certificate of another key", &it.new, &of_another),
        ("not by the root", &it.cross, &it.cross),
        ("not by the predecessor", &it.new, &it.new),
        ("the predecessor itself", it.bank.issuing(), &it.cross),
        ("the root itself", it.bank.root(), &it.cross),
    ] {
        assert!(it.check(new, cross, NOW_S).is_err(), "{what}");
    }
    assert!(it.check(&it.new, &it.cross, NOW_S - 2 * DAY_S).is_err(), "before its time");
    assert!(it.check(&it.new, &it.cross, it.new.not_after_s() + 1).is_err(), "after its time");
}

#[test]
fn the_predecessor_certifies_its_own_name_and_a_key_of_its_own_only() {
    let bank = Bank::new(Suite::Compact);
    let sign = |key: &SigningKey, asked: &VerifiedCsr| {
        authority::cross_certify(bank.issuing(), key, asked, [8; 16], NOW_S).map(drop)
    };
    let good = request(&bank, &fresh(Suite::Compact));
    assert_eq!(sign(&bank.issuing_key, &good), Ok(()));
    assert_eq!(sign(&bank.root_key, &good), Err(PkiError::WrongIssuerKey));
    let other_name = csr(&fresh(Suite::Compact), "Somebody Else");
    assert!(matches!(sign(&bank.issuing_key, &other_name), Err(PkiError::Lint(_))));
    let other_suite = build_csr(&fresh(Suite::Pure65), &bank.issuing().common_name().unwrap());
    let other_suite = pki::Csr::from_der(&other_suite.unwrap()).unwrap().verify().unwrap();
    assert!(matches!(sign(&bank.issuing_key, &other_suite), Err(PkiError::Lint(_))));
    let own_key = request(&bank, &bank.issuing_key);
    assert!(matches!(sign(&bank.issuing_key, &own_key), Err(PkiError::Lint(_))));
}
