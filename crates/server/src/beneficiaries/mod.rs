//! Payees that a person keeps: whom they pay, under which name, and whether the bank knows that name.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`name`] | whether a name is that of an account's owner; pure |
//! | [`rule`] | the register, and what an intent does to its row; pure |
//! | [`service`] | use cases |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - What the bank says of a name stands in the signed document: whoever keeps a payee under a name that is not theirs has
//!   signed that they know.
//! - A name that is not nearly right gives nothing of the real one away.
//! - Names stand beside the log, where they can be erased; the leaf holds their commitment.
//! - An entry counts against the [limit of new payees](crate::limits) like a first payment: from its own time on, and only
//!   while it is in use under a name that the bank knows.

mod api;
mod name;
mod rule;
mod service;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::rule::{BENEFICIARIES, PayeeAccount, decide, key, vouched};
pub(crate) use self::service::apply;
