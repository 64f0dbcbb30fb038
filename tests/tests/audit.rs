//! Accountability: who reads it, that each reading is signed for, and that a report proves what it says.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{ClientError, Session, Wish};
use crypto::sha3_256;
use e2e::{Bank, Customer, Forger, Request, eur};
use intent::{Group, Receipt, ReportSubject, RevocationReason, Role};
use pki::Certificate;
use serde_json::{Value, json};
use server::clock;
use server::policy::{BASICS, Permission, permissions};

const LEAVES: &str = "SELECT size FROM log_head";

/// A report with the receipts in it made whole, each verified under the report's one checkpoint.
struct Read {
    report: Value,
    receipts: BTreeMap<String, Receipt>,
}

async fn read(bank: &Bank, subject: ReportSubject, value: impl ToString) -> Read {
    let wish = Wish::audit_report(subject, value.to_string(), None, None);
    read_wish(bank, wish).await
}

async fn read_wish(bank: &Bank, wish: Wish) -> Read {
    let mut settled = bank.auditor().await.submit(wish).await.unwrap();
    Read::of(bank, settled.extra.remove("report").expect("a report"))
}

impl Read {
    fn of(bank: &Bank, report: Value) -> Self {
        let mut receipts = BTreeMap::new();
        let parts = [&report["leaves"], &report["supporting"]];
        for leaf in parts.into_iter().flat_map(|part| part.as_array().unwrap()) {
            let receipt = whole(&report, leaf);
            receipt.verify(&bank.trust().verifier).unwrap();
            let index = leaf["leaf"].as_str().unwrap().to_owned();
            assert_eq!(receipt.index.get().to_string(), index);
            assert_eq!(receipt.code, leaf["code"]);
            assert_eq!(leaf["recorded"], "proven");
            receipts.insert(index, receipt);
        }
        Self { report, receipts }
    }

    fn leaves(&self) -> &[Value] {
        self.report["leaves"].as_array().unwrap()
    }

    fn kinds(&self) -> Vec<&str> {
        self.leaves().iter().map(|leaf| leaf["kind"].as_str().unwrap()).collect()
    }

    fn certificate(&self, fingerprint: &str) -> &Value {
        let all = self.report["certificates"].as_array().unwrap();
        all.iter().find(|found| found["certificate"] == fingerprint).expect("the certificate")
    }

    fn document(&self, leaf: &Value) -> &[u8] {
        let receipt = &self.receipts[leaf.as_str().unwrap()];
        receipt.groups[Group::Intent.index()].as_ref().unwrap().bytes.as_deref().unwrap()
    }

    /// Every signature under the certificates of the report, and every link of the keys' chains.
    fn prove_signatures_and_links(&self, bank: &Bank) -> (usize, usize) {
        let (mut signatures, mut links) = (0, 0);
        for leaf in self.leaves().iter().filter(|leaf| leaf["kind"] != "user.enrol") {
            let Some(fingerprint) = leaf["signer"]["certificate"].as_str() else { continue };
            let der = self.certificate(fingerprint)["der"].as_str().unwrap();
            let certificate =
                Certificate::from_der(&Base64UrlUnpadded::decode_vec(der).unwrap()).unwrap();
            assert_eq!(certificate.fingerprint().to_string(), fingerprint);
            let receipt = &self.receipts[leaf["leaf"].as_str().unwrap()];
            receipt.verify_signature(&bank.trust().bank, certificate.public_key()).unwrap();
            assert_eq!(leaf["signed"], "proven");
            signatures += 1;
            let chain = &leaf["chain"];
            let shown = |before: &Value| {
                before.as_str().is_some_and(|index| self.receipts.contains_key(index))
            };
            if chain["edge"] == "proven" && shown(&chain["before"]) {
                assert_eq!(sha3_256(self.document(&chain["before"])).to_string(), chain["prev"]);
                links += 1;
            }
        }
        (signatures, links)
    }
}

fn whole(report: &Value, leaf: &Value) -> Receipt {
    let mut receipt = leaf["receipt"].clone();
    receipt["checkpoint"] = report["checkpoint"].clone();
    Receipt::from_json(receipt.to_string().as_bytes()).unwrap()
}

