//! The KEM of each suite.
//!
//! ```text
//! X-Wing       SHA3-256(ss_M, ss_X, ct_X, pk_X, 5c2e2f2f5e5c)       draft-connolly-cfrg-xwing-kem
//! with ML-KEM-512  SHA3-256(ss_M, ss_X, ct_M, pk_M, ct_X, pk_X, "strongroom/kem512/v1")
//! pure         ss_M                                                 FIPS 203
//! pk = pk_M || pk_X      ct = ct_M || ct_X
//! seed of 32 bytes: (d || z || sk_X) = SHAKE256(seed || label of ours, if any, 96)
//! ```
//!
//! A shared secret is never used as it is: see [`crate::seal_to`]. Nothing that authenticates
//! depends on a KEM.

use core::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::mlkem::{self, Decapsulator};
use crate::suite::Combiner;
use crate::{CryptoError, SecretBytes, Sha3Hasher, Suite, fill_random, random_secret, x25519};

const XWING_LABEL: &[u8] = b"\x5c\x2e\x2f\x2f\x5e\x5c";
const KEM512_LABEL: &[u8] = b"strongroom/kem512/v1";
const BAD_SECRET: CryptoError = CryptoError::Provider { what: "KEM key generation" };

/// A private KEM key, kept as its seed and, expanded, inside the provider.
pub struct KemSecretKey {
    seed: SecretBytes,
    ml_kem: Decapsulator,
    classical: Option<(Combiner, x25519::Secret)>,
    public: KemPublicKey,
}

/// A public KEM key whose parts have passed their checks. Only for encryption.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KemPublicKey {
    suite: Suite,
    bytes: Arc<[u8]>,
}

/// The randomness of one encapsulation.
pub(crate) struct Coins {
    pub(crate) ml_kem: Zeroizing<[u8; 32]>,
    pub(crate) x25519: Zeroizing<[u8; 32]>,
}

impl KemSecretKey {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Entropy`]; [`CryptoError::Provider`].
    pub fn generate(suite: Suite) -> Result<Self, CryptoError> {
        Self::from_secret(suite, random_secret(suite.kem_seed_len())?)
    }

    /// The key of a seed of [`Suite::kem_seed_len`] bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::Provider`].
    pub fn from_seed(suite: Suite, seed: &[u8]) -> Result<Self, CryptoError> {
        Self::from_secret(suite, SecretBytes::new(seed.to_vec()))
    }

    fn from_secret(suite: Suite, seed: SecretBytes) -> Result<Self, CryptoError> {
        exact("KEM seed", suite.kem_seed_len(), seed.expose())?;
        let Some(combiner) = suite.combiner() else {
            return Self::pure(suite, seed);
        };
        let label = match combiner {
            Combiner::XWing => [].as_slice(),
            Combiner::Kem512 => KEM512_LABEL,
        };
        let expanded = mldsa_mu::shake256::<96>(&[seed.expose(), label]).map_err(|_| BAD_SECRET)?;
        let expanded = Zeroizing::new(expanded);
        let (d_and_z, sk_x) = expanded.split_first_chunk().ok_or(BAD_SECRET)?;
        let (ml_kem, mut bytes) = Decapsulator::from_seed(suite.ml_kem(), d_and_z)?;
        let x25519 = x25519::Secret::from_bytes(sk_x.try_into().map_err(|_| BAD_SECRET)?)?;
        bytes.extend_from_slice(&x25519.public_key()?);
        let public = KemPublicKey::from_bytes(suite, &bytes)?;
        Ok(Self { seed, ml_kem, classical: Some((combiner, x25519)), public })
    }

    fn pure(suite: Suite, seed: SecretBytes) -> Result<Self, CryptoError> {
        let d_and_z = seed.expose().try_into().map_err(|_| BAD_SECRET)?;
        let (ml_kem, bytes) = Decapsulator::from_seed(suite.ml_kem(), d_and_z)?;
        let public = KemPublicKey::from_bytes(suite, &bytes)?;
        Ok(Self { seed, ml_kem, classical: None, public })
    }

    /// The seed, for sealing it at rest.
    #[must_use]
    pub fn seed(&self) -> &SecretBytes {
        &self.seed
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.public.suite
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &KemPublicKey {
        &self.public
    }

    /// The 32-byte shared secret of a ciphertext.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for an ephemeral X25519 key of
    /// small order. Any other forged ciphertext gives a secret that nobody else knows.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        let suite = self.suite();
        exact("KEM ciphertext", suite.kem_ciphertext_len(), ciphertext)?;
        let (ct_m, ct_x) = ciphertext.split_at(suite.ml_kem().ciphertext_len());
        let ss_m = self.ml_kem.decapsulate(ct_m)?;
        let Some((combiner, x25519)) = &self.classical else {
            return Ok(SecretBytes::new(ss_m.to_vec()));
        };
        let ss_x = x25519.agree(ct_x)?;
        Ok(self.public.combine(*combiner, ss_m.as_slice(), ss_x.as_slice(), ct_m, ct_x))
    }
}

