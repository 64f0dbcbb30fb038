//! What a group commit works on: read under locks before its fold, and written after it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use intent::{IntentId, UserId, UtcMicros};
use ledger::{BookId, Ledger, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::attempt::Aborted;
use super::fold::{self, Fold, Needs, Pair, ending_id};
use super::store::{self, Postings, Referenced, TransferRows};
use crate::approvals::APPROVALS;
use crate::bank::Bank;
use crate::log::store as log_store;
use crate::payment_files::PAYMENT_FILES;
use crate::policies::Policies;
use crate::policies::rules::POLICIES;
use crate::registers::{self, Row, Rows};
use crate::standing_orders::{Order, STANDING_ORDERS};
use crate::users::registrations::{RECOVERY_LIMITS, RECOVERY_PAYMENTS};

/// What the bank allows, and the epoch of authority as of which it does.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub(super) epoch: u64,
    pub(super) policies: Arc<Policies>,
}

/// The policies in force: the cached ones, which the commit checks by their epoch, or those that are stored.
pub(super) async fn policies(
    tx: &mut PgConnection,
    book: BookId,
    cached: Option<InForce>,
) -> sqlx::Result<InForce> {
    if let Some(cached) = cached {
        return Ok(cached);
    }
    // The epoch comes first: policies that are newer than it make the commit try again, older ones would not.
    let epoch = log_store::authority_epoch(tx, book).await?;
    let rows = registers::load_all(tx, book, &POLICIES).await?.into_iter().collect();
    Ok(InForce { epoch, policies: Arc::new(Policies::in_force(&rows)) })
}

/// What a group commit works on.
pub(super) struct Loaded<'a> {
    pub(super) fold: Fold<'a>,
    /// Those of its intents and events that were decided before.
    pub(super) decided: HashSet<Uuid>,
}

/// Locks and reads everything that is needed, in the order of locks: accounts by id come first.
pub(super) async fn load<'a>(
    tx: &mut PgConnection,
    book: BookId,
    intents: &[Uuid],
    mut needs: Needs,
    bank: &'a Bank,
    policies: Arc<Policies>,
    now: UtcMicros,
) -> Result<Loaded<'a>, Aborted> {
    find_what_is_referred_to(tx, book, &mut needs).await?;
    let accounts: Vec<_> = needs.accounts.iter().map(|account| account.get()).collect();
    store::lock_accounts(tx, book, &accounts).await?;
    let loaded = store::read_accounts(tx, book, &accounts).await?;
    let transfers: Vec<_> = needs.transfers.iter().map(|id| id.get()).collect();
    // Under the locks: another instance may have decided the same while we waited.
    let used = store::used_ids(tx, book, intents, &transfers).await?;

    let mut fold = Fold::new(Ledger::new(), &bank.equity, bank.founded_at, policies);
    fold.assets = Arc::clone(&bank.assets);
    fold.risk = fold::risk_states(loaded.iter().map(|l| (l.account.id, l.risk.as_slice())))?;
    fold.taken = used.transfers.into_iter().map(TransferId::new).collect();
    let mut limited = BTreeSet::new();
    for account in loaded {
        let id = account.account.id;
        fold.owners.insert(id, account.owner);
        fold.usage.insert(id, account.usage);
        fold.opened_at.insert(id, account.opened_at);
        fold.accruals.extend(account.accrual.map(|accrual| (id, accrual)));
        limited.extend(account.owner.filter(|_| account.limited_until.is_some_and(|it| now < it)));
        fold.ledger.load_account(account.account);
    }
    lock_recoveries(tx, book, &limited, &mut fold).await?;
    let pairs: Vec<Pair> = needs.payees.iter().copied().collect();
    (fold.payees, fold.vouched) = store::read_payees(tx, book, &pairs, &fold.owners).await?;
    if !needs.refers_to.is_empty() || !needs.payments.is_empty() {
        load_records(tx, book, &needs, &mut fold).await?;
    }
    load_orders(tx, book, &needs, &mut fold).await?;
    // Under the lock of the account that pays: two of one message id wait for one another.
    for sent_as in &needs.files {
        let lookup = registers::Lookup {
            register: &PAYMENT_FILES,
            matching: Some(("sent_as", sent_as.clone())),
        };
        for row in registers::load(tx, book, &lookup).await? {
            fold.rows.put(row);
        }
    }
    Ok(Loaded { fold, decided: used.intents.into_iter().collect() })
}

/// What people have paid since they came back without any of their devices: each has a lock, which accounts that are paid at
/// the same time, at other instances, share.
async fn lock_recoveries(
    tx: &mut PgConnection,
    book: BookId,
    limited: &BTreeSet<UserId>,
    fold: &mut Fold<'_>,
) -> sqlx::Result<()> {
    for user in limited {
        let of = |register| registers::Lookup {
            register,
            matching: Some(("user_id", user.to_string())),
        };
        let mut rows = registers::lock_rows(tx, book, &of(&RECOVERY_LIMITS)).await?;
        rows.extend(registers::load(tx, book, &of(&RECOVERY_PAYMENTS)).await?);
        for row in rows {
            fold.rows.put(row);
        }
    }
    Ok(())
}

