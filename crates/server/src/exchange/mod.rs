//! Exchanges of one asset for another: what the bank offers, and what a sum comes to. What becomes of a signed exchange is
//! decided in the fold.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | rates that are in force, and previews |
//!
//! # Invariants
//!
//! - A preview promises nothing: the rate that is signed must be the one in force when the exchange is decided.
//! - What a preview answers is what the fold would accept: both ask the same rule.

mod api;
mod service;

pub(crate) use self::api::router;
