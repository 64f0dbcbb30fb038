//! Identities: of a bank, an intent, a user, a device.

use std::{fmt, str::FromStr};

use crypto::Sha3;
use uuid::Uuid;

use crate::{IntentError, text};

/// A bank's name in contexts and documents: 1..=32 bytes of `[a-z0-9-]`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BankId(String);

impl BankId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BankId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for BankId {
    type Err = IntentError;

    fn from_str(name: &str) -> Result<Self, IntentError> {
        let admitted = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&name.len()) && name.bytes().all(admitted) {
            Ok(Self(name.to_owned()))
        } else {
            Err(IntentError::malformed("bank", "must be 1 to 32 of a-z, 0-9 and -"))
        }
    }
}

/// Identity of an intent, chosen by its signer, and its idempotency key: a version 7 UUID.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IntentId(Uuid);

impl IntentId {
    /// Takes a version 7 UUID and no other.
    pub fn new(id: Uuid) -> Result<Self, IntentError> {
        if id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122 {
            Ok(Self(id))
        } else {
            Err(IntentError::malformed("id", "must be a version 7 UUID"))
        }
    }

    /// The UUID.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for IntentId {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        text::uuid(text)
            .ok_or_else(|| IntentError::malformed("id", "must be a lower-case UUID"))
            .and_then(Self::new)
    }
}

/// Identity of a session.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Takes a stored or presented id.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        text::uuid(text)
            .map(Self)
            .ok_or_else(|| IntentError::malformed("session", "must be a lower-case UUID"))
    }
}

/// Identity of a user.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserId(Uuid);

impl UserId {
    /// Names a user.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for UserId {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        text::uuid(text)
            .map(Self)
            .ok_or_else(|| IntentError::malformed("user", "must be a lower-case UUID"))
    }
}

/// Identity of a device: SHA3-256 of its verifier (control 3 of the certificates).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DeviceId(Sha3);

impl DeviceId {
    /// Names a device.
    #[must_use]
    pub const fn new(digest: Sha3) -> Self {
        Self(digest)
    }

    /// The digest.
    #[must_use]
    pub const fn get(self) -> Sha3 {
        self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DeviceId {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        text::digest(text)
            .map(|digest| Self(Sha3::from_bytes(digest)))
            .ok_or_else(|| IntentError::malformed("device", "must be 64 lower-case hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_banks_outside_the_alphabet_are_refused() {
        let long = "a".repeat(33);
        for name in ["", "Bank", "b/k", "b k", "b\u{e4}nk", "bank\0", &long] {
            assert_eq!(name.parse::<BankId>().unwrap_err().field(), Some("bank"), "{name}");
        }
        assert_eq!("a".repeat(32).parse::<BankId>().unwrap().as_str(), "a".repeat(32));
    }

    #[test]
    fn other_versions_and_spellings_of_an_intent_id_are_refused() {
        let id = "019aa000-0000-7000-8000-00000000000a";
        assert_eq!(id.parse::<IntentId>().unwrap().to_string(), id);
        for text in [
            "019aa000-0000-4000-8000-00000000000a",
            "019aa000-0000-7000-c000-00000000000a",
            "019AA000-0000-7000-8000-00000000000A",
            "019aa000000070008000000000000000000a",
            "{019aa000-0000-7000-8000-0000000000}",
            "019aa000-0000-7000-8000-00000000000",
        ] {
            assert!(text.parse::<IntentId>().is_err(), "{text}");
        }
    }

    #[test]
    fn digests_have_one_spelling() {
        let digest = "ab".repeat(32);
        assert_eq!(digest.parse::<DeviceId>().unwrap().to_string(), digest);
        assert!(digest.to_uppercase().parse::<DeviceId>().is_err());
        assert!("ab".repeat(31).parse::<DeviceId>().is_err());
        assert!("zz".repeat(32).parse::<DeviceId>().is_err());
    }
}
