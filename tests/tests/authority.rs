//! The rotation of the issuing authority: with overlap, under two signatures, and against whoever tries it otherwise.

use client::{Session, Wish, verify_receipt};
use crypto::{SecretBytes, SigningKey, Suite};
use e2e::{Bank, Request, Successor, authority_key, eur};
use intent::{Receipt, RevocationReason};
use pki::{Certificate, Chain, Crl, Csr, Profile, build_csr};
use serde_json::Value;
use server::authority::{KeyFile, KeyPurpose, ceremony, succession};
use server::bank::{Charter, FoundingPlan};
use server::certificates::SignerError;
use server::clock;
use server::db::Db;
use server::migrate;
use server::postgres::{Durability, PrivateCluster};

const OVERLAP_DAYS: u16 = 30;

/// Two administrators put the next authority into force.
async fn rotate(bank: &Bank, successor: &Successor) -> Session {
    let second = bank.second_admin().await;
    bank.admin().await.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    second.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    second
}

/// The code that a wish is refused with.
async fn refusal(session: &Session, wish: Wish) -> String {
    let error = session.submit(wish).await.err().expect("a refusal");
    error.problem().expect("a problem").code.clone()
}

async fn authorities(bank: &Bank) -> Vec<Value> {
    let page = bank.get_as(bank.admin().await, "/api/admin/authority").await.ok().json();
    page["items"].as_array().unwrap().clone()
}

fn parent(holder: &e2e::Holder) -> crypto::Sha3 {
    holder.certificates().unwrap().issuing.fingerprint()
}

