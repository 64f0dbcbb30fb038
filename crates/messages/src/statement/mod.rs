//! Account statements: what a customer gets to see, keep and verify.
//!
//! A statement is pushed entry by entry into a [`StatementWriter`], which never holds more than an entry and, in a PDF, the
//! page that is being filled: a statement of any length costs the same memory. Between two pushes a caller that serves it
//! takes what has been written out of [`StatementWriter::buffer`].
//!
//! # Invariants
//!
//! - Opening balance and movements come to the closing balance, or [`StatementWriter::finish`] refuses; the closing balance is
//!   written last, or stands in the head of what cannot be finished (camt.053 puts balances first).
//! - Amounts are written with the decimals of the asset and a point, for machines; in the PDF with thousands grouped.
//! - No text of a customer becomes markup, a formula or another cell.
//!
//! Every form names its digest, and the log's checkpoint as of which it was made; the JSON form carries the bank's signature
//! over both, by which [`seal::read`] and a verifier of checkpoints tell whether it is what the bank stated.

mod camt053;
mod json;
mod pdf;
mod pdf_font;
pub mod seal;
mod table;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::AccountNumber;
use money::Asset;
use thiserror::Error;
use time::{Date, OffsetDateTime};

/// In which form a statement is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// A table for a spreadsheet.
    Csv,
    /// ISO 20022 camt.053.001.08.
    Camt053,
    /// Pages for people, A4.
    Pdf,
}

impl Format {
    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Camt053 => "application/xml",
            Self::Pdf => "application/pdf",
        }
    }

    /// What a file name ends in.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Camt053 => "xml",
            Self::Pdf => "pdf",
        }
    }
}

/// What stands above the entries.
#[derive(Clone, Debug)]
pub struct Head {
    /// The statement's own id, at most 35 characters.
    pub id: String,
    /// Its number in the account's year, if statements are numbered.
    pub number: Option<u64>,
    /// Who states.
    pub bank_name: String,
    /// The account.
    pub account: AccountNumber,
    /// Whose it is.
    pub holder: String,
    /// What it holds.
    pub asset: Asset,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// When the statement was made.
    pub created_at: OffsetDateTime,
    /// Balance before the first entry, in minor units; below zero is owed.
    pub opening: i64,
    /// Balance after the last entry.
    pub closing: i64,
    /// Under what it verifies.
    pub receipt: LogReceipt,
}

/// The log as of which a statement was made.
#[derive(Clone, Debug)]
pub struct LogReceipt {
    /// The log's origin, as its checkpoints name it.
    pub log: String,
    /// How many leaves its checkpoint covers: every entry's leaf is one of them.
    pub checkpoint_size: u64,
    /// The Merkle root of these.
    pub root_hash: [u8; 32],
}

