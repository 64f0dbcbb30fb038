//! Posting: every refusal first, then a change that cannot fail.

use money::Amount;

use crate::account::{Account, Change, Side};
use crate::id::{AccountId, TransferId};
use crate::record::{Record, RecordState};
use crate::rejection::Rejection;
use crate::transfer::{Transfer, TransferKind};
use crate::working_set::Ledger;

/// Decides `transfer` at `now_us` (microseconds since the Unix epoch) and applies it.
///
/// # Invariants
///
/// Accepted, both sides move by the same amount and nothing else does. Refused, `ledger` is
/// equal to what it was.
///
/// # Panics
///
/// If a loaded account's pending total does not contain a loaded open hold: the two stored rows
/// contradict each other, and no answer would be right.
pub fn post(ledger: &mut Ledger, transfer: &Transfer, now_us: i64) -> Result<Posting, Rejection> {
    let decision = decide(ledger, transfer, now_us)?;
    Ok(apply(ledger, &decision))
}

/// Gives an expired hold back: the event that the bank records when a hold's time is over. Returns
/// the hold's record, now [`RecordState::Expired`].
///
/// Refuses with [`Rejection::HoldNotFound`], [`Rejection::HoldResolved`],
/// [`Rejection::HoldNotExpired`], or where one of its accounts is not loaded.
///
/// # Panics
///
/// As [`post`].
pub fn expire(ledger: &mut Ledger, hold: TransferId, now_us: i64) -> Result<Record, Rejection> {
    let (record, expires_at_us) = require_unresolved(ledger, hold)?;
    if now_us < expires_at_us {
        return Err(Rejection::HoldNotExpired);
    }
    let parties = ledger.require_parties([record.debit(), record.credit()])?;
    let accounts_after = change_both(parties, Change::Release(record.amount().minor()))?;
    let expired = record.with_state(RecordState::Expired);
    for account in accounts_after {
        ledger.put_account(account);
    }
    ledger.put_record(expired);
    Ok(expired)
}

/// Proof that [`post`] accepted a transfer, and what it moved. Only posting makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Posting {
    transfer: Transfer,
    debit: AccountId,
    credit: AccountId,
    amount: Amount,
    entries: Option<[Entry; 2]>,
}

impl Posting {
    /// The accepted transfer, as it was asked for.
    #[must_use]
    pub const fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The transfer's id.
    #[must_use]
    pub const fn id(&self) -> TransferId {
        self.transfer.id()
    }

    /// Account whose debits, posted or pending, moved.
    #[must_use]
    pub const fn debit(&self) -> AccountId {
        self.debit
    }

    /// Account whose credits, posted or pending, moved.
    #[must_use]
    pub const fn credit(&self) -> AccountId {
        self.credit
    }

    /// What was moved, held or given back: never zero, and filled in where the request left it
    /// open. For a capture, what was captured.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// The two entries, debit first; none for a hold or a void, which move no balance.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.entries.as_ref().map_or(&[], |entries| entries.as_slice())
    }
}

/// One line of an account's statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Entry {
    account: AccountId,
    side: Side,
    amount: Amount,
    balance_after: i64,
    sequence: i64,
}

impl Entry {
    /// The account it belongs to.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The side it stands on.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// How much, never zero.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// The account's posted balance after it, in minor units, positive on the side that accounts
    /// of its kind grow on.
    #[must_use]
    pub const fn balance_after(&self) -> i64 {
        self.balance_after
    }

    /// Its number within the account, from 1 without gaps.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }
}

/// Everything a transfer will change, decided but not yet applied.
#[derive(Debug)]
pub(crate) struct Decision {
    posting: Posting,
    accounts_after: [Account; 2],
    created: Record,
    updated: Option<Record>,
}

impl Decision {
    pub(crate) const fn account_ids(&self) -> [AccountId; 2] {
        [self.posting.debit, self.posting.credit]
    }

    pub(crate) const fn created_id(&self) -> TransferId {
        self.created.id()
    }

