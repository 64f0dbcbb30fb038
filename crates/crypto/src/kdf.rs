//! Key derivation: HKDF for secrets, Argon2id and PBKDF2 for passwords.

use core::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{hkdf, pbkdf2};

use crate::{CryptoError, SecretBytes};

/// Iterations of PBKDF2-HMAC-SHA256 for new passwords (OWASP password storage guidance, 2023).
pub const PBKDF2_ITERATIONS: u32 = 600_000;

/// Cost of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    /// Memory, KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

impl Argon2Params {
    /// For passwords of users: 19 MiB, 2 passes (OWASP minimum), about 70 ms.
    pub const USER: Self = Self { m_kib: 19 * 1024, t: 2, p: 1 };
    /// For key-encryption keys: 64 MiB, 3 passes (RFC 9106, section 4, second choice, one lane).
    pub const KEK: Self = Self { m_kib: 64 * 1024, t: 3, p: 1 };
}

/// HKDF-SHA-256 (RFC 5869): `len` bytes from `ikm`, bound to `info`, concatenated.
///
/// # Errors
///
/// [`CryptoError::Kdf`] above 8,160 bytes.
pub fn hkdf_sha256(
    ikm: &SecretBytes,
    salt: &[u8],
    info: &[&[u8]],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let mut out = vec![0; len];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(ikm.expose());
    prk.expand(info, OutputLen(len))
        .and_then(|okm| okm.fill(&mut out))
        .map_err(|_| CryptoError::Kdf)?;
    Ok(SecretBytes::new(out))
}

struct OutputLen(usize);

impl hkdf::KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

/// Argon2id version 1.3 (RFC 9106).
///
/// # Errors
///
/// [`CryptoError::Kdf`] for a salt under 8 bytes, an output under 4, or impossible costs.
pub fn argon2id(
    pass: &SecretBytes,
    salt: &[u8],
    params: Argon2Params,
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let mut out = vec![0; len];
    let params =
        Params::new(params.m_kib, params.t, params.p, Some(len)).map_err(|_| CryptoError::Kdf)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pass.expose(), salt, &mut out)
        .map_err(|_| CryptoError::Kdf)?;
    Ok(SecretBytes::new(out))
}

/// PBKDF2-HMAC-SHA-256 (RFC 8018), where Argon2id does not exist.
///
/// # Errors
///
/// [`CryptoError::Kdf`] for an empty output.
pub fn pbkdf2_hmac_sha256(
    pass: &SecretBytes,
    salt: &[u8],
    iterations: NonZeroU32,
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    if len == 0 {
        return Err(CryptoError::Kdf);
    }
    let mut out = vec![0; len];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, pass.expose(), &mut out);
    Ok(SecretBytes::new(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_parameters_are_refused() {
        let pass = SecretBytes::new(b"password".to_vec());
        assert_eq!(hkdf_sha256(&pass, b"", &[], 8161).err(), Some(CryptoError::Kdf));
        let cheap = Argon2Params { m_kib: 64, t: 1, p: 1 };
        assert_eq!(argon2id(&pass, b"short", cheap, 32).err(), Some(CryptoError::Kdf));
        let none = Argon2Params { m_kib: 0, t: 0, p: 0 };
        assert_eq!(argon2id(&pass, b"somesalt", none, 32).err(), Some(CryptoError::Kdf));
        let once = NonZeroU32::MIN;
        assert_eq!(pbkdf2_hmac_sha256(&pass, b"", once, 0).err(), Some(CryptoError::Kdf));
    }

    #[test]
    fn argon2id_gives_the_reference_answer() {
        // phc-winner-argon2, src/test.c: version 1.3, Argon2id, t=2, m=2^16, p=1.
        let pass = SecretBytes::new(b"password".to_vec());
        let costs = Argon2Params { m_kib: 1 << 16, t: 2, p: 1 };
        let key = argon2id(&pass, b"somesalt", costs, 32).unwrap();
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(hex::encode(key.expose()), expected);
    }

    #[test]
    fn info_is_concatenated() {
        let ikm = SecretBytes::new(vec![1; 32]);
        let split = hkdf_sha256(&ikm, b"s", &[b"a", b"b"], 32).unwrap();
        let whole = hkdf_sha256(&ikm, b"s", &[b"ab"], 32).unwrap();
        assert_eq!(split.expose(), whole.expose());
    }
}
