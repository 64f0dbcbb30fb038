//! Signature keys of a suite: composite or pure ML-DSA, always with a context.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::classical::{self, ClassicalSigner};
use crate::composite::representative;
use crate::suite::Composite;
use crate::{Context, CryptoError, SecretBytes, Sha3, Suite, random_secret, sha3_256};

/// Length of the seed of ML-DSA, bytes.
const ML_DSA_SEED_BYTES: usize = 32;

/// A private signature key, kept as its seed and, expanded, inside the provider; the classical half of a composite may
/// be elsewhere.
pub struct SigningKey {
    seed: SecretBytes,
    ml_dsa: mldsa_mu::SigningKey,
    classical: Option<Classical<classical::Signer>>,
    public: PublicKey,
}

/// A public signature key, parsed once; clones share the parsed form.
#[derive(Clone)]
pub struct PublicKey(Arc<Parsed>);

struct Parsed {
    suite: Suite,
    bytes: Vec<u8>,
    ml_dsa: mldsa_mu::VerifyingKey,
    classical: Option<Classical<classical::Verifier>>,
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
        loop {
            match Self::from_secret(suite, random_secret(suite.seed_len())?) {
                // One in four thousand million scalars is not below the order of P-256: another is drawn.
                Err(CryptoError::InvalidKey { .. }) => {}
                made => return made,
            }
        }
    }

    /// The key of a seed: 32 bytes for ML-DSA, then, in composite suites, 32 for Ed25519 or the scalar of P-256.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for a scalar that is none; [`CryptoError::Provider`].
    pub fn from_seed(suite: Suite, seed: &[u8]) -> Result<Self, CryptoError> {
        Self::from_secret(suite, SecretBytes::new(seed.to_vec()))
    }

    /// A composite key whose classical half is elsewhere; `ml_dsa_seed` is the other one.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for a suite without a classical half, or a public key
    /// that is none of the suite's algorithm; [`CryptoError::Provider`].
    pub fn with_classical(
        suite: Suite,
        ml_dsa_seed: SecretBytes,
        classical: Box<dyn ClassicalSigner>,
    ) -> Result<Self, CryptoError> {
        let Some(Composite { label, .. }) = suite.composite() else {
            return Err(CryptoError::InvalidKey { what: "classical half" });
        };
        let seed: [u8; ML_DSA_SEED_BYTES] =
            ml_dsa_seed.expose().try_into().map_err(|_| CryptoError::InvalidLength {
                what: "ML-DSA seed",
                expected: ML_DSA_SEED_BYTES,
                actual: ml_dsa_seed.len(),
            })?;
        let seed = Zeroizing::new(seed);
        let classical = Classical { label, key: classical::Signer::Elsewhere(classical) };
        Self::assemble(suite, &seed, Some(classical), ml_dsa_seed)
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
        let (ml_dsa_seed, rest) = seed.expose().split_first_chunk().ok_or(wrong_length)?;
        let classical = match suite.composite() {
            Some(Composite { label, classical }) => {
                Some(Classical { label, key: classical::Signer::from_seed(classical, rest)? })
            }
            None => None,
        };
        let ml_dsa_seed = Zeroizing::new(*ml_dsa_seed);
        Self::assemble(suite, &ml_dsa_seed, classical, seed)
    }

    fn assemble(
        suite: Suite,
        ml_dsa_seed: &[u8; ML_DSA_SEED_BYTES],
        classical: Option<Classical<classical::Signer>>,
        seed: SecretBytes,
    ) -> Result<Self, CryptoError> {
        let ml_dsa = mldsa_mu::SigningKey::from_seed(suite.ml_dsa(), ml_dsa_seed)
            .map_err(|_| CryptoError::Provider { what: "ML-DSA key generation" })?;
        let mut public = ml_dsa.verifying_key().as_bytes().to_vec();
        if let Some(classical) = &classical {
            public.extend_from_slice(classical.key.public_key());
        }
        let public = PublicKey::from_bytes(suite, &public)?;
        Ok(Self { seed, ml_dsa, classical, public })
    }

    /// The seed, for sealing it at rest: of what is here, so without the classical half where that is elsewhere.
    #[must_use]
    pub fn seed(&self) -> &SecretBytes {
        &self.seed
    }

    /// Whether the classical half is elsewhere, out of this process's reach.
    #[must_use]
    pub fn is_split(&self) -> bool {
        matches!(&self.classical, Some(Classical { key: classical::Signer::Elsewhere(_), .. }))
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
    /// attack on the computation would cause; nothing of it leaves this function. [`CryptoError::OutOfReach`] where the
    /// classical half is elsewhere and cannot be asked.
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
    /// Parses a key: ML-DSA, then, in composite suites, Ed25519 or an uncompressed point of P-256.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for an Ed25519 key of small
    /// order, or a point that is not on the curve.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Result<Self, CryptoError> {
        let wrong_length = CryptoError::InvalidLength {
            what: "public signature key",
            expected: suite.public_key_len(),
            actual: bytes.len(),
        };
        if bytes.len() != suite.public_key_len() {
            return Err(wrong_length);
        }
        let (ml_dsa, rest) =
            bytes.split_at_checked(suite.ml_dsa().public_key_len()).ok_or(wrong_length)?;
        let ml_dsa = mldsa_mu::VerifyingKey::from_bytes(suite.ml_dsa(), ml_dsa)
            .map_err(|_| CryptoError::InvalidKey { what: "ML-DSA public key" })?;
        let classical = match suite.composite() {
            Some(Composite { label, classical }) => {
                Some(Classical { label, key: classical::Verifier::from_bytes(classical, rest)? })
            }
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
    /// The split is by the fixed length of the ML-DSA half. The classical half goes first: it is the cheaper way to find
    /// a forgery that was made without either key.
    pub fn verify(
        &self,
        context: &Context,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let suite = self.suite();
        if !suite.is_signature_len(signature.len()) {
            return Err(CryptoError::InvalidSignature);
        }
        let answer = match &self.0.classical {
            Some(Classical { label, key }) => {
                let (ml_dsa, classical) = signature
                    .split_at_checked(suite.ml_dsa().signature_len())
                    .ok_or(CryptoError::InvalidSignature)?;
                let signed = representative(label, context, message)?;
                key.verify(&signed, classical)?;
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
        let (ml_dsa, classical) = self
            .as_bytes()
            .split_at_checked(self.suite().ml_dsa().public_key_len())
            .unwrap_or((self.as_bytes(), &[]));
        [ml_dsa, classical].into_iter().filter(|half| !half.is_empty()).map(sha3_256).collect()
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

    /// A key in somebody else's hands.
    struct Elsewhere {
        key: crate::ecdsa::Signer,
        answers: fn(&crate::ecdsa::Signer, &[u8]) -> Result<Vec<u8>, CryptoError>,
    }

    impl ClassicalSigner for Elsewhere {
        fn public_key(&self) -> &[u8] {
            self.key.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
            (self.answers)(&self.key, message)
        }
    }

    #[test]
    fn a_half_that_is_elsewhere_signs_or_nothing_is_released() {
        let scalar = [7; 32];
        let split = |answers| {
            let key = crate::ecdsa::Signer::from_scalar(&scalar).unwrap();
            let seed = SecretBytes::new(vec![9; ML_DSA_SEED_BYTES]);
            let elsewhere = Box::new(Elsewhere { key, answers });
            SigningKey::with_classical(Suite::Hsm, seed, elsewhere).unwrap()
        };
        let honest = split(crate::ecdsa::Signer::sign);
        let whole = SigningKey::from_seed(Suite::Hsm, &[[9; 32], scalar].concat()).unwrap();
        assert!(honest.is_split() && !whole.is_split());
        assert_eq!(honest.public_key(), whole.public_key());
        assert_eq!(honest.seed().expose(), [9; 32], "the classical half is not here");
        let signature = honest.sign(&Context::X509, b"m").unwrap();
        let answer = whole.public_key().verify(&Context::X509, b"m", signature.as_bytes());
        assert_eq!(answer, Ok(()));

        let lying = split(|key, _| key.sign(b"something else"));
        let answer = lying.sign(&Context::X509, b"m");
        assert_eq!(answer.err(), Some(CryptoError::VerifyAfterSign));
        let empty = split(|_, _| Ok(Vec::new()));
        assert_eq!(empty.sign(&Context::X509, b"m").err(), Some(CryptoError::VerifyAfterSign));
        let gone = CryptoError::OutOfReach("gone".to_owned());
        let away = split(|_, _| Err(CryptoError::OutOfReach("gone".to_owned())));
        assert_eq!(away.sign(&Context::X509, b"m").err(), Some(gone));
    }

    #[test]
    fn a_suite_without_a_classical_half_takes_none_from_elsewhere() {
        let elsewhere = || {
            let key = crate::ecdsa::Signer::from_scalar(&[7; 32]).unwrap();
            Box::new(Elsewhere { key, answers: crate::ecdsa::Signer::sign })
        };
        for suite in Suite::ALL {
            let seed = SecretBytes::new(vec![9; ML_DSA_SEED_BYTES]);
            let made = SigningKey::with_classical(suite, seed, elsewhere());
            assert_eq!(made.is_ok(), suite == Suite::Hsm, "{suite}");
        }
        let short = SecretBytes::new(vec![9; ML_DSA_SEED_BYTES - 1]);
        assert!(SigningKey::with_classical(Suite::Hsm, short, elsewhere()).is_err());
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
