//! What an intent asks for: one variant per kind.

use crypto::{Sha2, Sha3};
use ledger::{AccountId, AccountKind, Rejection, Transfer, TransferId};
use money::{Amount, AssetCode, Rate};

use uuid::Uuid;

use crate::{
    ApprovalDecision, BeneficiaryStatus, DeviceId, IntentId, IpRuleAction, Kind, NameMatch,
    OrderTerms, ReportSubject, RevocationReason, Role, UserId, UtcMicros,
};

/// The wish itself. Binary members are base64url without padding, digests lower-case hex.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// Enrol a user's first key.
    UserEnrol {
        /// Who enrols.
        user: UserId,
        /// PKCS #10 request, DER, at most [`Body::CSR_LEN_MAX`] bytes.
        csr: Vec<u8>,
        /// The device the key lives on; equal to the intent's own.
        device: DeviceId,
        /// SHA3-256 of the device key.
        device_key_commitment: Sha3,
        /// Key to which the bank seals what it sends, at most [`Body::KEM_PUBLIC_KEY_LEN_MAX`] bytes.
        kem_public_key: Vec<u8>,
        /// SHA3-256 of the one-time registration token.
        registration: Sha3,
    },
    /// Log in: the answer to a challenge.
    SessionLogin {
        /// The bank's single-use nonce.
        challenge: [u8; 32],
        /// Where the signer believes to be logging in, 1 to 255 characters.
        origin: String,
        /// Fresh key for the session bootstrap secret.
        kem_public_key: Vec<u8>,
    },
    /// Open an account.
    AccountOpen {
        /// Identity of the new account.
        account: AccountId,
        /// Its asset.
        asset: AssetCode,
        /// Whose it is.
        owner: UserId,
        /// Its kind; customers may open liability accounts only.
        kind: AccountKind,
    },
    /// Put money of the bank's own into an account.
    AccountFund {
        /// Account to credit.
        account: AccountId,
        /// How much.
        amount: Amount,
    },
    /// Stop or resume an account's debits and credits.
    AccountFreeze {
        /// The account.
        account: AccountId,
        /// Whether debits are stopped from now on.
        debit: bool,
        /// Whether credits are stopped from now on.
        credit: bool,
        /// Why: 1 to 140 characters.
        reason: String,
    },
    /// Move money between two accounts.
    Transfer(TransferBody),
    /// Move money between many pairs of accounts under one signature.
    TransferBatch {
        /// Whether all items or none take effect.
        atomic: bool,
        /// 1 to [`Body::BATCH_ITEMS_MAX`] items, in order.
        items: Vec<BatchItem>,
    },
    /// Replace the signing key by its successor.
    KeyRotate {
        /// PKCS #10 request for the new key, DER.
        csr: Vec<u8>,
        /// The device the new key lives on.
        device: DeviceId,
        /// SHA3-256 of that device's key.
        device_key_commitment: Sha3,
        /// Key to which the bank seals what it sends from then on.
        kem_public_key: Vec<u8>,
    },
    /// Revoke a certificate.
    CertificateRevoke {
        /// SHA3-256 of the certificate's DER.
        certificate: Sha3,
        /// Why.
        reason: RevocationReason,
    },
    /// Let a further device of the signer enrol: the approval of a pairing.
    DeviceApprove {
        /// The new device.
        device: DeviceId,
        /// SHA3-256 of the certificate request that it will enrol with.
        csr_sha3: Sha3,
        /// SHA3-256 of the one-time token that it will enrol with.
        registration: Sha3,
    },
    /// End a device, with its certificates and sessions.
    DeviceRevoke {
        /// The device.
        device: DeviceId,
        /// Why; it goes on the revocation list.
        reason: RevocationReason,
    },
    /// Invite a person; staff need the approval of a second person.
    UserInvite {
        /// Identity of the new person.
        user: UserId,
        /// As what.
        role: Role,
        /// Commitment to name and address ([`crate::Details::commitment`]), which can be erased.
        person: Sha2,
        /// SHA3-256 of the one-time registration token.
        registration: Sha3,
    },
    /// Approve an invitation that somebody else made.
    UserApprove {
        /// Who was invited.
        user: UserId,
    },
    /// Let a person who lost every device enrol anew.
    UserRecover {
        /// Who.
        user: UserId,
        /// SHA3-256 of the new one-time registration token.
        registration: Sha3,
        /// Why: 1 to 140 characters.
        reason: String,
    },
    /// Lock a person out, or let them in again.
    UserLock {
        /// Who.
        user: UserId,
        /// Whether they are locked from now on.
        locked: bool,
        /// Why: 1 to 140 characters.
        reason: String,
    },
    /// Define a custom role: a named subset of the permissions of a built-in one.
    RoleDefine {
        /// Its name: lower-case letters, digits and `_`, 1 to 40 of them.
        name: String,
        /// The built-in role whose permissions it narrows.
        base: Role,
        /// Names of permissions, in ascending order, at most [`Body::PERMISSIONS_MAX`].
        permissions: Vec<String>,
        /// Whether it may be granted from now on.
        active: bool,
    },
    /// Narrow a person to a custom role, or lift that.
    RoleGrant {
        /// Who.
        user: UserId,
        /// The role.
        name: String,
        /// Whether it is granted from now on.
        granted: bool,
    },
    /// Say from which addresses a role or a person may come.
    IpRuleSet {
        /// Identity of the rule.
        rule: Uuid,
        /// `role:<name>` or `user:<id>`.
        subject: String,
        /// A network in CIDR form, IPv4 or IPv6.
        network: String,
        /// `allow`, `deny`, or `none`: the rule ends.
        action: IpRuleAction,
    },
    /// Read an accountability report.
    AuditReport {
        /// What it is about.
        subject: ReportSubject,
        /// Which one of these: a fingerprint, an id; empty for a window of time.
        value: String,
        /// From when on.
        from: Option<UtcMicros>,
        /// Until when, exclusive.
        to: Option<UtcMicros>,
    },
    /// Keep money aside for a payee, until it is captured, voided or its time is over.
    HoldPlace {
        /// From whom, for whom, how much.
        transfer: TransferBody,
        /// From when on it can no longer be captured.
        expires_at: UtcMicros,
    },
    /// Take what is held for oneself, or a part of it; the rest is given back.
    HoldCapture {
        /// The hold, by its transfer's id.
        hold: TransferId,
        /// How much; all of it where absent.
        amount: Option<Amount>,
    },
    /// Give back what is held for oneself.
    HoldVoid {
        /// The hold, by its transfer's id.
        hold: TransferId,
    },
    /// Give a transfer back, or a part of it.
    TransferReverse {
        /// The transfer.
        transfer: TransferId,
        /// How much; all that earlier reversals left where absent.
        amount: Option<Amount>,
        /// Why: 1 to 140 characters.
        reason: String,
    },
    /// Decide a payment that waits for a person.
    ApprovalDecide {
        /// The intent that asked for the payment.
        payment: IntentId,
        /// What becomes of it.
        decision: ApprovalDecision,
        /// Why: 1 to 140 characters.
        reason: String,
    },
    /// Close an empty account for good.
    AccountClose {
        /// The account.
        account: AccountId,
    },
    /// Say how far an account may be overdrawn.
    AccountOverdraft {
        /// The account.
        account: AccountId,
        /// By how much at most; zero ends it.
        amount: Amount,
    },
    /// Propose a policy of the bank.
    PolicyPropose {
        /// Which: lower-case letters, digits and `_`, 1 to 40 of them.
        policy: String,
        /// For whom: `bank`, `role:<name>`, `user:<id>`, `account:<id>`, as the policy admits.
        scope: String,
        /// What it says: a canonical object of strings, 2 to [`Body::POLICY_CHARS_MAX`] characters.
        value: String,
    },
    /// Put a policy in force, or refuse it, that somebody else proposed.
    PolicyApprove {
        /// The intent that proposed it.
        proposal: IntentId,
        /// Whether it is in force from now on.
        approved: bool,
    },
    /// Propose the next issuing authority; signed alike by a second administrator, put it into force.
    AuthorityRotate {
        /// Its certificate by the root, DER, at most [`Body::AUTHORITY_LEN_MAX`] bytes.
        certificate: Vec<u8>,
        /// Its certificate by the present issuing authority, DER, at most as long.
        cross_certificate: Vec<u8>,
        /// Days for which certificates of the present issuing authority stay good, 1 to
        /// [`Body::OVERLAP_DAYS_MAX`].
        overlap_days: u16,
    },
    /// Pay a file of payments, each item for itself.
    PaymentsFile {
        /// SHA3-256 of the file's bytes.
        file: Sha3,
        /// The file's own id, 1 to [`crate::SentFile::MESSAGE_ID_CHARS_MAX`] characters; an account pays it once.
        message_id: String,
        /// What of it can be paid, in its order: 1 to [`Body::BATCH_ITEMS_MAX`] items, each bound to what the file says of it.
        items: Vec<BatchItem>,
    },
    /// Keep a payee in one's list.
    BeneficiaryAdd {
        /// The payee's account.
        account: AccountId,
        /// Commitment to their name and a memo.
        details: Sha2,
        /// What the bank said of the name, and the signer has seen.
        name_match: NameMatch,
    },
    /// Change a payee of one's list.
    BeneficiaryChange {
        /// The payee's account.
        account: AccountId,
        /// What the entry is from now on.
        status: BeneficiaryStatus,
        /// Commitment to another name and memo with what the bank said of that name; they stay where absent.
        renamed: Option<(Sha2, NameMatch)>,
    },
    /// Order payments that the bank makes by itself on their days.
    StandingOrderPlace {
        /// From whom, to whom, how much each time.
        transfer: TransferBody,
        /// When, and what if money is short.
        terms: OrderTerms,
    },
    /// End a standing order.
    StandingOrderEnd {
        /// The intent that placed it.
        order: IntentId,
    },
    /// Says where the bank tells what happens, and of which kinds.
    WebhookSet {
        /// Which endpoint, chosen by whoever makes it.
        webhook: Uuid,
        /// Where it is.
        url: String,
        /// Names of the kinds of intents and events that are told, in order; none: all.
        kinds: Vec<String>,
        /// Whether it is told at all.
        active: bool,
        /// Whether it gets a new secret; the first setting always makes one.
        new_secret: bool,
    },
    /// Sell one asset for another, between accounts of one's own, at the bank's rate.
    TransferExchange {
        /// Account in the asset that is sold.
        debit: AccountId,
        /// Account in the asset that is bought.
        credit: AccountId,
        /// What is sold.
        sell: Amount,
        /// What is bought: exactly what the rate gives, rounded down.
        buy: Amount,
        /// The bank's rate for this side of the pair.
        rate: Rate,
    },
}

