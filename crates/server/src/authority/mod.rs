//! The issuing authority: the bank's keys, the certificates it signs, and its revocation list.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`ceremony`] | the root in shares of its custodians; offline |
//! | [`issuers`] | who issues, and whose certificates are still good |
//! | [`issuing_keys`] | issuing keys, whole or with one half in a token |
//! | [`keyfile`] | the sealed key files on disk |
//! | [`keys`] | the opened keys of a running bank |
//! | [`crl`] | the revocation list: on revocation, and every 15 minutes |
//! | [`rules`] | the register of issuing authorities, and how one follows another; pure |
//! | [`service`] | a rotation |
//! | [`store`] | SQL |
//! | [`succession`] | requests of issuing keys, and the root's answers; without a running bank |
//! | [`token`] | PKCS#11: sessions, keys that never leave |
//!
//! # Invariants
//!
//! - The root key is opened only to found a bank; a running server never holds it.
//! - Every signature of a key here is verified before it is released (see [`crypto`]).
//! - Nobody rotates the authority alone, and nothing follows it but what the root and the predecessor certified.
//! - Every authority whose certificates are good signs a list; all lists of one moment have one number.
//! - The number of the revocation list only grows, also across restarts and instances.

mod api;
pub mod ceremony;
pub mod crl;
pub mod issuers;
pub(crate) mod issuing_keys;
pub mod keyfile;
pub mod keys;
pub(crate) mod rules;
pub(crate) mod service;
mod store;
pub mod succession;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;

pub(crate) use api::router;
pub use crl::issue_crl;
pub use issuers::{Issuer, Issuers};
pub use issuing_keys::InToken;
pub use keyfile::{KeyFile, KeyFileError, KeyPurpose};
pub use keys::{Authority, AuthorityError};
pub use token::{Token, TokenError, TokenPlace};
