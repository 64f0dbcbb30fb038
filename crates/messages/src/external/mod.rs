//! Statements of other banks, to be held against the ledger.
//!
//! [`camt053::read`] and [`csv::read`] give the booked entries as they stand there. A statement need not add up to be read:
//! published ones hold entries that are not in their closing balance yet. [`ExternalStatement::adds_up`] says whether it does.

pub mod camt053;
pub mod csv;

use money::AssetCode;
use time::Date;

use crate::account::Account;
use crate::error::{FileError, Place};
use crate::limits::Limits;

/// What another bank says about one account.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalStatement {
    /// The statement's id; empty for a table.
    pub id: String,
    /// The account.
    pub account: Account,
    /// Balance before, in minor units.
    pub opening: Option<i64>,
    /// Balance after.
    pub closing: Option<i64>,
    /// Booked entries, in the file's order.
    pub entries: Vec<ExternalEntry>,
    /// How many entries were left out because they are not booked (`Sts` other than `BOOK`).
    pub not_booked: usize,
}

/// One booked entry.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalEntry {
    /// Where it stands.
    pub place: Place,
    /// When it was booked; the value date where the file has only that.
    pub booking_date: Date,
    /// From when it bears interest.
    pub value_date: Option<Date>,
    /// In minor units; below zero is a debit.
    pub amount: i64,
    /// Of what.
    pub currency: AssetCode,
    /// Every reference that is given, in the file's order, none twice.
    pub references: Vec<String>,
    /// The other side's name, where there is one other side.
    pub counterparty: Option<String>,
    /// The other side's account.
    pub counterparty_account: Option<String>,
    /// What it was for.
    pub text: Option<String>,
}

/// Reads a file of either form: what begins with `<` is XML, the rest a table.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<ExternalStatement>, FileError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'<') {
        camt053::read(bytes, limits)
    } else {
        csv::read(bytes, limits).map(|statement| vec![statement])
    }
}

impl ExternalStatement {
    /// Whether opening balance and entries come to the closing balance; `None` where a balance is not given.
    #[must_use]
    pub fn adds_up(&self) -> Option<bool> {
        let sum: i128 = self.entries.iter().map(|entry| i128::from(entry.amount)).sum();
        let found = i128::from(self.opening?).checked_add(sum);
        Some(found == Some(i128::from(self.closing?)))
    }
}
