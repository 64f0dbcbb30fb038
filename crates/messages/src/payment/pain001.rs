//! pain.001, customer credit transfer initiation.
//!
//! # Standard
//!
//! ISO 20022 pain.001.001.03 to .12, with the dialects that keep the elements (SIX `ch.02`, the German 002 and 003 variants).
//! Checked here: the order and presence of elements from `Document` down to the parts of an item, the multiplicity, length
//! and pattern of those we read, and the sums. Inside parties, agents and remittance only what we read is looked at.

use money::{Amount, Asset, AssetCode};
use time::Date;

use super::{
    Item, MAX_ID, MAX_TEXT, Manner, Payment, PaymentFile, UncheckedFile, currency, order, sum_of,
};
use crate::account::{Account, looks_like_an_iban};
use crate::dates::{read_date, read_date_of_time};
use crate::decimal::{Sum, canonical};
use crate::error::{FileError, Place, Problem, shown};
use crate::limits::Limits;
use crate::reason::Reason;
use crate::xml::{Children, Element, Lines, guard, parse, version_of};

const VERSIONS: std::ops::RangeInclusive<u8> = 3..=12;
const EXPECTED: &str = "a pain.001.001.03 to .12";
/// `Max34Text` of an account number that is no IBAN.
const MAX_OTHER: usize = 34;
const GROUP_HEADER: &[&str] =
    &["MsgId", "CreDtTm", "Authstn", "NbOfTxs", "CtrlSum", "InitgPty", "FwdgAgt", "InitnSrc"];
const INITIATION: &[&str] = &["GrpHdr", "PmtInf", "SplmtryData"];
const PAYMENT: &[&str] = &[
    "PmtInfId",
    "PmtMtd",
    "ReqdAdvcTp",
    "BtchBookg",
    "NbOfTxs",
    "CtrlSum",
    "PmtTpInf",
    "ReqdExctnDt",
    "PoolgAdjstmntDt",
    "Dbtr",
    "DbtrAcct",
    "DbtrAgt",
    "DbtrAgtAcct",
    "InstrForDbtrAgt",
    "UltmtDbtr",
    "ChrgBr",
    "ChrgsAcct",
    "ChrgsAcctAgt",
    "CdtTrfTxInf",
];
const TRANSACTION: &[&str] = &[
    "PmtId",
    "PmtTpInf",
    "Amt",
    "XchgRateInf",
    "ChrgBr",
    "MndtRltdInf",
    "ChqInstr",
    "UltmtDbtr",
    "IntrmyAgt1",
    "IntrmyAgt1Acct",
    "IntrmyAgt2",
    "IntrmyAgt2Acct",
    "IntrmyAgt3",
    "IntrmyAgt3Acct",
    "CdtrAgt",
    "CdtrAgtAcct",
    "Cdtr",
    "CdtrAcct",
    "UltmtCdtr",
    "InstrForCdtrAgt",
    "InstrForDbtrAgt",
    "Purp",
    "RgltryRptg",
    "Tax",
    "RltdRmtInf",
    "RmtInf",
    "SplmtryData",
];
const ACCOUNT: &[&str] = &["Id", "Tp", "Ccy", "Nm", "Prxy"];
const PARTY: &[&str] = &["Nm", "PstlAdr", "Id", "CtryOfRes", "CtctDtls"];

/// Reads a file. It is refused whole, with the line, for whatever is not as the schema has it.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<UncheckedFile, FileError> {
    let text = guard(bytes, limits)?;
    let document = parse(text, limits)?;
    let lines = Lines::of(text);
    let root = Element::root(&document, &lines);
    let version = version_of(root.namespace(), "pain.001");
    let Some((message_name, version)) = version.filter(|(_, version)| VERSIONS.contains(version))
    else {
        return Err(root.error(Problem::OtherMessage(EXPECTED)));
    };
    if root.name() != "Document" {
        return Err(root.error(Problem::OtherMessage(EXPECTED)));
    }
    let initiation = root.children(&["CstmrCdtTrfInitn"])?.one("CstmrCdtTrfInitn")?;
    let parts = initiation.children(INITIATION)?;
    let header = parts.one("GrpHdr")?.children(GROUP_HEADER)?;
    let message_id = header.one("MsgId")?.text(MAX_ID)?;
    header.one("CreDtTm")?.parsed("a date and time", read_date_of_time)?;
    header.one("NbOfTxs")?;
    header.one("InitgPty")?;

    let mut payments = Vec::new();
    let mut wrong_total = None;
    let mut items_left = limits.items;
    for (index, element) in parts.many("PmtInf").enumerate() {
        let place = element.place("Document/CstmrCdtTrfInitn", index);
        let (payment, wrong) = read_payment(element, place, items_left)?;
        items_left = items_left.saturating_sub(payment.items.len());
        wrong_total = wrong_total.or(wrong);
        payments.push(payment);
    }
    if payments.is_empty() {
        return Err(initiation.error(Problem::Missing("PmtInf")));
    }
    let file = PaymentFile { message_id, message_name, version: Some(version), payments };
    let items = file.payments.iter().flat_map(|payment| &payment.items);
    let wrong = wrong_totals(&header, items)?.or(wrong_total);
    Ok(UncheckedFile::new(file, wrong))
}

