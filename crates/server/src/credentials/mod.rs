//! Passwords: choosing one, and signing in with it.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`changes`] | that somebody's credentials changed, for the log and the risk engine |
//! | [`hasher`] | Argon2id, two at once at most, and the stand-in for people who are not there |
//! | [`password`] | what a password may be; pure |
//! | [`service`] | sign in, set, change |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Unknown e-mail, no password, wrong password, locked person: one answer, after the same work.
//! - A password opens a session that sees its holder's own profile, or with a second factor what they own. It signs nothing.
//! - A hash is sealed under the bank's data key: who has the database alone cannot guess at it.

mod api;
pub(crate) mod changes;
pub(crate) mod hasher;
pub(crate) mod password;
pub(crate) mod service;
mod store;

pub(crate) use self::api::{SecretText, SignedInView, open_router, router};
pub(crate) use self::hasher::Passwords;
pub(crate) use self::service::forget_password;
