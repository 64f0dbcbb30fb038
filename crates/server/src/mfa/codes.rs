//! Recovery codes: one-time, for whoever has lost the authenticator.
//!
//! 80 random bits in Crockford's alphabet without letters that read as digits, in four groups. Nobody guesses one, so
//! a plain hash keeps them.

use base32::Alphabet;
use crypto::{CryptoError, SecretBytes, Sha3, random_secret, sha3_256};
use zeroize::Zeroizing;

/// How many are handed out.
pub(super) const COUNT: usize = 10;
const RANDOM_LEN: usize = 10;
const LETTERS: usize = 16;
const GROUP_LEN: usize = 4;
/// Domain of the hash.
const DOMAIN: &[u8] = b"strongroom/recovery-code/v1";

/// A recovery code, in its one spelling.
pub(super) struct Code(Zeroizing<String>);

impl Code {
    /// Draws one.
    pub(super) fn draw() -> Result<Self, CryptoError> {
        Ok(Self::of(&random_secret(RANDOM_LEN)?))
    }

    fn of(bytes: &SecretBytes) -> Self {
        Self(Zeroizing::new(base32::encode(Alphabet::Crockford, bytes.expose())))
    }

    /// Reads one as a person types it: any case, with or without hyphens and spaces, `O` for `0` and `I` or `L` for `1`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let typed: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|letter| !matches!(letter, '-' | ' ')).collect());
        // The library passes over what is left behind the last whole byte.
        if typed.len() != LETTERS {
            return None;
        }
        let bytes = SecretBytes::new(base32::decode(Alphabet::Crockford, &typed)?);
        (bytes.len() == RANDOM_LEN).then(|| Self::of(&bytes))
    }

    /// As it is written for a person: `ABCD-EFGH-JKMN-PQRS`.
    pub(super) fn written(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters
            .chunks(GROUP_LEN)
            .map(|group| group.iter().collect::<String>())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// As it is kept.
    pub(super) fn hash(&self) -> Sha3 {
        sha3_256(&Zeroizing::new([DOMAIN, self.0.as_bytes()].concat()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::of(&SecretBytes::new(vec![
            0, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
        ]));
        assert_eq!(code.written(), "0123-4567-89AB-CDEF");
        for typed in
            ["0123-4567-89AB-CDEF", "0123456789abcdef", "o123 4567 89ab cdef", "O-I-23456789ABCDEF"]
        {
            assert!(Code::read(typed).unwrap().hash() == code.hash(), "{typed}");
        }
        for other in
            ["", "0123", "0123-4567-89AB-CDEU", "0123-4567-89AB-CDEF-0", "0123-4567-89AB-CDÉF"]
        {
            assert!(Code::read(other).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_code_is_read_back_and_every_bit_counts(bytes: [u8; 10], bit in 0_usize..80) {
            let code = Code::of(&SecretBytes::new(bytes.to_vec()));
            prop_assert!(Code::read(&code.written()).unwrap().hash() == code.hash());
            let mut other = bytes;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Code::of(&SecretBytes::new(other.to_vec())).hash() != code.hash());
        }
    }
}
