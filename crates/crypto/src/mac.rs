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

    /// Of 100 pairs, two points for each in which refusing `early` was faster than refusing `late`, and one for a draw; measured
    /// by turns, so that whatever else the machine does meets both alike.
    fn points_for(early: &[u8], late: &[u8], refuse: &dyn Fn(&[u8])) -> u32 {
        let time = |text: &[u8]| {
            let began = Instant::now();
            refuse(black_box(text));
            began.elapsed()
        };
        let pairs = (0..100).map(|pair| {
            let (early_took, late_took) = if pair % 2 == 0 {
                let early_took = time(early);
                (early_took, time(late))
            } else {
                let late_took = time(late);
                (time(early), late_took)
            };
            match early_took.cmp(&late_took) {
                Ordering::Less => 2,
                Ordering::Equal => 1,
                Ordering::Greater => 0,
            }
        });
        pairs.sum()
    }

    /// Points of 40,000 for refusing what differs from `right` in its first byte, over what differs in its last. They change
    /// places every 100 pairs: what stands at one place in memory may be slower to read than at another.
    fn points_for_an_early_difference(right: &[u8], is_refused: impl Fn(&[u8]) -> bool) -> u32 {
        let refuse = |text: &[u8]| assert!(is_refused(text));
        let [mut one, mut other] = [right.to_vec(), right.to_vec()];
        let rounds = (0..200).map(|_| {
            std::mem::swap(&mut one, &mut other);
            one.copy_from_slice(right);
            other.copy_from_slice(right);
            one[0] ^= 1;
            *other.last_mut().unwrap() ^= 1;
            points_for(&one, &other, &refuse)
        });
        rounds.sum()
    }

    /// A sign test. Where both take as long, each has half of the points, give or take 150; a comparison that ends at the first
    /// difference has nearly all of them.
    #[test]
    fn the_time_of_a_refusal_does_not_tell_how_much_of_a_tag_is_right() {
        let key = MacKey::new(&SecretBytes::new(vec![1; 32]));
        let tag = key.tag(&[b"x"]);
        let tags = points_for_an_early_difference(&tag, |tag| key.verify(&[b"x"], tag).is_err());
        // Longer than a tag, so that a comparison by words is found out too.
        let right = [0; 1 << 14];
        let texts = points_for_an_early_difference(&right, |text| {
            !constant_time_eq(text, black_box(&right))
        });
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
