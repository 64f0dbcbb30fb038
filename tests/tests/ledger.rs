//! The book under random, crossing and concurrent intents, judged by the reference model and by the auditor.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use client::{Session, Wish};
use e2e::{Answer, Bank, Customer, Forger, Request, Row, eur, fresh_account};
use intent::{BatchItem, Body, SignedIntent, TransferBody, UserId, UtcMicros};
use ledger::model::Model;
use ledger::{
    AccountId, AccountKind, Batch, Freeze, Rejection, Transfer, TransferId, TransferKind,
};
use money::{Amount, AssetCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use server::corridor::Refusal;
use sqlx::Row as _;
use uuid::Uuid;

/// Histories tried, and the longest of them: each step is a signed intent over HTTP.
const HISTORIES: u32 = 16;
const STEPS_MAX: usize = 24;
/// The statements of a group commit, BEGIN and COMMIT included, whatever its size.
const STATEMENTS_PER_COMMIT: usize = 16;

/// One step of a history. Accounts are places: 0 and 1 Alice's, 2 Bob's, 3 Alice's in dollars, 4 nobody's.
#[derive(Clone, Debug)]
enum Step {
    Fund { to: usize, minor: i64 },
    Pay { by: usize, from: usize, to: usize, minor: i64 },
    Batch { by: usize, atomic: bool, items: Vec<Line> },
    Hold { by: usize, from: usize, to: usize, minor: i64 },
    Capture { by: usize, which: prop::sample::Index, part: Option<i64> },
    Void { by: usize, which: prop::sample::Index },
    Reverse { by: usize, which: prop::sample::Index, part: Option<i64> },
    Freeze { which: usize, debit: bool, credit: bool },
    Replay { which: prop::sample::Index },
}

/// One item of a batch; `again`: under the id of an earlier item of the history.
#[derive(Clone, Debug)]
struct Line {
    from: usize,
    to: usize,
    minor: i64,
    again: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let minor = || prop_oneof![4 => 0..400_i64, 1 => 400..5_000_i64];
    let line = (0..5_usize, 0..5_usize, minor(), prop::bool::weighted(0.15))
        .prop_map(|(from, to, minor, again)| Line { from, to, minor, again });
    prop_oneof![
        2 => (0..4_usize, 1..1_000_i64).prop_map(|(to, minor)| Step::Fund { to, minor }),
        6 => (0..2_usize, 0..5_usize, 0..5_usize, minor())
            .prop_map(|(by, from, to, minor)| Step::Pay { by, from, to, minor }),
        4 => (0..2_usize, any::<bool>(), prop::collection::vec(line, 1..6))
            .prop_map(|(by, atomic, items)| Step::Batch { by, atomic, items }),
        4 => (0..2_usize, 0..5_usize, 0..5_usize, minor())
            .prop_map(|(by, from, to, minor)| Step::Hold { by, from, to, minor }),
        3 => (0..2_usize, any::<prop::sample::Index>(), prop::option::of(minor()))
            .prop_map(|(by, which, part)| Step::Capture { by, which, part }),
        1 => (0..2_usize, any::<prop::sample::Index>())
            .prop_map(|(by, which)| Step::Void { by, which }),
        3 => (0..2_usize, any::<prop::sample::Index>(), prop::option::of(minor()))
            .prop_map(|(by, which, part)| Step::Reverse { by, which, part }),
        1 => (0..4_usize, any::<bool>(), any::<bool>())
            .prop_map(|(which, debit, credit)| Step::Freeze { which, debit, credit }),
        1 => any::<prop::sample::Index>().prop_map(|which| Step::Replay { which }),
    ]
}

#[test]
fn random_histories_end_as_the_model_says_step_by_step() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let config = Config {
        cases: HISTORIES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let history = prop::collection::vec(step(), 1..STEPS_MAX);
    TestRunner::new(config).run(&history, |steps| runtime.block_on(world.judge(&steps))).unwrap();
    runtime.block_on(async move { world.bank.assert_verifies().await });
}

struct World {
    bank: Bank,
    alice: Customer,
    bob: Customer,
    equity: BTreeMap<AssetCode, AccountId>,
}

/// The model, and what it does not know: who owns what, and which ids are used up.
struct Judge<'a> {
    world: &'a World,
    model: Model,
    accounts: [AccountId; 5],
    taken: BTreeSet<TransferId>,
    /// Payments and holds that were tried, with who is paid and whether it was accepted.
    paid: Vec<Earlier>,
    held: Vec<Earlier>,
    sent: Vec<(SignedIntent, usize, Answer)>,
}

