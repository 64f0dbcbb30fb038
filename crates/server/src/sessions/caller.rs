//! Who makes a request: the outcome of [`authenticate`](super::authenticate).

use axum::extract::FromRequestParts;
use crypto::Sha3;
use http::request::Parts;
use intent::{DeviceId, Role, UserId};
use uuid::Uuid;

use crate::policy::Permissions;
use crate::problem::Problem;

/// Identity of a session.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Takes a stored or presented id.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The id as the database and the token hold it.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

/// An authenticated caller: session, device and certificate were all checked for this very request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// What of it they may do now.
    pub permissions: Permissions,
    /// In which session.
    pub session: SessionId,
    /// By which certificate: SHA3-256 of its DER.
    pub certificate: Sha3,
    /// From which device.
    pub device: DeviceId,
    /// The epoch of authority under which the certificate was last examined.
    pub epoch: u64,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    /// Refuses on every route that the middleware does not guard: forgetting it fails closed.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}
