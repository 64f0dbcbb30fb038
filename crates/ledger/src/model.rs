//! The reference model: a naive ledger that judges the real one.
//!
//! It keeps no totals and no states, only the list of everything that was accepted, and answers
//! every question by reading the whole list again. It does not stop at the first broken rule: it
//! collects every rule that a transfer breaks and reports the first in order of precedence. It
//! tries a movement by adding it, looking at the sums, and taking it away again. Slow (each
//! transfer reads the whole history several times) and meant to be: where it and [`crate::post`]
//! disagree, one of two very different programs is wrong.
//!
//! Tests and the simulator run it beside the real ledger; nothing else should.
//!
//! ```
//! use ledger::model::Model;
//! use ledger::{AccountId, AccountKind, Ledger, Transfer, TransferId, post};
//! use money::{Amount, AssetCode};
//! use uuid::Uuid;
//!
//! let [a, b] = [1, 2].map(|n| AccountId::new(Uuid::from_u128(n)));
//! let (mut ledger, mut model) = (Ledger::new(), Model::new());
//! for (id, floor) in [(a, None), (b, Some(0))] {
//!     ledger.open_account(id, AssetCode::EUR, AccountKind::Liability, floor)?;
//!     model.open_account(id, AssetCode::EUR, AccountKind::Liability, floor)?;
//! }
//! let one = Amount::new(1, AssetCode::EUR)?;
//! let transfer = Transfer::post(TransferId::new(Uuid::from_u128(1)), a, b, one)?;
//! let expected = model.post(&transfer, 0);
//! assert_eq!(post(&mut ledger, &transfer, 0).map(|posting| posting.amount()), expected);
//! assert_eq!(model.first_difference(&ledger), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use money::{Amount, AssetCode};

use crate::account::{AccountKind, Freeze, Side};
use crate::batch::Batch;
use crate::id::{AccountId, TransferId};
use crate::record::RecordState;
use crate::rejection::{AccountRejection, Rejection};
use crate::transfer::{Transfer, TransferKind};
use crate::working_set::Ledger;

/// A whole book as the list of what was accepted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Model {
    accounts: Vec<ModelAccount>,
    movements: Vec<Movement>,
}

/// What one account looks like when everything is added up. Minor units.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ModelTotals {
    /// Sum of posted debits.
    pub debits_posted: i128,
    /// Sum of posted credits.
    pub credits_posted: i128,
    /// Sum of open holds that would debit.
    pub debits_pending: i128,
    /// Sum of open holds that would credit.
    pub credits_pending: i128,
    /// Number of entries.
    pub entry_count: i128,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct ModelAccount {
    id: AccountId,
    asset: AssetCode,
    kind: AccountKind,
    floor: Option<i64>,
    freeze: Freeze,
    closed: bool,
}

/// One line of history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Movement {
    /// The transfer that did it; `None` for the bank's own expiry of a hold.
    by: Option<TransferId>,
    debit: AccountId,
    credit: AccountId,
    amount: Amount,
    what: What,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum What {
    Moved,
    Held { expires_at_us: i64 },
    CapturedFrom { hold: TransferId },
    ReleasedFrom { hold: TransferId },
    MovedBack { original: TransferId },
}

impl Model {
    /// A book before its first account.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges a transfer and, if it is acceptable, adds it to history. Returns the amount that it
    /// comes down to.
    pub fn post(&mut self, transfer: &Transfer, now_us: i64) -> Result<Amount, Rejection> {
        if self.movements.iter().any(|movement| movement.by == Some(transfer.id())) {
            return Err(Rejection::DuplicateItem);
        }
        let movement = self.movement_of(transfer, now_us)?;
        if let Some(rejection) = self.broken_rules(movement).into_iter().min() {
            return Err(rejection);
        }
        self.movements.push(movement);
        Ok(movement.amount)
    }

    /// Judges a batch. An atomic one is tried on a copy that is thrown away if an item fails.
    pub fn post_batch(&mut self, batch: &Batch, now_us: i64) -> Vec<Result<Amount, Rejection>> {
        let mut trial = self.clone();
        let mut outcomes: Vec<_> =
            batch.items().iter().map(|item| trial.post(item, now_us)).collect();
        let first_failed = outcomes.iter().position(Result::is_err);
        match first_failed {
            Some(failed) if batch.is_atomic() => {
                for (index, outcome) in outcomes.iter_mut().enumerate() {
                    if index != failed {
                        *outcome = Err(Rejection::LinkedFailed);
                    }
                }
            }
            Some(_) | None => *self = trial,
        }
        outcomes
    }

