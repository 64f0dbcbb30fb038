//! What travels as JSON, beside envelopes, receipts and problems.

use serde::{Deserialize, Serialize};

use crate::trust::TrustText;

#[derive(Serialize)]
pub(crate) struct RegisterRequest<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct RegisterAnswer {
    pub(crate) user_id: String,
    pub(crate) registration_token: String,
    pub(crate) expires_at: String,
}

#[derive(Deserialize)]
pub(crate) struct EnrolAnswer {
    pub(crate) certificate: String,
    pub(crate) issuing: String,
    pub(crate) root: String,
}

#[derive(Serialize)]
pub(crate) struct ChallengeRequest {
    pub(crate) certificate: String,
    pub(crate) device_id: String,
}

#[derive(Deserialize)]
pub(crate) struct ChallengeAnswer {
    pub(crate) nonce: String,
}

#[derive(Deserialize)]
pub(crate) struct LoginAnswer {
    pub(crate) session: SessionAnswer,
}

#[derive(Deserialize)]
pub(crate) struct SessionAnswer {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) expires_at: String,
    pub(crate) sealed_secret: String,
}

#[derive(Deserialize)]
pub(crate) struct SessionKeyAnswer {
    pub(crate) token: String,
    pub(crate) expires_at: String,
    pub(crate) sealed_secret: String,
}

#[derive(Serialize)]
pub(crate) struct RefreshRequest<'a> {
    pub(crate) refresh_token: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct RefreshAnswer {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) expires_at: String,
}

/// What `/api/security/info` says, as far as clients act on it; the rest is kept as it came.
#[derive(Clone, Debug, Deserialize)]
pub struct SecurityInfo {
    pub(crate) trust: TrustMember,
    /// Everything else, for people to read.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

/// The trust as the text of its file, or as the object in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum TrustMember {
    Text(String),
    Object(TrustText),
}

#[derive(Serialize)]
pub(crate) struct PairingRequest<'a> {
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    pub(crate) csr_sha3: String,
    pub(crate) registration: String,
    pub(crate) name: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct PairingAnswer {
    pub(crate) payload: String,
    pub(crate) match_number: String,
    pub(crate) expires_at: String,
}

/// A pairing as the approving device is told of it.
#[derive(Deserialize)]
pub(crate) struct PairingView {
    pub(crate) pairing_id: String,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    pub(crate) csr_sha3: String,
    pub(crate) registration: String,
}

/// Where something that waits for somebody else stands.
#[derive(Deserialize)]
pub(crate) struct StatusAnswer {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) user_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct RecoveryRequest<'a> {
    pub(crate) email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'a str>,
    pub(crate) registration: String,
}

#[derive(Deserialize)]
pub(crate) struct RecoveryAnswer {
    pub(crate) request_id: String,
    pub(crate) match_number: String,
    pub(crate) expires_at: String,
}

/// A request for a recovery as a manager sees it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RecoveryView {
    /// Which request.
    pub request_id: String,
    /// Of whom.
    pub user_id: String,
    /// What the approval must name.
    pub registration: String,
    /// To be compared with what the person says.
    pub match_number: String,
    /// Whether the person showed a recovery code.
    pub proved_by_code: bool,
    /// From where it came.
    pub ip: String,
    /// When.
    pub requested_at: String,
    /// Until when it can be approved.
    pub expires_at: String,
}

/// An invitation as staff see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct InvitationView {
    /// Who was invited.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// As what.
    pub role: String,
    /// `waiting-for-approval`, `open`, `redeemed` or `expired`.
    pub status: String,
}

/// An issuing authority as administrators see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AuthorityView {
    /// SHA3-256 of its certificate.
    pub authority: String,
    /// Counts from 1, the one of the founding.
    pub generation: String,
    /// `proposed`, `active`, `retiring` or `retired`.
    pub status: String,
    /// Its certificate by the root, PEM.
    pub certificate: String,
    /// End of that certificate.
    pub not_after: String,
    /// Who proposed it.
    #[serde(default)]
    pub proposed_by: Option<String>,
    /// Since when it issues.
    #[serde(default)]
    pub active_from: Option<String>,
    /// From when on nothing that it issued is accepted.
    #[serde(default)]
    pub retires_at: Option<String>,
    /// Whether the server that answers holds its key.
    pub key_is_held: bool,
}

