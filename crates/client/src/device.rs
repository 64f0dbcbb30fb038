//! The device: one secret, and the two things derived from it.

use crypto::{CryptoError, SecretBytes, Sha3, hkdf_sha256, hmac_sha3_256, random_secret, sha3_256};
use intent::DeviceId;

/// Length of the device secret, the device key and the device verifier, in bytes.
const LEN: usize = 32;
const VERIFIER_INFO: &[u8] = b"strongroom/device-verifier/v1";
const KEY_INFO: &[u8] = b"strongroom/device-key/v1";
const PROOF_PREFIX: &[u8] = b"strongroom/device-proof/v1";

/// A device, known by a secret of 32 random bytes that never leaves it.
///
/// The bank sees the identity (a hash) in the certificate and is handed the device key, sealed, at
/// enrolment. Neither gives back the secret (HKDF-SHA256, RFC 5869).
pub struct Device {
    secret: SecretBytes,
    id: DeviceId,
    key: SecretBytes,
}

impl Device {
    /// A new device.
    pub fn generate() -> Result<Self, CryptoError> {
        Self::from_secret(random_secret(LEN)?)
    }

    /// The device of a secret of 32 bytes.
    pub fn from_secret(secret: SecretBytes) -> Result<Self, CryptoError> {
        if secret.len() != LEN {
            let actual = secret.len();
            return Err(CryptoError::InvalidLength {
                what: "device secret",
                expected: LEN,
                actual,
            });
        }
        let verifier = hkdf_sha256(&secret, &[], &[VERIFIER_INFO], LEN)?;
        let key = hkdf_sha256(&secret, &[], &[KEY_INFO], LEN)?;
        let id = DeviceId::new(sha3_256(verifier.expose()));
        Ok(Self { secret, id, key })
    }

    /// SHA3-256 of the device verifier: control 3 of the certificates.
    #[must_use]
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The device key, 32 bytes.
    #[must_use]
    pub const fn key(&self) -> &SecretBytes {
        &self.key
    }

    /// What an enrolment or a rotation says of the key it hands over: SHA3-256 of it.
    #[must_use]
    pub fn key_commitment(&self) -> Sha3 {
        sha3_256(self.key.expose())
    }

    /// Proof of this device over the canonical bytes of a login: HMAC-SHA3-256, 32 bytes.
    #[must_use]
    pub fn proof(&self, canonical: &[u8]) -> [u8; 32] {
        hmac_sha3_256(&self.key, &[PROOF_PREFIX, canonical].concat())
    }

    /// The secret itself, for the key store.
    pub(crate) const fn secret(&self) -> &SecretBytes {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_another_length_is_refused() {
        for len in [0, 31, 33] {
            assert!(Device::from_secret(SecretBytes::new(vec![1; len])).is_err());
        }
    }

    #[test]
    fn the_same_secret_is_the_same_device_and_shows_none_of_itself() {
        let secret = || SecretBytes::new(vec![9; LEN]);
        let (left, right) =
            (Device::from_secret(secret()).unwrap(), Device::from_secret(secret()).unwrap());
        assert_eq!(left.id(), right.id());
        assert_eq!(left.proof(b"x"), right.proof(b"x"));
        assert_ne!(left.proof(b"x"), right.proof(b"y"));
        assert_ne!(left.key().expose(), secret().expose());
    }
}