/// The payment, and where its totals are not what they say.
fn read_payment(
    element: Element<'_, '_>,
    place: Place,
    items_left: usize,
) -> Result<(Payment, Option<FileError>), FileError> {
    let parts = element.children(PAYMENT)?;
    let payment_info_id = parts.one("PmtInfId")?.text(MAX_ID)?;
    let cheque = parts.one("PmtMtd")?.parsed("TRF, TRA or CHK", |text| match text {
        "TRF" | "TRA" => Some(false),
        "CHK" => Some(true),
        _ => None,
    })?;
    let batch_booking = match parts.maybe("BtchBookg")? {
        Some(element) => Some(element.parsed("true or false", read_bool)?),
        None => None,
    };
    let execution_date = read_execution_date(parts.one("ReqdExctnDt")?)?;
    parts.one("Dbtr")?.children(PARTY)?.maybe_text("Nm", MAX_TEXT)?;
    let (debtor, account_currency) = read_account(parts.one("DbtrAcct")?)?;
    parts.one("DbtrAgt")?;

    let mut items: Vec<Item> = Vec::new();
    for (index, element) in parts.many("CdtTrfTxInf").enumerate() {
        if index >= items_left {
            return Err(element.error(Problem::TooManyItems(items_left)));
        }
        let item_place = element.place(&place.path, index);
        let mut item = read_item(element, item_place, cheque, &debtor)?;
        let currency = item.written.1;
        if let Some(first) = items.first().map(|first| first.written.1).filter(|c| *c != currency) {
            let problem = Problem::MixedCurrencies(first.to_string(), currency.to_string());
            return Err(element.error(problem));
        }
        if item.order.is_ok() && account_currency.is_some_and(|own| own != currency) {
            item.order = super::unpayable(
                Reason::CURR,
                "the amount is not in the currency that is given for the debit account",
            );
        }
        items.push(item);
    }
    if items.is_empty() {
        return Err(element.error(Problem::Missing("CdtTrfTxInf")));
    }
    let wrong = wrong_totals(&parts, items.iter())?;
    let payment = Payment { payment_info_id, debtor, execution_date, batch_booking, place, items };
    Ok((payment, wrong))
}

/// A date; since version 8 a choice of `Dt` and `DtTm`.
fn read_execution_date(element: Element<'_, '_>) -> Result<Date, FileError> {
    let choice = element.first("Dt").or_else(|| element.first("DtTm"));
    if choice.is_none() {
        return element.parsed("a date", read_date);
    }
    let only = element.children(&["Dt", "DtTm"])?.choice("Dt")?;
    match only.name() {
        "Dt" => only.parsed("a date", read_date),
        _ => only.parsed("a date and time", read_date_of_time),
    }
}

fn read_item(
    element: Element<'_, '_>,
    place: Place,
    cheque: bool,
    debtor: &Account,
) -> Result<Item, FileError> {
    let parts = element.children(TRANSACTION)?;
    let ids = parts.one("PmtId")?.children(&["InstrId", "EndToEndId", "UETR"])?;
    let end_to_end_id = ids.one("EndToEndId")?.text(MAX_ID)?;
    let instruction_id = ids.maybe_text("InstrId", MAX_ID)?;
    let (written, amount, exchange) = read_amount(parts.one("Amt")?)?;
    let creditor_name = match parts.maybe("Cdtr")? {
        Some(creditor) => creditor.children(PARTY)?.maybe_text("Nm", MAX_TEXT)?,
        None => None,
    };
    let creditor = match parts.maybe("CdtrAcct")? {
        Some(account) => read_account(account)?.0,
        None => Account::Absent,
    };
    let (text, structured_reference) = match parts.maybe("RmtInf")? {
        Some(remittance) => read_remittance(remittance)?,
        None => (None, None),
    };
    let manner = if cheque || parts.maybe("ChqInstr")?.is_some() {
        Manner::Cheque
    } else if exchange {
        Manner::Exchange
    } else {
        Manner::Transfer
    };
    let order = order(manner, debtor, &creditor, amount);
    Ok(Item {
        end_to_end_id,
        instruction_id,
        creditor_name,
        creditor,
        written,
        text,
        structured_reference,
        place,
        order,
    })
}