    /// Judges the expiry of a hold and adds it to history.
    pub fn expire(&mut self, hold: TransferId, now_us: i64) -> Result<Amount, Rejection> {
        let (placed, expires_at_us) = self.unresolved_hold(hold)?;
        if now_us < expires_at_us {
            return Err(Rejection::HoldNotExpired);
        }
        let what = What::ReleasedFrom { hold };
        self.movements.push(Movement { by: None, what, ..placed });
        Ok(placed.amount)
    }

    /// Opens an account.
    pub fn open_account(
        &mut self,
        id: AccountId,
        asset: AssetCode,
        kind: AccountKind,
        floor: Option<i64>,
    ) -> Result<(), AccountRejection> {
        if self.account(id).is_some() {
            return Err(AccountRejection::AccountExists);
        }
        if floor.is_some_and(|floor| floor > 0) {
            return Err(AccountRejection::FloorAboveZero);
        }
        let freeze = Freeze::default();
        self.accounts.push(ModelAccount { id, asset, kind, floor, freeze, closed: false });
        Ok(())
    }

    /// Freezes or thaws an account.
    pub fn set_freeze(&mut self, id: AccountId, freeze: Freeze) -> Result<(), AccountRejection> {
        self.open_account_mut(id)?.freeze = freeze;
        Ok(())
    }

    /// Changes an account's floor, minor units.
    pub fn set_floor(&mut self, id: AccountId, floor: Option<i64>) -> Result<(), AccountRejection> {
        let account = *self.open_account_mut(id)?;
        match floor {
            Some(floor) if floor > 0 => Err(AccountRejection::FloorAboveZero),
            Some(floor) if i128::from(floor) > self.available(account) => {
                Err(AccountRejection::FloorAboveAvailable)
            }
            Some(_) | None => {
                self.open_account_mut(id)?.floor = floor;
                Ok(())
            }
        }
    }

    /// Closes an account.
    pub fn close_account(&mut self, id: AccountId) -> Result<(), AccountRejection> {
        self.open_account_mut(id)?;
        let totals = self.totals(id);
        let settled = totals.debits_posted == totals.credits_posted;
        if !settled || totals.debits_pending > 0 || totals.credits_pending > 0 {
            return Err(AccountRejection::AccountNotEmpty);
        }
        self.open_account_mut(id)?.closed = true;
        Ok(())
    }

    /// Adds up the whole history of one account; all zero for an unknown one.
    #[must_use]
    pub fn totals(&self, id: AccountId) -> ModelTotals {
        let mut totals = ModelTotals::default();
        for movement in &self.movements {
            let minor = i128::from(movement.amount.minor());
            let (posted, pending) = match movement.what {
                What::Moved | What::CapturedFrom { .. } | What::MovedBack { .. } => (minor, 0),
                What::Held { .. } if self.is_resolved(movement.by) => (0, 0),
                What::Held { .. } => (0, minor),
                What::ReleasedFrom { .. } => (0, 0),
            };
            for (account, posted_sum, pending_sum) in [
                (movement.debit, &mut totals.debits_posted, &mut totals.debits_pending),
                (movement.credit, &mut totals.credits_posted, &mut totals.credits_pending),
            ] {
                if account == id {
                    add(posted_sum, posted);
                    add(pending_sum, pending);
                    add(&mut totals.entry_count, i128::from(posted > 0));
                }
            }
        }
        totals
    }

    /// Compares every account and every record with the real ledger's; a sentence on the first that
    /// differs.
    #[must_use]
    pub fn first_difference(&self, ledger: &Ledger) -> Option<String> {
        self.first_different_account(ledger).or_else(|| self.first_different_record(ledger))
    }

    fn first_different_record(&self, ledger: &Ledger) -> Option<String> {
        let expected = self.movements.iter().filter(|movement| movement.by.is_some()).count();
        if ledger.record_count() != expected {
            let count = ledger.record_count();
            return Some(format!("the ledger has {count} records, the model {expected}"));
        }
        ledger.records().find_map(|record| {
            let state = self.state_of(record.id());
            (state != Some(record.state()))
                .then(|| format!("{record:?}: in the model its state is {state:?}"))
        })
    }

