//! Second factors: time-based codes, recovery codes, and browsers that are trusted after one was shown.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`codes`] | recovery codes: drawn, written, read; pure but for the drawing |
//! | [`service`] | set up, confirm, accept, disable |
//! | [`store`] | SQL |
//! | [`totp`] | which step a code is of, and how an app is told the secret; pure |
//! | [`trust`] | browsers that skip the second factor for 30 days |
//!
//! # Invariants
//!
//! - A code is accepted once: the newest step only grows, and a recovery code is used in the statement that finds it.
//!   Of two requests with one code, one wins.
//! - A factor that is set up and not yet shown to work opens nothing.
//! - Trust comes of a factor that was shown, never of trust; it ends with the password and with the factor.

mod api;
mod codes;
pub(crate) mod service;
mod store;
pub mod totp;
mod trust;

pub(crate) use self::api::router;
pub(crate) use self::service::{
    Factors, Presented, accept, factors, forget_all, has_codes, use_recovery_code,
};
pub(crate) use self::trust::{forget as forget_trust, is_trusted};
