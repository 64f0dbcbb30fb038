//! Limits: how much may leave an account, at once and in a day, to whom, and how often.
//!
//! A payment is held against them inside the posting transaction, over counters that are locked with the account. Only
//! payments that were accepted count, those that wait for a person included.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | what a payment may not exceed; pure |
//! | [`usage`] | what an account has used, and what it has paid to one payee; pure |
//!
//! # Invariants
//!
//! - A refusal names the limit and what is left of it.
//! - Minutes, hours and days are those of UTC; a new one begins empty.
//! - The counters are a function of the log.

mod rule;
mod usage;

pub(crate) use self::rule::{Exceeded, Limits, allow, allow_signature, minor_units};
pub(crate) use self::usage::{PayeeUsage, Usage};
