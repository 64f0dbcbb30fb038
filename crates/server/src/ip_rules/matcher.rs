//! Whether an address is admitted. Pure.

use std::collections::HashMap;
use std::net::IpAddr;

use intent::{IpRuleAction, Role, UserId};
use ipnet::{IpNet, Ipv4Net};

/// Prefix of IPv4-mapped IPv6 addresses (RFC 4291 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// Whom a rule is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Subject {
    Role(Role),
    User(UserId),
}

impl Subject {
    /// Reads `role:<name>` or `user:<id>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("role", name) => name.parse().ok().map(Self::Role),
            ("user", id) => id.parse().ok().map(Self::User),
            _ => None,
        }
    }
}

/// A network in its one spelling: host bits cleared, IPv4-mapped IPv6 as IPv4. An octet with a leading zero, which some read
/// as octal, is none.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let (address, bits) = text.split_once('/')?;
    let bits = Some(bits).filter(|bits| bits.bytes().all(|digit| digit.is_ascii_digit()))?;
    let network = IpNet::new(address.parse().ok()?, bits.parse().ok()?).ok()?;
    let mapped = match network {
        IpNet::V6(six) => {
            six.addr().to_ipv4_mapped().zip(six.prefix_len().checked_sub(MAPPED_BITS))
        }
        IpNet::V4(_) => None,
    };
    match mapped {
        Some((address, bits)) => {
            Ipv4Net::new(address, bits).ok().map(|four| IpNet::V4(four).trunc())
        }
        None => Some(network.trunc()),
    }
}

#[derive(Clone, Debug, Default)]
struct Lists {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

impl Lists {
    /// `None`: nothing is said of this address.
    fn judge(&self, address: &IpAddr) -> Option<bool> {
        let holds = |list: &[IpNet]| list.iter().any(|network| network.contains(address));
        if holds(&self.deny) {
            Some(false)
        } else if self.allow.is_empty() {
            None
        } else {
            Some(holds(&self.allow))
        }
    }
}

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressRules(HashMap<Subject, Lists>);

impl AddressRules {
    /// Adds a rule; one that has ended says nothing.
    pub(crate) fn add(&mut self, subject: Subject, network: IpNet, action: IpRuleAction) {
        let lists = match action {
            IpRuleAction::None => return,
            IpRuleAction::Allow | IpRuleAction::Deny => self.0.entry(subject).or_default(),
        };
        let list = if action == IpRuleAction::Allow { &mut lists.allow } else { &mut lists.deny };
        list.push(network);
    }

    /// Whether a person may come from an address. An address that is unknown is admitted only where nothing is said.
    pub(crate) fn admits(&self, user: UserId, role: Role, address: Option<IpAddr>) -> bool {
        let subjects = [Subject::User(user), Subject::Role(role)];
        let mut lists = subjects.iter().filter_map(|subject| self.0.get(subject)).peekable();
        let Some(address) = address else { return lists.peek().is_none() };
        lists.find_map(|lists| lists.judge(&address.to_canonical())).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const USER: UserId = UserId::new(Uuid::from_u128(1));
    const ROLE: Role = Role::Manager;

    fn rules(of: &[(Subject, &str, IpRuleAction)]) -> AddressRules {
        let mut rules = AddressRules::default();
        for (subject, text, action) in of {
            rules.add(*subject, network(text).unwrap(), *action);
        }
        rules
    }

    fn admits(rules: &AddressRules, address: &str) -> bool {
        rules.admits(USER, ROLE, Some(address.parse().unwrap()))
    }

    #[test]
    fn a_denial_beats_an_allowance_and_an_allow_list_denies_the_rest() {
        let list = rules(&[
            (Subject::Role(ROLE), "10.0.0.0/8", IpRuleAction::Allow),
            (Subject::Role(ROLE), "10.1.0.0/16", IpRuleAction::Deny),
            (Subject::Role(Role::Customer), "0.0.0.0/0", IpRuleAction::Deny),
        ]);
        assert!(admits(&list, "10.0.0.1"));
        assert!(admits(&list, "::ffff:10.0.0.1"), "the same address");
        for address in ["10.1.0.1", "192.0.2.1", "::1", "::ffff:10.1.0.1"] {
            assert!(!admits(&list, address), "{address}");
        }
        assert!(!list.admits(USER, ROLE, None));
        assert!(list.admits(USER, Role::SystemAdmin, None));
    }

    #[test]
    fn a_persons_own_rules_are_asked_first() {
        let list = rules(&[
            (Subject::Role(ROLE), "10.0.0.0/8", IpRuleAction::Allow),
            (Subject::User(USER), "192.0.2.0/24", IpRuleAction::Deny),
            (Subject::User(USER), "2001:db8::/32", IpRuleAction::Allow),
        ]);
        assert!(admits(&list, "2001:db8::1"));
        assert!(!admits(&list, "10.0.0.1"), "their own list denies the rest");
        let list = rules(&[
            (Subject::Role(ROLE), "10.0.0.0/8", IpRuleAction::Allow),
            (Subject::User(USER), "10.0.0.1/32", IpRuleAction::Deny),
        ]);
        assert!(!admits(&list, "10.0.0.1"));
        assert!(admits(&list, "10.0.0.2"), "what their own rules leave open, their role decides");
    }

    #[test]
    fn a_network_has_one_spelling() {
        for (text, spelling) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("2001:DB8:0::1/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), spelling);
        }
        for malformed in [
            "",
            "10.0.0.1",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "x/8",
            "010.0.0.0/8",
            "10.0.0.0/+8",
            "10.0.0.0/",
        ] {
            assert_eq!(network(malformed), None, "{malformed}");
        }
        assert_eq!(Subject::parse("role:manager"), Some(Subject::Role(Role::Manager)));
        assert_eq!(Subject::parse(&format!("user:{USER}")), Some(Subject::User(USER)));
        for malformed in ["", "manager", "role:root", "user:x", "group:manager"] {
            assert_eq!(Subject::parse(malformed), None, "{malformed}");
        }
    }

    proptest! {
        /// The model: the definition, word for word, over whole numbers.
        #[test]
        fn the_matcher_agrees_with_the_definition(
            given in prop::collection::vec((any::<bool>(), any::<u8>(), 24_u8..=32, any::<bool>()), 0..8),
            last: u8,
        ) {
            let mut list = AddressRules::default();
            for (own, base, bits, allow) in &given {
                let subject = if *own { Subject::User(USER) } else { Subject::Role(ROLE) };
                let action = if *allow { IpRuleAction::Allow } else { IpRuleAction::Deny };
                list.add(subject, network(&format!("10.0.0.{base}/{bits}")).unwrap(), action);
            }
            let matches = |base: u8, bits: u8| u16::from(base ^ last).checked_shr(u32::from(32_u8.abs_diff(bits))) == Some(0);
            let mut expected = true;
            for level in [false, true] {
                let of_level: Vec<_> = given.iter().filter(|(own, ..)| *own == level).collect();
                let any = |wanted: bool| of_level.iter().any(|(_, base, bits, allow)| *allow == wanted && matches(*base, *bits));
                if any(false) {
                    expected = false;
                } else if of_level.iter().any(|(.., allow)| *allow) {
                    expected = any(true);
                }
            }
            prop_assert_eq!(admits(&list, &format!("10.0.0.{last}")), expected);
        }
    }
}
