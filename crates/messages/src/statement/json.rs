//! A statement as one JSON object. Amounts are strings, so that no reader rounds them.

use std::io::Write;

use crypto::Sha2;
use serde::Serialize;

use super::seal::{Entry, signature_text, to_json};
use super::{Head, StatementError};
use crate::dates::{date, date_time};
use crate::decimal::plain_signed;

pub(super) struct Json<W: Write> {
    out: W,
    first: bool,
}

#[derive(Serialize)]
struct Above<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    bank: &'a str,
    account: String,
    holder: &'a str,
    currency: &'a str,
    from: String,
    to: String,
    created_at: String,
    opening_balance: String,
}

#[derive(Serialize)]
struct Below<'a> {
    closing_balance: String,
    entry_count: u64,
    receipt: Receipt<'a>,
}

#[derive(Serialize)]
struct Receipt<'a> {
    log: &'a str,
    checkpoint_size: u64,
    root_hash: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

impl<W: Write> Json<W> {
    pub(super) fn start(head: &Head, mut out: W) -> Result<Self, StatementError> {
        let code = head.asset.code();
        let above = Above {
            id: &head.id,
            number: head.number,
            bank: &head.bank_name,
            account: head.account.to_string(),
            holder: &head.holder,
            currency: code.as_str(),
            from: date(head.from),
            to: date(head.to),
            created_at: date_time(head.created_at),
            opening_balance: plain_signed(head.opening, head.asset.scale()),
        };
        let text = to_json(&above)?;
        // The object goes on after its first members.
        out.write_all(text.strip_suffix('}').unwrap_or(&text).as_bytes())?;
        out.write_all(b",\"entries\":[")?;
        Ok(Self { out, first: true })
    }

    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), StatementError> {
        let separator: &[u8] = if self.first { b"\n" } else { b",\n" };
        self.first = false;
        self.out.write_all(separator)?;
        self.out.write_all(to_json(entry)?.as_bytes())?;
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        head: &Head,
        entries: u64,
        digest: &Sha2,
        signature: Option<&[u8]>,
    ) -> Result<W, StatementError> {
        let below = Below {
            closing_balance: plain_signed(head.closing, head.asset.scale()),
            entry_count: entries,
            receipt: Receipt {
                log: &head.receipt.log,
                checkpoint_size: head.receipt.checkpoint_size,
                root_hash: head.receipt.root_text(),
                digest: digest.to_string(),
                signature: signature.map(signature_text),
            },
        };
        let text = to_json(&below)?;
        self.out.write_all(b"\n],")?;
        self.out.write_all(text.strip_prefix('{').unwrap_or(&text).as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        Ok(self.out)
    }

    pub(super) fn buffer(&mut self) -> &mut W {
        &mut self.out
    }
}
