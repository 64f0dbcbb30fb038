//! Duties that one person must not hold together.
//!
//! A built-in role is a whole department and may hold both; a custom role is what one person is given, and may not: neither
//! alone nor together with the other roles of that person.

use super::{Permission, Permissions};

/// Two permissions that may not meet, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The one.
    pub one: Permission,
    /// The other.
    pub other: Permission,
    /// What could be done with both.
    pub why: &'static str,
}

/// Every pair.
pub const CONFLICTS: &[Conflict] = &[
    Conflict {
        one: Permission::UsersInvite,
        other: Permission::UsersApprove,
        why: "a new member of staff takes two people: who invites could approve under another name",
    },
    Conflict {
        one: Permission::RolesManage,
        other: Permission::UsersInvite,
        why: "who brings somebody in must not decide what they may do",
    },
    Conflict {
        one: Permission::RolesManage,
        other: Permission::UsersApprove,
        why: "who lets somebody in must not decide what they may do",
    },
    Conflict {
        one: Permission::AccountsOpen,
        other: Permission::AccountsFund,
        why: "money for an account that was opened for nobody takes two people",
    },
    Conflict {
        one: Permission::AccountsFund,
        other: Permission::AccountsFreeze,
        why: "who puts money on an account must not decide whether it may leave",
    },
    Conflict {
        one: Permission::AccountsFund,
        other: Permission::UsersRecover,
        why: "who can have a customer's key replaced must not put money where that key takes it from",
    },
    Conflict {
        one: Permission::UsersRecover,
        other: Permission::UsersLock,
        why: "who has a key replaced must not keep its holder from noticing",
    },
];

/// The first pair that meets in a set.
#[must_use]
pub fn conflict(set: Permissions) -> Option<&'static Conflict> {
    CONFLICTS.iter().find(|pair| set.holds(pair.one) && set.holds(pair.other))
}

#[cfg(test)]
mod tests {
    use intent::Role;

    use super::*;
    use crate::policy::{BASICS, permissions};

    #[test]
    fn every_pair_could_meet_in_some_role_and_none_touches_what_everybody_has() {
        for pair in CONFLICTS {
            let both = Permissions::of(&[pair.one, pair.other]);
            assert!(Role::ALL.into_iter().any(|role| permissions(role).contains(both)), "{pair:?}");
            assert_eq!(both.intersection(BASICS), Permissions::NONE, "{pair:?}");
            assert_eq!(conflict(both), Some(pair));
            assert_eq!(conflict(Permissions::of(&[pair.one])), None);
        }
    }
}
