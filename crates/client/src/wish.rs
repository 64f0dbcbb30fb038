//! What a holder may want: bodies of intents with their details, not signed yet.

use std::collections::BTreeMap;

use crypto::{CryptoError, Sha3, random};
use intent::{
    ApprovalDecision, BatchItem, Body, Details, DeviceId, IntentId, IpRuleAction, Pairing,
    ReportSubject, RevocationReason, Role, TransferBody, UserId, UtcMicros,
};
use ledger::{AccountId, AccountKind, Freeze, TransferId};
use money::{Amount, AssetCode};
use uuid::Uuid;

const MEMO: &str = "memo";

/// A body and the details it commits to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// What is signed.
    pub body: Body,
    /// Names and free text, bound to the body by a commitment, so that they can be erased later.
    pub details: Option<Details>,
}

/// One payment of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BatchLine {
    /// Payee's account.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// Free text for the payee.
    pub memo: Option<String>,
}

impl Wish {
    /// Moves money from one account to another.
    pub fn transfer(
        from: AccountId,
        to: AccountId,
        amount: Amount,
        memo: Option<&str>,
    ) -> Result<Self, CryptoError> {
        let details = details(memo.map(|memo| (MEMO.to_owned(), memo.to_owned())))?;
        let commitment = details.as_ref().map(Details::commitment);
        let body = TransferBody { debit: from, credit: to, amount, details: commitment };
        Ok(Self { body: Body::Transfer(body), details })
    }

    /// Pays many from one account under one signature; `atomic`: all or nothing. One commitment
    /// covers the memos of all lines, each under its line's transfer id.
    pub fn batch(from: AccountId, lines: &[BatchLine], atomic: bool) -> Result<Self, CryptoError> {
        let ids: Vec<_> = lines.iter().map(|_| TransferId::new(Uuid::now_v7())).collect();
        let memos = ids.iter().zip(lines);
        let memos = memos.filter_map(|(id, line)| Some((id.to_string(), line.memo.clone()?)));
        let details = details(memos)?;
        let commitment = details.as_ref().map(Details::commitment);
        let item = |(id, line): (TransferId, &BatchLine)| BatchItem {
            id,
            debit: from,
            credit: line.to,
            amount: line.amount,
            details: commitment,
        };
        let items = ids.into_iter().zip(lines).map(item).collect();
        Ok(Self { body: Body::TransferBatch { atomic, items }, details })
    }

    /// Keeps money aside for a payee, who takes it or gives it back until `expires_at`.
    pub fn hold(
        from: AccountId,
        to: AccountId,
        amount: Amount,
        expires_at: UtcMicros,
        memo: Option<&str>,
    ) -> Result<Self, CryptoError> {
        let details = details(memo.map(|memo| (MEMO.to_owned(), memo.to_owned())))?;
        let commitment = details.as_ref().map(Details::commitment);
        let transfer = TransferBody { debit: from, credit: to, amount, details: commitment };
        Ok(Self { body: Body::HoldPlace { transfer, expires_at }, details })
    }

    /// Takes what is held for oneself; a part gives the rest back.
    #[must_use]
    pub const fn capture(hold: TransferId, amount: Option<Amount>) -> Self {
        Self::plain(Body::HoldCapture { hold, amount })
    }

    /// Gives back what is held.
    #[must_use]
    pub const fn void(hold: TransferId) -> Self {
        Self::plain(Body::HoldVoid { hold })
    }

    /// Gives a transfer back, or a part of it.
    #[must_use]
    pub const fn reverse(transfer: TransferId, amount: Option<Amount>, reason: String) -> Self {
        Self::plain(Body::TransferReverse { transfer, amount, reason })
    }

    /// Decides a payment that waits for a person.
    #[must_use]
    pub const fn decide(payment: IntentId, decision: ApprovalDecision, reason: String) -> Self {
        Self::plain(Body::ApprovalDecide { payment, decision, reason })
    }

    /// Proposes a policy; `value` is a canonical object of strings.
    #[must_use]
    pub const fn propose_policy(policy: String, scope: String, value: String) -> Self {
        Self::plain(Body::PolicyPropose { policy, scope, value })
    }

    /// Puts in force, or refuses, a policy that somebody else proposed.
    #[must_use]
    pub const fn approve_policy(proposal: IntentId, approved: bool) -> Self {
        Self::plain(Body::PolicyApprove { proposal, approved })
    }

    /// Closes an empty account for good.
    #[must_use]
    pub const fn close_account(account: AccountId) -> Self {
        Self::plain(Body::AccountClose { account })
    }

    /// Says how far an account may be overdrawn.
    #[must_use]
    pub const fn overdraft(account: AccountId, amount: Amount) -> Self {
        Self::plain(Body::AccountOverdraft { account, amount })
    }

