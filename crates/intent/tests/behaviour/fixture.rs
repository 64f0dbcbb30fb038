//! One bank, one key per suite, one intent of each kind.

use std::{collections::BTreeMap, sync::LazyLock};

use crypto::{Sha2, Sha3, SigningKey, Suite, sha3_256};
use intent::{
    ApprovalDecision, BankId, BatchItem, BeneficiaryStatus, Body, BusinessDay, Details, DeviceId,
    Intent, IntentDraft, IpRuleAction, Kind, NameMatch, OrderTerms, ReportSubject,
    RevocationReason, Rhythm, Role, ShortOfFunds, SignedIntent, TransferBody, UserId,
};
use ledger::{AccountId, AccountKind, TransferId};
use money::{Amount, AssetCode};
use uuid::Uuid;

pub(crate) fn bank() -> BankId {
    "demo-bank".parse().unwrap()
}

/// Keys are slow to make in bulk and are only read.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| key_of(Suite::Standard));

pub(crate) fn key() -> &'static SigningKey {
    &KEY
}

pub(crate) fn key_of(suite: Suite) -> SigningKey {
    let seed: Vec<u8> = (0..=255).cycle().take(suite.seed_len()).collect();
    SigningKey::from_seed(suite, &seed).unwrap()
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

pub(crate) fn euros(minor: i64) -> Amount {
    Amount::new(minor, AssetCode::EUR).unwrap()
}

pub(crate) fn details() -> Details {
    let value = [("memo", "Rent \u{2014} \"May\""), ("payee", "J\u{fc}rgen")];
    let value = value.map(|(name, text)| (name.to_owned(), text.to_owned()));
    Details { salt: [9; 32], value: BTreeMap::from(value) }
}

pub(crate) fn transfer_body() -> TransferBody {
    TransferBody { debit: account(1), credit: account(2), amount: euros(12_50), details: None }
}

pub(crate) fn item(number: u128) -> BatchItem {
    BatchItem {
        id: TransferId::new(Uuid::from_u128(number)),
        debit: account(1),
        credit: account(number + 2),
        amount: euros(100),
        details: None,
    }
}

pub(crate) fn device() -> DeviceId {
    DeviceId::new(Sha3::from_bytes([0x11; 32]))
}

const CSR: &[u8] = b"a certificate request";

#[expect(clippy::too_many_lines, reason = "a table: one body per kind")]
pub(crate) fn body(kind: Kind) -> Body {
    let digest = |byte| Sha3::from_bytes([byte; 32]);
    let owner = UserId::new(Uuid::from_u128(77));
    match kind {
        Kind::UserEnrol => Body::UserEnrol {
            user: owner,
            csr: CSR.to_vec(),
            device: device(),
            device_key_commitment: digest(1),
            kem_public_key: vec![2; 1216],
            registration: digest(3),
        },
        Kind::SessionLogin => Body::SessionLogin {
            challenge: [4; 32],
            origin: "https://bank.example".to_owned(),
            kem_public_key: vec![5; 1216],
        },
        Kind::AccountOpen => Body::AccountOpen {
            account: account(1),
            asset: AssetCode::EUR,
            owner,
            kind: AccountKind::Liability,
        },
        Kind::AccountFund => Body::AccountFund { account: account(1), amount: euros(100_000) },
        Kind::AccountFreeze => Body::AccountFreeze {
            account: account(1),
            debit: true,
            credit: false,
            reason: "court order \\ \"7/26\", Z\u{fc}rich".to_owned(),
        },
        Kind::Transfer => Body::Transfer(transfer_body()),
        Kind::PaymentsFile => {
            let bound = |n| BatchItem { details: Some(Sha2::from_bytes([14; 32])), ..item(n) };
            Body::PaymentsFile {
                file: digest(15),
                message_id: "MSG \"1\"".to_owned(),
                items: vec![bound(10), bound(11)],
            }
        }
        Kind::TransferBatch => {
            Body::TransferBatch { atomic: true, items: vec![item(10), item(11), item(12)] }
        }
        Kind::KeyRotate => Body::KeyRotate {
            csr: CSR.to_vec(),
            device: device(),
            device_key_commitment: digest(6),
            kem_public_key: vec![7; 1216],
        },
        Kind::CertificateRevoke => Body::CertificateRevoke {
            certificate: digest(8),
            reason: RevocationReason::KeyCompromise,
        },
        Kind::DeviceApprove => {
            Body::DeviceApprove { device: device(), csr_sha3: digest(9), registration: digest(10) }
        }
        Kind::DeviceRevoke => {
            Body::DeviceRevoke { device: device(), reason: RevocationReason::Cessation }
        }
        Kind::UserInvite => Body::UserInvite {
            user: owner,
            role: Role::AuditorClerk,
            person: Sha2::from_bytes([11; 32]),
            registration: digest(12),
        },
        Kind::UserApprove => Body::UserApprove { user: owner },
        Kind::UserRecover => Body::UserRecover {
            user: owner,
            registration: digest(13),
            reason: "lost her telephone, shown her passport".to_owned(),
        },
        Kind::UserLock => {
            Body::UserLock { user: owner, locked: true, reason: "on leave".to_owned() }
        }
        Kind::RoleDefine => Body::RoleDefine {
            name: "teller".to_owned(),
            base: Role::Manager,
            permissions: vec!["accounts:fund".to_owned(), "accounts:read".to_owned()],
            active: true,
        },
        Kind::RoleGrant => {
            Body::RoleGrant { user: owner, name: "teller".to_owned(), granted: true }
        }
        Kind::IpRuleSet => Body::IpRuleSet {
            rule: Uuid::from_u128(78),
            subject: "role:manager".to_owned(),
            network: "192.0.2.0/24".to_owned(),
            action: IpRuleAction::Allow,
        },
        Kind::WebhookSet => Body::WebhookSet {
            webhook: Uuid::from_u128(79),
            url: "https://erp.example/events".to_owned(),
            kinds: vec!["account.fund".to_owned(), "transfer".to_owned()],
            active: true,
            new_secret: false,
        },
        Kind::AuditReport => Body::AuditReport {
            subject: ReportSubject::Window,
            value: String::new(),
            from: None,
            to: None,
        },
        Kind::HoldPlace => Body::HoldPlace {
            transfer: transfer_body(),
            expires_at: "2026-11-29T00:00:00.000000Z".parse().unwrap(),
        },
        Kind::HoldCapture => Body::HoldCapture { hold: item(21).id, amount: Some(euros(5_00)) },
        Kind::HoldVoid => Body::HoldVoid { hold: item(21).id },
        Kind::TransferReverse => Body::TransferReverse {
            transfer: item(22).id,
            amount: None,
            reason: "paid twice".to_owned(),
        },
        Kind::ApprovalDecide => Body::ApprovalDecide {
            payment: "019aa000-0000-7000-8000-000000000023".parse().unwrap(),
            decision: ApprovalDecision::Escalate,
            reason: "the payee is new".to_owned(),
        },
        Kind::AccountClose => Body::AccountClose { account: account(1) },
        Kind::AccountOverdraft => {
            Body::AccountOverdraft { account: account(1), amount: euros(50_000) }
        }
        Kind::PolicyPropose => Body::PolicyPropose {
            policy: "limits".to_owned(),
            scope: "role:customer".to_owned(),
            value: "{\"per_day\":\"100000\"}".to_owned(),
        },
        Kind::PolicyApprove => Body::PolicyApprove {
            proposal: "019aa000-0000-7000-8000-000000000024".parse().unwrap(),
            approved: true,
        },
        Kind::AuthorityRotate => Body::AuthorityRotate {
            certificate: vec![14; 60],
            cross_certificate: vec![15; 60],
            overlap_days: 30,
        },
        Kind::BeneficiaryAdd => Body::BeneficiaryAdd {
            account: account(2),
            details: Sha2::from_bytes([17; 32]),
            name_match: NameMatch::Close,
        },
        Kind::BeneficiaryChange => Body::BeneficiaryChange {
            account: account(2),
            status: BeneficiaryStatus::Active,
            renamed: Some((Sha2::from_bytes([16; 32]), NameMatch::Match)),
        },
        Kind::StandingOrderPlace => Body::StandingOrderPlace {
            transfer: transfer_body(),
            terms: OrderTerms {
                first: OrderTerms::day("2026-11-30").unwrap(),
                rhythm: Rhythm::EndOfMonth,
                business_day: BusinessDay::ModifiedFollowing,
                last: None,
                count: None,
                short_of_funds: ShortOfFunds::Retry,
            },
        },
        Kind::StandingOrderEnd => Body::StandingOrderEnd {
            order: "019aa000-0000-7000-8000-000000000025".parse().unwrap(),
        },
        Kind::TransferExchange => Body::TransferExchange {
            debit: account(1),
            credit: account(2),
            sell: euros(10_000),
            buy: Amount::new(10_812, AssetCode::USD).unwrap(),
            rate: "1.0812".parse().unwrap(),
        },
    }
}

pub(crate) fn draft(body: Body) -> IntentDraft {
    let certificate = match &body {
        Body::UserEnrol { csr, .. } => sha3_256(csr),
        _ => Sha3::from_bytes([0xc0; 32]),
    };
    IntentDraft {
        bank: bank(),
        certificate,
        device: device(),
        authority: Role::Customer,
        at: "2026-11-22T01:02:03.000456Z".parse().unwrap(),
        seq: 2,
        prev: Sha3::from_bytes([0xee; 32]),
        id: "019aa000-0000-7000-8000-000000000001".parse().unwrap(),
        body,
    }
}

pub(crate) fn intent(kind: Kind) -> Intent {
    draft(body(kind)).build().unwrap()
}

/// A transfer that commits to [`details`].
pub(crate) fn transfer_with_details() -> Intent {
    let details = Some(details().commitment());
    draft(Body::Transfer(TransferBody { details, ..transfer_body() })).build().unwrap()
}

pub(crate) fn signed(intent: Intent) -> SignedIntent {
    SignedIntent::sign(intent, key(), None).unwrap()
}

/// The one canonical text of a transfer, to be mutated.
pub(crate) fn transfer_text() -> String {
    String::from_utf8(intent(Kind::Transfer).into_canonical()).unwrap()
}
