//! Payment files: what a customer's bookkeeping sends to be paid.
//!
//! A file is read by [`pain001::read`] or [`csv::read`] into an [`UncheckedFile`]: every element is what the schema says, and
//! what stands there can be shown to people. [`UncheckedFile::check`] holds it against its own totals and gives the
//! [`PaymentFile`] that may be paid. Two steps, because banks publish samples whose count is wrong: these are to be read, and
//! are refused whole all the same.
//!
//! What our bank cannot pay at all is decided here, item by item ([`Item::order`]); what depends on the accounts is the
//! ledger's to refuse.

pub mod csv;
pub mod pain001;

use std::collections::HashSet;

use ledger::AccountNumber;
use money::{Amount, Asset, AssetCode};
use time::Date;

use crate::account::Account;
use crate::decimal::Sum;
use crate::error::{FileError, Place, Problem, shown};
use crate::limits::Limits;
use crate::reason::Reason;

/// `MsgId`, `PmtInfId`, `EndToEndId` and references have at most 35 characters.
pub const MAX_ID: usize = 35;
/// Names and one line of remittance have at most 140.
pub const MAX_TEXT: usize = 140;
/// What the standard has an end-to-end id be where there is none.
const NOT_PROVIDED: &str = "NOTPROVIDED";
/// How the message id of a table begins.
const TABLE_ID: &str = "csv-";

/// A file whose every element is well-formed, and whose totals nobody has looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct UncheckedFile {
    file: PaymentFile,
    wrong: Option<FileError>,
}

/// A file that holds what it says it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentFile {
    /// `GrpHdr/MsgId`, unique per sender: sent twice, it is a duplicate.
    pub message_id: String,
    /// `pain.001.001.09`, with the dialect's additions; `csv` for a table.
    pub message_name: String,
    /// The `09` of it; `None` for a table.
    pub version: Option<u8>,
    /// In the file's order.
    pub payments: Vec<Payment>,
}

/// One debit account, one day, many creditors.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// `PmtInfId`.
    pub payment_info_id: String,
    /// Whose money.
    pub debtor: Account,
    /// `ReqdExctnDt`, which may lie in the past or on a holiday.
    pub execution_date: Date,
    /// `BtchBookg`: one entry for all items; `None` where the file leaves it to the agreement.
    pub batch_booking: Option<bool>,
    /// Where it stands.
    pub place: Place,
    /// In the file's order.
    pub items: Vec<Item>,
}

/// One creditor.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `EndToEndId`, which travels to the creditor.
    pub end_to_end_id: String,
    /// `InstrId`, between the sender and us.
    pub instruction_id: Option<String>,
    /// `Cdtr/Nm`.
    pub creditor_name: Option<String>,
    /// `CdtrAcct`.
    pub creditor: Account,
    /// The amount as the file writes it, in its shortest spelling, and its currency.
    pub written: (String, AssetCode),
    /// `RmtInf/Ustrd`, lines joined by a space.
    pub text: Option<String>,
    /// `RmtInf/Strd/CdtrRefInf/Ref`.
    pub structured_reference: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// What is to be paid, or why it cannot be.
    pub order: Result<Order, Unpayable>,
}

/// What an item asks of the ledger: both accounts are numbers of ours and the amount is above zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Order {
    /// Debited.
    pub debtor: AccountNumber,
    /// Credited.
    pub creditor: AccountNumber,
    /// How much.
    pub amount: Amount,
}

/// Why one item cannot be paid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unpayable {
    /// For machines.
    pub reason: Reason,
    /// For people, at most 105 characters.
    pub text: &'static str,
}

/// Reads a file of either form: what begins with `<` is XML, the rest a table.
///
/// A table has no message id of its own: it is `csv-` and the beginning of the file's SHA3-256, so that the same table is
/// the same message.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<UncheckedFile, FileError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'<') {
        return pain001::read(bytes, limits);
    }
    let digest = crypto::sha3_256(bytes).to_string();
    let digest: String = digest.chars().take(MAX_ID.saturating_sub(TABLE_ID.len())).collect();
    csv::read(bytes, &format!("{TABLE_ID}{digest}"), limits)
}

impl UncheckedFile {
    /// What the file says, for showing. It is not to be paid.
    #[must_use]
    pub const fn as_written(&self) -> &PaymentFile {
        &self.file
    }

    /// The file, if it has as many transactions and as large a sum as it declares, and no id twice.
    pub fn check(self) -> Result<PaymentFile, FileError> {
        match self.wrong {
            Some(wrong) => Err(wrong),
            None => Ok(self.file),
        }
    }

    fn new(file: PaymentFile, wrong_total: Option<FileError>) -> Self {
        let wrong = wrong_total.or_else(|| repeated_id(&file));
        Self { file, wrong }
    }
}