fn user(session: &Session) -> String {
    session.identity().user().id.to_string()
}

async fn paid(bank: &Bank) -> (Customer, Customer) {
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    for _ in 0..3 {
        alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    }
    (alice, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_proves_who_signed_what_under_which_key_and_permissions() {
    let bank = Bank::start().await;
    let (alice, bob) = paid(&bank).await;
    let admin = bank.admin().await;
    let reads = vec!["accounts:read".to_owned()];
    admin
        .submit(Wish::define_role("reader".to_owned(), Role::Customer, reads, true))
        .await
        .unwrap();
    let grant = Wish::grant_role(alice.identity().user().id, "reader".to_owned(), true);
    let granted = admin.submit(grant).await.unwrap().receipt.index.get().to_string();
    assert!(alice.transfer(alice.account, bob.account, eur(1), None).await.is_err());
    let old = alice.identity().certificate_hash().unwrap().to_string();
    let successor = alice.holder.successor().unwrap();
    alice.session.rotate(&successor).await.unwrap();
    let new = successor.certificate_hash().unwrap();
    let revoked = admin.revoke(new, RevocationReason::KeyCompromise).await.unwrap();

    let read = read(&bank, ReportSubject::User, user(&alice)).await;
    let kinds = [
        "user.enrol",
        "session.login",
        "account.open",
        "transfer",
        "transfer",
        "transfer",
        "transfer",
        "key.rotate",
    ];
    assert_eq!(read.kinds(), kinds);
    let (signatures, links) = read.prove_signatures_and_links(&bank);
    assert_eq!((signatures, links), (kinds.len() - 1, kinds.len() - 1));
    assert_eq!(read.leaves()[0]["chain"]["edge"], "first");

    let held = |leaf: &Value| -> BTreeSet<String> {
        let held = leaf["permissions"]["held"].as_array().unwrap();
        held.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let names = |set: server::policy::Permissions| -> BTreeSet<String> {
        set.iter().map(|permission| permission.name().to_owned()).collect()
    };
    let [.., before, refused, _] = read.leaves() else { panic!("leaves") };
    assert_eq!(held(before), names(permissions(Role::Customer)));
    let narrowed = BASICS.union(server::policy::Permissions::of(&[Permission::AccountsRead]));
    assert_eq!(held(refused), names(narrowed));
    assert_eq!(
        (&refused["outcome"], &refused["code"]),
        (&json!("refused"), &json!("permission-denied"))
    );
    assert_eq!(refused["permissions"]["grants"], json!([granted]));
    assert!(read.receipts.contains_key(&granted), "the grant itself is in the report");

    let first = read.certificate(&old);
    assert_eq!((&first["status"], &first["defense_version"]), (&json!("superseded"), &json!(1)));
    assert_eq!(
        (&first["issued"]["kind"], &first["ended"]["kind"]),
        (&json!("user.enrol"), &json!("key.rotate"))
    );
    assert_eq!(first["ended"]["by_certificate"], json!(old));
    assert_eq!(first["first_intent"]["kind"], "session.login");
    assert_eq!(first["first_intent"]["origin"]["ip"], "127.0.0.1");
    assert!(first["allowed_actions"].as_array().unwrap().contains(&json!("transfer")));
    let second = read.certificate(&new.to_string());
    assert_eq!((&second["status"], &second["previous"]), (&json!("revoked"), &json!(old)));
    assert_eq!(second["ended"]["leaf"], revoked.receipt.index.get().to_string());
    assert_eq!(
        (&second["ended"]["by_user"], &second["ended"]["edge"]),
        (&json!(user(admin)), &json!("proven"))
    );

    // A report that somebody edits proves nothing any more.
    let mut forged = whole(&read.report, &read.leaves()[3]);
    let origin = forged.groups[Group::Origin.index()].as_mut().unwrap().bytes.as_mut().unwrap();
    let last = origin.len() - 3;
    origin[last] ^= 1;
    assert!(forged.verify(&bank.trust().verifier).is_err());
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_about_its_subject_comes_in_parts_and_says_what_was_erased() {
    let bank = Bank::start().await;
    let began = clock::now();
    let (alice, bob) = paid(&bank).await;
    let frozen = ledger::Freeze { debit: true, credit: false };
    bank.manager().await.freeze(alice.account, frozen, "inquiry").await.unwrap();
    let _ = alice.transfer(alice.account, bob.account, eur(1), None).await;
    let transfer = bank.rows("SELECT intent_id::text AS id FROM transfers WHERE code = 'ok' ORDER BY posted_at DESC LIMIT 1").await;
    let transfer: String = sqlx::Row::get(&transfer[0], "id");

    let of_account = read(&bank, ReportSubject::Account, alice.account).await;
    let kinds = [
        "account.open",
        "account.fund",
        "transfer",
        "transfer",
        "transfer",
        "account.freeze",
        "transfer",
    ];
    assert_eq!(of_account.kinds(), kinds);
    of_account.prove_signatures_and_links(&bank);
    let of_transfer = read(&bank, ReportSubject::Transfer, &transfer).await;
    assert_eq!(of_transfer.leaves().len(), 1);
    assert_eq!(of_transfer.leaves()[0]["intent_id"], transfer);
    assert!(of_transfer.leaves()[0]["chain"]["before"].is_string());
    let certificate = alice.identity().certificate_hash().unwrap();
    let of_key = read(&bank, ReportSubject::Certificate, certificate).await;
    assert_eq!(of_key.kinds()[..2], ["user.enrol", "session.login"]);
    assert_eq!(of_key.leaves().len(), 7);
    let nobody = read(&bank, ReportSubject::User, uuid::Uuid::now_v7()).await;
    assert!(nobody.leaves().is_empty());

    let window = || Wish::audit_report(ReportSubject::Window, String::new(), Some(began), None);
    let of_window = read_wish(&bank, window()).await;
    let size = of_window.report["size"].as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(
        of_window.leaves().last().unwrap()["leaf"],
        (size - 1).to_string(),
        "the reading itself"
    );
    assert!(of_window.report["next"].is_null());

    let auditor = bank.auditor().await;
    let (mut walked, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let wish =
            Wish::audit_report(ReportSubject::Certificate, certificate.to_string(), None, None);
        let signed = Forger::of(auditor).next(wish.body);
        let path = format!("/api/audit/accountability-report{query}");
        let answer =
            bank.send_as(auditor, Request::post(&path, signed.to_json())).await.ok().json();
        let part = Read::of(&bank, answer["report"].clone());
        assert!(part.leaves().len() <= 3);
        walked.extend(part.leaves().iter().map(|leaf| leaf["leaf"].clone()));
        let Some(next) = part.report["next"].as_str() else { break };
        query = format!("?limit=3&cursor={next}");
    }
    let all: Vec<_> = of_key.leaves().iter().map(|leaf| leaf["leaf"].clone()).collect();
    assert_eq!(walked, all);

    bank.execute("UPDATE records SET origin = NULL, salts = overlay(salts PLACING decode(repeat('00', 32), 'hex') FROM 65 FOR 32)").await;
    let erased = read(&bank, ReportSubject::Certificate, certificate).await;
    for leaf in erased.leaves() {
        assert_eq!(leaf["origin"], json!({"edge": "erased"}));
    }
    assert_eq!(of_key.leaves()[1]["origin"]["edge"], "claimed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_auditor_clerk_reads_and_each_reading_is_signed_for() {
    let bank = Bank::start().await;
    let (alice, _) = paid(&bank).await;
    let wish = || Wish::audit_report(ReportSubject::User, user(&alice), None, None);
    for session in [&alice.session, bank.manager().await, bank.admin().await] {
        let before = bank.count(LEAVES).await;
        let Err(ClientError::Refused { problem, .. }) = session.submit(wish()).await else {
            panic!("not refused");
        };
        assert_eq!(problem.code, "permission-denied");
        assert_eq!(bank.count(LEAVES).await, before + 1, "the attempt is recorded");
        assert_eq!(
            bank.get_as(session, "/api/audit/logs").await.refusal(),
            (403, "forbidden".to_owned())
        );
    }
    let auditor = bank.auditor().await;
    let before = bank.count(LEAVES).await;
    let signed = Forger::of(auditor).next(wish().body);
    let first = bank.submit(auditor, &signed).await.ok().json();
    assert!(first["report"].is_object());
    assert_eq!(bank.count(LEAVES).await, before + 1);
    let again = bank.submit(auditor, &signed).await.ok();
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(again.json().get("report").is_none(), "one signature, one reading");
    assert_eq!(bank.count(LEAVES).await, before + 1);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_searched_by_kind_person_key_time_and_outcome() {
    let bank = Bank::start().await;
    let (alice, bob) = paid(&bank).await;
    let noon = clock::now();
    let _ = bob.transfer(bob.account, alice.account, eur(5_000), None).await;
    let auditor = bank.auditor().await;
    let found = async |query: &str| -> Vec<Value> {
        let page = bank.get_as(auditor, &format!("/api/audit/logs{query}")).await.ok().json();
        page["items"].as_array().unwrap().clone()
    };
    let certificate = alice.identity().certificate_hash().unwrap();
    assert_eq!(found("?kind=transfer").await.len(), 4);
    assert_eq!(found("?kind=bank.founded").await.len(), 1);
    let refused = found("?outcome=refused").await;
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (&refused[0]["code"], &refused[0]["user_id"]),
        (&json!("insufficient-funds"), &json!(user(&bob)))
    );
    assert_eq!(found(&format!("?user={}", user(&alice))).await.len(), 6);
    assert_eq!(
        found(&format!("?certificate={certificate}")).await.len(),
        5,
        "enrolled before it had one"
    );
    assert_eq!(found(&format!("?kind=transfer&to={noon}")).await.len(), 3);
    assert_eq!(found(&format!("?kind=transfer&from={noon}")).await.len(), 1);
    let (mut walked, mut query) = (Vec::new(), "?limit=4".to_owned());
    loop {
        let page = bank.get_as(auditor, &format!("/api/audit/logs{query}")).await.ok().json();
        walked.extend(page["items"].as_array().unwrap().iter().map(|item| item["leaf"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=4&cursor={next}");
    }
    let size = bank.count("SELECT size FROM log_head").await;
    let all: Vec<Value> = (0..size).rev().map(|leaf| json!(leaf.to_string())).collect();
    assert_eq!(walked, all);
    for malformed in [
        "?kind=x",
        "?user=x",
        "?certificate=x",
        "?from=x",
        "?outcome=x",
        "?cursor=-1",
        "?limit=501",
    ] {
        let answer = bank.get_as(auditor, &format!("/api/audit/logs{malformed}")).await;
        assert_eq!(answer.status, 400, "{malformed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_names_the_leaf_that_ended_a_certificate_whatever_kind_it_is() {
    let bank = Bank::start().await;
    let (alice, bob) = paid(&bank).await;
    let (manager, reason) = (bank.manager().await, RevocationReason::KeyCompromise);
    let device = alice.identity().device().id();
    let revoked = manager.revoke_device(device, reason).await.unwrap();

    let sql = format!("SELECT email FROM users WHERE user_id = '{}'", user(&bob));
    let email: String = sqlx::Row::get(&bank.rows(&sql).await[0], 0);
    let asked = bank.client().request_recovery(&email, None).await.unwrap();
    let registration = sha3_256(asked.token.expose());
    let of_bob = bob.identity().user().id;
    let recovered = manager.recover(of_bob, registration, "lost").await.unwrap();
    // The manager's own certificate is named by that recovery too, and did not end with it.
    let of_manager = manager.identity().certificate_hash().unwrap();
    let ended = bank.admin().await.revoke(of_manager, reason).await.unwrap();

    for (fingerprint, settled, kind) in [
        (alice.identity().certificate_hash().unwrap(), revoked, "device.revoke"),
        (bob.identity().certificate_hash().unwrap(), recovered, "user.recover"),
        (of_manager, ended, "certificate.revoke"),
    ] {
        let read = read(&bank, ReportSubject::Certificate, fingerprint).await;
        let found = &read.certificate(&fingerprint.to_string())["ended"];
        assert_eq!(found["kind"], kind);
        assert_eq!(found["leaf"], settled.receipt.index.get().to_string());
    }
}
