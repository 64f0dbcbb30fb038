//! How the bank says no to payments that wait, holds, reversals, limits and policies.

use client::Wish;
use e2e::{Answer, Bank, Forger, eur, fresh_account, money};
use intent::{ApprovalDecision, Body, IntentId, TransferBody, UtcMicros};
use ledger::{Rejection as R, TransferId};
use server::corridor::Refusal;
use uuid::Uuid;

use super::{Provoked, submit, transfer};

const TIGHT: &str = r#"{"count_per_day":"3","new_payee":"10","per_day":"100","per_hour":"2","per_minute":"1","per_payee":"20","per_transfer":"50"}"#;

fn in_hours(hours: i64) -> UtcMicros {
    UtcMicros::from_micros(server::clock::now().get() + hours * 3_600_000_000)
}

/// In a bank of its own, whose every refusal is made again from the log, with what was left of its limit.
pub(crate) async fn refusals(provoked: &mut Provoked) {
    let bank = &Bank::start().await;
    holds(bank, provoked).await;
    reversals(bank, provoked).await;
    limits(bank, provoked).await;
    Box::pin(approvals(bank, provoked)).await;
    policies(bank, provoked).await;
    accounts(bank, provoked).await;
    interest(provoked).await;
    files(bank, provoked).await;
    exchanges(bank, provoked).await;
    bank.assert_verifies().await;
}

async fn files(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let file = e2e::table(&[(alice.account, bob.account, "1.00", "E1")]);
    let file = client::FileToPay::read(file.as_bytes()).unwrap();
    alice.pay_file(&file).await.unwrap();
    let accounts = [alice.account, bob.account].map(|id| (ledger::AccountNumber::of(id), id));
    let body = file.body(&accounts.into_iter().collect()).unwrap();
    let again = Forger::of(&alice).next(body).with_file(file.sent());
    let answer = bank.submit(&alice, &again).await;
    provoked.recorded(bank, &answer, Refusal::PaymentFileKnown);
}

async fn exchanges(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 10_000).await;
    let dollars = bank.open(&alice, "USD".parse().unwrap()).await;
    let wish = |buy, rate: &str| {
        let terms = (eur(1_000), money(buy, "USD"), rate.parse().unwrap());
        Wish::exchange(alice.account, dollars, terms).body
    };
    let answer = submit(bank, &alice, wish(1_080, "1.08")).await;
    provoked.recorded(bank, &answer, Refusal::RateUnknown);
    bank.put_in_force("rates", "pair:EUR/USD", r#"{"buy":"1.08","sell":"1.09"}"#).await;
    let answer = submit(bank, &alice, wish(1_090, "1.09")).await;
    provoked.recorded(bank, &answer, Refusal::RateStale);
    let answer = submit(bank, &alice, wish(1_081, "1.08")).await;
    provoked.recorded(bank, &answer, Refusal::ExchangeMismatch);
}

async fn holds(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let unknown = TransferId::new(Uuid::now_v7());
    let answer = submit(bank, &bob, Wish::capture(unknown, None).body).await;
    provoked.recorded(bank, &answer, R::HoldNotFound.into());
    let place = |expires_at| Wish::hold(alice.account, bob.account, eur(900), expires_at, None);
    let late = place(in_hours(91 * 24)).unwrap();
    provoked.recorded(bank, &submit(bank, &alice, late.body).await, Refusal::HoldTooLong);
    let past = place(in_hours(-1)).unwrap();
    provoked.recorded(bank, &submit(bank, &alice, past.body).await, R::HoldExpired.into());

    let placed = alice.submit(place(in_hours(1)).unwrap()).await.unwrap();
    let hold = TransferId::new(placed.receipt.intent_id.get());
    // Whom it is not for learns nothing of it, the payer included.
    let answer = submit(bank, &alice, Wish::capture(hold, None).body).await;
    provoked.recorded(bank, &answer, R::HoldNotFound.into());
    let more = Wish::capture(hold, Some(eur(901)));
    provoked.recorded(bank, &submit(bank, &bob, more.body).await, R::CaptureExceedsHold.into());
    bob.submit(Wish::capture(hold, Some(eur(400)))).await.unwrap();
    let again = submit(bank, &bob, Wish::void(hold).body).await;
    provoked.recorded(bank, &again, R::HoldResolved.into());
    assert_eq!(bank.balance(bob.account).await, 400);
}

async fn reversals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let paid = alice.transfer(alice.account, bob.account, eur(500), None).await.unwrap();
    let paid = TransferId::new(paid.receipt.intent_id.get());
    let giving_back = |transfer, minor: Option<i64>| {
        Wish::reverse(transfer, minor.map(eur), "not meant for me".into()).body
    };
    // Not by whoever paid: what was paid is the payee's.
    let answer = submit(bank, &alice, giving_back(paid, None)).await;
    provoked.recorded(bank, &answer, R::TransferNotFound.into());
    let answer = submit(bank, &bob, giving_back(paid, Some(501))).await;
    provoked.recorded(bank, &answer, R::ReversalExceedsTransfer.into());
    let returned = bob.submit(Wish::reverse(paid, Some(eur(200)), "half".into())).await.unwrap();
    let answer = submit(bank, &bob, giving_back(paid, Some(301))).await;
    provoked.recorded(bank, &answer, R::ReversalExceedsTransfer.into());
    let reversal = TransferId::new(returned.receipt.intent_id.get());
    let answer = submit(bank, &alice, giving_back(reversal, None)).await;
    provoked.recorded(bank, &answer, R::TransferNotReversible.into());
    assert_eq!(bank.balance(alice.account).await, 700);
}

