//! SHAKE256 (FIPS 202, section 6.2), which `aws-lc-rs` does not expose.

use core::ptr::NonNull;

use aws_lc_sys::{
    EVP_DigestFinalXOF, EVP_DigestInit, EVP_DigestUpdate, EVP_MD_CTX, EVP_MD_CTX_free,
    EVP_MD_CTX_new, EVP_shake256,
};

use crate::{Error, pkey::OK};

struct Sponge(NonNull<EVP_MD_CTX>);

impl Drop for Sponge {
    fn drop(&mut self) {
        // SAFETY: we own the context and free it once.
        unsafe { EVP_MD_CTX_free(self.0.as_ptr()) }
    }
}

/// `N` bytes of SHAKE256 over the concatenation of `parts`.
///
/// # Errors
///
/// [`Error::Provider`] when AWS-LC cannot allocate its state.
pub fn shake256<const N: usize>(parts: &[&[u8]]) -> Result<[u8; N], Error> {
    // SAFETY: takes no arguments; a null answer is refused here.
    let sponge = Sponge(NonNull::new(unsafe { EVP_MD_CTX_new() }).ok_or(Error::Provider)?);
    // SAFETY: the context is live, and EVP_shake256 returns a pointer to a static table.
    require(unsafe { EVP_DigestInit(sponge.0.as_ptr(), EVP_shake256()) })?;
    for part in parts {
        // SAFETY: the context is live; `part` is readable for its length.
        require(unsafe { EVP_DigestUpdate(sponge.0.as_ptr(), part.as_ptr().cast(), part.len()) })?;
    }
    let mut out = [0; N];
    // SAFETY: the context is live; `out` is writable for the `N` bytes asked for.
    require(unsafe { EVP_DigestFinalXOF(sponge.0.as_ptr(), out.as_mut_ptr(), N) })?;
    Ok(out)
}

fn require(answer: core::ffi::c_int) -> Result<(), Error> {
    if answer == OK { Ok(()) } else { Err(Error::Provider) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_input_gives_the_published_answer() {
        // FIPS 202 example "SHAKE256, empty message", first 32 bytes.
        let expected = [
            0x46, 0xb9, 0xdd, 0x2b, 0x0b, 0xa8, 0x8d, 0x13, 0x23, 0x3b, 0x3f, 0xeb, 0x74, 0x3e,
            0xeb, 0x24, 0x3f, 0xcd, 0x52, 0xea, 0x62, 0xb8, 0x1b, 0x82, 0xb5, 0x0c, 0x27, 0x64,
            0x6e, 0xd5, 0x76, 0x2f,
        ];
        assert_eq!(shake256::<32>(&[]), Ok(expected));
        assert_eq!(shake256::<32>(&[b"", b""]), Ok(expected));
    }

    #[test]
    fn splitting_the_input_changes_nothing() {
        assert_eq!(shake256::<96>(&[b"ab", b"", b"c"]), shake256::<96>(&[b"abc"]));
        assert_ne!(shake256::<96>(&[b"abd"]), shake256::<96>(&[b"abc"]));
    }
}
