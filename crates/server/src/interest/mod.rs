//! Interest and fees: what balances earn and cost by policy, counted day by day and posted once a month.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | what a balance earns, day by day; pure |
//! | [`job`] | posts what is due, called at the end of a day |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A balance counts for a day if it stands there at its end, UTC, at the rate of that day.
//! - Nothing is rounded away: what is less than a minor unit waits for the next month.
//! - An account is not closed while it has interest of a minor unit or more.
//! - Of a month interest and fee are posted at most once, by whichever instance is first.

mod job;
mod rule;
mod store;

use intent::{UserId, UtcMicros};
use ledger::{Account, AccountId};

pub(crate) use self::job::Posting;
pub(crate) use self::rule::{
    Accrual, DayCount, Rates, Terms, accrual, date, day_of, first_of_month,
};
use crate::policies::Policies;
use crate::registers::{Column, Register, Row};

/// One row an account of a customer's on which there ever was something.
pub(crate) static ACCRUALS: Register = Register {
    table: "accruals",
    key_len: 1,
    columns: &[
        ("account_id", Column::Uuid),
        ("owner", Column::Uuid),
        ("until", Column::Text),
        ("due", Column::Text),
        ("running", Column::Text),
        ("charged_until", Column::Text),
    ],
};

/// What the row of an account says.
pub(crate) fn read(row: &Row) -> Option<Accrual> {
    let text = |column| row.get(column);
    accrual(text("until")?, text("due")?, text("running")?, text("charged_until")).ok()
}

/// Whether an account has earned or owes a minor unit or more that nobody has posted: it is not closed until that is done.
pub(crate) fn keeps_open(
    account: &Account,
    accrual: Option<Accrual>,
    policies: &Policies,
    now: UtcMicros,
) -> bool {
    let known = (accrual, day_of(now), i64::try_from(account.balance()).ok());
    let (Some(mut accrual), Some(today), Some(balance)) = known else { return false };
    accrual.advance(policies.interest(account.id, account.asset), balance, today);
    accrual.is_payable()
}

/// The row of an account.
pub(crate) fn row(account: AccountId, owner: UserId, accrual: &Accrual) -> Row {
    let row = Row::new(&ACCRUALS)
        .with("account_id", account)
        .with("owner", owner)
        .with("until", accrual.until)
        .with("due", accrual.due)
        .with("running", accrual.running);
    match accrual.charged_until {
        Some(until) => row.with("charged_until", until),
        None => row,
    }
}