fn offline(bank: &Bank, receipt: &Receipt) {
    verify_receipt(receipt, bank.trust()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_rotate_the_authority_and_nobody_is_interrupted() {
    let (bank, successor) = Bank::start_with_successor().await;
    let other = bank.start_another().await;
    let (alice, bob) = (bank.customer("Alice", 10_000).await, bank.customer("Bob", 0).await);
    let before = alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    let old = bank.app().authority.issuing();

    rotate(&bank, &successor).await;
    let new = successor.certificate.fingerprint();
    assert_eq!(authorities(&bank).await.len(), 2);
    let of =
        |items: &[Value], at: usize, member: &str| items[at][member].as_str().unwrap().to_owned();
    let items = authorities(&bank).await;
    assert_eq!(
        (of(&items, 0, "status"), of(&items, 0, "generation")),
        ("active".into(), "2".into())
    );
    assert_eq!(
        (of(&items, 1, "status"), of(&items, 1, "generation")),
        ("retiring".into(), "1".into())
    );

    // Those of the old authority go on, through either server; who is new, or renews, is the new authority's.
    let after = alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    let carol = bank.enrol("Carol").await;
    assert_eq!(parent(&carol), new);
    bank.login(&carol).await;
    // A report tells of both ages, each under the authority that issued then, and proves all of it offline.
    let began = intent::UtcMicros::from_micros(0);
    let window = intent::ReportSubject::Window;
    let wish = Wish::audit_report(window, String::new(), Some(began), None);
    let mut settled = bank.auditor().await.submit(wish).await.unwrap();
    let receipt: Value = serde_json::from_slice(&settled.receipt.to_json()).unwrap();
    let report = settled.extra.remove("report").unwrap();
    let file = serde_json::json!({ "receipt": receipt, "report": report }).to_string();
    let proof = client::verify_report(file.as_bytes(), bank.trust()).unwrap();
    assert!(proof.signatures > 4 && proof.certificates > 2, "{proof:?}");
    let file: Value = serde_json::from_str(&file).unwrap();
    let ages = file["report"]["issuing"].as_array().unwrap();
    assert_eq!(ages.len(), 2, "both authorities are in it");

    let elsewhere = bank.client_of(&other);
    let there = elsewhere.login(alice.holder.identity.clone()).await.unwrap();
    let through = there.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    elsewhere.login(carol.identity.clone()).await.unwrap();
    let next = bob.holder.successor().unwrap();
    bob.rotate(&next).await.unwrap();
    assert_eq!(next.certificates().unwrap().issuing.fingerprint(), new);
    for settled in [&before, &after, &through] {
        offline(&bank, &settled.receipt);
    }

    // Each signs its own list, both of one number; both name whoever is revoked, whosever certificate it is.
    let lost = carol.certificate_hash().unwrap();
    let serial = carol.certificates().unwrap().holder.serial().to_vec();
    bank.admin().await.revoke(lost, RevocationReason::KeyCompromise).await.unwrap();
    let now_s = clock::now().get() / 1_000_000;
    let mut numbers = Vec::new();
    for issuer in [&old, &successor.certificate] {
        let path = format!("/api/certificates/crl/{}", issuer.fingerprint());
        let crl = Crl::from_der(&bank.get(&path).await.ok().body).unwrap();
        let crl = crl.verify(issuer, now_s).unwrap();
        assert!(crl.is_revoked(&serial));
        numbers.push(crl.number());
    }
    assert_eq!(numbers[0], numbers[1]);
    let unknown = format!("/api/certificates/crl/{}", "0".repeat(64));
    assert_eq!(bank.get(&unknown).await.status, 404);
    let info = bank.get("/api/security/info").await.ok().json();
    let began = clock_text(successor.certificate.not_before_s());
    assert_eq!(info["rotation"]["issuing_not_before"].as_str(), Some(began.as_str()));

    bank.assert_verifies().await;
    other.shutdown().await.unwrap();
}

fn clock_text(at_s: i64) -> String {
    intent::UtcMicros::from_micros(at_s * 1_000_000).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_alone_never_rotates_the_authority() {
    let (bank, successor) = Bank::start_with_successor().await;
    let admin = bank.admin().await;
    let old = bank.app().authority.issuing();
    admin.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    assert_eq!(refusal(admin, successor.wish(OVERLAP_DAYS)).await, "approval-by-maker");
    for session in [bank.manager().await, bank.auditor().await] {
        assert_eq!(refusal(session, successor.wish(OVERLAP_DAYS)).await, "permission-denied");
    }
    // The second one signs what the first one signed, or nothing.
    let second = bank.second_admin().await;
    assert_eq!(refusal(&second, successor.wish(OVERLAP_DAYS + 1)).await, "authority-differs");
    let carol = bank.enrol("Carol").await;
    assert_eq!(parent(&carol), old.fingerprint(), "a proposal issues nothing");
    second.submit(successor.wish(OVERLAP_DAYS)).await.unwrap();
    assert_eq!(refusal(admin, successor.wish(OVERLAP_DAYS)).await, "authority-known");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_the_root_or_the_predecessor_did_not_certify_is_refused() {
    let (bank, successor) = Bank::start_with_successor().await;
    let (now, suite) = (clock::now(), Suite::Standard);
    let request = Csr::from_der(&successor.request).unwrap().verify().unwrap();
    let stranger = SigningKey::generate(suite).unwrap();
    let other_root = succession::create_root(&stranger, "Test Bank", now).unwrap();
    let by_other_root = succession::certify(&other_root, &stranger, &request, now).unwrap();
    let old = bank.app().authority.issuing();
    let old_key = authority_key(&bank, KeyFile::BANK_KEYS, KeyPurpose::Issuing);
    let name = old.common_name().unwrap();
    let other_request = build_csr(&SigningKey::generate(suite).unwrap(), &name).unwrap();
    let other_request = Csr::from_der(&other_request).unwrap().verify().unwrap();
    let now_s = now.get() / 1_000_000;
    let cross_of_another =
        pki::authority::cross_certify(&old, &old_key, &other_request, [0x44; 16], now_s).unwrap();
    let with = |certificate: &Certificate, cross: &Certificate| Successor {
        certificate: certificate.clone(),
        cross: cross.clone(),
        request: Vec::new(),
    };
    let cases = [
        ("another root", with(&by_other_root, &successor.cross)),
        ("a cross-certificate of another key", with(&successor.certificate, &cross_of_another)),
        ("the root's certificate twice", with(&successor.certificate, &successor.certificate)),
        ("the cross-certificate alone", with(&successor.cross, &successor.cross)),
        ("the root itself", with(bank.app().authority.root(), &successor.cross)),
    ];
    for (what, forged) in cases {
        let admin = bank.admin().await;
        assert_eq!(refusal(admin, forged.wish(OVERLAP_DAYS)).await, "authority-invalid", "{what}");
    }
}

/// A certificate that an insider with the old key makes after the authority was replaced.
fn forge_under_the_old(bank: &Bank, like: &Certificate, old: &Certificate) -> Certificate {
    let old_key = authority_key(bank, KeyFile::BANK_KEYS, KeyPurpose::Issuing);
    let mut claims = like.claims().unwrap().clone();
    claims.parent_ca_fp = old.fingerprint();
    let key = SigningKey::generate(Suite::Standard).unwrap();
    let csr = Csr::from_der(&build_csr(&key, "x").unwrap()).unwrap().verify().unwrap();
    let request = pki::Request {
        csr: &csr,
        subject_cn: "x",
        claims: &claims,
        serial: [0x45; 16],
        // A moment after the rotation: certificates know no fractions of a second.
        now_s: clock::now().get() / 1_000_000 + 1,
    };
    pki::issue(pki::prepare(Profile::Holder, &request, old).unwrap(), &old_key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_authority_issues_after_it_was_replaced_is_worth_nothing() {
    let (bank, successor) = Bank::start_with_successor().await;
    let old = bank.app().authority.issuing();
    rotate(&bank, &successor).await;
    let carol = bank.enrol("Carol").await;
    let real = carol.certificates().unwrap().holder.clone();
    let forged = forge_under_the_old(&bank, &real, &old);
    bank.execute(&format!(
        "UPDATE certificates SET der = '\\x{}', fingerprint = '\\x{}' WHERE fingerprint = '\\x{}'",
        hex::encode(forged.der()),
        forged.fingerprint(),
        real.fingerprint(),
    ))
    .await;
    let later = intent::UtcMicros::from_micros(clock::now().get() + 2_000_000);
    let refused = bank.app().directory.signer(&forged.fingerprint(), later).await.err();
    assert!(matches!(refused, Some(SignerError::ControlFailed { number: 6, .. })), "{refused:?}");
    let report = bank.verify().await;
    assert!(report.findings.iter().any(|it| it.table == Some("certificates")), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_authority_that_was_put_back_is_refused_and_named() {
    let (bank, successor) = Bank::start_with_successor().await;
    let old = bank.app().authority.issuing();
    rotate(&bank, &successor).await;
    let carol = bank.enrol("Carol").await;
    bank.login(&carol).await;
    bank.execute(&format!(
        "UPDATE authority_state SET epoch = epoch + 1, issuing_der = '\\x{}'",
        hex::encode(old.der())
    ))
    .await;
    bank.app().directory.refresh_epoch().await.unwrap();
    let hash = carol.certificate_hash().unwrap();
    let refused = bank.app().directory.signer(&hash, clock::now()).await.err();
    assert!(matches!(refused, Some(SignerError::ControlFailed { number: 6, .. })), "{refused:?}");
    assert!(bank.client().login(carol.identity.clone()).await.is_err());
    let found = bank.verify().await;
    let named = |column: &str| found.findings.iter().any(|it| it.column.as_deref() == Some(column));
    assert!(named("issuing_der"), "{found:?}");

    // With the register rolled back as well, a server that starts anew finds the contradiction there.
    bank.execute("UPDATE issuing_authorities SET status = 'proposed' WHERE status = 'active'")
        .await;
    let found = bank.verify().await;
    assert!(found.findings.iter().any(|it| it.table == Some("issuing_authorities")), "{found:?}");
    assert!(
        bank.try_start_another().await.is_err(),
        "a server came up under an authority put back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn from_its_retirement_on_nothing_of_an_old_authority_is_accepted() {
    let (mut bank, successor) = Bank::start_with_successor().await;
    let alice = bank.customer("Alice", 1_000).await;
    let old = bank.app().authority.issuing();
    rotate(&bank, &successor).await;
    let carol = bank.enrol("Carol").await;
    let hash = alice.holder.certificate_hash().unwrap();
    assert!(bank.app().directory.signer(&hash, clock::now()).await.is_ok());
    // The test cannot wait for a month: the day comes to it.
    bank.execute("UPDATE issuing_authorities SET retires_at = now() WHERE status = 'retiring'")
        .await;
    bank.stop_server().await;
    bank.start_server().await;
    let refused = bank.app().directory.signer(&hash, clock::now()).await.err();
    assert!(matches!(refused, Some(SignerError::ControlFailed { number: 6, .. })), "{refused:?}");
    assert!(bank.client().login(alice.holder.identity.clone()).await.is_err());
    bank.login(&carol).await;
    let list = format!("/api/certificates/crl/{}", old.fingerprint());
    assert_eq!(bank.send(Request::get(&list)).await.status, 404);
}

/// The whole of it: a root in shares that no server ever held, a bank under it, and the next authority years later.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_is_founded_under_a_root_that_no_server_ever_held() {
    let folder = tempfile::Builder::new().prefix("strongroom-").tempdir().unwrap();
    let cluster =
        PrivateCluster::start_with(folder.path(), Durability::ForTestsOnly).await.unwrap();
    migrate::prepare(cluster.urls()).await.unwrap();
    let db = Db::connect(&cluster.urls().server, 2).await.unwrap();
    let (bank, name, suite) = ("testbank", "Test Bank", Suite::Standard);
    let passphrase = SecretBytes::new(b"only ever used in tests".to_vec());
    let (id, now) = (bank.parse().unwrap(), clock::now());
    let request =
        succession::prepare_founding(&id, name, suite, folder.path(), &passphrase, None).unwrap();
    let request = Csr::from_der(&request).unwrap().verify().unwrap();
    let plan = ceremony::Plan { bank: id, name: name.into(), suite, threshold: 2, shares: 3 };
    let dealt = ceremony::deal(&plan, now).unwrap();
    let key = ceremony::recover(&dealt.root, &dealt.shares[1..]).unwrap();
    let issuing = succession::certify(&dealt.root, &key, &request, now).unwrap();

    let founding = |chain: Chain| {
        let mut plan = FoundingPlan::new(bank.parse().unwrap(), name, suite, e2e::ORIGIN);
        plan.chain = Some(chain);
        server::bank::found(&db, plan, &passphrase, folder.path(), now)
    };
    // A certificate for a key that is not here founds nothing.
    let stranger = SigningKey::generate(suite).unwrap();
    let other = build_csr(&stranger, "Test Bank Issuing").unwrap();
    let other = Csr::from_der(&other).unwrap().verify().unwrap();
    let other = succession::certify(&dealt.root, &key, &other, now).unwrap();
    let foreign = founding(Chain::new(dealt.root.clone(), other).unwrap()).await;
    assert!(foreign.is_err(), "founded under a certificate of another key");
    let founded = founding(Chain::new(dealt.root.clone(), issuing).unwrap()).await.unwrap();
    assert_eq!(founded.trust.root().fingerprint(), dealt.root.fingerprint());
    assert!(!folder.path().join(KeyFile::ROOT_KEY).exists(), "the root key is on the server");

    // The next one: asked for where the bank is, answered where the shares are.
    let charter = Charter::load(&db).await.unwrap().unwrap();
    let next = succession::prepare(&charter, folder.path(), &passphrase, None, now).unwrap();
    let asked = Csr::from_der(&next.request).unwrap().verify().unwrap();
    let key = ceremony::recover(&dealt.root, &dealt.shares[..2]).unwrap();
    let second = succession::certify(&dealt.root, &key, &asked, now).unwrap();
    let (active, cross) = (charter.issuers().active(), &next.cross_certificate);
    let (old, now_s) = (active.certificate(), now.get() / 1_000_000 + 1);
    pki::authority::check_succession(&dealt.root, old, &second, cross, now_s).unwrap();
    db.close().await;
    cluster.stop().await.unwrap();
}