/// A device of the caller's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DeviceView {
    /// Its identity.
    pub device_id: String,
    /// What its owner calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// `active` or `revoked`.
    pub status: String,
    /// Whether it is the one that asks.
    pub is_this_one: bool,
    /// When it was enrolled.
    pub enrolled_at: String,
    /// When it was last signed in.
    #[serde(default)]
    pub last_used_at: Option<String>,
    /// The newest certificate on it.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// A payment that waits, or waited, for a person. Amounts are minor units in decimal strings.
#[derive(Clone, Debug, Deserialize)]
pub struct ApprovalView {
    /// The intent that asked for it.
    pub payment: String,
    /// Who made it.
    pub maker: String,
    /// `amount` or `risk`.
    pub cause: String,
    /// How many people must approve it.
    pub approvers: String,
    /// `waiting`, `approved`, `rejected` or `expired`.
    pub status: String,
    /// Its asset.
    pub asset: String,
    /// What is held for it.
    pub amount: String,
    /// When it began to wait.
    pub placed_at: String,
    /// When it is given back.
    pub expires_at: String,
    /// Who approved it first, where two must.
    #[serde(default)]
    pub first_approver: Option<String>,
    /// Why it was decided so.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Money kept aside. Amounts are minor units in decimal strings.
#[derive(Clone, Debug, Deserialize)]
pub struct HoldView {
    /// The hold.
    pub hold: String,
    /// The payer's account.
    pub debit: String,
    /// The payee's account.
    pub credit: String,
    /// Its asset.
    pub asset: String,
    /// How much is held.
    pub amount: String,
    /// When it is given back.
    pub expires_at: String,
    /// Whether it waits for a person of the bank instead of its payee.
    pub for_approval: bool,
}

/// A policy that is in force.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyView {
    /// Its name.
    pub policy: String,
    /// For whom.
    pub scope: String,
    /// What it says.
    pub value: String,
    /// Since when.
    pub since: String,
}

/// A proposal of a policy.
#[derive(Clone, Debug, Deserialize)]
pub struct ProposalView {
    /// The intent that made it.
    pub proposal: String,
    /// The policy's name.
    pub policy: String,
    /// For whom.
    pub scope: String,
    /// What it would say.
    pub value: String,
    /// `proposed`, `approved` or `refused`.
    pub status: String,
    /// Who proposed it.
    pub proposed_by: String,
}

/// Policies in force, and proposals.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyPage {
    /// In force; what none of them says has its default.
    pub in_force: Vec<PolicyView>,
    /// Ever proposed.
    pub proposals: Vec<ProposalView>,
}

/// A page of a list.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// What an account number names.
#[derive(Deserialize)]
pub(crate) struct Resolved {
    pub(crate) id: String,
}

/// An account as its owner or the staff sees it. Amounts are minor units.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AccountView {
    /// Identity.
    pub id: String,
    /// Number for people.
    #[serde(default)]
    pub number: String,
    /// Asset code.
    pub asset: String,
    /// Decimal places of the asset.
    #[serde(default)]
    pub scale: Option<u8>,
    /// What is there, signed.
    pub balance: String,
    /// What may be spent.
    #[serde(default)]
    pub available: String,
    /// Whether debits are stopped.
    #[serde(default)]
    pub freeze_debit: bool,
    /// Whether credits are stopped.
    #[serde(default)]
    pub freeze_credit: bool,
    /// Owner; absent for the bank's own.
    #[serde(default)]
    pub owner: Option<String>,
}

/// One movement on an account of the caller's. The amount is in minor units.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HistoryItem {
    /// The transfer.
    pub id: String,
    /// The intent that asked for it.
    pub intent_id: String,
    /// When it was posted.
    pub at: String,
    /// Account debited.
    pub debit: String,
    /// Account credited.
    pub credit: String,
    /// Minor units.
    pub amount: String,
    /// Asset code.
    pub asset: String,
    /// `ok`, or the code of its refusal.
    pub code: String,
    /// The day from which on it counts.
    #[serde(default)]
    pub value_on: Option<String>,
    /// Of an exchange: the pair and its rate.
    #[serde(default)]
    pub rate: Option<String>,
    /// Free text of the payer, by name.
    #[serde(default)]
    pub details: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A page of history, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HistoryPage {
    /// The movements.
    pub items: Vec<HistoryItem>,
    /// Where the next page starts; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// One certificate of a user's history.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeyInfo {
    /// SHA3-256 of the certificate.
    pub certificate: String,
    /// Number in its lineage, from 1.
    pub generation: u32,
    /// `active`, `superseded` or `revoked`.
    pub status: String,
    /// Start of validity.
    #[serde(default)]
    pub not_before: String,
    /// End of validity.
    #[serde(default)]
    pub not_after: String,
}

