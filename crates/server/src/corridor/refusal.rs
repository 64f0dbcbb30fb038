//! Why an authentic intent was refused.
//!
//! A refusal is an outcome, not an error: it is recorded, it has a receipt, and it is final for its intent id. What
//! never reaches the log (a bad signature, an unknown certificate, a malformed document) is a
//! [`Problem`](crate::problem::Problem) of its own.

use http::StatusCode;
use ledger::Rejection;

use crate::policy::{RECOVERY_LIMIT_UNITS, RECOVERY_LIMIT_US};

const US_PER_HOUR: i64 = 60 * 60 * 1_000_000;

/// One reason, in the order in which they are tested.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Refusal {
    /// The role of the signer does not hold the permission that the kind needs.
    PermissionDenied,
    /// The debit account belongs to somebody else.
    NotAccountOwner,
    /// The registration token is unknown, or was redeemed before.
    RegistrationUnknown,
    /// The registration token is too old.
    RegistrationExpired,
    /// A registration with this token was made before.
    RegistrationExists,
    /// The registration was approved for another device or certificate request.
    RegistrationForAnother,
    /// An invitation of staff waits for a second person.
    InvitationNotApproved,
    /// No invitation of that person waits for an approval.
    InvitationNotFound,
    /// Whoever asked for it cannot approve it.
    ApprovalByMaker,
    /// A person with this id or address is known.
    PersonExists,
    /// Name and address are missing, or are none.
    PersonInvalid,
    /// No device of the signer asked to be paired under these keys.
    PairingUnknown,
    /// The pairing was approved before.
    PairingUsed,
    /// The pairing is older than its lifetime.
    PairingExpired,
    /// No such device, or none that the signer may revoke.
    DeviceNotFound,
    /// The device was revoked before.
    DeviceAlreadyEnded,
    /// It is the last way in of the last system administrator.
    LastAdministrator,
    /// Nobody asked for a recovery with this token, or too long ago.
    RecoveryNotRequested,
    /// Too much for the first day after a recovery.
    RecoveryLimit,
    /// The certificate request is malformed, or does not prove possession of its key.
    CertificateRequestInvalid,
    /// One half of the public key stands in another certificate.
    ComponentReused,
    /// The device serves another certificate.
    DeviceAlreadyEnrolled,
    /// The sealed device key does not open to what the intent committed to.
    DeviceKeyInvalid,
    /// The KEM key is not one of the bank's suite.
    KemKeyInvalid,
    /// No such challenge was made for this certificate and device.
    ChallengeUnknown,
    /// The challenge was answered before.
    ChallengeRedeemed,
    /// The challenge is older than its lifetime.
    ChallengeExpired,
    /// The proof does not come from the enrolled device.
    DeviceProofInvalid,
    /// No such certificate, or none that the signer may revoke.
    CertificateNotFound,
    /// The certificate was superseded or revoked before.
    CertificateAlreadyEnded,
    /// No such user.
    UserNotFound,
    /// Nobody changes what they may do themselves.
    OwnAuthority,
    /// No such custom role, or one that has ended; or the person does not hold it.
    RoleNotFound,
    /// The custom role narrows another built-in role.
    RoleBaseMismatch,
    /// A permission that the built-in role does not hold.
    PermissionsBeyondBase,
    /// Two duties that one person must not hold together.
    ConflictingDuties,
    /// The subject of a report is not of its form.
    ReportSubjectInvalid,
    /// The rule names no role, person or network.
    IpRuleInvalid,
    /// The endpoint has no address that may be one, names an unknown kind, or is one too many.
    WebhookInvalid,
    /// Whoever sets the rule could not come back from where they are.
    IpRuleLocksOut,
    /// The certificates of the next issuing authority do not hold.
    AuthorityInvalid,
    /// The issuing authority is or was in force.
    AuthorityKnown,
    /// Another certificate or overlap than was proposed.
    AuthorityDiffers,
    /// This server does not hold the key of the next issuing authority.
    AuthorityKeyMissing,
    /// The bank does not keep this asset.
    AssetUnknown,
    /// An account with this id exists.
    AccountExists,
    /// No such account.
    AccountNotFound,
    /// The risk engine blocked it.
    RiskBlocked,
    /// The account is closed.
    AccountClosed,
    /// Money is on the account, or held for it.
    AccountNotEmpty,
    /// The account has earned or owes interest that is not posted yet.
    InterestDue,
    /// Only staff take off what stops an account.
    UnfreezeByStaff,
    /// More is overdrawn than would be allowed.
    OverdraftInUse,
    /// Too much for one transfer.
    LimitPerTransfer,
    /// Too much for a payee who is new.
    LimitNewPayee,
    /// Too much for one payee in a day.
    LimitPerPayee,
    /// Too much for one day.
    LimitPerDay,
    /// Too many payments in a minute.
    LimitPerMinute,
    /// Too many payments in an hour.
    LimitPerHour,
    /// Too many payments in a day.
    LimitCountPerDay,
    /// A hold that a person would have to approve: pay instead.
    HoldNeedsApproval,
    /// A hold must end within 90 days.
    HoldTooLong,
    /// No payment of that id waits, or ever waited, for a person.
    PaymentNotFound,
    /// The payment was decided before.
    PaymentDecided,
    /// The payment waited too long.
    PaymentExpired,
    /// Who approved it first cannot be the second person too.
    ApprovedBefore,
    /// The policy, its scope or its value is not of its form.
    PolicyInvalid,
    /// No proposal of that id waits.
    ProposalNotFound,
    /// The account is among the signer's payees.
    BeneficiaryExists,
    /// The account is not among the signer's payees.
    BeneficiaryNotFound,
    /// The name and memo of a payee do not come with the intent, or are none.
    BeneficiaryInvalid,
    /// The bank says something else of the payee's name than the signer has signed.
    PayeeNameDiffers,
    /// The order's days are none.
    StandingOrderInvalid,
    /// The signer has no standing order of that id.
    StandingOrderNotFound,
    /// The standing order has ended.
    StandingOrderEnded,
    /// A payment that a person would have to see: no standing order makes it.
    StandingOrderNeedsApproval,
    /// The account has paid a file of this message id before.
    PaymentFileKnown,
    /// Neither interest nor a fee of the month is due.
    NothingDue,
    /// The bank has no rate for these two assets.
    RateUnknown,
    /// Another rate is in force than was signed.
    RateStale,
    /// The amount bought is not what the rate gives.
    ExchangeMismatch,
    /// A rule of the ledger.
    Ledger(Rejection),
}

