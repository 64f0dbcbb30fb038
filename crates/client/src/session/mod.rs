//! A session: signed requests and signed intents, from as many tasks as you like.

mod channel;
mod events;
mod tokens;
mod visit;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crypto::{Sha3, open_sealed, random_secret, sha3_256, sha256};
use intent::{
    Body, DeviceId, Form, Intent, Kind, OrderTerms, Pairing, Receipt, RevocationReason, Role,
    SignedIntent, UserId,
};
use ledger::{AccountId, AccountNumber, Freeze};
use money::{Amount, AssetCode};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use time::Date;
use uuid::Uuid;

pub use channel::Channel;
pub use events::{BankEvent, Events};
pub use tokens::Standing;
pub(crate) use tokens::Tokens;
pub use visit::{AuthenticatorSetup, SecondFactor, TrustedDevice, VerifiedFactor, Visit};

use crate::bank::{from_body, from_rest, to_body};
use crate::wire::{FilePreview, Page, Resolved};
use crate::{
    ApprovalView, AuthorityView, Bank, BatchLine, ClientError, DeviceView, FileToPay, HistoryPage,
    HoldView, Identity, InvitationView, KeyInfo, KeyStatus, PolicyPage, RecoveryView, Registration,
    RequestSigner, RoleView, TrailPage, WebhookView, Wish, form, routes,
};

/// The same signed bytes are sent at most this often; the intent id makes it harmless.
const SUBMIT_ATTEMPTS_MAX: u32 = 4;
/// A bank that asks for a longer pause is left to the caller.
const RETRY_AFTER_S_MAX: u64 = 5;
const BUNDLE_PURPOSE: &str = "certificate-bundle";
/// Length of a registration token, in bytes.
const TOKEN_LEN: usize = 32;
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// An open session of one identity. Share it by [`Arc`] or reference: every method takes `&self`.
pub struct Session {
    channel: Channel,
    identity: Arc<Identity>,
}

impl Deref for Session {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.channel
    }
}

/// An intent that took effect.
pub struct Settled {
    /// The receipt, complete and verified.
    pub receipt: Receipt,
    /// What was sent.
    pub signed: SignedIntent,
    /// What a feature answers beside the receipt.
    pub extra: Map<String, Value>,
}

/// Which part of the history.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HistoryQuery {
    /// Of one account only.
    pub account: Option<AccountId>,
    /// At most this many.
    pub limit: Option<u32>,
    /// From [`HistoryPage::next`].
    pub cursor: Option<String>,
    /// By value date instead of the day of posting.
    pub by_value: bool,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Option<Date>,
}

impl Session {
    pub(crate) fn new(
        bank: Bank,
        identity: Arc<Identity>,
        signer: RequestSigner,
        tokens: Tokens,
    ) -> Self {
        Self { channel: Channel::new(bank, signer, tokens), identity }
    }

    /// Takes up a session that an earlier process laid down.
    #[must_use]
    pub fn resume(bank: Bank, identity: Arc<Identity>, standing: Standing) -> Self {
        Self { channel: Channel::resume(bank, standing), identity }
    }

    /// Who is logged in.
    #[must_use]
    pub const fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Has the bank give this session a new key, after a fresh proof of identity; the old one is worth nothing then.
    pub async fn replace_key(&mut self) -> Result<(), ClientError> {
        self.channel.replace_key(Some(self.identity.device().key())).await
    }

