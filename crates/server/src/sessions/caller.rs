//! Who makes a request: the outcome of [`authenticate`](super::authenticate).

use axum::extract::FromRequestParts;
use crypto::Sha3;
use http::request::Parts;
use intent::{DeviceId, Role, SessionId, UserId, UtcMicros};

use super::assurance::{Aal, Assurance};
use super::sign_in::SignIn;
use crate::policy::{self, Permissions};
use crate::problem::{Code, Problem};

/// How long a proof of identity counts as fresh, in microseconds.
const FRESH_US: i64 = 5 * 60 * 1_000_000;

/// An authenticated caller: session and what it was opened by were checked for this very request.
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
    /// What was unusual when it was opened.
    pub(crate) sign_in: SignIn,
    /// Which of the session's keys proved this request.
    pub key_generation: u64,
    /// By what the session was opened, or stepped up.
    pub assurance: Assurance,
    /// When the holder last proved who they are.
    pub authenticated_at: UtcMicros,
    /// The epoch of authority under which all this was last examined.
    pub epoch: u64,
}

impl Caller {
    /// The level of this session.
    #[must_use]
    pub const fn aal(&self) -> Aal {
        self.assurance.aal()
    }

    /// Refuses a session of a lower level.
    pub fn require(&self, needed: Aal) -> Result<(), Problem> {
        if self.aal() >= needed { Ok(()) } else { Err(too_low(needed)) }
    }

    /// Refuses a session whose holder has not proved who they are for a while.
    pub fn require_fresh(&self, now: UtcMicros) -> Result<(), Problem> {
        let age_us = now.get().saturating_sub(self.authenticated_at.get());
        if age_us <= FRESH_US { Ok(()) } else { Err(Problem::new(Code::NotFresh)) }
    }

    /// By which certificate: SHA3-256 of its DER. Only a session of aal3 has one.
    pub fn certificate(&self) -> Result<Sha3, Problem> {
        match self.assurance {
            Assurance::Certificate { certificate, .. } => Ok(certificate),
            Assurance::Password | Assurance::Factor(_) => Err(too_low(Aal::Three)),
        }
    }

    /// From which device. Only a session of aal3 has one.
    pub fn device(&self) -> Result<DeviceId, Problem> {
        match self.assurance {
            Assurance::Certificate { device, .. } => Ok(device),
            Assurance::Password | Assurance::Factor(_) => Err(too_low(Aal::Three)),
        }
    }
}

/// 403 that names the level that is missing.
pub(super) fn too_low(needed: Aal) -> Problem {
    Problem::new(Code::AssuranceTooLow).with_detail(format!("needs {needed}"))
}

/// Who reads: a caller, or the person for whom the bank itself writes something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) permissions: Permissions,
}

impl Reader {
    /// A customer, who sees what is theirs.
    pub(crate) const fn customer(user: UserId) -> Self {
        Self { user, role: Role::Customer, permissions: policy::permissions(Role::Customer) }
    }
}

impl From<&Caller> for Reader {
    fn from(caller: &Caller) -> Self {
        Self { user: caller.user, role: caller.role, permissions: caller.permissions }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    /// Refuses on every route that the middleware does not guard: forgetting it fails closed.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}
