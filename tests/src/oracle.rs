//! What every intent comes to, said beforehand: the ledger's reference model, and what it does not know.

mod allowance;
mod orders;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use intent::{BatchItem, IntentId};
use ledger::model::Model;
use ledger::{AccountId, Batch, Rejection, Transfer, TransferId, TransferKind};
use server::corridor::Refusal;

pub use self::allowance::Allowance;
use self::allowance::Payment;
use self::orders::Standing;
pub use self::orders::{Ordered, run_of};
use self::waiting::Waiting;
pub use self::waiting::{Thresholds, ending_of};

/// The reference model with who owns what, who may pay how much, what was paid to whom, and which ids are used up. People are
/// numbers.
#[derive(Default)]
pub struct Oracle {
    /// The ledger.
    pub model: Model,
    /// Who owns an account; the bank's own are not here.
    pub owners: BTreeMap<AccountId, usize>,
    /// The most that one transfer out of an account may be, in minor units; what is not here is not limited.
    pub limits: BTreeMap<AccountId, i64>,
    /// What each person may pay; who is not here is not limited.
    pub allowances: BTreeMap<usize, Allowance>,
    /// What waits for a person, if anything does.
    pub thresholds: Option<Thresholds>,
    /// When the next transfer is decided, in UTC microseconds.
    pub now_us: i64,
    taken: BTreeSet<TransferId>,
    /// Transfers that were accepted, with who got them or would.
    payees: BTreeMap<TransferId, Option<usize>>,
    /// What counts against limits, in the order of the log.
    paid: Vec<Payment>,
    signatures: u64,
    waiting: BTreeMap<IntentId, Waiting>,
    orders: BTreeMap<IntentId, Standing>,
}

impl Oracle {
    /// The id that was used up last, in the order of ids.
    pub fn some_taken(&self) -> Option<TransferId> {
        self.taken.last().copied()
    }

    /// A transfer by somebody, or by the bank.
    pub fn transfer(
        &mut self,
        by: Option<usize>,
        id: TransferId,
        debit: AccountId,
        kind: TransferKind,
    ) -> Result<(), Refusal> {
        self.signatures += 1;
        self.one(by, id, debit, kind)
    }

    fn one(
        &mut self,
        by: Option<usize>,
        id: TransferId,
        debit: AccountId,
        kind: TransferKind,
    ) -> Result<(), Refusal> {
        let admitted = self.admit(by, id, debit, kind);
        self.settle(id, admitted)?;
        self.paid.extend(by.and_then(|_| self.payment(kind)));
        Ok(())
    }

