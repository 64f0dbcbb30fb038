//! Who may do what: one table from intent kinds and routes to permissions, one from roles to permissions.
//!
//! A permission is `resource:action`. No role holds all of them: the administrator cannot move money or read the audit
//! evidence, the auditor can change nothing.

use http::Method;
use intent::{Kind, Role};

use crate::sessions::Aal;
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

/// A route that a session below aal3 may use, and from which level on.
pub struct Admitted {
    /// In capitals.
    pub method: &'static str,
    /// As the router writes it.
    pub path: &'static str,
    /// The level that a customer needs.
    pub customer: Aal,
    /// The level that staff need: a certificate, for anything but their own person.
    pub staff: Aal,
}

const fn admitted(method: &'static str, path: &'static str, customer: Aal, staff: Aal) -> Admitted {
    Admitted { method, path, customer, staff }
}

/// Every route that takes less than aal3. What is not here needs a certificate, and so does a route that is new.
///
/// What a handler asks beyond this (a fresh proof, another person's profile) it asks itself.
pub const BELOW_AAL3: &[Admitted] = {
    use Aal::{One, Three, Two};
    &[
        admitted("POST", "/api/auth/logout", One, One),
        admitted("GET", "/api/auth/verify-session", One, One),
        admitted("GET", "/api/auth/sessions", One, One),
        admitted("DELETE", "/api/auth/sessions", Two, Two),
        admitted("DELETE", "/api/auth/sessions/{id}", Two, Two),
        admitted("POST", "/api/auth/session-rechallenge", One, One),
        admitted("POST", "/api/auth/session-reverify", One, One),
        admitted("GET", "/api/users/{id}/profile", One, One),
        admitted("POST", "/api/users/password", Two, Two),
        admitted("GET", "/api/mfa", One, One),
        admitted("POST", "/api/mfa/setup", One, One),
        admitted("POST", "/api/mfa/verify", One, One),
        admitted("POST", "/api/mfa/recovery-codes", Two, Two),
        admitted("POST", "/api/mfa/disable", Two, Two),
        admitted("POST", "/api/mfa/trusted-devices", Two, Two),
        admitted("GET", "/api/mfa/trusted-devices", Two, Two),
        admitted("DELETE", "/api/mfa/trusted-devices/{id}", Two, Two),
        admitted("GET", "/api/passkeys", Two, Two),
        admitted("DELETE", "/api/passkeys/{id}", Two, Two),
        admitted("POST", "/api/passkeys/register/begin", Two, Two),
        admitted("POST", "/api/passkeys/register/finish", Two, Two),
        admitted("POST", "/api/passkeys/verify/begin", One, One),
        admitted("POST", "/api/passkeys/verify/finish", One, One),
        admitted("GET", "/api/accounts", Two, Three),
        admitted("GET", "/api/accounts/{id}", Two, Three),
        admitted("GET", "/api/accounts/resolve/{number}", Two, Three),
        admitted("GET", "/api/transactions/history", Two, Three),
        admitted("GET", "/api/transactions/{id}", Two, Three),
        admitted("GET", "/api/certificates/status", Two, Three),
        admitted("GET", "/api/certificates/details", Two, Three),
        admitted("GET", "/api/quantum/keys/{user_id}/info", Two, Three),
        admitted("GET", "/api/quantum/keys/{user_id}/history", Two, Three),
    ]
};

fn admission(method: &Method, path: &str) -> Option<&'static Admitted> {
    // What answers GET answers HEAD, with less.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    BELOW_AAL3.iter().find(|route| route.method == method && route.path == path)
}

/// The level that a request needs: aal3, unless the table says less.
#[must_use]
pub fn assurance_needed(method: &Method, path: &str, role: Role) -> Aal {
    match (admission(method, path), role) {
        (None, _) => Aal::Three,
        (Some(route), Role::Customer) => route.customer,
        (Some(route), Role::Manager | Role::AuditorClerk | Role::SystemAdmin) => route.staff,
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

/// Whether a session without a certificate may use this route.
#[must_use]
pub fn is_below_aal3(method: &Method, path: &str) -> bool {
    admission(method, path).is_some()
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
    fn a_route_that_nobody_has_thought_of_needs_a_certificate() {
        for role in ROLES {
            assert_eq!(assurance_needed(&Method::GET, "/api/new", role), Aal::Three);
            assert_eq!(assurance_needed(&Method::PUT, "/api/accounts", role), Aal::Three);
            assert_eq!(assurance_needed(&Method::POST, "/api/intents", role), Aal::Three);
        }
        let head = assurance_needed(&Method::HEAD, "/api/accounts", Role::Customer);
        assert_eq!(head, Aal::Two);
        for staff in [Role::Manager, Role::AuditorClerk, Role::SystemAdmin] {
            assert_eq!(assurance_needed(&Method::GET, "/api/accounts", staff), Aal::Three);
            assert_eq!(assurance_needed(&Method::GET, "/api/auth/sessions", staff), Aal::One);
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
