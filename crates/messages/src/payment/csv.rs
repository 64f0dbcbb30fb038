//! Payment files as a table, which people make with a spreadsheet.
//!
//! The first row names the columns, in any order, separated by `;`, by `,` or by tabs:
//!
//! ```text
//! debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text;reference
//! SR59944312823354295236;2026-03-31;SR38708483039359921434;Bob;1.234,56;EUR;invoice-7;thank you;
//! ```
//!
//! `text`, `reference` and `instruction_id` may be left out. An unknown column is refused: it might matter. Dates are ISO
//! dates. Amounts are understood in either notation, one per file; `1,234` and `1.234` are refused, because they mean
//! different things to different people. Rows of one debtor, day and currency become one payment. A table has no message id:
//! the caller gives one, such as the file's digest. The quotes are RFC 4180's.

use std::collections::HashMap;

use super::{Item, MAX_ID, MAX_TEXT, Manner, Payment, PaymentFile, UncheckedFile, currency, order};
use crate::account::Account;
use crate::dates::read_date;
use crate::decimal::{canonical, plain};
use crate::error::{FileError, Problem};
use crate::limits::Limits;
use crate::table::{Notation, Row, Table};

const COLUMNS: &[&str] = &[
    "debtor_account",
    "execution_date",
    "creditor_account",
    "creditor_name",
    "amount",
    "currency",
    "end_to_end_id",
    "instruction_id",
    "text",
    "reference",
];
const REQUIRED: &[&str] = &[
    "debtor_account",
    "execution_date",
    "creditor_account",
    "creditor_name",
    "amount",
    "currency",
    "end_to_end_id",
];

/// Reads a table. It is refused whole, with line and column, for whatever is not as described above.
pub fn read(bytes: &[u8], message_id: &str, limits: &Limits) -> Result<UncheckedFile, FileError> {
    let mut table = Table::open(bytes, COLUMNS, REQUIRED, limits)?;
    let mut payments: Vec<Payment> = Vec::new();
    let mut groups = HashMap::new();
    let mut notation = Notation::default();
    while let Some(row) = table.next_row()? {
        let debtor_text = row.required("debtor_account", MAX_ID)?;
        let date = row.parsed("execution_date", "a date such as 2026-03-31", read_date)?;
        let debtor = Account::read(debtor_text);
        let item = read_item(&row, &debtor, &mut notation)?;
        let key = (debtor.clone(), date, item.written.1);
        let index = *groups.entry(key).or_insert(payments.len());
        if index == payments.len() {
            payments.push(Payment {
                payment_info_id: payments.len().saturating_add(1).to_string(),
                debtor,
                execution_date: date,
                batch_booking: None,
                place: row.place(""),
                items: Vec::new(),
            });
        }
        if let Some(payment) = payments.get_mut(index) {
            payment.items.push(item);
        }
    }
    if payments.is_empty() {
        return Err(FileError::new(1, "", Problem::NoItems));
    }
    let message_id: String = message_id.chars().take(MAX_ID).collect();
    let file = PaymentFile { message_id, message_name: "csv".to_owned(), version: None, payments };
    Ok(UncheckedFile::new(file, None))
}

fn read_item(row: &Row<'_>, debtor: &Account, notation: &mut Notation) -> Result<Item, FileError> {
    // Without its decimals an amount cannot be read.
    let (code, asset) = row.parsed("currency", "a currency that this bank knows", |text| {
        let (code, asset) = currency(text)?;
        Some((code, asset?))
    })?;
    let amount = row.amount("amount", asset, notation)?;
    let decimal = plain(amount.minor().unsigned_abs(), asset.scale());
    let creditor = Account::read(row.required("creditor_account", MAX_ID)?);
    Ok(Item {
        end_to_end_id: row.required("end_to_end_id", MAX_ID)?.to_owned(),
        instruction_id: row.optional("instruction_id", MAX_ID)?,
        creditor_name: row.optional("creditor_name", MAX_TEXT)?,
        written: (canonical(&decimal).unwrap_or(decimal), code),
        text: row.optional("text", MAX_TEXT)?,
        structured_reference: row.optional("reference", MAX_ID)?,
        place: row.place(""),
        order: order(Manner::Transfer, debtor, &creditor, Some(amount)),
        creditor,
    })
}
