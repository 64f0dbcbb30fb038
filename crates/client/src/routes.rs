//! Where the bank answers what: the paths, once.

use intent::Kind;

pub(crate) const SECURITY_INFO: &str = "/api/security/info";
pub(crate) const ALIVE: &str = "/health/live";
pub(crate) const REGISTER: &str = "/api/users/register";
pub(crate) const CHALLENGE: &str = "/api/auth/certificate-challenge";
pub(crate) const REFRESH: &str = "/api/auth/refresh";
pub(crate) const LOGIN: &str = "/api/users/login";
pub(crate) const PASSWORD: &str = "/api/users/password";
pub(crate) const MFA_SETUP: &str = "/api/mfa/setup";
pub(crate) const MFA_VERIFY: &str = "/api/mfa/verify";
pub(crate) const MFA_CODES: &str = "/api/mfa/recovery-codes";
pub(crate) const MFA_TRUSTED: &str = "/api/mfa/trusted-devices";
pub(crate) const PASSKEY_LOGIN: &str = "/api/passkeys/login/finish";
pub(crate) const RECHALLENGE: &str = "/api/auth/session-rechallenge";
pub(crate) const REVERIFY: &str = "/api/auth/session-reverify";
pub(crate) const SESSION_KEY: &str = "/api/auth/session-key";
pub(crate) const LOGOUT: &str = "/api/auth/logout";
pub(crate) const VERIFY_SESSION: &str = "/api/auth/verify-session";
pub(crate) const ACCOUNTS: &str = "/api/accounts";
pub(crate) const APPROVALS: &str = "/api/approvals";
pub(crate) const HOLDS: &str = "/api/holds";
pub(crate) const POLICIES: &str = "/api/policies";
pub(crate) const DEVICES: &str = "/api/devices";
pub(crate) const PAIR: &str = "/api/auth/qr-challenge";
pub(crate) const PAIR_STATUS: &str = "/api/auth/qr-login";
pub(crate) const RECOVERY: &str = "/api/users/recovery";
pub(crate) const RECOVERY_STATUS: &str = "/api/users/recovery/status";
pub(crate) const ROLES: &str = "/api/rbac/roles";
pub(crate) const ROLES_WITH_HOLDERS: &str = "/api/admin/roles";
pub(crate) const NAVIGATION: &str = "/api/rbac/navigation";
pub(crate) const TRAIL: &str = "/api/audit/logs";
pub(crate) const BENEFICIARIES: &str = "/api/beneficiaries";
pub(crate) const STANDING_ORDERS: &str = "/api/standing-orders";
pub(crate) const TEMPLATES: &str = "/api/templates";
pub(crate) const DRY_RUN: &str = "/api/intents/dry-run";
pub(crate) const PAYMENT_FILES: &str = "/api/payments/files";
pub(crate) const EVENTS: &str = "/api/events";
pub(crate) const WEBHOOKS: &str = "/api/admin/webhooks";
pub(crate) const HISTORY: &str = "/api/transactions/history";
pub(crate) const RATES: &str = "/api/rates";
pub(crate) const EXCHANGE_PREVIEW: &str = "/api/transactions/exchange/preview";

/// The route that takes a kind, and no other kind.
pub(crate) const fn of(kind: Kind) -> &'static str {
    match kind {
        Kind::UserEnrol => "/api/users/enrol",
        Kind::SessionLogin => "/api/auth/certificate-login",
        Kind::AccountOpen => ACCOUNTS,
        Kind::AccountFund => "/api/accounts/fund",
        Kind::AccountFreeze => "/api/accounts/freeze",
        Kind::Transfer => "/api/transactions/transfer",
        Kind::TransferBatch => "/api/transactions/batch",
        Kind::PaymentsFile => PAYMENT_FILES,
        Kind::KeyRotate => "/api/quantum/keys/rotate",
        Kind::CertificateRevoke => "/api/certificates/revoke",
        Kind::DeviceApprove => "/api/devices/approve",
        Kind::DeviceRevoke => "/api/devices/revoke",
        Kind::UserInvite => "/api/admin/users/invite",
        Kind::UserApprove => "/api/admin/users/approve",
        Kind::UserRecover => "/api/manager/users/recover",
        Kind::UserLock => "/api/admin/users/lock",
        Kind::RoleDefine => "/api/admin/roles",
        Kind::RoleGrant => "/api/admin/roles/grant",
        Kind::IpRuleSet => "/api/admin/ip-rules",
        Kind::AuditReport => "/api/audit/accountability-report",
        Kind::HoldPlace => HOLDS,
        Kind::HoldCapture => "/api/holds/capture",
        Kind::HoldVoid => "/api/holds/void",
        Kind::TransferReverse => "/api/transactions/reverse",
        Kind::ApprovalDecide => "/api/approvals/decide",
        Kind::AccountClose => "/api/accounts/close",
        Kind::AccountOverdraft => "/api/accounts/overdraft",
        Kind::PolicyPropose => "/api/admin/policies",
        Kind::PolicyApprove => "/api/admin/policies/approve",
        Kind::WebhookSet => WEBHOOKS,
        Kind::AuthorityRotate => "/api/admin/authority/rotate",
        Kind::BeneficiaryAdd => BENEFICIARIES,
        Kind::BeneficiaryChange => "/api/beneficiaries/change",
        Kind::StandingOrderPlace => STANDING_ORDERS,
        Kind::StandingOrderEnd => "/api/standing-orders/end",
        Kind::TransferExchange => "/api/transactions/exchange",
    }
}
