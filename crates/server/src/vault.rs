//! Secrets at rest: sealed under the bank's data key, one derived key per purpose.
//!
//! ```text
//! sealed = version (1) || nonce (12) || ciphertext || tag (16)
//! key    = HKDF-SHA256(data key, info = "strongroom/vault/" || purpose || "/v1")
//! aad    = "strongroom/vault/" || purpose || "/v1" || owner
//! ```
//!
//! Who owns the database owns ciphertext: a sealed value moved to another row, or to another purpose, does not open,
//! because its owner (the row's id) is bound to it.

use std::sync::Arc;

use crypto::{AeadAlgorithm, AeadKey, CryptoError, SecretBytes, hkdf_sha256};
use thiserror::Error;

/// First byte of everything sealed here.
const VERSION: u8 = 1;
/// Length of the data key and of every derived key, in bytes.
const KEY_LEN: usize = 32;

/// What a sealed value is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VaultPurpose {
    /// The key that a device handed over at enrolment; its owner is the device id.
    DeviceKey,
    /// The bootstrap secret of a session; its owner is the session id.
    SessionSecret,
    /// The hash of a password; its owner is the user id.
    PasswordHash,
    /// The secret of an authenticator; its owner is the user id.
    TotpSecret,
    /// The secret of an endpoint of webhooks; its owner is the id of the intent that made it.
    WebhookSecret,
}

impl VaultPurpose {
    const fn label(self) -> &'static str {
        match self {
            Self::DeviceKey => "strongroom/vault/device-key/v1",
            Self::SessionSecret => "strongroom/vault/session-secret/v1",
            Self::PasswordHash => "strongroom/vault/password-hash/v1",
            Self::TotpSecret => "strongroom/vault/totp-secret/v1",
            Self::WebhookSecret => "strongroom/vault/webhook-secret/v1",
        }
    }
}

/// Seals and opens secrets under the bank's data key. Clones share the derived keys.
#[derive(Clone)]
pub struct Vault(Arc<DerivedKeys>);

struct DerivedKeys {
    device_keys: AeadKey,
    session_secrets: AeadKey,
    password_hashes: AeadKey,
    totp_secrets: AeadKey,
    webhook_secrets: AeadKey,
}

impl Vault {
    /// Derives the keys of all purposes from the data key (32 bytes).
    pub fn new(algorithm: AeadAlgorithm, data_key: &SecretBytes) -> Result<Self, CryptoError> {
        let key = |purpose: VaultPurpose| {
            let derived = hkdf_sha256(data_key, b"", &[purpose.label().as_bytes()], KEY_LEN)?;
            AeadKey::new(algorithm, &derived)
        };
        Ok(Self(Arc::new(DerivedKeys {
            device_keys: key(VaultPurpose::DeviceKey)?,
            session_secrets: key(VaultPurpose::SessionSecret)?,
            password_hashes: key(VaultPurpose::PasswordHash)?,
            totp_secrets: key(VaultPurpose::TotpSecret)?,
            webhook_secrets: key(VaultPurpose::WebhookSecret)?,
        })))
    }

    /// Seals `secret` for the row whose id is `owner`.
    pub fn seal(
        &self,
        purpose: VaultPurpose,
        owner: &[u8],
        secret: &SecretBytes,
    ) -> Result<Vec<u8>, CryptoError> {
        let mut sealed = vec![VERSION];
        sealed.extend(self.key(purpose).seal(&aad(purpose, owner), secret.expose())?);
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] made for the same purpose and owner.
    pub fn open(
        &self,
        purpose: VaultPurpose,
        owner: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, VaultError> {
        let (version, body) = sealed.split_first().ok_or(VaultError::Sealed)?;
        if *version != VERSION {
            return Err(VaultError::Version(*version));
        }
        self.key(purpose).open(&aad(purpose, owner), body).map_err(|_| VaultError::Sealed)
    }

    fn key(&self, purpose: VaultPurpose) -> &AeadKey {
        match purpose {
            VaultPurpose::DeviceKey => &self.0.device_keys,
            VaultPurpose::SessionSecret => &self.0.session_secrets,
            VaultPurpose::PasswordHash => &self.0.password_hashes,
            VaultPurpose::TotpSecret => &self.0.totp_secrets,
            VaultPurpose::WebhookSecret => &self.0.webhook_secrets,
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

fn aad(purpose: VaultPurpose, owner: &[u8]) -> Vec<u8> {
    [purpose.label().as_bytes(), owner].concat()
}

/// Why a stored secret does not open.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum VaultError {
    /// The first byte names a layout that this code does not know.
    #[error("sealed value has unknown version {0}")]
    Version(u8),
    /// Altered, moved from another row or purpose, or sealed under another data key.
    #[error("sealed value does not open under this bank's data key")]
    Sealed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(AeadAlgorithm::ChaCha20Poly1305, &SecretBytes::new(vec![byte; KEY_LEN])).unwrap()
    }

    #[test]
    fn another_owner_purpose_or_data_key_opens_nothing() {
        let (ours, theirs) = (vault(1), vault(2));
        let secret = SecretBytes::new(b"device key".to_vec());
        let sealed = ours.seal(VaultPurpose::DeviceKey, b"row 1", &secret).unwrap();
        let refused = Some(VaultError::Sealed);
        assert_eq!(ours.open(VaultPurpose::DeviceKey, b"row 2", &sealed).err(), refused);
        assert_eq!(ours.open(VaultPurpose::SessionSecret, b"row 1", &sealed).err(), refused);
        assert_eq!(theirs.open(VaultPurpose::DeviceKey, b"row 1", &sealed).err(), refused);
        let opened = ours.open(VaultPurpose::DeviceKey, b"row 1", &sealed).unwrap();
        assert_eq!(opened.expose(), secret.expose());
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_refused() {
        let vault = vault(1);
        let secret = SecretBytes::new(vec![7; 32]);
        let sealed = vault.seal(VaultPurpose::SessionSecret, b"id", &secret).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(vault.open(VaultPurpose::SessionSecret, b"id", &altered).is_err(), "byte {at}");
            assert!(vault.open(VaultPurpose::SessionSecret, b"id", &sealed[..at]).is_err());
        }
        let version = vault.open(VaultPurpose::SessionSecret, b"id", &[2, 0, 0]);
        assert_eq!(version.err(), Some(VaultError::Version(2)));
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let secret = SecretBytes::new(vec![7; 32]);
        let seal = || vault(1).seal(VaultPurpose::DeviceKey, b"id", &secret).unwrap();
        assert_ne!(seal(), seal());
    }
}
