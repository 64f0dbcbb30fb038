//! Who may do what: one table from intent kinds and routes to permissions, one from roles to permissions.
//!
//! A permission is `resource:action`. No role holds all of them: the administrator cannot move money or read the audit
//! evidence, the auditor can change nothing.

use intent::{Kind, Role};

/// How long after a recovery its person may pay little only, in microseconds: 24 hours.
pub(crate) const RECOVERY_LIMIT_US: i64 = 24 * 60 * 60 * 1_000_000;
/// What one signature may move in that time, in whole units of its asset.
pub(crate) const RECOVERY_LIMIT_UNITS: i64 = 200;

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
    /// Approve and revoke one's own devices, or as staff a customer's.
    DevicesManage,
    /// Invite people.
    UsersInvite,
    /// Approve an invitation of somebody else.
    UsersApprove,
    /// Let a customer enrol anew.
    UsersRecover,
    /// Lock people out.
    UsersLock,
    /// Define and grant custom roles.
    RolesManage,
    /// Say from which addresses people may come.
    IpRulesManage,
    /// Read accountability reports.
    AuditReport,
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
            Self::DevicesManage => "devices:manage",
            Self::UsersInvite => "users:invite",
            Self::UsersApprove => "users:approve",
            Self::UsersRecover => "users:recover",
            Self::UsersLock => "users:lock",
            Self::RolesManage => "roles:manage",
            Self::IpRulesManage => "ip_rules:manage",
            Self::AuditReport => "audit:report",
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
            Kind::DeviceApprove | Kind::DeviceRevoke => Self::DevicesManage,
            Kind::UserInvite => Self::UsersInvite,
            Kind::UserApprove => Self::UsersApprove,
            Kind::UserRecover => Self::UsersRecover,
            Kind::UserLock => Self::UsersLock,
            Kind::RoleDefine | Kind::RoleGrant => Self::RolesManage,
            Kind::IpRuleSet => Self::IpRulesManage,
            Kind::AuditReport => Self::AuditReport,
        }
    }
}

/// What a role may do.
#[must_use]
pub const fn permissions(role: Role) -> &'static [Permission] {
    use Permission::{
        AccountsFreeze, AccountsFund, AccountsOpen, AccountsRead, AuditReport, CertificatesRead,
        CertificatesRevoke, DevicesManage, IdentityEnrol, IpRulesManage, KeysRotate, LogRead,
        RolesManage, SessionsOpen, TransfersSubmit, UsersApprove, UsersInvite, UsersLock,
        UsersRecover,
    };
    match role {
        Role::Customer => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            DevicesManage,
            AccountsOpen,
            AccountsRead,
            TransfersSubmit,
        ],
        Role::Manager => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            DevicesManage,
            AccountsOpen,
            AccountsFund,
            AccountsFreeze,
            AccountsRead,
            CertificatesRead,
            UsersApprove,
            UsersRecover,
            UsersLock,
        ],
        Role::AuditorClerk => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            DevicesManage,
            AccountsRead,
            CertificatesRead,
            LogRead,
            AuditReport,
        ],
        Role::SystemAdmin => &[
            IdentityEnrol,
            SessionsOpen,
            KeysRotate,
            CertificatesRevoke,
            DevicesManage,
            CertificatesRead,
            UsersInvite,
            UsersApprove,
            UsersLock,
            RolesManage,
            IpRulesManage,
        ],
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
            assert!(permissions(role).len() < 19, "{}", role.name());
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
