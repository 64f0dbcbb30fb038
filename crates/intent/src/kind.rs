//! The tables: what kinds of intent and event exist, and which role may sign which kind.

use std::{fmt, str::FromStr};

use crypto::Purpose;

use crate::{IntentError, text};

/// What an intent asks for. The number is stored in the leaf and never changes its meaning.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Kind {
    /// Enrol a user's first key; signed by the key of the certificate request itself.
    UserEnrol = 1,
    /// Log in: the answer to a challenge.
    SessionLogin = 2,
    /// Open an account.
    AccountOpen = 3,
    /// Put money of the bank's own into an account.
    AccountFund = 4,
    /// Stop or resume an account's debits and credits.
    AccountFreeze = 5,
    /// Move money between two accounts.
    Transfer = 6,
    /// Move money between many pairs of accounts under one signature.
    TransferBatch = 7,
    /// Replace the signing key by its successor.
    KeyRotate = 8,
    /// Revoke a certificate.
    CertificateRevoke = 9,
    /// Let a further device of the signer enrol: the approval of a pairing.
    DeviceApprove = 10,
    /// End a device, with its certificates and sessions.
    DeviceRevoke = 11,
    /// Invite a person; staff need the approval of a second person.
    UserInvite = 12,
    /// Approve an invitation that somebody else made.
    UserApprove = 13,
    /// Let a person who lost every device enrol anew.
    UserRecover = 14,
    /// Lock a person out, or let them in again.
    UserLock = 15,
    /// Define a custom role: a named subset of the permissions of a built-in one.
    RoleDefine = 16,
    /// Narrow a person to a custom role, or lift that.
    RoleGrant = 17,
    /// Say from which addresses a role or a person may come.
    IpRuleSet = 18,
    /// Read an accountability report.
    AuditReport = 19,
    /// Keep money aside for a payee, until it is captured, voided or its time is over.
    HoldPlace = 20,
    /// Take what is held for oneself, or a part of it.
    HoldCapture = 21,
    /// Give back what is held for oneself.
    HoldVoid = 22,
    /// Give a transfer back, or a part of it.
    TransferReverse = 23,
    /// Decide a payment that waits for a person.
    ApprovalDecide = 24,
    /// Close an empty account for good.
    AccountClose = 25,
    /// Say how far an account may be overdrawn.
    AccountOverdraft = 26,
    /// Propose a policy of the bank: limits, thresholds.
    PolicyPropose = 27,
    /// Put a policy in force, or refuse it, that somebody else proposed.
    PolicyApprove = 28,
    /// Propose the next issuing authority, or put the one into force that somebody else proposed.
    AuthorityRotate = 29,
    /// See [`crate::Body::PaymentsFile`].
    PaymentsFile = 30,
    /// Keep a payee in one's list, after the bank has said whether the name is theirs.
    BeneficiaryAdd = 31,
    /// Change, disable, enable or delete a payee of one's list.
    BeneficiaryChange = 32,
    /// Order payments that the bank makes by itself on their days.
    StandingOrderPlace = 33,
    /// End a standing order.
    StandingOrderEnd = 34,
    /// Say where the bank tells what happens.
    WebhookSet = 35,
    /// Sell one asset for another, at the bank's rate.
    TransferExchange = 36,
}

impl Kind {
    /// Every kind, by number.
    pub const ALL: [Self; 36] = [
        Self::UserEnrol,
        Self::SessionLogin,
        Self::AccountOpen,
        Self::AccountFund,
        Self::AccountFreeze,
        Self::Transfer,
        Self::TransferBatch,
        Self::KeyRotate,
        Self::CertificateRevoke,
        Self::DeviceApprove,
        Self::DeviceRevoke,
        Self::UserInvite,
        Self::UserApprove,
        Self::UserRecover,
        Self::UserLock,
        Self::RoleDefine,
        Self::RoleGrant,
        Self::IpRuleSet,
        Self::AuditReport,
        Self::HoldPlace,
        Self::HoldCapture,
        Self::HoldVoid,
        Self::TransferReverse,
        Self::ApprovalDecide,
        Self::AccountClose,
        Self::AccountOverdraft,
        Self::PolicyPropose,
        Self::PolicyApprove,
        Self::AuthorityRotate,
        Self::PaymentsFile,
        Self::BeneficiaryAdd,
        Self::BeneficiaryChange,
        Self::StandingOrderPlace,
        Self::StandingOrderEnd,
        Self::WebhookSet,
        Self::TransferExchange,
    ];