async fn limits(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let scope = format!("account:{}", alice.account);
    let pay = |minor| transfer(alice.account, bob.account, minor);
    bank.put_in_force("limits", &scope, TIGHT).await;
    let answer = submit(bank, &alice, pay(5_001)).await;
    provoked.recorded(bank, &answer, Refusal::LimitPerTransfer);
    assert_eq!(answer.json()["detail"], "5000 minor units are left of this limit");
    provoked.recorded(bank, &submit(bank, &alice, pay(1_001)).await, Refusal::LimitNewPayee);
    assert_eq!(submit(bank, &alice, pay(900)).await.status, 200);
    provoked.recorded(bank, &submit(bank, &alice, pay(1)).await, Refusal::LimitPerMinute);
    let with = |old: &str, new: &str| TIGHT.replace(old, new);
    let slower = with(r#""per_minute":"1""#, r#""per_minute":"9""#);
    bank.put_in_force("limits", &scope, &slower).await;
    provoked.recorded(bank, &submit(bank, &alice, pay(101)).await, Refusal::LimitNewPayee);
    assert_eq!(submit(bank, &alice, pay(1)).await.status, 200);
    provoked.recorded(bank, &submit(bank, &alice, pay(1)).await, Refusal::LimitPerHour);
    let slower = slower.replace(r#""per_hour":"2""#, r#""per_hour":"9""#);
    bank.put_in_force("limits", &scope, &slower).await;
    assert_eq!(submit(bank, &alice, pay(1)).await.status, 200);
    provoked.recorded(bank, &submit(bank, &alice, pay(1)).await, Refusal::LimitCountPerDay);
    let wide = slower
        .replace(r#""count_per_day":"3""#, r#""count_per_day":"99""#)
        .replace(r#""new_payee":"10""#, r#""new_payee":"1000""#);
    bank.put_in_force("limits", &scope, &wide).await;
    provoked.recorded(bank, &submit(bank, &alice, pay(1_100)).await, Refusal::LimitPerPayee);
    let wide = wide.replace(r#""per_payee":"20""#, r#""per_payee":"1000""#);
    bank.put_in_force("limits", &scope, &wide).await;
    assert_eq!(submit(bank, &alice, pay(5_000)).await.status, 200);
    provoked.recorded(bank, &submit(bank, &alice, pay(5_000)).await, Refusal::LimitPerDay);
}

async fn approvals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let manager = bank.manager().await;
    let decide = async |payment, decision| -> Answer {
        let body = Wish::decide(payment, decision, "seen".into()).body;
        bank.submit(manager, &Forger::of(manager).next(body)).await
    };
    let unknown = IntentId::new(Uuid::now_v7()).unwrap();
    let answer = decide(unknown, ApprovalDecision::Approve).await;
    provoked.recorded(bank, &answer, Refusal::PaymentNotFound);

    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let hold = Wish::hold(alice.account, bob.account, eur(10_001), in_hours(1), None).unwrap();
    let answer = submit(bank, &alice, hold.body).await;
    provoked.recorded(bank, &answer, Refusal::HoldNeedsApproval);
    let large = alice.transfer(alice.account, bob.account, eur(100_001), None).await.unwrap();
    assert_eq!(large.receipt.code, "held");
    let large = large.receipt.intent_id;
    assert_eq!(decide(large, ApprovalDecision::Approve).await.status, 200);
    assert_eq!(bank.balance(bob.account).await, 0, "it takes two");
    let answer = decide(large, ApprovalDecision::Approve).await;
    provoked.recorded(bank, &answer, Refusal::ApprovedBefore);
    assert_eq!(decide(large, ApprovalDecision::Reject).await.status, 200);
    let answer = decide(large, ApprovalDecision::Approve).await;
    provoked.recorded(bank, &answer, Refusal::PaymentDecided);

    too_late(provoked).await;
    let wide = r#"{"above":"9223372036854775807","two_above":"9223372036854775807"}"#;
    bank.put_in_force("approvals", "bank", wide).await;

    bank.put_in_force(
        "risk",
        "bank",
        r#"{"ceiling":"block","critical":"3","high":"2","medium":"1"}"#,
    )
    .await;
    let all = bank.balance(alice.account).await;
    let answer = submit(bank, &alice, transfer(alice.account, bob.account, all)).await;
    provoked.recorded(bank, &answer, Refusal::RiskBlocked);
    bank.put_in_force("risk", "bank", r#"{"ceiling":"monitor"}"#).await;
}

/// In a bank of its own: its row is moved to where its clock would be, and so its log cannot be replayed.
async fn too_late(provoked: &mut Provoked) {
    let bank = &Bank::start().await;
    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let late = alice.transfer(alice.account, bob.account, eur(20_000), None).await.unwrap();
    let payment = late.receipt.intent_id;
    bank.execute(&format!(
        "UPDATE approvals SET expires_at = now() - interval '1 second' WHERE payment = '{payment}'"
    ))
    .await;
    let manager = bank.manager().await;
    let body = Wish::decide(payment, ApprovalDecision::Approve, "seen".into()).body;
    let answer = bank.submit(manager, &Forger::of(manager).next(body)).await;
    provoked.recorded(bank, &answer, Refusal::PaymentExpired);
}

async fn policies(bank: &Bank, provoked: &mut Provoked) {
    let admin = bank.admin().await;
    let send = async |body: Body| bank.submit(admin, &Forger::of(admin).next(body)).await;
    for (policy, scope, value) in [
        ("weather", "bank", "{}"),
        ("limits", "everybody", "{}"),
        ("limits", "bank", r#"{"per_day":"-1"}"#),
        ("risk", "role:customer", r#"{"ceiling":"monitor"}"#),
    ] {
        let wish = Wish::propose_policy(policy.into(), scope.into(), value.into());
        provoked.recorded(bank, &send(wish.body).await, Refusal::PolicyInvalid);
    }
    let unknown = IntentId::new(Uuid::now_v7()).unwrap();
    let answer = send(Wish::approve_policy(unknown, true).body).await;
    provoked.recorded(bank, &answer, Refusal::ProposalNotFound);
    let wish = Wish::propose_policy("limits".into(), "role:manager".into(), "{}".into());
    let proposal = admin.submit(wish).await.unwrap().receipt.intent_id;
    let answer = send(Wish::approve_policy(proposal, true).body).await;
    provoked.recorded(bank, &answer, Refusal::ApprovalByMaker);
}

/// What an account has earned is told to have been, in a bank whose log says otherwise.
async fn interest(provoked: &mut Provoked) {
    let bank = &Bank::start().await;
    let alice = bank.customer("Alice", 1).await;
    let bob = bank.customer("Bob", 0).await;
    bank.put_in_force("interest", "asset:EUR", r#"{"credit":"2020-01-01:150"}"#).await;
    alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    let close = Wish::close_account(alice.account).body;
    let earned = |parts: i64| {
        let of = alice.account;
        format!("UPDATE accruals SET running = '{parts}' WHERE account_id = '{of}'")
    };
    // A cent is 262,800,000 parts, and what is less keeps nobody.
    bank.execute(&earned(262_800_000)).await;
    provoked.recorded(bank, &submit(bank, &alice, close.clone()).await, Refusal::InterestDue);
    bank.execute(&earned(262_799_999)).await;
    assert_eq!(submit(bank, &alice, close).await.status, 200);
}

async fn accounts(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 1).await;
    let bob = bank.customer("Bob", 1_000).await;
    let close = Wish::close_account(alice.account).body;
    let answer = submit(bank, &alice, close.clone()).await;
    provoked.recorded(bank, &answer, Refusal::AccountNotEmpty);
    let answer = submit(bank, &bob, close.clone()).await;
    provoked.recorded(bank, &answer, Refusal::AccountNotFound);
    let manager = bank.manager().await;
    let send = async |body: Body| bank.submit(manager, &Forger::of(manager).next(body)).await;
    let overdraft = |minor| Wish::overdraft(alice.account, eur(minor)).body;
    assert_eq!(send(overdraft(500)).await.status, 200);
    let body =
        TransferBody { debit: alice.account, credit: bob.account, amount: eur(501), details: None };
    assert_eq!(submit(bank, &alice, Body::Transfer(body)).await.status, 200);
    provoked.recorded(bank, &send(overdraft(499)).await, Refusal::OverdraftInUse);
    let dollars = Wish::overdraft(alice.account, money(1, "USD")).body;
    provoked.recorded(bank, &send(dollars).await, R::AssetMismatch.into());
    bob.transfer(bob.account, alice.account, eur(500), None).await.unwrap();
    assert_eq!(submit(bank, &alice, close.clone()).await.status, 200);
    let answer = submit(bank, &alice, close).await;
    provoked.recorded(bank, &answer, Refusal::AccountClosed);
    for (debit, credit, by, refusal) in [
        (alice.account, bob.account, &alice, R::DebitAccountClosed),
        (bob.account, alice.account, &bob, R::CreditAccountClosed),
    ] {
        let answer = submit(bank, by, transfer(debit, credit, 1)).await;
        provoked.recorded(bank, &answer, refusal.into());
    }
    let nobody = Wish::close_account(fresh_account()).body;
    provoked.recorded(bank, &submit(bank, &bob, nobody).await, Refusal::AccountNotFound);
}
