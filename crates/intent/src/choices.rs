//! What a signer chooses among: reasons, decisions, subjects.

/// Why a certificate is revoked (RFC 5280 5.3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RevocationReason {
    /// No reason given.
    Unspecified,
    /// Someone else may hold the key.
    KeyCompromise,
    /// Another certificate took its place.
    Superseded,
    /// Its holder needs it no more.
    Cessation,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::Unspecified, Self::KeyCompromise, Self::Superseded, Self::Cessation];

    /// The name in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key_compromise",
            Self::Superseded => "superseded",
            Self::Cessation => "cessation",
        }
    }

    /// The `CRLReason` number of RFC 5280 5.3.1.
    #[must_use]
    pub const fn crl_reason(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::Superseded => 4,
            Self::Cessation => 5,
        }
    }

    /// The reason of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What becomes of a payment that waits for a person.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ApprovalDecision {
    /// It is made.
    Approve,
    /// It is given back.
    Reject,
    /// It needs a second person.
    Escalate,
}

impl ApprovalDecision {
    /// Every decision.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Reject, Self::Escalate];

    /// The name in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Escalate => "escalate",
        }
    }

    /// The decision of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.name() == name)
    }
}

/// What an accountability report is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReportSubject {
    /// One certificate, by its fingerprint.
    Certificate,
    /// One person, by their id.
    User,
    /// One account, by its id.
    Account,
    /// One transfer, by its id.
    Transfer,
    /// Everything in a window of time.
    Window,
}

impl ReportSubject {
    /// Every subject.
    pub const ALL: [Self; 5] =
        [Self::Certificate, Self::User, Self::Account, Self::Transfer, Self::Window];

    /// The name in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::User => "user",
            Self::Account => "account",
            Self::Transfer => "transfer",
            Self::Window => "window",
        }
    }

    /// The subject of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == name)
    }
}
