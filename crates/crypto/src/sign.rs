//! Signature keys of a suite: composite or pure ML-DSA, always with a context.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::composite::representative;
use crate::{Context, CryptoError, SecretBytes, Sha3, Suite, ed25519, random_secret, sha3_256};

/// A private signature key, kept as its seed and, expanded, inside the provider.
pub struct SigningKey {
    seed: SecretBytes,
    ml_dsa: mldsa_mu::SigningKey,
    classical: Option<Classical<ed25519::Signer>>,
    public: PublicKey,
}

/// A public signature key, parsed once; clones share the parsed form.
#[derive(Clone)]
pub struct PublicKey(Arc<Parsed>);

struct Parsed {
    suite: Suite,
    bytes: Vec<u8>,
    ml_dsa: mldsa_mu::VerifyingKey,
    classical: Option<Classical<ed25519::Verifier>>,
}

/// The classical half of a composite, with the label that belongs to the pair.
struct Classical<K> {
    label: &'static [u8],
    key: K,
}

/// Signature bytes, not yet verified by whoever holds them.
///
/// # Security
///
/// Not an identifier: a composite signature is not strongly unforgeable, since the halves of two
/// signatures of one message can be recombined. Deduplicate on what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Entropy`]; [`CryptoError::Provider`].
    pub fn generate(suite: Suite) -> Result<Self, CryptoError> {
        Self::from_secret(suite, random_secret(suite.seed_len())?)
    }

    /// The key of a seed: 32 bytes for ML-DSA, then, in composite suites, 32 for Ed25519.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::Provider`].
    pub fn from_seed(suite: Suite, seed: &[u8]) -> Result<Self, CryptoError> {
        Self::from_secret(suite, SecretBytes::new(seed.to_vec()))
    }

    fn from_secret(suite: Suite, seed: SecretBytes) -> Result<Self, CryptoError> {
        let wrong_length = CryptoError::InvalidLength {
            what: "signing seed",
            expected: suite.seed_len(),
            actual: seed.len(),
        };
        if seed.len() != suite.seed_len() {
            return Err(wrong_length);
        }
        let (ml_dsa_seed, ed25519_seed) = seed.expose().split_first_chunk().ok_or(wrong_length)?;
        let ml_dsa = mldsa_mu::SigningKey::from_seed(suite.ml_dsa(), ml_dsa_seed)
            .map_err(|_| CryptoError::Provider { what: "ML-DSA key generation" })?;
        let mut public = ml_dsa.verifying_key().as_bytes().to_vec();
        let classical = match suite.composite_label() {
            Some(label) => {
                Some(Classical { label, key: ed25519::Signer::from_seed(ed25519_seed)? })
            }
            None => None,
        };
        if let Some(classical) = &classical {
            public.extend_from_slice(classical.key.public_key());
        }
        let public = PublicKey::from_bytes(suite, &public)?;
        Ok(Self { seed, ml_dsa, classical, public })
    }

    /// The seed, for sealing it at rest.
    #[must_use]
    pub fn seed(&self) -> &SecretBytes {
        &self.seed
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.public.suite()
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message` under `context`. Hedged: no two signatures are alike.
    ///
    /// # Errors
    ///
    /// [`CryptoError::VerifyAfterSign`] when the fresh signature does not verify, which a fault
    /// attack on the computation would cause; nothing of it leaves this function.
    pub fn sign(&self, context: &Context, message: &[u8]) -> Result<Signature, CryptoError> {
        let failed = |_| CryptoError::Provider { what: "ML-DSA sign" };
        let bytes = match &self.classical {
            Some(Classical { label, key }) => {
                let signed = representative(label, context, message)?;
                let mut bytes = self.ml_dsa.sign(label, &[&signed]).map_err(failed)?;
                bytes.extend_from_slice(&key.sign(&signed)?);
                bytes
            }
            None => self.ml_dsa.sign(context.as_bytes(), &[message]).map_err(failed)?,
        };
        self.public.verify(context, message, &bytes).map_err(|_| CryptoError::VerifyAfterSign)?;
        Ok(Signature(bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Parses a key: ML-DSA, then, in composite suites, Ed25519.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for an Ed25519 key of small
    /// order.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Result<Self, CryptoError> {
        let wrong_length = CryptoError::InvalidLength {
            what: "public signature key",
            expected: suite.public_key_len(),
            actual: bytes.len(),
        };
        if bytes.len() != suite.public_key_len() {
            return Err(wrong_length);
        }
        let (ml_dsa, ed25519) =
            bytes.split_at_checked(suite.ml_dsa().public_key_len()).ok_or(wrong_length)?;
        let ml_dsa = mldsa_mu::VerifyingKey::from_bytes(suite.ml_dsa(), ml_dsa)
            .map_err(|_| CryptoError::InvalidKey { what: "ML-DSA public key" })?;
        let classical = match suite.composite_label() {
            Some(label) => Some(Classical { label, key: ed25519::Verifier::from_bytes(ed25519)? }),
            None => None,
        };
        Ok(Self(Arc::new(Parsed { suite, bytes: bytes.to_vec(), ml_dsa, classical })))
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.0.suite
    }

    /// Verifies every half of `signature` over `message` under `context`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidSignature`], whatever is wrong.
    ///
    /// # Security
    ///
    /// The split is by fixed length. Ed25519 goes first: it is the cheaper way to find a forgery
    /// that was made without either key.
    pub fn verify(
        &self,
        context: &Context,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let suite = self.suite();
        if signature.len() != suite.signature_len() {
            return Err(CryptoError::InvalidSignature);
        }
        let answer = match &self.0.classical {
            Some(Classical { label, key }) => {
                let (ml_dsa, ed25519) = signature
                    .split_at_checked(suite.ml_dsa().signature_len())
                    .ok_or(CryptoError::InvalidSignature)?;
                let signed = representative(label, context, message)?;
                key.verify(&signed, ed25519)?;
                self.0.ml_dsa.verify(label, &[&signed], ml_dsa)
            }
            None => self.0.ml_dsa.verify(context.as_bytes(), &[message], signature),
        };
        answer.map_err(|_| CryptoError::InvalidSignature)
    }

    /// SHA3-256 of the encoded key.
    #[must_use]
    pub fn fingerprint(&self) -> Sha3 {
        sha3_256(self.as_bytes())
    }

    /// SHA3-256 of each half, to index: a component key is never used outside its composite.
    #[must_use]
    pub fn component_hashes(&self) -> Vec<Sha3> {
        let (ml_dsa, ed25519) = self
            .as_bytes()
            .split_at_checked(self.suite().ml_dsa().public_key_len())
            .unwrap_or((self.as_bytes(), &[]));
        [ml_dsa, ed25519].into_iter().filter(|half| !half.is_empty()).map(sha3_256).collect()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.suite() == other.suite() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.suite().hash(state);
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.suite(), self.fingerprint())
    }
}