    /// Moves money from one account to another.
    pub async fn transfer(
        &self,
        from: AccountId,
        to: AccountId,
        amount: Amount,
        memo: Option<&str>,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::transfer(from, to, amount, memo)?).await
    }

    /// Pays many from one account under one signature; `atomic`: all or nothing.
    pub async fn batch(
        &self,
        from: AccountId,
        lines: &[BatchLine],
        atomic: bool,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::batch(from, lines, atomic)?).await
    }

    /// Opens an account: a customer their own, staff a customer's.
    pub async fn open_account(
        &self,
        owner: UserId,
        asset: AssetCode,
    ) -> Result<(AccountId, Settled), ClientError> {
        let account = AccountId::new(Uuid::now_v7());
        Ok((account, self.submit(Wish::open_account(account, owner, asset)).await?))
    }

    /// Credits an account with the bank's own money.
    pub async fn fund(&self, account: AccountId, amount: Amount) -> Result<Settled, ClientError> {
        self.submit(Wish::fund(account, amount)).await
    }

    /// Sets what is stopped on an account from now on.
    pub async fn freeze(
        &self,
        account: AccountId,
        freeze: Freeze,
        reason: &str,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::freeze(account, freeze, reason.to_owned())).await
    }

    /// Locks a person out, or lets them in again.
    pub async fn lock(
        &self,
        user: UserId,
        locked: bool,
        reason: &str,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::lock(user, locked, reason.to_owned())).await
    }

    /// Payments that wait for a person, or have this status; a customer sees their own.
    pub async fn approvals(&self, status: &str) -> Result<Vec<ApprovalView>, ClientError> {
        self.every(&format!("{}?status={status}&limit=200", routes::APPROVALS)).await
    }

    /// Open holds from or for the caller's accounts.
    pub async fn holds(&self) -> Result<Vec<HoldView>, ClientError> {
        self.every(&format!("{}?limit=200", routes::HOLDS)).await
    }

    /// Every item of a list, page by page; `path` has a query.
    async fn every<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ClientError> {
        let mut page: Page<T> = self.get(path).await?;
        let mut items = page.items;
        while let Some(next) = page.next {
            page = self.get(&format!("{path}&cursor={next}")).await?;
            items.append(&mut page.items);
        }
        Ok(items)
    }

    /// Policies in force, and proposals.
    pub async fn policies(&self) -> Result<PolicyPage, ClientError> {
        self.get(routes::POLICIES).await
    }

    /// The caller's devices, newest first.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, ClientError> {
        let page: Page<DeviceView> = self.get(routes::DEVICES).await?;
        Ok(page.items)
    }

    /// Names one of the caller's devices.
    pub async fn name_device(&self, device: DeviceId, name: &str) -> Result<(), ClientError> {
        let body = to_body(&json!({"device_id": device.to_string(), "name": name}))?;
        let path = format!("{}/name", routes::DEVICES);
        self.request(Method::POST, &path, body).await.map(|_| ())
    }

    /// Lets the device of a pairing enrol.
    pub async fn approve_device(&self, pairing: &Pairing) -> Result<Settled, ClientError> {
        self.submit(Wish::approve_device(pairing)).await
    }

    /// Ends a device, with its certificates and sessions.
    pub async fn revoke_device(
        &self,
        device: DeviceId,
        reason: RevocationReason,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::revoke_device(device, reason)).await
    }

    /// Invites a person. Hand the token over; staff can use it once a second person has approved.
    pub async fn invite(
        &self,
        role: Role,
        name: &str,
        email: &str,
    ) -> Result<Registration, ClientError> {
        let (user, token) = (UserId::new(Uuid::now_v7()), random_secret(TOKEN_LEN)?);
        let wish = Wish::invite(user, role, (name, email), sha3_256(token.expose()))?;
        self.submit(wish).await?;
        Ok(Registration { user, token, expires_at: String::new() })
    }

    /// Approves an invitation that somebody else made.
    pub async fn approve_invitation(&self, user: UserId) -> Result<Settled, ClientError> {
        self.submit(Wish::approve_invitation(user)).await
    }

    /// Invitations, newest first.
    pub async fn invitations(&self) -> Result<Vec<InvitationView>, ClientError> {
        let page: Page<InvitationView> = self.get("/api/admin/invitations").await?;
        Ok(page.items)
    }

    /// Issuing authorities, the newest generation first.
    pub async fn authorities(&self) -> Result<Vec<AuthorityView>, ClientError> {
        let page: Page<AuthorityView> = self.get("/api/admin/authority").await?;
        Ok(page.items)
    }

    /// Requests for a recovery that wait for a manager, newest first.
    pub async fn recoveries(&self) -> Result<Vec<RecoveryView>, ClientError> {
        let page: Page<RecoveryView> = self.get("/api/manager/recoveries").await?;
        Ok(page.items)
    }

    /// Lets a customer who lost every device enrol anew; everything that they had ends.
    pub async fn recover(
        &self,
        user: UserId,
        registration: Sha3,
        reason: &str,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::recover(user, registration, reason.to_owned())).await
    }

    /// Revokes a certificate: one's own, or as staff a customer's.
    pub async fn revoke(
        &self,
        certificate: Sha3,
        reason: RevocationReason,
    ) -> Result<Settled, ClientError> {
        self.submit(Wish::revoke(certificate, reason)).await
    }

    /// Has a successor certified in place of this session's key; log in anew with the result.
    /// The old key signs the new one, so the lineage continues.
    pub async fn rotate(&self, successor: &Identity) -> Result<Receipt, ClientError> {
        let body = Body::KeyRotate {
            csr: pki::build_csr(successor.key(), &successor.user().id.to_string())?,
            device: successor.device().id(),
            device_key_commitment: successor.device().key_commitment(),
            kem_public_key: successor.kem().public_key().as_bytes().to_vec(),
        };
        let signed = self.identity.sign(&self.bank().trust().bank, body, None)?;
        let sealed = self.bank().seal_device_key(successor, &signed)?;
        let body =
            form::body_beside(self.form(), &signed, &[("sealed_device_key", sealed.as_slice())])?;
        let (receipt, rest) = self.send_intent(routes::of(Kind::KeyRotate), &signed, body).await?;
        let receipt = self.settle(receipt, &signed)?;
        let certificates = self.bank().accept_certificates(successor, &from_rest(rest)?)?;
        successor.accept(certificates);
        Ok(receipt)
    }

    /// Signs a wish and submits it.
    pub async fn submit(&self, wish: Wish) -> Result<Settled, ClientError> {
        let Wish { body, details } = wish;
        let signed = self.identity.sign(&self.bank().trust().bank, body, details)?;
        self.submit_signed(signed).await
    }

    /// Signs what can be paid of a file today, and submits it with the file.
    ///
    /// The bank's preview says which numbers are accounts; what is signed is made of the file, and an account must have the
    /// number under which it was named.
    pub async fn pay_file(&self, file: &FileToPay) -> Result<Settled, ClientError> {
        let accounts = self.accounts_of(file).await?;
        let signed = self.identity.sign(&self.bank().trust().bank, file.body(&accounts)?, None)?;
        self.submit_signed(signed.with_file(file.sent())).await
    }

    async fn accounts_of(
        &self,
        file: &FileToPay,
    ) -> Result<BTreeMap<AccountNumber, AccountId>, ClientError> {
        let preview = self.preview_file(&file.sent().bytes).await?;
        let mut accounts = BTreeMap::new();
        for item in preview.items {
            for (number, account) in [(item.debtor, item.debit), (item.creditor, item.credit)] {
                if let (Ok(number), Some(account)) = (number.parse(), account) {
                    let account = account.parse();
                    let account = account.map_err(|_| ClientError::Answer { what: "account" })?;
                    accounts.insert(number, account);
                }
            }
        }
        Ok(accounts)
    }

    /// What the bank says that a file says, item by item. Nothing is written.
    pub async fn preview_file(&self, bytes: &[u8]) -> Result<FilePreview, ClientError> {
        let path = format!("{}/preview", routes::PAYMENT_FILES);
        from_body(&self.request(Method::POST, &path, bytes.to_vec()).await?)
    }

    /// Asks for a part of an accountability report: at most `limit` leaves, after those of an earlier part where there
    /// is a `cursor`. The report is [`Settled::extra`]'s member `report`.
    pub async fn report(
        &self,
        wish: Wish,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Settled, ClientError> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &limit.to_string());
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        let path = format!("{}?{}", routes::of(Kind::AuditReport), query.finish());
        let signed = self.identity.sign(&self.bank().trust().bank, wish.body, wish.details)?;
        self.submit_to(&path, signed).await
    }

    /// Submits an intent that is signed already: at first, or again after an unknown outcome.
    pub async fn submit_signed(&self, signed: SignedIntent) -> Result<Settled, ClientError> {
        let path = routes::of(Intent::parse(&signed.intent)?.kind());
        self.submit_to(path, signed).await
    }

    async fn submit_to(&self, path: &str, signed: SignedIntent) -> Result<Settled, ClientError> {
        let body = signed.to_bytes(self.form());
        let (receipt, extra) = self.send_intent(path, &signed, body).await?;
        let receipt = self.settle(receipt, &signed)?;
        Ok(Settled { receipt, signed, extra })
    }

    /// The account that a number names.
    pub async fn resolve(&self, number: AccountNumber) -> Result<AccountId, ClientError> {
        let found: Resolved = self.get(&format!("{}/resolve/{number}", routes::ACCOUNTS)).await?;
        found.id.parse().map_err(|_| ClientError::Answer { what: "id" })
    }

    /// A page of what moved on the caller's accounts, newest first.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, ClientError> {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if let Some(account) = query.account {
            pairs.append_pair("account", &account.to_string());
        }
        if let Some(limit) = query.limit {
            pairs.append_pair("limit", &limit.to_string());
        }
        if let Some(cursor) = &query.cursor {
            pairs.append_pair("cursor", cursor);
        }
        if query.by_value {
            pairs.append_pair("by", "value");
        }
        for (name, day) in [("from", query.from), ("to", query.to)] {
            if let Some(day) = day {
                pairs.append_pair(name, &OrderTerms::day_text(day));
            }
        }
        let query = pairs.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        self.get(&format!("{}{separator}{query}", routes::HISTORY)).await
    }

    /// Every certificate a user ever held, newest first.
    pub async fn keys(&self, user: UserId) -> Result<Vec<KeyInfo>, ClientError> {
        let path = format!("/api/quantum/keys/{user}/history");
        let mut answer: Map<String, Value> = self.get(&path).await?;
        let items = answer.remove("items").ok_or(ClientError::Answer { what: "items" })?;
        serde_json::from_value(items).map_err(|_| ClientError::Answer { what: "items" })
    }

    /// A user's newest key, and when it is to be replaced.
    pub async fn key_status(&self, user: UserId) -> Result<KeyStatus, ClientError> {
        self.get(&format!("/api/quantum/keys/{user}/info")).await
    }

    /// The built-in roles, and the custom ones that the caller holds or may see.
    pub async fn roles(&self) -> Result<Vec<RoleView>, ClientError> {
        let page: Page<RoleView> = self.get(routes::ROLES).await?;
        Ok(page.items)
    }

    /// Every custom role with those who hold it, for the administrator.
    pub async fn roles_with_holders(&self) -> Result<Vec<RoleView>, ClientError> {
        let page: Page<RoleView> = self.get(routes::ROLES_WITH_HOLDERS).await?;
        Ok(page.items)
    }

    /// Where the bank tells what happens, and how that stands.
    pub async fn webhooks(&self) -> Result<Vec<WebhookView>, ClientError> {
        let page: Page<WebhookView> = self.get(routes::WEBHOOKS).await?;
        Ok(page.items)
    }

    /// Has an endpoint be told again what came after a leaf, or go on where it stands.
    pub async fn replay_webhook(
        &self,
        webhook: Uuid,
        after: Option<u64>,
    ) -> Result<(), ClientError> {
        let body = match after {
            Some(leaf) => json!({"after": leaf.to_string()}),
            None => json!({}),
        };
        let path = format!("{}/{webhook}/replay", routes::WEBHOOKS);
        self.request(Method::POST, &path, to_body(&body)?).await.map(drop)
    }

    /// A page of the audit trail, newest first; `query` are the pairs that the route takes.
    pub async fn trail(&self, query: &[(&str, String)]) -> Result<TrailPage, ClientError> {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(query);
        self.get(&format!("{}?{}", routes::TRAIL, pairs.finish())).await
    }

    /// This holder's certificate with its path and the revocation list: delivered sealed to the KEM key of this device,
    /// opened here.
    pub async fn download_certificate(&self) -> Result<Map<String, Value>, ClientError> {
        let user = self.identity.user().id;
        let answer: Map<String, Value> =
            self.get(&format!("/api/auth/download-certificate/{user}")).await?;
        let sealed = answer.get("sealed").and_then(Value::as_str);
        let sealed = sealed.ok_or(ClientError::Answer { what: "sealed" })?;
        let sealed = crate::base64url::decode(sealed, "sealed")?;
        let transcript = sha256(self.identity.certificate_hash()?.as_bytes());
        let opened =
            open_sealed(self.identity.kem(), BUNDLE_PURPOSE, transcript.as_bytes(), &sealed)?;
        from_body(opened.expose())
    }

    /// What the bank says about this session.
    pub async fn verify(&self) -> Result<Value, ClientError> {
        self.get(routes::VERIFY_SESSION).await
    }

    /// Proves again, by key and device, that its holder holds this session.
    pub async fn reverify(&self) -> Result<(), ClientError> {
        let answer: Value = self.post(routes::RECHALLENGE, &json!({})).await?;
        let text = answer.pointer("/challenge/nonce").and_then(Value::as_str);
        let nonce = text.ok_or(ClientError::Answer { what: "challenge" })?;
        let kem = crypto::KemSecretKey::generate(self.bank().suite())?;
        let body = Body::SessionLogin {
            challenge: crate::bank::nonce(nonce)?,
            origin: self.bank().trust().origin.clone(),
            kem_public_key: kem.public_key().as_bytes().to_vec(),
        };
        let signed = self.identity.sign(&self.bank().trust().bank, body, None)?;
        let device_proof = self.identity.device().proof(&signed.intent);
        let beside: [(&str, &[u8]); 1] = [("device_proof", &device_proof)];
        let body = form::body_beside(self.form(), &signed, &beside)?;
        self.request_in(self.form(), Method::POST, routes::REVERIFY, body).await.map(drop)
    }

    fn form(&self) -> Form {
        self.bank().transport().form()
    }

    /// Sends an intent, again where the outcome is unknown or the bank was busy, and turns a
    /// recorded refusal into its verified receipt.
    async fn send_intent(
        &self,
        path: &str,
        signed: &SignedIntent,
        body: Vec<u8>,
    ) -> Result<(Receipt, Map<String, Value>), ClientError> {
        let mut attempt: u32 = 1;
        loop {
            let sent = self.request_in(self.form(), Method::POST, path, body.clone());
            let error = match sent.await {
                Ok(bytes) => return form::read_answer(self.form(), &bytes),
                Err(error) => error,
            };
            let pause = if attempt < SUBMIT_ATTEMPTS_MAX { pause(&error, attempt) } else { None };
            let Some(pause) = pause else { return Err(self.with_receipt(error, signed)) };
            tokio::time::sleep(pause).await;
            attempt = attempt.saturating_add(1);
        }
    }

    fn with_receipt(&self, error: ClientError, signed: &SignedIntent) -> ClientError {
        let ClientError::Problem(mut problem) = error else { return error };
        let Some(receipt) = problem.receipt.take() else { return ClientError::Problem(problem) };
        match form::receipt_of(&receipt).and_then(|receipt| self.settle(receipt, signed)) {
            Ok(receipt) => ClientError::Refused { problem, receipt: Box::new(receipt) },
            Err(error) => error,
        }
    }

    fn settle(&self, receipt: Receipt, signed: &SignedIntent) -> Result<Receipt, ClientError> {
        let mut receipt = self.bank().settle(receipt, signed, &[])?;
        if let Some(certificates) = self.identity.certificates() {
            certificates.complete(&mut receipt);
        }
        Ok(receipt)
    }
}

/// How long to wait before the same bytes may be sent again; `None` where that would not help.
fn pause(error: &ClientError, attempt: u32) -> Option<Duration> {
    match error {
        ClientError::Unreachable { .. } => Some(RETRY_PAUSE.saturating_mul(attempt)),
        ClientError::Problem(problem) if matches!(problem.status, 429 | 503 | 504) => {
            match problem.retry_after_s {
                Some(pause_s) if pause_s > RETRY_AFTER_S_MAX => None,
                Some(pause_s) => Some(Duration::from_secs(pause_s)),
                None => Some(RETRY_PAUSE.saturating_mul(attempt)),
            }
        }
        _ => None,
    }
}
