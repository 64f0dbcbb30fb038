//! Single-algorithm keys for the signature lines of C2SP signed notes and witness cosignatures.
//!
//! Other people's witnesses verify these, so they cannot be composite. They sign nothing else.

use core::fmt;
use std::sync::Arc;

use mldsa_mu::MlDsa;

use crate::{CryptoError, SecretBytes, ed25519, random_secret};

/// Size of the seed of either key, bytes.
const SEED_BYTES: usize = 32;

/// A private Ed25519 key (RFC 8032).
pub struct Ed25519Key {
    seed: SecretBytes,
    signer: ed25519::Signer,
    public: Ed25519PublicKey,
}

/// A public Ed25519 key, 32 bytes; signatures have 64.
#[derive(Clone)]
pub struct Ed25519PublicKey(Arc<(Vec<u8>, ed25519::Verifier)>);

/// A private ML-DSA-44 key (FIPS 204) that signs with an empty context.
pub struct MlDsa44Key {
    seed: SecretBytes,
    signer: mldsa_mu::SigningKey,
    public: MlDsa44PublicKey,
}

/// A public ML-DSA-44 key, 1,312 bytes; signatures have 2,420.
#[derive(Clone)]
pub struct MlDsa44PublicKey(Arc<mldsa_mu::VerifyingKey>);

impl Ed25519Key {
    fn from_secret(seed: SecretBytes) -> Result<Self, CryptoError> {
        let signer = ed25519::Signer::from_seed(seed.expose())?;
        let public = Ed25519PublicKey::from_bytes(signer.public_key())?;
        Ok(Self { seed, signer, public })
    }

    fn sign_unchecked(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.signer.sign(message)
    }
}

impl Ed25519PublicKey {
    /// Parses 32 bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self(Arc::new((bytes.to_vec(), ed25519::Verifier::from_bytes(bytes)?))))
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.0
    }

    /// Verifies a 64-byte signature.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidSignature`]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if signature.len() != ed25519::SIGNATURE_BYTES {
            return Err(CryptoError::InvalidSignature);
        }
        self.0.1.verify(message, signature)
    }
}

impl MlDsa44Key {
    fn from_secret(seed: SecretBytes) -> Result<Self, CryptoError> {
        let bytes = seed.expose().try_into().map_err(|_| CryptoError::InvalidLength {
            what: "ML-DSA-44 seed",
            expected: SEED_BYTES,
            actual: seed.len(),
        })?;
        let signer = mldsa_mu::SigningKey::from_seed(MlDsa::MlDsa44, bytes)
            .map_err(|_| CryptoError::Provider { what: "ML-DSA key generation" })?;
        let public = MlDsa44PublicKey::from_bytes(signer.verifying_key().as_bytes())?;
        Ok(Self { seed, signer, public })
    }

    fn sign_unchecked(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.signer.sign(&[], &[message]);
        signature.map_err(|_| CryptoError::Provider { what: "ML-DSA sign" })
    }
}

impl MlDsa44PublicKey {
    /// Parses 1,312 bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CryptoError> {
        let key = mldsa_mu::VerifyingKey::from_bytes(MlDsa::MlDsa44, bytes);
        let key = key.map_err(|_| CryptoError::InvalidLength {
            what: "ML-DSA-44 public key",
            expected: MlDsa::MlDsa44.public_key_len(),
            actual: bytes.len(),
        })?;
        Ok(Self(Arc::new(key)))
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Verifies a 2,420-byte signature made with an empty context.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidSignature`]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.0.verify(&[], &[message], signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

macro_rules! single_key {
    ($private:ident, $public:ident) => {
        impl $private {
            /// A fresh key.
            ///
            /// # Errors
            ///
            /// [`CryptoError::Entropy`]; [`CryptoError::Provider`].
            pub fn generate() -> Result<Self, CryptoError> {
                Self::from_secret(random_secret(SEED_BYTES)?)
            }

            /// The key of a 32-byte seed.
            ///
            /// # Errors
            ///
            /// [`CryptoError::InvalidLength`]; [`CryptoError::Provider`].
            pub fn from_seed(seed: &[u8]) -> Result<Self, CryptoError> {
                Self::from_secret(SecretBytes::new(seed.to_vec()))
            }

            /// The seed, for sealing it at rest.
            #[must_use]
            pub fn seed(&self) -> &SecretBytes {
                &self.seed
            }

            /// The public half.
            #[must_use]
            pub fn public_key(&self) -> &$public {
                &self.public
            }

            /// Signs, and verifies before anything is released.
            ///
            /// # Errors
            ///
            /// [`CryptoError::VerifyAfterSign`]; [`CryptoError::Provider`].
            pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
                let signature = self.sign_unchecked(message)?;
                self.public
                    .verify(message, &signature)
                    .map_err(|_| CryptoError::VerifyAfterSign)?;
                Ok(signature)
            }
        }

        impl fmt::Debug for $private {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($private)).finish_non_exhaustive()
            }
        }

        impl PartialEq for $public {
            fn eq(&self, other: &Self) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl Eq for $public {}

        impl fmt::Debug for $public {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($public), hex::encode(self.as_bytes()))
            }
        }
    };
}

single_key!(Ed25519Key, Ed25519PublicKey);
single_key!(MlDsa44Key, MlDsa44PublicKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_keys_of_other_lengths_are_refused() {
        for len in [0, 31, 33, 64] {
            assert!(Ed25519Key::from_seed(&vec![1; len]).is_err());
            assert!(MlDsa44Key::from_seed(&vec![1; len]).is_err());
            assert!(Ed25519PublicKey::from_bytes(&vec![9; len]).is_err());
            assert!(MlDsa44PublicKey::from_bytes(&vec![9; len]).is_err());
        }
    }

    #[test]
    fn other_messages_and_other_keys_do_not_verify() {
        let (key, other) = (Ed25519Key::generate().unwrap(), Ed25519Key::generate().unwrap());
        let signature = key.sign(b"note").unwrap();
        assert_eq!(key.public_key().verify(b"note", &signature), Ok(()));
        let refused = Err(CryptoError::InvalidSignature);
        assert_eq!(key.public_key().verify(b"nose", &signature), refused);
        assert_eq!(other.public_key().verify(b"note", &signature), refused);
        let (key, other) = (MlDsa44Key::generate().unwrap(), MlDsa44Key::generate().unwrap());
        let signature = key.sign(b"note").unwrap();
        assert_eq!(key.public_key().verify(b"note", &signature), Ok(()));
        assert_eq!(key.public_key().verify(b"nose", &signature), refused);
        assert_eq!(other.public_key().verify(b"note", &signature), refused);
    }

    #[test]
    fn a_stored_seed_restores_the_key() {
        let key = MlDsa44Key::generate().unwrap();
        let restored = MlDsa44Key::from_seed(key.seed().expose()).unwrap();
        assert_eq!(restored.public_key(), key.public_key());
        let key = Ed25519Key::generate().unwrap();
        let restored = Ed25519Key::from_seed(key.seed().expose()).unwrap();
        assert_eq!(restored.public_key(), key.public_key());
        assert_eq!(format!("{key:?}"), "Ed25519Key { .. }");
    }
}