impl PaymentFile {
    /// All items in the file's order, each with its payment.
    pub fn items(&self) -> impl Iterator<Item = (&Payment, &Item)> {
        self.payments
            .iter()
            .flat_map(|payment| payment.items.iter().map(move |item| (payment, item)))
    }

    /// All items in the file's order, each with what is to be paid on `day`, or why it cannot be: what the file wants later
    /// is not paid earlier.
    pub fn orders_on(
        &self,
        day: Date,
    ) -> impl Iterator<Item = ((&Payment, &Item), Result<Order, Unpayable>)> {
        self.items().map(move |(payment, item)| {
            let order = match &item.order {
                Ok(_) if payment.execution_date > day => unpayable(
                    Reason::DT01,
                    "the requested date lies ahead; send the file on that day",
                ),
                order => order.clone(),
            };
            ((payment, item), order)
        })
    }

    /// The sum of all amounts whatever their currency, as a control sum is.
    #[must_use]
    pub fn control_sum(&self) -> Option<String> {
        let items = self.payments.iter().flat_map(|payment| &payment.items);
        sum_of(items).map(|sum| sum.to_string())
    }
}

fn sum_of<'a>(mut items: impl Iterator<Item = &'a Item>) -> Option<Sum> {
    items.try_fold(Sum::default(), |sum, item| sum.plus(Sum::of(&item.written.0)?))
}

/// The first id that must be unique and is not.
fn repeated_id(file: &PaymentFile) -> Option<FileError> {
    let mut payment_ids = HashSet::new();
    let mut instruction_ids = HashSet::new();
    let mut end_to_end_ids = HashSet::new();
    for payment in &file.payments {
        let fresh = payment_ids.insert(payment.payment_info_id.as_str());
        if !fresh {
            return Some(repeated(&payment.place, &payment.payment_info_id));
        }
        for item in &payment.items {
            if let Some(id) = &item.instruction_id
                && !instruction_ids.insert(id.as_str())
            {
                return Some(repeated(&item.place, id));
            }
            let id = item.end_to_end_id.as_str();
            if !id.eq_ignore_ascii_case(NOT_PROVIDED) && !end_to_end_ids.insert(id) {
                return Some(repeated(&item.place, id));
            }
        }
    }
    None
}

fn repeated(place: &Place, id: &str) -> FileError {
    FileError { place: place.clone(), problem: Problem::DuplicateId(shown(id)) }
}

/// What an item asks for besides its accounts and its amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Manner {
    /// A transfer in the currency of its amount.
    Transfer,
    /// `PmtMtd` CHK, or a cheque's instruction.
    Cheque,
    /// `EqvtAmt`: so much of another currency as this amount buys.
    Exchange,
}

/// Whether an item can be paid, in the order in which the reasons are given.
fn order(
    manner: Manner,
    debtor: &Account,
    creditor: &Account,
    amount: Option<Amount>,
) -> Result<Order, Unpayable> {
    match manner {
        Manner::Transfer => {}
        Manner::Cheque => return unpayable(Reason::FF03, "this bank does not issue cheques"),
        Manner::Exchange => {
            return unpayable(
                Reason::AM03,
                "this bank does not exchange currencies in a payment file",
            );
        }
    }
    let debtor = match debtor {
        Account::Own(number) => *number,
        Account::Iban(_) => {
            return unpayable(Reason::AC02, "the debit account is held at another bank");
        }
        Account::Other(_) => {
            return unpayable(Reason::AC02, "the debit account is not one of ours");
        }
        Account::Malformed(_) => {
            return unpayable(Reason::AC02, "the debit account's number is malformed");
        }
        Account::Absent => return unpayable(Reason::AC02, "no debit account is given"),
    };
    let creditor = match creditor {
        Account::Own(number) => *number,
        Account::Iban(_) => {
            return unpayable(Reason::AC03, "the creditor's account is held at another bank");
        }
        Account::Other(_) => {
            return unpayable(Reason::AC03, "the creditor's account is not one of ours");
        }
        Account::Malformed(_) => {
            return unpayable(Reason::AC01, "the creditor's account number is malformed");
        }
        Account::Absent => return unpayable(Reason::AC03, "no creditor account is given"),
    };
    let Some(amount) = amount else {
        return unpayable(Reason::AM03, "this bank does not know the currency");
    };
    if amount.is_zero() {
        return unpayable(Reason::AM01, "the amount is zero");
    }
    if debtor == creditor {
        return unpayable(Reason::AG01, "debit and credit account are the same");
    }
    Ok(Order { debtor, creditor, amount })
}

const fn unpayable<T>(reason: Reason, text: &'static str) -> Result<T, Unpayable> {
    Err(Unpayable { reason, text })
}

/// A currency: three letters, and its decimals where we know them.
fn currency(code: &str) -> Option<(AssetCode, Option<Asset>)> {
    let is_iso = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let code: AssetCode = code.parse().ok().filter(|_| is_iso)?;
    Some((code, Asset::iso(code)))
}
