//! One account: four totals that only `post` moves, and the rules that limit them.

use std::fmt;
use std::str::FromStr;

use money::{Amount, AssetCode};
use thiserror::Error;

use crate::id::AccountId;
use crate::rejection::Rejection;

/// One account, as loaded under a row lock or rebuilt from the log.
///
/// # Invariants
///
/// Each total is `0..=i64::MAX`, and so is posted + pending of either side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// The one asset that it counts.
    pub asset: AssetCode,
    /// Its place in the balance sheet, which decides the side it grows on.
    pub kind: AccountKind,
    /// Least available balance, in minor units: `None` is unlimited, `0` no overdraft, `-n` an
    /// overdraft of `n`. Never above zero.
    pub floor: Option<i64>,
    /// What is stopped for now.
    pub freeze: Freeze,
    /// Closed for good.
    pub closed: bool,
    debits: Totals,
    credits: Totals,
    entry_count: i64,
}

impl Account {
    /// A new account without any movement.
    pub fn open(
        id: AccountId,
        asset: AssetCode,
        kind: AccountKind,
        floor: Option<i64>,
    ) -> Result<Self, MalformedAccount> {
        require_floor_in_range(floor)?;
        let (debits, credits) = (Totals::default(), Totals::default());
        let freeze = Freeze::default();
        Ok(Self { id, asset, kind, floor, freeze, closed: false, debits, credits, entry_count: 0 })
    }

    /// An account as it was stored.
    pub fn from_stored(row: AccountRow) -> Result<Self, MalformedAccount> {
        require_floor_in_range(row.floor)?;
        if row.entry_count < 0 {
            return Err(MalformedAccount::EntryCountNegative);
        }
        Ok(Self {
            id: row.id,
            asset: row.asset,
            kind: row.kind,
            floor: row.floor,
            freeze: row.freeze,
            closed: row.closed,
            debits: Totals::new(row.debits_posted, row.debits_pending)?,
            credits: Totals::new(row.credits_posted, row.credits_pending)?,
            entry_count: row.entry_count,
        })
    }

    /// The account as it is stored: what [`Account::from_stored`] reads.
    #[must_use]
    pub const fn to_row(&self) -> AccountRow {
        AccountRow {
            id: self.id,
            asset: self.asset,
            kind: self.kind,
            floor: self.floor,
            freeze: self.freeze,
            closed: self.closed,
            debits_posted: self.debits.posted,
            credits_posted: self.credits.posted,
            debits_pending: self.debits.pending,
            credits_pending: self.credits.pending,
            entry_count: self.entry_count,
        }
    }

    /// Sum of all posted debits.
    #[must_use]
    pub fn debits_posted(&self) -> Amount {
        self.amount_of(self.debits.posted)
    }

    /// Sum of all posted credits.
    #[must_use]
    pub fn credits_posted(&self) -> Amount {
        self.amount_of(self.credits.posted)
    }

    /// Sum of the open holds that would debit the account.
    #[must_use]
    pub fn debits_pending(&self) -> Amount {
        self.amount_of(self.debits.pending)
    }

    /// Sum of the open holds that would credit the account.
    #[must_use]
    pub fn credits_pending(&self) -> Amount {
        self.amount_of(self.credits.pending)
    }

    /// Entries so far: the sequence number of the last one, 0 where there is none.
    #[must_use]
    pub const fn entry_count(&self) -> i64 {
        self.entry_count
    }

    /// Posted balance in minor units, positive on the side that accounts of this kind grow on.
    #[must_use]
    pub fn balance(&self) -> i128 {
        i128::from(self.balance_minor())
    }

    /// What may still leave, in minor units, before the floor is looked at: the balance less the
    /// pending amounts that would lower it. Pending amounts that would raise it do not count.
    #[must_use]
    pub fn available(&self) -> i128 {
        // Three values below 2^63 each: far from the edges of an i128.
        self.balance().saturating_sub(i128::from(self.lowering_side().pending))
    }

    /// What may still leave before the floor is reached, in minor units and never negative;
    /// `None` where the account has no floor.
    #[must_use]
    pub fn headroom(&self) -> Option<i128> {
        let floor = i128::from(self.floor?);
        Some(self.available().saturating_sub(floor).max(0))
    }

