//! What a password may be. Pure.

use crypto::SecretBytes;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// NIST SP 800-63B-4 3.1.1.2 asks for 8 beside a second factor and 15 without; this is a bank.
const CHARS_MIN: usize = 12;
/// Longer ones gain nothing, and are hashed at our cost.
const CHARS_MAX: usize = 256;
/// Shorter parts of a name would refuse half of all words.
const NAME_PART_MIN: usize = 4;
/// Fewer different characters are a key held down.
const DIFFERENT_MIN: usize = 5;

/// The most common ones that are long enough to pass otherwise, in lower case.
const COMMON: [&str; 40] = [
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789012345",
    "1234567890123456",
    "0123456789012",
    "012345678910",
    "1qaz2wsx3edc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "q1w2e3r4t5y6",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjkl",
    "qwertyuiop[]",
    "qwerty123456",
    "qwerty1234567",
    "asdfghjkl123",
    "zaq12wsxcde3",
    "abcdefghijkl",
    "abcdefghijklm",
    "abcdefghijklmnopqrstuvwxyz",
    "abcd12345678",
    "password1234",
    "password12345",
    "password123456",
    "password123!",
    "passwordpassword",
    "p@ssw0rd1234",
    "mypassword123",
    "administrator",
    "administrator1",
    "changemenow1",
    "changeme1234",
    "letmein123456",
    "iloveyou1234",
    "iloveyouforever",
    "welcome12345",
    "correcthorsebatterystaple",
    "correct horse battery staple",
];

/// A password as it is hashed: in NFC, so that a keyboard that composes letters otherwise gives the same bytes.
pub(crate) struct Password(SecretBytes);

impl Password {
    /// As presented at a sign-in: nothing is asked of it.
    pub(crate) fn presented(text: &str) -> Self {
        let normal: Zeroizing<String> = Zeroizing::new(text.nfc().collect());
        Self(SecretBytes::new(normal.as_bytes().to_vec()))
    }

    /// As newly chosen by the person of this name and e-mail.
    pub(crate) fn chosen(text: &str, name: &str, email: &str) -> Result<Self, Unfit> {
        let normal: Zeroizing<String> = Zeroizing::new(text.nfc().collect());
        let length = normal.chars().count();
        if length < CHARS_MIN {
            return Err(Unfit::TooShort);
        }
        if length > CHARS_MAX {
            return Err(Unfit::TooLong);
        }
        if normal.chars().any(char::is_control) {
            return Err(Unfit::Unprintable);
        }
        let lower = Zeroizing::new(normal.to_lowercase());
        if personal(name, email).any(|part| lower.contains(&part)) {
            return Err(Unfit::Personal);
        }
        let mut different: Vec<char> = lower.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < DIFFERENT_MIN || COMMON.contains(&lower.trim()) {
            return Err(Unfit::Common);
        }
        Ok(Self(SecretBytes::new(normal.as_bytes().to_vec())))
    }

    /// The bytes to hash.
    pub(crate) const fn secret(&self) -> &SecretBytes {
        &self.0
    }
}

/// What everybody knows of a person: words of the name, the e-mail and its local part.
fn personal(name: &str, email: &str) -> impl Iterator<Item = String> {
    let local = email.split('@').next().unwrap_or_default();
    name.split_whitespace()
        .chain([email, local])
        .map(|part| part.nfc().collect::<String>().to_lowercase())
        .filter(|part| part.chars().count() >= NAME_PART_MIN)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum Unfit {
    #[error("it needs at least 12 characters")]
    TooShort,
    #[error("it may have at most 256 characters")]
    TooLong,
    #[error("it holds a control character")]
    Unprintable,
    #[error("it contains your name or your e-mail address")]
    Personal,
    #[error("it is one of those that everybody tries first")]
    Common,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choose(text: &str) -> Result<Password, Unfit> {
        Password::chosen(text, "Amélie O'Brien", "am.obrien@people.example")
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        assert_eq!(choose("höflichwüst").err(), Some(Unfit::TooShort));
        assert!(choose("höflichwüste").is_ok());
        assert!(choose(&"abcdefgh".repeat(32)).is_ok());
        assert_eq!(choose(&"abcdefgh".repeat(33)).err(), Some(Unfit::TooLong));
        let composed_on_arrival = "e\u{301}".repeat(11);
        assert_eq!(choose(&composed_on_arrival).err(), Some(Unfit::TooShort));
    }

    #[test]
    fn what_everybody_knows_is_refused() {
        for text in [
            "my name is AMÉLIE!",
            "my name is ame\u{301}lie",
            "o'brien was here",
            "x-am.obrien-2026",
            "am.obrien@people.example",
            "Password1234",
            "correct horse battery staple",
            "111111111111",
            "ababababababab",
        ] {
            let refused = choose(text).err();
            assert!(matches!(refused, Some(Unfit::Personal | Unfit::Common)), "{text}");
        }
        assert!(choose("seven green umbrellas").is_ok());
    }

    #[test]
    fn the_list_holds_only_what_would_pass_otherwise() {
        for common in COMMON {
            assert_eq!(common, common.to_lowercase());
            assert!((CHARS_MIN..=CHARS_MAX).contains(&common.chars().count()), "{common}");
            assert_eq!(choose(common).err(), Some(Unfit::Common), "{common}");
        }
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_password() {
        let (composed, decomposed) = ("\u{e9}lan at the corner", "e\u{301}lan at the corner");
        let bytes = |text| Password::presented(text).secret().expose().to_vec();
        assert_eq!(bytes(composed), bytes(decomposed));
        assert_eq!(choose(composed).unwrap().secret().expose(), bytes(decomposed));
    }

    proptest! {
        #[test]
        fn what_was_chosen_is_what_is_presented_later(text in "\\PC{12,64}") {
            if let Ok(chosen) = choose(&text) {
                let presented = Password::presented(&text);
                prop_assert_eq!(presented.secret().expose(), chosen.secret().expose());
            }
        }
    }
}