impl LogReceipt {
    /// The root hash as a checkpoint writes it.
    #[must_use]
    pub fn root_text(&self) -> String {
        STANDARD.encode(self.root_hash)
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Line {
    /// The entry's number on this account.
    pub reference: String,
    /// The transfer's id; written without hyphens where a field has 35 characters.
    pub transfer_id: String,
    /// What the debtor gave the payment, where they did.
    pub end_to_end_id: Option<String>,
    /// The intent, or the bank's own fact, that made the transfer.
    pub intent_id: Option<String>,
    /// The leaf that holds the transfer.
    pub leaf_index: Option<u64>,
    /// The business date on which it was posted.
    pub booking_date: Date,
    /// The date from which it bears interest.
    pub value_date: Date,
    /// In minor units; below zero is a debit.
    pub amount: i64,
    /// The other side's name.
    pub counterparty: Option<String>,
    /// The other side's account.
    pub counterparty_account: Option<String>,
    /// What the payment is for.
    pub text: Option<String>,
    /// Whether it takes an earlier entry back.
    pub reversal: bool,
}

/// Why a statement could not be written. What was written before is not a statement: it has no end.
#[derive(Debug, Error)]
pub enum StatementError {
    /// Opening balance and movements come to something else.
    #[error("the entries come to {found} minor units, the closing balance is {closing}")]
    DoesNotAddUp {
        /// What the head promised.
        closing: i64,
        /// What the entries make of the opening balance.
        found: i64,
    },
    /// A balance beyond what a ledger holds.
    #[error("the balance leaves the range of a ledger")]
    Overflow,
    /// camt.053 knows ISO 4217 currencies only.
    #[error("{0} is not a currency of ISO 4217")]
    NotACurrency(String),
    /// The font that ships with this crate could not be used.
    #[error("the font: {0}")]
    Font(&'static str),
    /// The writer failed.
    #[error("writing the statement")]
    Io(#[from] io::Error),
}

/// A statement that is being written.
pub struct StatementWriter<W: Write> {
    head: Head,
    balance: i64,
    entries: u64,
    digest: seal::Digest,
    form: Form<W>,
}

enum Form<W: Write> {
    Json(json::Json<W>),
    Csv(table::Csv<W>),
    Camt053(camt053::Camt053<W>),
    Pdf(Box<pdf::Pdf<W>>),
}

impl<W: Write> StatementWriter<W> {
    /// Writes what stands above the entries.
    pub fn start(format: Format, head: Head, out: W) -> Result<Self, StatementError> {
        let digest = seal::Digest::start(&head)?;
        let form = match format {
            Format::Json => Form::Json(json::Json::start(&head, out)?),
            Format::Csv => Form::Csv(table::Csv::start(&head, out)?),
            Format::Camt053 => Form::Camt053(camt053::Camt053::start(&head, out)?),
            Format::Pdf => Form::Pdf(Box::new(pdf::Pdf::start(&head, out)?)),
        };
        Ok(Self { balance: head.opening, entries: 0, digest, head, form })
    }

    /// Writes one entry, with the balance after it.
    pub fn push(&mut self, line: &Line) -> Result<(), StatementError> {
        self.balance = self.balance.checked_add(line.amount).ok_or(StatementError::Overflow)?;
        self.entries = self.entries.saturating_add(1);
        let (head, balance) = (&self.head, self.balance);
        let entry = seal::Entry::new(head, line, balance);
        self.digest.push(&entry)?;
        match &mut self.form {
            Form::Json(form) => form.push(&entry),
            Form::Csv(form) => form.push(head, line, balance),
            Form::Camt053(form) => form.push(head, line),
            Form::Pdf(form) => form.push(head, line, balance),
        }
    }

    /// The writer, to take from it what has been written so far.
    pub fn buffer(&mut self) -> &mut W {
        match &mut self.form {
            Form::Json(form) => form.buffer(),
            Form::Csv(form) => form.buffer(),
            Form::Camt053(form) => form.buffer(),
            Form::Pdf(form) => form.buffer(),
        }
    }

    /// Writes what stands below the entries, and gives the writer back. `sign` gives the bank's signature over the seal, for
    /// the form that carries it; without one a statement is the word of whoever shows it.
    pub fn finish(self, sign: impl FnOnce(&str) -> Option<Vec<u8>>) -> Result<W, StatementError> {
        let Self { head, balance, entries, digest, form } = self;
        if balance != head.closing {
            return Err(StatementError::DoesNotAddUp { closing: head.closing, found: balance });
        }
        let closing = crate::decimal::plain_signed(head.closing, head.asset.scale());
        let digest = digest.finish(&closing, entries)?;
        match form {
            Form::Json(form) => {
                let signature = sign(&seal::text_of(&head, &digest));
                form.finish(&head, entries, &digest, signature.as_deref())
            }
            Form::Csv(form) => form.finish(&head, &digest),
            Form::Camt053(form) => form.finish(&digest),
            Form::Pdf(form) => form.finish(&head, &digest),
        }
    }
}

/// Writes a whole statement, unsigned, from an iterator that cannot fail.
pub fn write<W: Write>(
    format: Format,
    head: Head,
    lines: impl IntoIterator<Item = Line>,
    out: W,
) -> Result<W, StatementError> {
    let mut writer = StatementWriter::start(format, head, out)?;
    for line in lines {
        writer.push(&line)?;
    }
    writer.finish(|_| None)
}

/// A text that no spreadsheet runs as a formula: an apostrophe in front where it would.
#[must_use]
pub fn spreadsheet_safe(text: &str) -> String {
    table::guarded(text)
}

/// An id with 32 digits instead of 36 characters, for fields that hold 35.
fn compact_id(id: &str) -> String {
    id.chars().filter(|c| *c != '-').collect()
}
