//! pain.002, customer payment status report: what became of a payment file.
//!
//! # Standard
//!
//! ISO 20022 pain.002 in the version that belongs to the pain.001 it answers: 03 to 08 have the same number; since version 9
//! the report is one ahead. A table is answered as version 10.

use std::io::{self, Write};

use thiserror::Error;
use time::OffsetDateTime;

use crate::dates::date_time;
use crate::error::FileError;
use crate::payment::{Item, PaymentFile, Unpayable};
use crate::reason::Reason;
use crate::xml_writer::XmlWriter;

/// Version of a report on a file that has none, or that we could not read.
const DEFAULT_VERSION: u8 = 10;
/// `AddtlInf` is `Max105Text`.
const MAX_ADDITIONAL: usize = 105;
const MAX_ID: usize = 35;
const NOT_PROVIDED: &str = "NOTPROVIDED";

/// The head of a report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Its own id, at most 35 characters.
    pub message_id: &'a str,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Who says so.
    pub bank_name: &'a str,
}

/// What became of one item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ItemStatus {
    /// `ACSC`: paid.
    Settled {
        /// `AcctSvcrRef`, our reference: the transfer's id without hyphens.
        reference: String,
    },
    /// `ACCP`: accepted and not yet paid.
    Accepted,
    /// `PDNG`: somebody has to approve it.
    Pending,
    /// `RJCT`.
    Rejected {
        /// For machines.
        reason: Reason,
        /// For people.
        text: String,
    },
}

impl ItemStatus {
    const fn code(&self) -> &'static str {
        match self {
            Self::Settled { .. } => "ACSC",
            Self::Accepted => "ACCP",
            Self::Pending => "PDNG",
            Self::Rejected { .. } => "RJCT",
        }
    }
}

impl From<Unpayable> for ItemStatus {
    fn from(unpayable: Unpayable) -> Self {
        Self::Rejected { reason: unpayable.reason, text: unpayable.text.to_owned() }
    }
}

/// Why a report was not written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// There must be one status per item, in the file's order.
    #[error("{statuses} statuses for {items} items")]
    Count {
        /// How many were given.
        statuses: usize,
        /// How many are needed.
        items: usize,
    },
    /// The writer failed.
    #[error("writing the status report")]
    Io(#[from] io::Error),
}

/// Writes the report on a file that was read; `statuses` has one entry per item, in the file's order.
pub fn write(
    report: Report<'_>,
    file: &PaymentFile,
    statuses: &[ItemStatus],
    out: impl Write,
) -> Result<(), ReportError> {
    let items = file.items().count();
    if items != statuses.len() {
        return Err(ReportError::Count { statuses: statuses.len(), items });
    }
    let mut xml = start(report, file.version, out)?;
    xml.open("OrgnlGrpInfAndSts")?;
    xml.leaf("OrgnlMsgId", &file.message_id)?;
    xml.leaf("OrgnlMsgNmId", message_name(file))?;
    xml.leaf("OrgnlNbOfTxs", &items.to_string())?;
    if let Some(sum) = file.control_sum() {
        xml.leaf("OrgnlCtrlSum", &sum)?;
    }
    xml.leaf("GrpSts", status_of(statuses))?;
    xml.close()?;
    let mut rest = statuses;
    for payment in &file.payments {
        let Some((own, behind)) = rest.split_at_checked(payment.items.len()) else { break };
        rest = behind;
        xml.open("OrgnlPmtInfAndSts")?;
        xml.leaf("OrgnlPmtInfId", &payment.payment_info_id)?;
        xml.leaf("OrgnlNbOfTxs", &payment.items.len().to_string())?;
        xml.leaf("PmtInfSts", status_of(own))?;
        for (item, status) in payment.items.iter().zip(own) {
            write_item(&mut xml, item, status)?;
        }
        xml.close()?;
    }
    xml.finish()?;
    Ok(())
}

/// Writes the report on a file that was refused whole. `read` is the file where it could be read and its totals were wrong.
pub fn write_refusal(
    report: Report<'_>,
    read: Option<&PaymentFile>,
    error: &FileError,
    out: impl Write,
) -> Result<(), ReportError> {
    let mut xml = start(report, read.and_then(|file| file.version), out)?;
    xml.open("OrgnlGrpInfAndSts")?;
    xml.leaf("OrgnlMsgId", read.map_or(NOT_PROVIDED, |file| &file.message_id))?;
    xml.leaf("OrgnlMsgNmId", read.map_or("pain.001", message_name))?;
    xml.leaf("GrpSts", "RJCT")?;
    write_reason(&mut xml, error.problem.reason(), &error.to_string())?;
    xml.close()?;
    xml.finish()?;
    Ok(())
}

fn message_name(file: &PaymentFile) -> &str {
    if file.version.is_some() { &file.message_name } else { "pain.001" }
}

fn start<W: Write>(
    report: Report<'_>,
    version: Option<u8>,
    out: W,
) -> Result<XmlWriter<W>, ReportError> {
    let version = match version {
        Some(same @ 3..=8) => same,
        Some(later) => later.saturating_add(1),
        None => DEFAULT_VERSION,
    };
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version:02}");
    let mut xml = XmlWriter::start(out, &namespace)?;
    xml.open("CstmrPmtStsRpt")?;
    xml.open("GrpHdr")?;
    xml.leaf_cut("MsgId", report.message_id, MAX_ID)?;
    xml.leaf("CreDtTm", &date_time(report.created_at))?;
    xml.open("InitgPty")?;
    xml.leaf_cut("Nm", report.bank_name, crate::payment::MAX_TEXT)?;
    xml.close()?;
    xml.close()?;
    Ok(xml)
}

/// The status of many: theirs where they agree, `PART` where some were refused, else the least that holds for all.
fn status_of(statuses: &[ItemStatus]) -> &'static str {
    let all = |code| statuses.iter().all(|status| status.code() == code);
    let any = |code| statuses.iter().any(|status| status.code() == code);
    if all("RJCT") {
        "RJCT"
    } else if any("RJCT") {
        "PART"
    } else if any("PDNG") {
        "PDNG"
    } else if any("ACCP") {
        "ACCP"
    } else {
        "ACSC"
    }
}

fn write_item(xml: &mut XmlWriter<impl Write>, item: &Item, status: &ItemStatus) -> io::Result<()> {
    xml.open("TxInfAndSts")?;
    if let Some(id) = &item.instruction_id {
        xml.leaf("OrgnlInstrId", id)?;
    }
    xml.leaf("OrgnlEndToEndId", &item.end_to_end_id)?;
    xml.leaf("TxSts", status.code())?;
    match status {
        ItemStatus::Rejected { reason, text } => write_reason(xml, *reason, text)?,
        ItemStatus::Settled { reference } => xml.leaf_cut("AcctSvcrRef", reference, MAX_ID)?,
        ItemStatus::Accepted | ItemStatus::Pending => {}
    }
    xml.close()
}

fn write_reason(xml: &mut XmlWriter<impl Write>, reason: Reason, text: &str) -> io::Result<()> {
    xml.open("StsRsnInf")?;
    xml.open("Rsn")?;
    xml.leaf("Cd", reason.code())?;
    xml.close()?;
    xml.leaves("AddtlInf", text, MAX_ADDITIONAL)?;
    xml.close()
}
