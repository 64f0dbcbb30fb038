//! The business day: clients at work at once, each with one customer at a time.
//!
//! A customer's steps run one after the other, so that the key's own chain is the order of the log; different customers
//! run beside each other. Whoever is done with a step goes to the back of the queue, so the day passes evenly for all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use client::{BatchLine, ClientError, Session, Wish};
use indicatif::ProgressBar;
use intent::{RevocationReason, SignedIntent};
use ledger::{AccountId, Freeze};
use money::AssetCode;
use tokio::task::JoinSet;

use super::forgery;
use super::plan::{Payment, Step};
use super::tally::{Answer, Expected, Tally};
use crate::failure::Failure;

/// What a revoked certificate meets: its session has ended with it.
const REVOKED: &[&str] = &["certificate-not-accepted", "session-ended"];
const SIGNATURE_INVALID: &[&str] = &["signature-invalid"];
const ID_REUSED: &[&str] = &["intent-id-reused"];

/// A customer at work.
pub(super) struct Actor {
    pub(super) index: usize,
    pub(super) session: Session,
    pub(super) steps: VecDeque<Step>,
}

/// What all clients share.
pub(super) struct Stage {
    /// Accounts of each customer.
    pub(super) accounts: Vec<BTreeMap<AssetCode, AccountId>>,
    /// One act at a time, so that the manager's chain is the order of the log too.
    pub(super) manager: tokio::sync::Mutex<Session>,
    pub(super) bar: ProgressBar,
}

/// The day when it is over.
pub(super) struct Evening {
    pub(super) tally: Tally,
    pub(super) actors: Vec<Actor>,
    pub(super) took: Duration,
}

/// Runs every script to its end with at most `clients` at once.
pub(super) async fn run(
    actors: Vec<Actor>,
    stage: Arc<Stage>,
    clients: usize,
) -> Result<Evening, Failure> {
    let queue = Arc::new(Mutex::new(VecDeque::from(actors)));
    let began = Instant::now();
    let mut at_work = JoinSet::new();
    for _ in 0..clients {
        at_work.spawn(work(Arc::clone(&queue), Arc::clone(&stage)));
    }
    let (mut tally, mut actors) = (Tally::new(), Vec::new());
    while let Some(done) = at_work.join_next().await {
        let (counted, mut finished) =
            done.map_err(|error| Failure::unexpected("a client of the demo broke off", &error))?;
        tally.merge(counted);
        actors.append(&mut finished);
    }
    let took = began.elapsed();
    actors.sort_by_key(|actor| actor.index);
    Ok(Evening { tally, actors, took })
}

/// One client. It stops at an empty queue: whoever is not there is in another client's hands, which sees the rest
/// through.
async fn work(queue: Arc<Mutex<VecDeque<Actor>>>, stage: Arc<Stage>) -> (Tally, Vec<Actor>) {
    let (mut tally, mut finished) = (Tally::new(), Vec::new());
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let Some(mut actor) = lock().pop_front() else { return (tally, finished) };
        let Some(step) = actor.steps.pop_front() else {
            finished.push(actor);
            continue;
        };
        let intents = step.intents();
        let mut scene = Scene { actor: &mut actor, stage: &stage, tally: &mut tally };
        if let Err(error) = scene.play(step).await {
            let index = scene.actor.index;
            scene.tally.surprise(format!("customer {index}: {error}"));
        }
        stage.bar.inc(intents);
        lock().push_back(actor);
    }
}

struct Scene<'a> {
    actor: &'a mut Actor,
    stage: &'a Stage,
    tally: &'a mut Tally,
}

