//! Holds, reversals, payments that wait for a person, limits and policies, end to end: what moves, what waits, who wins
//! a race, and that the auditor agrees with all of it.

use std::sync::Arc;
use std::time::Duration;

use client::{BatchLine, ClientError, Session, Settled, Wish};
use e2e::{Bank, Customer, Forger, code_of, eur, eventually_within, fresh_account};
use intent::{ApprovalDecision, BatchItem, Body, IntentId, RevocationReason, UtcMicros};
use ledger::{Freeze, TransferId};
use money::AssetCode;
use serde_json::json;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(20);

fn in_seconds(seconds: i64) -> UtcMicros {
    UtcMicros::from_micros(server::clock::now().get() + seconds * 1_000_000)
}

fn id_of(settled: &Settled) -> TransferId {
    TransferId::new(settled.receipt.intent_id.get())
}

async fn decide(
    by: &Session,
    payment: IntentId,
    decision: ApprovalDecision,
) -> Result<Settled, ClientError> {
    by.submit(Wish::decide(payment, decision, "looked at it".into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_what_waits_come_in_pages() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000).await, bank.customer("Bob", 0).await);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(hold(&alice, &bob, 1, 3_600).await.to_string());
    }
    let page = async |query: &str| bank.get_as(&bob, &format!("/api/holds?{query}")).await;
    let names = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["hold"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = page("limit=2").await.ok().json();
    assert_eq!(names(&first), held[..2]);
    let cursor = first["next"].as_str().unwrap();
    let second = page(&format!("limit=2&cursor={cursor}")).await.ok().json();
    assert_eq!((names(&second), second["next"].is_null()), (held[2..].to_vec(), true));
    for bad in ["limit=0", "limit=201", "cursor=first"] {
        assert_eq!(page(bad).await.problem(), "malformed-request", "{bad}");
    }
    let value = r#"{"above":"0","two_above":"1"}"#;
    bank.put_in_force("approvals", "bank", value).await;
    for _ in 0..2 {
        alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    }
    assert_eq!(alice.approvals("waiting").await.unwrap().len(), 2);
    let first = bank.get_as(&alice, "/api/approvals?limit=1").await.ok().json();
    assert!(first["next"].is_string(), "{first}");
}

async fn available(bank: &Bank, account: ledger::AccountId) -> i64 {
    bank.count(&format!(
        "SELECT credits_posted - debits_posted - debits_pending FROM accounts WHERE account_id = '{account}'"
    ))
    .await
}

