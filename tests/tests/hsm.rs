//! A bank whose issuing key has its classical half in a PKCS#11 token: `SoftHSM`'s, through its real module.

use std::fs;

use client::{Wish, verify_receipt};
use crypto::{SecretBytes, Suite};
use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session as TokenSession, UserType};
use cryptoki::types::AuthPin;
use e2e::token::{PIN, SoftTokens, open};
use e2e::{BANK, Bank, PASSPHRASE, eur};
use intent::RevocationReason;
use pki::{Certificate, Chain, Crl};
use server::authority::{AuthorityError, InToken, Token, TokenError, TokenPlace, succession};
use server::certificates::SignerError;
use server::doctor::Status;
use server::start::StartError;
use server::{clock, doctor};

const TOKEN: &str = "bank";
const KEY: &str = "issuing-1";
const OVERLAP_DAYS: u16 = 30;

/// The token as somebody in the bank sees it who knows its PIN.
fn insider(place: &TokenPlace) -> (Pkcs11, TokenSession) {
    let module = Pkcs11::new(&place.module).unwrap();
    let is_it = |slot: &_| module.get_token_info(*slot).unwrap().label() == place.label;
    let slot = module.get_slots_with_token().unwrap().into_iter().find(is_it).unwrap();
    let session = module.open_rw_session(slot).unwrap();
    // Where the server of this process has signed in, so has the insider.
    let _ = session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned())));
    (module, session)
}

fn object(session: &TokenSession, class: ObjectClass, label: &str) -> ObjectHandle {
    let named = [Attribute::Class(class), Attribute::Label(label.as_bytes().to_vec())];
    let [key] = session.find_objects(&named).unwrap()[..] else { panic!("not one {label}") };
    key
}

