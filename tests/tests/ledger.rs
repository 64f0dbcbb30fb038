//! The book under crossing and concurrent intents, judged by the auditor.

use std::fmt::Write;
use std::sync::Arc;

use client::Wish;
use e2e::{Bank, Forger, Request, eur};
use intent::{BatchItem, Body, TransferBody, UserId};
use ledger::TransferId;
use money::AssetCode;
use uuid::Uuid;

/// The statements of a group commit, BEGIN and COMMIT included, whatever its size.
const STATEMENTS_PER_COMMIT: usize = 9;

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_of_one_account_cannot_spend_the_same_money_twice() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let other = bank.start_another().await;
    let there = bank.client_of(&other).login(Arc::clone(&alice.holder.identity)).await.unwrap();
    let sessions = [Arc::new(alice.session), Arc::new(there)];
    let mut payments = tokio::task::JoinSet::new();
    for turn in 0..60 {
        let session = Arc::clone(&sessions[turn % 2]);
        let (from, to) = (alice.account, bob.account);
        payments.spawn(async move { session.transfer(from, to, eur(30), None).await });
    }
    let mut accepted = 0;
    while let Some(paid) = payments.join_next().await {
        match paid.unwrap() {
            Ok(_) => accepted += 1,
            Err(error) => assert_eq!(error.problem().unwrap().code, "insufficient-funds"),
        }
    }
    assert_eq!(accepted, 33, "1,000 holds 33 times 30, whoever comes first");
    assert_eq!(bank.balance(alice.account).await, 10);
    other.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crossing_payments_through_two_servers_never_wait_for_each_other_in_a_circle() {
    let bank = Bank::start().await;
    let other = bank.start_another().await;
    let people = [
        bank.customer("Ann", 10_000).await,
        bank.customer("Ben", 10_000).await,
        bank.customer("Cid", 10_000).await,
    ];
    let accounts = people.each_ref().map(|person| person.account);
    let mut payments = tokio::task::JoinSet::new();
    for (place, person) in people.into_iter().enumerate() {
        let there =
            bank.client_of(&other).login(Arc::clone(&person.holder.identity)).await.unwrap();
        let sessions = [Arc::new(person.session), Arc::new(there)];
        for turn in 0..40 {
            let session = Arc::clone(&sessions[turn % 2]);
            let (from, to) = (accounts[place], accounts[(place + 1 + turn % 2) % 3]);
            payments.spawn(async move {
                if turn % 5 == 0 {
                    let line = |to| client::BatchLine { to, amount: eur(1), memo: None };
                    let lines: Vec<_> = (0..7).map(|_| line(to)).collect();
                    session.batch(from, &lines, true).await.map(|_| ())
                } else {
                    session.transfer(from, to, eur(1), Some("crossing")).await.map(|_| ())
                }
            });
        }
    }
    while let Some(paid) = payments.join_next().await {
        paid.unwrap().unwrap();
    }
    let mut total = 0;
    for account in accounts {
        total += bank.balance(account).await;
    }
    assert_eq!(total, 30_000);
    let log = bank.database_log();
    assert!(!log.contains("deadlock detected"), "{log}");
    other.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_commit_takes_the_same_number_of_statements_whatever_its_size() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    // With an account's first entry of a day its interest is counted on: one statement more.
    alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    bank.execute("ALTER SYSTEM SET log_statement = 'all'").await;
    bank.execute("ALTER SYSTEM SET log_line_prefix = '%a|'").await;
    bank.execute("SELECT pg_reload_conf()").await;
    let pay = |minor| {
        let (debit, credit, amount) = (alice.account, bob.account, eur(minor));
        Body::Transfer(TransferBody { debit, credit, amount, details: None })
    };
    let statements = async |body: Body| {
        let before = bank.database_log().len();
        let answer = bank.submit(&alice, &Forger::of(&alice).next(body)).await.ok();
        drop(answer);
        Statements::in_log(&bank.database_log()[before..])
    };
    let one = e2e::eventually("the poster to hear of the new settings", async || {
        // A connection that hears of them between two statements tells only the rest of its group commit.
        let told = |heard: &Statements| {
            heard.commits == 1 && heard.texts.first().is_some_and(|text| text == "statement: BEGIN")
        };
        Some(statements(pay(1)).await).filter(told)
    })
    .await;
    let line = || BatchItem {
        id: TransferId::new(Uuid::now_v7()),
        debit: alice.account,
        credit: bob.account,
        amount: eur(1),
        details: None,
    };
    let items: Vec<_> = (0..1_000).map(|_| line()).collect();
    let thousand = statements(Body::TransferBatch { atomic: true, items }).await;
    assert_eq!((one.commits, thousand.commits), (1, 1));
    assert_eq!(one.texts.len(), thousand.texts.len(), "{one:#?}\n{thousand:#?}");
    assert_eq!(one.texts.len(), STATEMENTS_PER_COMMIT, "{one:#?}");

    // Many intents at once, each with a memo, on one hot account: few commits, each of the same few statements.
    let mut body = String::from("[");
    for place in 0..400 {
        let wish = Wish::transfer(alice.account, bob.account, eur(1), Some("a memo")).unwrap();
        let bank_id = &bank.trust().bank;
        let signed = alice.identity().sign(bank_id, wish.body, wish.details).unwrap();
        let comma = if place == 0 { "" } else { "," };
        write!(body, "{comma}{}", String::from_utf8(signed.to_json()).unwrap()).unwrap();
    }
    body.push(']');
    let before = bank.database_log().len();
    let answers = bank.send_as(&alice, Request::post("/api/intents", body)).await.ok().json();
    assert!(answers.as_array().unwrap().iter().all(|answer| answer["code"] == "ok"));
    let many = Statements::in_log(&bank.database_log()[before..]);
    assert!(many.commits < 200, "{} commits for 400 intents", many.commits);
    // One more for details, one more where a tile of the log is complete.
    assert!(many.texts.len() <= many.commits * (STATEMENTS_PER_COMMIT + 2), "{}", many.commits);
    let hot = many.texts.iter().filter(|text| text.contains("WITH transferred AS (")).count();
    assert_eq!(hot, many.commits, "a hot account is written once per group commit");
    bank.assert_verifies().await;
}