    /// As [`transfer`](Self::transfer), by somebody whose payments may have to wait for a person; the code says whether it does.
    pub fn pay(
        &mut self,
        by: usize,
        id: TransferId,
        debit: AccountId,
        kind: TransferKind,
    ) -> Result<&'static str, Refusal> {
        let Some(wait) = self.waits(by, &[kind]) else {
            return self.transfer(Some(by), id, debit, kind).map(|()| "ok");
        };
        if matches!(kind, TransferKind::Hold { .. }) {
            self.taken.insert(id);
            return Err(Refusal::HoldNeedsApproval);
        }
        self.transfer(Some(by), id, debit, held(kind, Some(wait.ends_at_us)))?;
        let payment = IntentId::new(id.get()).expect("the id of its intent");
        self.begin_to_wait(payment, wait, vec![id]);
        Ok("held")
    }

    /// What is asked before the ledger is: whether the id is free, whose account it is, and how much may leave it.
    pub fn admit(
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
        let owner = self.owners.get(&debit).copied();
        if by.is_some() && owner.or(by) != by {
            return Err(Refusal::NotAccountOwner);
        }
        // The bank's own money has no limit.
        let Some((by, payment)) = by.zip(self.payment(kind)) else { return Ok(transfer) };
        self.allow(by, &payment).map(|()| transfer)
    }

    /// Whether a payment is within its payer's limits.
    fn allow(&self, by: usize, payment: &Payment) -> Result<(), Refusal> {
        if self.limits.get(&payment.debit).is_some_and(|limit| payment.minor > *limit) {
            return Err(Refusal::LimitPerTransfer);
        }
        let allowance = self.allowances.get(&by);
        allowance.map_or(Ok(()), |allowance| allowance.admits(&self.paid, payment))
    }

    /// What of a transfer counts against limits: what stays with its owner leaves nobody.
    fn payment(&self, kind: TransferKind) -> Option<Payment> {
        let [debit, credit] = kind.accounts()?;
        let owner = self.owners.get(&debit)?;
        (self.owners.get(&credit) != Some(owner)).then_some(Payment {
            debit,
            credit: Some(credit),
            minor: kind.amount()?.minor(),
            at_us: self.now_us,
            signature: Some(self.signatures),
        })
    }

    /// Uses the id up, and posts what was admitted.
    pub fn settle(
        &mut self,
        id: TransferId,
        admitted: Result<Transfer, Refusal>,
    ) -> Result<(), Refusal> {
        self.taken.insert(id);
        let transfer = admitted?;
        self.model.post(&transfer, self.now_us)?;
        let payee = match transfer.kind() {
            TransferKind::Capture { hold, .. } => self.payees.get(hold).copied().flatten(),
            kind => kind.accounts().and_then(|[_, credit]| self.owners.get(&credit)).copied(),
        };
        self.payees.insert(id, payee);
        Ok(())
    }

    /// What follows an earlier transfer: only its payee may, and others learn nothing of it.
    pub fn follow(
        &mut self,
        by: usize,
        earlier: TransferId,
        id: TransferId,
        kind: TransferKind,
    ) -> Result<(), Refusal> {
        if self.taken.contains(&id) {
            return Err(Rejection::DuplicateItem.into());
        }
        let payee = self.payees.get(&earlier).copied();
        let ends = !matches!(kind, TransferKind::Reverse { .. });
        let may = payee == Some(Some(by)) && !(ends && self.is_of_a_payment(earlier));
        let admitted = match (may, kind) {
            (true, _) => Transfer::new(id, kind).map_err(Refusal::from),
            (false, TransferKind::Reverse { .. }) => Err(Rejection::TransferNotFound.into()),
            (false, _) => Err(Rejection::HoldNotFound.into()),
        };
        // What refers to nothing leaves no transfer, and so uses no id up.
        if payee.is_some() { self.settle(id, admitted) } else { admitted.map(drop) }
    }

    /// The code of each item of a batch.
    pub fn batch(&mut self, by: usize, atomic: bool, items: &[BatchItem]) -> Vec<&'static str> {
        self.batch_held(by, atomic, items, None)
    }

    /// As [`batch`](Self::batch), by somebody whose payments may have to wait for a person; says whether this one does.
    pub fn pay_batch(
        &mut self,
        by: usize,
        payment: IntentId,
        atomic: bool,
        items: &[BatchItem],
    ) -> (Vec<&'static str>, bool) {
        let kinds: Vec<_> = items.iter().map(|item| post(item, None)).collect();
        let Some(wait) = self.waits(by, &kinds) else {
            return (self.batch(by, atomic, items), false);
        };
        let codes = self.batch_held(by, atomic, items, Some(wait.ends_at_us));
        let held = items.iter().zip(&codes).filter(|(_, code)| **code == "ok");
        let holds: Vec<_> = held.map(|(item, _)| item.id).collect();
        let is_held = !holds.is_empty();
        if is_held {
            self.begin_to_wait(payment, wait, holds);
        }
        (codes, is_held)
    }

    fn batch_held(
        &mut self,
        by: usize,
        atomic: bool,
        items: &[BatchItem],
        until_us: Option<i64>,
    ) -> Vec<&'static str> {
        self.signatures += 1;
        if atomic {
            let paid = self.paid.len();
            let codes = self.linked(by, items, until_us);
            // Of a linked group that failed nothing counts.
            if codes.iter().any(|code| *code != "ok") {
                self.paid.truncate(paid);
            }
            return codes;
        }
        let code = |item: &BatchItem| {
            let outcome = self.one(Some(by), item.id, item.debit, post(item, until_us));
            outcome.map_or_else(Refusal::code, |()| "ok")
        };
        items.iter().map(code).collect()
    }

    fn linked(
        &mut self,
        by: usize,
        items: &[BatchItem],
        until_us: Option<i64>,
    ) -> Vec<&'static str> {
        let mut admitted = Vec::new();
        for item in items {
            let kind = post(item, until_us);
            let admit = self.admit(Some(by), item.id, item.debit, kind);
            // Each counts for those after it.
            self.paid.extend(admit.as_ref().ok().and_then(|_| self.payment(kind)));
            admitted.push(admit);
        }
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
        let outcomes = match Batch::atomic(admitted.into_iter().flatten().collect()) {
            Err(rejection) => return linked(0, rejection.into()),
            Ok(batch) => self.model.post_batch(&batch, self.now_us),
        };
        for (item, outcome) in items.iter().zip(&outcomes) {
            if outcome.is_ok() {
                self.payees.insert(item.id, self.owners.get(&item.credit).copied());
            }
        }
        outcomes.into_iter().map(|outcome| outcome.map_or_else(Rejection::code, |_| "ok")).collect()
    }
}

/// What an item asks for, or its like that is held until then.
fn post(item: &BatchItem, until_us: Option<i64>) -> TransferKind {
    let BatchItem { debit, credit, amount, .. } = *item;
    held(TransferKind::Post { debit, credit, amount }, until_us)
}

fn held(kind: TransferKind, until_us: Option<i64>) -> TransferKind {
    match (kind, until_us) {
        (TransferKind::Post { debit, credit, amount }, Some(expires_at_us)) => {
            TransferKind::Hold { debit, credit, amount, expires_at_us }
        }
        _ => kind,
    }
}
