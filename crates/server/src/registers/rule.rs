//! What a rule is asked and answers, and which kind of intent has which.

use std::net::IpAddr;

use intent::{Body, Intent, Role, UserId, UtcMicros};
use pki::Certificate;

use super::row::{Register, Row, Rows};
use crate::corridor::Refusal;
use crate::corridor::fold::Asker;
use crate::{audit, authority, ip_rules, policies, roles, users, webhooks};

/// Rows that a rule needs to see: those of a register with this value in a column, or all of them.
pub(crate) struct Lookup {
    pub(crate) register: &'static Register,
    /// Column and value; `None` reads the whole register.
    pub(crate) matching: Option<(&'static str, String)>,
}

/// What a rule may know of the person whom an intent is about, once they have enrolled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) role: Role,
}

/// What a rule is asked.
pub(crate) struct Question<'a> {
    pub(crate) intent: &'a Intent,
    /// Who signed it, as of this leaf.
    pub(crate) asker: Asker,
    pub(crate) now: UtcMicros,
    /// Where they are; `None` if that is unknown, or was erased since. A rule may only refuse because of it.
    pub(crate) address: Option<IpAddr>,
    /// What was looked up, and perhaps more.
    pub(crate) rows: &'a Rows,
    /// [`Rule::about`], if there is such a person.
    pub(crate) person: Option<Person>,
    /// Who issues as of this leaf; given to the rule that changes it.
    pub(crate) issuing: Option<Issuing<'a>>,
}

/// The root and the issuing authority in force.
#[derive(Clone, Copy)]
pub(crate) struct Issuing<'a> {
    pub(crate) root: &'a Certificate,
    pub(crate) active: &'a Certificate,
}

/// How one kind of intent changes registers. The role's permission was checked before.
pub(crate) struct Rule {
    /// Rows to be read, under a lock that every rule takes.
    pub(crate) lookups: Vec<Lookup>,
    /// The person whom it is about.
    pub(crate) about: Option<UserId>,
    /// Whether answers cached about people are old after it.
    pub(crate) bumps_epoch: bool,
    /// Rows to be written, or why not. A function of the question alone.
    pub(crate) decide: fn(&Question<'_>) -> Result<Vec<Row>, Refusal>,
}

/// The rule of an intent; `None` where something other than a register changes.
pub(crate) fn rule(intent: &Intent) -> Option<Rule> {
    match intent.body() {
        Body::UserLock { user, .. } => Some(users::locks::rule(*user)),
        Body::DeviceApprove { registration, .. } => {
            Some(users::registrations::pairing_rule(registration))
        }
        Body::UserInvite { user, registration, .. } => {
            Some(users::registrations::invite_rule(*user, registration))
        }
        Body::UserApprove { user } => Some(users::registrations::approve_rule(*user)),
        Body::UserRecover { user, registration, .. } => {
            Some(users::registrations::recovery_rule(*user, registration))
        }
        Body::IpRuleSet { .. } => Some(ip_rules::rules::rule()),
        Body::AuditReport { .. } => Some(audit::rule()),
        Body::AuthorityRotate { .. } => Some(authority::rules::rule()),
        Body::WebhookSet { .. } => Some(webhooks::rules::rule()),
        Body::RoleDefine { .. } => Some(roles::rules::define()),
        Body::RoleGrant { user, .. } => Some(roles::rules::grant(*user)),
        Body::PolicyPropose { .. } => Some(policies::rules::propose_rule()),
        Body::PolicyApprove { proposal, .. } => Some(policies::rules::approve_rule(*proposal)),
        Body::UserEnrol { .. }
        | Body::SessionLogin { .. }
        | Body::AccountOpen { .. }
        | Body::AccountFund { .. }
        | Body::AccountFreeze { .. }
        | Body::Transfer(_)
        | Body::TransferBatch { .. }
        | Body::PaymentsFile { .. }
        | Body::KeyRotate { .. }
        | Body::CertificateRevoke { .. }
        | Body::DeviceRevoke { .. }
        | Body::HoldPlace { .. }
        | Body::HoldCapture { .. }
        | Body::HoldVoid { .. }
        | Body::TransferReverse { .. }
        | Body::ApprovalDecide { .. }
        | Body::AccountClose { .. }
        | Body::AccountOverdraft { .. }
        | Body::BeneficiaryAdd { .. }
        | Body::BeneficiaryChange { .. }
        | Body::StandingOrderPlace { .. }
        | Body::StandingOrderEnd { .. }
        | Body::TransferExchange { .. } => None,
    }
}
