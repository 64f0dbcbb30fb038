//! What a statement's signature is about, and whether a JSON statement still is what was signed.
//!
//! ```text
//! digest = SHA-256("strongroom/statement/v1" LF, head LF, entry LF ..., foot LF)    each part one JSON object
//! seal   = "strongroom/statement/v1" LF id LF created_at LF log LF checkpoint size LF root hash LF digest LF
//! ```
//!
//! The digest is of what a statement says and not of a file: the four forms of one statement have one digest, today and in
//! ten years. The seal adds which file it was and the log as of which the bank said so; it is what the bank signs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::{Sha2, Sha256Hasher};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Head, Line, StatementError};
use crate::dates::{date, date_time};
use crate::decimal::plain_signed;

const VERSION: &str = "strongroom/statement/v1";

/// What the digest says of the head.
#[derive(Serialize)]
struct DigestHead<'a> {
    bank: &'a str,
    account: &'a str,
    holder: &'a str,
    currency: &'a str,
    from: &'a str,
    to: &'a str,
    opening_balance: &'a str,
}

/// What the digest says of the end.
#[derive(Serialize)]
struct DigestFoot<'a> {
    closing_balance: &'a str,
    entry_count: u64,
}

/// One entry as JSON has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    reference: String,
    transfer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_to_end_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf_index: Option<u64>,
    booking_date: String,
    value_date: String,
    amount: String,
    balance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reversal: bool,
}

impl Entry {
    pub(super) fn new(head: &Head, line: &Line, balance: i64) -> Self {
        let scale = head.asset.scale();
        Self {
            reference: line.reference.clone(),
            transfer: line.transfer_id.clone(),
            end_to_end_id: line.end_to_end_id.clone(),
            intent: line.intent_id.clone(),
            leaf_index: line.leaf_index,
            booking_date: date(line.booking_date),
            value_date: date(line.value_date),
            amount: plain_signed(line.amount, scale),
            balance: plain_signed(balance, scale),
            counterparty: line.counterparty.clone(),
            counterparty_account: line.counterparty_account.clone(),
            text: line.text.clone(),
            reversal: line.reversal,
        }
    }
}

/// A digest that grows with its statement.
pub(super) struct Digest(Sha256Hasher);

impl Digest {
    pub(super) fn start(head: &Head) -> Result<Self, StatementError> {
        Self::of_head(&DigestHead {
            bank: &head.bank_name,
            account: &head.account.to_string(),
            holder: &head.holder,
            currency: head.asset.code().as_str(),
            from: &date(head.from),
            to: &date(head.to),
            opening_balance: &plain_signed(head.opening, head.asset.scale()),
        })
    }

    fn of_head(head: &DigestHead<'_>) -> Result<Self, StatementError> {
        let mut digest = Self(Sha256Hasher::new());
        digest.0.update(VERSION.as_bytes());
        digest.0.update(b"\n");
        digest.part(head)?;
        Ok(digest)
    }

    fn part(&mut self, part: &impl Serialize) -> Result<(), StatementError> {
        let text = to_json(part)?;
        self.0.update(text.as_bytes());
        self.0.update(b"\n");
        Ok(())
    }

    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), StatementError> {
        self.part(entry)
    }

    pub(super) fn finish(mut self, closing: &str, entries: u64) -> Result<Sha2, StatementError> {
        self.part(&DigestFoot { closing_balance: closing, entry_count: entries })?;
        Ok(self.0.finish())
    }
}

/// What the bank signs.
pub(super) fn text_of(head: &Head, digest: &Sha2) -> String {
    let (id, at, receipt) = (&head.id, date_time(head.created_at), &head.receipt);
    seal(id, &at, &receipt.log, receipt.checkpoint_size, &receipt.root_text(), digest)
}

fn seal(id: &str, at: &str, log: &str, size: u64, root: &str, digest: &Sha2) -> String {
    format!("{VERSION}\n{id}\n{at}\n{log}\n{size}\n{root}\n{digest}\n")
}

/// How a signature stands in a JSON statement.
pub(super) fn signature_text(signature: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(signature)
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, StatementError> {
    serde_json::to_string(value).map_err(|error| StatementError::Io(error.into()))
}

/// A JSON statement that adds up and is what its digest says. Whether its bank said so, the signature tells.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The statement's id.
    pub id: String,
    /// The bank's name for people.
    pub bank: String,
    /// The account's number.
    pub account: String,
    /// What it holds.
    pub currency: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// When it was made.
    pub created_at: String,
    /// Balance before the first entry.
    pub opening: String,
    /// Balance after the last.
    pub closing: String,
    /// How many entries.
    pub entries: u64,
    /// The log as of which it was made.
    pub log: String,
    /// How many leaves that log had.
    pub checkpoint_size: u64,
    /// The digest, in hex.
    pub digest: String,
    /// What is signed.
    pub seal: String,
    /// The signature over it.
    pub signature: Vec<u8>,
}

