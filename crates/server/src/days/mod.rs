//! The end of a day: its trial balance, per asset, stands in the log, and `verify` makes it again.
//!
//! | file | holds |
//! |---|---|
//! | [`trial`] | what a leaf says of a day; pure |
//! | [`api`] | wire types and handlers |
//! | [`job`] | closes the days that are over, then has interest and fees posted |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Each day is closed once, in order, by whichever instance is first; days that passed while no server ran are made up for.
//! - A trial balance is that of a size of the log: every leaf before it is in it, and none after.
//! - What is done at the end of a day can be done again from any point: each part has an id of its own in the log.

mod api;
mod job;
mod store;
pub(crate) mod trial;

pub(crate) use self::api::router;
pub use self::job::close_days;
pub(crate) use self::job::{keep_closing, last_closed};
