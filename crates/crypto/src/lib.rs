//! All cryptography of Strongroom: suites, signatures, key encapsulation, AEAD, hashes, secrets.
//!
//! A [`Suite`] is a value, not a feature flag: it names one signature algorithm, one KEM and one
//! AEAD. Everything runs on one provider (AWS-LC through `aws-lc-rs`); other implementations occur
//! only in tests, as oracles.
//!
//! It is not a key store, knows no certificate and no policy (which suite is allowed for which
//! purpose is decided by the caller, never by the message), and never reads a clock. It is the one
//! place where entropy is drawn.
//!
//! # Invariants
//!
//! - A composite signature is valid only if both halves are; there is no way to ask for one half.
//! - Signing is hedged, and every signature is verified before it is released.
//! - A signature, or its hash, identifies nothing: valid halves can be recombined. Identify the
//!   signed payload instead.
//! - Nothing falls back to anything weaker. [`self_test`] fails where an algorithm is missing.
//! - Secrets are wiped when dropped, compared in constant time and never printed.
//!
//! ```
//! use crypto::{Context, CryptoError, Purpose, SigningKey, Suite};
//!
//! let key = SigningKey::generate(Suite::Standard)?;
//! let context = Context::new("examplebank", Purpose::Intent)?;
//! let signature = key.sign(&context, b"pay 10.00")?;
//! key.public_key().verify(&context, b"pay 10.00", signature.as_bytes())?;
//!
//! let login = Context::new("examplebank", Purpose::Challenge)?;
//! let answer = key.public_key().verify(&login, b"pay 10.00", signature.as_bytes());
//! assert_eq!(answer, Err(CryptoError::InvalidSignature));
//! # Ok::<(), CryptoError>(())
//! ```

mod aead;
mod checkpoint;
mod classical;
mod composite;
mod context;
mod ecdsa;
mod ed25519;
mod error;
mod hash;
mod kdf;
mod kem;
mod known_answers;
mod mac;
mod mlkem;
mod seal;
mod secret;
mod sign;
mod suite;
mod x25519;

#[cfg(test)]
#[path = "../tests/vectors/mod.rs"]
mod vectors;

pub use aead::{AeadAlgorithm, AeadKey};
pub use checkpoint::{Ed25519Key, Ed25519PublicKey, MlDsa44Key, MlDsa44PublicKey};
pub use classical::ClassicalSigner;
pub use context::{Context, Purpose};
pub use error::CryptoError;
pub use hash::{Sha2, Sha3, Sha3Hasher, Sha256Hasher, sha3_256, sha256, sha512};
pub use kdf::{Argon2Params, PBKDF2_ITERATIONS, argon2id, hkdf_sha256, pbkdf2_hmac_sha256};
pub use kem::{KemPublicKey, KemSecretKey};
pub use known_answers::{provider, self_test};
pub use mac::{MacKey, hmac_sha3_256, hmac_sha3_256_verify, hmac_sha256};
pub use seal::{open_sealed, seal_to};
pub use secret::{SecretBytes, constant_time_eq, fill_random, random, random_secret};
pub use sign::{PublicKey, Signature, SigningKey};
pub use suite::Suite;
