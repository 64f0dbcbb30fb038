//! camt.053, bank to customer statement, as others send it.
//!
//! # Standard
//!
//! ISO 20022 camt.053.001.02 to .12 and the dialects that keep the elements. Order and presence are checked from `Document`
//! down to the entry; inside the details of an entry only what is read is looked at.

use std::collections::HashSet;

use money::{Amount, Asset, AssetCode};
use time::Date;

use super::{ExternalEntry, ExternalStatement};
use crate::account::Account;
use crate::dates::{read_date, read_date_of_time};
use crate::decimal::canonical;
use crate::error::{FileError, Problem, shown};
use crate::limits::Limits;
use crate::payment::{MAX_ID, MAX_TEXT};
use crate::xml::{Children, Element, Lines, guard, parse, version_of};

const VERSIONS: std::ops::RangeInclusive<u8> = 2..=12;
const EXPECTED: &str = "a camt.053.001.02 to .12";
/// `AddtlNtryInf`.
const MAX_ADDITIONAL: usize = 500;
const STATEMENT: &[&str] = &[
    "Id",
    "StmtPgntn",
    "ElctrncSeqNb",
    "RptgSeq",
    "LglSeqNb",
    "CreDtTm",
    "FrToDt",
    "CpyDplctInd",
    "RptgSrc",
    "Acct",
    "RltdAcct",
    "Intrst",
    "Bal",
    "TxsSummry",
    "Ntry",
    "AddtlStmtInf",
];
const BALANCE: &[&str] = &["Tp", "CdtLine", "Amt", "CdtDbtInd", "Dt", "Avlbty"];
const ENTRY: &[&str] = &[
    "NtryRef",
    "Amt",
    "CdtDbtInd",
    "RvslInd",
    "Sts",
    "BookgDt",
    "ValDt",
    "AcctSvcrRef",
    "Avlbty",
    "BkTxCd",
    "ComssnWvrInd",
    "AddtlInfInd",
    "AmtDtls",
    "Chrgs",
    "TechInptChanl",
    "Intrst",
    "CardTx",
    "NtryDtls",
    "AddtlNtryInf",
];
/// The references of a transaction that can identify it; the others name batches or mandates.
const REFERENCES: &[&str] = &["AcctSvcrRef", "InstrId", "EndToEndId", "TxId"];

/// Reads all statements of a file.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<ExternalStatement>, FileError> {
    let text = guard(bytes, limits)?;
    let document = parse(text, limits)?;
    let lines = Lines::of(text);
    let root = Element::root(&document, &lines);
    let version = version_of(root.namespace(), "camt.053");
    if root.name() != "Document" || !version.is_some_and(|(_, v)| VERSIONS.contains(&v)) {
        return Err(root.error(Problem::OtherMessage(EXPECTED)));
    }
    let message = root.children(&["BkToCstmrStmt"])?.one("BkToCstmrStmt")?;
    let parts = message.children(&["GrpHdr", "Stmt", "SplmtryData"])?;
    parts.one("GrpHdr")?;
    let mut statements = Vec::new();
    let mut items_left = limits.items;
    for (index, element) in parts.many("Stmt").enumerate() {
        let path = element.place("Document/BkToCstmrStmt", index).path;
        let (statement, left) = read_statement(element, &path, items_left, limits.items)?;
        items_left = left;
        statements.push(statement);
    }
    if statements.is_empty() {
        return Err(message.error(Problem::Missing("Stmt")));
    }
    Ok(statements)
}

fn read_statement(
    element: Element<'_, '_>,
    path: &str,
    mut items_left: usize,
    limit: usize,
) -> Result<(ExternalStatement, usize), FileError> {
    let parts = element.children(STATEMENT)?;
    let id = parts.one("Id")?.text(MAX_ID)?;
    let account = read_account(parts.one("Acct")?)?;
    let mut opening = None;
    let mut closing = None;
    for balance in parts.many("Bal") {
        let parts = balance.children(BALANCE)?;
        let code = parts.one("Tp")?.first("CdOrPrtry").and_then(|choice| choice.first("Cd"));
        let (amount, _) = read_amount(&parts)?;
        match code.map(|code| code.text(MAX_ID)).transpose()?.as_deref() {
            // A statement in parts opens with an interim balance (`ITBD`), which is not the account's of that day.
            Some("OPBD" | "PRCD") => opening = Some(amount),
            Some("CLBD") => closing = Some(amount),
            Some(_) | None => {}
        }
    }
    let mut entries = Vec::new();
    let mut not_booked = 0_usize;
    for (index, element) in parts.many("Ntry").enumerate() {
        // An entry counts as many items as it has transactions: it costs as much to read.
        let details = element.named("NtryDtls").flat_map(|details| details.named("TxDtls")).count();
        match items_left.checked_sub(details.max(1)) {
            Some(left) => items_left = left,
            None => return Err(element.error(Problem::TooManyItems(limit))),
        }
        match read_entry(element, path, index)? {
            Some(entry) => entries.push(entry),
            None => not_booked = not_booked.saturating_add(1),
        }
    }
    let statement = ExternalStatement { id, account, opening, closing, entries, not_booked };
    Ok((statement, items_left))
}