/// An earlier transfer that a later one may refer to.
#[derive(Clone, Copy)]
struct Earlier {
    id: TransferId,
    payee: Option<usize>,
    accepted: bool,
}

impl World {
    async fn new() -> Self {
        let bank = Bank::start().await;
        let alice = bank.customer("Alice", 0).await;
        let bob = bank.customer("Bob", 0).await;
        let equity = bank.app().bank.equity.as_ref().clone();
        Self { bank, alice, bob, equity }
    }

    fn session(&self, by: usize) -> &Session {
        if by == 0 { &self.alice } else { &self.bob }
    }

    async fn judge(&self, steps: &[Step]) -> Result<(), TestCaseError> {
        let dollars: AssetCode = "USD".parse().unwrap();
        let accounts = [
            self.bank.open(&self.alice, AssetCode::EUR).await,
            self.bank.open(&self.alice, AssetCode::EUR).await,
            self.bank.open(&self.bob, AssetCode::EUR).await,
            self.bank.open(&self.alice, dollars).await,
            fresh_account(),
        ];
        let mut model = Model::new();
        for asset in [AssetCode::EUR, dollars] {
            model.open_account(self.equity[&asset], asset, AccountKind::Equity, None).unwrap();
        }
        for (place, account) in accounts.iter().take(4).enumerate() {
            let asset = if place == 3 { dollars } else { AssetCode::EUR };
            model.open_account(*account, asset, AccountKind::Liability, Some(0)).unwrap();
        }
        let mut judge = Judge {
            world: self,
            model,
            accounts,
            taken: BTreeSet::new(),
            paid: Vec::new(),
            held: Vec::new(),
            sent: Vec::new(),
        };
        for step in steps {
            judge.take(step).await?;
            judge.compare().await?;
        }
        Ok(())
    }
}