async fn hold(by: &Customer, to: &Customer, minor: i64, seconds: i64) -> TransferId {
    let wish = Wish::hold(by.account, to.account, eur(minor), in_seconds(seconds), Some("room 7"));
    id_of(&by.submit(wish.unwrap()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_there_for_its_payee_and_for_nobody_else() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let first = hold(&alice, &bob, 600, 3_600).await;
    assert_eq!(
        (bank.balance(alice.account).await, available(&bank, alice.account).await),
        (1_000, 400)
    );
    let too_much = alice.transfer(alice.account, bob.account, eur(401), None).await;
    assert_eq!(code_of(&too_much), "insufficient-funds");

    bob.submit(Wish::capture(first, Some(eur(250)))).await.unwrap();
    assert_eq!(
        (bank.balance(alice.account).await, available(&bank, alice.account).await),
        (750, 750)
    );
    let second = hold(&alice, &bob, 700, 3_600).await;
    bank.manager().await.submit(Wish::void(second)).await.unwrap();
    assert_eq!(available(&bank, alice.account).await, 750);
    let third = hold(&alice, &bob, 50, 3_600).await;
    let listed = bank.get_as(&bob, "/api/holds").await.ok().json();
    assert_eq!(listed["items"][0]["hold"], third.to_string());
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_given_back_when_its_time_is_over_once_though_two_instances_notice() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let holds = [hold(&alice, &bob, 600, 2).await, hold(&alice, &bob, 100, 2).await];
    eventually_within(SOON, "both holds to be given back", async || {
        (available(&bank, alice.account).await == 1_000).then_some(())
    })
    .await;
    for held in holds {
        let late = bob.submit(Wish::capture(held, None)).await;
        assert_eq!(code_of(&late), "hold-resolved");
    }
    assert_eq!(bank.count("SELECT count(*) FROM holds WHERE state = 'expired'").await, 2);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_capture_at_once_one_wins_and_however_many_reverse_never_more_than_was_paid() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = Arc::new(bank.customer("Bob", 0).await);
    let held = hold(&alice, &bob, 600, 3_600).await;
    let paid = id_of(&alice.transfer(alice.account, bob.account, eur(300), None).await.unwrap());
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let bob = Arc::clone(&bob);
        racing.spawn(async move { bob.submit(Wish::capture(held, None)).await.is_ok() });
    }
    let won = racing.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let bob = Arc::clone(&bob);
        let wish = Wish::reverse(paid, Some(eur(70)), "refund".into());
        racing.spawn(async move { bob.submit(wish).await.is_ok() });
    }
    let won = racing.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 4, "four times 70 of 300, a fifth would be too much");
    assert_eq!(bank.balance(alice.account).await, 1_000 - 600 - 300 + 280);
    let rest = bob.submit(Wish::reverse(paid, None, "the rest".into())).await.unwrap();
    assert_eq!(rest.receipt.code, "ok");
    assert_eq!(bank.balance(alice.account).await, 400);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_payment_waits_for_two_people_and_moves_when_both_agree() {
    let bank = Bank::start().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let max = bank.login(&bank.second_manager()).await;
    let mary = bank.manager().await;
    let small = alice.transfer(alice.account, bob.account, eur(10_000), None).await.unwrap();
    assert_eq!(small.receipt.code, "ok");

    let one = alice.transfer(alice.account, bob.account, eur(10_001), None).await.unwrap();
    assert_eq!(one.receipt.code, "held");
    assert_eq!(bank.balance(bob.account).await, 10_000);
    assert_eq!(available(&bank, alice.account).await, 1_000_000 - 10_000 - 10_001);
    // Neither the payer nor the payee ends what waits for the bank.
    assert_eq!(code_of(&bob.submit(Wish::capture(id_of(&one), None)).await), "hold-not-found");
    assert_eq!(code_of(&mary.submit(Wish::void(id_of(&one))).await), "hold-not-found");
    decide(mary, one.receipt.intent_id, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 20_001);

    let two = alice.transfer(alice.account, bob.account, eur(100_001), None).await.unwrap();
    decide(mary, two.receipt.intent_id, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 20_001, "a second person is asked for");
    let waiting = bank.get_as(mary, "/api/approvals").await.ok().json();
    assert_eq!(waiting["items"][0]["approvers"], "2");
    assert_eq!(waiting["items"][0]["amount"], "100001");
    decide(&max, two.receipt.intent_id, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 120_002);

    let bad = alice.transfer(alice.account, bob.account, eur(50_000), None).await.unwrap();
    decide(&max, bad.receipt.intent_id, ApprovalDecision::Escalate).await.unwrap();
    decide(&max, bad.receipt.intent_id, ApprovalDecision::Approve).await.unwrap();
    decide(mary, bad.receipt.intent_id, ApprovalDecision::Reject).await.unwrap();
    assert_eq!(available(&bank, alice.account).await, 1_000_000 - 120_002);
    let own = bank.get_as(&alice, "/api/approvals?status=rejected").await.ok().json();
    assert_eq!(own["items"][0]["reason"], "looked at it");
    let others = bank.get_as(&bob, "/api/approvals?status=rejected").await.ok().json();
    assert_eq!(others["items"].as_array().unwrap().len(), 0);
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_whose_certificate_was_revoked_approves_nothing_at_any_instance() {
    let bank = Bank::start().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let max = bank.second_manager();
    let (here, there) = (
        bank.login(&max).await,
        bank.client_of(&another).login(max.identity.clone()).await.unwrap(),
    );
    let held = alice.transfer(alice.account, bob.account, eur(10_001), None).await.unwrap();
    let payment = held.receipt.intent_id;
    // Signed while it was still good.
    let signed = Forger::new(&max)
        .next(Wish::decide(payment, ApprovalDecision::Approve, "looked at it".into()).body);
    let certificate = max.certificate_hash().unwrap();
    bank.admin().await.revoke(certificate, RevocationReason::KeyCompromise).await.unwrap();
    for session in [&here, &there] {
        let refused = decide(session, payment, ApprovalDecision::Approve).await.err().unwrap();
        assert!(refused.is_unauthenticated(), "{refused}");
    }
    // Nor does anybody else's session carry it in.
    let carried = bank.submit(bank.manager().await, &signed).await;
    assert!([401, 403].contains(&carried.status), "{}", carried.text());
    assert_eq!(bank.balance(bob.account).await, 0);
    decide(bank.manager().await, payment, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 10_001);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_at_two_instances_decide_a_payment_once() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"0","two_above":"1000"}"#).await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let mary = bank.manager().await;
    let max = bank.client_of(&another).login(bank.second_manager().identity).await.unwrap();
    for round in 0..8_i64 {
        let paid = alice.transfer(alice.account, bob.account, eur(10), None).await.unwrap();
        let payment = paid.receipt.intent_id;
        let (one, other) = tokio::join!(
            decide(mary, payment, ApprovalDecision::Approve),
            decide(&max, payment, ApprovalDecision::Reject),
        );
        let mut codes = [code_of(&one), code_of(&other)];
        codes.sort_unstable();
        assert_eq!(codes, ["ok", "payment-decided"], "round {round}");
    }
    let approved = bank.count("SELECT count(*) FROM approvals WHERE status = 'approved'").await;
    assert_eq!(bank.balance(bob.account).await, approved * 10);
    assert_eq!(available(&bank, alice.account).await, 1_000_000 - approved * 10);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_waits_as_one_and_a_freeze_keeps_all_of_it_from_being_approved() {
    let bank = Bank::start().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"10","two_above":"1000"}"#).await;
    let alice = bank.customer("Alice", 100_000).await;
    let [bob, cleo] = [bank.customer("Bob", 0).await, bank.customer("Cleo", 0).await];
    let lines =
        [bob.account, cleo.account].map(|to| BatchLine { to, amount: eur(600), memo: None });
    let batch = alice.batch(alice.account, &lines, false).await.unwrap();
    assert_eq!(batch.receipt.code, "held", "6.00 each, 12.00 together");
    let (manager, payment) = (bank.manager().await, batch.receipt.intent_id);
    let freeze = Freeze { debit: false, credit: true };
    manager.freeze(cleo.account, freeze, "inquiry").await.unwrap();
    let answer = decide(manager, payment, ApprovalDecision::Approve).await;
    assert_eq!(code_of(&answer), "credit-account-frozen");
    assert_eq!((bank.balance(bob.account).await, bank.balance(cleo.account).await), (0, 0));
    manager.freeze(cleo.account, Freeze::default(), "over").await.unwrap();
    decide(manager, payment, ApprovalDecision::Approve).await.unwrap();
    assert_eq!((bank.balance(bob.account).await, bank.balance(cleo.account).await), (600, 600));
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_risk_engine_holds_a_payment_back_and_a_person_lets_it_go() {
    let bank = Bank::start().await;
    let value = r#"{"ceiling":"review","critical":"3","high":"2","medium":"1"}"#;
    bank.put_in_force("risk", "bank", value).await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let paid = alice.transfer(alice.account, bob.account, eur(1_000), None).await.unwrap();
    assert_eq!(paid.receipt.code, "held");
    let view = format!("/api/approvals/{}", paid.receipt.intent_id);
    let seen = bank.get_as(bank.manager().await, &view).await.ok().json();
    assert_eq!((&seen["cause"], &seen["risk"]["action"]), (&json!("risk"), &json!("review")));
    let reasons = seen["risk"]["reasons"].as_array().unwrap();
    let weights: Vec<f64> =
        reasons.iter().map(|reason| reason["weight_permille"].as_f64().unwrap()).collect();
    // Each weight is what its rule adds by itself: together they are the score, heaviest first.
    let score = weights.iter().fold(1_000.0, |rest, weight| rest * (1.0 - weight / 1_000.0));
    let told = seen["risk"]["score_permille"].as_f64().unwrap();
    assert!((1_000.0 - score - told).abs() < 1.0 && weights.is_sorted_by(|a, b| a >= b), "{seen}");
    assert!(reasons.iter().all(|reason| reason["sentence"].as_str().unwrap().len() > 10), "{seen}");
    // Why it looks suspicious is for those who decide.
    let own = bank.get_as(&alice, &view).await.ok().json();
    assert_eq!((&own["status"], own.get("risk")), (&json!("waiting"), None));
    let manager = bank.manager().await;
    decide(manager, paid.receipt.intent_id, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 1_000);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_again_and_again_just_below_what_a_manager_sees_are_seen() {
    let bank = Bank::start().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"50","two_above":"1000"}"#).await;
    bank.put_in_force("risk", "bank", "{}").await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let own = bank.open(&alice, AssetCode::EUR).await;
    bank.fund(own, eur(100_000)).await;
    let pay_thrice = async |from, to| {
        let mut codes = Vec::new();
        for _ in 0..3 {
            let paid = alice.transfer(from, to, eur(4_900), None).await;
            codes.push(code_of(&paid).to_owned());
        }
        codes
    };
    assert_eq!(pay_thrice(own, alice.account).await, ["ok"; 3], "nobody sees what stays hers");
    assert_eq!(pay_thrice(alice.account, bob.account).await, ["ok", "ok", "held"]);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_limit_counts_from_the_next_payment_at_every_instance_and_under_a_race() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = Arc::new(bank.customer("Alice", 1_000).await);
    let bob = bank.customer("Bob", 0).await;
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    elsewhere.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    let scope = format!("user:{}", alice.identity().user().id);
    bank.put_in_force("limits", &scope, r#"{"count_per_day":"6","per_minute":"99"}"#).await;
    let elsewhere = Arc::new(elsewhere);
    let mut racing = tokio::task::JoinSet::new();
    for turn in 0..12 {
        let (here, there, to) = (Arc::clone(&alice), Arc::clone(&elsewhere), bob.account);
        racing.spawn(async move {
            let session: &Session = if turn % 2 == 0 { &here } else { &there };
            session.transfer(here.account, to, eur(1), None).await.is_ok()
        });
    }
    let paid = racing.join_all().await.into_iter().filter(|paid| *paid).count();
    assert_eq!(paid, 5, "five are left of six");
    assert_eq!(bank.balance(bob.account).await, 6);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

/// As below, where what is missing changes the limits: one's own account is nobody's payee, an unknown one is a new payee.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_account_that_appears_at_another_instance_is_ones_own_or_a_strangers_as_the_log_says()
 {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let bob = bank.customer("Bob", 100_000).await;
    let elsewhere = bank.client_of(&another).login(bob.identity().clone()).await.unwrap();
    let owner = bob.identity().user().id;
    let value = r#"{"count_per_day":"9999","new_payee":"1","per_hour":"9999","per_minute":"9999"}"#;
    bank.put_in_force("limits", &format!("user:{owner}"), value).await;
    for _ in 0..60 {
        let account = fresh_account();
        let open = Wish::open_account(account, owner, AssetCode::EUR);
        let (opened, answer) = tokio::join!(
            elsewhere.submit(open),
            bob.transfer(bob.account, account, eur(101), None),
        );
        opened.unwrap();
        let code = code_of(&answer);
        assert!(["ok", "limit-new-payee"].contains(&code), "{code}");
    }
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

/// A batch is looked at for every account that it debits, and an item that is not the signer's hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn no_first_item_keeps_the_risk_engine_from_the_rest_of_a_batch() {
    let bank = Bank::start().await;
    let value = r#"{"ceiling":"block","critical":"3","high":"2","medium":"1"}"#;
    bank.put_in_force("risk", "bank", value).await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 1_000).await;
    let other = bank.open(&alice, AssetCode::EUR).await;
    bank.fund(other, eur(100_000)).await;
    let item = |debit, credit, minor| BatchItem {
        id: TransferId::new(Uuid::now_v7()),
        debit,
        credit,
        amount: eur(minor),
        details: None,
    };
    for first in [item(bob.account, alice.account, 1), item(other, alice.account, 1)] {
        let items = vec![first, item(alice.account, bob.account, 1_000)];
        let batch = Forger::of(&alice).next(Body::TransferBatch { atomic: false, items });
        let answer = bank.submit(&alice, &batch).await;
        assert_eq!(answer.problem(), "risk-blocked");
    }
    assert_eq!(bank.balance(alice.account).await, 1_000);
    bank.assert_verifies().await;
}

/// What ends a hold has an id that follows from it. Whoever used it up first would keep the payment from being decided.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_uses_up_the_ids_that_the_bank_makes() {
    let bank = Bank::start().await;
    let bob = bank.customer("Bob", 1_000).await;
    let to = bank.customer("Carl", 0).await.account;
    let id = TransferId::new(Uuid::from_u128(0x0192_0000_0000_8000_8000_0000_0000_0001));
    let item = BatchItem { id, debit: bob.account, credit: to, amount: eur(1), details: None };
    let body = Body::TransferBatch { atomic: false, items: vec![item] };
    assert!(Forger::of(&bob).draft(body.clone()).build().is_err());
    let good = BatchItem { id: TransferId::new(Uuid::now_v7()), ..item };
    let edited = Forger::of(&bob)
        .sign_edited(Body::TransferBatch { atomic: false, items: vec![good] }, |text| {
            text.replace(&good.id.to_string(), &id.to_string())
        });
    let answer = bank.submit(&bob, &edited).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.json()["field"], "body.items[0].id");
}

/// What is not there cannot be locked: a payment is decided by the absence of its payee, and another instance opens the
/// account meanwhile. Whoever comes second in the log must have decided second.
#[tokio::test(flavor = "multi_thread")]
async fn a_payee_who_appears_at_another_instance_is_there_or_not_as_the_log_says() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let elsewhere = bank.client_of(&another).login(bob.identity().clone()).await.unwrap();
    let owner = bob.identity().user().id;
    for _ in 0..60 {
        let account = fresh_account();
        let open = Wish::open_account(account, owner, AssetCode::EUR);
        let (opened, answer) = tokio::join!(
            elsewhere.submit(open),
            alice.transfer(alice.account, account, eur(1), None),
        );
        opened.unwrap();
        let code = code_of(&answer);
        assert!(["ok", "credit-account-not-found"].contains(&code), "{code}");
        assert_eq!(bank.balance(account).await, i64::from(answer.is_ok()));
    }
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}
