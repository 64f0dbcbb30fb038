//! What must be true of a ledger, recomputed from what is in it.

use std::collections::BTreeMap;

use money::AssetCode;
use thiserror::Error;

use crate::account::Account;
use crate::id::{AccountId, TransferId};
use crate::record::{Record, RecordState};
use crate::working_set::Ledger;

/// Checks a whole book: every account on its own, that every asset balances, and that what is
/// pending is what open holds say. A working set is only a part of a book and balances only by
/// chance: use [`check_accounts`] there.
pub fn check_invariants(ledger: &Ledger) -> Result<(), Broken> {
    check_accounts(ledger)?;
    check_assets_balance(ledger)?;
    check_pending_is_held(ledger)?;
    check_parts(ledger)
}

/// Checks each account on its own: what is available is at or above the floor.
///
/// That totals are in range needs no check: no [`Account`] can be built otherwise.
pub fn check_accounts(ledger: &Ledger) -> Result<(), Broken> {
    ledger.accounts().try_for_each(check_floor)
}

/// The first invariant found broken. Always a bug or a manipulated store, never a client's fault.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Broken {
    /// An account's available balance is below its floor.
    #[error("account {account}: available {available} is below floor {floor}")]
    BelowFloor {
        /// The account.
        account: AccountId,
        /// What is available, minor units.
        available: i128,
        /// What should be, at least.
        floor: i64,
    },
    /// Posted debits and credits of an asset differ.
    #[error("{asset}: debits posted {debits} differ from credits posted {credits}")]
    PostedOutOfBalance {
        /// The asset.
        asset: AssetCode,
        /// Sum over all accounts, minor units.
        debits: i128,
        /// Sum over all accounts, minor units.
        credits: i128,
    },
    /// Pending debits and credits of an asset differ.
    #[error("{asset}: debits pending {debits} differ from credits pending {credits}")]
    PendingOutOfBalance {
        /// The asset.
        asset: AssetCode,
        /// Sum over all accounts, minor units.
        debits: i128,
        /// Sum over all accounts, minor units.
        credits: i128,
    },
    /// An account's pending totals are not the sum of its open holds.
    #[error("account {account}: pending totals are not the sum of its open holds")]
    PendingNotHeld {
        /// The account.
        account: AccountId,
    },
    /// More of a transfer was reversed, or more of a hold captured, than there was.
    #[error("transfer {transfer}: reversed or captured amount exceeds it")]
    PartExceedsWhole {
        /// The transfer.
        transfer: TransferId,
    },
}

fn check_floor(account: &Account) -> Result<(), Broken> {
    let available = account.available();
    match account.floor {
        Some(floor) if available < i128::from(floor) => {
            Err(Broken::BelowFloor { account: account.id, available, floor })
        }
        Some(_) | None => Ok(()),
    }
}

/// Sums of one side each: at most 2^64 accounts of at most 2^63, so an i128 cannot overflow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Sums {
    debits_posted: i128,
    credits_posted: i128,
    debits_pending: i128,
    credits_pending: i128,
}

fn check_assets_balance(ledger: &Ledger) -> Result<(), Broken> {
    let mut sums_by_asset = BTreeMap::<AssetCode, Sums>::new();
    for account in ledger.accounts() {
        let row = account.to_row();
        let sums = sums_by_asset.entry(account.asset).or_default();
        add(&mut sums.debits_posted, row.debits_posted);
        add(&mut sums.credits_posted, row.credits_posted);
        add(&mut sums.debits_pending, row.debits_pending);
        add(&mut sums.credits_pending, row.credits_pending);
    }
    for (asset, sums) in sums_by_asset {
        if sums.debits_posted != sums.credits_posted {
            let (debits, credits) = (sums.debits_posted, sums.credits_posted);
            return Err(Broken::PostedOutOfBalance { asset, debits, credits });
        }
        if sums.debits_pending != sums.credits_pending {
            let (debits, credits) = (sums.debits_pending, sums.credits_pending);
            return Err(Broken::PendingOutOfBalance { asset, debits, credits });
        }
    }
    Ok(())
}

