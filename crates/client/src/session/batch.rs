//! Batches: many payments from one account under one signature.

use std::collections::BTreeMap;

use intent::{BatchItem, Body, Details};
use ledger::{AccountId, TransferId};
use money::Amount;
use uuid::Uuid;

use crate::ClientError;

/// One payment of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BatchLine {
    /// Payee's account.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// Free text for the payee.
    pub memo: Option<String>,
}

/// One commitment covers the memos of the whole batch, each under its line's transfer id.
pub(super) fn batch_body(
    from: AccountId,
    lines: &[BatchLine],
    atomic: bool,
) -> Result<(Body, Option<Details>), ClientError> {
    let ids: Vec<_> = lines.iter().map(|_| TransferId::new(Uuid::now_v7())).collect();
    let memos: BTreeMap<String, String> = ids
        .iter()
        .zip(lines)
        .filter_map(|(id, line)| Some((id.to_string(), line.memo.clone()?)))
        .collect();
    let details = if memos.is_empty() {
        None
    } else {
        Some(Details { salt: crypto::random()?, value: memos })
    };
    let commitment = details.as_ref().map(Details::commitment);
    let items = ids
        .iter()
        .zip(lines)
        .map(|(id, line)| BatchItem {
            id: *id,
            debit: from,
            credit: line.to,
            amount: line.amount,
            details: commitment,
        })
        .collect();
    Ok((Body::TransferBatch { atomic, items }, details))
}
