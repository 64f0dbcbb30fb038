//! Holds: money kept aside for a payee, until it is captured, voided or its time is over; and what was reversed.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`job`] | gives back what was held too long |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A hold ends exactly once. Captured, voided and expired together are what was held.
//! - Only whom it is held for takes it, and never more than is held.
//! - Rows say what the ledger knows of the transfers that the log tells of; see [`Fold::row_of`](crate::corridor::fold).

mod api;
mod job;
mod store;

use crate::registers::{Column, Register};

pub(crate) use self::api::router;
pub(crate) use self::job::{event_id, keep_giving_back};

/// One row a hold that ever was.
pub(crate) static HOLDS: Register = Register {
    table: "holds",
    key_len: 1,
    columns: &[
        ("transfer_id", Column::Uuid),
        ("intent_id", Column::Uuid),
        ("for_approval", Column::Flag),
        ("debit_account", Column::Uuid),
        ("credit_account", Column::Uuid),
        ("debit_owner", Column::Uuid),
        ("credit_owner", Column::Uuid),
        ("asset", Column::Text),
        ("amount", Column::Number),
        ("expires_at", Column::Time),
        ("state", Column::Text),
        ("captured", Column::Number),
    ],
};

/// How much of a transfer was reversed: one row each from the first reversal on.
pub(crate) static REVERSALS: Register = Register {
    table: "reversals",
    key_len: 1,
    columns: &[
        ("transfer_id", Column::Uuid),
        ("debit_owner", Column::Uuid),
        ("credit_owner", Column::Uuid),
        ("reversed", Column::Number),
    ],
};