/// Why a server does not come up with this token.
async fn refusal(bank: &Bank, token: Option<&Token>) -> TokenError {
    match bank.try_start_with(token).await.expect_err("a refusal") {
        StartError::Authority(AuthorityError::Token(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn now_s() -> i64 {
    clock::now().get() / 1_000_000
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_with_its_issuing_key_in_a_token_enrols_pays_revokes_and_verifies() {
    let test = "a_bank_with_its_issuing_key_in_a_token_enrols_pays_revokes_and_verifies";
    let Some(tokens) = SoftTokens::of(test) else { return };
    let key = tokens.key(TOKEN, KEY);
    let place = key.token.place().clone();
    let mut bank = Bank::start_in_token(key).await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);
    let settled = alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    verify_receipt(&settled.receipt, bank.trust()).unwrap();

    // The authorities are of suite `hsm`, the holders of `standard`.
    let certificates = alice.holder.certificates().unwrap();
    for authority in [&certificates.root, &certificates.issuing] {
        assert_eq!(authority.public_key().suite(), Suite::Hsm);
    }
    assert_eq!(certificates.holder.public_key().suite(), Suite::Standard);
    assert_eq!(certificates.holder.signature_suite(), Suite::Hsm);
    let info = bank.get("/api/security/info").await.ok().json();
    assert_eq!(info["keys"]["issuing"], "token");
    assert_eq!((&info["suite"], &info["authority_suite"]), (&"standard".into(), &"hsm".into()));

    let carol = bank.enrol("Carol").await;
    let serial = carol.certificates().unwrap().holder.serial().to_vec();
    let hash = carol.certificate_hash().unwrap();
    bank.admin().await.revoke(hash, RevocationReason::KeyCompromise).await.unwrap();
    let path = format!("/api/certificates/crl/{}", certificates.issuing.fingerprint());
    let crl = Crl::from_der(&bank.get(&path).await.ok().body).unwrap();
    let crl = crl.verify(&certificates.issuing, now_s()).unwrap();
    assert!(crl.is_revoked(&serial));
    assert!(bank.client().login(carol.identity.clone()).await.is_err());
    bank.assert_verifies().await;

    // `doctor` says where the key is, and what is missing without the token.
    let mut config = server::config::Config::default();
    bank.folder().clone_into(&mut config.data_dir);
    let issuing = async |config: &server::config::Config| {
        let checks = doctor::examine(config).await;
        checks.into_iter().find(|check| check.name == "issuing key").unwrap()
    };
    assert_eq!(issuing(&config).await.status, Status::Fail);
    config.token = Some(place.clone());
    let check = issuing(&config).await;
    assert_eq!(check.status, Status::Ok, "{}", check.detail);
    config.token = Some(TokenPlace { label: "another".to_owned(), ..place });
    assert_eq!(issuing(&config).await.status, Status::Fail);

    bank.stop_server().await;
    bank.start_server().await;
    bank.enrol("Dora").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_leaves_the_token_and_one_that_could_is_refused() {
    let Some(tokens) = SoftTokens::of("no_key_leaves_the_token_and_one_that_could_is_refused")
    else {
        return;
    };
    let key = tokens.key(TOKEN, KEY);
    let place = key.token.place().clone();
    let bank = Bank::start_in_token(key).await;
    let (_module, session) = insider(&place);
    let signing = object(&session, ObjectClass::PRIVATE_KEY, KEY);
    let sealing = object(&session, ObjectClass::SECRET_KEY, KEY);
    for key in [signing, sealing] {
        let value = session.get_attribute_info(key, &[AttributeType::Value]).unwrap();
        assert!(matches!(value[..], [AttributeInfo::Sensitive]), "shown: {value:?}");
        let wrapped = session.wrap_key(&Mechanism::AesKeyWrapPad, sealing, key);
        assert!(wrapped.is_err(), "a private key was wrapped for somebody else");
        let loosened = session.update_attributes(key, &[Attribute::Extractable(true)]);
        assert!(loosened.is_err(), "a private key was made extractable");
    }

    // An insider puts a key there that can be taken out again.
    let curve = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        session.destroy_object(object(&session, class, KEY)).unwrap();
    }
    let label = Attribute::Label(KEY.as_bytes().to_vec());
    let public = [Attribute::Token(true), Attribute::EcParams(curve), label.clone()];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(true),
        Attribute::Sign(true),
        label,
    ];
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
    let refused = refusal(&bank, Some(&open(&place))).await;
    assert_eq!(refused, TokenError::Leaves(KEY.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_token_or_with_another_the_bank_stays_closed() {
    let test = "without_its_token_or_with_another_the_bank_stays_closed";
    let Some(tokens) = SoftTokens::of(test) else { return };
    // Before anybody has signed in: afterwards a process stays signed in.
    let place = tokens.make(TOKEN);
    let wrong = SecretBytes::new(b"161803".to_vec());
    let refused = Token::open(&place, &wrong).unwrap_err();
    assert_eq!(refused, TokenError::Pin(TOKEN.to_owned()));
    let bank = Bank::start_in_token(InToken { token: open(&place), label: KEY.to_owned() }).await;

    assert_eq!(refusal(&bank, None).await, TokenError::NotNamed);
    let empty = open(&tokens.make("empty"));
    let (key, token) = (KEY.to_owned(), "empty".to_owned());
    assert_eq!(refusal(&bank, Some(&empty)).await, TokenError::NoSuchKey { key, token });

    // A token with a key of the same name, made by the same product for the same bank.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = tokens.key("other", KEY);
    let (id, passphrase) = (BANK.parse().unwrap(), SecretBytes::new(PASSPHRASE.into()));
    let prepare = |key: &InToken| {
        let (name, suite, folder) = ("Test Bank", Suite::Standard, elsewhere.path());
        succession::prepare_founding(&id, name, suite, folder, &passphrase, Some(key))
    };
    prepare(&other).unwrap();
    assert_eq!(refusal(&bank, Some(&other.token)).await, TokenError::OtherKey(KEY.to_owned()));

    // What was made is taken up again, under its own label only; and no label is used twice.
    prepare(&other).unwrap();
    let renamed = InToken { token: other.token.clone(), label: "issuing-9".to_owned() };
    let refused = prepare(&renamed).unwrap_err();
    assert_eq!(refused.to_string(), TokenError::OtherLabel(KEY.to_owned()).to_string());
    fs::remove_file(elsewhere.path().join("bank.keys")).unwrap();
    let refused = prepare(&other).unwrap_err();
    assert_eq!(refused.to_string(), TokenError::KeyKnown(KEY.to_owned()).to_string());

    let nowhere = TokenPlace { module: "/nowhere/module.so".into(), label: TOKEN.to_owned() };
    let pin = SecretBytes::new(PIN.into());
    assert!(matches!(Token::open(&nowhere, &pin), Err(TokenError::Module { .. })));
    let unknown = TokenPlace { module: tokens.module().to_owned(), label: "unknown".to_owned() };
    let refused = Token::open(&unknown, &pin).unwrap_err();
    assert_eq!(refused, TokenError::NoSuchToken("unknown".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_with_either_half_of_the_tokens_signature_altered_is_refused() {
    let test = "a_certificate_with_either_half_of_the_tokens_signature_altered_is_refused";
    let Some(tokens) = SoftTokens::of(test) else { return };
    let bank = Bank::start_in_token(tokens.key(TOKEN, KEY)).await;
    let alice = bank.customer("Alice", 0).await;
    let certificates = alice.holder.certificates().unwrap();
    let chain = Chain::new(certificates.root.clone(), certificates.issuing.clone()).unwrap();
    let genuine = certificates.holder.der();
    chain.validate_path(&certificates.holder, None, now_s()).unwrap();
    // ECDSA stands at the end, in at most 72 bytes; ML-DSA in front of it.
    for (half, from_end) in [("ECDSA", 1), ("ML-DSA", 100)] {
        let mut der = genuine.to_vec();
        let at = der.len() - from_end;
        der[at] ^= 1;
        let altered = Certificate::from_der(&der).unwrap();
        assert!(chain.validate_path(&altered, None, now_s()).is_err(), "{half}");
        bank.execute(&replace(&certificates.holder, &altered)).await;
        let refused = bank.app().directory.signer(&altered.fingerprint(), clock::now()).await;
        assert!(matches!(refused, Err(SignerError::Path(_))), "{half}: {refused:?}");
        let report = bank.verify().await;
        assert!(!report.ok, "{half}: {report:?}");
        bank.execute(&replace(&altered, &certificates.holder)).await;
    }
    bank.assert_verifies().await;
}

fn replace(one: &Certificate, by: &Certificate) -> String {
    format!(
        "UPDATE certificates SET der = '\\x{}', fingerprint = '\\x{}' WHERE fingerprint = '\\x{}'",
        hex::encode(by.der()),
        by.fingerprint(),
        one.fingerprint(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_away_stops_certificates_and_nothing_else_until_it_is_back() {
    let test = "a_token_that_is_away_stops_certificates_and_nothing_else_until_it_is_back";
    let Some(tokens) = SoftTokens::of(test) else { return };
    let key = tokens.key(TOKEN, KEY);
    let place = key.token.place().clone();
    let bank = Bank::start_in_token(key).await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);

    // The module forgets every session: the next signature opens one.
    let forget = || {
        let (module, session) = insider(&place);
        drop(session);
        module.finalize().unwrap();
    };
    forget();
    bank.enrol("Carol").await;

    // The token is gone.
    let (storage, hidden) = (tokens.storage(), tokens.storage().with_extension("hidden"));
    forget();
    fs::rename(&storage, &hidden).unwrap();
    fs::create_dir(&storage).unwrap();
    let certificates = "SELECT count(*) FROM certificates";
    let before = bank.count(certificates).await;
    let hash = alice.holder.certificate_hash().unwrap();
    let revoking = Wish::revoke(hash, RevocationReason::Unspecified);
    let refused = bank.admin().await.submit(revoking).await.err().expect("a refusal");
    let problem = refused.problem().expect("a problem");
    assert_eq!((problem.status, problem.code.as_str()), (503, "unavailable"), "{problem:?}");
    assert!(problem.detail.contains("issuing key"), "{problem:?}");
    let next = bob.holder.successor().unwrap();
    let refused = bob.rotate(&next).await.expect_err("a refusal");
    assert_eq!(refused.problem().expect("a problem").code, "unavailable");
    assert_eq!(bank.count(certificates).await, before, "a certificate without a signature");
    // Money needs no issuing key.
    alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();

    // It is back, and so is everything.
    fs::remove_dir(&storage).unwrap();
    fs::rename(&hidden, &storage).unwrap();
    bob.rotate(&next).await.unwrap();
    bank.enrol("Dora").await;
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_is_rotated_to_a_new_key_of_the_token() {
    let Some(tokens) = SoftTokens::of("the_authority_is_rotated_to_a_new_key_of_the_token") else {
        return;
    };
    let key = tokens.key(TOKEN, KEY);
    let token = key.token.clone();
    let mut bank = Bank::start_in_token(key).await;
    let alice = bank.customer("Alice", 1_000).await;
    let old = bank.app().authority.issuing();
    let next = InToken { token: token.clone(), label: "issuing-2".to_owned() };
    let successor = bank.successor_in(Some(&next)).await;
    bank.stop_server().await;
    bank.start_server().await;
    let second = bank.second_admin().await;
    bank.admin().await.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    second.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    let carol = bank.customer("Carol", 0).await;
    let new = &carol.holder.certificates().unwrap().issuing;
    assert_eq!(new.fingerprint(), successor.certificate.fingerprint());
    assert_eq!(new.public_key().suite(), Suite::Hsm);
    alice.transfer(alice.account, carol.account, eur(100), None).await.unwrap();
    for issuer in [&old, new] {
        let path = format!("/api/certificates/crl/{}", issuer.fingerprint());
        let crl = Crl::from_der(&bank.get(&path).await.ok().body).unwrap();
        crl.verify(issuer, now_s()).unwrap();
    }
    bank.assert_verifies().await;

    // While the old one still signs its list, a server does not come up without its key; the same with the new one's.
    let (_module, session) = insider(token.place());
    for label in [KEY, "issuing-2"] {
        session.destroy_object(object(&session, ObjectClass::PRIVATE_KEY, label)).unwrap();
        let (key, token_label) = (label.to_owned(), TOKEN.to_owned());
        let refused = refusal(&bank, Some(&token)).await;
        assert_eq!(refused, TokenError::NoSuchKey { key, token: token_label });
    }
}
