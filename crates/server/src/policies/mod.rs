//! Policies of the bank: limits, thresholds of approvals, and of the risk engine. One person proposes, another approves.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`calendar`] | business days, cut-off and value dates; pure |
//! | [`rates`] | rates of exchange; pure |
//! | [`rules`] | the registers and their rules |
//! | [`value`] | what each policy says, and for whom; pure |
//!
//! # Invariants
//!
//! - Nobody puts in force what they proposed. What the bank was founded with is the exception, and stands in leaf 0.
//! - A policy that does not read never takes the place of one that does.
//! - A payment is decided under the policies in force at its leaf, at every instance: a change raises the epoch.

mod api;
pub(crate) mod calendar;
mod rates;
pub(crate) mod rules;
mod value;

/// No value date is further behind its posting, in days, however a calendar is set.
pub(crate) const VALUE_DAYS_MAX: i64 = 31;

pub(crate) use self::api::router;
pub(crate) use self::rates::{Listed, Offer, Spread};
pub(crate) use self::value::{Policies, Policy, Scope};
