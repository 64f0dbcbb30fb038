//! The reading side of transfers.

use intent::{CheckpointText, Form, ReceiptParts, UtcMicros};
use ledger::{AccountId, TransferId};
use money::AssetCode;
use time::Date;

use super::store;
use crate::Services;
use crate::corridor::Fault;
use crate::log::service::{StoredReceipt, shows_record, stored_receipt};
use crate::sessions::Caller;

/// A transfer as it was decided.
#[derive(Clone, Debug)]
pub(super) struct StoredTransfer {
    pub(super) id: TransferId,
    pub(super) intent_id: uuid::Uuid,
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) amount_minor: i64,
    pub(super) asset: AssetCode,
    /// `ok`, or the code of its refusal.
    pub(super) code: String,
    pub(super) posted_at: UtcMicros,
    /// From when on it counts; `None` where it changed no balance.
    pub(super) value_on: Option<Date>,
    /// Of an exchange: the pair and its rate.
    pub(super) rate: Option<String>,
    pub(super) details: Option<Vec<u8>>,
    /// Its number among the entries of the account by which it was found in a list.
    pub(super) sequence: Option<i64>,
}

/// Which of its two dates a transfer is listed by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum By {
    /// When it was posted.
    #[default]
    Posting,
    /// From when on it counts.
    Value,
}

/// Where an earlier page ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// Only by value date.
    pub(super) value_on: Option<Date>,
    pub(super) posted_at: UtcMicros,
    pub(super) id: TransferId,
    /// Number of the account's entry, where one account is listed.
    pub(super) sequence: Option<i64>,
}

/// Which movements to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct HistoryPage {
    /// Of this account only.
    pub(super) account: Option<AccountId>,
    /// Which date puts them in order.
    pub(super) by: By,
    /// From this day on.
    pub(super) from: Option<Date>,
    /// Up to this day.
    pub(super) to: Option<Date>,
    /// Older than this one.
    pub(super) before: Option<Before>,
    /// At most so many.
    pub(super) limit: i64,
}

/// Posted transfers of the caller's accounts, newest first.
pub(super) async fn history(
    services: &Services,
    caller: &Caller,
    page: HistoryPage,
) -> sqlx::Result<Vec<StoredTransfer>> {
    let mut tx = services.db.as_user(caller).await?;
    let book = services.bank.book;
    match page.by {
        By::Posting => store::history(&mut tx, book, caller.user, page).await,
        By::Value => store::history_by_value(&mut tx, book, caller.user, page).await,
    }
}

/// One transfer with its receipt as JSON: the receipt only for whoever signed it, since it opens what only they may see.
pub(super) async fn one(
    services: &Services,
    caller: &Caller,
    id: TransferId,
) -> Result<Option<(StoredTransfer, Option<Vec<u8>>)>, Fault> {
    let mut tx = services.db.as_user(caller).await?;
    let Some(transfer) = store::get(&mut tx, services.bank.book, id).await? else {
        return Ok(None);
    };
    // Whether the receipt may be shown is decided by the rows that the caller may see. Its proof needs hashes of other
    // people's leaves, which only the auditor's role may read.
    if !shows_record(&mut tx, services.bank.book, transfer.intent_id).await? {
        return Ok(Some((transfer, None)));
    }
    drop(tx);
    let mut tx = services.db.as_auditor().await?;
    let receipt = stored_receipt(&mut tx, services.bank.book, transfer.intent_id).await?;
    Ok(Some((transfer, receipt.map(|receipt| receipt_json(&receipt)))))
}

fn receipt_json(stored: &StoredReceipt) -> Vec<u8> {
    let mut out = Vec::new();
    ReceiptParts {
        intent_id: stored.intent_id,
        index: stored.index,
        leaf: &stored.leaf,
        record: &stored.record,
        effects: &stored.effects,
        inclusion: &stored.inclusion,
        checkpoint: &CheckpointText::new(&stored.checkpoint),
        certificates: &[],
    }
    .write(Form::Json, &mut out);
    out
}