impl Judge<'_> {
    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let world = self.world;
        match step {
            Step::Fund { to, minor } => {
                let manager = world.bank.manager().await;
                let amount = eur(*minor);
                let signed = Forger::of(manager).next(Wish::fund(self.accounts[*to], amount).body);
                let id = TransferId::new(signed.parse_intent().unwrap().id().get());
                let equity = world.equity[&AssetCode::EUR];
                let expected = self.expect(None, id, equity, self.accounts[*to], amount);
                let answer = world.bank.submit(manager, &signed).await;
                prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
            }
            Step::Pay { by, from, to, minor } => {
                let (debit, credit) = (self.accounts[*from], self.accounts[*to]);
                let amount = eur(*minor);
                let body = TransferBody { debit, credit, amount, details: None };
                let signed = Forger::of(world.session(*by)).next(Body::Transfer(body));
                let id = TransferId::new(signed.parse_intent().unwrap().id().get());
                let expected = self.expect(Some(*by), id, debit, credit, amount);
                let payee = self.owner(credit);
                self.paid.push(Earlier { id, payee, accepted: expected.is_ok() });
                let answer = self.submit(*by, signed).await;
                prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
            }
            Step::Hold { by, from, to, minor } => {
                let (debit, credit) = (self.accounts[*from], self.accounts[*to]);
                let amount = eur(*minor);
                let expires_at = server::clock::now().get() + 3_600_000_000;
                let expires_at = UtcMicros::from_micros(expires_at);
                let transfer = TransferBody { debit, credit, amount, details: None };
                let body = Body::HoldPlace { transfer, expires_at };
                let signed = Forger::of(world.session(*by)).next(body);
                let id = TransferId::new(signed.parse_intent().unwrap().id().get());
                let expires_at_us = expires_at.get();
                let kind = TransferKind::Hold { debit, credit, amount, expires_at_us };
                let admitted = self.admit_kind(Some(*by), id, debit, kind);
                let expected = self.settle(id, admitted);
                let payee = self.owner(credit);
                self.held.push(Earlier { id, payee, accepted: expected.is_ok() });
                let answer = self.submit(*by, signed).await;
                prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
            }
            Step::Capture { by, which, part } if !self.held.is_empty() => {
                let hold = *which.get(&self.held);
                let amount = part.map(eur);
                let kind = TransferKind::Capture { hold: hold.id, amount };
                let id = self.follow(*by, hold, Wish::capture(hold.id, amount), kind).await?;
                // What was captured was paid, and can be given back.
                self.paid.extend(id.map(|id| Earlier { id, ..hold }));
            }
            Step::Void { by, which } if !self.held.is_empty() => {
                let hold = *which.get(&self.held);
                let kind = TransferKind::Void { hold: hold.id };
                self.follow(*by, hold, Wish::void(hold.id), kind).await?;
            }
            Step::Reverse { by, which, part } if !self.paid.is_empty() => {
                let paid = *which.get(&self.paid);
                let amount = part.map(eur);
                let kind = TransferKind::Reverse { transfer: paid.id, amount };
                let wish = Wish::reverse(paid.id, amount, "test".to_owned());
                self.follow(*by, paid, wish, kind).await?;
            }
            Step::Capture { .. } | Step::Void { .. } | Step::Reverse { .. } => {}
            Step::Batch { by, atomic, items } => self.take_batch(*by, *atomic, items).await?,
            Step::Freeze { which, debit, credit } => {
                let freeze = Freeze { debit: *debit, credit: *credit };
                world
                    .bank
                    .manager()
                    .await
                    .freeze(self.accounts[*which], freeze, "test")
                    .await
                    .unwrap();
                self.model.set_freeze(self.accounts[*which], freeze).unwrap();
            }
            Step::Replay { which } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let (signed, by, first) = which.get(&self.sent);
                let again = world.bank.submit(world.session(*by), signed).await;
                prop_assert_eq!(again.header("idempotency-replayed"), "true");
                prop_assert_eq!((again.status, receipt(&again)), (first.status, receipt(first)));
            }
        }
        Ok(())
    }

    /// What follows an earlier transfer: only its payee may, and others learn nothing of it. The id, if it was accepted.
    async fn follow(
        &mut self,
        by: usize,
        earlier: Earlier,
        wish: Wish,
        kind: TransferKind,
    ) -> Result<Option<TransferId>, TestCaseError> {
        let signed = Forger::of(self.world.session(by)).next(wish.body);
        let id = TransferId::new(signed.parse_intent().unwrap().id().get());
        let is_payee = earlier.accepted && earlier.payee == Some(by);
        let admitted = match (is_payee, kind) {
            (true, _) => Transfer::new(id, kind).map_err(Refusal::from),
            (false, TransferKind::Reverse { .. }) => Err(Rejection::TransferNotFound.into()),
            (false, _) => Err(Rejection::HoldNotFound.into()),
        };
        // What refers to nothing leaves no transfer, and so uses no id up.
        let expected =
            if earlier.accepted { self.settle(id, admitted) } else { admitted.map(drop) };
        let answer = self.submit(by, signed).await;
        prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
        Ok(expected.is_ok().then_some(id))
    }

    async fn take_batch(
        &mut self,
        by: usize,
        atomic: bool,
        lines: &[Line],
    ) -> Result<(), TestCaseError> {
        let mut items: Vec<BatchItem> = Vec::new();
        for line in lines {
            let earlier = items.last().map(|item| item.id).or_else(|| self.taken.last().copied());
            let id =
                earlier.filter(|_| line.again).unwrap_or_else(|| TransferId::new(Uuid::now_v7()));
            let (debit, credit) = (self.accounts[line.from], self.accounts[line.to]);
            items.push(BatchItem { id, debit, credit, amount: eur(line.minor), details: None });
        }
        let body = Body::TransferBatch { atomic, items: items.clone() };
        let signed = Forger::of(self.world.session(by)).next(body);
        let expected: Vec<&str> = if atomic {
            self.expect_linked(by, &items)
        } else {
            items
                .iter()
                .map(|item| {
                    self.expect(Some(by), item.id, item.debit, item.credit, item.amount)
                        .map_or_else(Refusal::code, |()| "ok")
                })
                .collect()
        };
        let answer = self.submit(by, signed).await;
        let told = receipt(&answer)["items"].clone();
        prop_assert_eq!(told, serde_json::json!(expected));
        Ok(())
    }

    async fn submit(&mut self, by: usize, signed: SignedIntent) -> Answer {
        let answer = self.world.bank.submit(self.world.session(by), &signed).await;
        self.sent.push((signed, by, answer.clone()));
        answer
    }

    fn expect(
        &mut self,
        by: Option<usize>,
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Amount,
    ) -> Result<(), Refusal> {
        let admitted = self.admit(by, id, debit, credit, amount);
        self.settle(id, admitted)
    }

    fn settle(
        &mut self,
        id: TransferId,
        admitted: Result<Transfer, Refusal>,
    ) -> Result<(), Refusal> {
        self.taken.insert(id);
        self.model.post(&admitted?, 0)?;
        Ok(())
    }

    fn owner(&self, account: AccountId) -> Option<usize> {
        match self.accounts.iter().position(|of| *of == account) {
            Some(0 | 1 | 3) => Some(0),
            Some(2) => Some(1),
            _ => None,
        }
    }

    fn admit(
        &self,
        by: Option<usize>,
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Amount,
    ) -> Result<Transfer, Refusal> {
        self.admit_kind(by, id, debit, TransferKind::Post { debit, credit, amount })
    }

    fn admit_kind(
        &self,
        by: Option<usize>,
        id: TransferId,
        debit: AccountId,
        kind: TransferKind,
    ) -> Result<Transfer, Refusal> {
        if self.taken.contains(&id) {
            return Err(Rejection::DuplicateItem.into());
        }
        let transfer = Transfer::new(id, kind)?;
        let owner = self.owner(debit).or(by);
        if by.is_none() || owner == by { Ok(transfer) } else { Err(Refusal::NotAccountOwner) }
    }

    fn expect_linked(&mut self, by: usize, items: &[BatchItem]) -> Vec<&'static str> {
        let admitted: Vec<_> = items
            .iter()
            .map(|item| self.admit(Some(by), item.id, item.debit, item.credit, item.amount))
            .collect();
        self.taken.extend(items.iter().map(|item| item.id));
        let linked = |failed: usize, refusal: Refusal| {
            let code =
                |place| if place == failed { refusal } else { Rejection::LinkedFailed.into() };
            (0..items.len()).map(|place| code(place).code()).collect()
        };
        if let Some((place, refusal)) =
            admitted.iter().enumerate().find_map(|(place, it)| Some((place, *it.as_ref().err()?)))
        {
            return linked(place, refusal);
        }
        match Batch::atomic(admitted.into_iter().flatten().collect()) {
            Err(rejection) => linked(0, rejection.into()),
            Ok(batch) => self
                .model
                .post_batch(&batch, 0)
                .into_iter()
                .map(|outcome| outcome.map_or_else(Rejection::code, |_| "ok"))
                .collect(),
        }
    }

    /// Every counter of every account of this history, against the whole list of what was accepted.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let names: Vec<_> = self.accounts.iter().map(|account| format!("'{account}'")).collect();
        let sql = format!(
            "SELECT account_id, debits_posted, credits_posted, debits_pending, credits_pending, entry_count
               FROM accounts WHERE account_id IN ({})",
            names.join(",")
        );
        let rows: Vec<Row> = self.world.bank.rows(&sql).await;
        prop_assert_eq!(rows.len(), 4);
        for row in rows {
            let id = AccountId::new(row.get::<Uuid, _>(0));
            let totals = self.model.totals(id);
            let stored: [i128; 5] = std::array::from_fn(|at| row.get::<i64, _>(at + 1).into());
            let posted = [totals.debits_posted, totals.credits_posted];
            let pending = [totals.debits_pending, totals.credits_pending];
            prop_assert_eq!(&stored[..2], posted);
            prop_assert_eq!(&stored[2..4], pending);
            prop_assert_eq!(stored[4], totals.entry_count);
        }
        Ok(())
    }
}

fn receipt(answer: &Answer) -> serde_json::Value {
    let document = answer.json();
    document.get("receipt").unwrap_or(&document).clone()
}

fn code(answer: &Answer) -> &'static str {
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    if code == "ok" { "ok" } else { Refusal::from_code(&code).expect(&code).code() }
}

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
    let hot = many.texts.iter().filter(|text| text.contains("UPDATE accounts")).count();
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
