//! Reconciliation: what another party says of an account, held against the ledger's entries of a period. Writes nothing.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | reads both sides and compares them by [`messages::matching`] |
//!
//! # Invariants
//!
//! - Every entry of either side is in exactly one list.
//! - Who may not see the account learns nothing of it; a statement that is wrong in one place is refused whole.

mod api;
mod service;

pub(crate) use self::api::router;
