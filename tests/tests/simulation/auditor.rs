//! The auditor: reads what the bank said in the order of its log, and says what it should have said.

use std::collections::BTreeMap;

use e2e::Oracle;
use intent::{Effects, Form, Group, IntentId, Receipt};
use ledger::{AccountId, AccountKind, Rejection, TransferId, TransferKind};
use money::AssetCode;
use server::corridor::{Answer, Refusal};

use crate::plan::{Asked, What};

/// An outcome as somebody was told it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) index: u64,
    pub(crate) code: String,
    items: Vec<String>,
    decided_at_us: i64,
}

impl Outcome {
    pub(crate) fn of(answer: &Answer) -> Self {
        let receipt = Receipt::from_json(&answer.receipt(Form::Json)).unwrap();
        let effects = receipt.groups[usize::from(Group::Effects.code()) - 1].as_ref().unwrap();
        let effects = Effects::parse(effects.bytes.as_ref().unwrap()).unwrap();
        assert_eq!((&effects.code, &effects.items), (&receipt.code, &receipt.items));
        let decided_at: intent::UtcMicros = effects.result["at"].parse().unwrap();
        Self {
            index: receipt.index.get(),
            code: receipt.code,
            items: receipt.items,
            decided_at_us: decided_at.get(),
        }
    }
}

/// What was asked of the bank in one seed, judged by the reference model.
pub(crate) struct Auditor {
    pub(crate) oracle: Oracle,
    equity: AccountId,
}

impl Auditor {
    pub(crate) fn new(equity: AccountId) -> Self {
        let mut oracle = Oracle::default();
        oracle.model.open_account(equity, AssetCode::EUR, AccountKind::Equity, None).unwrap();
        Self { oracle, equity }
    }

    /// Goes through the log: each outcome is the one foreseen.
    pub(crate) fn judge(&mut self, asked: &[Asked], outcomes: &BTreeMap<usize, Outcome>) {
        let mut log: Vec<(usize, &Outcome)> =
            outcomes.iter().map(|(who, outcome)| (*who, outcome)).collect();
        log.sort_by_key(|(_, outcome)| outcome.index);
        let mut latest = None;
        for (who, outcome) in log {
            assert!(latest < Some(outcome.index), "two outcomes at one place");
            latest = Some(outcome.index);
            self.oracle.now_us = outcome.decided_at_us;
            let Asked { what, id, .. } = &asked[who];
            let (code, items) = self.foresee(what, *id);
            assert_eq!((outcome.code.as_str(), &outcome.items), (code, &items), "{who}: {what:?}");
        }
    }

    /// What must be told, and of each item of a batch.
    fn foresee(&mut self, what: &What, id: IntentId) -> (&'static str, Vec<String>) {
        let transfer = TransferId::new(id.get());
        let told = |outcome: Result<(), Refusal>| {
            (outcome.map_or_else(Refusal::code, |()| "ok"), Vec::new())
        };
        match what {
            What::Open { account, owner } => {
                let kind = AccountKind::Liability;
                self.oracle.model.open_account(*account, AssetCode::EUR, kind, Some(0)).unwrap();
                self.oracle.owners.insert(*account, *owner);
                told(Ok(()))
            }
            What::Fund { to, minor } => {
                let (debit, credit) = (self.equity, *to);
                let kind = TransferKind::Post { debit, credit, amount: e2e::eur(*minor) };
                told(self.oracle.transfer(None, transfer, debit, kind))
            }
            What::Transfer { by, debit, kind } => {
                told(self.oracle.transfer(Some(*by), transfer, *debit, *kind))
            }
            What::Follow { by, earlier, kind } => {
                told(self.oracle.follow(*by, *earlier, transfer, *kind))
            }
            What::Batch { by, atomic, items } => {
                let items = self.oracle.batch(*by, *atomic, items);
                // Accepted as soon as one of its items is; else for the reason that brought it down.
                let cause = items.iter().find(|code| **code != Rejection::LinkedFailed.code());
                let is_ok = items.contains(&"ok");
                let code = if is_ok { "ok" } else { cause.unwrap() };
                (code, items.into_iter().map(str::to_owned).collect())
            }
            What::Freeze { account, freeze } => {
                self.oracle.model.set_freeze(*account, *freeze).unwrap();
                told(Ok(()))
            }
            What::Expired { hold, .. } => {
                let expired = self.oracle.model.expire(*hold, self.oracle.now_us);
                told(expired.map(drop).map_err(Refusal::from))
            }
        }
    }

    /// Whether a hold could still be given back at this time.
    pub(crate) fn could_expire(&self, hold: TransferId, now_us: i64) -> bool {
        self.oracle.model.clone().expire(hold, now_us).is_ok()
    }
}
