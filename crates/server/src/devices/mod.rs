//! Devices of people: listed, named, paired with one another, revoked.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | pairing, approval, revocation, naming |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A further device enrols only under the signature of an earlier one over its very request and identity, within
//!   minutes, once. Nothing secret is copied between them.
//! - A device ends together with its certificates and sessions, and the revocation list that names them.
//! - Somebody is left who can administer the bank.
//!
//! The name of a device is a plain setting: it is shown to its owner and decides nothing.

mod api;
pub(crate) mod service;
mod store;

pub(crate) use self::api::{open_router, router};
