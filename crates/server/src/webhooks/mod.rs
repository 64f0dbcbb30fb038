//! Webhooks: what happens, told to endpoints that the administrator has set.
//!
//! | file | holds |
//! |---|---|
//! | [`rules`] | the register of endpoints and its rule; pure |
//! | [`guard`] | which addresses may be connected to; pure |
//! | [`message`] | headers, signature, and when to try again; pure |
//! | [`send`] | one message over the network |
//! | [`job`] | the deliveries of this instance |
//! | [`service`] | setting, listing, replaying |
//! | [`api`] | wire types and handlers |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - An endpoint is told of every leaf that it wants, in the order of the log, at least once: its cursor moves past a leaf
//!   when the endpoint has said 2xx. One instance tells it at a time, under a lease.
//! - A webhook says that something happened and to which accounts. Amounts and the other party are for those who may read
//!   them: the administrator, who chooses the endpoint, may not.
//! - The bank connects to no address that is not public, but in the networks that its operator named: the name is resolved
//!   once, and the connection goes to what was judged. It follows no redirect and no proxy.
//! - A secret leaves the vault to sign, and is shown once, to whoever had it made.
//!
//! # Standard
//!
//! Standard Webhooks 1.0.0.

mod api;
mod guard;
mod job;
mod message;
pub(crate) mod rules;
mod send;
pub(crate) mod service;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::job::keep_delivering;
pub(crate) use self::store::paused;
