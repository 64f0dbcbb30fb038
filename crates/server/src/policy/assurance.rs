//! Which level of assurance a route needs: data, enforced where a session is authenticated.

use http::Method;
use intent::Role;

use crate::sessions::Aal;

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
        admitted("GET", "/api/devices", Two, Two),
        admitted("POST", "/api/devices/name", Two, Two),
        admitted("GET", "/api/rbac/permissions", One, One),
        admitted("GET", "/api/rbac/navigation", One, One),
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
pub fn needed(method: &Method, path: &str, role: Role) -> Aal {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_that_nobody_has_thought_of_needs_a_certificate() {
        for role in Role::ALL {
            assert_eq!(needed(&Method::GET, "/api/new", role), Aal::Three);
            assert_eq!(needed(&Method::PUT, "/api/accounts", role), Aal::Three);
            assert_eq!(needed(&Method::POST, "/api/intents", role), Aal::Three);
        }
        let head = needed(&Method::HEAD, "/api/accounts", Role::Customer);
        assert_eq!(head, Aal::Two);
        for staff in [Role::Manager, Role::AuditorClerk, Role::SystemAdmin] {
            assert_eq!(needed(&Method::GET, "/api/accounts", staff), Aal::Three);
            assert_eq!(needed(&Method::GET, "/api/auth/sessions", staff), Aal::One);
        }
    }
}