    /// The number in the leaf: 1..=127.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::UserEnrol => 1,
            Self::SessionLogin => 2,
            Self::AccountOpen => 3,
            Self::AccountFund => 4,
            Self::AccountFreeze => 5,
            Self::Transfer => 6,
            Self::TransferBatch => 7,
            Self::KeyRotate => 8,
            Self::CertificateRevoke => 9,
            Self::DeviceApprove => 10,
            Self::DeviceRevoke => 11,
            Self::UserInvite => 12,
            Self::UserApprove => 13,
            Self::UserRecover => 14,
            Self::UserLock => 15,
            Self::RoleDefine => 16,
            Self::RoleGrant => 17,
            Self::IpRuleSet => 18,
            Self::AuditReport => 19,
            Self::HoldPlace => 20,
            Self::HoldCapture => 21,
            Self::HoldVoid => 22,
            Self::TransferReverse => 23,
            Self::ApprovalDecide => 24,
            Self::AccountClose => 25,
            Self::AccountOverdraft => 26,
            Self::PolicyPropose => 27,
            Self::PolicyApprove => 28,
            Self::AuthorityRotate => 29,
            Self::PaymentsFile => 30,
            Self::BeneficiaryAdd => 31,
            Self::BeneficiaryChange => 32,
            Self::StandingOrderPlace => 33,
            Self::StandingOrderEnd => 34,
            Self::WebhookSet => 35,
            Self::TransferExchange => 36,
        }
    }

    /// The kind of a number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserEnrol => "user.enrol",
            Self::SessionLogin => "session.login",
            Self::AccountOpen => "account.open",
            Self::AccountFund => "account.fund",
            Self::AccountFreeze => "account.freeze",
            Self::Transfer => "transfer",
            Self::TransferBatch => "transfer.batch",
            Self::KeyRotate => "key.rotate",
            Self::CertificateRevoke => "certificate.revoke",
            Self::DeviceApprove => "device.approve",
            Self::DeviceRevoke => "device.revoke",
            Self::UserInvite => "user.invite",
            Self::UserApprove => "user.approve",
            Self::UserRecover => "user.recover",
            Self::UserLock => "user.lock",
            Self::RoleDefine => "role.define",
            Self::RoleGrant => "role.grant",
            Self::IpRuleSet => "ip_rule.set",
            Self::AuditReport => "audit.report",
            Self::HoldPlace => "hold.place",
            Self::HoldCapture => "hold.capture",
            Self::HoldVoid => "hold.void",
            Self::TransferReverse => "transfer.reverse",
            Self::ApprovalDecide => "approval.decide",
            Self::AccountClose => "account.close",
            Self::AccountOverdraft => "account.overdraft",
            Self::PolicyPropose => "policy.propose",
            Self::PolicyApprove => "policy.approve",
            Self::AuthorityRotate => "authority.rotate",
            Self::PaymentsFile => "payments.file",
            Self::BeneficiaryAdd => "beneficiary.add",
            Self::BeneficiaryChange => "beneficiary.change",
            Self::StandingOrderPlace => "standing_order.place",
            Self::StandingOrderEnd => "standing_order.end",
            Self::WebhookSet => "webhook.set",
            Self::TransferExchange => "transfer.exchange",
        }
    }

    /// The purpose under which this kind is signed, so that a login can never pass for a payment.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::UserEnrol => Purpose::Device,
            Self::SessionLogin => Purpose::Challenge,
            Self::AccountOpen
            | Self::AccountFund
            | Self::AccountFreeze
            | Self::Transfer
            | Self::TransferBatch
            | Self::KeyRotate
            | Self::CertificateRevoke
            | Self::DeviceApprove
            | Self::DeviceRevoke
            | Self::UserInvite
            | Self::UserApprove
            | Self::UserRecover
            | Self::UserLock
            | Self::RoleDefine
            | Self::RoleGrant
            | Self::IpRuleSet
            | Self::AuditReport
            | Self::HoldPlace
            | Self::HoldCapture
            | Self::HoldVoid
            | Self::TransferReverse
            | Self::ApprovalDecide
            | Self::AccountClose
            | Self::AccountOverdraft
            | Self::PolicyPropose
            | Self::PolicyApprove
            | Self::AuthorityRotate
            | Self::WebhookSet
            | Self::PaymentsFile
            | Self::BeneficiaryAdd
            | Self::BeneficiaryChange
            | Self::StandingOrderPlace
            | Self::StandingOrderEnd
            | Self::TransferExchange => Purpose::Intent,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = IntentError;

    fn from_str(name: &str) -> Result<Self, IntentError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| IntentError::UnknownKind { name: text::label(name) })
    }
}