fn read_account(element: Element<'_, '_>) -> Result<Account, FileError> {
    let Some(id) = element.first("Id") else { return Ok(Account::Absent) };
    let number = id.first("IBAN").or_else(|| id.first("Othr").and_then(|other| other.first("Id")));
    match number {
        Some(number) => Ok(Account::read(&number.text(MAX_ID)?)),
        None => Ok(Account::Absent),
    }
}

/// `None` where the entry is not booked.
fn read_entry(
    element: Element<'_, '_>,
    path: &str,
    index: usize,
) -> Result<Option<ExternalEntry>, FileError> {
    let parts = element.children(ENTRY)?;
    let (amount, currency) = read_amount(&parts)?;
    // A choice since version 8.
    let status = parts.one("Sts")?;
    let status = status.first("Cd").or_else(|| status.first("Prtry")).unwrap_or(status);
    if status.text(MAX_ID)? != "BOOK" {
        return Ok(None);
    }
    let day = |name| parts.maybe(name)?.map(read_day).transpose();
    let value_date: Option<Date> = day("ValDt")?;
    let booking_date = day("BookgDt")?.or(value_date);
    let booking_date = booking_date.ok_or_else(|| element.error(Problem::Missing("BookgDt")))?;

    let details: Vec<Element<'_, '_>> =
        parts.many("NtryDtls").flat_map(|details| details.named("TxDtls")).collect();
    let mut references = Vec::new();
    let mut noted = HashSet::new();
    let mut note = |element: Option<Element<'_, '_>>| -> Result<(), FileError> {
        if let Some(element) = element {
            let text = element.text(MAX_ID)?;
            if noted.insert(text.clone()) {
                references.push(text);
            }
        }
        Ok(())
    };
    note(parts.maybe("NtryRef")?)?;
    note(parts.maybe("AcctSvcrRef")?)?;
    for detail in &details {
        for name in REFERENCES {
            note(detail.first("Refs").and_then(|refs| refs.first(name)))?;
        }
        for structured in detail.first("RmtInf").into_iter().flat_map(|info| info.named("Strd")) {
            note(structured.first("CdtrRefInf").and_then(|info| info.first("Ref")))?;
        }
    }
    let mut counterparty = None;
    let mut counterparty_account = None;
    let mut text = parts.maybe_text("AddtlNtryInf", MAX_ADDITIONAL)?;
    // Several transactions in one entry have several other sides.
    if let [detail] = details.as_slice() {
        let (side, account) = if amount < 0 { ("Cdtr", "CdtrAcct") } else { ("Dbtr", "DbtrAcct") };
        let parties = detail.first("RltdPties");
        let who = parties.and_then(|parties| parties.first(side));
        let who = who.map(|who| who.first("Pty").unwrap_or(who));
        let name = who.and_then(|who| who.first("Nm"));
        counterparty = name.map(|name| name.text(MAX_TEXT)).transpose()?;
        if let Some(account) = parties.and_then(|parties| parties.first(account)) {
            let account = read_account(account)?;
            counterparty_account = (account != Account::Absent).then(|| account.to_string());
        }
        let unstructured = detail.first("RmtInf").into_iter().flat_map(|info| info.named("Ustrd"));
        let lines: Result<Vec<String>, FileError> =
            unstructured.map(|line| line.text(MAX_TEXT)).collect();
        let lines = lines?.join(" ");
        if !lines.is_empty() {
            text = Some(lines);
        }
    }
    Ok(Some(ExternalEntry {
        place: element.place(path, index),
        booking_date,
        value_date,
        amount,
        currency,
        references,
        counterparty,
        counterparty_account,
        text,
    }))
}

/// `Amt` and its direction, in minor units.
fn read_amount(parts: &Children<'_, '_>) -> Result<(i64, AssetCode), FileError> {
    let element = parts.one("Amt")?;
    let code = element.attribute("Ccy")?;
    let not_a =
        |expected, value: &str| element.error(Problem::NotA { expected, value: shown(value) });
    let asset = code.parse().ok().and_then(Asset::iso);
    let asset = asset.ok_or_else(|| not_a("a currency that this bank knows", code))?;
    let decimal = element.parsed("an amount", canonical)?;
    let minor = Amount::parse_decimal(&decimal, asset)
        .map_err(|_| not_a("an amount of its currency", &decimal))?
        .minor();
    let debit = parts.one("CdtDbtInd")?.parsed("CRDT or DBIT", |text| match text {
        "CRDT" => Some(false),
        "DBIT" => Some(true),
        _ => None,
    })?;
    Ok((if debit { minor.saturating_neg() } else { minor }, asset.code()))
}

fn read_day(element: Element<'_, '_>) -> Result<Date, FileError> {
    let only = element.children(&["Dt", "DtTm"])?.choice("Dt")?;
    match only.name() {
        "Dt" => only.parsed("a date", read_date),
        _ => only.parsed("a date and time", read_date_of_time),
    }
}
