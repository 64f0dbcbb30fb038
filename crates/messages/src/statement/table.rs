//! A statement as a table, whose first column says what a row is: `opening`, `entry`, `closing` or `receipt`.
//!
//! # Security
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end as a formula. Texts that do so, behind
//! spaces too, get an apostrophe in front. Amounts are not texts: a minus and digits is what they are to be.

use std::io::Write;

use crypto::Sha2;
use csv::Writer;

use super::{Head, Line, StatementError};
use crate::dates::date;
use crate::decimal::plain_signed;

const COLUMNS: [&str; 13] = [
    "row",
    "booking_date",
    "value_date",
    "amount",
    "balance",
    "currency",
    "reference",
    "transfer",
    "end_to_end_id",
    "counterparty",
    "counterparty_account",
    "text",
    "leaf_index",
];

pub(super) struct Csv<W: Write> {
    out: W,
}

impl<W: Write> Csv<W> {
    pub(super) fn start(head: &Head, out: W) -> Result<Self, StatementError> {
        let mut form = Self { out };
        form.row(COLUMNS.map(str::to_owned))?;
        let account = format!("{} {}", head.account, head.holder);
        form.balance_row("opening", date(head.from), head, head.opening, &account)?;
        Ok(form)
    }

    pub(super) fn push(
        &mut self,
        head: &Head,
        line: &Line,
        balance: i64,
    ) -> Result<(), StatementError> {
        let scale = head.asset.scale();
        let text = |text: &Option<String>| text.as_deref().map(guarded).unwrap_or_default();
        self.row([
            "entry".to_owned(),
            date(line.booking_date),
            date(line.value_date),
            plain_signed(line.amount, scale),
            plain_signed(balance, scale),
            head.asset.code().to_string(),
            guarded(&line.reference),
            guarded(&line.transfer_id),
            text(&line.end_to_end_id),
            text(&line.counterparty),
            text(&line.counterparty_account),
            text(&line.text),
            line.leaf_index.map(|index| index.to_string()).unwrap_or_default(),
        ])
    }

    pub(super) fn finish(mut self, head: &Head, digest: &Sha2) -> Result<W, StatementError> {
        let statement = format!("statement {} of {}", head.id, head.bank_name);
        self.balance_row("closing", date(head.to), head, head.closing, &statement)?;
        let receipt = &head.receipt;
        let mut row: [String; 13] = Default::default();
        let [kind, .., text, _] = &mut row;
        "receipt".clone_into(kind);
        *text = guarded(&format!(
            "digest {digest} log {} checkpoint {} root {}",
            receipt.log,
            receipt.checkpoint_size,
            receipt.root_text()
        ));
        self.row(row)?;
        self.out.flush()?;
        Ok(self.out)
    }

    pub(super) fn buffer(&mut self) -> &mut W {
        &mut self.out
    }

    fn balance_row(
        &mut self,
        name: &str,
        day: String,
        head: &Head,
        balance: i64,
        about: &str,
    ) -> Result<(), StatementError> {
        let mut row: [String; 13] = Default::default();
        let [kind, date, _, _, amount, currency, .., text, _] = &mut row;
        name.clone_into(kind);
        *date = day;
        *amount = plain_signed(balance, head.asset.scale());
        *currency = head.asset.code().to_string();
        *text = guarded(about);
        self.row(row)
    }

    fn row(&mut self, cells: [String; 13]) -> Result<(), StatementError> {
        // A table of one row: nothing stays behind in a buffer that the caller does not see.
        let mut row = Writer::from_writer(Vec::new());
        row.write_record(cells).map_err(|error| StatementError::Io(error.into()))?;
        let row = row.into_inner().map_err(|error| StatementError::Io(error.into_error()))?;
        self.out.write_all(&row)?;
        Ok(())
    }
}

/// A text that no spreadsheet runs.
pub(crate) fn guarded(text: &str) -> String {
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n');
    // Full-width signs count as their narrow twins in some spreadsheets.
    let wide = |c: char| matches!(c, '＝' | '＋' | '－' | '＠');
    let dangerous = |c: char| formula(c) || wide(c);
    let behind_spaces = text.trim_start_matches(' ');
    if behind_spaces.starts_with(dangerous) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_made_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "Bob", "a=b", "1-2", "'quoted"] {
            assert_eq!(guarded(text), text);
        }
    }
}
