//! The issuing authority: the bank's keys, the certificates it signs, and its revocation list.
//!
//! | file | holds |
//! |---|---|
//! | [`keyfile`] | the sealed key files on disk |
//! | [`keys`] | the opened keys of a running bank |
//! | [`crl`] | the revocation list: on revocation, and every 15 minutes |
//!
//! # Invariants
//!
//! - The root key is opened only to found a bank; a running server never holds it.
//! - Every signature of a key here is verified before it is released (see [`crypto`]).
//! - The number of the revocation list only grows, also across restarts and instances.

pub mod crl;
pub mod keyfile;
pub mod keys;
mod store;
#[cfg(test)]
pub(crate) mod testing;

pub use crl::issue_crl;
pub use keyfile::{KeyFile, KeyFileError, KeyPurpose};
pub use keys::{Authority, AuthorityError};
