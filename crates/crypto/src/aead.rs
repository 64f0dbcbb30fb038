//! Authenticated encryption with a random nonce in front.
//!
//! ```text
//! sealed = nonce (12) || ciphertext || tag (16)
//! ```

use aws_lc_rs::aead::{
    AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};

use crate::{CryptoError, SecretBytes, random};

const KEY_BYTES: usize = 32;

/// Which AEAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AeadAlgorithm {
    /// RFC 8439.
    ChaCha20Poly1305,
    /// NIST SP 800-38D with a 256-bit key.
    Aes256Gcm,
}

impl AeadAlgorithm {
    /// The algorithm's registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
            Self::Aes256Gcm => "AES-256-GCM",
        }
    }
}

/// A 32-byte AEAD key.
///
/// Nonces are random: one key seals at most 2^32 messages (SP 800-38D, section 8.3), so keys are
/// derived per purpose and rotated.
pub struct AeadKey(LessSafeKey);

impl AeadKey {
    /// A key of exactly 32 bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidLength`]
    pub fn new(algorithm: AeadAlgorithm, key: &SecretBytes) -> Result<Self, CryptoError> {
        let algorithm = match algorithm {
            AeadAlgorithm::ChaCha20Poly1305 => &CHACHA20_POLY1305,
            AeadAlgorithm::Aes256Gcm => &AES_256_GCM,
        };
        let unbound = UnboundKey::new(algorithm, key.expose()).map_err(|_| {
            CryptoError::InvalidLength { what: "AEAD key", expected: KEY_BYTES, actual: key.len() }
        })?;
        Ok(Self(LessSafeKey::new(unbound)))
    }

    /// Encrypts under a fresh random nonce and authenticates `aad` along.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Entropy`]; [`CryptoError::Provider`] for more plaintext than the algorithm
    /// allows.
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&self.seal_with_nonce(nonce, aad, plaintext)?);
        Ok(sealed)
    }

    /// Ciphertext and tag under a given nonce, which is not part of the result.
    ///
    /// # Security
    ///
    /// For known answers and formats with a nonce of their own. A nonce used twice under one key
    /// reveals both plaintexts and lets anyone forge.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Provider`]
    pub fn seal_with_nonce(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mut bytes = plaintext.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::from(&nonce), Aad::from(aad), &mut bytes)
            .map_err(|_| CryptoError::Provider { what: "AEAD seal" })?;
        Ok(bytes)
    }

    /// Checks and decrypts what [`AeadKey::seal`] made with the same `aad`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Decrypt`], whatever is wrong.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, CryptoError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::Decrypt)?;
        let mut bytes = body.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::from(nonce), Aad::from(aad), &mut bytes)
            .map_err(|_| CryptoError::Decrypt)?
            .len();
        bytes.truncate(opened);
        Ok(SecretBytes::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALGORITHMS: [AeadAlgorithm; 2] =
        [AeadAlgorithm::ChaCha20Poly1305, AeadAlgorithm::Aes256Gcm];

    fn key(algorithm: AeadAlgorithm, byte: u8) -> AeadKey {
        AeadKey::new(algorithm, &SecretBytes::new(vec![byte; 32])).unwrap()
    }

    #[test]
    fn keys_that_are_not_32_bytes_are_refused() {
        for (algorithm, actual) in ALGORITHMS.into_iter().zip([16, 33]) {
            let answer = AeadKey::new(algorithm, &SecretBytes::new(vec![0; actual])).err();
            let refusal = CryptoError::InvalidLength { what: "AEAD key", expected: 32, actual };
            assert_eq!(answer, Some(refusal));
        }
    }

    #[test]
    fn truncated_and_empty_boxes_are_refused() {
        for algorithm in ALGORITHMS {
            let sealed = key(algorithm, 1).seal(b"a", b"secret").unwrap();
            for len in 0..sealed.len() {
                let answer = key(algorithm, 1).open(b"a", &sealed[..len]).err();
                assert_eq!(answer, Some(CryptoError::Decrypt));
            }
        }
    }

    #[test]
    fn the_other_algorithm_and_the_other_key_open_nothing() {
        let sealed = key(AeadAlgorithm::ChaCha20Poly1305, 1).seal(b"a", b"secret").unwrap();
        assert!(key(AeadAlgorithm::Aes256Gcm, 1).open(b"a", &sealed).is_err());
        assert!(key(AeadAlgorithm::ChaCha20Poly1305, 2).open(b"a", &sealed).is_err());
    }

    #[test]
    fn nonces_do_not_repeat() {
        let key = key(AeadAlgorithm::Aes256Gcm, 1);
        assert_ne!(key.seal(b"", b"m").unwrap()[..12], key.seal(b"", b"m").unwrap()[..12]);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_box_or_additional_data_is_refused(
            plaintext: Vec<u8>,
            mut aad in proptest::collection::vec(any::<u8>(), 1..40),
            at: proptest::sample::Index,
            bit in 0..8_u8,
        ) {
            for algorithm in ALGORITHMS {
                let key = key(algorithm, 1);
                let mut sealed = key.seal(&aad, &plaintext).unwrap();
                let opened = key.open(&aad, &sealed).unwrap();
                prop_assert_eq!(opened.expose(), plaintext.as_slice());
                let place = at.index(sealed.len());
                sealed[place] ^= 1 << bit;
                prop_assert_eq!(key.open(&aad, &sealed).err(), Some(CryptoError::Decrypt));
                sealed[place] ^= 1 << bit;
                let place = at.index(aad.len());
                aad[place] ^= 1 << bit;
                prop_assert_eq!(key.open(&aad, &sealed).err(), Some(CryptoError::Decrypt));
                aad[place] ^= 1 << bit;
            }
        }
    }
}
