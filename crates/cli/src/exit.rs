//! Exit codes: one table, for scripts and for `strongroom help exit-codes`.

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    Ok,
    Unexpected,
    Usage,
    Unauthenticated,
    NotPermitted,
    Refused,
    Unavailable,
    Conflict,
    Invalid,
    EvidenceGap,
    Tampered,
    PolicyNotMet,
    EvidenceMalformed,
}

impl Exit {
    pub(crate) const ALL: [Self; 13] = [
        Self::Ok,
        Self::Unexpected,
        Self::Usage,
        Self::Unauthenticated,
        Self::NotPermitted,
        Self::Refused,
        Self::Unavailable,
        Self::Conflict,
        Self::Invalid,
        Self::EvidenceGap,
        Self::Tampered,
        Self::PolicyNotMet,
        Self::EvidenceMalformed,
    ];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Unauthenticated => 3,
            Self::NotPermitted => 4,
            Self::Refused => 5,
            Self::Unavailable => 6,
            Self::Conflict => 7,
            Self::Invalid => 8,
            Self::EvidenceGap => 10,
            Self::Tampered => 20,
            Self::PolicyNotMet => 30,
            Self::EvidenceMalformed => 40,
        }
    }

    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Unexpected => "something failed that should not have",
            Self::Usage => "the command line, a file or an amount is not usable; nothing was sent",
            Self::Unauthenticated => "not enrolled, not logged in, or wrong passphrase",
            Self::NotPermitted => "the role or certificate may not do this",
            Self::Refused => "the bank refused by a rule; the refusal has a receipt",
            Self::Unavailable => "no answer, or the bank is busy; the same may succeed later",
            Self::Conflict => "it does not fit what is already there",
            Self::Invalid => "a signature, certificate, receipt or key is not valid",
            Self::EvidenceGap => "verify: evidence is missing",
            Self::Tampered => "verify: the records were changed",
            Self::PolicyNotMet => "verify: too few witnesses or keys vouch for the log",
            Self::EvidenceMalformed => "verify: the evidence cannot be read",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_endings_share_a_code() {
        let codes: BTreeSet<_> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes.len(), Exit::ALL.len());
    }
}
