//! Races over HTTP, many rounds each, at two instances: whoever is first in the log has won, everybody is told the same, and
//! the auditor agrees.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use client::{ClientError, Session, Settled, Wish};
use e2e::{Bank, Customer, Forger, code_of, eur, eventually};
use intent::{ApprovalDecision, Body, IntentId, TransferBody, UtcMicros};
use ledger::{Freeze, TransferId};
use server::start::Running;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Clients that send one intent at once.
const CLIENTS: usize = 50;
/// What keeps nobody from paying.
const OPEN: &str =
    r#""count_per_day":"999999","new_payee":"999999","per_hour":"999999","per_minute":"999999""#;
const FROZEN: Freeze = Freeze { debit: true, credit: false };

type Outcome = Result<Settled, ClientError>;

/// A bank with a second instance, and somebody with an open session at each.
struct Race {
    bank: Bank,
    another: Running,
    alice: Customer,
    elsewhere: Session,
    bob: Customer,
}

impl Race {
    async fn new() -> Self {
        let bank = Bank::start().await;
        let another = bank.start_another().await;
        let alice = bank.customer("Alice", 1_000_000).await;
        let bob = bank.customer("Bob", 0).await;
        let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
        Self { bank, another, alice, elsewhere, bob }
    }

    /// Payments at both instances at once, one after the other at each.
    async fn pay(&self, minor: i64) -> Vec<Outcome> {
        let series = async |session: &Session| {
            let mut outcomes = Vec::new();
            for _ in 0..3 {
                let (from, to) = (self.alice.account, self.bob.account);
                outcomes.push(session.transfer(from, to, eur(minor), None).await);
            }
            outcomes
        };
        let (here, there) = tokio::join!(series(&self.alice), series(&self.elsewhere));
        here.into_iter().chain(there).collect()
    }
}

/// The place in the log.
fn place(outcome: &Outcome) -> u64 {
    match outcome {
        Ok(settled) => settled.receipt.index.get(),
        Err(ClientError::Refused { receipt, .. }) => receipt.index.get(),
        Err(other) => panic!("neither accepted nor refused: {other}"),
    }
}

/// The code that everything before a leaf has, and the other of everything behind it; how many have each.
fn split(outcomes: &[Outcome], at: &Outcome, codes: [&str; 2]) -> [usize; 2] {
    let mut counts = [0, 0];
    for outcome in outcomes {
        let is_behind = place(outcome) > place(at);
        assert_eq!(
            code_of(outcome),
            codes[usize::from(is_behind)],
            "{} {}",
            place(outcome),
            place(at)
        );
        counts[usize::from(is_behind)] += 1;
    }
    counts
}

fn in_millis(millis: i64) -> UtcMicros {
    UtcMicros::from_micros(server::clock::now().get() + millis * 1_000)
}

async fn sleep_until(at: UtcMicros, offset_ms: i64) {
    let left_us = at.get() + offset_ms * 1_000 - server::clock::now().get();
    tokio::time::sleep(Duration::from_micros(u64::try_from(left_us).unwrap_or(0))).await;
}

