//! Secret bytes and the only source of entropy of the bank.

use core::fmt;

use zeroize::Zeroizing;

use crate::CryptoError;

/// Secret bytes: wiped when dropped, never printed, never copied by accident.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes ownership. Earlier copies, such as those left by a growing `Vec`, are the caller's.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length, bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy in memory. Named, so that each copy of a secret can be found.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

/// True if both are equal, in time that depends on the lengths only.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// `N` random bytes.
///
/// # Errors
///
/// [`CryptoError::Entropy`]
pub fn random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut out = [0; N];
    fill_random(&mut out)?;
    Ok(out)
}

/// `len` random bytes, secret.
///
/// # Errors
///
/// [`CryptoError::Entropy`]
pub fn random_secret(len: usize) -> Result<SecretBytes, CryptoError> {
    let mut out = SecretBytes::new(vec![0; len]);
    fill_random(&mut out.0)?;
    Ok(out)
}

/// Overwrites `out` with random bytes from the provider's generator.
///
/// # Errors
///
/// [`CryptoError::Entropy`]
pub fn fill_random(out: &mut [u8]) -> Result<(), CryptoError> {
    aws_lc_rs::rand::fill(out).map_err(|_| CryptoError::Entropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = SecretBytes::new(b"hunter2".to_vec());
        assert_eq!(format!("{secret:?}"), "SecretBytes(7 bytes)");
        assert_eq!(secret.duplicate().expose(), b"hunter2");
    }

    #[test]
    fn unequal_lengths_and_bytes_are_unequal() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"ab", b"ab"));
        assert!(!constant_time_eq(b"ab", b"ac"));
        assert!(!constant_time_eq(b"ab", b"abc"));
    }

    #[test]
    fn random_values_do_not_repeat() {
        assert_ne!(random::<32>(), random::<32>());
        let (first, second) = (random_secret(32).unwrap(), random_secret(32).unwrap());
        assert_ne!(first.expose(), second.expose());
    }
}
