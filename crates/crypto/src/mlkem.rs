//! ML-KEM (FIPS 203) with its input checks.

use aws_lc_rs::kem::{AlgorithmId, DecapsulationKey, ML_KEM_512, ML_KEM_768, ML_KEM_1024};
use mldsa_mu::{MlKem, SHARED_SECRET_BYTES};
use zeroize::Zeroizing;

use crate::{CryptoError, SecretBytes};

/// The prime of ML-KEM (FIPS 203, section 2.4).
const Q: u16 = 3329;
/// Size of the seed `rho` behind the packed coefficients of an encapsulation key, bytes.
const RHO_BYTES: usize = 32;

pub(crate) type SharedSecret = Zeroizing<[u8; SHARED_SECRET_BYTES]>;

/// An expanded private key inside the provider, which wipes it when it is dropped.
pub(crate) struct Decapsulator(DecapsulationKey);

impl Decapsulator {
    /// Both keys from `d || z`.
    pub(crate) fn from_seed(set: MlKem, seed: &[u8; 64]) -> Result<(Self, Vec<u8>), CryptoError> {
        let failed = CryptoError::Provider { what: "ML-KEM key generation" };
        let pair = mldsa_mu::expand_seed(set, seed).map_err(|_| failed.clone())?;
        let secret = SecretBytes::new(pair.decapsulation_key);
        let key = DecapsulationKey::new(algorithm(set), secret.expose()).map_err(|_| failed)?;
        Ok((Self(key), pair.encapsulation_key))
    }

    /// The shared secret of a ciphertext of the right length. A forged ciphertext gives a secret
    /// that nobody else knows (implicit rejection), not an error.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<SharedSecret, CryptoError> {
        let shared = self.0.decapsulate(ciphertext.into()).map_err(|_| CryptoError::Decrypt)?;
        let shared = shared.as_ref().try_into().map_err(|_| CryptoError::Decrypt)?;
        Ok(Zeroizing::new(shared))
    }
}

/// Encapsulates with the given coins: the shared secret and the ciphertext.
pub(crate) fn encapsulate(
    set: MlKem,
    key: &[u8],
    coins: &[u8; 32],
) -> Result<(SharedSecret, Vec<u8>), CryptoError> {
    let (secret, ciphertext) = mldsa_mu::encapsulate_deterministic(set, key, coins)
        .map_err(|_| CryptoError::InvalidKey { what: "ML-KEM public key" })?;
    Ok((Zeroizing::new(secret), ciphertext))
}

/// The modulus check of FIPS 203, section 7.2: every packed coefficient is below q. The caller has
/// checked the length.
pub(crate) fn check_public_key(key: &[u8]) -> Result<(), CryptoError> {
    let packed = key.len().saturating_sub(RHO_BYTES);
    let (triples, _) = key.get(..packed).unwrap_or_default().as_chunks::<3>();
    let reduced = triples.iter().all(|&[low, middle, high]| {
        let first = u16::from_le_bytes([low, middle & 0x0f]);
        let second = u16::from_le_bytes([(middle >> 4) | (high << 4), high >> 4]);
        first < Q && second < Q
    });
    if reduced { Ok(()) } else { Err(CryptoError::InvalidKey { what: "ML-KEM public key" }) }
}

const fn algorithm(set: MlKem) -> &'static aws_lc_rs::kem::Algorithm<AlgorithmId> {
    match set {
        MlKem::MlKem512 => &ML_KEM_512,
        MlKem::MlKem768 => &ML_KEM_768,
        MlKem::MlKem1024 => &ML_KEM_1024,
    }
}
