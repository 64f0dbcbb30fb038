//! Who judges a random history: the reference model says beforehand what every intent comes to.

use std::collections::BTreeMap;

use client::{Session, Wish};
use e2e::{
    Answer, Bank, Customer, Forger, Oracle, Row, Strike, Wire, eur, eventually, fresh_account,
};
use intent::{
    ApprovalDecision, BatchItem, Body, BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds,
    SignedIntent, TransferBody, UtcMicros,
};
use ledger::{AccountId, AccountKind, Freeze, Rejection, Transfer, TransferId, TransferKind};
use money::{Amount, AssetCode};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use server::corridor::Refusal;
use sqlx::Row as _;
use uuid::Uuid;

use crate::step::{Line, Step};

/// How long a hold lasts that shall not end by itself, and one that shall, in microseconds.
const LONG_US: i64 = 3_600_000_000;
const SHORT_US: i64 = 2_000_000;
/// Every limit but that of a transfer, as far away as in the template.
const OPEN: &str = r#""count_per_day":"1000000","new_payee":"9223372036854775807","per_day":"9223372036854775807","per_hour":"1000000","per_minute":"1000000","per_payee":"9223372036854775807""#;
/// Nobody sees any payment, as in the template.
const UNSEEN: &str = r#"{"above":"9223372036854775807","two_above":"9223372036854775807"}"#;

/// A bank, two people and, where faults shall be, the line to its database.
pub(crate) struct World {
    pub(crate) bank: Bank,
    wire: Option<Wire>,
    alice: Customer,
    bob: Customer,
    equity: BTreeMap<AssetCode, AccountId>,
}

