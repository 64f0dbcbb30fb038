//! What the bank does for those who deal with it properly.

use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{BatchLine, ClientError, HistoryQuery, ServerUrl, Settled, Transport, verify_receipt};
use crypto::Suite;
use e2e::{Bank, Forger, Holder, Request, eur, money};
use intent::{Body, Leaf, Receipt, RevocationReason, Role};
use ledger::{AccountId, Freeze};
use pki::Crl;
use reqwest::Method;
use serde_json::{Value, json};
use tlog::{ConsistencyProof, Hash, InclusionProof, LeafIndex, TreeSize};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_enrols_pays_and_can_prove_it_offline_for_ever() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice Ames", 10_000).await;
    let bob = bank.customer("Bob Born", 0).await;
    let to = &bob.accounts().await.unwrap()[0];
    let payee = alice.resolve(to.number.parse().unwrap()).await.unwrap();
    assert_eq!(payee, bob.account, "the number on the invoice names the account");

    let Settled { receipt, signed, extra } =
        alice.transfer(alice.account, payee, eur(2_500), Some("rent, May")).await.unwrap();
    assert!(extra.is_empty());
    assert_eq!((receipt.code.as_str(), receipt.outcome.name()), ("ok", "accepted"));

    let seen = alice.accounts().await.unwrap();
    assert_eq!((seen[0].balance.as_str(), seen[0].available.as_str()), ("7500", "7500"));
    assert_eq!(
        (bank.balance(alice.account).await, bank.balance(bob.account).await),
        (7_500, 2_500)
    );
    for person in [&alice, &bob] {
        let page = person.history(&HistoryQuery::default()).await.unwrap();
        let paid = &page.items[0];
        assert_eq!(
            (paid.amount.as_str(), paid.asset.as_str(), paid.code.as_str()),
            ("2500", "EUR", "ok")
        );
        assert_eq!(paid.details.as_ref().unwrap()["memo"], "rent, May");
        assert_eq!(paid.debit, alice.account.to_string());
    }

    // The file that a holder keeps: with their certificates, and nothing else but the bank's public keys beside it.
    let certificates = alice.identity().certificates().unwrap();
    let mut kept = receipt.clone();
    kept.certificates = [&certificates.holder, &certificates.issuing, &certificates.root]
        .map(|certificate| certificate.der().to_vec())
        .to_vec();
    let file = kept.to_json();
    let proof = verify_receipt(&Receipt::from_json(&file).unwrap(), bank.trust()).unwrap();
    assert!(proof.signature_checked);
    assert_eq!(proof.facts.intent.unwrap().canonical(), signed.intent);
    for (what, was, is) in [
        ("outcome", "\"accepted\"", "\"refused\""),
        ("place", &*format!("\"{}\"", receipt.index), "\"3\""),
        ("checkpoint", &format!("\\n{}\\n", receipt.inclusion.size), "\\n999\\n"),
    ] {
        let forged = String::from_utf8(file.clone()).unwrap().replace(was, is);
        assert_ne!(forged.as_bytes(), file, "{what}");
        let judged = Receipt::from_json(forged.as_bytes())
            .map_err(|_| ())
            .and_then(|receipt| verify_receipt(&receipt, bank.trust()).map_err(|_| ()));
        assert!(judged.is_err(), "{what}");
    }
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_all_or_nothing_when_atomic_and_item_by_item_when_not() {
    let bank = Bank::start().await;
    let firm = bank.customer("Firm", 1_000).await;
    let (ann, ben) = (bank.customer("Ann", 0).await, bank.customer("Ben", 0).await);
    let line = |to, minor| BatchLine { to, amount: eur(minor), memo: None };
    let too_much = [line(ann.account, 400), line(ben.account, 700)];
    let refused = firm.batch(firm.account, &too_much, true).await;
    let Err(ClientError::Refused { receipt, .. }) = refused else { panic!("it went through") };
    assert_eq!(receipt.code, "insufficient-funds");
    assert_eq!(receipt.items, ["linked-failed", "insufficient-funds"]);
    assert_eq!(bank.balance(ann.account).await, 0, "no prefix is visible");

    let settled = firm.batch(firm.account, &too_much, false).await.unwrap();
    assert_eq!(settled.receipt.items, ["ok", "insufficient-funds"]);
    assert_eq!(bank.balance(ann.account).await, 400);

    let memo = |to, memo: &str| BatchLine { to, amount: eur(300), memo: Some(memo.to_owned()) };
    let payroll = [memo(ann.account, "May"), memo(ben.account, "May, with thanks")];
    firm.batch(firm.account, &payroll, true).await.unwrap();
    assert_eq!(bank.balance(ann.account).await, 700);
    assert_eq!(bank.balance(ben.account).await, 300);
    assert_eq!(bank.balance(firm.account).await, 0);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gets_the_same_bytes_and_another_body_under_its_id_gets_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let pay = |minor| Body::Transfer(transfer(alice.account, bob.account, minor));
    for (body, status) in [(pay(600), 200), (pay(5_000), 422)] {
        let signed = Forger::of(&alice).next(body);
        let first = bank.submit(&alice, &signed).await;
        let records = bank.count("SELECT count(*) FROM records").await;
        assert_eq!(
            (first.status, first.header("idempotency-replayed")),
            (status, ""),
            "{}",
            first.text()
        );
        for _ in 0..2 {
            let again = bank.submit(&alice, &signed).await;
            assert_eq!((again.status, again.header("idempotency-replayed")), (status, "true"));
            let same = |answer: &e2e::Answer| {
                let mut document = answer.json();
                document.as_object_mut().unwrap().remove("request_id");
                document
            };
            if status == 200 {
                assert_eq!(again.body, first.body, "byte for byte");
            }
            assert_eq!(same(&again), same(&first));
        }
        assert_eq!(bank.count("SELECT count(*) FROM records").await, records);
        let mut other = Forger::of(&alice).draft(pay(1));
        other.id = signed.parse_intent().unwrap().id();
        let conflict = bank.submit(&alice, &Forger::of(&alice).sign(other)).await;
        assert_eq!(conflict.refusal(), (409, "intent-id-reused".to_owned()));
    }
    // At the same time too: many of the same are one.
    let signed = Forger::of(&alice).next(pay(100));
    let answers = futures(10, |_| bank.submit(&alice, &signed)).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(bank.balance(bob.account).await, 700);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_intents_in_one_request_are_answered_one_by_one_in_order() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let signed: Vec<_> = [100, 5_000, 200, 0]
        .map(|minor| {
            Forger::of(&alice).next(Body::Transfer(transfer(alice.account, bob.account, minor)))
        })
        .to_vec();
    let mut body = b"[".to_vec();
    for (place, signed) in signed.iter().enumerate() {
        body.extend_from_slice(if place == 0 { b"" } else { b"," });
        body.extend(signed.to_json());
    }
    body.extend_from_slice(b",{\"intent\":7}]");
    let answers = bank.send_as(&alice, Request::post("/api/intents", body)).await.ok().json();
    let answers = answers.as_array().unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| answer["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes[..4],
        ["ok", "insufficient-funds", "ok", "amount-must-not-be-zero"],
        "{answers:?}"
    );
    assert_eq!((codes.len(), answers[4]["status"].as_u64()), (5, Some(400)));
    let ids = answers[..4].iter().map(|answer| {
        answer.get("receipt").unwrap_or(answer)["intent_id"].as_str().unwrap().to_owned()
    });
    let sent = signed.iter().map(|signed| signed.parse_intent().unwrap().id().to_string());
    assert!(ids.eq(sent));
    assert_eq!(bank.balance(bob.account).await, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_open_fund_and_freeze_and_each_role_sees_its_part() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let (manager, auditor, admin) =
        (bank.manager().await, bank.auditor().await, bank.admin().await);
    let owner = alice.identity().user().id;
    let (yen, _) = manager.open_account(owner, "JPY".parse().unwrap()).await.unwrap();
    manager.fund(yen, money(777, "JPY")).await.unwrap();
    let seen = alice.accounts().await.unwrap();
    let of_yen = seen.iter().find(|account| account.id == yen.to_string()).unwrap();
    assert_eq!((of_yen.balance.as_str(), of_yen.scale), ("777", Some(0)));

    let freeze = Freeze { debit: true, credit: false };
    manager.freeze(alice.account, freeze, "court order 12/26").await.unwrap();
    let bob = bank.customer("Bob", 100).await;
    let refused = alice.transfer(alice.account, bob.account, eur(1), None).await;
    assert_eq!(code(refused), "debit-account-frozen");
    bob.transfer(bob.account, alice.account, eur(1), None).await.unwrap();
    manager.freeze(alice.account, Freeze::default(), "lifted").await.unwrap();
    alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();

    // Everyone's accounts and the bank's own (five per asset) for those who work with them, none for the others.
    assert_eq!(alice.accounts().await.unwrap().len(), 2);
    assert_eq!(manager.accounts().await.unwrap().len(), 23);
    assert_eq!(auditor.accounts().await.unwrap().len(), 23);
    let refused = bank.get_as(admin, "/api/accounts").await;
    assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    for (session, role) in
        [(manager, "manager"), (auditor, "auditor_clerk"), (admin, "system_admin")]
    {
        let told = session.verify().await.unwrap();
        assert_eq!(told["role"], role);
        let profile =
            bank.get_as(session, &format!("/api/users/{owner}/profile")).await.ok().json();
        assert_eq!((&profile["name"], &profile["status"]), (&json!("Alice"), &json!("active")));
        assert_eq!(session.keys(owner).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_stops_what_leaves_their_account_and_only_the_bank_lets_it_go_on() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 100).await;
    let (out, both) = (Freeze { debit: true, credit: false }, Freeze { debit: true, credit: true });
    alice.freeze(alice.account, out, "lost telephone").await.unwrap();
    let refused = alice.transfer(alice.account, bob.account, eur(1), None).await;
    assert_eq!(code(refused), "debit-account-frozen");
    bob.transfer(bob.account, alice.account, eur(1), None).await.unwrap();
    // Whoever holds the telephone now gets no further than its owner.
    for less in [Freeze::default(), Freeze { debit: false, credit: true }] {
        let refused = alice.freeze(alice.account, less, "found it").await;
        assert_eq!(code(refused), "unfreeze-by-staff");
    }
    alice.freeze(alice.account, both, "all of it").await.unwrap();
    let refused = bob.freeze(alice.account, both, "a stranger's").await;
    assert_eq!(code(refused), "account-not-found");
    bank.manager().await.freeze(alice.account, Freeze::default(), "she called").await.unwrap();
    alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_continues_its_lineage_and_the_old_one_is_over() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let other = bank.login(&alice.holder).await;
    let user = alice.identity().user().clone();
    let same_device =
        Holder::generate_on(alice.holder.device_secret(), Suite::Standard, user.clone());
    alice.rotate(&same_device).await.unwrap();

    for old in [&alice.session, &other] {
        let refused = old.transfer(alice.account, bob.account, eur(1), None).await;
        assert!(refused.is_err_and(|error| error.is_unauthenticated()));
    }
    assert!(bank.client().login(alice.holder.identity.clone()).await.is_err());
    let session = bank.login(&same_device).await;
    session.transfer(alice.account, bob.account, eur(10), None).await.unwrap();

    let new_device = Holder::generate(Suite::Standard, user.clone());
    session.rotate(&new_device).await.unwrap();
    let session = bank.login(&new_device).await;
    session.transfer(alice.account, bob.account, eur(10), None).await.unwrap();
    let keys = session.keys(user.id).await.unwrap();
    let told: Vec<_> = keys.iter().map(|key| (key.generation, key.status.as_str())).collect();
    assert_eq!(told, [(3, "active"), (2, "superseded"), (1, "superseded")]);
    let info =
        bank.get_as(&session, &format!("/api/quantum/keys/{}/info", user.id)).await.ok().json();
    assert_eq!((&info["generation"], &info["suite"]), (&json!(3), &json!("standard")));
    let details = bank.get_as(&session, "/api/certificates/details").await.ok().json();
    assert_eq!(details["certificate"], new_device.certificate_hash().unwrap().to_string());
    // Whoever keeps the authority sees all that is in use, the oldest first, and nothing that has ended.
    let admin = bank.admin().await;
    let (mut path, mut seen) = ("/api/certificates?limit=2".to_owned(), Vec::new());
    loop {
        let page = bank.get_as(admin, &path).await.ok().json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/certificates?limit=2&cursor={next}");
    }
    assert!(seen.iter().all(|one| one["status"] == "active"));
    assert!(seen.is_sorted_by_key(|one| one["not_before"].as_str().unwrap().to_owned()));
    let of_alice = seen.iter().filter(|one| one["user_id"] == user.id.to_string());
    assert_eq!(of_alice.collect::<Vec<_>>().len(), 1);
    let active = bank.count("SELECT count(*) FROM certificates WHERE status = 'active'").await;
    assert_eq!(i64::try_from(seen.len()).unwrap(), active);
    let of_a_customer = bank.get_as(&session, "/api/certificates").await;
    assert_eq!(of_a_customer.refusal(), (403, "forbidden".to_owned()));
    assert!(details["pem"].as_str().unwrap().contains("BEGIN CERTIFICATE"));
    assert_eq!(bank.balance(bob.account).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_counts_from_the_next_request_on() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let certificate = alice.identity().certificate_hash().unwrap();
    assert_eq!(bank.get_as(&alice, "/api/accounts").await.status, 200);
    let settled =
        bank.manager().await.revoke(certificate, RevocationReason::KeyCompromise).await.unwrap();
    assert_eq!(settled.receipt.code, "ok");
    let next = bank.send(Request::get("/api/accounts").proved_by(&alice).await).await;
    assert_eq!(next.status, 401, "{}", next.text());

    let serial = alice.identity().certificates().unwrap().holder.serial().to_vec();
    let list = bank.get("/api/certificates/crl").await.ok();
    assert_eq!(list.header("content-type"), "application/pkix-crl");
    let issuing = &alice.identity().certificates().unwrap().issuing;
    let now_s = server::clock::now().get() / 1_000_000;
    let list = Crl::from_der(&list.body).unwrap().verify(issuing, now_s).unwrap();
    assert!(list.is_revoked(&serial));
    let path = format!("/api/certificates/status?certificate={certificate}");
    let status = bank.get_as(bank.auditor().await, &path).await.ok().json();
    assert_eq!(
        (&status["status"], &status["revocation_reason"]),
        (&json!("revoked"), &json!("key_compromise"))
    );

    let bob = bank.customer("Bob", 0).await;
    let own = bob.identity().certificate_hash().unwrap();
    bob.revoke(own, RevocationReason::Cessation).await.unwrap();
    assert!(bank.client().login(bob.holder.identity.clone()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_refreshed_and_ended() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let second = bank.login(&alice.holder).await;
    let listed = bank.get_as(&alice, "/api/auth/sessions").await.ok().json();
    let listed = listed["items"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|session| session["current"] == true).count(), 1);

    let one = second.standing().await;
    let path = format!("/api/auth/sessions/{}", one.session);
    assert_eq!(bank.send_as(&alice, Request::new(Method::DELETE, &path, "")).await.status, 204);
    let refused = bank.get_as(&second, "/api/accounts").await;
    assert_eq!(refused.refusal(), (401, "session-ended".to_owned()));

    let before = alice.standing().await;
    let refresh =
        Request::post_json("/api/auth/refresh", &json!({"refresh_token": before.refresh_token}));
    let renewed = bank.send_as(&alice, refresh).await.ok().json();
    let token = renewed["token"].as_str().unwrap();
    assert_ne!(renewed["refresh_token"], before.refresh_token);
    let at_us = server::clock::now().get();
    let read = Request::get("/api/auth/verify-session").proved_with(
        alice.signer(),
        token,
        at_us,
        alice.next_counter(),
    );
    assert_eq!(bank.send(read).await.ok().json()["session_id"], before.session.to_string());

    alice.logout().await.unwrap();
    assert_eq!(
        bank.get_as(&alice, "/api/accounts").await.refusal(),
        (401, "session-ended".to_owned())
    );
    let [third, fourth] = [bank.login(&alice.holder).await, bank.login(&alice.holder).await];
    let all = Request::new(Method::DELETE, "/api/auth/sessions", "");
    assert_eq!(bank.send_as(&third, all).await.ok().json()["ended"], 2);
    for ended in [third, fourth] {
        assert_eq!(bank.get_as(&ended, "/api/accounts").await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_comes_in_pages_that_miss_and_repeat_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let carol = bank.customer("Carol", 0).await;
    let mut sent = Vec::new();
    for minor in 1..=12 {
        let to = if minor % 3 == 0 { carol.account } else { bob.account };
        let settled = alice.transfer(alice.account, to, eur(minor), None).await.unwrap();
        sent.push(settled.receipt.intent_id.to_string());
    }
    let mut seen = Vec::new();
    let mut query = HistoryQuery { limit: Some(5), ..HistoryQuery::default() };
    loop {
        let page = alice.history(&query).await.unwrap();
        seen.extend(page.items.into_iter().map(|item| item.id));
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
    }
    seen.reverse();
    assert_eq!(seen[1..], sent, "after the funding, in order");
    let of_carol = HistoryQuery { account: Some(carol.account), ..HistoryQuery::default() };
    assert_eq!(carol.history(&of_carol).await.unwrap().items.len(), 4);

    let one = bank.get_as(&alice, &format!("/api/transactions/{}", sent[0])).await.ok().json();
    assert_eq!((&one["amount"], &one["code"]), (&json!("1"), &json!("ok")));
    let kept = Receipt::from_json(one["receipt"].to_string().as_bytes()).unwrap();
    kept.verify(&bank.trust().verifier).unwrap();
    let payees = bank.get_as(&bob, &format!("/api/transactions/{}", sent[0])).await.ok().json();
    assert_eq!(payees.get("receipt"), None, "it opens what only the payer may see");
    let unrelated = bank.get_as(&carol, &format!("/api/transactions/{}", sent[0])).await;
    assert_eq!(unrelated.refusal(), (404, "not-found".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_proves_itself_to_anyone() {
    let bank = Bank::start().await;
    let checkpoint = async || {
        let note = bank.get("/api/log/checkpoint").await.ok().text();
        bank.trust().verifier.verify(&note).unwrap()
    };
    let old = checkpoint().await;
    let alice = bank.customer("Alice", 1_000).await;
    let new = checkpoint().await;
    assert!(old.size < new.size);
    let proof = bank.get(&format!("/api/log/consistency?old={}&new={}", old.size, new.size)).await;
    let consistency =
        ConsistencyProof { old: old.size, new: new.size, path: path(&proof.ok().json()) };
    consistency.verify(&old.root, &new.root).unwrap();

    let entries =
        bank.get(&format!("/api/log/entries?first=0&count={}", new.size)).await.ok().json();
    let leaves = entries["leaves"].as_array().unwrap();
    assert_eq!(TreeSize::new(leaves.len().try_into().unwrap()), new.size);
    for (index, leaf) in (0_u64..).zip(leaves) {
        let bytes = Base64UrlUnpadded::decode_vec(leaf.as_str().unwrap()).unwrap();
        let leaf = Leaf::from_bytes(&bytes).unwrap();
        let told = bank.get(&format!("/api/log/inclusion?index={index}&size={}", new.size)).await;
        let proof = InclusionProof {
            index: LeafIndex::new(index),
            size: new.size,
            path: path(&told.ok().json()),
        };
        proof.verify(&leaf.hash(), &new.root).unwrap();
    }
    let beyond = bank.get(&format!("/api/log/inclusion?index={}", new.size)).await;
    assert_eq!(beyond.refusal(), (404, "not-found".to_owned()));
    let tile = bank.get(&format!("/api/log/tile/0/000.p/{}", new.size)).await.ok();
    assert_eq!(u64::try_from(tile.body.len()).unwrap(), new.size.get() * 32);
    let text = entries.to_string();
    for secret in ["Alice", &alice.account.to_string(), &alice.identity().user().id.to_string()] {
        assert!(!text.contains(secret), "an entry is redacted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_hardened_traceable_and_counted() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100).await;
    let mut ids = std::collections::BTreeSet::new();
    for answer in [
        bank.get("/health").await,
        bank.get("/nowhere").await,
        bank.get_as(&alice, "/api/accounts").await,
        bank.send(Request::post("/api/users/register", "{")).await,
    ] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        assert!(answer.header("server-timing").starts_with("app;dur="));
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("server"), "");
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "an id is never used twice");
    }
    let imitated = Request::get("/health").with("x-request-id", "of-somebody-else");
    assert_ne!(bank.send(imitated).await.header("x-request-id"), "of-somebody-else");
    assert_eq!(bank.get("/health").await.ok().json()["status"], "ok");
    assert_eq!(bank.get("/health/live").await.status, 204);
    assert_eq!(bank.get("/health/ready").await.ok().json()["database"], true);

    let metrics = bank.get("/metrics").await.ok().text();
    for name in
        ["strongroom_http_requests_total", "strongroom_intents_total", "strongroom_group_commit"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    assert!(!metrics.contains(&alice.account.to_string()), "numbers, not people");
    let zipped = Request::get("/api/openapi.json").with("accept-encoding", "gzip");
    assert_eq!(bank.send(zipped).await.ok().header("content-encoding"), "gzip");
    let page = bank.get("/api/docs").await.ok();
    assert!(page.text().contains("/api/transactions/transfer") && !page.text().contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tls_port_agrees_on_a_quantum_safe_key_and_says_so() {
    let bank = Bank::start().await;
    let pem = std::fs::read_to_string(bank.folder().join("tls/certificate.pem")).unwrap();
    let url = ServerUrl::parse(&format!("https://localhost:{}", bank.tls_addr().port())).unwrap();
    let transport = Transport::new(url.clone(), Some(&pem)).unwrap();
    let over_tls = client::Bank::connect(transport).await.unwrap();
    assert!(over_tls.trust().is_same_bank(bank.trust()));
    let info = over_tls.security_info().await.unwrap().rest;
    assert_eq!(info["connection"]["protocol"], "TLS 1.3");
    assert_eq!(info["connection"]["group"], "X25519MLKEM768");
    assert_eq!(info["connection"]["quantum_safe"], true);
    assert_eq!(info["suite"], "standard");
    let suites = info["suites"].as_array().unwrap();
    assert_eq!(suites.len(), Suite::ALL.len());
    assert!(info["provider"].as_str().unwrap().contains("aws-lc"));
    let note = info["checkpoint"].as_str().unwrap();
    bank.trust().verifier.verify(note).unwrap();

    let holder = bank.enrol("Tess Tee-Ell-Ess").await;
    let session = over_tls.login(holder.identity.clone()).await.unwrap();
    assert!(session.accounts().await.unwrap().is_empty());
    let strangers = Transport::new(url, None).unwrap();
    assert!(
        client::Bank::connect(strangers).await.is_err(),
        "a certificate that nobody vouches for"
    );
    let plain = bank.client().security_info().await.unwrap().rest;
    assert_eq!(plain["connection"]["quantum_safe"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_was_stopped_goes_on_where_it_was() {
    let mut bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let signed = Forger::of(&alice).next(Body::Transfer(transfer(alice.account, bob.account, 100)));
    let first = bank.submit(&alice, &signed).await.ok();
    bank.stop_server().await;
    bank.stop_postgres().await;
    bank.start_postgres().await;
    bank.start_server().await;
    let again = bank.submit(&alice, &signed).await.ok();
    assert_eq!((again.body == first.body, again.header("idempotency-replayed")), (true, "true"));
    alice.transfer(alice.account, bob.account, eur(50), None).await.unwrap();

    // The database alone: requests fail in a way that says so, then everything is as before.
    bank.stop_postgres().await;
    let down = bank.get_as(&alice, "/api/accounts").await;
    assert_eq!(down.refusal(), (503, "unavailable".to_owned()));
    assert!(!down.header("retry-after").is_empty());
    assert_eq!(bank.get("/health/ready").await.status, 503);
    assert_eq!(bank.get("/health/live").await.status, 204);
    bank.start_postgres().await;
    e2e::eventually("the server finds its database again", async || {
        (bank.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    alice.transfer(alice.account, bob.account, eur(25), None).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 175);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_restarted_costs_nobody_a_request() {
    let mut bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    // As many connections as the server will ever have, all of them about to die.
    futures(40, |_| bank.get_as(&alice, "/api/accounts")).await;
    for _ in 0..2 {
        bank.stop_postgres().await;
        bank.start_postgres().await;
        for answer in futures(40, |_| bank.get_as(&alice, "/api/accounts")).await {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
    bank.stop_postgres().await;
    bank.start_postgres().await;
    let session = bank.login(&alice.holder).await;
    session.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    bank.assert_verifies().await;
}

/// `UPDATE_SNAPSHOTS=1 cargo nextest run -p e2e the_api_is` rewrites the snapshot.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_the_one_that_was_reviewed() {
    let bank = Bank::start().await;
    let served = bank.get("/api/openapi.json").await.ok().json();
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let served = serde_json::to_string_pretty(&served).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &served).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        reviewed == served,
        "the API differs from docs/openapi.json; if it should, run with UPDATE_SNAPSHOTS=1 and review the difference"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_who_its_certificate_says() {
    let bank = Bank::start().await;
    for (session, role) in [
        (bank.manager().await, Role::Manager),
        (bank.auditor().await, Role::AuditorClerk),
        (bank.admin().await, Role::SystemAdmin),
    ] {
        let claims = session.identity().certificates().unwrap().holder.claims().unwrap().clone();
        assert_eq!(claims.role, role.name());
        assert_eq!(claims.purpose_scope, role.purpose_scope());
        let kinds: Vec<_> = role.allowed_kinds().iter().map(|kind| kind.name()).collect();
        assert_eq!(claims.allowed_actions, kinds);
    }
}

fn transfer(debit: AccountId, credit: AccountId, minor: i64) -> intent::TransferBody {
    intent::TransferBody { debit, credit, amount: eur(minor), details: None }
}

fn path(proof: &Value) -> Vec<Hash> {
    let hashes = proof["path"].as_array().unwrap().iter();
    hashes
        .map(|hash| {
            let bytes = Base64UrlUnpadded::decode_vec(hash.as_str().unwrap()).unwrap();
            Hash::from_bytes(bytes.try_into().unwrap())
        })
        .collect()
}

fn code<T>(result: Result<T, ClientError>) -> String {
    let error = result.err().expect("a refusal");
    error.problem().expect("a problem document").code.clone()
}

/// Runs `n` of the same at once.
async fn futures<T>(n: usize, start: impl AsyncFn(usize) -> T) -> Vec<T> {
    let mut running: Vec<_> = (0..n).map(|place| Box::pin(start(place))).collect();
    let mut done: Vec<Option<T>> = (0..n).map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_comes_from_the_same_port_under_its_own_policy() {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
        font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
        frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types bank-worker";
    let bank = Bank::start().await;
    let by_name = format!("localhost:{}", bank.addr().port());
    let browser = |path: &str| {
        Request::get(path).with("host", &by_name).with("accept", "text/html,*/*;q=0.8")
    };
    for path in ["/", "/login", "/accounts/01a2012d-1913-7335-be74-4d711fe503c4"] {
        let page = bank.send(browser(path)).await.ok();
        assert!(page.text().contains("<div id=\"root\"></div>"), "{path}");
        assert_eq!(page.header("content-security-policy"), POLICY);
        assert_eq!(page.header("cache-control"), "no-cache");
        assert_eq!(page.header("x-frame-options"), "DENY");
        let etag = page.header("etag").to_owned();
        let again = bank.send(browser(path).with("if-none-match", &etag)).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("content-security-policy"), POLICY);
    }
    let script = bank.send(browser("/assets/index.js").with("accept-encoding", "gzip")).await.ok();
    assert_eq!(script.header("content-encoding"), "gzip");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");

    let unknown = bank.send(browser("/nowhere")).await;
    assert_eq!((unknown.status, unknown.header("content-type")), (404, "text/html; charset=utf-8"));
    // Programs are told as ever; what is `strongroom demo`'s is nowhere else, ticket or not.
    for path in
        ["/api/nowhere", "/api/demo/people", "/api/demo/approve", "/health/x", "/assets/x.js"]
    {
        let problem = bank.send(browser(path).with("strongroom-demo-ticket", "00")).await;
        assert_eq!(problem.refusal(), (404, "not-found".to_owned()), "{path}");
        assert_eq!(problem.header("content-type"), "application/problem+json");
    }
    assert_eq!(bank.send(Request::post("/login", "{}")).await.refusal().0, 404);
    let by_address = bank.send(Request::get("/login?next=%2F")).await;
    assert_eq!(by_address.status, 307);
    assert_eq!(by_address.header("location"), format!("http://{by_name}/login?next=%2F"));
}
