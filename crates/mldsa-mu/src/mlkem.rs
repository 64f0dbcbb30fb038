//! ML-KEM (FIPS 203) from a seed, and encapsulation with given coins.

use core::ffi::c_int;
use core::ptr;

use aws_lc_sys::{
    EVP_PKEY_CTX_kem_set_params, EVP_PKEY_KEM, EVP_PKEY_encapsulate_deterministic,
    EVP_PKEY_kem_new_raw_public_key, EVP_PKEY_keygen_deterministic, EVP_PKEY_keygen_init,
    NID_MLKEM512, NID_MLKEM768, NID_MLKEM1024,
};

use crate::Error;
use crate::pkey::{OK, Operation, Pkey};

/// Size of the shared secret of every parameter set, bytes.
pub const SHARED_SECRET_BYTES: usize = 32;

/// A parameter set of ML-KEM (FIPS 203, table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlKem {
    /// Category 1.
    MlKem512,
    /// Category 3.
    MlKem768,
    /// Category 5.
    MlKem1024,
}

impl MlKem {
    /// Size of an encapsulation key, bytes (FIPS 203, table 3).
    #[must_use]
    pub const fn encapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem512 => 800,
            Self::MlKem768 => 1184,
            Self::MlKem1024 => 1568,
        }
    }

    /// Size of an expanded decapsulation key, bytes (FIPS 203, table 3).
    #[must_use]
    pub const fn decapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem512 => 1632,
            Self::MlKem768 => 2400,
            Self::MlKem1024 => 3168,
        }
    }

    /// Size of a ciphertext, bytes (FIPS 203, table 3).
    #[must_use]
    pub const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem512 => 768,
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }

    const fn nid(self) -> c_int {
        match self {
            Self::MlKem512 => NID_MLKEM512,
            Self::MlKem768 => NID_MLKEM768,
            Self::MlKem1024 => NID_MLKEM1024,
        }
    }
}

/// Both keys of FIPS 203, algorithm 16, encoded.
pub struct KemPair {
    /// Public.
    pub encapsulation_key: Vec<u8>,
    /// Secret and expanded; whoever takes it wipes it.
    pub decapsulation_key: Vec<u8>,
}

/// `ML-KEM.KeyGen_internal(d, z)` with `seed = d || z`.
///
/// # Errors
///
/// [`Error::Provider`] when AWS-LC lacks the parameter set or memory.
pub fn expand_seed(set: MlKem, seed: &[u8; 64]) -> Result<KemPair, Error> {
    aws_lc_rs::init();
    let operation = Operation::making(EVP_PKEY_KEM)?;
    // SAFETY: the operation is live, of the KEM type, and has no key yet.
    let ready = unsafe {
        EVP_PKEY_CTX_kem_set_params(operation.as_ptr(), set.nid()) == OK
            && EVP_PKEY_keygen_init(operation.as_ptr()) == OK
    };
    if !ready {
        return Err(Error::Provider);
    }
    let mut seed_len = seed.len();
    let mut made = ptr::null_mut();
    // SAFETY: the operation is live and initialised for key generation; `seed` is readable for
    // `seed_len` bytes, which AWS-LC requires to be 64; `made` is null, so AWS-LC allocates the
    // key and its one reference passes to the handle, or leaves `made` null when it fails.
    let key = unsafe {
        EVP_PKEY_keygen_deterministic(
            operation.as_ptr(),
            &raw mut made,
            seed.as_ptr(),
            &raw mut seed_len,
        );
        Pkey::from_owned(made, Error::Provider)?
    };
    Ok(KemPair {
        encapsulation_key: key.raw_public(set.encapsulation_key_len())?,
        decapsulation_key: key.raw_private(set.decapsulation_key_len())?,
    })
}

/// `ML-KEM.Encaps_internal(ek, m)`: the shared secret and the ciphertext.
///
/// # Security
///
/// `coins` (`m`) must be fresh, uniform and secret; it stands for the random choice of FIPS 203,
/// algorithm 20.
///
/// # Errors
///
/// [`Error::InvalidKey`] for a wrong length or a coefficient that is not reduced (section 7.2).
pub fn encapsulate_deterministic(
    set: MlKem,
    encapsulation_key: &[u8],
    coins: &[u8; 32],
) -> Result<([u8; SHARED_SECRET_BYTES], Vec<u8>), Error> {
    aws_lc_rs::init();
    // SAFETY: the key is readable for its length, which AWS-LC checks, and copied; the one
    // reference to the new object passes to the handle.
    let key = unsafe {
        let raw = EVP_PKEY_kem_new_raw_public_key(
            set.nid(),
            encapsulation_key.as_ptr(),
            encapsulation_key.len(),
        );
        Pkey::from_owned(raw, Error::InvalidKey)?
    };
    let operation = Operation::with(&key)?;
    let mut ciphertext = vec![0; set.ciphertext_len()];
    let mut ciphertext_len = ciphertext.len();
    let mut secret = [0; SHARED_SECRET_BYTES];
    let mut secret_len = secret.len();
    let mut coins_len = coins.len();
    // SAFETY: the operation is live; the two outputs are writable and the coins readable for the
    // lengths given, all of which AWS-LC checks before it writes.
    let answer = unsafe {
        EVP_PKEY_encapsulate_deterministic(
            operation.as_ptr(),
            ciphertext.as_mut_ptr(),
            &raw mut ciphertext_len,
            secret.as_mut_ptr(),
            &raw mut secret_len,
            coins.as_ptr(),
            &raw mut coins_len,
        )
    };
    let whole = ciphertext_len == ciphertext.len() && secret_len == secret.len();
    (answer == OK && whole).then_some((secret, ciphertext)).ok_or(Error::InvalidKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreduced_and_short_encapsulation_keys_are_refused() {
        for set in [MlKem::MlKem512, MlKem::MlKem768, MlKem::MlKem1024] {
            let pair = expand_seed(set, &[3; 64]).unwrap();
            let mut key = pair.encapsulation_key.clone();
            assert!(encapsulate_deterministic(set, &key, &[4; 32]).is_ok());
            for byte in key.iter_mut().take(3) {
                *byte = 0xff;
            }
            let refused = Err(Error::InvalidKey);
            assert_eq!(encapsulate_deterministic(set, &key, &[4; 32]), refused);
            key.pop();
            assert_eq!(encapsulate_deterministic(set, &key, &[4; 32]), refused);
        }
    }
}