    /// What has become of an accepted transfer.
    fn state_of(&self, id: TransferId) -> Option<RecordState> {
        let resolver = self.movements.iter().find(|movement| match movement.what {
            What::CapturedFrom { hold } | What::ReleasedFrom { hold } => hold == id,
            What::Moved | What::Held { .. } | What::MovedBack { .. } => false,
        });
        Some(match (self.movement(id)?.what, resolver) {
            (What::Held { expires_at_us }, None) => RecordState::Held { expires_at_us },
            (What::Held { .. }, Some(Movement { what: What::CapturedFrom { .. }, amount, .. })) => {
                RecordState::Captured { captured_minor: amount.minor() }
            }
            (What::Held { .. }, Some(Movement { by: Some(_), .. })) => RecordState::Voided,
            (What::Held { .. }, Some(Movement { by: None, .. })) => RecordState::Expired,
            (What::Moved | What::CapturedFrom { .. }, _) => {
                RecordState::Posted { reversed_minor: i64::try_from(self.reversed(id)).ok()? }
            }
            (What::MovedBack { .. } | What::ReleasedFrom { .. }, _) => RecordState::Final,
        })
    }

    fn first_different_account(&self, ledger: &Ledger) -> Option<String> {
        if ledger.account_count() != self.accounts.len() {
            return Some(format!(
                "the ledger has {} accounts, the model {}",
                ledger.account_count(),
                self.accounts.len()
            ));
        }
        self.accounts.iter().find_map(|expected| {
            let Some(account) = ledger.account(expected.id) else {
                return Some(format!("the ledger lacks account {}", expected.id));
            };
            let row = account.to_row();
            let totals = ModelTotals {
                debits_posted: row.debits_posted.into(),
                credits_posted: row.credits_posted.into(),
                debits_pending: row.debits_pending.into(),
                credits_pending: row.credits_pending.into(),
                entry_count: row.entry_count.into(),
            };
            let status = (account.floor, account.freeze, account.closed);
            let same = totals == self.totals(expected.id)
                && status == (expected.floor, expected.freeze, expected.closed)
                && account.available() == self.available(*expected);
            let expected_totals = self.totals(expected.id);
            (!same).then(|| {
                format!(
                    "account {}: ledger {row:?}, model {expected:?} {expected_totals:?}",
                    expected.id
                )
            })
        })
    }

    /// The line that a transfer would add, from what it refers to.
    fn movement_of(&self, transfer: &Transfer, now_us: i64) -> Result<Movement, Rejection> {
        let by = Some(transfer.id());
        match *transfer.kind() {
            TransferKind::Post { debit, credit, amount } => {
                Ok(Movement { by, debit, credit, amount, what: What::Moved })
            }
            TransferKind::Hold { debit, credit, amount, expires_at_us } => {
                if expires_at_us <= now_us {
                    return Err(Rejection::HoldExpired);
                }
                let what = What::Held { expires_at_us };
                Ok(Movement { by, debit, credit, amount, what })
            }
            TransferKind::Capture { hold, amount } => {
                let placed = self.open_hold(hold, now_us)?;
                let what = What::CapturedFrom { hold };
                Ok(Movement { by, amount: amount.unwrap_or(placed.amount), what, ..placed })
            }
            TransferKind::Void { hold } => {
                let placed = self.open_hold(hold, now_us)?;
                Ok(Movement { by, what: What::ReleasedFrom { hold }, ..placed })
            }
            TransferKind::Reverse { transfer: original, amount } => {
                self.reversal_of(original, amount, by)
            }
        }
    }

    fn reversal_of(
        &self,
        original: TransferId,
        amount: Option<Amount>,
        by: Option<TransferId>,
    ) -> Result<Movement, Rejection> {
        let moved = self.movement(original).ok_or(Rejection::TransferNotFound)?;
        if !matches!(moved.what, What::Moved | What::CapturedFrom { .. }) {
            return Err(Rejection::TransferNotReversible);
        }
        let left = i128::from(moved.amount.minor()).saturating_sub(self.reversed(original));
        let left = i64::try_from(left).ok().and_then(|left| {
            Amount::new(left, moved.amount.asset()).ok().filter(|left| !left.is_zero())
        });
        // Nothing left and no amount named: the whole again, which `broken_rules` finds too much.
        let amount = amount.or(left).unwrap_or(moved.amount);
        let (debit, credit) = (moved.credit, moved.debit);
        Ok(Movement { by, debit, credit, amount, what: What::MovedBack { original } })
    }