/// Why a file is not the statement that was made.
#[derive(Debug, Error)]
pub enum SealError {
    /// No JSON statement, or one with members that it should not have.
    #[error("this is not a statement in JSON: {0}")]
    NotOne(String),
    /// Its own numbers contradict one another.
    #[error("it does not add up: {0}")]
    DoesNotAddUp(String),
    /// Something in it was changed.
    #[error("its digest is not that of what it says, {found}")]
    OtherDigest {
        /// The digest of what it says.
        found: String,
    },
    /// It was never signed.
    #[error("it carries no signature")]
    Unsigned,
    /// A digest could not be made of it.
    #[error("its digest could not be made")]
    Digest(#[from] StatementError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    #[serde(default, rename = "number")]
    _number: Option<u64>,
    bank: String,
    account: String,
    holder: String,
    currency: String,
    from: String,
    to: String,
    created_at: String,
    opening_balance: String,
    entries: Vec<Entry>,
    closing_balance: String,
    entry_count: u64,
    receipt: FileReceipt,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileReceipt {
    log: String,
    checkpoint_size: u64,
    root_hash: String,
    digest: String,
    #[serde(default)]
    signature: Option<String>,
}

/// Reads a JSON statement, adds it up and makes its digest again.
pub fn read(file: &[u8]) -> Result<Sealed, SealError> {
    let file: File =
        serde_json::from_slice(file).map_err(|error| SealError::NotOne(error.to_string()))?;
    add_up(&file)?;
    let mut digest = Digest::of_head(&DigestHead {
        bank: &file.bank,
        account: &file.account,
        holder: &file.holder,
        currency: &file.currency,
        from: &file.from,
        to: &file.to,
        opening_balance: &file.opening_balance,
    })?;
    for entry in &file.entries {
        digest.push(entry)?;
    }
    let digest = digest.finish(&file.closing_balance, file.entry_count)?;
    let receipt = file.receipt;
    if receipt.digest != digest.to_string() {
        return Err(SealError::OtherDigest { found: digest.to_string() });
    }
    let signature = receipt.signature.ok_or(SealError::Unsigned)?;
    let signature =
        URL_SAFE_NO_PAD.decode(signature).map_err(|error| SealError::NotOne(error.to_string()))?;
    let (log, size) = (receipt.log, receipt.checkpoint_size);
    Ok(Sealed {
        seal: seal(&file.id, &file.created_at, &log, size, &receipt.root_hash, &digest),
        signature,
        id: file.id,
        bank: file.bank,
        account: file.account,
        currency: file.currency,
        from: file.from,
        to: file.to,
        created_at: file.created_at,
        opening: file.opening_balance,
        closing: file.closing_balance,
        entries: file.entry_count,
        log,
        checkpoint_size: size,
        digest: receipt.digest,
    })
}

/// Opening balance and every amount, one by one, come to the balance beside it and in the end to the closing balance.
fn add_up(file: &File) -> Result<(), SealError> {
    let wrong = |what: &str, text: &str| SealError::DoesNotAddUp(format!("{what} {text}"));
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let scale = decimals(&file.opening_balance);
    let minor = |what: &str, text: &str| {
        let plain: String = text.chars().filter(|c| *c != '.').collect();
        let same_scale = decimals(text) == scale;
        plain.parse::<i64>().ok().filter(|_| same_scale).ok_or_else(|| wrong(what, text))
    };
    let mut balance = minor("opening balance", &file.opening_balance)?;
    for entry in &file.entries {
        let amount = minor("amount", &entry.amount)?;
        balance = balance.checked_add(amount).ok_or_else(|| wrong("amount", &entry.amount))?;
        if balance != minor("balance", &entry.balance)? {
            return Err(wrong("the balance after entry", &entry.reference));
        }
    }
    if balance != minor("closing balance", &file.closing_balance)? {
        return Err(wrong("the entries do not come to the closing balance", &file.closing_balance));
    }
    if u64::try_from(file.entries.len()) != Ok(file.entry_count) {
        return Err(wrong("the number of entries is not", &file.entry_count.to_string()));
    }
    Ok(())
}