impl fmt::Debug for KemSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KemSecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl KemPublicKey {
    /// Parses and checks a key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]; [`CryptoError::InvalidKey`] for an ML-KEM coefficient that
    /// is not reduced (FIPS 203, section 7.2) or an X25519 key of small order.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Result<Self, CryptoError> {
        exact("public KEM key", suite.kem_public_key_len(), bytes)?;
        let (pk_m, pk_x) = bytes.split_at(suite.ml_kem().encapsulation_key_len());
        mlkem::check_public_key(pk_m)?;
        if suite.combiner().is_some() {
            x25519::check_public_key(pk_x)?;
        }
        Ok(Self { suite, bytes: bytes.into() })
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// A fresh 32-byte shared secret and the ciphertext that carries it.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Entropy`]; [`CryptoError::Provider`].
    pub fn encapsulate(&self) -> Result<(SecretBytes, Vec<u8>), CryptoError> {
        let mut coins = Coins { ml_kem: Zeroizing::default(), x25519: Zeroizing::default() };
        fill_random(coins.ml_kem.as_mut_slice())?;
        fill_random(coins.x25519.as_mut_slice())?;
        self.encapsulate_with(&coins)
    }

    pub(crate) fn encapsulate_with(
        &self,
        coins: &Coins,
    ) -> Result<(SecretBytes, Vec<u8>), CryptoError> {
        let (pk_m, pk_x) = self.halves();
        let (ss_m, ct_m) = mlkem::encapsulate(self.suite.ml_kem(), pk_m, &coins.ml_kem)?;
        let Some(combiner) = self.suite.combiner() else {
            return Ok((SecretBytes::new(ss_m.to_vec()), ct_m));
        };
        let ephemeral = x25519::Secret::from_bytes(&coins.x25519)?;
        let ct_x = ephemeral.public_key()?;
        let ss_x = ephemeral.agree(pk_x)?;
        let shared = self.combine(combiner, ss_m.as_slice(), ss_x.as_slice(), &ct_m, &ct_x);
        Ok((shared, [ct_m, ct_x].concat()))
    }

    fn halves(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(self.suite.ml_kem().encapsulation_key_len())
    }

    fn combine(
        &self,
        combiner: Combiner,
        ss_m: &[u8],
        ss_x: &[u8],
        ct_m: &[u8],
        ct_x: &[u8],
    ) -> SecretBytes {
        let (pk_m, pk_x) = self.halves();
        let parts = match combiner {
            Combiner::XWing => vec![ss_m, ss_x, ct_x, pk_x, XWING_LABEL],
            Combiner::Kem512 => vec![ss_m, ss_x, ct_m, pk_m, ct_x, pk_x, KEM512_LABEL],
        };
        let mut hasher = Sha3Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        SecretBytes::new(hasher.finish().as_bytes().to_vec())
    }
}

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemPublicKey({}, {})", self.suite, crate::sha3_256(&self.bytes))
    }
}

fn exact(what: &'static str, expected: usize, bytes: &[u8]) -> Result<(), CryptoError> {
    if bytes.len() == expected {
        Ok(())
    } else {
        Err(CryptoError::InvalidLength { what, expected, actual: bytes.len() })
    }
}