impl Signature {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Bytes that claim to be a signature; only [`PublicKey::verify`] tells.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_be_shared_by_threads_without_being_parsed_again() {
        fn shared<T: Send + Sync>() {}
        shared::<PublicKey>();
        shared::<SigningKey>();

        let key = SigningKey::generate(Suite::Standard).unwrap();
        let signature = key.sign(&Context::X509, b"m").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let public = key.public_key().clone();
                assert!(Arc::ptr_eq(&public.0, &key.public_key().0));
                let signature = signature.as_bytes();
                scope.spawn(move || {
                    for _ in 0..20 {
                        assert_eq!(public.verify(&Context::X509, b"m", signature), Ok(()));
                    }
                });
            }
        });
    }

    #[test]
    fn a_faulted_signer_releases_nothing() {
        let mut key = SigningKey::generate(Suite::Standard).unwrap();
        let other = SigningKey::generate(Suite::Standard).unwrap();
        key.classical = other.classical;
        let answer = key.sign(&Context::X509, b"m");
        assert_eq!(answer.err(), Some(CryptoError::VerifyAfterSign));
        key.ml_dsa = other.ml_dsa;
        let answer = key.sign(&Context::X509, b"m");
        assert_eq!(answer.err(), Some(CryptoError::VerifyAfterSign));
    }
}
