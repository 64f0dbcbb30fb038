//! A statement as camt.053, bank to customer statement.
//!
//! # Standard
//!
//! ISO 20022 camt.053.001.08, the version that SEPA and the Swiss Payment Standards use. The account number is in `Othr`: it
//! has the form of an IBAN and is in no registry. Digest and checkpoint stand in `AddtlStmtInf`.

use std::io::{self, Write};

use crypto::Sha2;
use time::{Date, Time};

use super::{Head, Line, StatementError, compact_id};
use crate::dates::{date, date_time};
use crate::decimal::plain;
use crate::payment::{MAX_ID, MAX_TEXT};
use crate::xml_writer::XmlWriter;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
/// `AddtlStmtInf` is `Max500Text`.
const MAX_ADDITIONAL: usize = 500;
/// An account id that is no IBAN is `Max34Text`.
const MAX_ACCOUNT: usize = 34;

pub(super) struct Camt053<W: Write> {
    xml: XmlWriter<W>,
    additional: String,
}

impl<W: Write> Camt053<W> {
    pub(super) fn start(head: &Head, out: W) -> Result<Self, StatementError> {
        let code = head.asset.code();
        if money::Asset::iso(code) != Some(head.asset) {
            return Err(StatementError::NotACurrency(code.to_string()));
        }
        let mut xml = XmlWriter::start(out, NAMESPACE)?;
        let created_at = date_time(head.created_at);
        xml.open("BkToCstmrStmt")?;
        xml.open("GrpHdr")?;
        xml.leaf_cut("MsgId", &head.id, MAX_ID)?;
        xml.leaf("CreDtTm", &created_at)?;
        xml.close()?;
        xml.open("Stmt")?;
        xml.leaf_cut("Id", &head.id, MAX_ID)?;
        if let Some(number) = head.number {
            xml.leaf("ElctrncSeqNb", &number.to_string())?;
        }
        xml.leaf("CreDtTm", &created_at)?;
        xml.open("FrToDt")?;
        xml.leaf("FrDtTm", &date_time(head.from.midnight().assume_utc()))?;
        xml.leaf("ToDtTm", &date_time(head.to.with_time(LAST_SECOND).assume_utc()))?;
        xml.close()?;
        xml.open("Acct")?;
        write_account(&mut xml, &head.account.to_string())?;
        xml.leaf("Ccy", code.as_str())?;
        xml.open("Ownr")?;
        xml.leaf_cut("Nm", &head.holder, MAX_TEXT)?;
        xml.close()?;
        xml.open("Svcr")?;
        xml.open("FinInstnId")?;
        xml.leaf_cut("Nm", &head.bank_name, MAX_TEXT)?;
        xml.close()?;
        xml.close()?;
        xml.close()?;
        write_balance(&mut xml, head, "OPBD", head.opening, head.from)?;
        write_balance(&mut xml, head, "CLBD", head.closing, head.to)?;
        let receipt = &head.receipt;
        let additional = format!(
            "As of log {}, checkpoint of {} leaves, root hash {}",
            receipt.log,
            receipt.checkpoint_size,
            receipt.root_text()
        );
        Ok(Self { xml, additional })
    }

