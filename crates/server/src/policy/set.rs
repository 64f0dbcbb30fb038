//! A set of permissions: one word, copied like a number.

use super::Permission;

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Permissions(u64);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);

    /// These.
    #[must_use]
    pub const fn of(mut permissions: &[Permission]) -> Self {
        let mut set = Self::NONE;
        while let [first, rest @ ..] = permissions {
            set = set.union(Self(bit(*first)));
            permissions = rest;
        }
        set
    }

    /// Whether `permission` is in it.
    #[must_use]
    pub const fn holds(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Its members, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.holds(*permission))
    }

    /// Names joined by spaces, as a row of a register has them.
    #[must_use]
    pub fn to_names(self) -> String {
        self.iter().map(Permission::name).collect::<Vec<_>>().join(" ")
    }

    /// Reads [`Permissions::to_names`]. A name that this version does not know gives nothing.
    #[must_use]
    pub fn from_names(names: &str) -> Self {
        names.split(' ').filter_map(Permission::from_name).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| set.union(Self(bit(permission))))
    }
}

/// The bit of a permission, in this process only.
const fn bit(permission: Permission) -> u64 {
    match permission {
        Permission::IdentityEnrol => 1,
        Permission::SessionsOpen => 1 << 1,
        Permission::KeysRotate => 1 << 2,
        Permission::CertificatesRevoke => 1 << 3,
        Permission::CertificatesRevokeOthers => 1 << 4,
        Permission::AccountsOpen => 1 << 5,
        Permission::AccountsFund => 1 << 6,
        Permission::AccountsFreeze => 1 << 7,
        Permission::AccountsRead => 1 << 8,
        Permission::TransfersSubmit => 1 << 9,
        Permission::CertificatesRead => 1 << 10,
        Permission::LogRead => 1 << 11,
        Permission::DevicesManage => 1 << 12,
        Permission::UsersRead => 1 << 13,
        Permission::UsersInvite => 1 << 14,
        Permission::UsersApprove => 1 << 15,
        Permission::UsersRecover => 1 << 16,
        Permission::UsersLock => 1 << 17,
        Permission::RolesManage => 1 << 18,
        Permission::IpRulesManage => 1 << 19,
        Permission::AuditReport => 1 << 20,
        Permission::TransfersCorrect => 1 << 21,
        Permission::ApprovalsDecide => 1 << 22,
        Permission::AccountsClose => 1 << 23,
        Permission::AccountsOverdraft => 1 << 24,
        Permission::PoliciesManage => 1 << 25,
        Permission::AuthorityRotate => 1 << 26,
        Permission::WebhooksManage => 1 << 35,
        Permission::SecurityWatch => 1 << 36,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_a_bit_of_its_own() {
        for one in Permission::ALL {
            assert_eq!(bit(one).count_ones(), 1, "{}", one.name());
            for other in Permission::ALL {
                assert_eq!(Permissions::of(&[one]).holds(other), one == other);
            }
        }
    }

    #[test]
    fn a_set_reads_back_from_its_names_and_knows_no_others() {
        let set = Permissions::of(&[Permission::AccountsFund, Permission::UsersLock]);
        assert_eq!(Permissions::from_names(&set.to_names()), set);
        assert_eq!(Permissions::from_names(""), Permissions::NONE);
        assert_eq!(
            Permissions::from_names("users:lock users:everything"),
            Permissions::of(&[Permission::UsersLock])
        );
    }
}