/// A fact that no holder signs: 128..=255 in the leaf.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum EventKind {
    /// The log's first leaf.
    BankFounded = 128,
    /// The authority issued a revocation list.
    CrlIssued = 129,
    /// The authority issued a certificate.
    CertificateIssued = 130,
    /// A login was refused.
    LoginFailed = 131,
    /// Logins were locked for a while.
    LoginLocked = 132,
    /// The risk engine raised an alert.
    RiskAlert = 133,
    /// A hold ran out.
    HoldExpired = 134,
    /// A standing order came due.
    OrderDue = 135,
    /// A session was opened without a certificate.
    SessionOpened = 136,
    /// Sessions were ended, by their holder or because a secret of theirs was used twice.
    SessionEnded = 137,
    /// A key is to be replaced soon.
    RotationDue = 138,
    /// Somebody signed in without a certificate where they had not been seen before.
    LoginPlaceNew = 139,
    /// A password or second factor of somebody was changed.
    CredentialChanged = 140,
    /// Interest of months that are over was posted.
    InterestPosted = 141,
    /// The fee of a month that is over was charged.
    FeeCharged = 142,
    /// A day is over: its trial balance.
    DayClosed = 143,
    /// A statement was made of days that are closed.
    StatementMade = 144,
}

impl EventKind {
    /// Every kind of event, by number.
    pub const ALL: [Self; 17] = [
        Self::BankFounded,
        Self::CrlIssued,
        Self::CertificateIssued,
        Self::LoginFailed,
        Self::LoginLocked,
        Self::RiskAlert,
        Self::HoldExpired,
        Self::OrderDue,
        Self::SessionOpened,
        Self::SessionEnded,
        Self::RotationDue,
        Self::LoginPlaceNew,
        Self::CredentialChanged,
        Self::InterestPosted,
        Self::FeeCharged,
        Self::DayClosed,
        Self::StatementMade,
    ];

    /// The number in the leaf: 128..=255.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::BankFounded => 128,
            Self::CrlIssued => 129,
            Self::CertificateIssued => 130,
            Self::LoginFailed => 131,
            Self::LoginLocked => 132,
            Self::RiskAlert => 133,
            Self::HoldExpired => 134,
            Self::OrderDue => 135,
            Self::SessionOpened => 136,
            Self::SessionEnded => 137,
            Self::RotationDue => 138,
            Self::LoginPlaceNew => 139,
            Self::CredentialChanged => 140,
            Self::InterestPosted => 141,
            Self::FeeCharged => 142,
            Self::DayClosed => 143,
            Self::StatementMade => 144,
        }
    }

    /// The kind of event of a number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BankFounded => "bank.founded",
            Self::CrlIssued => "crl.issued",
            Self::CertificateIssued => "certificate.issued",
            Self::LoginFailed => "login.failed",
            Self::LoginLocked => "login.locked",
            Self::RiskAlert => "risk.alert",
            Self::HoldExpired => "hold.expired",
            Self::OrderDue => "order.due",
            Self::SessionOpened => "session.opened",
            Self::SessionEnded => "session.ended",
            Self::RotationDue => "rotation.due",
            Self::LoginPlaceNew => "login.place_new",
            Self::CredentialChanged => "credential.changed",
            Self::InterestPosted => "interest.posted",
            Self::FeeCharged => "fee.charged",
            Self::DayClosed => "day.closed",
            Self::StatementMade => "statement.made",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The authority an intent claims. No role holds every kind.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Holds accounts.
    Customer,
    /// Runs accounts for customers.
    Manager,
    /// Reads evidence, changes nothing.
    AuditorClerk,
    /// Runs the system, moves no money.
    SystemAdmin,
}

