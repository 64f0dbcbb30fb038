//! Passkeys: registering, signing in by one alone, stepping a session up with one.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`service`] | the three ceremonies, list, delete |
//! | [`store`] | SQL |
//!
//! The rules of the standard are a library's (`webauthn-rs`); here stands who may begin a ceremony and what comes of it.
//!
//! # Invariants
//!
//! - A ceremony is finished once, within a minute, for the purpose and in the session that began it.
//! - The user is verified by the authenticator (PIN, finger), so that a passkey alone is two factors: aal2.
//! - A sign-in names nobody before it is finished: it cannot be asked who has a passkey.
//!
//! # Standard
//!
//! W3C Web Authentication, level 3.

mod api;
pub(crate) mod service;
mod store;

pub(crate) use self::api::{open_router, router};
pub(crate) use self::service::{Passkeys, forget_all};
