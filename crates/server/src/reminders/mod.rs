//! Reminders of keys that must be replaced soon: 30, 7 and 1 days ahead, to their holder and in the log.
//!
//! What a person is shown is a function of their certificates and the time, so there is no list of reminders to keep, and
//! none to get wrong. That a reminder was due is an event (`rotation.due`), once per certificate and step.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | when a reminder comes, and under which id it is recorded; pure |
//! | [`service`] | the background work, and a person's alerts |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Whoever's key can only be replaced was reminded before ([`KeyAges`](crate::certificates::rotation::KeyAges)).
//! - Every instance does the work, and each reminder stands in the log once: its id is made of the certificate and the step.

pub(crate) mod rule;
mod service;
mod store;

pub(crate) use self::service::{Alert, alerts, keep_reminding};
