//! Steps 2 to 4 for intents that change something other than balances: one function of one feature each.

use intent::{Body, Kind};
use sqlx::PgConnection;

use super::Fault;
use super::applying::{Applied, Applying};
use super::refusal::Refusal;
use crate::policy::{self, Permission};
use crate::{
    accounts, authority, beneficiaries, certificates, devices, registers, sessions, users, webhooks,
};

/// Whether an intent of this kind rests on more than it locks: on whose an account is and what they are called, which another
/// instance may be changing, and on which accounts its signer has.
pub(super) const fn rests_on_all(kind: Kind) -> bool {
    matches!(kind, Kind::BeneficiaryAdd | Kind::BeneficiaryChange)
}

/// Authorises and applies one intent inside the poster's transaction.
pub(super) async fn apply(tx: &mut PgConnection, cx: &Applying<'_>) -> Result<Applied, Fault> {
    let may = match cx.signer {
        Some(signer) => signer.permissions,
        None => policy::permissions(cx.intent.authority()),
    };
    if !may.holds(Permission::for_kind(cx.intent.kind())) {
        return Ok(Applied::Refused(Refusal::PermissionDenied));
    }
    match cx.intent.body() {
        Body::AuthorityRotate { .. } => authority::service::apply_rotate(tx, cx).await,
        Body::WebhookSet { .. } => webhooks::service::apply_set(tx, cx).await,
        Body::UserInvite { .. } => users::invitations::apply_invite(tx, cx).await,
        Body::UserRecover { .. } => users::recovery::apply_recover(tx, cx).await,
        Body::DeviceApprove { .. } => devices::service::apply_approve(tx, cx).await,
        Body::DeviceRevoke { .. } => devices::service::apply_revoke(tx, cx).await,
        Body::UserEnrol { .. } => users::service::apply_enrol(tx, cx).await,
        Body::SessionLogin { .. } => sessions::service::apply_login(tx, cx).await,
        Body::AccountOpen { .. } => accounts::service::apply_open(tx, cx).await,
        Body::AccountFreeze { .. } | Body::AccountClose { .. } | Body::AccountOverdraft { .. } => {
            accounts::service::apply_change(tx, cx).await
        }
        Body::KeyRotate { .. } => certificates::service::apply_rotate(tx, cx).await,
        Body::CertificateRevoke { .. } => certificates::service::apply_revoke(tx, cx).await,
        Body::BeneficiaryAdd { .. } | Body::BeneficiaryChange { .. } => {
            beneficiaries::apply(tx, cx).await
        }
        Body::AccountFund { .. }
        | Body::Transfer(_)
        | Body::TransferBatch { .. }
        | Body::PaymentsFile { .. }
        | Body::HoldPlace { .. }
        | Body::HoldCapture { .. }
        | Body::HoldVoid { .. }
        | Body::TransferReverse { .. }
        | Body::ApprovalDecide { .. }
        | Body::StandingOrderPlace { .. }
        | Body::StandingOrderEnd { .. }
        | Body::TransferExchange { .. } => Err(Fault::Broken("money moves in the fold")),
        Body::UserApprove { .. }
        | Body::UserLock { .. }
        | Body::RoleDefine { .. }
        | Body::RoleGrant { .. }
        | Body::IpRuleSet { .. }
        | Body::PolicyPropose { .. }
        | Body::PolicyApprove { .. }
        | Body::AuditReport { .. } => match registers::rule(cx.intent) {
            Some(found) => registers::service::apply(tx, cx, &found).await,
            None => Err(Fault::Broken("a register has the rule")),
        },
    }
}
