//! Names and free text that an accepted intent commits to, and that belong to no one transfer: the name of a payee, the memo
//! of a standing order.
//!
//! | file | holds |
//! |---|---|
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A text is kept under the intent that commits to it, and opens that commitment; the leaf holds the commitment alone.
//! - It may go at any time: what is left of it says nothing.

mod store;

pub(crate) use self::store::{Kept, forget, keep, of};