impl Refusal {
    /// Every refusal of the corridor itself; those of the ledger are [`Rejection::ALL`].
    pub const OWN: [Self; 81] = [
        Self::PermissionDenied,
        Self::NotAccountOwner,
        Self::RegistrationUnknown,
        Self::RegistrationExpired,
        Self::RegistrationExists,
        Self::RegistrationForAnother,
        Self::InvitationNotApproved,
        Self::InvitationNotFound,
        Self::ApprovalByMaker,
        Self::PersonExists,
        Self::PersonInvalid,
        Self::PairingUnknown,
        Self::PairingUsed,
        Self::PairingExpired,
        Self::DeviceNotFound,
        Self::DeviceAlreadyEnded,
        Self::LastAdministrator,
        Self::RecoveryNotRequested,
        Self::RecoveryLimit,
        Self::CertificateRequestInvalid,
        Self::ComponentReused,
        Self::DeviceAlreadyEnrolled,
        Self::DeviceKeyInvalid,
        Self::KemKeyInvalid,
        Self::ChallengeUnknown,
        Self::ChallengeRedeemed,
        Self::ChallengeExpired,
        Self::DeviceProofInvalid,
        Self::CertificateNotFound,
        Self::CertificateAlreadyEnded,
        Self::UserNotFound,
        Self::OwnAuthority,
        Self::RoleNotFound,
        Self::RoleBaseMismatch,
        Self::PermissionsBeyondBase,
        Self::ConflictingDuties,
        Self::ReportSubjectInvalid,
        Self::IpRuleInvalid,
        Self::WebhookInvalid,
        Self::IpRuleLocksOut,
        Self::AuthorityInvalid,
        Self::AuthorityKnown,
        Self::AuthorityDiffers,
        Self::AuthorityKeyMissing,
        Self::AssetUnknown,
        Self::AccountExists,
        Self::AccountNotFound,
        Self::RiskBlocked,
        Self::AccountClosed,
        Self::AccountNotEmpty,
        Self::InterestDue,
        Self::UnfreezeByStaff,
        Self::OverdraftInUse,
        Self::LimitPerTransfer,
        Self::LimitNewPayee,
        Self::LimitPerPayee,
        Self::LimitPerDay,
        Self::LimitPerMinute,
        Self::LimitPerHour,
        Self::LimitCountPerDay,
        Self::HoldNeedsApproval,
        Self::HoldTooLong,
        Self::PaymentNotFound,
        Self::PaymentDecided,
        Self::PaymentExpired,
        Self::ApprovedBefore,
        Self::PolicyInvalid,
        Self::ProposalNotFound,
        Self::BeneficiaryExists,
        Self::BeneficiaryNotFound,
        Self::BeneficiaryInvalid,
        Self::PayeeNameDiffers,
        Self::StandingOrderInvalid,
        Self::StandingOrderNotFound,
        Self::StandingOrderEnded,
        Self::StandingOrderNeedsApproval,
        Self::PaymentFileKnown,
        Self::NothingDue,
        Self::RateUnknown,
        Self::RateStale,
        Self::ExchangeMismatch,
    ];

