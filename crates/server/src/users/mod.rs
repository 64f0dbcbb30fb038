//! People: registered, enrolled with a device and a certificate, looked at.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`locks`] | who is kept out |
//! | [`service`] | register, enrol, profile |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A registration token enrols once, and only the person it was made for. The bank keeps its hash.
//! - Registering says nothing about who is registered already.

mod api;
pub(crate) mod locks;
pub(crate) mod service;
mod store;

pub(crate) use self::api::{open_router, router};
