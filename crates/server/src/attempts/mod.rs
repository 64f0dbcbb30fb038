//! How often somebody has tried: failures grow into delays, and delays fade.
//!
//! Whoever guesses passwords, codes or passkeys asks here first. A sign-in with a certificate never does: nobody can
//! guess a signature, so nobody can lock a victim's certificate out by trying.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | when an attempt is admitted, and how long the next one waits; pure |
//! | [`service`] | counting before the attempt, forgiving after a right one |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - An attempt is counted before it is judged, under a lock: a thousand at once are a thousand.
//! - A subject is kept as a keyed hash. An e-mail that nobody has is counted, and locked, like any other.
//! - A right attempt ends a delay; that others went before it stays known for a day, or until a sign-in with the certificate
//!   has said so in its leaf.

mod rule;
mod service;
mod store;

pub(crate) use self::service::{Subject, admit, failures_before, forgiven_are_told};
