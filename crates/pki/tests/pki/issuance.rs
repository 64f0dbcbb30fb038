//! What the profile refuses to sign, and what it signs.

use crypto::{SigningKey, Suite};
use pki::{Certificate, ControlClaims, Csr, PkiError, Profile, Request, build_csr, issue, prepare};
use proptest::prelude::*;

use crate::bank::{Bank, DAY_S, NOW_S, csr, key, other_hash};

type Change = (&'static str, fn(&mut ControlClaims));

#[test]
fn claims_out_of_bounds_are_named_and_nothing_is_signed() {
    let bank = Bank::new(Suite::Compact);
    let changes: [Change; 11] = [
        ("defense_version", |c| c.defense_version = 2),
        ("bank", |c| c.bank.clear()),
        ("bank", |c| c.bank = "b".repeat(65)),
        ("role", |c| c.role = "customer\u{202e}".to_owned()),
        ("purpose_scope", |c| c.purpose_scope = " padded".to_owned()),
        ("allowed_actions", |c| c.allowed_actions.push("payment.order".to_owned())),
        ("allowed_actions", |c| c.allowed_actions = (0..65).map(|i| i.to_string()).collect()),
        ("crl_url", |c| c.crl_url = "https://bänk.example/".to_owned()),
        ("generation", |c| c.generation = 0),
        ("previous", |c| c.generation = 2),
        ("previous", |c| c.previous = Some(c.lineage)),
    ];
    for (claim, change) in changes {
        let mut claims = bank.claims();
        change(&mut claims);
        assert_eq!(bank.issue(&claims).unwrap_err(), PkiError::Claim(claim));
    }
}

#[test]
fn claims_that_contradict_key_issuer_or_policy_are_linted() {
    let bank = Bank::new(Suite::Compact);
    let mut claims = bank.claims();
    claims.suite = Suite::Standard;
    assert_eq!(bank.issue(&claims).unwrap_err(), PkiError::Lint("claimed suite is not the key's"));
    let mut claims = bank.claims();
    claims.parent_ca_fp = other_hash();
    assert_eq!(
        bank.issue(&claims).unwrap_err(),
        PkiError::Lint("claimed parent is not the issuer")
    );
    let mut claims = bank.claims();
    claims.challenge = "nonce128-1h".to_owned();
    assert!(matches!(bank.issue(&claims), Err(PkiError::Lint(_))));
}

/// Prepares for `key` under the genuine issuing authority.
fn try_prepare(
    bank: &Bank,
    key: &SigningKey,
    change: impl FnOnce(&mut Request<'_>),
) -> Result<(), PkiError> {
    let (csr, claims) = (csr(key, "x"), bank.claims());
    let mut request =
        Request { csr: &csr, subject_cn: "Ada", claims: &claims, serial: [1; 16], now_s: NOW_S };
    change(&mut request);
    prepare(Profile::Staff, &request, bank.issuing()).map(drop)
}

#[test]
fn a_key_of_another_suite_or_sharing_a_half_with_the_issuer_is_refused() {
    let bank = Bank::new(Suite::Standard);
    assert!(matches!(
        try_prepare(&bank, &key(Suite::Compact, 3), |_| {}),
        Err(PkiError::Lint("key and issuer are of different suites"))
    ));
    let issuer = bank.issuing_key.seed().expose();
    let own = bank.holder_key.seed().expose();
    for seed in [[&issuer[..32], &own[32..]].concat(), [&own[..32], &issuer[32..]].concat()] {
        let shared = SigningKey::from_seed(Suite::Standard, &seed).unwrap();
        assert_eq!(
            try_prepare(&bank, &shared, |_| {}),
            Err(PkiError::Lint("key shares a half with its issuer"))
        );
    }
    assert_eq!(try_prepare(&bank, &bank.holder_key, |_| {}), Ok(()));
}

#[test]
fn a_zero_serial_a_bad_name_or_a_bad_time_is_refused() {
    let bank = Bank::new(Suite::Compact);
    let own = &bank.holder_key;
    assert!(matches!(try_prepare(&bank, own, |r| r.serial = [0; 16]), Err(PkiError::Lint(_))));
    for name in ["", " Ada", "Ada\n", "Ad\u{200b}a", "Strongroom Issuing 1", &"a".repeat(65)] {
        let tried = try_prepare(&bank, own, |r| r.subject_cn = leak(name));
        assert!(matches!(tried, Err(PkiError::Lint(_))), "{name:?}");
    }
    assert!(matches!(
        try_prepare(&bank, own, |r| r.now_s = bank.issuing().not_before_s() - 1),
        Err(PkiError::NotYetValid { .. })
    ));
    let outlive = try_prepare(&bank, own, |r| r.now_s = bank.issuing().not_after_s() - DAY_S);
    assert_eq!(outlive, Err(PkiError::Lint("certificate would outlive its issuer")));
    assert!(try_prepare(&bank, own, |r| r.now_s = i64::MAX).is_err());
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn a_holder_issues_nothing() {
    let bank = Bank::new(Suite::Compact);
    let (csr, claims) = (csr(&key(Suite::Compact, 8), "x"), bank.claims());
    let request =
        Request { csr: &csr, subject_cn: "Eve", claims: &claims, serial: [1; 16], now_s: NOW_S };
    assert_eq!(
        prepare(Profile::Holder, &request, &bank.holder).unwrap_err(),
        PkiError::NotAnAuthority("basic constraints")
    );
}

#[test]
fn a_token_is_redeemed_with_the_key_it_was_made_for_only() {
    let bank = Bank::new(Suite::Compact);
    let (csr, claims) = (csr(&bank.holder_key, "x"), bank.claims());
    let request =
        Request { csr: &csr, subject_cn: "Ada", claims: &claims, serial: [1; 16], now_s: NOW_S };
    let linted = prepare(Profile::Holder, &request, bank.issuing()).unwrap();
    assert!(!linted.get().der().is_empty());
    assert_eq!(issue(linted, &bank.root_key).unwrap_err(), PkiError::WrongIssuerKey);
}

#[test]
fn profiles_differ_in_length_only_and_names_carry_any_character() {
    let bank = Bank::new(Suite::Compact);
    let (csr, claims) = (csr(&bank.holder_key, "x"), bank.claims());
    for (profile, days) in [(Profile::Holder, 90), (Profile::Staff, 30)] {
        let request = Request {
            csr: &csr,
            subject_cn: "Zoë O=Evil,CN=Root+x\\",
            claims: &claims,
            serial: [0xFF; 16],
            now_s: NOW_S,
        };
        let linted = prepare(profile, &request, bank.issuing()).unwrap();
        let issued = issue(linted, &bank.issuing_key).unwrap();
        assert_eq!(issued.not_before_s(), NOW_S);
        assert_eq!(issued.not_after_s(), NOW_S + days * DAY_S);
        assert_eq!(issued.subject(), "CN=Zoë O=Evil\\,CN=Root\\+x\\\\");
        assert_eq!(issued.issuer(), "CN=Strongroom Issuing 1");
        assert_eq!(issued.serial(), [0xFF; 16]);
        assert_eq!(issued.claims(), Some(&claims));
        assert_eq!(issued.public_key(), csr.public_key());
        assert!(!issued.is_ca());
        bank.chain.validate_path(&issued, Some(&bank.crl), NOW_S).unwrap();
    }
}

#[test]
fn times_after_2049_are_written_and_read() {
    let late_s = 2_600_000_000; // 2052
    let key = key(Suite::Compact, 1);
    let validity = pki::Validity { not_before_s: NOW_S, not_after_s: late_s };
    let root = pki::authority::create_root(&key, "Late", [9; 16], validity).unwrap();
    assert_eq!(root.not_after_s(), late_s);
    assert_eq!(Certificate::from_der(root.der()).unwrap(), root);
    let never = pki::Validity { not_before_s: NOW_S, not_after_s: NOW_S };
    assert!(pki::authority::create_root(&key, "Never", [9; 16], never).is_err());
    let before = pki::Validity { not_before_s: -1, not_after_s: NOW_S };
    assert!(pki::authority::create_root(&key, "Before", [9; 16], before).is_err());
}

#[test]
fn every_byte_of_a_request_counts() {
    for suite in [Suite::Standard, Suite::Cnsa2] {
        let genuine = build_csr(&key(suite, 4), "Ada").unwrap();
        for at in 0..genuine.len() {
            let mut edited = genuine.clone();
            edited[at] ^= 1 << (at % 8);
            let verified = Csr::from_der(&edited).and_then(Csr::verify);
            assert!(verified.is_err(), "{suite}, byte {at}");
        }
        assert!(Csr::from_der(&[genuine.as_slice(), &[0]].concat()).is_err());
    }
}

fn plain(bytes_max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[a-zA-Z0-9.:/_-]{{1,{bytes_max}}}")).unwrap()
}

proptest! {
    #[test]
    fn claims_survive_their_encoding(
        bank in plain(64),
        role in plain(64),
        purpose in plain(128),
        actions in proptest::collection::hash_set(plain(64), 0..64),
        user_id: [u8; 16],
        hash: [u8; 32],
        crl_number: u64,
        generation in 1..=u32::MAX,
        suite in proptest::sample::select(Suite::ALL.to_vec()),
    ) {
        let hash = crypto::Sha3::from_bytes(hash);
        let claims = ControlClaims {
            defense_version: pki::DEFENSE_VERSION,
            bank,
            user_id,
            role,
            suite,
            device_id: hash,
            purpose_scope: purpose,
            allowed_actions: actions.into_iter().collect(),
            crl_url: "https://bank.example/crl".to_owned(),
            crl_number,
            parent_ca_fp: hash,
            lineage: hash,
            generation,
            previous: (generation > 1).then_some(hash),
            challenge: pki::CHALLENGE.to_owned(),
        };
        let der = claims.to_der().unwrap();
        prop_assert_eq!(ControlClaims::from_der(&der).unwrap(), claims);
    }

    #[test]
    fn parsers_refuse_noise_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(Certificate::from_der(&bytes).is_err());
        prop_assert!(Csr::from_der(&bytes).is_err());
        prop_assert!(pki::Crl::from_der(&bytes).is_err());
        prop_assert!(ControlClaims::from_der(&bytes).is_err());
    }
}
