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
//! Every form names the leaf, the checkpoint and the root hash under which the bank's log holds the statement's record.

mod camt053;
mod json;
mod pdf;
mod pdf_font;
mod table;

use std::io::{self, Write};

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

/// Where the bank's log holds the record of a statement.
#[derive(Clone, Debug)]
pub struct LogReceipt {
    /// The log's origin, as its checkpoints name it.
    pub log: String,
    /// The leaf, counted from 0.
    pub leaf_index: u64,
    /// How many leaves the checkpoint covers.
    pub checkpoint_size: u64,
    /// The Merkle root of these.
    pub root_hash: [u8; 32],
}

/// One entry.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The entry's number on this account.
    pub reference: String,
    /// The transfer's id; written without hyphens where a field has 35 characters.
    pub transfer_id: String,
    /// What the debtor gave the payment, where they did.
    pub end_to_end_id: Option<String>,
    /// The leaf that holds the transfer.
    pub leaf_index: Option<u64>,
    /// When and for when; both are dates of the bank's business calendar.
    pub dates: Option<LineDates>,
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
