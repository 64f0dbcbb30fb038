//! X.509 v3 with composite keys.
#![allow(missing_docs, unused_variables, dead_code, clippy::todo)]
pub mod authority;
mod certificate;
mod chain;
mod claims;
mod controls;
mod crl;
mod error;
mod issuance;
pub mod request;
mod show;

pub use certificate::Certificate;
pub use chain::{Chain, ValidPath, validate_path, verify_any};
pub use claims::{
    CHALLENGE, ControlClaims, DEFENSE_VERSION, FIRST_GENERATION, SECURITY_LAYERS_OID,
};
pub use controls::{
    ControlFailure, Expected, HolderCertificate, SevenControls, check_binding, check_controls,
};
pub use crl::{Crl, RevocationReason, RevokedEntry, VerifiedCrl};
pub use error::PkiError;
pub use issuance::{Linted, Profile, Request, Tbs, issue, prepare};
pub use request::{Csr, VerifiedCsr, build_csr};
pub use show::show;

/// A span of validity, both ends included (RFC 5280 4.1.2.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// First second, unix.
    pub not_before_s: i64,
    /// Last second, unix.
    pub not_after_s: i64,
}
