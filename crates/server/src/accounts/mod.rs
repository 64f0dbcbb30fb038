//! Accounts: open, freeze, overdraw, close, look at.
//!
//! | step | where | does |
//! |---|---|---|
//! | 1 | `api` | parses the request, names the caller |
//! | 2 | [`service`] | use cases; changes run inside the poster's transaction |
//! | 3 | [`ledger`] | the rules |
//! | 4 | `store` | SQL |
//!
//! # Invariants
//!
//! - An account is opened with zero counters and a number that is a function of its id.
//! - A customer opens accounts for themselves only, of kind liability, without overdraft.

mod api;
pub(crate) mod change;
pub(crate) mod service;
mod store;

pub(crate) use api::{parse_id, router};
pub(crate) use store::StoredAccount;