impl Scene<'_> {
    /// Plays one step. An error means that something could not even be signed.
    async fn play(&mut self, step: Step) -> Result<(), ClientError> {
        let me = self.actor.index;
        match step {
            Step::Pay(payment) => {
                let signed = self.sign(me, &payment)?;
                self.hand_in("a payment", Expected::Accepted, signed).await;
            }
            Step::Payroll(payments) => self.pay_salaries(&payments).await?,
            Step::Overdraw(payment) => {
                let signed = self.sign(me, &payment)?;
                let expected = Expected::Recorded("insufficient-funds");
                self.hand_in("a payment of more than there is", expected, signed).await;
            }
            Step::Intrude { owner, payment } => {
                let signed = self.sign(owner, &payment)?;
                let expected = Expected::Recorded("not-account-owner");
                self.hand_in("a payment from another's account", expected, signed).await;
            }
            Step::AlterSignature(payment) => {
                let signed = self.sign(me, &payment)?;
                let altered = forgery::with_altered_signature(&signed);
                self.alter("a payment with an altered signature", altered, signed).await;
            }
            Step::AlterIntent(payment) => {
                let signed = self.sign(me, &payment)?;
                let altered = forgery::with_altered_amount(&signed)?;
                self.alter("a payment altered after signing", altered, signed).await;
            }
            Step::Replay(payment) => self.replay(&payment).await?,
            Step::Freeze => self.be_frozen().await?,
            Step::PayFrozen(payment) => {
                let signed = self.sign(me, &payment)?;
                let expected = Expected::Recorded("debit-account-frozen");
                self.hand_in("a payment from a frozen account", expected, signed).await;
            }
            Step::Revoke => self.be_revoked().await?,
            Step::PayRevoked(payment) => {
                let signed = self.sign(me, &payment)?;
                let expected = Expected::Declined(REVOKED);
                self.hand_in("a payment under a revoked certificate", expected, signed).await;
            }
            Step::Rotate => self.rotate().await?,
        }
        Ok(())
    }

    /// Hands a document in and counts what comes of it.
    async fn hand_in(
        &mut self,
        what: &str,
        expected: Expected,
        signed: SignedIntent,
    ) -> Option<client::Settled> {
        let holder = Arc::clone(self.actor.session.identity());
        let began = Instant::now();
        let result = self.actor.session.submit_signed(signed).await;
        let took = began.elapsed();
        let what = format!("customer {}, {what}", self.actor.index);
        let settled = self.tally.count(&what, expected, Answer { holder, result, took })?;
        let moved = match settled.receipt.items.len() {
            0 => 1,
            _ => settled.receipt.items.iter().filter(|code| *code == "ok").count(),
        };
        self.tally.transfers =
            self.tally.transfers.saturating_add(u64::try_from(moved).unwrap_or_default());
        Some(settled)
    }

    /// On the way the document was altered: that is turned away, and what was signed still counts.
    async fn alter(&mut self, what: &str, altered: SignedIntent, signed: SignedIntent) {
        self.hand_in(what, Expected::Declined(SIGNATURE_INVALID), altered).await;
        self.hand_in("the payment as it was signed", Expected::Accepted, signed).await;
    }

    async fn pay_salaries(&mut self, payments: &[Payment]) -> Result<(), ClientError> {
        let mut lines = Vec::with_capacity(payments.len());
        for payment in payments {
            let to = self.account(payment.to, payment.amount.asset())?;
            lines.push(BatchLine { to, amount: payment.amount, memo: None });
        }
        let from = self.account(self.actor.index, AssetCode::EUR)?;
        let signed = self.sign_wish(Wish::batch(from, &lines, true)?)?;
        self.hand_in("a payroll", Expected::Accepted, signed).await;
        Ok(())
    }

    async fn replay(&mut self, payment: &Payment) -> Result<(), ClientError> {
        let signed = self.sign(self.actor.index, payment)?;
        let other = forgery::under_the_same_id(&signed, self.actor.session.identity())?;
        let first = self.hand_in("a payment", Expected::Accepted, signed.clone()).await;
        let again = self.actor.session.submit_signed(signed).await?;
        if first.is_some_and(|first| first.receipt == again.receipt) {
            self.tally.replayed = self.tally.replayed.saturating_add(1);
        } else {
            let index = self.actor.index;
            self.tally.surprise(format!(
                "customer {index}, the same payment again: another receipt than the first time"
            ));
        }
        let expected = Expected::Declined(ID_REUSED);
        self.hand_in("another payment under the same id", expected, other).await;
        Ok(())
    }

    async fn be_frozen(&mut self) -> Result<(), ClientError> {
        let account = self.account(self.actor.index, AssetCode::EUR)?;
        let freeze = Freeze { debit: true, credit: false };
        let wish = Wish::freeze(account, freeze, "the holder reports a stolen phone".to_owned());
        self.manage("the manager freezes an account", wish).await
    }

    async fn be_revoked(&mut self) -> Result<(), ClientError> {
        let certificate = self.actor.session.identity().certificate_hash()?;
        let wish = Wish::revoke(certificate, RevocationReason::KeyCompromise);
        self.manage("the manager revokes a certificate", wish).await
    }

    async fn manage(&mut self, what: &str, wish: Wish) -> Result<(), ClientError> {
        let manager = self.stage.manager.lock().await;
        let holder = Arc::clone(manager.identity());
        let bank = &manager.bank().trust().bank;
        let signed = holder.sign(bank, wish.body, wish.details)?;
        let began = Instant::now();
        let result = manager.submit_signed(signed).await;
        let answer = Answer { holder, result, took: began.elapsed() };
        self.tally.count(what, Expected::Accepted, answer);
        Ok(())
    }

    async fn rotate(&mut self) -> Result<(), ClientError> {
        let holder = Arc::clone(self.actor.session.identity());
        let successor = Arc::new(holder.successor()?);
        let receipt = self.actor.session.rotate(&successor).await?;
        self.tally.rotated(&holder, &receipt);
        self.actor.session = self.actor.session.bank().login(successor).await?;
        Ok(())
    }

    fn sign(&self, owner: usize, payment: &Payment) -> Result<SignedIntent, ClientError> {
        let asset = payment.amount.asset();
        let (from, to) = (self.account(owner, asset)?, self.account(payment.to, asset)?);
        self.sign_wish(Wish::transfer(from, to, payment.amount, payment.memo)?)
    }

    fn sign_wish(&self, wish: Wish) -> Result<SignedIntent, ClientError> {
        let session = &self.actor.session;
        session.identity().sign(&session.bank().trust().bank, wish.body, wish.details)
    }

    fn account(&self, owner: usize, asset: AssetCode) -> Result<AccountId, ClientError> {
        let accounts = self.stage.accounts.get(owner);
        let account = accounts.and_then(|accounts| accounts.get(&asset));
        account.copied().ok_or(ClientError::Answer { what: "account of the plan" })
    }
}
