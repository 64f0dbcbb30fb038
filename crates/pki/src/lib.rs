//! X.509 v3 with quantum-safe keys: certificates, requests, revocation lists, paths, the seven controls.
//!
//! Certificates, CSRs and CRLs are DER that other people's tools read; keys and signatures are composites of
//! ML-DSA and Ed25519 or ECDSA (draft-ietf-lamps-pq-composite-sigs) or ML-DSA alone (RFC 9881), see
//! [`crypto::Suite`]. A path is root, issuing authority, holder, checked by rustls-webpki. A holder's
//! certificate carries one critical extension, [`ControlClaims`], and is worth something only while all
//! seven controls hold against the bank's own records ([`check_controls`]).
//!
//! What it is not: it keeps no keys, reads no clock, draws no randomness, opens no file or socket, and knows
//! no log, session or device. Time, serial numbers and records are arguments. There is no OCSP, no delta or
//! indirect list and no name constraint; the only cross-certificate is that of an issuing authority for its successor
//! ([`authority::cross_certify`]).
//!
//! # Invariants
//!
//! - Whatever has been parsed has one encoding only: its own bytes.
//! - An unknown suite, an unknown critical extension, a signature of the wrong length: refused at parsing.
//! - The authorities of a path have one suite; holders' keys are of it, or of `standard` below `hsm`
//!   ([`crypto::Suite::certifies`]). A suite is never taken from a message: the pinned root and [`Expected`] name it.
//! - A key signs a holder's certificate only for a [`Linted`] token, and a token is spent once.
//! - Proofs ([`VerifiedCsr`], [`VerifiedCrl`], [`ValidPath`], [`SevenControls`], [`HolderCertificate`]) are
//!   made by the check they stand for and by nothing else.
//!
//! # Sizes
//!
//! In bytes, with names and claims of ordinary length (`tests/pki/sizes.rs` keeps this table true):
//!
//! | suite | root | issuing | holder | CSR | empty CRL |
//! |---|---|---|---|---|---|
//! | standard | 5,601 | 5,637 | 5,971 | 5,433 | 3,523 |
//! | compact | 4,072 | 4,108 | 4,442 | 3,904 | 2,634 |
//! | pure65 | 5,508 | 5,544 | 5,879 | 5,339 | 3,462 |
//! | cnsa2 | 7,466 | 7,502 | 7,837 | 7,297 | 4,780 |
//! | hsm | 5,640 | 5,676 | 6,010 | 5,473 | 3,529 |
//!
//! # Example
//!
//! ```
//! use crypto::{SigningKey, Suite};
//! use pki::{Csr, Validity, authority, build_csr, verify_any};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now_s = 1_800_000_000;
//! let validity = Validity { not_before_s: now_s, not_after_s: now_s + 86_400 };
//! let root_key = SigningKey::generate(Suite::Standard)?;
//! let root = authority::create_root(&root_key, "Example Bank Root", [1; 16], validity)?;
//!
//! let issuing_key = SigningKey::generate(Suite::Standard)?;
//! let csr = Csr::from_der(&build_csr(&issuing_key, "Example Bank Issuing 1")?)?.verify()?;
//! let issuing = authority::create_issuing(&root, &root_key, &csr, [2; 16], validity)?;
//!
//! verify_any(&root, None, now_s)?;
//! verify_any(&issuing, Some(&root), now_s)?;
//! assert!(verify_any(&issuing, Some(&root), now_s + 86_401).is_err());
//! # Ok(())
//! # }
//! ```

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
mod signed;
mod text;

use x509_cert::time;

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

impl Validity {
    fn to_x509(self) -> Result<time::Validity, PkiError> {
        if self.not_after_s <= self.not_before_s {
            return Err(PkiError::Time("validity"));
        }
        Ok(time::Validity::new(
            signed::time(self.not_before_s, "notBefore")?,
            signed::time(self.not_after_s, "notAfter")?,
        ))
    }
}
