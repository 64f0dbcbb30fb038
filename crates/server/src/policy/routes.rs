//! Which route needs what: data, enforced by one middleware, shown in `docs/permissions.md`, and held against the
//! `OpenAPI` document by a test, so that a route without a row here answers nobody. The same row says which budget a
//! request is counted against.

use intent::{Kind, Role};

use super::{Permission, Permissions};
use crate::sessions::Aal;

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Nothing: no session.
    Open,
    /// A session; the answer is about the caller alone.
    SignedIn,
    /// A session; the answer is about the caller or, with this permission and the role's row-level security, about others.
    Own(Permission),
    /// A session and this permission.
    Needs(Permission),
    /// A session and an intent of this kind; the corridor decides under its locks, and records the refusal.
    Signs(Kind),
}

/// Which budget of requests a route is counted against; [`rate_limits`](crate::rate_limits) holds them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// Whatever a guess could be made at, or a signature is verified for, before anybody is known: ways in, and proofs of
    /// identity inside a session.
    SignIn,
    /// Changes: intents, and what a person keeps in order.
    Write,
    /// Reading, and waiting for what somebody else decides.
    Read,
    /// What everybody may see: the log, health, documents.
    Public,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::SignIn, Self::Write, Self::Read, Self::Public];

    /// Stable name, as settings, metrics and answers have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Write => "write",
            Self::Read => "read",
            Self::Public => "public",
        }
    }

    /// Of a route whose row does not say.
    const fn usual(method: &str, access: Access) -> Self {
        match (access, method.as_bytes()) {
            (Access::Open, _) => Self::Public,
            (_, b"GET") => Self::Read,
            _ => Self::Write,
        }
    }
}

/// One route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path with its parameters in braces.
    pub path: &'static str,
    /// What it asks.
    pub access: Access,
    /// The level of assurance that it asks of a customer's session. A handler may ask for more: a fresh proof, or the
    /// certificate for another person's profile.
    pub customer: Aal,
    /// The same for staff: a certificate, for anything but their own person.
    pub staff: Aal,
    /// Which budget it is counted against.
    pub class: Class,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, access: Access) -> Self {
        let class = Class::usual(method, access);
        Self { method, path, access, customer: Aal::Three, staff: Aal::Three, class }
    }

    /// Counts it against another budget than its method says.
    const fn counted_as(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Opens it to sessions of lower levels.
    const fn from(mut self, customer: Aal, staff: Aal) -> Self {
        (self.customer, self.staff) = (customer, staff);
        self
    }

    /// The level that a session of this role needs.
    #[must_use]
    pub const fn level(&self, role: Role) -> Aal {
        match role {
            Role::Customer => self.customer,
            Role::Manager | Role::AuditorClerk | Role::SystemAdmin => self.staff,
        }
    }

    /// Whether sessions without a certificate use it too.
    #[must_use]
    pub fn is_below_aal3(&self) -> bool {
        self.access != Access::Open && self.customer.min(self.staff) < Aal::Three
    }
}

impl Access {
    /// The permission that decides, if one does.
    #[must_use]
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::Open | Self::SignedIn => None,
            Self::Own(permission) | Self::Needs(permission) => Some(permission),
            Self::Signs(kind) => Some(Permission::for_kind(kind)),
        }
    }

    /// Whether a signed-in person with these permissions may use it at all.
    #[must_use]
    pub const fn admits(self, permissions: Permissions) -> bool {
        match self {
            Self::Open | Self::SignedIn | Self::Own(_) => true,
            Self::Needs(permission) => permissions.holds(permission),
            Self::Signs(kind) => permissions.holds(Permission::for_kind(kind)),
        }
    }

    /// Stable name, as answers and docs have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::SignedIn => "self",
            Self::Own(_) => "own",
            Self::Needs(_) => "needs",
            Self::Signs(_) => "signs",
        }
    }
}

const fn get(path: &'static str, access: Access) -> Route {
    Route::new("GET", path, access)
}

const fn post(path: &'static str, access: Access) -> Route {
    Route::new("POST", path, access)
}

