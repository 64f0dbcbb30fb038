//! Statements of accounts: what moved in a period, in four forms, signed by the bank; and the balance at a time.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | whose statement, over which entries, and the writing of it |
//! | [`period`] | which entries lie in a period |
//! | [`body`] | an answer that is written while it is read, and breaks where it cannot be finished |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Opening balance and movements come to the closing balance, and each entry's own balance to the running one; where they
//!   do not, the answer breaks off before its end and is no statement.
//! - The periods of one account share no entry and leave none out, whatever the clocks of the bank's instances said.
//! - A statement of any length takes the memory of one page of entries, and no connection while its reader pauses.
//! - Who may not see the account learns nothing of its existence; row-level security says so again.

mod api;
mod body;
mod period;
mod service;
mod store;

pub(crate) use self::api::{find, router};
pub(crate) use self::service::{Found, lines_up_to};