    /// Opens an account for `owner`.
    #[must_use]
    pub const fn open_account(account: AccountId, owner: UserId, asset: AssetCode) -> Self {
        let kind = AccountKind::Liability;
        Self::plain(Body::AccountOpen { account, asset, owner, kind })
    }

    /// Credits an account with the bank's own money.
    #[must_use]
    pub const fn fund(account: AccountId, amount: Amount) -> Self {
        Self::plain(Body::AccountFund { account, amount })
    }

    /// Sets what is stopped on an account from now on.
    #[must_use]
    pub const fn freeze(account: AccountId, freeze: Freeze, reason: String) -> Self {
        let Freeze { debit, credit } = freeze;
        Self::plain(Body::AccountFreeze { account, debit, credit, reason })
    }

    /// Locks a person out, or lets them in again.
    #[must_use]
    pub const fn lock(user: UserId, locked: bool, reason: String) -> Self {
        Self::plain(Body::UserLock { user, locked, reason })
    }

    /// Defines a custom role, changes what it holds, or ends it.
    #[must_use]
    pub const fn define_role(
        name: String,
        base: Role,
        permissions: Vec<String>,
        active: bool,
    ) -> Self {
        Self::plain(Body::RoleDefine { name, base, permissions, active })
    }

    /// Narrows a person to a custom role, or lifts that.
    #[must_use]
    pub const fn grant_role(user: UserId, name: String, granted: bool) -> Self {
        Self::plain(Body::RoleGrant { user, name, granted })
    }

    /// Says from which network a role or a person may come, or may not.
    #[must_use]
    pub const fn set_ip_rule(
        rule: Uuid,
        subject: String,
        network: String,
        action: IpRuleAction,
    ) -> Self {
        Self::plain(Body::IpRuleSet { rule, subject, network, action })
    }

    /// Says where the bank tells what happens; `kinds` in ascending order, none of them: all.
    #[must_use]
    pub const fn set_webhook(
        webhook: Uuid,
        url: String,
        kinds: Vec<String>,
        active: bool,
        new_secret: bool,
    ) -> Self {
        Self::plain(Body::WebhookSet { webhook, url, kinds, active, new_secret })
    }

    /// Proposes the next issuing authority or, as another administrator, puts it into force.
    #[must_use]
    pub const fn rotate_authority(
        certificate: Vec<u8>,
        cross_certificate: Vec<u8>,
        overlap_days: u16,
    ) -> Self {
        Self::plain(Body::AuthorityRotate { certificate, cross_certificate, overlap_days })
    }

    /// Asks for an accountability report.
    #[must_use]
    pub const fn audit_report(
        subject: ReportSubject,
        value: String,
        from: Option<UtcMicros>,
        to: Option<UtcMicros>,
    ) -> Self {
        Self::plain(Body::AuditReport { subject, value, from, to })
    }

    /// Revokes a certificate.
    #[must_use]
    pub const fn revoke(certificate: Sha3, reason: RevocationReason) -> Self {
        Self::plain(Body::CertificateRevoke { certificate, reason })
    }

    /// Lets the device of a pairing enrol.
    #[must_use]
    pub const fn approve_device(pairing: &Pairing) -> Self {
        let Pairing { device, csr_sha3, registration, .. } = *pairing;
        Self::plain(Body::DeviceApprove { device, csr_sha3, registration })
    }

    /// Ends a device, with its certificates and sessions.
    #[must_use]
    pub const fn revoke_device(device: DeviceId, reason: RevocationReason) -> Self {
        Self::plain(Body::DeviceRevoke { device, reason })
    }

    /// Invites a person, whose name and address the body only commits to.
    pub fn invite(
        user: UserId,
        role: Role,
        (name, email): (&str, &str),
        registration: Sha3,
    ) -> Result<Self, CryptoError> {
        let person = [("name".to_owned(), name.to_owned()), ("email".to_owned(), email.to_owned())];
        let details = Details { salt: random()?, value: person.into() };
        let person = details.commitment();
        let body = Body::UserInvite { user, role, person, registration };
        Ok(Self { body, details: Some(details) })
    }

    /// Approves an invitation that somebody else made.
    #[must_use]
    pub const fn approve_invitation(user: UserId) -> Self {
        Self::plain(Body::UserApprove { user })
    }

    /// Lets a customer who lost every device enrol anew.
    #[must_use]
    pub const fn recover(user: UserId, registration: Sha3, reason: String) -> Self {
        Self::plain(Body::UserRecover { user, registration, reason })
    }

    const fn plain(body: Body) -> Self {
        Self { body, details: None }
    }
}

/// Details under a fresh salt; `None` where there is nothing to say.
fn details(
    members: impl IntoIterator<Item = (String, String)>,
) -> Result<Option<Details>, CryptoError> {
    let value: BTreeMap<_, _> = members.into_iter().collect();
    if value.is_empty() { Ok(None) } else { Ok(Some(Details { salt: random()?, value })) }
}