/// Accounts of earlier transfers never change: they are found before the locks are taken.
async fn find_what_is_referred_to(
    tx: &mut PgConnection,
    book: BookId,
    needs: &mut Needs,
) -> sqlx::Result<()> {
    if !needs.payments.is_empty() {
        let payments: Vec<_> = needs.payments.iter().map(|payment| payment.get()).collect();
        let holds = store::holds_of(tx, book, &payments).await?;
        needs.transfers.extend(holds.iter().map(|hold| ending_id(*hold)));
        needs.refers_to.extend(holds);
    }
    if !needs.refers_to.is_empty() {
        for found in store::referenced(tx, book, &ids(&needs.refers_to)).await? {
            needs.accounts.extend([found.debit, found.credit]);
            // A capture is a payment; what else follows a transfer reads more than it needs.
            needs.payees.insert((found.debit, found.credit));
        }
    }
    for row in orders(tx, book, &needs.orders).await? {
        if let Some(Order { debit, credit, .. }) = Order::read(&row) {
            needs.accounts.extend([debit, credit]);
            needs.payees.insert((debit, credit));
        }
    }
    Ok(())
}

/// Standing orders, which the locks of their payers' accounts protect.
async fn load_orders(
    tx: &mut PgConnection,
    book: BookId,
    needs: &Needs,
    fold: &mut Fold<'_>,
) -> Result<(), Aborted> {
    for row in orders(tx, book, &needs.orders).await? {
        // One that was placed while we waited for locks: its accounts were neither locked nor read.
        if Order::read(&row)
            .is_some_and(|order| !needs.payees.contains(&(order.debit, order.credit)))
        {
            return Err(Aborted::Overtaken);
        }
        fold.rows.put(row);
    }
    Ok(())
}

async fn orders(
    tx: &mut PgConnection,
    book: BookId,
    orders: &BTreeSet<IntentId>,
) -> sqlx::Result<Vec<Row>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = orders.iter().map(IntentId::to_string).collect();
    registers::load_among(tx, book, &STANDING_ORDERS, "order_id", &ids).await
}

/// The state of earlier transfers, which their accounts' locks protect.
async fn load_records(
    tx: &mut PgConnection,
    book: BookId,
    needs: &Needs,
    fold: &mut Fold<'_>,
) -> Result<(), Aborted> {
    let mut found = store::referenced(tx, book, &ids(&needs.refers_to)).await?;
    // One that was committed while we waited for locks: what belongs to it was neither locked nor read.
    let is_strange = |found: &Referenced| {
        let pair = (found.debit, found.credit);
        !needs.payees.contains(&pair)
            || [pair.0, pair.1].iter().any(|account| !needs.accounts.contains(account))
    };
    let payments: Vec<_> = needs.payments.iter().map(|payment| payment.get()).collect();
    let holds = store::holds_of(tx, book, &payments).await?;
    if found.iter().any(is_strange) || holds.iter().any(|hold| !needs.refers_to.contains(hold)) {
        return Err(Aborted::Overtaken);
    }
    found.sort_by_key(|found| (found.intent, found.item));
    let mut payments: BTreeSet<IntentId> = needs.payments.clone();
    for Referenced { record, facts, intent, .. } in found {
        if let Some(facts) = facts {
            fold.holds.insert(record.id(), facts);
            if facts.is_for_approval {
                fold.held_for.entry(intent).or_default().push(record.id());
                payments.insert(intent);
            }
        }
        fold.ledger.load_record(record);
    }
    for payment in payments {
        let lookup = registers::Lookup {
            register: &APPROVALS,
            matching: Some(("payment", payment.to_string())),
        };
        for row in registers::load(tx, book, &lookup).await? {
            fold.rows.put(row);
        }
    }
    Ok(())
}

/// Writes what the fold has changed: a fixed number of statements for any number of transfers.
pub(super) async fn write(
    tx: &mut PgConnection,
    book: BookId,
    fold: &Fold<'_>,
    transfers: &TransferRows,
    registers: &Rows,
    now: UtcMicros,
) -> sqlx::Result<()> {
    let payees: Vec<_> = fold.changed_payees().collect();
    let postings = Postings {
        transfers,
        accounts: &fold.changed_accounts(),
        payees: &payees,
        owners: &fold.owners,
        posted_at: now,
    };
    store::write_postings(tx, book, &postings).await?;
    let mut written: Vec<Row> = fold.changed_records();
    written.extend(fold.changed_accruals());
    written.extend(registers.iter().cloned());
    registers::service::write(tx, book, &written).await
}

fn ids(transfers: &BTreeSet<TransferId>) -> Vec<Uuid> {
    transfers.iter().map(|id| id.get()).collect()
}