    pub(crate) fn updated_id(&self) -> Option<TransferId> {
        self.updated.as_ref().map(Record::id)
    }
}

/// All refusals, in order of precedence; the ledger is only read.
pub(crate) fn decide(
    ledger: &Ledger,
    transfer: &Transfer,
    now_us: i64,
) -> Result<Decision, Rejection> {
    if ledger.record(transfer.id()).is_some() {
        return Err(Rejection::DuplicateItem);
    }
    let plan = plan(ledger, transfer, now_us)?;
    let parties = ledger.require_parties(plan.parties)?;
    if parties.iter().any(|account| account.asset != plan.amount.asset()) {
        return Err(Rejection::AssetMismatch);
    }
    plan.require_within_limit()?;
    if plan.stopped_by_status {
        require_moving(parties)?;
    }
    let accounts_after = change_both(parties, plan.change)?;
    for (after, before) in accounts_after.iter().zip(parties) {
        after.require_floor(before)?;
    }
    let entries = plan.change.makes_entry().then(|| {
        let [debit, credit] = &accounts_after;
        [entry(debit, Side::Debit, plan.amount), entry(credit, Side::Credit, plan.amount)]
    });
    let [debit, credit] = plan.parties;
    Ok(Decision {
        posting: Posting { transfer: *transfer, debit, credit, amount: plan.amount, entries },
        accounts_after,
        created: Record::new(transfer.id(), plan.parties, plan.amount, plan.created),
        updated: plan.updated,
    })
}

/// From here on the transfer succeeds.
pub(crate) fn apply(ledger: &mut Ledger, decision: &Decision) -> Posting {
    for account in decision.accounts_after {
        ledger.put_account(account);
    }
    if let Some(record) = decision.updated {
        ledger.put_record(record);
    }
    ledger.put_record(decision.created);
    decision.posting
}

/// What a transfer comes down to once what it refers to is known.
struct Plan {
    /// Debit account, then credit account.
    parties: [AccountId; 2],
    amount: Amount,
    change: Change,
    /// Void gives back and is not stopped by freezes.
    stopped_by_status: bool,
    /// Most that may be moved, where an earlier transfer sets it, and the refusal if it is passed.
    limit: Option<(i64, Rejection)>,
    created: RecordState,
    updated: Option<Record>,
}

impl Plan {
    fn require_within_limit(&self) -> Result<(), Rejection> {
        match self.limit {
            Some((limit_minor, refusal)) if self.amount.minor() > limit_minor => Err(refusal),
            Some(_) | None => Ok(()),
        }
    }
}

fn plan(ledger: &Ledger, transfer: &Transfer, now_us: i64) -> Result<Plan, Rejection> {
    match *transfer.kind() {
        TransferKind::Post { debit, credit, amount } => Ok(Plan {
            parties: [debit, credit],
            amount,
            change: Change::Post(amount.minor()),
            stopped_by_status: true,
            limit: None,
            created: RecordState::Posted { reversed_minor: 0 },
            updated: None,
        }),
        TransferKind::Hold { debit, credit, amount, expires_at_us } => {
            if expires_at_us <= now_us {
                return Err(Rejection::HoldExpired);
            }
            Ok(Plan {
                parties: [debit, credit],
                amount,
                change: Change::Hold(amount.minor()),
                stopped_by_status: true,
                limit: None,
                created: RecordState::Held { expires_at_us },
                updated: None,
            })
        }
        TransferKind::Capture { hold, amount } => plan_capture(ledger, hold, amount, now_us),
        TransferKind::Void { hold } => {
            let record = require_open_hold(ledger, hold, now_us)?;
            Ok(Plan {
                parties: [record.debit(), record.credit()],
                amount: record.amount(),
                change: Change::Release(record.amount().minor()),
                stopped_by_status: false,
                limit: None,
                created: RecordState::Final,
                updated: Some(record.with_state(RecordState::Voided)),
            })
        }
        TransferKind::Reverse { transfer, amount } => plan_reverse(ledger, transfer, amount),
    }
}

