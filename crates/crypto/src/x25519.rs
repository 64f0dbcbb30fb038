//! X25519 (RFC 7748) that refuses a shared secret of zero.

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use zeroize::Zeroizing;

use crate::{CryptoError, constant_time_eq};

pub(crate) const KEY_BYTES: usize = 32;
const REFUSAL: CryptoError = CryptoError::InvalidKey { what: "X25519 public key" };

/// A private key inside the provider, which wipes it when it is dropped.
pub(crate) struct Secret(PrivateKey);

impl Secret {
    pub(crate) fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, CryptoError> {
        PrivateKey::from_private_key(&X25519, bytes)
            .map(Self)
            .map_err(|_| CryptoError::Provider { what: "X25519 private key" })
    }

    pub(crate) fn public_key(&self) -> Result<Vec<u8>, CryptoError> {
        let public = self.0.compute_public_key();
        let public = public.map_err(|_| CryptoError::Provider { what: "X25519 public key" })?;
        Ok(public.as_ref().to_vec())
    }

    /// The shared secret with `peer`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidKey`] for a wrong length and for a point of small order, whose shared
    /// secret everybody knows (RFC 7748, section 6.1).
    pub(crate) fn agree(&self, peer: &[u8]) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
        let peer = UnparsedPublicKey::new(&X25519, peer);
        agree(&self.0, peer, REFUSAL, |shared| {
            let shared: [u8; 32] = shared.try_into().map_err(|_| REFUSAL)?;
            let shared = Zeroizing::new(shared);
            // The provider refuses zero as well; the rule is too important to be only its.
            if constant_time_eq(shared.as_slice(), &[0; 32]) { Err(REFUSAL) } else { Ok(shared) }
        })
    }
}

/// Refuses a public key that would make every shared secret zero. One private key stands for all,
/// as each is a multiple of 8 (RFC 7748, section 5).
pub(crate) fn check_public_key(bytes: &[u8]) -> Result<(), CryptoError> {
    Secret::from_bytes(&[9; KEY_BYTES])?.agree(bytes).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{self, bytes, text};

    #[test]
    fn wycheproof_x25519() {
        let Some(file) = vectors::json("wycheproof/x25519_test.json") else { return };
        let mut ran = 0;
        for (_, case) in vectors::wycheproof(&file) {
            let private: [u8; 32] = bytes(case, "private").try_into().unwrap();
            let public = bytes(case, "public");
            let answer = Secret::from_bytes(&private).unwrap().agree(&public);
            let zero = vectors::has_flag(case, "ZeroSharedSecret");
            if zero {
                assert_eq!(answer.err(), Some(REFUSAL), "{case}");
                assert_eq!(check_public_key(&public), Err(REFUSAL), "{case}");
            } else {
                // "acceptable" are keys on the twist or unreduced, which RFC 7748 accepts.
                assert!(matches!(text(case, "result"), "valid" | "acceptable"));
                assert_eq!(answer.unwrap().as_slice(), bytes(case, "shared"), "{case}");
                assert_eq!(check_public_key(&public), Ok(()), "{case}");
            }
            ran += 1;
        }
        assert_eq!(ran, 518);
    }
}
