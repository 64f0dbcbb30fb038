//! Transfers as people submit and look at them. Posting is the corridor's and the ledger's business.
//!
//! # Invariants
//!
//! - Each route takes its own kind of intent and no other.
//! - A reader sees transfers of their own accounts only; row-level security says so again.

mod api;
mod service;
mod store;

pub(crate) use api::router;