fn plan_capture(
    ledger: &Ledger,
    hold: TransferId,
    amount: Option<Amount>,
    now_us: i64,
) -> Result<Plan, Rejection> {
    let record = require_open_hold(ledger, hold, now_us)?;
    let amount = amount.unwrap_or(record.amount());
    let (held_minor, captured_minor) = (record.amount().minor(), amount.minor());
    Ok(Plan {
        parties: [record.debit(), record.credit()],
        amount,
        change: Change::Capture { held: held_minor, captured: captured_minor },
        stopped_by_status: true,
        limit: Some((held_minor, Rejection::CaptureExceedsHold)),
        created: RecordState::Posted { reversed_minor: 0 },
        updated: Some(record.with_state(RecordState::Captured { captured_minor })),
    })
}

fn plan_reverse(
    ledger: &Ledger,
    original: TransferId,
    amount: Option<Amount>,
) -> Result<Plan, Rejection> {
    let record = ledger.record(original).ok_or(Rejection::TransferNotFound)?;
    let reversed_minor = match record.state() {
        RecordState::Posted { reversed_minor } => reversed_minor,
        RecordState::Held { .. }
        | RecordState::Captured { .. }
        | RecordState::Voided
        | RecordState::Expired
        | RecordState::Final => return Err(Rejection::TransferNotReversible),
    };
    // A record's reversed part is never above its amount.
    let left_minor = record.amount().minor().saturating_sub(reversed_minor);
    // With nothing left, an open amount means the whole transfer again, which passes the limit.
    let all_left = match Amount::new(left_minor, record.amount().asset()) {
        Ok(left) if !left.is_zero() => left,
        Ok(_) | Err(_) => record.amount(),
    };
    let amount = amount.unwrap_or(all_left);
    // An overflow here is far above the limit, which is looked at before anything is changed.
    let reversed_minor = reversed_minor.saturating_add(amount.minor());
    Ok(Plan {
        parties: [record.credit(), record.debit()],
        amount,
        change: Change::Post(amount.minor()),
        stopped_by_status: true,
        limit: Some((left_minor, Rejection::ReversalExceedsTransfer)),
        created: RecordState::Final,
        updated: Some(record.with_state(RecordState::Posted { reversed_minor })),
    })
}

fn require_open_hold(ledger: &Ledger, hold: TransferId, now_us: i64) -> Result<Record, Rejection> {
    let (record, expires_at_us) = require_unresolved(ledger, hold)?;
    if now_us < expires_at_us { Ok(record) } else { Err(Rejection::HoldExpired) }
}

fn require_unresolved(ledger: &Ledger, hold: TransferId) -> Result<(Record, i64), Rejection> {
    let record = ledger.record(hold).ok_or(Rejection::HoldNotFound)?;
    match record.state() {
        RecordState::Held { expires_at_us } => Ok((*record, expires_at_us)),
        RecordState::Captured { .. } | RecordState::Voided | RecordState::Expired => {
            Err(Rejection::HoldResolved)
        }
        RecordState::Posted { .. } | RecordState::Final => Err(Rejection::HoldNotFound),
    }
}

fn require_moving([debit, credit]: [&Account; 2]) -> Result<(), Rejection> {
    if debit.closed {
        return Err(Rejection::DebitAccountClosed);
    }
    if credit.closed {
        return Err(Rejection::CreditAccountClosed);
    }
    if debit.freeze.debit {
        return Err(Rejection::DebitAccountFrozen);
    }
    if credit.freeze.credit {
        return Err(Rejection::CreditAccountFrozen);
    }
    Ok(())
}

fn change_both([debit, credit]: [&Account; 2], change: Change) -> Result<[Account; 2], Rejection> {
    Ok([debit.after(Side::Debit, change)?, credit.after(Side::Credit, change)?])
}

const fn entry(account: &Account, side: Side, amount: Amount) -> Entry {
    Entry {
        account: account.id,
        side,
        amount,
        balance_after: account.balance_minor(),
        sequence: account.entry_count(),
    }
}
