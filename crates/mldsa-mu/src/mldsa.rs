//! ML-DSA (FIPS 204) with a context, signed and verified by external mu.
//!
//! ```text
//! tr = SHAKE256(pk, 64)
//! mu = SHAKE256(tr || 0x00 || len(ctx) || ctx || M, 64)
//! ```

use core::ffi::c_int;

use aws_lc_sys::{
    EVP_PKEY_pqdsa_new_raw_private_key, EVP_PKEY_pqdsa_new_raw_public_key, EVP_PKEY_sign,
    EVP_PKEY_sign_init, EVP_PKEY_verify, EVP_PKEY_verify_init, NID_MLDSA44, NID_MLDSA65,
    NID_MLDSA87,
};

use crate::pkey::{OK, Operation, Pkey};
use crate::{Error, shake256};

/// Size of the private seed `xi` of every parameter set, bytes.
pub const SEED_BYTES: usize = 32;

/// A parameter set of ML-DSA (FIPS 204, table 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlDsa {
    /// Category 2.
    MlDsa44,
    /// Category 3.
    MlDsa65,
    /// Category 5.
    MlDsa87,
}

impl MlDsa {
    /// Size of a public key, bytes (FIPS 204, table 2).
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
            Self::MlDsa87 => 2592,
        }
    }

    /// Size of a signature, bytes (FIPS 204, table 2).
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::MlDsa44 => 2420,
            Self::MlDsa65 => 3309,
            Self::MlDsa87 => 4627,
        }
    }

    const fn nid(self) -> c_int {
        match self {
            Self::MlDsa44 => NID_MLDSA44,
            Self::MlDsa65 => NID_MLDSA65,
            Self::MlDsa87 => NID_MLDSA87,
        }
    }
}

/// A parsed public key with its `tr`, ready to verify many signatures.
pub struct VerifyingKey {
    set: MlDsa,
    bytes: Vec<u8>,
    tr: [u8; 64],
    key: Pkey,
}

impl VerifyingKey {
    /// Parses `pk` in the encoding of FIPS 204, algorithm 22.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] for a wrong length. Every byte string of the right length is a key.
    pub fn from_bytes(set: MlDsa, bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != set.public_key_len() {
            return Err(Error::InvalidKey);
        }
        aws_lc_rs::init();
        // SAFETY: `bytes` is readable for its length and copied by AWS-LC; the one reference to
        // the new object passes to the handle.
        let key = unsafe {
            let raw = EVP_PKEY_pqdsa_new_raw_public_key(set.nid(), bytes.as_ptr(), bytes.len());
            Pkey::from_owned(raw, Error::InvalidKey)?
        };
        Ok(Self { set, bytes: bytes.to_vec(), tr: shake256(&[bytes])?, key })
    }

    /// The encoded key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The message representative for `parts`, concatenated, under `context`.
    ///
    /// # Errors
    ///
    /// [`Error::ContextTooLong`] above 255 bytes.
    pub fn mu(&self, context: &[u8], parts: &[&[u8]]) -> Result<[u8; 64], Error> {
        let context_len = u8::try_from(context.len()).map_err(|_| Error::ContextTooLong)?;
        let head = [0, context_len];
        let mut all: Vec<&[u8]> = vec![&self.tr, &head, context];
        all.extend_from_slice(parts);
        shake256(&all)
    }

    /// The message representative of the internal interface (FIPS 204, algorithm 7), where
    /// `formatted` is already `M'`.
    ///
    /// # Errors
    ///
    /// [`Error::Provider`] when AWS-LC cannot allocate.
    pub fn mu_internal(&self, formatted: &[u8]) -> Result<[u8; 64], Error> {
        shake256(&[&self.tr, formatted])
    }

    /// Verifies `signature` over `parts`, concatenated, under `context`.
    ///
    /// # Errors
    ///
    /// [`Error::ContextTooLong`]; [`Error::InvalidSignature`] for anything else that is wrong.
    pub fn verify(&self, context: &[u8], parts: &[&[u8]], signature: &[u8]) -> Result<(), Error> {
        self.verify_mu(&self.mu(context, parts)?, signature)
    }

    /// Verifies `signature` over a message representative made for this key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`].
    pub fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> Result<(), Error> {
        if signature.len() != self.set.signature_len() {
            return Err(Error::InvalidSignature);
        }
        let operation = Operation::with(&self.key)?;
        // SAFETY: the operation is live.
        if unsafe { EVP_PKEY_verify_init(operation.as_ptr()) } != OK {
            return Err(Error::Provider);
        }
        // SAFETY: the operation is live and initialised for verifying; both slices are readable
        // for the lengths given, and AWS-LC only reads them.
        let answer = unsafe {
            EVP_PKEY_verify(
                operation.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                mu.as_ptr(),
                mu.len(),
            )
        };
        if answer == OK { Ok(()) } else { Err(Error::InvalidSignature) }
    }
}

