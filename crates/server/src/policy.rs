//! Who may do what: tables from intent kinds and [routes](self::routes) to permissions, from roles to permissions, and of
//! the [duties](self::duties) that one person must not hold together.
//!
//! A permission is `resource:action`. No role holds all of them: the administrator cannot move money or read the audit
//! evidence, the auditor can change nothing. A custom role (see [`roles`](crate::roles)) is a named subset of one built-in
//! role: it narrows people, and never gives what their certificate does not.

pub mod duties;
pub mod routes;
mod set;

use intent::{Kind, Role};

pub use self::set::Permissions;

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
    /// End one's own certificate.
    CertificatesRevoke,
    /// End certificates of other people: a manager those of customers, the administrator anyone's.
    CertificatesRevokeOthers,
    /// Open an account.
    AccountsOpen,
    /// Put the bank's own money on an account.
    AccountsFund,
    /// Freeze an account: one's own, or as staff anybody's, which alone unfreezes.
    AccountsFreeze,
    /// Read one's own accounts, or as staff everyone's.
    AccountsRead,
    /// Pay from one's own accounts.
    TransfersSubmit,
    /// Give back what customers hold, and what the bank paid in.
    TransfersCorrect,
    /// Decide payments that wait for a person.
    ApprovalsDecide,
    /// Close accounts: one's own, or as staff any.
    AccountsClose,
    /// Say how far accounts may be overdrawn.
    AccountsOverdraft,
    /// Propose and approve policies of the bank.
    PoliciesManage,
    /// Read certificates and key history of other people.
    CertificatesRead,
    /// Read the log's entries.
    LogRead,
    /// Approve and revoke one's own devices, or as staff a customer's.
    DevicesManage,
    /// Read who other people are.
    UsersRead,
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
    /// Read the audit trail and accountability reports.
    AuditReport,
    /// Propose the next issuing authority, or approve it.
    AuthorityRotate,
    /// Say where the bank tells what happens.
    WebhooksManage,
    /// Watch how the bank does, second by second.
    SecurityWatch,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 29] = [
        Self::IdentityEnrol,
        Self::SessionsOpen,
        Self::KeysRotate,
        Self::CertificatesRevoke,
        Self::CertificatesRevokeOthers,
        Self::AccountsOpen,
        Self::AccountsFund,
        Self::AccountsFreeze,
        Self::AccountsRead,
        Self::TransfersSubmit,
        Self::TransfersCorrect,
        Self::ApprovalsDecide,
        Self::AccountsClose,
        Self::AccountsOverdraft,
        Self::PoliciesManage,
        Self::CertificatesRead,
        Self::LogRead,
        Self::DevicesManage,
        Self::UsersRead,
        Self::UsersInvite,
        Self::UsersApprove,
        Self::UsersRecover,
        Self::UsersLock,
        Self::RolesManage,
        Self::IpRulesManage,
        Self::AuditReport,
        Self::AuthorityRotate,
        Self::WebhooksManage,
        Self::SecurityWatch,
    ];

    /// The permission with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// Stable name, shown in problem documents and in the docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityEnrol => "identity:enrol",
            Self::SessionsOpen => "sessions:open",
            Self::KeysRotate => "keys:rotate",
            Self::CertificatesRevoke => "certificates:revoke",
            Self::CertificatesRevokeOthers => "certificates:revoke_others",
            Self::AccountsOpen => "accounts:open",
            Self::AccountsFund => "accounts:fund",
            Self::AccountsFreeze => "accounts:freeze",
            Self::AccountsRead => "accounts:read",
            Self::TransfersSubmit => "transfers:submit",
            Self::TransfersCorrect => "transfers:correct",
            Self::ApprovalsDecide => "approvals:decide",
            Self::AccountsClose => "accounts:close",
            Self::AccountsOverdraft => "accounts:overdraft",
            Self::PoliciesManage => "policies:manage",
            Self::CertificatesRead => "certificates:read",
            Self::LogRead => "log:read",
            Self::DevicesManage => "devices:manage",
            Self::UsersRead => "users:read",
            Self::UsersInvite => "users:invite",
            Self::UsersApprove => "users:approve",
            Self::UsersRecover => "users:recover",
            Self::UsersLock => "users:lock",
            Self::RolesManage => "roles:manage",
            Self::IpRulesManage => "ip_rules:manage",
            Self::AuditReport => "audit:report",
            Self::AuthorityRotate => "authority:rotate",
            Self::WebhooksManage => "webhooks:manage",
            Self::SecurityWatch => "security:watch",
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
            Kind::Transfer
            | Kind::TransferBatch
            | Kind::PaymentsFile
            | Kind::HoldPlace
            | Kind::HoldCapture
            | Kind::BeneficiaryAdd
            | Kind::BeneficiaryChange
            | Kind::StandingOrderPlace
            | Kind::StandingOrderEnd
            | Kind::TransferExchange => Self::TransfersSubmit,
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
            Kind::HoldVoid | Kind::TransferReverse => Self::TransfersCorrect,
            Kind::ApprovalDecide => Self::ApprovalsDecide,
            Kind::AccountClose => Self::AccountsClose,
            Kind::AccountOverdraft => Self::AccountsOverdraft,
            Kind::PolicyPropose | Kind::PolicyApprove => Self::PoliciesManage,
            Kind::AuthorityRotate => Self::AuthorityRotate,
            Kind::WebhookSet => Self::WebhooksManage,
        }
    }
}

