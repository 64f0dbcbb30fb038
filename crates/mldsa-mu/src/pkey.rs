//! Owning handles for the two AWS-LC objects that everything here is made of.

use core::ffi::c_int;
use core::ptr::{self, NonNull};

use aws_lc_sys::{
    EVP_PKEY, EVP_PKEY_CTX, EVP_PKEY_CTX_free, EVP_PKEY_CTX_new, EVP_PKEY_CTX_new_id,
    EVP_PKEY_free, EVP_PKEY_get_raw_private_key, EVP_PKEY_get_raw_public_key,
};

use crate::Error;

/// AWS-LC's answer for success; 0 and negative values are failures.
pub(crate) const OK: c_int = 1;

/// An owned `EVP_PKEY`, immutable after construction.
pub(crate) struct Pkey(NonNull<EVP_PKEY>);

// SAFETY: AWS-LC allows one EVP_PKEY to be used by several threads as long as none mutates it
// (include/openssl/evp.h, "EVP_PKEY objects"); its reference count is atomic, and no function here
// mutates a key after it is made.
unsafe impl Send for Pkey {}
// SAFETY: as above.
unsafe impl Sync for Pkey {}

impl Pkey {
    /// Takes ownership of `raw`, or reports `refusal` for a null pointer.
    ///
    /// # Safety
    ///
    /// `raw` is null or a valid `EVP_PKEY` whose one reference passes to the result.
    pub(crate) unsafe fn from_owned(raw: *mut EVP_PKEY, refusal: Error) -> Result<Self, Error> {
        NonNull::new(raw).map(Self).ok_or(refusal)
    }

    /// Copies the raw public key of `len` bytes out.
    pub(crate) fn raw_public(&self, len: usize) -> Result<Vec<u8>, Error> {
        let mut out = vec![0; len];
        let mut written = len;
        // SAFETY: the key is live; `out` is writable for `written` bytes, and AWS-LC writes no more.
        let answer = unsafe {
            EVP_PKEY_get_raw_public_key(self.0.as_ptr(), out.as_mut_ptr(), &raw mut written)
        };
        (answer == OK && written == len).then_some(out).ok_or(Error::Provider)
    }

    /// Copies the expanded private key of `len` bytes out. The caller wipes it.
    pub(crate) fn raw_private(&self, len: usize) -> Result<Vec<u8>, Error> {
        let mut out = vec![0; len];
        let mut written = len;
        // SAFETY: the key is live; `out` is writable for `written` bytes, and AWS-LC writes no more.
        let answer = unsafe {
            EVP_PKEY_get_raw_private_key(self.0.as_ptr(), out.as_mut_ptr(), &raw mut written)
        };
        (answer == OK && written == len).then_some(out).ok_or(Error::Provider)
    }
}

impl Drop for Pkey {
    fn drop(&mut self) {
        // SAFETY: we own one reference and give it up once. AWS-LC wipes the memory it frees.
        unsafe { EVP_PKEY_free(self.0.as_ptr()) }
    }
}

/// One operation: an owned `EVP_PKEY_CTX`, used by one thread and thrown away.
pub(crate) struct Operation(NonNull<EVP_PKEY_CTX>);

impl Operation {
    /// An operation with `key`. AWS-LC takes a reference of its own to the key.
    pub(crate) fn with(key: &Pkey) -> Result<Self, Error> {
        // SAFETY: the key is live, and a null engine selects the built-in implementation.
        let raw = unsafe { EVP_PKEY_CTX_new(key.0.as_ptr(), ptr::null_mut()) };
        NonNull::new(raw).map(Self).ok_or(Error::Provider)
    }

    /// An operation that makes a key of the type `id`.
    pub(crate) fn making(id: c_int) -> Result<Self, Error> {
        // SAFETY: plain values; a null engine selects the built-in implementation.
        let raw = unsafe { EVP_PKEY_CTX_new_id(id, ptr::null_mut()) };
        NonNull::new(raw).map(Self).ok_or(Error::Provider)
    }

    /// The pointer, valid for as long as `self` lives.
    pub(crate) fn as_ptr(&self) -> *mut EVP_PKEY_CTX {
        self.0.as_ptr()
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: we own the context and free it once.
        unsafe { EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}