fn check_pending_is_held(ledger: &Ledger) -> Result<(), Broken> {
    let mut held_by_account = BTreeMap::<AccountId, Sums>::new();
    for hold in ledger.records().filter(|record| is_open_hold(record)) {
        let minor = hold.amount().minor();
        add(&mut held_by_account.entry(hold.debit()).or_default().debits_pending, minor);
        add(&mut held_by_account.entry(hold.credit()).or_default().credits_pending, minor);
    }
    for account in ledger.accounts() {
        let row = account.to_row();
        let held = held_by_account.remove(&account.id).unwrap_or_default();
        let agrees = held.debits_pending == i128::from(row.debits_pending)
            && held.credits_pending == i128::from(row.credits_pending);
        if !agrees {
            return Err(Broken::PendingNotHeld { account: account.id });
        }
    }
    match held_by_account.into_keys().next() {
        Some(account) => Err(Broken::PendingNotHeld { account }),
        None => Ok(()),
    }
}

fn check_parts(ledger: &Ledger) -> Result<(), Broken> {
    let exceeding = ledger.records().find(|record| match record.state() {
        RecordState::Posted { reversed_minor } => reversed_minor > record.amount().minor(),
        RecordState::Captured { captured_minor } => captured_minor > record.amount().minor(),
        RecordState::Held { .. }
        | RecordState::Voided
        | RecordState::Expired
        | RecordState::Final => false,
    });
    match exceeding {
        Some(record) => Err(Broken::PartExceedsWhole { transfer: record.id() }),
        None => Ok(()),
    }
}

const fn is_open_hold(record: &Record) -> bool {
    matches!(record.state(), RecordState::Held { .. })
}

fn add(sum: &mut i128, minor: i64) {
    *sum = sum.saturating_add(i128::from(minor));
}

#[cfg(test)]
mod tests {
    use money::Amount;
    use uuid::Uuid;

    use super::*;
    use crate::account::{AccountKind, AccountRow};

    #[test]
    fn a_book_whose_totals_were_edited_is_caught() {
        let sound = [row(1), row(2)];
        assert_eq!(check_invariants(&book(sound)), Ok(()));
        let asset = AssetCode::EUR;
        let account = id(2);
        let cases = [
            (
                [row(1), AccountRow { credits_posted: 1, ..row(2) }],
                Broken::PostedOutOfBalance { asset, debits: 0, credits: 1 },
            ),
            (
                [row(1), AccountRow { credits_pending: 1, ..row(2) }],
                Broken::PendingOutOfBalance { asset, debits: 0, credits: 1 },
            ),
            (
                [
                    AccountRow { floor: None, debits_posted: 1, ..row(1) },
                    AccountRow { credits_posted: 1, debits_pending: 2, ..row(2) },
                ],
                Broken::BelowFloor { account, available: -1, floor: 0 },
            ),
            (
                [
                    AccountRow { floor: None, debits_pending: 1, ..row(1) },
                    AccountRow { credits_pending: 1, ..row(2) },
                ],
                Broken::PendingNotHeld { account: id(1) },
            ),
        ];
        for (rows, expected) in cases {
            assert_eq!(check_invariants(&book(rows)), Err(expected));
        }
    }

    #[test]
    fn an_open_hold_that_no_account_counts_is_caught() {
        let mut ledger = book([row(1), row(2)]);
        let held = Amount::new(1, AssetCode::EUR).unwrap();
        let id_of_hold = TransferId::new(Uuid::from_u128(7));
        let state = RecordState::Held { expires_at_us: 1 };
        let record = Record::from_stored(id_of_hold, id(8), id(9), held, state).unwrap();
        ledger.load_record(record);
        let broken = Broken::PendingNotHeld { account: id(8) };
        assert_eq!(check_invariants(&ledger), Err(broken));
    }

    fn book(rows: [AccountRow; 2]) -> Ledger {
        Ledger::from_accounts(rows.map(|row| Account::from_stored(row).unwrap()))
    }

    fn row(n: u128) -> AccountRow {
        Account::open(id(n), AssetCode::EUR, AccountKind::Liability, Some(0)).unwrap().to_row()
    }

    fn id(n: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(n))
    }
}
