//! Policies of the bank: limits, thresholds of approvals, and of the risk engine. One person proposes, another approves.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`rules`] | the registers and their rules |
//! | [`value`] | what each policy says, and for whom; pure |
//!
//! # Invariants
//!
//! - Nobody puts in force what they proposed. What the bank was founded with is the exception, and stands in leaf 0.
//! - A policy that does not read never takes the place of one that does.
//! - A payment is decided under the policies in force at its leaf, at every instance: a change raises the epoch.

mod api;
pub(crate) mod rules;
mod value;

pub(crate) use self::api::router;
pub(crate) use self::value::{Policies, Policy, Scope};
