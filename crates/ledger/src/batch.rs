//! Many transfers under one signature.

use std::collections::HashSet;

use crate::account::Account;
use crate::id::{AccountId, TransferId};
use crate::post::{Decision, Posting, apply, decide, post};
use crate::record::Record;
use crate::rejection::Rejection;
use crate::shelf::Saved;
use crate::transfer::Transfer;
use crate::working_set::Ledger;

/// 1 to [`Batch::MAX_ITEMS`] transfers with different ids, in the order they are posted in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    linking: Linking,
    items: Vec<Transfer>,
}

/// Whether items stand or fall together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Linking {
    Atomic,
    Independent,
}

impl Batch {
    /// Most items in one batch: half of a full group commit, so that a batch always fits in one.
    pub const MAX_ITEMS: usize = 1_000;

    /// All or nothing.
    pub fn atomic(items: Vec<Transfer>) -> Result<Self, Rejection> {
        Self::new(Linking::Atomic, items)
    }

    /// Each item on its own.
    pub fn independent(items: Vec<Transfer>) -> Result<Self, Rejection> {
        Self::new(Linking::Independent, items)
    }

    fn new(linking: Linking, items: Vec<Transfer>) -> Result<Self, Rejection> {
        if items.is_empty() {
            return Err(Rejection::EmptyBatch);
        }
        if items.len() > Self::MAX_ITEMS {
            return Err(Rejection::BatchTooLarge);
        }
        let mut ids = HashSet::with_capacity(items.len());
        if !items.iter().all(|item| ids.insert(item.id())) {
            return Err(Rejection::DuplicateItem);
        }
        Ok(Self { linking, items })
    }

    /// Whether it is all or nothing.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.linking == Linking::Atomic
    }

    /// The transfers, in the order they are posted in.
    #[must_use]
    pub fn items(&self) -> &[Transfer] {
        &self.items
    }
}

/// Posts a batch at `now_us`, microseconds since the Unix epoch.
///
/// # Atomicity
///
/// Independent items are posted one by one. Of an atomic batch either every item is accepted, or
/// every item is refused and `ledger` is equal to what it was: the first that fails keeps its
/// own reason, all others have [`Rejection::LinkedFailed`].
///
/// # Panics
///
/// As [`post`].
pub fn post_batch(ledger: &mut Ledger, batch: &Batch, now_us: i64) -> BatchOutcome {
    let items = match batch.linking {
        Linking::Atomic => post_linked(ledger, &batch.items, now_us),
        Linking::Independent => batch.items.iter().map(|item| post(ledger, item, now_us)).collect(),
    };
    BatchOutcome { items }
}

/// What became of each item of a batch, in the batch's order.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "items may have been refused"]
pub struct BatchOutcome {
    items: Vec<Result<Posting, Rejection>>,
}

impl BatchOutcome {
    /// One outcome per item.
    pub fn items(&self) -> &[Result<Posting, Rejection>] {
        &self.items
    }

    /// One outcome per item, by value.
    #[must_use]
    pub fn into_items(self) -> Vec<Result<Posting, Rejection>> {
        self.items
    }

    /// What was accepted, in order.
    pub fn postings(&self) -> impl Iterator<Item = &Posting> {
        self.items.iter().filter_map(|item| item.as_ref().ok())
    }

    /// The first item that was refused for a reason of its own, and the reason.
    #[must_use]
    pub fn first_refused(&self) -> Option<(usize, Rejection)> {
        self.items.iter().enumerate().find_map(|(index, item)| match item {
            Err(Rejection::LinkedFailed) | Ok(_) => None,
            Err(rejection) => Some((index, *rejection)),
        })
    }
}

fn post_linked(
    ledger: &mut Ledger,
    items: &[Transfer],
    now_us: i64,
) -> Vec<Result<Posting, Rejection>> {
    let mut journal = Vec::with_capacity(items.len());
    let mut outcomes = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match decide(ledger, item, now_us) {
            Ok(decision) => {
                journal.push(Undo::before(ledger, &decision));
                outcomes.push(Ok(apply(ledger, &decision)));
            }
            Err(rejection) => {
                for undo in journal.into_iter().rev() {
                    undo.restore(ledger);
                }
                let mut refused = vec![Err(Rejection::LinkedFailed); items.len()];
                if let Some(own) = refused.get_mut(index) {
                    *own = Err(rejection);
                }
                return refused;
            }
        }
    }
    outcomes
}

/// The slots that one decision will write, as they were: at most four, whatever the book's size.
struct Undo {
    accounts: [Saved<AccountId, Account>; 2],
    created: Saved<TransferId, Record>,
    updated: Option<Saved<TransferId, Record>>,
}

impl Undo {
    fn before(ledger: &Ledger, decision: &Decision) -> Self {
        Self {
            accounts: decision.account_ids().map(|id| ledger.save_account(id)),
            created: ledger.save_record(decision.created_id()),
            updated: decision.updated_id().map(|id| ledger.save_record(id)),
        }
    }

    /// The saves of one step share the length of the list of changes, so their order is free.
    fn restore(self, ledger: &mut Ledger) {
        for account in self.accounts {
            ledger.restore_account(account);
        }
        for record in self.updated.into_iter().chain([self.created]) {
            ledger.restore_record(record);
        }
    }
}