const CUSTOMER: [Kind; 21] = [
    Kind::UserEnrol,
    Kind::SessionLogin,
    Kind::AccountOpen,
    Kind::AccountFreeze,
    Kind::Transfer,
    Kind::TransferBatch,
    Kind::KeyRotate,
    Kind::CertificateRevoke,
    Kind::DeviceApprove,
    Kind::DeviceRevoke,
    Kind::HoldPlace,
    Kind::HoldCapture,
    Kind::HoldVoid,
    Kind::TransferReverse,
    Kind::AccountClose,
    Kind::PaymentsFile,
    Kind::BeneficiaryAdd,
    Kind::BeneficiaryChange,
    Kind::StandingOrderPlace,
    Kind::StandingOrderEnd,
    Kind::TransferExchange,
];
const MANAGER: [Kind; 19] = [
    Kind::UserEnrol,
    Kind::SessionLogin,
    Kind::AccountOpen,
    Kind::AccountFund,
    Kind::AccountFreeze,
    Kind::KeyRotate,
    Kind::CertificateRevoke,
    Kind::DeviceApprove,
    Kind::DeviceRevoke,
    Kind::UserApprove,
    Kind::UserRecover,
    Kind::UserLock,
    Kind::HoldVoid,
    Kind::TransferReverse,
    Kind::ApprovalDecide,
    Kind::AccountClose,
    Kind::AccountOverdraft,
    Kind::PolicyPropose,
    Kind::PolicyApprove,
];
const AUDITOR_CLERK: [Kind; 7] = [
    Kind::UserEnrol,
    Kind::SessionLogin,
    Kind::KeyRotate,
    Kind::CertificateRevoke,
    Kind::DeviceApprove,
    Kind::DeviceRevoke,
    Kind::AuditReport,
];
const SYSTEM_ADMIN: [Kind; 16] = [
    Kind::UserEnrol,
    Kind::SessionLogin,
    Kind::KeyRotate,
    Kind::CertificateRevoke,
    Kind::DeviceApprove,
    Kind::DeviceRevoke,
    Kind::UserInvite,
    Kind::UserApprove,
    Kind::UserLock,
    Kind::RoleDefine,
    Kind::RoleGrant,
    Kind::IpRuleSet,
    Kind::PolicyPropose,
    Kind::PolicyApprove,
    Kind::AuthorityRotate,
    Kind::WebhookSet,
];

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] =
        [Self::Customer, Self::Manager, Self::AuditorClerk, Self::SystemAdmin];

    /// The name in documents and certificates.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Manager => "manager",
            Self::AuditorClerk => "auditor_clerk",
            Self::SystemAdmin => "system_admin",
        }
    }

    /// The purpose that the role's certificates are locked to.
    #[must_use]
    pub const fn purpose_scope(self) -> &'static str {
        match self {
            Self::Customer => "retail-banking",
            Self::Manager => "bank-operations",
            Self::AuditorClerk => "audit",
            Self::SystemAdmin => "administration",
        }
    }

    /// The kinds the role may sign, by number: the `allowed_actions` of its certificates.
    #[must_use]
    pub const fn allowed_kinds(self) -> &'static [Kind] {
        match self {
            Self::Customer => &CUSTOMER,
            Self::Manager => &MANAGER,
            Self::AuditorClerk => &AUDITOR_CLERK,
            Self::SystemAdmin => &SYSTEM_ADMIN,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| IntentError::malformed("authority", "unknown role"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_and_roles_are_refused() {
        for name in ["", "Transfer", "transfer ", "bank.founded", "user.enroll"] {
            let refused = name.parse::<Kind>().unwrap_err();
            assert_eq!((refused.code(), refused.field()), ("unknown-kind", Some("kind")), "{name}");
        }
        assert!("root".parse::<Role>().is_err());
        assert_eq!(Kind::from_code(0), None);
        let unused = Kind::ALL.map(Kind::code).into_iter().max().unwrap() + 1;
        assert_eq!(Kind::from_code(unused), None);
        assert_eq!(EventKind::from_code(127), None);
    }

    #[test]
    fn numbers_and_names_lead_back_to_their_kind() {
        for (number, kind) in (1..).zip(Kind::ALL) {
            assert_eq!(kind.code(), number);
            assert_eq!(Kind::from_code(number), Some(kind));
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        for (number, kind) in (128..).zip(EventKind::ALL) {
            assert_eq!(kind.code(), number);
            assert_eq!(EventKind::from_code(number), Some(kind));
        }
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
    }

    #[test]
    fn no_role_may_sign_everything() {
        for role in Role::ALL {
            assert!(role.allowed_kinds().len() < Kind::ALL.len(), "{role}");
            assert!(role.allowed_kinds().is_sorted(), "{role}");
            for common in [Kind::UserEnrol, Kind::SessionLogin, Kind::KeyRotate, Kind::DeviceRevoke]
            {
                assert!(role.allowed_kinds().contains(&common), "{role}");
            }
        }
    }

    #[test]
    fn only_the_customer_moves_money_between_accounts() {
        for role in [Role::Manager, Role::AuditorClerk, Role::SystemAdmin] {
            assert!(!role.allowed_kinds().contains(&Kind::Transfer), "{role}");
            assert!(!role.allowed_kinds().contains(&Kind::TransferBatch), "{role}");
        }
    }
}
