//! HMAC-SHA3-256 (FIPS 198-1), which the provider's HMAC does not offer, and HMAC-SHA-256, which it does.

use aws_lc_rs::digest::{self, Context};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::hash::fixed;
use crate::{CryptoError, SecretBytes, constant_time_eq, sha3_256};

/// Rate of SHA3-256 in bytes, which is the block size of its HMAC (FIPS 202, table 3).
const BLOCK_BYTES: usize = 136;

/// A MAC key with both pads absorbed, for one MAC per request.
///
/// The absorbed state is as secret as the key; the provider wipes it when it is dropped.
#[derive(Clone)]
pub struct MacKey {
    inner: Context,
    outer: Context,
}

impl MacKey {
    /// Absorbs `key`, of any length.
    #[must_use]
    pub fn new(key: &SecretBytes) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
        if key.len() > BLOCK_BYTES {
            let shortened = Zeroizing::new(*sha3_256(key.expose()).as_bytes());
            copy_into(&mut block, shortened.as_slice());
        } else {
            copy_into(&mut block, key.expose());
        }
        Self { inner: padded(&block, 0x36), outer: padded(&block, 0x5c) }
    }

    /// The 32-byte tag of `parts`, concatenated. Callers frame the parts unambiguously.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        let mut outer = self.outer.clone();
        outer.update(inner.finish().as_ref());
        fixed(outer.finish().as_ref())
    }

    /// Checks a tag in constant time.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidSignature`] also for a tag that is not 32 bytes long.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> Result<(), CryptoError> {
        if constant_time_eq(&self.tag(parts), tag) {
            Ok(())
        } else {
            Err(CryptoError::InvalidSignature)
        }
    }
}

/// HMAC-SHA-256 (RFC 2104) of `parts`, concatenated, for formats of others that ask for it.
#[must_use]
pub fn hmac_sha256(key: &SecretBytes, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()));
    for part in parts {
        context.update(part);
    }
    fixed(context.sign().as_ref())
}

/// The tag of `data`, 32 bytes.
#[must_use]
pub fn hmac_sha3_256(key: &SecretBytes, data: &[u8]) -> [u8; 32] {
    MacKey::new(key).tag(&[data])
}

/// Checks a tag in constant time.
///
/// # Errors
///
/// [`CryptoError::InvalidSignature`]
pub fn hmac_sha3_256_verify(key: &SecretBytes, data: &[u8], tag: &[u8]) -> Result<(), CryptoError> {
    MacKey::new(key).verify(&[data], tag)
}

fn copy_into(block: &mut [u8; BLOCK_BYTES], key: &[u8]) {
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
}

fn padded(block: &[u8; BLOCK_BYTES], pad: u8) -> Context {
    let bytes = Zeroizing::new(block.map(|byte| byte ^ pad));
    let mut state = Context::new(&digest::SHA3_256);
    state.update(bytes.as_slice());
    state
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_changed_short_or_long_tag_is_refused() {
        let key = MacKey::new(&SecretBytes::new(vec![1; 32]));
        let tag = key.tag(&[b"GET", b"/api"]);
        assert_eq!(key.verify(&[b"GET/api"], &tag), Ok(()));
        let refused = Err(CryptoError::InvalidSignature);
        assert_eq!(key.verify(&[b"GET/apj"], &tag), refused);
        assert_eq!(key.verify(&[b"GET/api"], &tag[..31]), refused);
        assert_eq!(key.verify(&[b"GET/api"], &[tag.as_slice(), &[0]].concat()), refused);
        let other = SecretBytes::new(vec![2; 32]);
        assert_eq!(hmac_sha3_256_verify(&other, b"GET/api", &tag), refused);
    }

    /// How often `left` is faster than `right` in 20,000 pairs, two points each and one for a draw; measured by turns, so that
    /// whatever else the machine does meets both alike.
    fn points_for(mut left: impl FnMut(), mut right: impl FnMut()) -> u32 {
        let time = |what: &mut dyn FnMut()| {
            let began = Instant::now();
            what();
            began.elapsed()
        };
        let pairs = (0..20_000).map(|pair| {
            let (left_took, right_took) = if pair % 2 == 0 {
                let left_took = time(&mut left);
                (left_took, time(&mut right))
            } else {
                let right_took = time(&mut right);
                (time(&mut left), right_took)
            };
            match left_took.cmp(&right_took) {
                Ordering::Less => 2,
                Ordering::Equal => 1,
                Ordering::Greater => 0,
            }
        });
        pairs.sum()
    }

    /// A sign test. Where both take as long, each has half of the 40,000 points, give or take 150; a comparison that ends at the
    /// first difference has nearly all of them.
    #[test]
    fn the_time_of_a_refusal_does_not_tell_how_much_of_a_tag_is_right() {
        let key = MacKey::new(&SecretBytes::new(vec![1; 32]));
        let right = key.tag(&[b"x"]);
        let wrong_at = |at: usize| {
            let mut tag = right;
            tag[at] ^= 1;
            tag
        };
        let (first, last) = (wrong_at(0), wrong_at(31));
        let refuse = |tag: &[u8]| assert!(key.verify(&[b"x"], black_box(tag)).is_err());
        let tags = points_for(|| refuse(&first), || refuse(&last));
        // Longer than a tag, so that a comparison by words is found out too.
        let (mut first, mut last, right) = (vec![0_u8; 1 << 14], vec![0_u8; 1 << 14], [0; 1 << 14]);
        (first[0], last[(1 << 14) - 1]) = (1, 1);
        let differ = |text: &[u8]| assert!(!constant_time_eq(black_box(text), black_box(&right)));
        let texts = points_for(|| differ(&first), || differ(&last));
        assert!([tags, texts].iter().all(|won| (14_000..=26_000).contains(won)), "{tags} {texts}");
    }

    #[test]
    fn keys_around_the_block_size_differ() {
        let tags: Vec<_> = [135, 136, 137, 138]
            .map(|len| hmac_sha3_256(&SecretBytes::new(vec![1; len]), b""))
            .to_vec();
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[..index].contains(tag));
        }
    }
}