struct Judge<'a> {
    world: &'a World,
    oracle: Oracle,
    accounts: [AccountId; 5],
    /// Payments and holds that were tried.
    paid: Vec<TransferId>,
    held: Vec<TransferId>,
    sent: Vec<(SignedIntent, usize, Answer)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::of(Bank::start().await, None).await
    }

    /// Whose poster reaches the database over a line that can be struck.
    pub(crate) async fn over_a_wire() -> Self {
        let mut wire = None;
        let bank = Bank::start_with(|config| wire = Some(Wire::into(config))).await;
        Self::of(bank, wire).await
    }

    /// How often the line was struck.
    pub(crate) fn strikes(&self) -> u64 {
        self.wire.as_ref().map_or(0, Wire::strikes)
    }

    async fn of(bank: Bank, wire: Option<Wire>) -> Self {
        let alice = bank.customer("Alice", 0).await;
        let bob = bank.customer("Bob", 0).await;
        let equity = bank.app().bank.equity.as_ref().clone();
        Self { bank, wire, alice, bob, equity }
    }

    fn session(&self, by: usize) -> &Session {
        if by == 0 { &self.alice } else { &self.bob }
    }

    /// Takes each step while its strikes hit the line, and compares with the model after it.
    pub(crate) async fn judge<'a>(
        &self,
        steps: impl IntoIterator<Item = (&'a Step, &'a [Strike])>,
    ) -> Result<(), TestCaseError> {
        let dollars: AssetCode = "USD".parse().unwrap();
        let accounts = [
            self.bank.open(&self.alice, AssetCode::EUR).await,
            self.bank.open(&self.alice, AssetCode::EUR).await,
            self.bank.open(&self.bob, AssetCode::EUR).await,
            self.bank.open(&self.alice, dollars).await,
            fresh_account(),
        ];
        let mut oracle = Oracle::default();
        for asset in [AssetCode::EUR, dollars] {
            oracle
                .model
                .open_account(self.equity[&asset], asset, AccountKind::Equity, None)
                .unwrap();
        }
        for (place, account) in accounts.iter().take(4).enumerate() {
            let asset = if place == 3 { dollars } else { AssetCode::EUR };
            oracle.model.open_account(*account, asset, AccountKind::Liability, Some(0)).unwrap();
            oracle.owners.insert(*account, payer(place));
        }
        let mut judge = Judge {
            world: self,
            oracle,
            accounts,
            paid: Vec::new(),
            held: Vec::new(),
            sent: Vec::new(),
        };
        for (step, strikes) in steps {
            if let Some(wire) = &self.wire {
                wire.strike(strikes);
            }
            judge.take(step).await?;
            judge.compare().await?;
            if self.wire.is_some() {
                self.bank.assert_books_balance().await;
            }
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
                let (debit, credit) = (equity, self.accounts[*to]);
                let kind = TransferKind::Post { debit, credit, amount };
                let expected = self.oracle.transfer(None, id, debit, kind);
                let answer = world.bank.submit(manager, &signed).await;
                prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
            }
            Step::Pay { by, from, to, minor } => {
                let (debit, credit) = (self.accounts[*from], self.accounts[*to]);
                let amount = eur(*minor);
                let body = TransferBody { debit, credit, amount, details: None };
                let signed = Forger::of(world.session(*by)).next(Body::Transfer(body));
                let id = TransferId::new(signed.parse_intent().unwrap().id().get());
                let kind = TransferKind::Post { debit, credit, amount };
                let expected = self.oracle.transfer(Some(*by), id, debit, kind);
                self.paid.push(id);
                let answer = self.submit(*by, signed).await;
                prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
            }
            Step::Hold { by, from, to, minor } => {
                self.hold(*by, (*from, *to), eur(*minor), LONG_US).await?;
            }
            Step::Expire { from, to, minor } => {
                let held = self.hold(payer(*from), (*from, *to), eur(*minor), SHORT_US).await?;
                if let Some((hold, expires_at)) = held {
                    let sql = format!(
                        "SELECT count(*) FROM holds WHERE transfer_id = '{hold}' AND state = 'expired'"
                    );
                    eventually("the hold to be given back", async || {
                        (world.bank.count(&sql).await == 1).then_some(())
                    })
                    .await;
                    self.oracle.model.expire(hold, expires_at.get()).unwrap();
                }
            }
            Step::Wait { from, to, minor, approve } => {
                self.wait((*from, *to), eur(*minor), *approve).await?;
            }
            Step::Order { from, to, minor } => self.order((*from, *to), eur(*minor)).await?,
            Step::Limit { which, units } => {
                let account = self.accounts[*which];
                let value = format!(r#"{{{OPEN},"per_transfer":"{units}"}}"#);
                world.bank.put_in_force("limits", &format!("account:{account}"), &value).await;
                self.oracle.limits.insert(account, units * 100);
            }
            Step::Capture { by, which, part } if !self.held.is_empty() => {
                let hold = *which.get(&self.held);
                let amount = part.map(eur);
                let kind = TransferKind::Capture { hold, amount };
                let id = self.follow(*by, hold, Wish::capture(hold, amount), kind).await?;
                // What was captured was paid, and can be given back.
                self.paid.extend(id);
            }
            Step::Void { by, which } if !self.held.is_empty() => {
                let hold = *which.get(&self.held);
                let kind = TransferKind::Void { hold };
                self.follow(*by, hold, Wish::void(hold), kind).await?;
            }
            Step::Reverse { by, which, part } if !self.paid.is_empty() => {
                let paid = *which.get(&self.paid);
                let amount = part.map(eur);
                let kind = TransferKind::Reverse { transfer: paid, amount };
                let wish = Wish::reverse(paid, amount, "test".to_owned());
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
                self.oracle.model.set_freeze(self.accounts[*which], freeze).unwrap();
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

    /// Holds money for so long; which and until when, if it was accepted.
    async fn hold(
        &mut self,
        by: usize,
        (from, to): (usize, usize),
        amount: Amount,
        lasts_us: i64,
    ) -> Result<Option<(TransferId, UtcMicros)>, TestCaseError> {
        let (debit, credit) = (self.accounts[from], self.accounts[to]);
        let expires_at = UtcMicros::from_micros(server::clock::now().get() + lasts_us);
        let transfer = TransferBody { debit, credit, amount, details: None };
        let body = Body::HoldPlace { transfer, expires_at };
        let signed = Forger::of(self.world.session(by)).next(body);
        let id = TransferId::new(signed.parse_intent().unwrap().id().get());
        let expires_at_us = expires_at.get();
        let kind = TransferKind::Hold { debit, credit, amount, expires_at_us };
        let expected = self.oracle.transfer(Some(by), id, debit, kind);
        self.held.push(id);
        let answer = self.submit(by, signed).await;
        prop_assert_eq!(code(&answer), expected.map_or_else(Refusal::code, |()| "ok"));
        Ok(expected.is_ok().then_some((id, expires_at)))
    }

    /// Pays while a manager has to see every payment, who approves or rejects it.
    async fn wait(
        &mut self,
        (from, to): (usize, usize),
        amount: Amount,
        approve: bool,
    ) -> Result<(), TestCaseError> {
        let bank = &self.world.bank;
        bank.put_in_force(
            "approvals",
            "bank",
            r#"{"above":"0","two_above":"9223372036854775807"}"#,
        )
        .await;
        let (debit, credit) = (self.accounts[from], self.accounts[to]);
        let body = Body::Transfer(TransferBody { debit, credit, amount, details: None });
        let signed = Forger::of(self.world.session(payer(from))).next(body);
        let payment = signed.parse_intent().unwrap().id();
        let id = TransferId::new(payment.get());
        let owner = |of: AccountId| self.oracle.owners.get(&of);
        let waits = owner(credit) != owner(debit) && !amount.is_zero();
        let kind = if waits {
            TransferKind::Hold { debit, credit, amount, expires_at_us: i64::MAX }
        } else {
            TransferKind::Post { debit, credit, amount }
        };
        let expected = self.oracle.transfer(Some(payer(from)), id, debit, kind);
        let answer = self.submit(payer(from), signed).await;
        let accepted = if waits { "held" } else { "ok" };
        let told = answer.json()["code"].clone();
        prop_assert_eq!(told, expected.map_or_else(Refusal::code, |()| accepted));
        if waits && expected.is_ok() {
            // What cannot be approved waits on, and can be rejected.
            let is_paid = approve && self.decide(payment, ApprovalDecision::Approve).await?;
            if !is_paid {
                self.decide(payment, ApprovalDecision::Reject).await?;
            }
        }
        bank.put_in_force("approvals", "bank", UNSEEN).await;
        Ok(())
    }

    /// Whether the payment that waits is decided so.
    async fn decide(
        &mut self,
        payment: IntentId,
        decision: ApprovalDecision,
    ) -> Result<bool, TestCaseError> {
        let hold = TransferId::new(payment.get());
        let kind = match decision {
            ApprovalDecision::Approve => TransferKind::Capture { hold, amount: None },
            _ => TransferKind::Void { hold },
        };
        let ending = Transfer::new(TransferId::new(Uuid::now_v7()), kind).unwrap();
        let expected = self.oracle.model.post(&ending, 0);
        let manager = self.world.bank.manager().await;
        let wish = Wish::decide(payment, decision, "test".to_owned());
        let answer = self.world.bank.submit(manager, &Forger::of(manager).next(wish.body)).await;
        prop_assert_eq!(code(&answer), expected.map_or_else(Rejection::code, |_| "ok"));
        Ok(expected.is_ok())
    }

    /// Has the bank pay once, at once: what no payment of the order could be is refused, and what its one payment is refused
    /// for stands there.
    async fn order(
        &mut self,
        (from, to): (usize, usize),
        amount: Amount,
    ) -> Result<(), TestCaseError> {
        let (debit, credit, by) = (self.accounts[from], self.accounts[to], payer(from));
        let session = self.world.session(by);
        let terms = OrderTerms {
            first: OrderTerms::day(&server::clock::now().to_string()[..10]).unwrap(),
            rhythm: Rhythm::Once,
            business_day: BusinessDay::Unadjusted,
            last: None,
            count: None,
            short_of_funds: ShortOfFunds::Skip,
        };
        let wish = Wish::standing_order(debit, credit, amount, None, terms).unwrap();
        let signed = Forger::of(session).next(wish.body);
        let order = signed.parse_intent().unwrap().id();
        let payment = TransferId::new(Uuid::now_v7());
        let kind = TransferKind::Post { debit, credit, amount };
        let admitted = self.oracle.admit(Some(by), payment, debit, kind);
        // Whether it could be paid at all is asked before how much may be.
        let placed = match &admitted {
            Ok(_) | Err(Refusal::LimitPerTransfer) if to == 4 => {
                Err(Rejection::CreditAccountNotFound.into())
            }
            Ok(_) | Err(Refusal::LimitPerTransfer) if from == 3 || to == 3 => {
                Err(Rejection::AssetMismatch.into())
            }
            Ok(_) => Ok(()),
            Err(refusal) => Err(*refusal),
        };
        let answer = self.submit(by, signed).await;
        prop_assert_eq!(code(&answer), placed.map_or_else(Refusal::code, |()| "ok"));
        let (Ok(transfer), Ok(())) = (admitted, placed) else { return Ok(()) };
        let paid = self.oracle.model.post(&transfer, 0);
        let run = eventually("the order to be tried", async || {
            session.standing_order(order).await.unwrap().runs.pop()
        })
        .await;
        prop_assert_eq!(run.code.as_str(), paid.map_or_else(Rejection::code, |_| "ok"));
        Ok(())
    }

    /// What follows an earlier transfer: only its payee may, and others learn nothing of it. The id, if it was accepted.
    async fn follow(
        &mut self,
        by: usize,
        earlier: TransferId,
        wish: Wish,
        kind: TransferKind,
    ) -> Result<Option<TransferId>, TestCaseError> {
        let signed = Forger::of(self.world.session(by)).next(wish.body);
        let id = TransferId::new(signed.parse_intent().unwrap().id().get());
        let expected = self.oracle.follow(by, earlier, id, kind);
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
            let earlier = items.last().map(|item| item.id).or_else(|| self.oracle.some_taken());
            let id =
                earlier.filter(|_| line.again).unwrap_or_else(|| TransferId::new(Uuid::now_v7()));
            let (debit, credit) = (self.accounts[line.from], self.accounts[line.to]);
            items.push(BatchItem { id, debit, credit, amount: eur(line.minor), details: None });
        }
        let body = Body::TransferBatch { atomic, items: items.clone() };
        let signed = Forger::of(self.world.session(by)).next(body);
        let expected = self.oracle.batch(by, atomic, &items);
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
            let totals = self.oracle.model.totals(id);
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

/// Who owns an account, by its place.
const fn payer(from: usize) -> usize {
    if from == 2 { 1 } else { 0 }
}

fn receipt(answer: &Answer) -> serde_json::Value {
    let document = answer.json();
    document.get("receipt").unwrap_or(&document).clone()
}

fn code(answer: &Answer) -> &'static str {
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    if code == "ok" { "ok" } else { Refusal::from_code(&code).expect(&code).code() }
}