/// A person's newest key, with its dates.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeyStatus {
    /// What the history says of it too.
    #[serde(flatten)]
    pub key: KeyInfo,
    /// Suite of the key.
    pub suite: String,
    /// What it signs by.
    pub signature_algorithm: String,
    /// When its holder should replace it.
    pub rotation_due_at: String,
    /// Whether that time has come.
    pub rotation_due: bool,
    /// From when on it can only be replaced.
    pub rotation_required_at: String,
    /// Whether that time has come.
    pub rotation_required: bool,
    /// Whole days until its certificate ends.
    pub days_left: i64,
}

/// A role, built in or custom.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RoleView {
    /// Its name.
    pub name: String,
    /// Whether certificates are made for it; otherwise it narrows `base`.
    pub built_in: bool,
    /// The built-in role below it.
    pub base: String,
    /// What its holders may do, beside what everybody may.
    pub permissions: Vec<String>,
    /// Whether it may be granted and gives anything.
    pub active: bool,
    /// Who holds it; told to administrators only.
    #[serde(default)]
    pub holders: Vec<String>,
}

/// Where the bank tells what happens, and how that stands.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WebhookView {
    /// Which endpoint.
    pub webhook: String,
    /// Where it is.
    pub url: String,
    /// Names of the kinds that it is told of; none: all.
    pub kinds: Vec<String>,
    /// `telling`, `failing`, `paused` or `off`.
    pub status: String,
    /// The first leaf that it was not told of yet.
    pub next: String,
    /// Leaves that it was not told of yet.
    pub behind: String,
    /// Failures in a row.
    pub failures: u32,
    /// When it is tried again.
    #[serde(default)]
    pub retry_at: Option<String>,
    /// A status, or why there was none.
    #[serde(default)]
    pub last_result: Option<String>,
}

/// One leaf of the audit trail.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TrailItem {
    /// Its place in the log.
    pub leaf: String,
    /// The intent, or the event.
    pub intent_id: String,
    /// When it was recorded.
    pub at: String,
    /// Kind of intent or event.
    pub kind: String,
    /// Whether nobody signed it.
    pub event: bool,
    /// `accepted` or `refused`.
    pub outcome: String,
    /// `ok`, or why it was refused.
    #[serde(default)]
    pub code: Option<String>,
    /// Who signed.
    #[serde(default)]
    pub user_id: Option<String>,
    /// In which role.
    #[serde(default)]
    pub role: Option<String>,
    /// Under which certificate.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// A page of the audit trail, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TrailPage {
    /// The leaves.
    pub items: Vec<TrailItem>,
    /// Where the next page starts; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// What a payment file says, and what would be signed of it today.
#[derive(Clone, Debug, Deserialize)]
pub struct FilePreview {
    /// Its own id.
    pub message_id: String,
    /// Its form: `pain.001.001.09`, or `csv`.
    pub message_name: String,
    /// SHA3-256 of its bytes.
    pub file: String,
    /// In the file's order.
    pub items: Vec<FileItemView>,
    /// What would be paid, per asset.
    pub totals: Vec<FileTotalView>,
}

/// One item of a payment file.
#[derive(Clone, Debug, Deserialize)]
pub struct FileItemView {
    /// Where it stands.
    pub line: u64,
    /// What travels to the payee.
    pub end_to_end_id: String,
    /// The payer's account as the file names it.
    pub debtor: String,
    /// The payee's.
    pub creditor: String,
    /// The payee's name.
    pub creditor_name: Option<String>,
    /// As the file writes it.
    pub amount: String,
    /// Of what.
    pub asset: String,
    /// Id of the account that would be debited.
    pub debit: Option<String>,
    /// Id of the account that would be credited.
    pub credit: Option<String>,
    /// Why it cannot be paid, in the codes of ISO 20022.
    pub reason: Option<String>,
    /// The same for people.
    pub text: Option<String>,
}

/// What would be paid of a file in one asset.
#[derive(Clone, Debug, Deserialize)]
pub struct FileTotalView {
    /// Which.
    pub asset: String,
    /// How many items.
    pub items: u64,
    /// Their sum in minor units.
    pub amount: String,
}
