//! Why a certificate, request or revocation list was refused.

use crypto::CryptoError;
use thiserror::Error;

use crate::controls::ControlFailure;

/// Refusals and faults of this crate.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PkiError {
    /// The bytes are no DER (or PEM) of the object named.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// The bytes decode, but not to the one encoding DER allows (X.690 10, 11).
    #[error("{0} is not in canonical DER")]
    NotCanonical(&'static str),
    /// Only X.509 v3 certificates and v2 revocation lists are known.
    #[error("{0} has an unsupported version")]
    UnsupportedVersion(&'static str),
    /// The algorithm is none of our suites; the dotted OID is given.
    #[error("algorithm {0} belongs to no suite")]
    UnknownSuite(String),
    /// The signature algorithm inside the signed part differs from the one outside.
    #[error("signature algorithm inside and outside differ")]
    AlgorithmMismatch,
    /// The signature has not the length of its suite.
    #[error("signature must be {expected} bytes, is {actual}")]
    SignatureLength {
        /// Bytes the suite demands; the most where DER varies.
        expected: usize,
        /// Bytes found.
        actual: usize,
    },
    /// A critical extension this crate does not enforce; the dotted OID is given.
    #[error("critical extension {0} is unknown")]
    UnknownCriticalExtension(String),
    /// An extension occurs twice; the dotted OID is given.
    #[error("extension {0} occurs twice")]
    DuplicateExtension(String),
    /// An extension has the wrong criticality for this profile; the dotted OID is given.
    #[error("extension {0} has the wrong criticality")]
    WrongCriticality(String),
    /// A claim of the security layers is out of its bounds.
    #[error("claim {0} is not acceptable")]
    Claim(&'static str),
    /// A signature does not verify, in one half or both.
    #[error("signature of the {0} is not valid")]
    InvalidSignature(&'static str),
    /// A certificate is used before its time.
    #[error("certificate is not valid before {not_before_s}, it is {now_s}")]
    NotYetValid {
        /// Start of validity, unix seconds.
        not_before_s: i64,
        /// Time of the check, unix seconds.
        now_s: i64,
    },
    /// A certificate is used after its time.
    #[error("certificate expired at {not_after_s}, it is {now_s}")]
    Expired {
        /// End of validity, unix seconds.
        not_after_s: i64,
        /// Time of the check, unix seconds.
        now_s: i64,
    },
    /// The issuer named in the object is not the certificate given.
    #[error("the {0} was issued by another authority")]
    UnknownIssuer(&'static str),
    /// The certificate may not sign what it signed (basic constraints, key usage, path length).
    #[error("certificate is no authority for this: {0}")]
    NotAnAuthority(&'static str),
    /// An authority's certificate was presented where a holder's is due.
    #[error("certificate of an authority used as a holder's")]
    AuthorityAsHolder,
    /// The certificates of one path use suites that do not go together.
    #[error("path mixes suites")]
    MixedSuites,
    /// The path was refused for a rule of RFC 5280 that has no variant of its own.
    #[error("path is not valid: {0}")]
    Path(String),
    /// The certificate is on the revocation list.
    #[error("certificate is revoked")]
    Revoked,
    /// `nextUpdate` of the revocation list has passed.
    #[error("revocation list is stale since {next_update_s}, it is {now_s}")]
    CrlStale {
        /// End of freshness, unix seconds.
        next_update_s: i64,
        /// Time of the check, unix seconds.
        now_s: i64,
    },
    /// `thisUpdate` of the revocation list lies ahead.
    #[error("revocation list is dated {this_update_s}, it is {now_s}")]
    CrlNotYetValid {
        /// Start of freshness, unix seconds.
        this_update_s: i64,
        /// Time of the check, unix seconds.
        now_s: i64,
    },
    /// The key given is not the key of the issuer certificate.
    #[error("signing key does not belong to the issuer certificate")]
    WrongIssuerKey,
    /// A rule of the issuing profile was broken; nothing was signed.
    #[error("refused by the profile: {0}")]
    Lint(&'static str),
    /// A time lies outside what X.509 can write, or ends before it starts.
    #[error("{0} is not a usable time")]
    Time(&'static str),
    /// One of the seven controls said no.
    #[error(transparent)]
    Control(#[from] ControlFailure),
    /// The provider failed.
    #[error("cryptographic provider failed")]
    Crypto(#[source] CryptoError),
}
