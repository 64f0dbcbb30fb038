//! Statements of accounts: what moved in a period, in four forms, signed by the bank; and the balance at a time.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | whose statement, over which entries, and the writing of it |
//! | [`period`] | which entries lie in a period |
//! | [`body`] | an answer that is written while it is read, and breaks where it cannot be finished |
//! | [`kept`] | the register of statements that the bank makes by itself, and when one is due; pure |
//! | [`job`] | makes those of the days that are closed |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Opening balance and movements come to the closing balance, and each entry's own balance to the running one; where they
//!   do not, the answer breaks off before its end and is no statement.
//! - The periods of one account share no entry and leave none out, whatever the clocks of the bank's instances said.
//! - A statement of any length takes the memory of one page of entries, and no connection while its reader pauses.
//! - An account gets one statement by itself for the same days, by whichever instance is first; whoever asks for it gets the
//!   bytes that were made then, or none.
//! - Who may not see the account learns nothing of its existence; row-level security says so again.

mod api;
mod body;
mod job;
mod kept;
mod period;
mod service;
mod store;

pub(crate) use self::api::{find, router};
pub(crate) use self::job::keep_stating;
pub(crate) use self::kept::{Every, Made, STATEMENTS};
pub(crate) use self::service::{Found, lines_up_to};