    /// Every rule that adding this line would break, in no particular order.
    fn broken_rules(&self, movement: Movement) -> Vec<Rejection> {
        let (debit, credit) = (self.account(movement.debit), self.account(movement.credit));
        let (Some(debit), Some(credit)) = (debit, credit) else {
            let missing = [
                debit.is_none().then_some(Rejection::DebitAccountNotFound),
                credit.is_none().then_some(Rejection::CreditAccountNotFound),
            ];
            return missing.into_iter().flatten().collect();
        };
        let asset = movement.amount.asset();
        let gives_back = matches!(movement.what, What::ReleasedFrom { .. });
        let mut trial = self.clone();
        trial.movements.push(movement);
        let overflows = |account: ModelAccount| {
            let totals = trial.totals(account.id);
            let limit = i128::from(i64::MAX);
            totals.debits_posted.saturating_add(totals.debits_pending) > limit
                || totals.credits_posted.saturating_add(totals.credits_pending) > limit
        };
        let falls_below_floor = |account: ModelAccount| {
            let (before, after) = (self.available(account), trial.available(account));
            account.floor.is_some_and(|floor| after < i128::from(floor) && after < before)
        };
        let rules = [
            (debit.asset != asset || credit.asset != asset, Rejection::AssetMismatch),
            (self.captures_too_much(movement), Rejection::CaptureExceedsHold),
            (self.reverses_too_much(movement), Rejection::ReversalExceedsTransfer),
            (debit.closed && !gives_back, Rejection::DebitAccountClosed),
            (credit.closed && !gives_back, Rejection::CreditAccountClosed),
            (debit.freeze.debit && !gives_back, Rejection::DebitAccountFrozen),
            (credit.freeze.credit && !gives_back, Rejection::CreditAccountFrozen),
            (overflows(debit) || overflows(credit), Rejection::TotalOverflow),
            (falls_below_floor(debit) || falls_below_floor(credit), Rejection::InsufficientFunds),
        ];
        rules.into_iter().filter_map(|(broken, rejection)| broken.then_some(rejection)).collect()
    }

    fn captures_too_much(&self, movement: Movement) -> bool {
        let What::CapturedFrom { hold } = movement.what else { return false };
        self.movement(hold).is_some_and(|placed| movement.amount.minor() > placed.amount.minor())
    }

    fn reverses_too_much(&self, movement: Movement) -> bool {
        let What::MovedBack { original } = movement.what else { return false };
        let together = self.reversed(original).saturating_add(movement.amount.minor().into());
        self.movement(original).is_some_and(|moved| together > moved.amount.minor().into())
    }

    fn reversed(&self, original: TransferId) -> i128 {
        self.movements
            .iter()
            .filter(|movement| movement.what == What::MovedBack { original })
            .map(|movement| i128::from(movement.amount.minor()))
            .sum()
    }

    fn open_hold(&self, hold: TransferId, now_us: i64) -> Result<Movement, Rejection> {
        let (placed, expires_at_us) = self.unresolved_hold(hold)?;
        if now_us < expires_at_us { Ok(placed) } else { Err(Rejection::HoldExpired) }
    }

    fn unresolved_hold(&self, hold: TransferId) -> Result<(Movement, i64), Rejection> {
        let movement = self.movement(hold).ok_or(Rejection::HoldNotFound)?;
        let What::Held { expires_at_us } = movement.what else {
            return Err(Rejection::HoldNotFound);
        };
        if self.is_resolved(Some(hold)) {
            return Err(Rejection::HoldResolved);
        }
        Ok((movement, expires_at_us))
    }

    fn is_resolved(&self, hold: Option<TransferId>) -> bool {
        self.movements.iter().any(|movement| match movement.what {
            What::CapturedFrom { hold: resolved } | What::ReleasedFrom { hold: resolved } => {
                hold == Some(resolved)
            }
            What::Moved | What::Held { .. } | What::MovedBack { .. } => false,
        })
    }

    fn available(&self, account: ModelAccount) -> i128 {
        let totals = self.totals(account.id);
        let (raising, lowering, lowering_pending) = match account.kind.normal_side() {
            Side::Debit => (totals.debits_posted, totals.credits_posted, totals.credits_pending),
            Side::Credit => (totals.credits_posted, totals.debits_posted, totals.debits_pending),
        };
        raising.saturating_sub(lowering).saturating_sub(lowering_pending)
    }

    fn movement(&self, by: TransferId) -> Option<Movement> {
        self.movements.iter().copied().find(|movement| movement.by == Some(by))
    }

    fn account(&self, id: AccountId) -> Option<ModelAccount> {
        self.accounts.iter().copied().find(|account| account.id == id)
    }

    fn open_account_mut(&mut self, id: AccountId) -> Result<&mut ModelAccount, AccountRejection> {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        let account = account.ok_or(AccountRejection::AccountNotFound)?;
        if account.closed { Err(AccountRejection::AccountClosed) } else { Ok(account) }
    }
}

fn add(sum: &mut i128, minor: i128) {
    *sum = sum.saturating_add(minor);
}
