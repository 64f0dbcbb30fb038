//! What payers write to payees, beside the log: of a transfer, and of a standing order, which is kept when it is placed and
//! written beside each of its payments.

use intent::{IntentId, Kind, UserId};
use ledger::{AccountId, BookId, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::fold::{Decision, Fact, Fold};
use super::store::DetailsRow;
use super::submission::Job;
use crate::texts::{self, Kept};

/// Keeps the free text of a single transfer that was posted.
pub(super) fn push_details(
    job: &Job,
    decision: &Decision,
    fold: &Fold<'_>,
    rows: &mut Vec<DetailsRow>,
) {
    let (Some(details), [item]) = (&job.details, decision.items.as_slice()) else { return };
    if item.outcome.is_ok() {
        let owner = |id| fold.owners.get(id).copied().flatten().map(UserId::get);
        let (debit, credit) = (owner(&item.debit), owner(&item.credit));
        rows.push((item.id.get(), debit, credit, details.salt, details.canonical()));
    }
}

/// What an order says, kept for the payments to come.
pub(super) fn text(job: &Job, decision: &Decision) -> Option<Kept> {
    let intent = job.intent.get();
    let is_order = intent.kind() == Kind::StandingOrderPlace && decision.refusal.is_none();
    job.details.as_ref().filter(|_| is_order).map(|details| Kept {
        intent: intent.id(),
        owner: job.actor.user,
        salt: details.salt,
        details: details.canonical(),
    })
}

/// A payment of an order.
pub(super) struct Paid {
    order: IntentId,
    transfer: TransferId,
    debit: AccountId,
    credit: AccountId,
}

impl Paid {
    /// The payment that a fact has made, if it has made one.
    pub(super) fn by(fact: Fact, decision: &Decision) -> Option<Self> {
        match (fact, decision.items.as_slice()) {
            (Fact::OrderDue { order, .. }, [item]) if item.outcome.is_ok() => {
                Some(Self { order, transfer: item.id, debit: item.debit, credit: item.credit })
            }
            _ => None,
        }
    }
}

/// What stands beside these payments.
pub(super) async fn details(
    tx: &mut PgConnection,
    book: BookId,
    fold: &Fold<'_>,
    paid: &[Paid],
) -> sqlx::Result<Vec<DetailsRow>> {
    let orders: Vec<Uuid> = paid.iter().map(|paid| paid.order.get()).collect();
    let kept = texts::of(tx, book, &orders).await?;
    let owner = |id: &AccountId| fold.owners.get(id).copied().flatten().map(UserId::get);
    let row = |paid: &Paid| {
        let Kept { salt, details, .. } = kept.iter().find(|kept| kept.intent == paid.order)?;
        let (debit, credit) = (owner(&paid.debit), owner(&paid.credit));
        Some((paid.transfer.get(), debit, credit, *salt, details.clone()))
    };
    Ok(paid.iter().filter_map(row).collect())
}