    /// Every refusal there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.into_iter().chain(Rejection::ALL.into_iter().map(Self::Ledger))
    }

    /// The refusal with this stable code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|refusal| refusal.code() == code)
    }

    /// Stable name; stored in the log, shown in problem documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PermissionDenied => "permission-denied",
            Self::NotAccountOwner => "not-account-owner",
            Self::RegistrationUnknown => "registration-unknown",
            Self::RegistrationExpired => "registration-expired",
            Self::RegistrationExists => "registration-exists",
            Self::RegistrationForAnother => "registration-for-another-device",
            Self::InvitationNotApproved => "invitation-not-approved",
            Self::InvitationNotFound => "invitation-not-found",
            Self::ApprovalByMaker => "approval-by-maker",
            Self::PersonExists => "person-exists",
            Self::PersonInvalid => "person-invalid",
            Self::PairingUnknown => "pairing-unknown",
            Self::PairingUsed => "pairing-used",
            Self::PairingExpired => "pairing-expired",
            Self::DeviceNotFound => "device-not-found",
            Self::DeviceAlreadyEnded => "device-already-ended",
            Self::LastAdministrator => "last-administrator",
            Self::RecoveryNotRequested => "recovery-not-requested",
            Self::RecoveryLimit => "recovery-limit",
            Self::CertificateRequestInvalid => "certificate-request-invalid",
            Self::ComponentReused => "component-reused",
            Self::DeviceAlreadyEnrolled => "device-already-enrolled",
            Self::DeviceKeyInvalid => "device-key-invalid",
            Self::KemKeyInvalid => "kem-key-invalid",
            Self::ChallengeUnknown => "challenge-unknown",
            Self::ChallengeRedeemed => "challenge-redeemed",
            Self::ChallengeExpired => "challenge-expired",
            Self::DeviceProofInvalid => "device-proof-invalid",
            Self::CertificateNotFound => "certificate-not-found",
            Self::CertificateAlreadyEnded => "certificate-already-ended",
            Self::UserNotFound => "user-not-found",
            Self::OwnAuthority => "own-authority",
            Self::RoleNotFound => "role-not-found",
            Self::RoleBaseMismatch => "role-base-mismatch",
            Self::PermissionsBeyondBase => "permissions-beyond-base",
            Self::ConflictingDuties => "conflicting-duties",
            Self::ReportSubjectInvalid => "report-subject-invalid",
            Self::IpRuleInvalid => "ip-rule-invalid",
            Self::WebhookInvalid => "webhook-invalid",
            Self::IpRuleLocksOut => "ip-rule-locks-out",
            Self::AuthorityInvalid => "authority-invalid",
            Self::AuthorityKnown => "authority-known",
            Self::AuthorityDiffers => "authority-differs",
            Self::AuthorityKeyMissing => "authority-key-missing",
            Self::AssetUnknown => "asset-unknown",
            Self::AccountExists => "account-exists",
            Self::AccountNotFound => "account-not-found",
            Self::RiskBlocked => "risk-blocked",
            Self::AccountClosed => "account-closed",
            Self::AccountNotEmpty => "account-not-empty",
            Self::InterestDue => "interest-due",
            Self::UnfreezeByStaff => "unfreeze-by-staff",
            Self::OverdraftInUse => "overdraft-in-use",
            Self::LimitPerTransfer => "limit-per-transfer",
            Self::LimitNewPayee => "limit-new-payee",
            Self::LimitPerPayee => "limit-per-payee",
            Self::LimitPerDay => "limit-per-day",
            Self::LimitPerMinute => "limit-per-minute",
            Self::LimitPerHour => "limit-per-hour",
            Self::LimitCountPerDay => "limit-count-per-day",
            Self::HoldNeedsApproval => "hold-needs-approval",
            Self::HoldTooLong => "hold-too-long",
            Self::PaymentNotFound => "payment-not-found",
            Self::PaymentDecided => "payment-decided",
            Self::PaymentExpired => "payment-expired",
            Self::ApprovedBefore => "approved-before",
            Self::PolicyInvalid => "policy-invalid",
            Self::ProposalNotFound => "proposal-not-found",
            Self::BeneficiaryExists => "beneficiary-exists",
            Self::BeneficiaryNotFound => "beneficiary-not-found",
            Self::BeneficiaryInvalid => "beneficiary-invalid",
            Self::PayeeNameDiffers => "payee-name-differs",
            Self::StandingOrderInvalid => "standing-order-invalid",
            Self::StandingOrderNotFound => "standing-order-not-found",
            Self::StandingOrderEnded => "standing-order-ended",
            Self::StandingOrderNeedsApproval => "standing-order-needs-approval",
            Self::PaymentFileKnown => "payment-file-known",
            Self::NothingDue => "nothing-due",
            Self::RateUnknown => "rate-unknown",
            Self::RateStale => "rate-stale",
            Self::ExchangeMismatch => "exchange-mismatch",
            Self::Ledger(rejection) => rejection.code(),
        }
    }

    /// The HTTP status that tells a client what kind of refusal it is.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::PermissionDenied
            | Self::NotAccountOwner
            | Self::ApprovalByMaker
            | Self::ApprovedBefore
            | Self::OwnAuthority
            | Self::UnfreezeByStaff => StatusCode::FORBIDDEN,
            Self::ChallengeUnknown
            | Self::ChallengeRedeemed
            | Self::ChallengeExpired
            | Self::DeviceProofInvalid => StatusCode::UNAUTHORIZED,
            Self::ComponentReused
            | Self::DeviceAlreadyEnrolled
            | Self::CertificateAlreadyEnded
            | Self::AccountExists
            | Self::RegistrationExists
            | Self::PersonExists
            | Self::PairingUsed
            | Self::DeviceAlreadyEnded
            | Self::PaymentDecided
            | Self::AccountClosed
            | Self::AccountNotEmpty
            | Self::InterestDue
            | Self::OverdraftInUse
            | Self::AuthorityKnown
            | Self::AuthorityDiffers
            | Self::AuthorityKeyMissing
            | Self::BeneficiaryExists
            | Self::StandingOrderEnded
            | Self::PaymentFileKnown
            | Self::NothingDue
            | Self::RateStale
            | Self::LastAdministrator => StatusCode::CONFLICT,
            Self::RegistrationUnknown
            | Self::RegistrationExpired
            | Self::CertificateRequestInvalid
            | Self::DeviceKeyInvalid
            | Self::KemKeyInvalid
            | Self::CertificateNotFound
            | Self::UserNotFound
            | Self::RoleNotFound
            | Self::RoleBaseMismatch
            | Self::PermissionsBeyondBase
            | Self::ConflictingDuties
            | Self::ReportSubjectInvalid
            | Self::IpRuleInvalid
            | Self::WebhookInvalid
            | Self::IpRuleLocksOut
            | Self::AuthorityInvalid
            | Self::AssetUnknown
            | Self::AccountNotFound
            | Self::RiskBlocked
            | Self::RegistrationForAnother
            | Self::InvitationNotApproved
            | Self::InvitationNotFound
            | Self::PersonInvalid
            | Self::PairingUnknown
            | Self::PairingExpired
            | Self::DeviceNotFound
            | Self::RecoveryNotRequested
            | Self::RecoveryLimit
            | Self::LimitPerTransfer
            | Self::LimitNewPayee
            | Self::LimitPerPayee
            | Self::LimitPerDay
            | Self::LimitPerMinute
            | Self::LimitPerHour
            | Self::LimitCountPerDay
            | Self::HoldNeedsApproval
            | Self::HoldTooLong
            | Self::PaymentNotFound
            | Self::PaymentExpired
            | Self::PolicyInvalid
            | Self::ProposalNotFound
            | Self::BeneficiaryNotFound
            | Self::BeneficiaryInvalid
            | Self::PayeeNameDiffers
            | Self::StandingOrderInvalid
            | Self::StandingOrderNotFound
            | Self::StandingOrderNeedsApproval
            | Self::RateUnknown
            | Self::ExchangeMismatch
            | Self::Ledger(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// One sentence for a person.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: one arm per refusal")]
    pub fn sentence(self) -> String {
        match self {
            Self::PermissionDenied => "your role may not do this",
            Self::NotAccountOwner => "the account is not yours",
            Self::RegistrationUnknown => "the registration token is unknown or was used",
            Self::RegistrationExpired => "the registration token has expired",
            Self::RegistrationExists => "a registration with this token exists",
            Self::RegistrationForAnother => {
                "the registration was approved for another device or another key"
            }
            Self::InvitationNotApproved => "a second person has not approved the invitation yet",
            Self::InvitationNotFound => "no invitation of this person waits for an approval",
            Self::ApprovalByMaker => "whoever asked for it cannot approve it",
            Self::PersonExists => "a person with this id or address is known",
            Self::PersonInvalid => "the invitation does not come with a name and an address",
            Self::PairingUnknown => "no device of yours asked to be paired under these keys",
            Self::PairingUsed => "the pairing was approved before",
            Self::PairingExpired => "the pairing has expired",
            Self::DeviceNotFound => "there is no such device that you may revoke",
            Self::DeviceAlreadyEnded => "the device was revoked before",
            Self::LastAdministrator => "no system administrator could sign in any more",
            Self::RecoveryNotRequested => "nobody asked for this recovery, or too long ago",
            Self::RecoveryLimit => return limit_sentence(),
            Self::CertificateRequestInvalid => {
                "the certificate request does not prove possession of its key"
            }
            Self::ComponentReused => "a key of this request is in use in another certificate",
            Self::DeviceAlreadyEnrolled => "the device is already enrolled",
            Self::DeviceKeyInvalid => "the sealed device key does not match the intent",
            Self::KemKeyInvalid => "the KEM key is not valid for the bank's suite",
            Self::ChallengeUnknown => "the challenge is unknown",
            Self::ChallengeRedeemed => "the challenge was already answered",
            Self::ChallengeExpired => "the challenge has expired",
            Self::DeviceProofInvalid => "the device proof is not valid",
            Self::CertificateNotFound => "there is no such certificate that you may revoke",
            Self::CertificateAlreadyEnded => "the certificate has already ended",
            Self::UserNotFound => "there is no such user",
            Self::OwnAuthority => "nobody changes what they may do themselves",
            Self::RoleNotFound => "there is no such role in force, or the person does not hold it",
            Self::RoleBaseMismatch => "the role narrows another built-in role than this one",
            Self::PermissionsBeyondBase => "a permission is not one of the built-in role's",
            Self::ReportSubjectInvalid => {
                "the subject of the report must be a fingerprint, an id, or a window of time"
            }
            Self::WebhookInvalid => {
                "the endpoint needs an http(s) address without a password, known kinds, and a free place"
            }
            Self::IpRuleInvalid => "the rule must name a role or a person, and a network",
            Self::IpRuleLocksOut => "by this rule you could not come back from where you are",
            Self::AuthorityInvalid => {
                "the certificates do not make this key the successor of the issuing authority"
            }
            Self::AuthorityKnown => "this issuing authority is or was in force",
            Self::AuthorityDiffers => "the other administrator proposed something else",
            Self::AuthorityKeyMissing => {
                "this server does not hold the key of that certificate: restart it with the key file"
            }
            Self::ConflictingDuties => "one person must not hold both of these duties",
            Self::AssetUnknown => "the bank does not keep this asset",
            Self::AccountExists => "an account with this id exists",
            Self::AccountNotFound => "there is no such account",
            Self::RiskBlocked => "the payment was blocked by the risk engine",
            Self::AccountClosed => "the account is closed",
            Self::AccountNotEmpty => {
                "the account is not empty: its balance must be zero and nothing held"
            }
            Self::InterestDue => {
                "the account has interest of this month; it can be closed when that was posted and taken"
            }
            Self::UnfreezeByStaff => {
                "a frozen account is unfrozen by the bank's staff; a person may only freeze more of it"
            }
            Self::OverdraftInUse => "more of the overdraft is in use than would be allowed",
            Self::LimitPerTransfer => "it is more than one transfer may move",
            Self::LimitNewPayee => {
                "it is more than a payee who is new may get in the first 24 hours"
            }
            Self::LimitPerPayee => "it is more than one payee may get in a day",
            Self::LimitPerDay => "it is more than may leave the account in a day",
            Self::LimitPerMinute => "there were too many payments in this minute",
            Self::LimitPerHour => "there were too many payments in this hour",
            Self::LimitCountPerDay => "there were too many payments on this day",
            Self::HoldNeedsApproval => "so much cannot be held; a payment would wait for approval",
            Self::HoldTooLong => "a hold must end within 90 days",
            Self::PaymentNotFound => "no payment under this id waits for a decision",
            Self::PaymentDecided => "the payment was decided before",
            Self::PaymentExpired => "the payment waited too long and is given back",
            Self::ApprovedBefore => "you approved it before; a second person must",
            Self::PolicyInvalid => {
                "the policy does not read: name, scope or value are not of their form"
            }
            Self::ProposalNotFound => "no proposal under this id waits for an approval",
            Self::BeneficiaryExists => "the account is among your payees",
            Self::BeneficiaryNotFound => "the account is not among your payees",
            Self::BeneficiaryInvalid => "a payee comes with a name, and perhaps a memo",
            Self::PayeeNameDiffers => {
                "the bank says something else of this name than you have signed; ask it again"
            }
            Self::StandingOrderInvalid => "the order has no day to come on which it would pay",
            Self::StandingOrderNotFound => "you have no standing order under this id",
            Self::StandingOrderEnded => "the standing order has ended",
            Self::StandingOrderNeedsApproval => {
                "a person of the bank would have to see this payment, which no standing order waits for: pay it by hand"
            }
            Self::PaymentFileKnown => "a file of this message id was paid from this account before",
            Self::NothingDue => "nothing is due that the bank would do by itself",
            Self::RateUnknown => "the bank does not exchange these two assets",
            Self::RateStale => "the rate that was signed is not the bank's present one",
            Self::ExchangeMismatch => "the amount bought is not what the rate gives, rounded down",
            Self::Ledger(rejection) => return rejection.to_string(),
        }
        .to_owned()
    }
}

fn limit_sentence() -> String {
    let (hours, most) = (RECOVERY_LIMIT_US / US_PER_HOUR, RECOVERY_LIMIT_UNITS);
    format!("for {hours} hours after a recovery a person pays at most {most}.00")
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Ledger(rejection)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_leads_back_to_its_refusal() {
        let codes: BTreeSet<_> = Refusal::all().map(Refusal::code).collect();
        assert_eq!(codes.len(), Refusal::all().count());
        for refusal in Refusal::all() {
            assert_eq!(Refusal::from_code(refusal.code()), Some(refusal));
            assert!(!refusal.sentence().is_empty());
            assert!(refusal.status().is_client_error());
        }
    }
}