impl Body {
    /// Longest admitted certificate request in bytes; ours have 5,459 (standard suite).
    pub const CSR_LEN_MAX: usize = 16 * 1024;
    /// Longest admitted KEM public key in bytes; ML-KEM-1024 has 1,568.
    pub const KEM_PUBLIC_KEY_LEN_MAX: usize = 2048;
    /// Most items of one batch.
    pub const BATCH_ITEMS_MAX: usize = 1000;
    /// Longest reason of a freeze in characters.
    pub const REASON_CHARS_MAX: usize = 140;
    /// Longest login origin in characters.
    pub const ORIGIN_CHARS_MAX: usize = 255;

    /// Longest admitted certificate of an authority in bytes; ours have 5,637 (standard suite).
    pub const AUTHORITY_LEN_MAX: usize = 16 * 1024;
    /// Longest overlap of two issuing authorities: the life of a holder's certificate.
    pub const OVERLAP_DAYS_MAX: u16 = 90;
    /// Longest name of a custom role in characters.
    pub const ROLE_NAME_CHARS_MAX: usize = 40;
    /// Longest address of an endpoint, in characters.
    pub const URL_CHARS_MAX: usize = 1024;
    /// Longest value of a policy in characters.
    pub const POLICY_CHARS_MAX: usize = 4096;
    /// Longest scope of a policy in characters.
    pub const SCOPE_CHARS_MAX: usize = 64;
    /// Most permissions of a custom role.
    pub const PERMISSIONS_MAX: usize = 64;

