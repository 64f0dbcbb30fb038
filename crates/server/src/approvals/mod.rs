//! Payments that wait for a person: above an amount, or because the risk engine says so.
//!
//! The money is held at once, so that it is there when somebody decides; the payee has nothing until then. A manager
//! approves or rejects by a signed intent with a reason, or asks for a second person.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`rule`] | the register, and what a decision does to its row; pure |
//!
//! # Invariants
//!
//! - Maker is never checker, and the two who approve a large payment are two people.
//! - A payment is decided once: by its approval, its rejection, or its time, whichever commits first.
//! - An approval moves every transfer of the payment or none.

mod api;
mod rule;

pub(crate) use self::api::router;
pub(crate) use self::rule::{APPROVALS, Cause, Next, decide, expired, waiting};