    pub(super) fn push(&mut self, head: &Head, line: &Line) -> Result<(), StatementError> {
        let xml = &mut self.xml;
        let reference = compact_id(&line.transfer_id);
        xml.open("Ntry")?;
        xml.leaf_cut("NtryRef", &line.reference, MAX_ID)?;
        write_amount(xml, head, line.amount)?;
        if line.reversal {
            xml.leaf("RvslInd", "true")?;
        }
        xml.open("Sts")?;
        xml.leaf("Cd", "BOOK")?;
        xml.close()?;
        for (name, day) in [("BookgDt", line.booking_date), ("ValDt", line.value_date)] {
            xml.open(name)?;
            xml.leaf("Dt", &date(day))?;
            xml.close()?;
        }
        xml.leaf_cut("AcctSvcrRef", &reference, MAX_ID)?;
        write_code(xml, line)?;
        xml.open("NtryDtls")?;
        xml.open("TxDtls")?;
        xml.open("Refs")?;
        xml.leaf_cut("AcctSvcrRef", &reference, MAX_ID)?;
        if let Some(id) = &line.end_to_end_id {
            xml.leaf_cut("EndToEndId", id, MAX_ID)?;
        }
        xml.close()?;
        write_amount(xml, head, line.amount)?;
        write_parties(xml, line)?;
        if let Some(text) = line.text.as_deref().filter(|text| !text.is_empty()) {
            xml.open("RmtInf")?;
            xml.leaves("Ustrd", text, MAX_TEXT)?;
            xml.close()?;
        }
        xml.close()?;
        xml.close()?;
        if let Some(leaf) = line.leaf_index {
            xml.leaf("AddtlNtryInf", &format!("leaf {leaf}"))?;
        }
        xml.close()?;
        Ok(())
    }

    pub(super) fn finish(mut self, digest: &Sha2) -> Result<W, StatementError> {
        let additional = format!("Digest {digest}. {}", self.additional);
        self.xml.leaf_cut("AddtlStmtInf", &additional, MAX_ADDITIONAL)?;
        Ok(self.xml.finish()?)
    }

    pub(super) fn buffer(&mut self) -> &mut W {
        self.xml.get_mut()
    }
}

const LAST_SECOND: Time = time::macros::time!(23:59:59);

fn write_account(xml: &mut XmlWriter<impl Write>, number: &str) -> io::Result<()> {
    xml.open("Id")?;
    xml.open("Othr")?;
    xml.leaf_cut("Id", number, MAX_ACCOUNT)?;
    xml.close()?;
    xml.close()
}

fn write_balance(
    xml: &mut XmlWriter<impl Write>,
    head: &Head,
    code: &str,
    balance: i64,
    day: Date,
) -> io::Result<()> {
    xml.open("Bal")?;
    xml.open("Tp")?;
    xml.open("CdOrPrtry")?;
    xml.leaf("Cd", code)?;
    xml.close()?;
    xml.close()?;
    write_amount(xml, head, balance)?;
    xml.open("Dt")?;
    xml.leaf("Dt", &date(day))?;
    xml.close()?;
    xml.close()
}

/// An amount and its direction: the amount itself has no sign.
fn write_amount(xml: &mut XmlWriter<impl Write>, head: &Head, minor: i64) -> io::Result<()> {
    let amount = plain(minor.unsigned_abs(), head.asset.scale());
    xml.amount("Amt", &amount, head.asset.code().as_str())?;
    xml.leaf("CdtDbtInd", if minor < 0 { "DBIT" } else { "CRDT" })
}

/// A book transfer, received or issued.
fn write_code(xml: &mut XmlWriter<impl Write>, line: &Line) -> io::Result<()> {
    xml.open("BkTxCd")?;
    xml.open("Domn")?;
    xml.leaf("Cd", "PMNT")?;
    xml.open("Fmly")?;
    xml.leaf("Cd", if line.amount < 0 { "ICDT" } else { "RCDT" })?;
    xml.leaf("SubFmlyCd", "BOOK")?;
    xml.close()?;
    xml.close()?;
    xml.close()
}

/// The other side: the creditor of a debit, the debtor of a credit.
fn write_parties(xml: &mut XmlWriter<impl Write>, line: &Line) -> io::Result<()> {
    if line.counterparty.is_none() && line.counterparty_account.is_none() {
        return Ok(());
    }
    let (party, account) =
        if line.amount < 0 { ("Cdtr", "CdtrAcct") } else { ("Dbtr", "DbtrAcct") };
    xml.open("RltdPties")?;
    if let Some(name) = &line.counterparty {
        xml.open(party)?;
        xml.open("Pty")?;
        xml.leaf_cut("Nm", name, MAX_TEXT)?;
        xml.close()?;
        xml.close()?;
    }
    if let Some(number) = &line.counterparty_account {
        xml.open(account)?;
        write_account(xml, number)?;
        xml.close()?;
    }
    xml.close()
}
