//! Hashes, with a type each, so that one is never taken for the other.
//!
//! SHA3-256 identifies certificates, intents, devices and keys; SHA-256 builds the Merkle tree
//! (RFC 9162).

use core::fmt;

use aws_lc_rs::digest::{self, Context};

use crate::CryptoError;

/// A SHA3-256 hash (FIPS 202), 32 bytes. Not secret: compared in ordinary time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha3([u8; 32]);

/// A SHA-256 hash (FIPS 180-4), 32 bytes. Not secret: compared in ordinary time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha2([u8; 32]);

/// SHA3-256 over pieces.
pub struct Sha3Hasher(Context);

/// SHA-256 over pieces.
pub struct Sha256Hasher(Context);

/// SHA3-256 of `data`.
#[must_use]
pub fn sha3_256(data: &[u8]) -> Sha3 {
    Sha3(fixed(digest::digest(&digest::SHA3_256, data).as_ref()))
}

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> Sha2 {
    Sha2(fixed(digest::digest(&digest::SHA256, data).as_ref()))
}

/// SHA-512 of `data`.
#[must_use]
pub fn sha512(data: &[u8]) -> [u8; 64] {
    fixed(digest::digest(&digest::SHA512, data).as_ref())
}

/// Copies a digest whose size is fixed by its algorithm.
pub(crate) fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

macro_rules! hash_value {
    ($hash:ident, $hasher:ident, $algorithm:ident, $name:literal) => {
        impl $hash {
            /// A hash computed elsewhere.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads 64 hex digits of either case.
            ///
            /// # Errors
            ///
            /// [`CryptoError::InvalidHex`]
            pub fn from_hex(text: &str) -> Result<Self, CryptoError> {
                let mut out = [0; 32];
                hex::decode_to_slice(text, &mut out)
                    .map_err(|_| CryptoError::InvalidHex { what: $name, bytes: 32 })?;
                Ok(Self(out))
            }
        }

        impl fmt::Display for $hash {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $hash {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl $hasher {
            /// A hasher that has seen nothing.
            #[must_use]
            pub fn new() -> Self {
                Self(Context::new(&digest::$algorithm))
            }

            /// Appends `data`.
            pub fn update(&mut self, data: &[u8]) {
                self.0.update(data);
            }

            /// The hash of all that was appended.
            #[must_use]
            pub fn finish(self) -> $hash {
                $hash(fixed(self.0.finish().as_ref()))
            }
        }

        impl Default for $hasher {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

hash_value!(Sha3, Sha3Hasher, SHA3_256, "SHA3-256 hash");
hash_value!(Sha2, Sha256Hasher, SHA256, "SHA-256 hash");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_is_not_64_hex_digits_is_refused() {
        let digits = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
        for text in ["", &digits[1..], &digits.replace('a', "g"), &format!("{digits}00")] {
            let refusal = CryptoError::InvalidHex { what: "SHA3-256 hash", bytes: 32 };
            assert_eq!(Sha3::from_hex(text), Err(refusal));
        }
        assert_eq!(Sha3::from_hex(&digits.to_uppercase()), Ok(sha3_256(b"")));
    }

    #[test]
    fn published_hashes_of_abc() {
        let sha3 = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
        let sha2 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha3_256(b"abc").to_string(), sha3);
        assert_eq!(format!("{:?}", sha256(b"abc")), sha2);
        assert_eq!(hex::encode(&sha512(b"abc")[..8]), "ddaf35a193617aba");
    }

    proptest! {
        #[test]
        fn hashing_in_pieces_is_hashing_the_whole(parts: Vec<Vec<u8>>) {
            let (mut sha3, mut sha2) = (Sha3Hasher::new(), Sha256Hasher::default());
            for part in &parts {
                sha3.update(part);
                sha2.update(part);
            }
            prop_assert_eq!(sha3.finish(), sha3_256(&parts.concat()));
            prop_assert_eq!(sha2.finish(), sha256(&parts.concat()));
        }
    }
}
