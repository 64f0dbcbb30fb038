//! People: registered, enrolled with a device and a certificate, looked at.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`invitations`] | people invited by staff, staff approved by a second person |
//! | [`locks`] | who is kept out |
//! | [`recovery`] | let in again without any device |
//! | [`registrations`] | by which token who may enrol, as the log has it |
//! | [`service`] | register, enrol, profile |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A registration token enrols once, and only the person it was made for. The bank keeps its hash.
//! - Staff enrol only after two people have said so.
//! - Registering says nothing about who is registered already.

mod api;
pub(crate) mod invitations;
pub(crate) mod locks;
pub(crate) mod recovery;
pub(crate) mod registrations;
pub(crate) mod service;
mod store;

pub(crate) use self::api::{open_router, router};
pub(crate) use self::service::is_plain;
