//! Whom and what a record is about, read from its own bytes. Pure.

use crypto::Sha3;
use intent::{Body, Event, EventKind, Intent, IntentId, UserId};
use ledger::{AccountId, TransferId};

use crate::corridor::fold::{Fact, bought_id};

/// What a record names beside the transfers that it made: those say themselves whose they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct About {
    /// Accounts of which something else than the balance changed.
    pub(super) accounts: Vec<AccountId>,
    /// People to whom it happened.
    pub(super) persons: Vec<UserId>,
    /// Certificates to whose holder it happened.
    pub(super) certificates: Vec<Sha3>,
    /// Devices to whose holder it happened.
    pub(super) devices: Vec<Sha3>,
    /// Transfers that it may have made: the ledger says which.
    pub(super) made: Vec<TransferId>,
    /// Payments whose holds it may have ended.
    pub(super) payments: Vec<IntentId>,
    /// Earlier transfers that ended without one of their own.
    pub(super) ended: Vec<TransferId>,
}

impl About {
    fn accounts(accounts: &[AccountId]) -> Self {
        Self { accounts: accounts.to_vec(), ..Self::default() }
    }

    fn persons(persons: &[UserId]) -> Self {
        Self { persons: persons.to_vec(), ..Self::default() }
    }
}

/// What an intent is about. Whoever adds a kind says here which transfers it makes, and who is told of it beside its signer:
/// nobody, where knowing would warn somebody who is looked into.
pub(super) fn of_intent(intent: &Intent) -> About {
    match intent.body() {
        Body::AccountOpen { account, .. }
        | Body::AccountFreeze { account, .. }
        | Body::AccountClose { account }
        | Body::AccountOverdraft { account, .. } => About::accounts(&[*account]),
        Body::CertificateRevoke { certificate, .. } => {
            About { certificates: vec![*certificate], ..About::default() }
        }
        Body::DeviceRevoke { device, .. } => {
            About { devices: vec![device.get()], ..About::default() }
        }
        Body::UserEnrol { user, .. }
        | Body::UserRecover { user, .. }
        | Body::UserLock { user, .. }
        | Body::RoleGrant { user, .. } => About::persons(&[*user]),
        // One transfer has the id of its intent. Money says itself whose it is.
        Body::AccountFund { .. }
        | Body::Transfer(_)
        | Body::HoldPlace { .. }
        | Body::HoldCapture { .. }
        | Body::HoldVoid { .. }
        | Body::TransferReverse { .. } => {
            About { made: vec![TransferId::new(intent.id().get())], ..About::default() }
        }
        Body::TransferBatch { items, .. } => {
            About { made: items.iter().map(|item| item.id).collect(), ..About::default() }
        }
        Body::PaymentsFile { items, .. } => {
            About { made: items.iter().map(|item| item.id).collect(), ..About::default() }
        }
        Body::TransferExchange { .. } => {
            let sold = TransferId::new(intent.id().get());
            About { made: vec![sold, bought_id(intent.id())], ..About::default() }
        }
        Body::ApprovalDecide { payment, .. } => {
            About { payments: vec![*payment], ..About::default() }
        }
        // The bank's own affairs, and those of the signer alone.
        Body::SessionLogin { .. }
        | Body::KeyRotate { .. }
        | Body::DeviceApprove { .. }
        | Body::UserInvite { .. }
        | Body::UserApprove { .. }
        | Body::RoleDefine { .. }
        | Body::IpRuleSet { .. }
        | Body::PolicyPropose { .. }
        | Body::PolicyApprove { .. }
        | Body::AuditReport { .. }
        | Body::AuthorityRotate { .. }
        | Body::WebhookSet { .. }
        | Body::BeneficiaryAdd { .. }
        | Body::BeneficiaryChange { .. }
        | Body::StandingOrderPlace { .. }
        | Body::StandingOrderEnd { .. } => About::default(),
    }
}

/// What an event is about.
pub(super) fn of_event(event: &Event) -> About {
    let member = |name: &str| event.members().get(name).map(String::as_str);
    match event.kind {
        EventKind::SessionOpened
        | EventKind::SessionEnded
        | EventKind::RotationDue
        | EventKind::LoginPlaceNew
        | EventKind::CredentialChanged => {
            let user = member("user").and_then(|id| id.parse().ok());
            About { persons: user.into_iter().collect(), ..About::default() }
        }
        EventKind::HoldExpired => {
            let hold = member("hold").and_then(|id| id.parse().ok());
            About { ended: hold.into_iter().collect(), ..About::default() }
        }
        EventKind::OrderDue | EventKind::InterestPosted | EventKind::FeeCharged => {
            let made = Fact::read(event).and_then(Fact::transfer);
            About { made: made.into_iter().collect(), ..About::default() }
        }
        EventKind::StatementMade => {
            let account = member("account").and_then(|id| id.parse().ok());
            About { accounts: account.into_iter().collect(), ..About::default() }
        }
        EventKind::BankFounded
        | EventKind::DayClosed
        | EventKind::CrlIssued
        | EventKind::CertificateIssued
        | EventKind::LoginFailed
        | EventKind::LoginLocked
        | EventKind::RiskAlert => About::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use intent::UtcMicros;
    use uuid::Uuid;

    use super::*;

    fn event(kind: EventKind, name: &str, value: &str) -> About {
        let id = IntentId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)).unwrap();
        let members = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        of_event(&Event::new(kind, id, UtcMicros::from_micros(1), members))
    }

    #[test]
    fn an_event_tells_the_person_to_whom_it_happened_and_nobody_that_a_sign_in_failed() {
        let user = UserId::new(Uuid::from_u128(7));
        let told = event(EventKind::SessionOpened, "user", &user.to_string());
        assert_eq!(told, About::persons(&[user]));
        assert_eq!(event(EventKind::LoginFailed, "user", &user.to_string()), About::default());
        assert_eq!(event(EventKind::SessionOpened, "user", "nobody"), About::default());
        let month = BTreeMap::from(
            [
                ("account", user.to_string()),
                ("asset", "EUR".into()),
                ("month", "2026-02-01".into()),
            ]
            .map(|(name, value): (&str, String)| (name.to_owned(), value)),
        );
        let id = IntentId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)).unwrap();
        let made = [EventKind::InterestPosted, EventKind::FeeCharged].map(|kind| {
            of_event(&Event::new(kind, id, UtcMicros::from_micros(1), month.clone())).made
        });
        assert!(made[0].len() == 1 && made[1].len() == 1 && made[0] != made[1], "{made:?}");
        let hold = TransferId::new(Uuid::from_u128(8));
        let told = event(EventKind::HoldExpired, "hold", &hold.to_string());
        assert_eq!(told, About { ended: vec![hold], ..About::default() });
    }
}