    /// Whether nothing is on it and nothing is pending: what closing asks for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.balance_minor() == 0 && self.debits.pending == 0 && self.credits.pending == 0
    }

    /// The balance, which always fits: both totals are in `0..=i64::MAX`.
    pub(crate) const fn balance_minor(&self) -> i64 {
        match self.kind.normal_side() {
            Side::Debit => self.debits.posted.saturating_sub(self.credits.posted),
            Side::Credit => self.credits.posted.saturating_sub(self.debits.posted),
        }
    }

    /// The account after `change` on `side`, floors not looked at.
    ///
    /// # Panics
    ///
    /// If a hold is to be resolved that the pending total does not contain: the stored account
    /// and the stored hold contradict each other, and no answer would be right.
    pub(crate) fn after(mut self, side: Side, change: Change) -> Result<Self, Rejection> {
        let totals = match side {
            Side::Debit => &mut self.debits,
            Side::Credit => &mut self.credits,
        };
        *totals = totals.after(change)?;
        if change.makes_entry() {
            self.entry_count = self.entry_count.checked_add(1).ok_or(Rejection::TotalOverflow)?;
        }
        Ok(self)
    }

    /// Refuses to let what is available fall further below the floor. An account that is already
    /// below (its floor was raised by migration, say) may still receive.
    pub(crate) fn require_floor(&self, before: &Self) -> Result<(), Rejection> {
        let Some(floor) = self.floor else { return Ok(()) };
        let available = self.available();
        if available < i128::from(floor) && available < before.available() {
            return Err(Rejection::InsufficientFunds);
        }
        Ok(())
    }

    const fn lowering_side(&self) -> Totals {
        match self.kind.normal_side() {
            Side::Debit => self.credits,
            Side::Credit => self.debits,
        }
    }

    fn amount_of(&self, minor: i64) -> Amount {
        // Totals are never negative, so the fallback is never seen.
        Amount::new(minor, self.asset).unwrap_or(Amount::zero(self.asset))
    }
}

/// An account as a row of plain values, for stores. Checked by [`Account::from_stored`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountRow {
    /// Identity.
    pub id: AccountId,
    /// The one asset that it counts.
    pub asset: AssetCode,
    /// Its place in the balance sheet.
    pub kind: AccountKind,
    /// Least available balance in minor units, see [`Account::floor`].
    pub floor: Option<i64>,
    /// What is stopped for now.
    pub freeze: Freeze,
    /// Closed for good.
    pub closed: bool,
    /// Sum of posted debits, minor units.
    pub debits_posted: i64,
    /// Sum of posted credits, minor units.
    pub credits_posted: i64,
    /// Sum of open holds that would debit, minor units.
    pub debits_pending: i64,
    /// Sum of open holds that would credit, minor units.
    pub credits_pending: i64,
    /// Entries so far; each entry's sequence number is the count that it made.
    pub entry_count: i64,
}

/// The two sides of a transfer and of an account.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Side {
    /// Left: raises assets and expenses, lowers the rest.
    Debit,
    /// Right: raises liabilities, income and equity, lowers the rest.
    Credit,
}

impl Side {
    /// Stable name: `debit` or `credit`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// Where an account stands in the balance sheet or in profit and loss.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AccountKind {
    /// What the bank owns: vault, nostro, loans.
    Asset,
    /// What the bank owes: every customer's current account.
    Liability,
    /// What the bank earned.
    Income,
    /// What the bank spent.
    Expense,
    /// What the bank's owners own.
    Equity,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Asset, Self::Liability, Self::Income, Self::Expense, Self::Equity];

    /// Stable name, lower-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Income => "income",
            Self::Expense => "expense",
            Self::Equity => "equity",
        }
    }

    /// The side that accounts of this kind grow on.
    #[must_use]
    pub const fn normal_side(self) -> Side {
        match self {
            Self::Asset | Self::Expense => Side::Debit,
            Self::Liability | Self::Income | Self::Equity => Side::Credit,
        }
    }
}

impl FromStr for AccountKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is stopped on an account. Void and expiry of a hold are never stopped: they give back.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Freeze {
    /// No debits.
    pub debit: bool,
    /// No credits.
    pub credit: bool,
}

/// What a transfer does to one side of one account, in minor units.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Post(i64),
    Hold(i64),
    /// The whole hold leaves pending; what was not captured is given back.
    Capture {
        held: i64,
        captured: i64,
    },
    Release(i64),
}

impl Change {
    pub(crate) const fn makes_entry(self) -> bool {
        match self {
            Self::Post(_) | Self::Capture { .. } => true,
            Self::Hold(_) | Self::Release(_) => false,
        }
    }
}

/// One side of an account. Invariant: both, and their sum, are in `0..=i64::MAX`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Totals {
    posted: i64,
    pending: i64,
}

impl Totals {
    fn new(posted: i64, pending: i64) -> Result<Self, MalformedAccount> {
        if posted < 0 || pending < 0 {
            return Err(MalformedAccount::TotalNegative);
        }
        if posted.checked_add(pending).is_none() {
            return Err(MalformedAccount::TotalOverflow);
        }
        Ok(Self { posted, pending })
    }

