//! What every intent comes to, said beforehand: the ledger's reference model, and what it does not know.

use std::collections::{BTreeMap, BTreeSet};

use intent::BatchItem;
use ledger::model::Model;
use ledger::{AccountId, Batch, Rejection, Transfer, TransferId, TransferKind};
use server::corridor::Refusal;

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
    /// When the next transfer is decided, in UTC microseconds.
    pub now_us: i64,
    taken: BTreeSet<TransferId>,
    /// Transfers that were accepted, with who got them or would.
    payees: BTreeMap<TransferId, Option<usize>>,
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
        let admitted = self.admit(by, id, debit, kind);
        self.settle(id, admitted)
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
        // The bank's own money has no limit, and what stays with its owner leaves nobody.
        let leaves = by.is_some()
            && owner.is_some()
            && kind
                .accounts()
                .is_some_and(|[_, credit]| self.owners.get(&credit).copied() != owner);
        let limit = self.limits.get(&debit).filter(|_| leaves);
        match limit.zip(kind.amount()) {
            Some((limit, amount)) if amount.minor() > *limit => Err(Refusal::LimitPerTransfer),
            _ => Ok(transfer),
        }
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
        let admitted = match (payee == Some(Some(by)), kind) {
            (true, _) => Transfer::new(id, kind).map_err(Refusal::from),
            (false, TransferKind::Reverse { .. }) => Err(Rejection::TransferNotFound.into()),
            (false, _) => Err(Rejection::HoldNotFound.into()),
        };
        // What refers to nothing leaves no transfer, and so uses no id up.
        if payee.is_some() { self.settle(id, admitted) } else { admitted.map(drop) }
    }

    /// The code of each item of a batch.
    pub fn batch(&mut self, by: usize, atomic: bool, items: &[BatchItem]) -> Vec<&'static str> {
        if atomic {
            return self.linked(by, items);
        }
        let code = |item: &BatchItem| {
            let outcome = self.transfer(Some(by), item.id, item.debit, post(item));
            outcome.map_or_else(Refusal::code, |()| "ok")
        };
        items.iter().map(code).collect()
    }

    fn linked(&mut self, by: usize, items: &[BatchItem]) -> Vec<&'static str> {
        let admit = |item: &BatchItem| self.admit(Some(by), item.id, item.debit, post(item));
        let admitted: Vec<_> = items.iter().map(admit).collect();
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

fn post(item: &BatchItem) -> TransferKind {
    TransferKind::Post { debit: item.debit, credit: item.credit, amount: item.amount }
}
