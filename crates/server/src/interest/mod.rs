//! Interest and fees: what balances earn and cost by policy, counted day by day and posted once a month.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | what a balance earns, day by day; pure |
//! | [`job`] | notices whose month is over |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A balance counts for a day if it stands there at its end, UTC, at the rate of that day.
//! - Nothing is rounded away: what is less than a minor unit waits for the next month.
//! - Of a month interest and fee are posted at most once, by whichever instance is first.

mod job;
mod rule;
mod store;

use intent::UserId;
use ledger::AccountId;

pub(crate) use self::job::keep_posting;
pub(crate) use self::rule::{
    Accrual, DayCount, Rates, Terms, accrual, date, day_of, first_of_month,
};
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
