//! Other banks' statements as a table: `booking_date`, `amount` and `currency`, and where there are any `value_date`,
//! `reference`, `end_to_end_id`, `counterparty`, `counterparty_account` and `text`.
//!
//! A debit has a minus. Delimiters, quotes, dates and amounts are read as in [`crate::payment::csv`].

use money::Asset;

use super::{ExternalEntry, ExternalStatement};
use crate::account::Account;
use crate::dates::read_date;
use crate::error::FileError;
use crate::limits::Limits;
use crate::payment::{MAX_ID, MAX_TEXT};
use crate::table::{Notation, Table};

const COLUMNS: &[&str] = &[
    "booking_date",
    "value_date",
    "amount",
    "currency",
    "reference",
    "end_to_end_id",
    "counterparty",
    "counterparty_account",
    "text",
];
const REQUIRED: &[&str] = &["booking_date", "amount", "currency"];
const MAX_LONG_TEXT: usize = 500;

/// Reads a table.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<ExternalStatement, FileError> {
    const DATE: &str = "a date such as 2026-03-31";
    let mut table = Table::open(bytes, COLUMNS, REQUIRED, limits)?;
    let mut notation = Notation::default();
    let mut entries = Vec::new();
    while let Some(row) = table.next_row()? {
        let asset = row.parsed("currency", "a currency that this bank knows", |text| {
            text.parse().ok().and_then(Asset::iso)
        })?;
        let value_date = match row.optional("value_date", MAX_ID)? {
            Some(_) => Some(row.parsed("value_date", DATE, read_date)?),
            None => None,
        };
        let mut references = Vec::new();
        for column in ["reference", "end_to_end_id"] {
            references
                .extend(row.optional(column, MAX_ID)?.filter(|text| !references.contains(text)));
        }
        entries.push(ExternalEntry {
            place: row.place(""),
            booking_date: row.parsed("booking_date", DATE, read_date)?,
            value_date,
            amount: row.signed_amount("amount", asset, &mut notation)?,
            currency: asset.code(),
            references,
            counterparty: row.optional("counterparty", MAX_TEXT)?,
            counterparty_account: row.optional("counterparty_account", MAX_ID)?,
            text: row.optional("text", MAX_LONG_TEXT)?,
        });
    }
    Ok(ExternalStatement {
        id: String::new(),
        account: Account::Absent,
        opening: None,
        closing: None,
        entries,
        not_booked: 0,
    })
}