/// What everybody needs to live, whatever else they may do: no custom role takes it away.
pub const BASICS: Permissions = Permissions::of(&[
    Permission::IdentityEnrol,
    Permission::SessionsOpen,
    Permission::KeysRotate,
    Permission::CertificatesRevoke,
    Permission::DevicesManage,
]);

/// What a built-in role may do.
#[must_use]
pub const fn permissions(role: Role) -> Permissions {
    use Permission::{
        AccountsClose, AccountsFreeze, AccountsFund, AccountsOpen, AccountsOverdraft, AccountsRead,
        ApprovalsDecide, AuditReport, AuthorityRotate, CertificatesRead, CertificatesRevokeOthers,
        IpRulesManage, LogRead, PoliciesManage, RolesManage, SecurityWatch, TransfersCorrect,
        TransfersSubmit, UsersApprove, UsersInvite, UsersLock, UsersRead, UsersRecover,
        WebhooksManage,
    };
    let own: &[Permission] = match role {
        Role::Customer => &[
            AccountsOpen,
            AccountsFreeze,
            AccountsRead,
            AccountsClose,
            TransfersSubmit,
            TransfersCorrect,
        ],
        Role::Manager => &[
            CertificatesRevokeOthers,
            AccountsOpen,
            AccountsFund,
            AccountsFreeze,
            AccountsRead,
            AccountsClose,
            AccountsOverdraft,
            TransfersCorrect,
            ApprovalsDecide,
            PoliciesManage,
            CertificatesRead,
            UsersRead,
            UsersApprove,
            UsersRecover,
            UsersLock,
            SecurityWatch,
        ],
        Role::AuditorClerk => {
            &[AccountsRead, CertificatesRead, LogRead, UsersRead, AuditReport, SecurityWatch]
        }
        Role::SystemAdmin => &[
            CertificatesRevokeOthers,
            CertificatesRead,
            UsersRead,
            UsersInvite,
            UsersApprove,
            UsersLock,
            RolesManage,
            IpRulesManage,
            PoliciesManage,
            AuthorityRotate,
            WebhooksManage,
            SecurityWatch,
        ],
    };
    BASICS.union(Permissions::of(own))
}

/// What a person may do: all that their built-in role holds or, once custom roles were granted to them, what these hold
/// of it together with the [`BASICS`].
#[must_use]
pub const fn effective(role: Role, granted: Option<Permissions>) -> Permissions {
    let built_in = permissions(role);
    match granted {
        None => built_in,
        Some(granted) => built_in.intersection(granted.union(BASICS)),
    }
}

/// Whether people of this role may have a browser skip their second factor for a while.
#[must_use]
pub const fn may_trust_browsers(role: Role) -> bool {
    match role {
        Role::Customer => true,
        Role::Manager | Role::AuditorClerk | Role::SystemAdmin => false,
    }
}

/// Whether the built-in `role` holds `permission`.
#[must_use]
pub const fn allows(role: Role, permission: Permission) -> bool {
    permissions(role).holds(permission)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_role_may_do_everything() {
        for role in Role::ALL {
            assert!(permissions(role).iter().count() < Permission::ALL.len(), "{}", role.name());
        }
    }

    #[test]
    fn a_role_signs_exactly_the_kinds_that_its_certificate_names() {
        for role in Role::ALL {
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
        for role in Role::ALL {
            assert_eq!(allows(role, Permission::TransfersSubmit), role == Role::Customer);
            assert_eq!(allows(role, Permission::AccountsFund), role == Role::Manager);
        }
    }

    #[test]
    fn names_lead_back_to_their_permission() {
        for (place, permission) in Permission::ALL.into_iter().enumerate() {
            assert_eq!(Permission::from_name(permission.name()), Some(permission));
            assert_eq!(Permission::ALL.iter().position(|p| *p == permission), Some(place));
        }
        assert_eq!(Permission::from_name("accounts:everything"), None);
    }

    proptest! {
        #[test]
        fn a_custom_role_takes_away_and_never_gives(chosen in prop::collection::vec(0_usize..21, 0..21)) {
            let granted: Permissions = chosen.iter().map(|place| Permission::ALL[*place]).collect();
            for role in Role::ALL {
                let may = effective(role, Some(granted));
                prop_assert!(permissions(role).contains(may));
                prop_assert!(may.contains(BASICS));
                for permission in may.iter() {
                    prop_assert!(BASICS.holds(permission) || granted.holds(permission));
                }
                prop_assert_eq!(effective(role, None), permissions(role));
            }
        }
    }
}
