//! ML-DSA by external mu, and seeded ML-KEM, over AWS-LC.
//!
//! `aws-lc-rs` signs with an empty ML-DSA context only and cannot expand an ML-KEM seed. This crate
//! calls the few functions of AWS-LC that can, on the very library that `aws-lc-rs` links, and is
//! the only crate of the workspace with `unsafe` code.
//!
//! It is not a general binding, holds no policy, and draws no randomness itself: AWS-LC hedges each
//! signature with its own generator (FIPS 204, section 3.4).
//!
//! # Invariants
//!
//! - Every pointer handed to AWS-LC comes from a live slice and travels with that slice's length.
//! - A key object is written only while it is made; afterwards it is shared read-only.
//! - `mu` is bound to the key: it starts from the key's own `tr` (FIPS 204, algorithm 7, line 6).
//!
//! ```
//! use mldsa_mu::{MlDsa, SigningKey};
//!
//! let key = SigningKey::from_seed(MlDsa::MlDsa65, &[7; 32])?;
//! let signature = key.sign(b"context", &[b"message"])?;
//! key.verifying_key().verify(b"context", &[b"mess", b"age"], &signature)?;
//! assert!(key.verifying_key().verify(b"other", &[b"message"], &signature).is_err());
//! # Ok::<(), mldsa_mu::Error>(())
//! ```

mod mldsa;
mod mlkem;
mod pkey;
mod shake;

use core::fmt;

pub use mldsa::{MlDsa, SEED_BYTES, SigningKey, VerifyingKey};
pub use mlkem::{KemPair, MlKem, SHARED_SECRET_BYTES, encapsulate_deterministic, expand_seed};
pub use shake::shake256;

/// Why AWS-LC, or a check in front of it, said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are no key of this parameter set.
    InvalidKey,
    /// The signature does not verify, or has the wrong length.
    InvalidSignature,
    /// The context is longer than 255 bytes (FIPS 204, section 5.2).
    ContextTooLong,
    /// AWS-LC failed for a reason of its own (out of memory, algorithm missing from the build).
    Provider,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "bytes are not a key of this parameter set",
            Self::InvalidSignature => "signature is not valid",
            Self::ContextTooLong => "context is longer than 255 bytes",
            Self::Provider => "the cryptographic provider failed",
        })
    }
}

impl core::error::Error for Error {}