    /// The kind of this body.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::UserEnrol { .. } => Kind::UserEnrol,
            Self::SessionLogin { .. } => Kind::SessionLogin,
            Self::AccountOpen { .. } => Kind::AccountOpen,
            Self::AccountFund { .. } => Kind::AccountFund,
            Self::AccountFreeze { .. } => Kind::AccountFreeze,
            Self::Transfer(_) => Kind::Transfer,
            Self::TransferBatch { .. } => Kind::TransferBatch,
            Self::KeyRotate { .. } => Kind::KeyRotate,
            Self::CertificateRevoke { .. } => Kind::CertificateRevoke,
            Self::DeviceApprove { .. } => Kind::DeviceApprove,
            Self::DeviceRevoke { .. } => Kind::DeviceRevoke,
            Self::UserInvite { .. } => Kind::UserInvite,
            Self::UserApprove { .. } => Kind::UserApprove,
            Self::UserRecover { .. } => Kind::UserRecover,
            Self::UserLock { .. } => Kind::UserLock,
            Self::RoleDefine { .. } => Kind::RoleDefine,
            Self::RoleGrant { .. } => Kind::RoleGrant,
            Self::IpRuleSet { .. } => Kind::IpRuleSet,
            Self::AuditReport { .. } => Kind::AuditReport,
            Self::HoldPlace { .. } => Kind::HoldPlace,
            Self::HoldCapture { .. } => Kind::HoldCapture,
            Self::HoldVoid { .. } => Kind::HoldVoid,
            Self::TransferReverse { .. } => Kind::TransferReverse,
            Self::ApprovalDecide { .. } => Kind::ApprovalDecide,
            Self::AccountClose { .. } => Kind::AccountClose,
            Self::AccountOverdraft { .. } => Kind::AccountOverdraft,
            Self::PolicyPropose { .. } => Kind::PolicyPropose,
            Self::PolicyApprove { .. } => Kind::PolicyApprove,
            Self::AuthorityRotate { .. } => Kind::AuthorityRotate,
            Self::PaymentsFile { .. } => Kind::PaymentsFile,
            Self::BeneficiaryAdd { .. } => Kind::BeneficiaryAdd,
            Self::BeneficiaryChange { .. } => Kind::BeneficiaryChange,
            Self::StandingOrderPlace { .. } => Kind::StandingOrderPlace,
            Self::StandingOrderEnd { .. } => Kind::StandingOrderEnd,
            Self::WebhookSet { .. } => Kind::WebhookSet,
            Self::TransferExchange { .. } => Kind::TransferExchange,
        }
    }

    /// The first commitment to details that is not `expected`, by its path; and whether there is
    /// any commitment at all.
    pub(crate) fn commits_only_to(&self, expected: Sha2) -> Result<bool, String> {
        match self {
            Self::Transfer(body) => match body.details {
                None => Ok(false),
                Some(details) if details == expected => Ok(true),
                Some(_) => Err("body.details".to_owned()),
            },
            Self::TransferBatch { items, .. } => {
                let other = |item: &BatchItem| item.details.is_some_and(|d| d != expected);
                match items.iter().position(other) {
                    None => Ok(items.iter().any(|item| item.details.is_some())),
                    Some(place) => Err(format!("body.items[{place}].details")),
                }
            }
            Self::HoldPlace { transfer, .. } | Self::StandingOrderPlace { transfer, .. } => {
                Self::Transfer(*transfer).commits_only_to(expected)
            }
            Self::BeneficiaryAdd { details, .. }
            | Self::BeneficiaryChange { renamed: Some((details, _)), .. } => {
                if *details == expected { Ok(true) } else { Err("body.details".to_owned()) }
            }
            Self::UserInvite { person, .. } if *person == expected => Ok(true),
            Self::UserInvite { .. } => Err("body.person".to_owned()),
            Self::UserEnrol { .. }
            | Self::SessionLogin { .. }
            | Self::AccountOpen { .. }
            | Self::AccountFund { .. }
            | Self::AccountFreeze { .. }
            | Self::KeyRotate { .. }
            | Self::CertificateRevoke { .. }
            | Self::DeviceApprove { .. }
            | Self::DeviceRevoke { .. }
            | Self::UserApprove { .. }
            | Self::UserRecover { .. }
            | Self::UserLock { .. }
            | Self::RoleDefine { .. }
            | Self::RoleGrant { .. }
            | Self::IpRuleSet { .. }
            | Self::AuditReport { .. }
            | Self::HoldCapture { .. }
            | Self::HoldVoid { .. }
            | Self::TransferReverse { .. }
            | Self::ApprovalDecide { .. }
            | Self::AccountClose { .. }
            | Self::AccountOverdraft { .. }
            | Self::PolicyPropose { .. }
            | Self::PolicyApprove { .. }
            | Self::AuthorityRotate { .. }
            | Self::WebhookSet { .. }
            | Self::PaymentsFile { .. }
            | Self::BeneficiaryChange { renamed: None, .. }
            | Self::StandingOrderEnd { .. }
            | Self::TransferExchange { .. } => Ok(false),
        }
    }
}

/// One movement of money, as its payer signs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TransferBody {
    /// Account whose debits grow: the payer's.
    pub debit: AccountId,
    /// Account whose credits grow: the payee's.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
    /// Commitment to names and free text ([`crate::Details::commitment`]), which are not in the
    /// document so that they can be erased.
    pub details: Option<Sha2>,
}

impl TransferBody {
    /// The ledger's transfer with this identity; what needs no account is checked here.
    pub fn to_ledger(&self, id: TransferId) -> Result<Transfer, Rejection> {
        Transfer::post(id, self.debit, self.credit, self.amount)
    }
}

/// One movement within a batch, with its own identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BatchItem {
    /// Identity of the transfer, chosen by the payer.
    pub id: TransferId,
    /// Account whose debits grow.
    pub debit: AccountId,
    /// Account whose credits grow.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
    /// Commitment to the batch's details; see [`TransferBody::details`].
    pub details: Option<Sha2>,
}

impl BatchItem {
    /// The ledger's transfer of this item.
    pub fn to_ledger(&self) -> Result<Transfer, Rejection> {
        Transfer::post(self.id, self.debit, self.credit, self.amount)
    }
}