const fn delete(path: &'static str, access: Access) -> Route {
    Route::new("DELETE", path, access)
}

/// Every route of the server. One that says no level needs a certificate, and so does a route that is not here.
pub const ROUTES: &[Route] = &[
    get("/health", Access::Open),
    get("/health/live", Access::Open),
    get("/health/ready", Access::Open),
    get("/metrics", Access::Open),
    get("/api/docs", Access::Open),
    get("/api/openapi.json", Access::Open),
    get("/api/security/info", Access::Open),
    get("/api/security/live", Access::Needs(Permission::SecurityWatch)),
    get("/api/log/checkpoint", Access::Open),
    get("/api/log/consistency", Access::Open),
    get("/api/log/entries", Access::Open),
    get("/api/log/inclusion", Access::Open),
    get("/api/log/tile/{level}/{*path}", Access::Open),
    get("/api/certificates/crl", Access::Open),
    get("/api/certificates/crl/{issuer}", Access::Open),
    post("/api/certificates/collect", Access::Open).counted_as(Class::SignIn),
    post("/api/users/register", Access::Open).counted_as(Class::SignIn),
    post("/api/users/enrol", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/certificate-challenge", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/certificate-login", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/refresh", Access::Open).counted_as(Class::Write),
    post("/api/auth/logout", Access::SignedIn).from(Aal::One, Aal::One),
    get("/api/auth/verify-session", Access::SignedIn).from(Aal::One, Aal::One),
    get("/api/auth/sessions", Access::SignedIn).from(Aal::One, Aal::One),
    delete("/api/auth/sessions", Access::SignedIn).from(Aal::Two, Aal::Two),
    delete("/api/auth/sessions/{id}", Access::SignedIn).from(Aal::Two, Aal::Two),
    post("/api/users/login", Access::Open).counted_as(Class::SignIn),
    post("/api/passkeys/login/begin", Access::Open).counted_as(Class::SignIn),
    post("/api/passkeys/login/finish", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/qr-challenge", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/qr-login", Access::Open).counted_as(Class::Read),
    post("/api/users/recovery", Access::Open).counted_as(Class::SignIn),
    post("/api/users/recovery/status", Access::Open).counted_as(Class::Read),
    post("/api/auth/issue-role-certificate", Access::Open).counted_as(Class::SignIn),
    post("/api/auth/session-rechallenge", Access::SignedIn)
        .from(Aal::One, Aal::One)
        .counted_as(Class::SignIn),
    post("/api/auth/session-reverify", Access::SignedIn)
        .from(Aal::One, Aal::One)
        .counted_as(Class::SignIn),
    post("/api/auth/session-key", Access::SignedIn)
        .from(Aal::One, Aal::One)
        .counted_as(Class::SignIn),
    post("/api/users/password", Access::SignedIn)
        .from(Aal::Two, Aal::Two)
        .counted_as(Class::SignIn),
    get("/api/mfa", Access::SignedIn).from(Aal::One, Aal::One),
    post("/api/mfa/setup", Access::SignedIn).from(Aal::One, Aal::One).counted_as(Class::SignIn),
    post("/api/mfa/verify", Access::SignedIn).from(Aal::One, Aal::One).counted_as(Class::SignIn),
    post("/api/mfa/disable", Access::SignedIn).from(Aal::Two, Aal::Two).counted_as(Class::SignIn),
    post("/api/mfa/recovery-codes", Access::SignedIn)
        .from(Aal::Two, Aal::Two)
        .counted_as(Class::SignIn),
    get("/api/mfa/trusted-devices", Access::SignedIn).from(Aal::Two, Aal::Two),
    post("/api/mfa/trusted-devices", Access::SignedIn).from(Aal::Two, Aal::Two),
    delete("/api/mfa/trusted-devices/{id}", Access::SignedIn).from(Aal::Two, Aal::Two),
    get("/api/passkeys", Access::SignedIn).from(Aal::Two, Aal::Two),
    delete("/api/passkeys/{id}", Access::SignedIn).from(Aal::Two, Aal::Two),
    post("/api/passkeys/register/begin", Access::SignedIn)
        .from(Aal::Two, Aal::Two)
        .counted_as(Class::SignIn),
    post("/api/passkeys/register/finish", Access::SignedIn)
        .from(Aal::Two, Aal::Two)
        .counted_as(Class::SignIn),
    post("/api/passkeys/verify/begin", Access::SignedIn)
        .from(Aal::One, Aal::One)
        .counted_as(Class::SignIn),
    post("/api/passkeys/verify/finish", Access::SignedIn)
        .from(Aal::One, Aal::One)
        .counted_as(Class::SignIn),
    get("/api/devices", Access::SignedIn).from(Aal::Two, Aal::Two),
    post("/api/devices/name", Access::SignedIn).from(Aal::Two, Aal::Two),
    get("/api/devices/pairings/{id}", Access::SignedIn),
    post("/api/devices/approve", Access::Signs(Kind::DeviceApprove)),
    post("/api/devices/revoke", Access::Signs(Kind::DeviceRevoke)),
    get("/api/auth/download-certificate/{user_id}", Access::SignedIn),
    get("/api/admin/invitations", Access::Needs(Permission::UsersApprove)),
    post("/api/admin/users/invite", Access::Signs(Kind::UserInvite)),
    post("/api/admin/users/approve", Access::Signs(Kind::UserApprove)),
    get("/api/manager/recoveries", Access::Needs(Permission::UsersRecover)),
    post("/api/manager/users/recover", Access::Signs(Kind::UserRecover)),
    get("/api/users/{id}/profile", Access::Own(Permission::UsersRead)).from(Aal::One, Aal::One),
    get("/api/certificates", Access::Needs(Permission::CertificatesRead)),
    get("/api/certificates/details", Access::Own(Permission::CertificatesRead))
        .from(Aal::Two, Aal::Three),
    get("/api/certificates/status", Access::Own(Permission::CertificatesRead))
        .from(Aal::Two, Aal::Three),
    post("/api/certificates/revoke", Access::Signs(Kind::CertificateRevoke)),
    get("/api/quantum/keys/{user_id}/info", Access::Own(Permission::CertificatesRead))
        .from(Aal::Two, Aal::Three),
    get("/api/quantum/keys/{user_id}/history", Access::Own(Permission::CertificatesRead))
        .from(Aal::Two, Aal::Three),
    post("/api/quantum/keys/rotate", Access::Signs(Kind::KeyRotate)),
    get("/api/accounts", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    post("/api/accounts", Access::Signs(Kind::AccountOpen)),
    get("/api/accounts/{id}", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    get("/api/accounts/{id}/balance", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/customer/statements/preview", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/customer/statements/download", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/customer/statements", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/customer/statements/{id}", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    post("/api/customer/statements/reconcile", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/accounts/resolve/{number}", Access::SignedIn).from(Aal::Two, Aal::Three),
    post("/api/accounts/fund", Access::Signs(Kind::AccountFund)),
    post("/api/accounts/freeze", Access::Signs(Kind::AccountFreeze)),
    post("/api/accounts/close", Access::Signs(Kind::AccountClose)),
    post("/api/accounts/overdraft", Access::Signs(Kind::AccountOverdraft)),
    get("/api/holds", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    post("/api/holds", Access::Signs(Kind::HoldPlace)),
    post("/api/holds/capture", Access::Signs(Kind::HoldCapture)),
    post("/api/holds/void", Access::Signs(Kind::HoldVoid)),
    post("/api/transactions/reverse", Access::Signs(Kind::TransferReverse)),
    post("/api/transactions/exchange", Access::Signs(Kind::TransferExchange)),
    get("/api/transactions/exchange/preview", Access::SignedIn).from(Aal::Two, Aal::Three),
    get("/api/rates", Access::SignedIn).from(Aal::Two, Aal::Three),
    get("/api/approvals", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    get("/api/approvals/{payment}", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    post("/api/approvals/decide", Access::Signs(Kind::ApprovalDecide)),
    get("/api/beneficiaries", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    post("/api/beneficiaries", Access::Signs(Kind::BeneficiaryAdd)),
    post("/api/beneficiaries/change", Access::Signs(Kind::BeneficiaryChange)),
    // A guess at a name: counted as one.
    post("/api/beneficiaries/check", Access::SignedIn).counted_as(Class::SignIn),
    get("/api/standing-orders", Access::Needs(Permission::AccountsRead)).from(Aal::Two, Aal::Three),
    get("/api/standing-orders/{order}", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    post("/api/standing-orders", Access::Signs(Kind::StandingOrderPlace)),
    post("/api/standing-orders/end", Access::Signs(Kind::StandingOrderEnd)),
    get("/api/templates", Access::SignedIn).from(Aal::Two, Aal::Three),
    // What a template says may be signed by somebody who trusts it: it is written with a certificate only.
    post("/api/templates", Access::SignedIn),
    post("/api/templates/{id}", Access::SignedIn),
    delete("/api/templates/{id}", Access::SignedIn),
    post("/api/transactions/transfer", Access::Signs(Kind::Transfer)),
    post("/api/transactions/batch", Access::Signs(Kind::TransferBatch)),
    post("/api/payments/files", Access::Signs(Kind::PaymentsFile)),
    post("/api/payments/files/preview", Access::Needs(Permission::TransfersSubmit)),
    get("/api/payments/files/{intent}", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/transactions/history", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    get("/api/events", Access::SignedIn).from(Aal::Two, Aal::Three),
    get("/api/transactions/{id}", Access::Needs(Permission::AccountsRead))
        .from(Aal::Two, Aal::Three),
    // Any kind: each is decided as on its own route.
    post("/api/intents", Access::SignedIn),
    post("/api/intents/dry-run", Access::SignedIn),
    get("/api/rbac/roles", Access::Own(Permission::UsersRead)),
    get("/api/rbac/permissions", Access::SignedIn).from(Aal::One, Aal::One),
    get("/api/rbac/navigation", Access::SignedIn).from(Aal::One, Aal::One),
    post("/api/rbac/check", Access::Own(Permission::UsersRead)),
    get("/api/audit/logs", Access::Needs(Permission::AuditReport)),
    get("/api/audit/days", Access::Needs(Permission::AuditReport)),
    post("/api/audit/accountability-report", Access::Signs(Kind::AuditReport)),
    get("/api/admin/users", Access::Needs(Permission::UsersRead)),
    post("/api/admin/users/lock", Access::Signs(Kind::UserLock)),
    get("/api/admin/ip-rules", Access::Needs(Permission::IpRulesManage)),
    post("/api/admin/ip-rules", Access::Signs(Kind::IpRuleSet)),
    get("/api/policies", Access::SignedIn).from(Aal::Two, Aal::Three),
    post("/api/admin/policies", Access::Signs(Kind::PolicyPropose)),
    post("/api/admin/policies/approve", Access::Signs(Kind::PolicyApprove)),
    get("/api/admin/roles", Access::Needs(Permission::RolesManage)),
    post("/api/admin/roles", Access::Signs(Kind::RoleDefine)),
    post("/api/admin/roles/grant", Access::Signs(Kind::RoleGrant)),
    get("/api/admin/authority", Access::Needs(Permission::AuthorityRotate)),
    get("/api/admin/webhooks", Access::Needs(Permission::WebhooksManage)),
    post("/api/admin/webhooks", Access::Signs(Kind::WebhookSet)),
    post("/api/admin/webhooks/{id}/replay", Access::Needs(Permission::WebhooksManage)),
    post("/api/admin/authority/rotate", Access::Signs(Kind::AuthorityRotate)),
];

/// The row of a route, by its path as the router has it. What answers GET answers HEAD, with less.
#[must_use]
pub fn listed(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|route| route.path == path && route.method == method)
}

/// The row of the route that a path leads to; a path without parameters wins over one with.
#[must_use]
pub fn leading_to(method: &str, path: &str) -> Option<&'static Route> {
    let fits = |route: &&Route| {
        route.method == method && {
            let (mut wanted, mut given) = (route.path.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(parameter), Some(_)) if parameter.starts_with("{*") => return true,
                    (Some(parameter), Some(value))
                        if parameter.starts_with('{') && !value.is_empty() => {}
                    (Some(wanted), Some(given)) if wanted == given => {}
                    _ => return false,
                }
            }
        }
    };
    listed(method, path).or_else(|| ROUTES.iter().find(fits))
}

/// The lowest level of session at which somebody of this role can use a permission; `None` where no route asks for it.
#[must_use]
pub fn level_of(permission: Permission, role: Role) -> Option<Aal> {
    let asks = |route: &&Route| route.access.permission() == Some(permission);
    ROUTES.iter().filter(asks).map(|route| route.level(role)).min()
}

/// The area of the bank that a route belongs to: `accounts` in `/api/accounts/{id}`.
#[must_use]
pub fn area(route: &Route) -> &'static str {
    route
        .path
        .trim_start_matches("/api/")
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_listed_once_and_found_by_itself() {
        let rows: BTreeSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        assert_eq!(rows.len(), ROUTES.len());
        for route in ROUTES {
            assert_eq!(listed(route.method, route.path), Some(route));
            assert_eq!(leading_to(route.method, route.path), Some(route));
            let path = route.path.replace('{', "x").replace('}', "y");
            if !route.path.contains("{*") {
                assert_eq!(
                    leading_to(route.method, &path).map(|found| found.path),
                    Some(route.path)
                );
            }
        }
    }

    #[test]
    fn a_permission_has_the_lowest_level_at_which_a_route_asks_for_it() {
        let of_customers = |permission| level_of(permission, Role::Customer).unwrap();
        assert_eq!(of_customers(Permission::AccountsRead), Aal::Two);
        assert_eq!(of_customers(Permission::TransfersSubmit), Aal::Three);
        assert_eq!(level_of(Permission::AccountsRead, Role::Manager), Some(Aal::Three));
    }

    #[test]
    fn whatever_a_stranger_may_send_is_counted_and_only_looking_is_cheap() {
        for route in ROUTES {
            let changes = route.method != "GET";
            let is_open = route.access == Access::Open;
            assert!(
                !(changes && route.class == Class::Public),
                "{}: not for everybody",
                route.path
            );
            let waits = ["/api/auth/qr-login", "/api/users/recovery/status"].contains(&route.path);
            let proved = route.path == "/api/auth/refresh";
            let expected = changes && is_open && !waits && !proved;
            assert!(!expected || route.class == Class::SignIn, "{} is a way in", route.path);
            let signs = matches!(route.access, Access::Signs(_));
            assert!(!signs || route.class == Class::Write, "{} is an intent", route.path);
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_has_no_row() {
        for (method, path) in [
            ("GET", "/api/accounts/"),
            ("GET", "/api/accounts/a/b"),
            ("PUT", "/api/accounts"),
            ("get", "/api/accounts"),
            ("GET", ""),
        ] {
            assert_eq!(leading_to(method, path), None, "{method} {path}");
        }
        assert!(leading_to("GET", "/api/log/tile/0/x001/067").is_some());
    }

    #[test]
    fn a_route_that_nobody_has_thought_of_needs_a_certificate() {
        for role in Role::ALL {
            let level = |method, path| listed(method, path).map(|route| route.level(role));
            assert_eq!(level("GET", "/api/new"), None);
            assert_eq!(level("PUT", "/api/accounts"), None);
            assert_eq!(level("POST", "/api/intents"), Some(Aal::Three));
            let expected = if role == Role::Customer { Aal::Two } else { Aal::Three };
            assert_eq!(level("HEAD", "/api/accounts"), Some(expected));
        }
        let sessions = listed("GET", "/api/auth/sessions").unwrap();
        assert_eq!(sessions.level(Role::Manager), Aal::One);
        for route in ROUTES {
            assert!(route.customer <= route.staff, "{}: staff prove no less", route.path);
            let signs = matches!(route.access, Access::Signs(_));
            assert!(!signs || !route.is_below_aal3(), "{} is signed", route.path);
        }
    }
}