/// A private key, kept expanded inside AWS-LC, which wipes it when it is dropped.
pub struct SigningKey {
    key: Pkey,
    public: VerifyingKey,
}

impl SigningKey {
    /// `ML-DSA.KeyGen_internal(seed)` (FIPS 204, algorithm 6).
    ///
    /// # Errors
    ///
    /// [`Error::Provider`] when AWS-LC lacks the parameter set or memory.
    pub fn from_seed(set: MlDsa, seed: &[u8; SEED_BYTES]) -> Result<Self, Error> {
        aws_lc_rs::init();
        // SAFETY: `seed` is readable for its length and copied by AWS-LC; the one reference to
        // the new object passes to the handle.
        let key = unsafe {
            let raw = EVP_PKEY_pqdsa_new_raw_private_key(set.nid(), seed.as_ptr(), seed.len());
            Pkey::from_owned(raw, Error::Provider)?
        };
        let public = VerifyingKey::from_bytes(set, &key.raw_public(set.public_key_len())?)?;
        Ok(Self { key, public })
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs `parts`, concatenated, under `context`: hedged, so no two signatures are alike.
    ///
    /// # Security
    ///
    /// The signature has not been verified yet; callers do so before they release it.
    ///
    /// # Errors
    ///
    /// [`Error::ContextTooLong`]; [`Error::Provider`].
    pub fn sign(&self, context: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        self.sign_mu(&self.public.mu(context, parts)?)
    }

    /// Signs a message representative made for this key.
    ///
    /// # Errors
    ///
    /// [`Error::Provider`].
    pub fn sign_mu(&self, mu: &[u8; 64]) -> Result<Vec<u8>, Error> {
        let operation = Operation::with(&self.key)?;
        // SAFETY: the operation is live.
        if unsafe { EVP_PKEY_sign_init(operation.as_ptr()) } != OK {
            return Err(Error::Provider);
        }
        let mut signature = vec![0; self.public.set.signature_len()];
        let mut written = signature.len();
        // SAFETY: the operation is live and initialised for signing; `signature` is writable for
        // `written` bytes and `mu` readable for its length.
        let answer = unsafe {
            EVP_PKEY_sign(
                operation.as_ptr(),
                signature.as_mut_ptr(),
                &raw mut written,
                mu.as_ptr(),
                mu.len(),
            )
        };
        (answer == OK && written == signature.len()).then_some(signature).ok_or(Error::Provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [MlDsa; 3] = [MlDsa::MlDsa44, MlDsa::MlDsa65, MlDsa::MlDsa87];

    #[test]
    fn wrong_lengths_and_long_contexts_are_refused() {
        for set in ALL {
            let key = SigningKey::from_seed(set, &[1; 32]).unwrap();
            let public = key.verifying_key();
            let short = public.as_bytes().split_last().unwrap().1;
            assert_eq!(VerifyingKey::from_bytes(set, short).err(), Some(Error::InvalidKey));
            assert_eq!(key.sign(&[0; 256], &[b"m"]), Err(Error::ContextTooLong));
            let signature = key.sign(&[0; 255], &[b"m"]).unwrap();
            assert_eq!(public.verify(&[0; 256], &[b"m"], &signature), Err(Error::ContextTooLong));
            let short = signature.split_last().unwrap().1;
            assert_eq!(public.verify(&[0; 255], &[b"m"], short), Err(Error::InvalidSignature));
            assert_eq!(public.verify(&[], &[b"m"], &[]), Err(Error::InvalidSignature));
        }
    }

    #[test]
    fn signatures_are_hedged_and_bound_to_context_message_and_key() {
        for set in ALL {
            let key = SigningKey::from_seed(set, &[1; 32]).unwrap();
            let other = SigningKey::from_seed(set, &[2; 32]).unwrap();
            let first = key.sign(b"c", &[b"m"]).unwrap();
            assert_ne!(first, key.sign(b"c", &[b"m"]).unwrap());
            key.verifying_key().verify(b"c", &[b"m"], &first).unwrap();
            for (who, context, message) in
                [(&key, b"d", b"m"), (&key, b"c", b"n"), (&other, b"c", b"m")]
            {
                let answer = who.verifying_key().verify(context, &[message], &first);
                assert_eq!(answer, Err(Error::InvalidSignature));
            }
        }
    }
}