async fn approve(by: &Session, payment: IntentId) -> Outcome {
    by.submit(Wish::decide(payment, ApprovalDecision::Approve, "looked at it".into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_made_before_a_freeze_or_refused_behind_it() {
    let race = Race::new().await;
    let manager = race.bank.manager().await;
    let mut counts = [0, 0];
    for _ in 0..20 {
        let (frozen, paid) =
            tokio::join!(manager.freeze(race.alice.account, FROZEN, "inquiry"), race.pay(10));
        let [before, behind] = split(&paid, &frozen, ["ok", "debit-account-frozen"]);
        counts = [counts[0] + before, counts[1] + behind];
        manager.freeze(race.alice.account, Freeze::default(), "over").await.unwrap();
    }
    assert!(counts.iter().all(|count| *count > 0), "it was no race: {counts:?}");
    assert_eq!(race.bank.balance(race.bob.account).await, 10 * i64::try_from(counts[0]).unwrap());
    race.another.shutdown().await.unwrap();
    race.bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_decided_under_the_limit_before_a_change_or_behind_it() {
    let race = Race::new().await;
    let (admin, manager) = (race.bank.admin().await, race.bank.manager().await);
    let scope = format!("account:{}", race.alice.account);
    let mut counts = [0, 0];
    for round in 0..20 {
        // By turns a payment of 7.00 is too much from then on, and no longer.
        let is_tighter = round % 2 == 0;
        let value = format!(r#"{{{OPEN},"per_transfer":"{}"}}"#, if is_tighter { 5 } else { 10 });
        let wish = Wish::propose_policy("limits".into(), scope.clone(), value);
        let proposal = admin.submit(wish).await.unwrap().receipt.intent_id;
        let (changed, paid) =
            tokio::join!(manager.submit(Wish::approve_policy(proposal, true)), race.pay(700));
        let mut codes = ["ok", "limit-per-transfer"];
        if !is_tighter {
            codes.reverse();
        }
        let [before, behind] = split(&paid, &changed, codes);
        counts = [counts[0] + before, counts[1] + behind];
    }
    assert!(counts.iter().all(|count| *count > 0), "it was no race: {counts:?}");
    race.another.shutdown().await.unwrap();
    race.bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_whose_time_is_over_is_captured_or_given_back_and_never_both() {
    // When the payee comes, before or behind the end, in milliseconds.
    const OFFSETS_MS: [i64; 6] = [-1_500, -30, -5, 0, 5, 30];
    let race = Race::new().await;
    let bob = Arc::new(race.bank.login(&race.bob.holder).await);
    let there = race.bank.client_of(&race.another).login(bob.identity().clone()).await.unwrap();
    let sessions = [bob, Arc::new(there)];
    let mut racing = JoinSet::new();
    for offset_ms in OFFSETS_MS.repeat(5) {
        let expires_at = in_millis(2_500);
        let (from, to) = (race.alice.account, race.bob.account);
        let wish = Wish::hold(from, to, eur(10), expires_at, None).unwrap();
        let hold = TransferId::new(race.alice.submit(wish).await.unwrap().receipt.intent_id.get());
        let sessions = sessions.clone();
        racing.spawn(async move {
            sleep_until(expires_at, offset_ms).await;
            let capture = |session: Arc<Session>| async move {
                let outcome = session.submit(Wish::capture(hold, None)).await;
                code_of(&outcome).to_owned()
            };
            let [here, there] = sessions;
            (hold, tokio::join!(capture(here), capture(there)))
        });
    }
    let outcomes = racing.join_all().await;
    eventually("every hold to have ended", async || {
        let held = race.bank.count("SELECT count(*) FROM holds WHERE state = 'held'").await;
        (held == 0).then_some(())
    })
    .await;
    let mut captured = 0;
    for (hold, (here, there)) in &outcomes {
        let won = [here, there].iter().filter(|code| **code == "ok").count();
        let lost = ["ok", "hold-resolved", "hold-expired"];
        assert!([here, there].iter().all(|code| lost.contains(&code.as_str())), "{here} {there}");
        let is = format!("SELECT count(*) FROM holds WHERE transfer_id = '{hold}' AND state = ");
        let is_captured = race.bank.count(&format!("{is} 'captured'")).await;
        let is_expired = race.bank.count(&format!("{is} 'expired'")).await;
        assert_eq!((is_captured + is_expired, i64::try_from(won).unwrap()), (1, is_captured));
        captured += is_captured;
    }
    let all = i64::try_from(outcomes.len()).unwrap();
    assert!(0 < captured && captured < all, "it was no race: {captured} of {all}");
    assert_eq!(race.bank.balance(race.bob.account).await, captured * 10);
    race.another.shutdown().await.unwrap();
    race.bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_waits_is_approved_before_a_freeze_or_waits_on_behind_it() {
    let race = Race::new().await;
    let bank = &race.bank;
    bank.put_in_force("approvals", "bank", r#"{"above":"0","two_above":"1000"}"#).await;
    let mary = bank.manager().await;
    let max = bank.client_of(&race.another).login(bank.second_manager().identity).await.unwrap();
    let mut counts = [0, 0];
    for round in 0..20 {
        let paid = race.alice.transfer(race.alice.account, race.bob.account, eur(10), None).await;
        let payment = paid.unwrap().receipt.intent_id;
        // Whoever sends first has the advantage, by turns.
        let late =
            |is_late: bool| tokio::time::sleep(Duration::from_millis(if is_late { 4 } else { 0 }));
        let (frozen, approved) = tokio::join!(
            async {
                late(round % 2 == 0).await;
                max.freeze(race.alice.account, FROZEN, "inquiry").await
            },
            async {
                late(round % 2 == 1).await;
                approve(mary, payment).await
            },
        );
        let approved = [approved];
        let [before, behind] = split(&approved, &frozen, ["ok", "debit-account-frozen"]);
        counts = [counts[0] + before, counts[1] + behind];
        max.freeze(race.alice.account, Freeze::default(), "over").await.unwrap();
        let again = if behind == 1 { "ok" } else { "payment-decided" };
        assert_eq!(code_of(&approve(mary, payment).await), again);
        assert_eq!(bank.balance(race.bob.account).await, 10 * (round + 1));
    }
    assert!(counts.iter().all(|count| *count > 0), "it was no race: {counts:?}");
    race.another.shutdown().await.unwrap();
    race.bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_time_is_over_is_approved_or_given_back_and_never_both() {
    const OFFSETS_MS: [i64; 6] = [-1_500, -30, -5, 0, 5, 30];
    let race = Race::new().await;
    let bank = &race.bank;
    bank.put_in_force("approvals", "bank", r#"{"above":"0","two_above":"1000"}"#).await;
    let mary = Arc::new(bank.login(&bank.second_manager()).await);
    let there = bank.client_of(&race.another).login(bank.manager().await.identity().clone()).await;
    let managers = [mary, Arc::new(there.unwrap())];
    let mut payments = Vec::new();
    for _ in 0..OFFSETS_MS.len() * 4 {
        let paid = race.alice.transfer(race.alice.account, race.bob.account, eur(10), None).await;
        payments.push(paid.unwrap().receipt.intent_id);
    }
    bank.assert_verifies().await;
    // An hour is the shortest wait: the rows are moved to where the clock would be, and so the log cannot be replayed any more.
    let ends_at = in_millis(2_500);
    let at = format!("'{ends_at}'::timestamptz");
    bank.execute(&format!(
        "UPDATE holds SET expires_at = {at}; UPDATE approvals SET expires_at = {at}"
    ))
    .await;
    let mut deciding = JoinSet::new();
    for (payment, offset_ms) in payments.into_iter().zip(OFFSETS_MS.repeat(4)) {
        let managers = managers.clone();
        deciding.spawn(async move {
            sleep_until(ends_at, offset_ms).await;
            let [here, there] = &managers;
            let (here, there) = tokio::join!(approve(here, payment), approve(there, payment));
            (payment, [here, there].map(|outcome| code_of(&outcome).to_owned()))
        });
    }
    let decided = deciding.join_all().await;
    eventually("every payment to have ended", async || {
        let waiting = bank.count("SELECT count(*) FROM approvals WHERE status = 'waiting'").await;
        (waiting == 0).then_some(())
    })
    .await;
    let mut approved = 0;
    for (payment, codes) in &decided {
        let lost = ["ok", "payment-decided", "payment-expired"];
        assert!(codes.iter().all(|code| lost.contains(&code.as_str())), "{codes:?}");
        let won = codes.iter().filter(|code| *code == "ok").count();
        let count = async |status, state| {
            let sql = format!(
                "SELECT count(*) FROM approvals a JOIN holds h ON h.intent_id = a.payment
                  WHERE a.payment = '{payment}' AND a.status = '{status}' AND h.state = '{state}'"
            );
            bank.count(&sql).await
        };
        let (is_approved, is_over) =
            (count("approved", "captured").await, count("expired", "expired").await);
        assert_eq!((is_approved + is_over, i64::try_from(won).unwrap()), (1, is_approved));
        approved += is_approved;
    }
    let all = i64::try_from(decided.len()).unwrap();
    assert!(0 < approved && approved < all, "it was no race: {approved} of {all}");
    assert_eq!(bank.balance(race.bob.account).await, approved * 10);
    bank.assert_books_balance().await;
    race.another.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clients_with_one_intent_pay_once_and_are_told_the_same() {
    let race = Race::new().await;
    let mut clients = Vec::new();
    for place in 0..CLIENTS {
        let client =
            if place % 2 == 0 { race.bank.client() } else { race.bank.client_of(&race.another) };
        let identity = race.alice.identity().clone();
        clients.push(Arc::new(client.login(identity).await.unwrap()));
    }
    for round in 1..=10 {
        let (debit, credit, amount) = (race.alice.account, race.bob.account, eur(10));
        let body = Body::Transfer(TransferBody { debit, credit, amount, details: None });
        let signed = Forger::of(&race.alice).next(body);
        let start = Arc::new(Barrier::new(CLIENTS));
        let mut sending = JoinSet::new();
        for client in &clients {
            let (client, start, body) = (Arc::clone(client), Arc::clone(&start), signed.to_json());
            sending.spawn(async move {
                start.wait().await;
                let path = "/api/transactions/transfer";
                client.request(reqwest::Method::POST, path, body).await.unwrap()
            });
        }
        let receipts: BTreeSet<Vec<u8>> = sending.join_all().await.into_iter().collect();
        assert_eq!(receipts.len(), 1, "one truth, byte for byte");
        let id = signed.parse_intent().unwrap().id();
        for table in ["records", "transfers"] {
            let sql = format!("SELECT count(*) FROM {table} WHERE intent_id = '{id}'");
            assert_eq!(race.bank.count(&sql).await, 1, "{table}");
        }
        assert_eq!(race.bank.balance(race.bob.account).await, 10 * round);
    }
    race.another.shutdown().await.unwrap();
    race.bank.assert_verifies().await;
}