type Written = (String, AssetCode);

/// `InstdAmt`, or `EqvtAmt` with the currency to buy; the last part says which.
fn read_amount(element: Element<'_, '_>) -> Result<(Written, Option<Amount>, bool), FileError> {
    let choice = element.children(&["InstdAmt", "EqvtAmt"])?.choice("InstdAmt")?;
    let exchange = choice.name() == "EqvtAmt";
    let amount = if exchange {
        let parts = choice.children(&["Amt", "CcyOfTrf"])?;
        parts.one("CcyOfTrf")?.parsed("a currency", currency)?;
        parts.one("Amt")?
    } else {
        choice
    };
    let code = amount.attribute("Ccy")?;
    let not_a =
        |expected, value: &str| amount.error(Problem::NotA { expected, value: shown(value) });
    let (code, asset) = currency(code).ok_or_else(|| not_a("a currency", code))?;
    let decimal = amount.parsed("an amount", canonical)?;
    // ISO 20022: no more decimals than ISO 4217 gives the currency. Nothing is rounded.
    let read = |asset: Asset| {
        Amount::parse_decimal(&decimal, asset)
            .map_err(|_| not_a("an amount of its currency", &decimal))
    };
    let value = asset.map(read).transpose()?;
    Ok(((decimal, code), value, exchange))
}

/// The account, and its currency where one is given.
fn read_account(element: Element<'_, '_>) -> Result<(Account, Option<AssetCode>), FileError> {
    let parts = element.children(ACCOUNT)?;
    let currency = match parts.maybe("Ccy")? {
        Some(element) => Some(element.parsed("a currency", currency)?.0),
        None => None,
    };
    let Some(id) = parts.maybe("Id")? else { return Ok((Account::Absent, currency)) };
    let choice = id.children(&["IBAN", "Othr"])?.choice("IBAN")?;
    if choice.name() == "IBAN" {
        let iban = |text: &str| looks_like_an_iban(text).then(|| Account::read_iban(text));
        return Ok((choice.parsed("an IBAN", iban)?, currency));
    }
    let other = choice.children(&["Id", "SchmeNm", "Issr"])?.one("Id")?.text(MAX_OTHER)?;
    Ok((Account::read(&other), currency))
}

type Remittance = (Option<String>, Option<String>);

fn read_remittance(element: Element<'_, '_>) -> Result<Remittance, FileError> {
    let parts = element.children(&["Ustrd", "Strd"])?;
    let lines: Result<Vec<String>, FileError> =
        parts.many("Ustrd").map(|line| line.text(MAX_TEXT)).collect();
    let lines = lines?.join(" ");
    let mut reference = None;
    for structured in parts.many("Strd") {
        let found = structured.first("CdtrRefInf").and_then(|info| info.first("Ref"));
        if let (Some(element), None) = (found, &reference) {
            reference = Some(element.text(MAX_ID)?);
        }
    }
    Ok(((!lines.is_empty()).then_some(lines), reference))
}

/// The first declared total that is not what the items come to.
fn wrong_totals<'a>(
    declared: &Children<'_, '_>,
    items: impl Iterator<Item = &'a Item> + Clone,
) -> Result<Option<FileError>, FileError> {
    let mut wrong = None;
    if let Some(element) = declared.maybe("NbOfTxs")? {
        let count: u64 = element.parsed("a number of at most 15 digits", |text| {
            let digits = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits)
        })?;
        let found = items.clone().count();
        if u64::try_from(found) != Ok(count) {
            wrong = Some(element.error(Problem::WrongCount { declared: count, found }));
        }
    }
    if let Some(element) = declared.maybe("CtrlSum")? {
        let sum = element.parsed("a sum", canonical)?;
        let found = sum_of(items);
        // What has no sum, for more decimals than any currency has, equals nothing that was declared.
        if wrong.is_none() && (found.is_none() || found != Sum::of(&sum)) {
            let found = found.map(|sum| sum.to_string()).unwrap_or_default();
            wrong = Some(element.error(Problem::WrongSum { declared: sum, found }));
        }
    }
    Ok(wrong)
}

fn read_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