/// What the poster has sent.
#[derive(Debug)]
struct Statements {
    texts: Vec<String>,
    commits: usize,
}

impl Statements {
    fn in_log(log: &str) -> Self {
        let texts: Vec<_> = log
            .lines()
            .filter_map(|line| line.strip_prefix("strongroom-poster|LOG:  "))
            .filter(|line| line.starts_with("execute ") || line.starts_with("statement: "))
            // Once a second, however many commit.
            .filter(|line| !line.contains("DISCARD PLANS"))
            .map(str::to_owned)
            .collect();
        let commits = texts.iter().filter(|text| text.ends_with(": COMMIT")).count();
        Self { texts, commits }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_keeps_to_the_edges_of_its_type_and_to_the_decimals_of_its_asset() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let bob = bank.customer("Bob", 0).await;
    let manager = bank.manager().await;
    for asset in ["JPY", "BHD"] {
        let code: AssetCode = asset.parse().unwrap();
        let (from, to) = (bank.open(&alice, code).await, bank.open(&bob, code).await);
        let all = e2e::money(i64::MAX, asset);
        manager.fund(from, all).await.unwrap();
        alice.transfer(from, to, all, None).await.unwrap();
        // The account is empty, but its total of credits is at its end, and totals only grow.
        let beyond = bob.transfer(to, from, e2e::money(1, asset), None).await.err().unwrap();
        assert_eq!(beyond.problem().unwrap().code, "total-overflow");
        assert_eq!((bank.balance(from).await, bank.balance(to).await), (0, i64::MAX));
        let seen = bob.accounts().await.unwrap();
        let seen = seen.iter().find(|account| account.id == to.to_string()).unwrap();
        assert_eq!(seen.balance, i64::MAX.to_string());
        assert_eq!(seen.scale, Some(if asset == "JPY" { 0 } else { 3 }));
    }
    let stranger = UserId::new(Uuid::now_v7());
    let refused = manager.open_account(stranger, AssetCode::EUR).await.err().unwrap();
    assert_eq!(refused.problem().unwrap().code, "user-not-found");
    bank.assert_verifies().await;
}
