//! The names of the rules.

use std::str::FromStr;

use crate::verdict::UnknownName;

/// What may be said against an attempt. Each rule measures one thing as a whole number, and the policy weighs it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Rule {
    /// Many attempts in the last hour. Measure: attempts, decayed, this one included.
    VelocityBurst,
    /// Far above the account's own mean. Measure: multiple of the 30-day mean.
    FarAboveHabit,
    /// Above everything the account ever paid. Measure: multiple of the largest.
    AboveLargest,
    /// Most of what is available at once. Measure: share, in thousandths.
    MostOfBalance,
    /// A large payment to a payee who is not familiar yet. Measure: payments to it, this one included.
    LargeToNewPayee,
    /// Again just below a limit. Measure: attempts near it, this one included.
    RepeatedlyBelowLimit,
    /// The device is newer than the account's use. Measure: 1.
    NewDevice,
    /// The signing key is newer than the account's use. Measure: 1.
    NewKey,
    /// The person never came from this address. Measure: 1.
    NewAddress,
    /// A password or a way in was changed or recovered of late. Measure: 1.
    CredentialsChanged,
    /// Sign-ins failed before the one that succeeded. Measure: how many.
    FailedSignIns,
    /// Somebody fresh on the account pays much to somebody unfamiliar. Measure: signs of a new hand.
    Takeover,
    /// The payee was only just added. Measure: 1.
    NewBeneficiary,
    /// A large payment to an unfamiliar payee whose account is young. Measure: payments to it, this one included.
    YoungPayee,
    /// The payee suddenly receives from many. Measure: its distinct payers in two days.
    PayeeFanIn,
    /// What strangers paid in goes out and leaves the account empty. Measure: 1; one more if the account is young, one more if
    /// there were several strangers.
    MuleThrough,
    /// What many paid in goes out and leaves the account empty. Measure: distinct payers in two days.
    FanInThenOut,
    /// Long silent, a sum in, and out again. Measure: 1.
    DormantWaking,
    /// Money comes back to where it came from, through others. Measure: how often.
    RoundTrip,
    /// The account empties towards many new payees. Measure: new payees in a day, this one included.
    FanOut,
    /// A payment file pays whom it always pays, but for a few new and young accounts. Measure: how many.
    ChangedPayeeInBatch,
    /// A large payment to somebody unfamiliar outside business hours. Measure: 1.
    OutsideHours,
}

impl Rule {
    /// Every rule, in the order in which reasons of equal weight are given.
    pub const ALL: [Self; 22] = [
        Self::Takeover,
        Self::MuleThrough,
        Self::FanInThenOut,
        Self::RoundTrip,
        Self::RepeatedlyBelowLimit,
        Self::DormantWaking,
        Self::YoungPayee,
        Self::FanOut,
        Self::VelocityBurst,
        Self::ChangedPayeeInBatch,
        Self::PayeeFanIn,
        Self::FarAboveHabit,
        Self::AboveLargest,
        Self::MostOfBalance,
        Self::LargeToNewPayee,
        Self::NewBeneficiary,
        Self::NewDevice,
        Self::NewKey,
        Self::NewAddress,
        Self::CredentialsChanged,
        Self::FailedSignIns,
        Self::OutsideHours,
    ];

    /// Stable name: lower-case words joined by hyphens. It stands in verdicts and never changes its meaning.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::VelocityBurst => "velocity-burst",
            Self::FarAboveHabit => "far-above-habit",
            Self::AboveLargest => "above-largest",
            Self::MostOfBalance => "most-of-balance",
            Self::LargeToNewPayee => "large-to-new-payee",
            Self::RepeatedlyBelowLimit => "repeatedly-below-limit",
            Self::NewDevice => "new-device",
            Self::NewKey => "new-key",
            Self::NewAddress => "new-address",
            Self::CredentialsChanged => "credentials-changed",
            Self::FailedSignIns => "failed-sign-ins",
            Self::Takeover => "takeover",
            Self::NewBeneficiary => "new-beneficiary",
            Self::YoungPayee => "young-payee",
            Self::PayeeFanIn => "payee-fan-in",
            Self::MuleThrough => "mule-through",
            Self::FanInThenOut => "fan-in-then-out",
            Self::DormantWaking => "dormant-waking",
            Self::RoundTrip => "round-trip",
            Self::FanOut => "fan-out",
            Self::ChangedPayeeInBatch => "changed-payee-in-batch",
            Self::OutsideHours => "outside-hours",
        }
    }
}

impl FromStr for Rule {
    type Err = UnknownName;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|rule| rule.code() == code).ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_rule() {
        assert!(Rule::ALL.iter().all(|rule| rule.code().parse() == Ok(*rule)));
        assert_eq!("Takeover".parse::<Rule>(), Err(UnknownName));
    }
}
