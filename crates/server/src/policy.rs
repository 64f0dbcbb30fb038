//! Who may do what: one table from intent kinds and routes to permissions, one from roles to permissions.
//!
//! A permission is `resource:action`. No role holds all of them: the administrator cannot move money or read the audit
//! evidence, the auditor can change nothing.

use intent::{Kind, Role};

/// A permission known at compile time.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Permission {
    /// Redeem a registration for a certificate.
    IdentityEnrol,
    /// Sign in with a certificate.
    SessionsOpen,
    /// Replace one's own key.
    KeysRotate,
    /// End a certificate: one's own, or as staff a customer's.
    CertificatesRevoke,
    /// Open an account.
    AccountsOpen,
    /// Put the bank's own money on an account.
    AccountsFund,
    /// Freeze or unfreeze an account.
    AccountsFreeze,
    /// Read one's own accounts, or as staff everyone's.
    AccountsRead,
    /// Pay from one's own accounts.
    TransfersSubmit,
    /// Read certificates and key history of other people.
    CertificatesRead,
    /// Read the log's entries.
    LogRead,
}

impl Permission {
    /// Stable name, shown in problem documents and in the docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityEnrol => "identity:enrol",
            Self::SessionsOpen => "sessions:open",
            Self::KeysRotate => "keys:rotate",
            Self::CertificatesRevoke => "certificates:revoke",
            Self::AccountsOpen => "accounts:open",
            Self::AccountsFund => "accounts:fund",
            Self::AccountsFreeze => "accounts:freeze",
            Self::AccountsRead => "accounts:read",
            Self::TransfersSubmit => "transfers:submit",
            Self::CertificatesRead => "certificates:read",
            Self::LogRead => "log:read",
        }
    }

    /// What an intent of this kind needs.
    #[must_use]
    pub const fn for_kind(kind: Kind) -> Self {
        match kind {
            Kind::UserEnrol => Self::IdentityEnrol,
            Kind::SessionLogin => Self::SessionsOpen,
            Kind::AccountOpen => Self::AccountsOpen,
            Kind::AccountFund => Self::AccountsFund,
            Kind::AccountFreeze => Self::AccountsFreeze,
            Kind::Transfer | Kind::TransferBatch => Self::TransfersSubmit,
            Kind::KeyRotate => Self::KeysRotate,
            Kind::CertificateRevoke => Self::CertificatesRevoke,
        }
    }
}

/// What a role may do.
#[must_use]
pub const fn permissions(role: Role) -> &'static [Permission] {
    use Permission::{
        AccountsFreeze, AccountsFund, AccountsOpen, AccountsRead, CertificatesRead,
        CertificatesRevoke, IdentityEnrol, KeysRotate, LogRead, SessionsOpen, TransfersSubmit,
    };
    match role {
        Role::Customer => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            AccountsOpen,
            AccountsRead,
            TransfersSubmit,
        ],
        Role::Manager => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            AccountsOpen,
            AccountsFund,
            AccountsFreeze,
            AccountsRead,
            CertificatesRead,
        ],
        Role::AuditorClerk => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            AccountsRead,
            CertificatesRead,
            LogRead,
        ],
        Role::SystemAdmin => {
            &[IdentityEnrol, SessionsOpen, KeysRotate, CertificatesRevoke, CertificatesRead]
        }
    }
}

/// Whether `role` holds `permission`.
#[must_use]
pub fn allows(role: Role, permission: Permission) -> bool {
    permissions(role).contains(&permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 4] = [Role::Customer, Role::Manager, Role::AuditorClerk, Role::SystemAdmin];

    #[test]
    fn no_role_may_do_everything() {
        for role in ROLES {
            assert!(permissions(role).len() < 11, "{}", role.name());
        }
    }

    #[test]
    fn a_role_signs_exactly_the_kinds_that_its_certificate_names() {
        for role in ROLES {
            for kind in Kind::ALL {
                assert_eq!(
                    allows(role, Permission::for_kind(kind)),
                    role.allowed_kinds().contains(&kind),
                    "{} {}",
                    role.name(),
                    kind.name()
                );
            }
        }
    }

    #[test]
    fn only_customers_pay_and_only_managers_fund() {
        for role in ROLES {
            assert_eq!(allows(role, Permission::TransfersSubmit), role == Role::Customer);
            assert_eq!(allows(role, Permission::AccountsFund), role == Role::Manager);
        }
    }
}
