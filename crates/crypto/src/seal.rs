//! Sealing data to a KEM key: hybrid public-key encryption without sender authentication.
//!
//! ```text
//! sealed = version (1) || suite code (1) || KEM ciphertext || nonce (12) || ciphertext || tag (16)
//! key    = HKDF-SHA-256(ikm  = KEM shared secret,
//!                       salt = SHA-256(KEM ciphertext || public key),
//!                       info = u8(len(purpose)) || purpose || transcript, 32)
//! aad    = version || suite code
//! ```
//!
//! Who sealed it is for the transcript, or a signature around it, to say.

use crate::{
    AeadKey, CryptoError, KemPublicKey, KemSecretKey, SecretBytes, Sha256Hasher, hkdf_sha256,
};

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;

/// Encrypts `plaintext` to the holder of `pk`, for one purpose and one transcript.
///
/// # Errors
///
/// [`CryptoError::ContextTooLong`] for a purpose above 255 bytes; [`CryptoError::Entropy`];
/// [`CryptoError::Provider`].
pub fn seal_to(
    pk: &KemPublicKey,
    purpose: &str,
    transcript: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let (shared, ciphertext) = pk.encapsulate()?;
    let header = [VERSION, pk.suite().code()];
    let key = derive(pk, &shared, &ciphertext, purpose, transcript)?;
    let body = key.seal(&header, plaintext)?;
    Ok([header.as_slice(), &ciphertext, &body].concat())
}

/// Decrypts what [`seal_to`] made for the same purpose and transcript.
///
/// # Errors
///
/// [`CryptoError::Decrypt`], whatever is wrong with `sealed`.
pub fn open_sealed(
    sk: &KemSecretKey,
    purpose: &str,
    transcript: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, CryptoError> {
    let header = [VERSION, sk.suite().code()];
    let (ciphertext, body) = sealed
        .strip_prefix(&header)
        .and_then(|rest| rest.split_at_checked(sk.suite().kem_ciphertext_len()))
        .ok_or(CryptoError::Decrypt)?;
    let shared = sk.decapsulate(ciphertext).map_err(|_| CryptoError::Decrypt)?;
    derive(sk.public_key(), &shared, ciphertext, purpose, transcript)?.open(&header, body)
}

fn derive(
    pk: &KemPublicKey,
    shared: &SecretBytes,
    ciphertext: &[u8],
    purpose: &str,
    transcript: &[u8],
) -> Result<AeadKey, CryptoError> {
    let mut salt = Sha256Hasher::new();
    salt.update(ciphertext);
    salt.update(pk.as_bytes());
    let purpose_len = u8::try_from(purpose.len()).map_err(|_| CryptoError::ContextTooLong)?;
    let info = [&[purpose_len], purpose.as_bytes(), transcript];
    let key = hkdf_sha256(shared, salt.finish().as_bytes(), &info, KEY_BYTES)?;
    AeadKey::new(pk.suite().aead(), &key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;
    use proptest::prelude::*;

    fn key(suite: Suite) -> KemSecretKey {
        KemSecretKey::from_seed(suite, &vec![5; suite.kem_seed_len()]).unwrap()
    }

    #[test]
    fn another_purpose_transcript_key_or_suite_opens_nothing() {
        for suite in Suite::ALL {
            let sk = key(suite);
            let sealed = seal_to(sk.public_key(), "session", b"transcript", b"secret").unwrap();
            assert!(open_sealed(&sk, "session", b"transcript", &sealed).is_ok());
            let refused = Some(CryptoError::Decrypt);
            assert_eq!(open_sealed(&sk, "delivery", b"transcript", &sealed).err(), refused);
            assert_eq!(open_sealed(&sk, "session", b"Transcript", &sealed).err(), refused);
            assert_eq!(open_sealed(&sk, "sessio", b"ntranscript", &sealed).err(), refused);
            let stranger = KemSecretKey::generate(suite).unwrap();
            assert_eq!(open_sealed(&stranger, "session", b"transcript", &sealed).err(), refused);
            for other in Suite::ALL.into_iter().filter(|other| *other != suite) {
                let answer = open_sealed(&key(other), "session", b"transcript", &sealed);
                assert_eq!(answer.err(), refused);
            }
        }
    }

    #[test]
    fn a_purpose_that_does_not_fit_is_refused() {
        let sk = key(Suite::Standard);
        let answer = seal_to(sk.public_key(), &"p".repeat(256), b"", b"");
        assert_eq!(answer, Err(CryptoError::ContextTooLong));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_bit_or_cut_is_refused(
            plaintext: Vec<u8>,
            at: proptest::sample::Index,
            bit in 0..8_u8,
        ) {
            for suite in Suite::ALL {
                let sk = key(suite);
                let mut sealed = seal_to(sk.public_key(), "p", b"t", &plaintext).unwrap();
                let opened = open_sealed(&sk, "p", b"t", &sealed).unwrap();
                prop_assert_eq!(opened.expose(), plaintext.as_slice());
                let place = at.index(sealed.len());
                let refused = Some(CryptoError::Decrypt);
                prop_assert_eq!(open_sealed(&sk, "p", b"t", &sealed[..place]).err(), refused.clone());
                sealed[place] ^= 1 << bit;
                prop_assert_eq!(open_sealed(&sk, "p", b"t", &sealed).err(), refused);
            }
        }
    }
}