    fn after(self, change: Change) -> Result<Self, Rejection> {
        let add = |total: i64, minor| total.checked_add(minor).ok_or(Rejection::TotalOverflow);
        let after = match change {
            Change::Post(minor) => Self { posted: add(self.posted, minor)?, ..self },
            Change::Hold(minor) => Self { pending: add(self.pending, minor)?, ..self },
            Change::Capture { held, captured } => {
                Self { posted: add(self.posted, captured)?, pending: self.pending_without(held) }
            }
            Change::Release(held) => Self { pending: self.pending_without(held), ..self },
        };
        add(after.posted, after.pending)?;
        Ok(after)
    }

    fn pending_without(self, held: i64) -> i64 {
        assert!(self.pending >= held, "pending {} lacks an open hold of {held}", self.pending);
        self.pending.saturating_sub(held)
    }
}

fn require_floor_in_range(floor: Option<i64>) -> Result<(), MalformedAccount> {
    if floor.is_some_and(|floor| floor > 0) {
        Err(MalformedAccount::FloorAboveZero)
    } else {
        Ok(())
    }
}

/// Why stored values are not an account.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedAccount {
    /// The floor is above zero.
    #[error("floor is above zero")]
    FloorAboveZero,
    /// A total is below zero.
    #[error("account total is negative")]
    TotalNegative,
    /// Posted and pending together exceed `i64::MAX`.
    #[error("account total exceeds the largest representable value")]
    TotalOverflow,
    /// The number of entries is below zero.
    #[error("entry count is negative")]
    EntryCountNegative,
}

/// Not the name of an [`AccountKind`].
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("account kind is not one of asset, liability, income, expense, equity")]
pub struct UnknownKind;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn rows_that_no_posting_could_have_made_are_refused() {
        let good = row();
        let cases = [
            (AccountRow { floor: Some(1), ..good }, MalformedAccount::FloorAboveZero),
            (AccountRow { debits_posted: -1, ..good }, MalformedAccount::TotalNegative),
            (AccountRow { credits_pending: -1, ..good }, MalformedAccount::TotalNegative),
            (AccountRow { debits_posted: i64::MAX, ..good }, MalformedAccount::TotalOverflow),
            (AccountRow { entry_count: -1, ..good }, MalformedAccount::EntryCountNegative),
        ];
        for (row, expected) in cases {
            assert_eq!(Account::from_stored(row), Err(expected));
        }
    }

    #[test]
    fn a_row_survives_a_round_trip() {
        assert_eq!(Account::from_stored(row()).unwrap().to_row(), row());
    }

    #[test]
    fn balance_and_available_are_seen_from_the_side_the_kind_grows_on() {
        for (kind, balance, available) in [
            (AccountKind::Liability, 60, 57),
            (AccountKind::Income, 60, 57),
            (AccountKind::Equity, 60, 57),
            (AccountKind::Asset, -60, -65),
            (AccountKind::Expense, -60, -65),
        ] {
            let account = Account::from_stored(AccountRow { kind, ..row() }).unwrap();
            assert_eq!((account.balance(), account.available()), (balance, available), "{kind}");
        }
    }

    #[test]
    fn headroom_counts_the_overdraft_and_stops_at_zero() {
        for (floor, headroom) in [(None, None), (Some(0), Some(57)), (Some(-10), Some(67))] {
            let account = Account::from_stored(AccountRow { floor, ..row() }).unwrap();
            assert_eq!(account.headroom(), headroom);
        }
        let below = AccountRow { kind: AccountKind::Asset, floor: Some(0), ..row() };
        assert_eq!(Account::from_stored(below).unwrap().headroom(), Some(0));
    }

    #[test]
    #[should_panic(expected = "lacks an open hold")]
    fn resolving_a_hold_that_is_not_pending_is_a_bug() {
        let account = Account::from_stored(row()).unwrap();
        let _ = account.after(Side::Debit, Change::Release(4));
    }

    #[test]
    fn every_kind_has_a_name_that_leads_back() {
        for kind in AccountKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("Asset".parse::<AccountKind>(), Err(UnknownKind));
    }

    fn row() -> AccountRow {
        AccountRow {
            id: AccountId::new(Uuid::from_u128(1)),
            asset: AssetCode::EUR,
            kind: AccountKind::Liability,
            floor: Some(0),
            freeze: Freeze { debit: false, credit: true },
            closed: false,
            debits_posted: 40,
            credits_posted: 100,
            debits_pending: 3,
            credits_pending: 5,
            entry_count: 7,
        }
    }
}
