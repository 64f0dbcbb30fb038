//! Whose requests are counted together. Pure.

use std::net::IpAddr;

use crypto::MacKey;
use intent::UserId;
use ipnet::IpNet;

use super::budget::Scope;
use crate::ip_rules::holder_of;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Subject {
    /// Whoever holds an address: in IPv6, everything that shares its first 64 bits. `None`: the transport named no peer,
    /// and all such requests are one subject.
    Address(Option<IpNet>),
    /// A person whose request was proved to be theirs.
    Person(UserId),
}

impl Subject {
    pub(super) fn of_address(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(holder_of))
    }

    pub(super) const fn scope(&self) -> Scope {
        match self {
            Self::Address(_) => Scope::Address,
            Self::Person(_) => Scope::User,
        }
    }

    /// What others may see of it: a tag that tells nothing without the bank's key.
    pub(super) fn hidden(&self, key: &MacKey) -> String {
        let text = match self {
            Self::Address(holder) => holder.map(|holder| holder.to_string()).unwrap_or_default(),
            Self::Person(user) => user.to_string(),
        };
        let parts = [DOMAIN, self.scope().name().as_bytes(), b"\0", text.as_bytes()];
        hex::encode(key.tag(&parts))
    }
}

/// The key hides the subjects of failed sign-ins too; no tag of one is a tag of the other.
const DOMAIN: &[u8] = b"rate-limit\0";

#[cfg(test)]
mod tests {
    use crypto::SecretBytes;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn whoever_holds_a_network_is_one_subject_and_is_hidden() {
        let subject = |text: &str| Subject::of_address(Some(text.parse().unwrap()));
        assert_eq!(subject("2001:db8:1:2::1"), subject("2001:db8:1:2:ffff::9"));
        assert_ne!(subject("2001:db8:1:2::1"), subject("2001:db8:1:3::1"));
        assert_eq!(subject("::ffff:192.0.2.1"), subject("192.0.2.1"));
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
        let key = MacKey::new(&SecretBytes::new(vec![1; 32]));
        let tags = [
            subject("192.0.2.1").hidden(&key),
            subject("192.0.2.2").hidden(&key),
            Subject::Address(None).hidden(&key),
            Subject::Person(UserId::new(Uuid::from_u128(7))).hidden(&key),
            subject("192.0.2.1").hidden(&MacKey::new(&SecretBytes::new(vec![2; 32]))),
        ];
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tag.contains("192"), "{tag}");
            assert!(!tags[..index].contains(tag));
        }
    }
}
