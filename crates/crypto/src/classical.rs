//! The classical half of a composite: Ed25519 or ECDSA on P-256, in this process or elsewhere.

use crate::suite::ClassicalAlgorithm;
use crate::{CryptoError, ecdsa, ed25519};

/// A classical key that never comes here: in a token, in another process.
///
/// # Security
///
/// Whatever it answers is verified, together with the other half, before it is released.
pub trait ClassicalSigner: Send + Sync {
    /// The public key as it stands in the composite: the uncompressed point for P-256, 32 bytes for Ed25519.
    fn public_key(&self) -> &[u8];

    /// Signs `M'` of the composite as the suite's algorithm prescribes: for P-256, DER `Ecdsa-Sig-Value` over its SHA-256.
    ///
    /// # Errors
    ///
    /// [`CryptoError::OutOfReach`] where the key cannot be asked just now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
}

pub(crate) enum Signer {
    Ed25519(ed25519::Signer),
    EcdsaP256(ecdsa::Signer),
    Elsewhere(Box<dyn ClassicalSigner>),
}

impl Signer {
    pub(crate) fn from_seed(
        algorithm: ClassicalAlgorithm,
        seed: &[u8],
    ) -> Result<Self, CryptoError> {
        match algorithm {
            ClassicalAlgorithm::Ed25519 => ed25519::Signer::from_seed(seed).map(Self::Ed25519),
            ClassicalAlgorithm::EcdsaP256 => ecdsa::Signer::from_scalar(seed).map(Self::EcdsaP256),
        }
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.public_key(),
            Self::EcdsaP256(key) => key.public_key(),
            Self::Elsewhere(key) => key.public_key(),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Ed25519(key) => key.sign(message),
            Self::EcdsaP256(key) => key.sign(message),
            Self::Elsewhere(key) => key.sign(message),
        }
    }
}

pub(crate) enum Verifier {
    Ed25519(ed25519::Verifier),
    EcdsaP256(ecdsa::Verifier),
}

impl Verifier {
    pub(crate) fn from_bytes(
        algorithm: ClassicalAlgorithm,
        bytes: &[u8],
    ) -> Result<Self, CryptoError> {
        match algorithm {
            ClassicalAlgorithm::Ed25519 => ed25519::Verifier::from_bytes(bytes).map(Self::Ed25519),
            ClassicalAlgorithm::EcdsaP256 => {
                ecdsa::Verifier::from_bytes(bytes).map(Self::EcdsaP256)
            }
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        match self {
            Self::Ed25519(key) => key.verify(message, signature),
            Self::EcdsaP256(key) => key.verify(message, signature),
        }
    }
}
