//! The state that a fold runs over: some accounts of a book, or all of them.

use money::AssetCode;

use crate::account::{Account, AccountKind, Freeze};
use crate::id::{AccountId, TransferId};
use crate::record::Record;
use crate::rejection::{AccountRejection, Rejection};
use crate::shelf::{Saved, Shelf};

/// Accounts and the records of earlier transfers, with a mark on what has changed.
///
/// As a working set: load every account that the group commit names, in any order, and every
/// record that it [refers to](crate::Transfer::refers_to) (with that record's two accounts); fold
/// with [`crate::post`] and [`crate::post_batch`]; then write [`Ledger::touched`],
/// [`Ledger::created_records`] and [`Ledger::updated_records`]. What is not loaded does not exist.
///
/// As a whole book: start from [`Ledger::new`], [open accounts](Ledger::open_account) and post.
/// Every accepted transfer is remembered, about 150 bytes each.
///
/// Every listing is in ascending order of ids, the canonical order of row locks, however the
/// rows were loaded: two instances that write the same change write it in the same order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ledger {
    accounts: Shelf<AccountId, Account>,
    records: Shelf<TransferId, Record>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Ledger {
    /// Nothing: an empty working set, or a book before its first account.
    #[must_use]
    pub fn new() -> Self {
        Self { accounts: Shelf::new(), records: Shelf::new() }
    }

    /// A working set of these stored accounts.
    ///
    /// # Panics
    ///
    /// If an account comes twice, as in [`Ledger::load_account`].
    #[must_use]
    pub fn from_accounts(accounts: impl IntoIterator<Item = Account>) -> Self {
        let mut ledger = Self::new();
        for account in accounts {
            ledger.load_account(account);
        }
        ledger
    }

    /// Adds a stored account.
    ///
    /// # Panics
    ///
    /// If the account is already here: a second load could bring back a stale row after a posting.
    pub fn load_account(&mut self, account: Account) {
        assert!(self.accounts.load(account.id, account), "account {} loaded twice", account.id);
    }

    /// Adds the record of a stored transfer.
    ///
    /// # Panics
    ///
    /// If the record is already here: a second load could reopen a hold.
    pub fn load_record(&mut self, record: Record) {
        assert!(self.records.load(record.id(), record), "record {} loaded twice", record.id());
    }

    /// The account, if it is here.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// What is remembered of a transfer, if it is here.
    #[must_use]
    pub fn record(&self, id: TransferId) -> Option<&Record> {
        self.records.get(id)
    }

    /// Every account, in id order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.all()
    }

    /// Every record, in id order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.all()
    }

    /// Number of accounts here.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Number of records here.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.records.len()
    }

    /// Accounts that were opened or changed, in id order: one row each, however often they moved.
    pub fn touched(&self) -> impl Iterator<Item = &Account> {
        self.accounts.touched()
    }

    /// Records of the transfers that were accepted here, in id order and in their latest state: a
    /// hold that was captured within the same fold is already captured.
    pub fn created_records(&self) -> impl Iterator<Item = &Record> {
        self.records.created()
    }

    /// Loaded records that later transfers have changed (a hold resolved, a transfer reversed), in
    /// id order.
    pub fn updated_records(&self) -> impl Iterator<Item = &Record> {
        self.records.updated()
    }

    /// Takes the present state for the stored one, after a commit: nothing is touched any more.
    pub fn settle(&mut self) {
        self.accounts.settle();
        self.records.settle();
    }

    /// Opens an account without any movement.
    pub fn open_account(
        &mut self,
        id: AccountId,
        asset: AssetCode,
        kind: AccountKind,
        floor: Option<i64>,
    ) -> Result<(), AccountRejection> {
        if self.accounts.get(id).is_some() {
            return Err(AccountRejection::AccountExists);
        }
        let account =
            Account::open(id, asset, kind, floor).map_err(|_| AccountRejection::FloorAboveZero)?;
        self.accounts.put(id, account);
        Ok(())
    }

    /// Freezes or thaws an account.
    pub fn set_freeze(&mut self, id: AccountId, freeze: Freeze) -> Result<(), AccountRejection> {
        let mut account = self.require_open(id)?;
        account.freeze = freeze;
        self.put_account(account);
        Ok(())
    }

    /// Grants or withdraws overdraft, in minor units; see [`Account::floor`]. A floor that what is
    /// available does not reach is refused, so that the floor holds at every moment.
    pub fn set_floor(&mut self, id: AccountId, floor: Option<i64>) -> Result<(), AccountRejection> {
        let mut account = self.require_open(id)?;
        if floor.is_some_and(|floor| floor > 0) {
            return Err(AccountRejection::FloorAboveZero);
        }
        if floor.is_some_and(|floor| i128::from(floor) > account.available()) {
            return Err(AccountRejection::FloorAboveAvailable);
        }
        account.floor = floor;
        self.put_account(account);
        Ok(())
    }

    /// Closes an empty account for good.
    pub fn close_account(&mut self, id: AccountId) -> Result<(), AccountRejection> {
        let mut account = self.require_open(id)?;
        if !account.is_empty() {
            return Err(AccountRejection::AccountNotEmpty);
        }
        account.closed = true;
        self.put_account(account);
        Ok(())
    }

    fn require_open(&self, id: AccountId) -> Result<Account, AccountRejection> {
        let account = self.accounts.get(id).ok_or(AccountRejection::AccountNotFound)?;
        if account.closed { Err(AccountRejection::AccountClosed) } else { Ok(*account) }
    }

    pub(crate) fn require_parties(
        &self,
        [debit, credit]: [AccountId; 2],
    ) -> Result<[&Account; 2], Rejection> {
        let debit = self.accounts.get(debit).ok_or(Rejection::DebitAccountNotFound)?;
        let credit = self.accounts.get(credit).ok_or(Rejection::CreditAccountNotFound)?;
        Ok([debit, credit])
    }

    pub(crate) fn put_account(&mut self, account: Account) {
        self.accounts.put(account.id, account);
    }

    pub(crate) fn put_record(&mut self, record: Record) {
        self.records.put(record.id(), record);
    }

    pub(crate) fn save_account(&self, id: AccountId) -> Saved<AccountId, Account> {
        self.accounts.save(id)
    }

    pub(crate) fn save_record(&self, id: TransferId) -> Saved<TransferId, Record> {
        self.records.save(id)
    }

    pub(crate) fn restore_account(&mut self, saved: Saved<AccountId, Account>) {
        self.accounts.restore(saved);
    }

    pub(crate) fn restore_record(&mut self, saved: Saved<TransferId, Record>) {
        self.records.restore(saved);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::AccountRow;

    #[test]
    fn each_change_to_an_account_is_refused_for_its_reason() {
        let mut ledger = book();
        ledger.close_account(id(2)).unwrap();
        let before = ledger.clone();
        let eur = AssetCode::EUR;
        let cases = [
            (
                ledger.open_account(id(1), eur, AccountKind::Asset, Some(1)), // precedence
                AccountRejection::AccountExists,
            ),
            (
                ledger.open_account(id(9), eur, AccountKind::Asset, Some(1)),
                AccountRejection::FloorAboveZero,
            ),
            (ledger.set_freeze(id(9), Freeze::default()), AccountRejection::AccountNotFound),
            (ledger.set_floor(id(9), Some(1)), AccountRejection::AccountNotFound),
            (ledger.close_account(id(9)), AccountRejection::AccountNotFound),
            (ledger.set_freeze(id(2), Freeze::default()), AccountRejection::AccountClosed),
            (ledger.set_floor(id(2), Some(1)), AccountRejection::AccountClosed),
            (ledger.close_account(id(2)), AccountRejection::AccountClosed),
            (ledger.set_floor(id(1), Some(1)), AccountRejection::FloorAboveZero),
            (ledger.set_floor(id(3), Some(-4)), AccountRejection::FloorAboveAvailable),
            (ledger.close_account(id(1)), AccountRejection::AccountNotEmpty),
            (ledger.close_account(id(3)), AccountRejection::AccountNotEmpty),
        ];
        for (outcome, expected) in cases {
            assert_eq!(outcome, Err(expected));
        }
        assert_eq!(ledger, before);
    }

    #[test]
    fn a_floor_may_be_raised_up_to_what_is_available() {
        let mut ledger = book();
        ledger.set_floor(id(3), Some(-5)).unwrap();
        assert_eq!(ledger.account(id(3)).unwrap().floor, Some(-5));
    }

    #[test]
    #[should_panic(expected = "loaded twice")]
    fn loading_an_account_over_another_is_a_bug() {
        let mut ledger = book();
        ledger.load_account(*book().account(id(1)).unwrap());
    }

    /// 1 owns 10, 2 is empty, 3 has overdrawn 5.
    fn book() -> Ledger {
        let row = |n, credits_posted, debits_posted| AccountRow {
            debits_posted,
            credits_posted,
            ..Account::open(id(n), AssetCode::EUR, AccountKind::Liability, Some(-100))
                .unwrap()
                .to_row()
        };
        let rows = [row(1, 10, 0), row(2, 5, 5), row(3, 0, 5)];
        Ledger::from_accounts(rows.map(|row| Account::from_stored(row).unwrap()))
    }

    fn id(n: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(n))
    }
}
