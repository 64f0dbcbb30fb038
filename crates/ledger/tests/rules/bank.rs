//! Short names for what the tests are made of.

use ledger::{AccountId, AccountKind, Ledger, Posting, Rejection, Transfer, TransferId, post};
use money::{Amount, AssetCode};
use uuid::Uuid;

/// Long before [`EXPIRY_US`].
pub(crate) const NOW_US: i64 = 1_000;
pub(crate) const EXPIRY_US: i64 = 2_000;

pub(crate) const VAULT: u128 = 1;
pub(crate) const ALICE: u128 = 2;
pub(crate) const BOB: u128 = 3;

/// A vault without floor; Alice, who owns `funds`; Bob, who owns nothing. Neither may overdraw.
pub(crate) fn bank(funds: i64) -> Ledger {
    let mut ledger = Ledger::new();
    for (n, kind, floor) in [
        (VAULT, AccountKind::Asset, None),
        (ALICE, AccountKind::Liability, Some(0)),
        (BOB, AccountKind::Liability, Some(0)),
    ] {
        ledger.open_account(account(n), AssetCode::EUR, kind, floor).unwrap();
    }
    if funds > 0 {
        pay(&mut ledger, u128::MAX, VAULT, ALICE, funds).unwrap();
    }
    ledger
}

pub(crate) fn pay(
    ledger: &mut Ledger,
    n: u128,
    debit: u128,
    credit: u128,
    minor: i64,
) -> Result<Posting, Rejection> {
    let transfer = Transfer::post(id(n), account(debit), account(credit), eur(minor))?;
    post(ledger, &transfer, NOW_US)
}

pub(crate) fn hold(
    ledger: &mut Ledger,
    n: u128,
    debit: u128,
    credit: u128,
    minor: i64,
) -> Result<Posting, Rejection> {
    let (debit, credit) = (account(debit), account(credit));
    post(ledger, &Transfer::hold(id(n), debit, credit, eur(minor), EXPIRY_US)?, NOW_US)
}

pub(crate) fn capture(
    ledger: &mut Ledger,
    n: u128,
    hold: u128,
    minor: Option<i64>,
) -> Result<Posting, Rejection> {
    post(ledger, &Transfer::capture(id(n), id(hold), minor.map(eur))?, NOW_US)
}

pub(crate) fn void(ledger: &mut Ledger, n: u128, hold: u128) -> Result<Posting, Rejection> {
    post(ledger, &Transfer::void(id(n), id(hold)), NOW_US)
}

pub(crate) fn reverse(
    ledger: &mut Ledger,
    n: u128,
    transfer: u128,
    minor: Option<i64>,
) -> Result<Posting, Rejection> {
    post(ledger, &Transfer::reverse(id(n), id(transfer), minor.map(eur))?, NOW_US)
}

pub(crate) fn available(ledger: &Ledger, n: u128) -> i128 {
    ledger.account(account(n)).unwrap().available()
}

pub(crate) fn balance(ledger: &Ledger, n: u128) -> i128 {
    ledger.account(account(n)).unwrap().balance()
}

pub(crate) fn account(n: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(n))
}

pub(crate) fn id(n: u128) -> TransferId {
    TransferId::new(Uuid::from_u128(n))
}

pub(crate) fn eur(minor: i64) -> Amount {
    Amount::new(minor, AssetCode::EUR).unwrap()
}

pub(crate) fn jpy(minor: i64) -> Amount {
    Amount::new(minor, AssetCode::JPY).unwrap()
}
