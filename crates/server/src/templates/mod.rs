//! Templates: payments that a person saved to fill in a form.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Nothing moves by a template: what it says is signed like any other payment, by whoever has read it.
//! - Nobody sees or changes another person's; it is written with a certificate, for whoever could write to it could put
//!   another payee under a trusted name.
//! - It is in no leaf, and goes without a trace.

mod api;
mod store;

pub(crate) use self::api::router;
