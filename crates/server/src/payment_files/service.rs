//! What a file says, what would be signed, and what became of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use crypto::{Sha3, sha3_256};
use intent::{BatchItem, Body, Intent, IntentId};
use ledger::{AccountId, AccountNumber};
use messages::pain002::{self, ItemStatus, Report};
use messages::payment::{Order, PaymentFile, Unpayable};
use messages::{Place, Reason};
use money::{Amount, AssetCode};

use super::check::{day_of, off_thread, parse, payable};
use super::status::status_of;
use super::store;
use crate::problem::{Code, Problem};
use crate::sessions::Caller;
use crate::sql::timestamp;
use crate::{Services, clock};

/// One item of a file, as it would be signed or not.
pub(super) struct Shown {
    pub(super) place: Place,
    pub(super) end_to_end_id: String,
    pub(super) creditor_name: Option<String>,
    /// As the file writes it.
    pub(super) amount: String,
    pub(super) asset: AssetCode,
    pub(super) debtor: String,
    pub(super) creditor: String,
    /// The accounts and the amount that would be signed, or why not.
    pub(super) outcome: Result<Accounts, Unpayable>,
}

/// What the numbers of an item lead to.
pub(super) struct Accounts {
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) amount: Amount,
}

/// A file before it is signed.
pub(super) struct Preview {
    pub(super) file: PaymentFile,
    pub(super) digest: Sha3,
    pub(super) items: Vec<Shown>,
    /// How many and how much would be paid, per asset.
    pub(super) totals: BTreeMap<AssetCode, (usize, i128)>,
}

/// Reads a file and says what would be signed of it today. Writes nothing.
pub(super) async fn preview(
    services: &Services,
    caller: &Caller,
    bytes: Bytes,
) -> Result<Preview, Problem> {
    let (file, digest) = off_thread(move || Ok((parse(&bytes)?, sha3_256(&bytes)))).await?;
    let orders = payable(&file, timestamp(clock::now()).date());
    if orders.len() > Body::BATCH_ITEMS_MAX {
        let (count, most) = (orders.len(), Body::BATCH_ITEMS_MAX);
        return Err(Problem::new(Code::FileRefused).with_detail(format!(
            "{count} payments are too many for one signature; split it at {most}"
        )));
    }
    let found = resolve(services, caller, &orders).await?;
    let mut items = Vec::new();
    let mut totals: BTreeMap<AssetCode, (usize, i128)> = BTreeMap::new();
    for (payment, item, order) in with_orders(&file) {
        let outcome = order.and_then(|order| found.accounts(&order));
        if let Ok(accounts) = &outcome {
            let (count, sum) = totals.entry(accounts.amount.asset()).or_default();
            *count = count.saturating_add(1);
            *sum = sum.saturating_add(i128::from(accounts.amount.minor()));
        }
        items.push(Shown {
            place: item.place.clone(),
            end_to_end_id: item.end_to_end_id.clone(),
            creditor_name: item.creditor_name.clone(),
            amount: item.written.0.clone(),
            asset: item.written.1,
            debtor: payment.debtor.to_string(),
            creditor: item.creditor.to_string(),
            outcome,
        });
    }
    Ok(Preview { file, digest, items, totals })
}

type Payment = messages::payment::Payment;
type Item = messages::payment::Item;

fn with_orders(
    file: &PaymentFile,
) -> impl Iterator<Item = (&Payment, &Item, Result<Order, Unpayable>)> {
    let today = timestamp(clock::now()).date();
    file.orders_on(today).map(|((payment, item), order)| (payment, item, order))
}

/// Numbers that lead to accounts.
struct Found {
    own: std::collections::HashMap<AccountNumber, AccountId>,
    payees: std::collections::HashMap<AccountNumber, AccountId>,
}

impl Found {
    fn accounts(&self, order: &Order) -> Result<Accounts, Unpayable> {
        let debit = self.own.get(&order.debtor).ok_or(Unpayable {
            reason: Reason::AC02,
            text: "the debit account is not an open account of yours",
        })?;
        let credit = self.payees.get(&order.creditor).ok_or(Unpayable {
            reason: Reason::AC03,
            text: "no open account of this bank has the creditor's number",
        })?;
        Ok(Accounts { debit: *debit, credit: *credit, amount: order.amount })
    }
}

/// The caller's own accounts by number, and of the payees' what anybody learns who pays one.
async fn resolve(
    services: &Services,
    caller: &Caller,
    orders: &[(usize, Order)],
) -> Result<Found, Problem> {
    let book = services.bank.book;
    let debtors: Vec<_> = orders.iter().map(|(_, order)| order.debtor).collect();
    let creditors: Vec<_> = orders.iter().map(|(_, order)| order.creditor).collect();
    let mut tx = services.db.as_user(caller).await?;
    let own = store::accounts(&mut tx, book, &debtors, Some(caller.user)).await?;
    drop(tx);
    let mut tx = services.db.as_writer().await?;
    let payees = store::accounts(&mut tx, book, &creditors, None).await?;
    tx.rollback().await?;
    Ok(Found { own, payees })
}

/// What became of a file.
pub(super) struct Outcome {
    pub(super) intent: IntentId,
    pub(super) file: PaymentFile,
    pub(super) statuses: Vec<ItemStatus>,
}

/// What became of a file that the caller may see.
pub(super) async fn outcome(
    services: &Services,
    caller: &Caller,
    intent: IntentId,
) -> Result<Option<Outcome>, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_user(caller).await?;
    let Some(bytes) = store::bytes(&mut tx, book, intent).await? else { return Ok(None) };
    drop(tx);
    let mut tx = services.db.as_auditor().await?;
    let Some(document) = store::document(&mut tx, book, intent).await? else { return Ok(None) };
    let signed = Intent::parse(&document)?;
    let Body::PaymentsFile { file: digest, items, .. } = signed.body() else { return Ok(None) };
    if sha3_256(&bytes) != *digest {
        tracing::error!(%intent, "the payment file that was kept is not the one that was signed");
        return Err(Problem::internal());
    }
    let ids: Vec<_> = items.iter().map(|item| item.id).collect();
    let fates = store::fates(&mut tx, book, intent, &ids).await?;
    drop(tx);
    let file = off_thread(move || parse(&bytes)).await?;
    let statuses = statuses(&file, &signed, items, |item| status_of(item.id, fates.get(&item.id)));
    Ok(Some(Outcome { intent, file, statuses }))
}

/// One status per item of the file, in its order.
fn statuses(
    file: &PaymentFile,
    signed: &Intent,
    items: &[BatchItem],
    status: impl Fn(&BatchItem) -> ItemStatus,
) -> Vec<ItemStatus> {
    let mut items = items.iter();
    let of_item = |order: Result<Order, Unpayable>| match order {
        Ok(_) => items.next().map_or(ItemStatus::Accepted, &status),
        Err(unpayable) => unpayable.into(),
    };
    file.orders_on(day_of(signed)).map(|(_, order)| order).map(of_item).collect()
}

/// The status report of ISO 20022.
pub(super) fn report(services: &Services, outcome: &Outcome) -> Result<Vec<u8>, Problem> {
    let id = outcome.intent.get().simple().to_string();
    let report = Report {
        message_id: &id,
        created_at: timestamp(clock::now()),
        bank_name: &services.bank.name,
    };
    let mut xml = Vec::new();
    pain002::write(report, &outcome.file, &outcome.statuses, &mut xml).map_err(|error| {
        tracing::error!(%error, "a status report could not be written");
        Problem::internal()
    })?;
    Ok(xml)
}
