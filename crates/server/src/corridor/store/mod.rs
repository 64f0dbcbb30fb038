//! SQL of the poster: a fixed number of set-based statements per group commit, whatever its size.
//!
//! Arrays travel as parameters and are unnested; joins are index probes only. The poster's connection runs without JIT:
//! `unnest($n)` is estimated at 10 rows, and a misestimate would compile for seconds inside one batch.

#![expect(
    clippy::as_conversions,
    reason = "how sqlx is told the type of an array of borrowed values"
)]

mod log_append;
mod postings;

use std::collections::HashMap;

use intent::{IntentId, UserId, UtcMicros};
use ledger::{Account, AccountId, AccountRow, BookId, Freeze, RecordState, TransferId};
use money::Amount;
use risk::PairState;
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) use self::log_append::{LogAppend, NewRecord, append_to_log};
pub(super) use self::postings::{Postings, TransferRows, write_postings};
use super::fold::{HoldFacts, Pair};
use crate::interest::{Accrual, accrual};
use crate::limits::{PayeeUsage, Usage};
use crate::sql::{book_id, corrupt, micros};

/// An account as the fold needs it.
pub(super) struct LoadedAccount {
    pub(super) account: Account,
    pub(super) owner: Option<UserId>,
    pub(super) risk: Vec<u8>,
    pub(super) usage: Usage,
    pub(super) opened_at: UtcMicros,
    /// Until when its owner may pay little only.
    pub(super) limited_until: Option<UtcMicros>,
    pub(super) accrual: Option<Accrual>,
}

/// Locks the accounts that exist. A statement of its own: under READ COMMITTED only a later statement sees what the
/// transaction that we waited for has committed. The ORDER BY makes acquisition canonical; do not remove it.
pub(super) async fn lock_accounts(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT account_id FROM accounts WHERE book_id = $1 AND account_id = ANY($2)
          ORDER BY account_id FOR NO KEY UPDATE",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Reads the accounts that [`lock_accounts`] has locked.
pub(super) async fn read_accounts(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<LoadedAccount>> {
    let rows = sqlx::query!(
        r#"SELECT a.account_id, a.owner, a.asset, a.kind, a.floor, a.freeze_debit, a.freeze_credit, a.closed,
                a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.entry_count, a.risk, a.usage, a.opened_at,
                l.limited_until AS "limited_until?", i.until AS "until?", i.due AS "due?", i.running AS "running?",
                i.charged_until
           FROM accounts a
           LEFT JOIN LATERAL (SELECT until, due, running, charged_until FROM accruals
                               WHERE book_id = a.book_id AND account_id = a.account_id OFFSET 0) i ON true
           LEFT JOIN LATERAL (SELECT limited_until FROM recovery_limits
                               WHERE book_id = a.book_id AND user_id = a.owner OFFSET 0) l ON true
          WHERE a.book_id = $1 AND a.account_id = ANY($2)"#,
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let account = Account::from_stored(AccountRow {
                id: AccountId::new(row.account_id),
                asset: row.asset.parse().map_err(corrupt)?,
                kind: row.kind.parse().map_err(corrupt)?,
                floor: row.floor,
                freeze: Freeze { debit: row.freeze_debit, credit: row.freeze_credit },
                closed: row.closed,
                debits_posted: row.debits_posted,
                credits_posted: row.credits_posted,
                debits_pending: row.debits_pending,
                credits_pending: row.credits_pending,
                entry_count: row.entry_count,
            })
            .map_err(corrupt)?;
            let accrual = match (&row.until, &row.due, &row.running) {
                (Some(until), Some(due), Some(running)) => {
                    let charged = row.charged_until.as_deref();
                    Some(accrual(until, due, running, charged).map_err(corrupt)?)
                }
                _ => None,
            };
            Ok(LoadedAccount {
                account,
                accrual,
                owner: row.owner.map(UserId::new),
                risk: row.risk,
                usage: Usage::from_bytes(&row.usage).map_err(corrupt)?,
                opened_at: micros(row.opened_at),
                limited_until: row.limited_until.map(micros),
            })
        })
        .collect()
}

/// Ids that were used before.
pub(super) struct UsedIds {
    /// Of intents and events: these were decided.
    pub(super) intents: Vec<Uuid>,
    /// Of transfers, refused or not.
    pub(super) transfers: Vec<Uuid>,
}

/// Which of these ids were used before.
pub(super) async fn used_ids(
    tx: &mut PgConnection,
    book: BookId,
    intents: &[Uuid],
    transfers: &[Uuid],
) -> sqlx::Result<UsedIds> {
    sqlx::query_as!(
        UsedIds,
        r#"SELECT ARRAY(SELECT intent_id FROM records WHERE book_id = $1 AND intent_id = ANY($2)) AS "intents!",
                  ARRAY(SELECT transfer_id FROM transfers WHERE book_id = $1 AND transfer_id = ANY($3)) AS "transfers!""#,
        book_id(book),
        intents,
        transfers,
    )
    .fetch_one(tx)
    .await
}

/// An earlier transfer that was accepted, as a later one refers to it.
pub(super) struct Referenced {
    pub(super) record: ledger::Record,
    pub(super) intent: IntentId,
    /// Its position in its intent.
    pub(super) item: i32,
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    /// Of a hold.
    pub(super) facts: Option<HoldFacts>,
}

/// Accepted transfers of these ids, with what became of them.
pub(super) async fn referenced(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Referenced>> {
    let rows = sqlx::query!(
        r#"SELECT t.transfer_id, t.intent_id, t.item, t.kind, t.debit_account, t.credit_account, t.amount, t.asset,
                h.state AS "state?", h.for_approval AS "for_approval?", h.expires_at AS "expires_at?",
                h.captured AS "captured?", r.reversed AS "reversed?"
           FROM transfers t
           LEFT JOIN holds h ON h.book_id = t.book_id AND h.transfer_id = t.transfer_id
           LEFT JOIN reversals r ON r.book_id = t.book_id AND r.transfer_id = t.transfer_id
          WHERE t.book_id = $1 AND t.transfer_id = ANY($2) AND t.code = 'ok'"#,
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (debit, credit) =
                (AccountId::new(row.debit_account), AccountId::new(row.credit_account));
            let amount = Amount::new(row.amount, row.asset.parse().map_err(corrupt)?);
            let intent = IntentId::new(row.intent_id).map_err(corrupt)?;
            let (mut facts, mut state) = (None, RecordState::Final);
            if let (Some(held), Some(is_for_approval), Some(expires_at)) =
                (row.state.as_deref(), row.for_approval, row.expires_at)
            {
                let expires_at = micros(expires_at);
                facts = Some(HoldFacts { intent, is_for_approval, expires_at });
                state = match held {
                    "held" => RecordState::Held { expires_at_us: expires_at.get() },
                    "captured" => {
                        RecordState::Captured { captured_minor: row.captured.unwrap_or_default() }
                    }
                    "voided" => RecordState::Voided,
                    _ => RecordState::Expired,
                };
            } else if row.kind == "post" || row.kind == "capture" {
                state = RecordState::Posted { reversed_minor: row.reversed.unwrap_or_default() };
            }
            let id = TransferId::new(row.transfer_id);
            let amount = amount.map_err(corrupt)?;
            let record = ledger::Record::from_stored(id, debit, credit, amount, state);
            let record = record.map_err(corrupt)?;
            Ok(Referenced { record, intent, item: row.item, debit, credit, facts })
        })
        .collect()
}

/// The holds of payments that wait, or waited, for a person.
pub(super) async fn holds_of(
    tx: &mut PgConnection,
    book: BookId,
    payments: &[Uuid],
) -> sqlx::Result<Vec<TransferId>> {
    let holds = sqlx::query_scalar!(
        "SELECT transfer_id FROM holds WHERE book_id = $1 AND intent_id = ANY($2) AND for_approval",
        book_id(book),
        payments,
    )
    .fetch_all(tx)
    .await?;
    Ok(holds.into_iter().map(TransferId::new).collect())
}

/// What payers have paid to payees, and since when a person's own list vouches for one.
pub(super) type KnownPayees = (HashMap<Pair, PayeeUsage>, HashMap<(UserId, AccountId), UtcMicros>);

/// What is known of payees: rows that the payers' locks protect.
pub(super) async fn read_payees(
    tx: &mut PgConnection,
    book: BookId,
    pairs: &[Pair],
    owners: &HashMap<AccountId, Option<UserId>>,
) -> sqlx::Result<KnownPayees> {
    let mut known = KnownPayees::default();
    if pairs.is_empty() {
        return Ok(known);
    }
    let payers: Vec<Uuid> = pairs.iter().map(|(payer, _)| payer.get()).collect();
    let paid: Vec<Uuid> = pairs.iter().map(|(_, payee)| payee.get()).collect();
    let owners: Vec<Option<Uuid>> =
        pairs.iter().map(|(payer, _)| owner_of(owners, payer)).collect();
    let rows = sqlx::query!(
        r#"SELECT u.account_id AS "account_id!", u.payee_id AS "payee_id!", p.known_since AS "known_since?", p.last_paid_at,
                  p.payments AS "payments?", p.total AS "total?", p.day_sum AS "day_sum?", p.risk AS "risk?",
                  b.owner AS "owner?", b.since AS "since?"
             FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS u (account_id, payee_id, owner)
             LEFT JOIN LATERAL (SELECT known_since, last_paid_at, payments, total, day_sum, risk FROM payees
                                 WHERE book_id = $1 AND account_id = u.account_id AND payee_id = u.payee_id OFFSET 0) p ON true
             LEFT JOIN LATERAL (SELECT b.owner, b.since FROM beneficiaries b
                                 WHERE b.book_id = $1 AND b.owner = u.owner AND b.account = u.payee_id
                                   AND b.status = 'active' AND b.name_match <> 'none' OFFSET 0) b ON true"#,
        book_id(book),
        &payers,
        &paid,
        &owners as &[Option<Uuid>],
    )
    .fetch_all(tx)
    .await?;
    for row in rows {
        let (from, to) = (AccountId::new(row.account_id), AccountId::new(row.payee_id));
        if let (Some(owner), Some(since)) = (row.owner, row.since) {
            known.1.insert((UserId::new(owner), to), micros(since));
        }
        if let (Some(since), Some(payments), Some(total), Some(day_sum), Some(risk)) =
            (row.known_since, row.payments, row.total, row.day_sum, row.risk)
        {
            let usage = PayeeUsage {
                known_since: micros(since),
                last_paid_at: row.last_paid_at.map(micros),
                payments,
                total,
                day_sum,
                risk: PairState::from_bytes(&risk).map_err(corrupt)?,
            };
            known.0.insert((from, to), usage);
        }
    }
    Ok(known)
}

/// Free text of a transfer: its id, payer, payee, salt and canonical bytes.
pub(super) type DetailsRow = (Uuid, Option<Uuid>, Option<Uuid>, [u8; 32], Vec<u8>);

/// Free text of transfers, bound by the commitment inside the intent: one statement.
pub(super) async fn insert_details(
    tx: &mut PgConnection,
    book: BookId,
    details: &[DetailsRow],
) -> sqlx::Result<()> {
    if details.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = details.iter().map(|row| row.0).collect();
    let debit_owners: Vec<Option<Uuid>> = details.iter().map(|row| row.1).collect();
    let credit_owners: Vec<Option<Uuid>> = details.iter().map(|row| row.2).collect();
    let salts: Vec<&[u8]> = details.iter().map(|row| row.3.as_slice()).collect();
    let texts: Vec<&[u8]> = details.iter().map(|row| row.4.as_slice()).collect();
    let inserted = sqlx::query!(
        "INSERT INTO transfer_details (book_id, transfer_id, debit_owner, credit_owner, salt, details)
         SELECT $1, u.transfer_id, u.debit_owner, u.credit_owner, u.salt, u.details
           FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[])
                AS u (transfer_id, debit_owner, credit_owner, salt, details)",
        book_id(book),
        &ids,
        &debit_owners as &[Option<Uuid>],
        &credit_owners as &[Option<Uuid>],
        &salts as &[&[u8]],
        &texts as &[&[u8]],
    )
    .execute(tx)
    .await?;
    let written = i64::try_from(inserted.rows_affected()).unwrap_or(i64::MAX);
    require_rows(written, ids.len())
}

/// Makes every cached answer about people and certificates old, on every instance.
pub(super) async fn bump_epoch(tx: &mut PgConnection, book: BookId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE authority_state SET epoch = epoch + 1 WHERE book_id = $1", book_id(book))
        .execute(tx)
        .await?;
    Ok(())
}

/// Whose an account is; `None` is the bank's, or unknown.
fn owner_of(owners: &HashMap<AccountId, Option<UserId>>, account: &AccountId) -> Option<Uuid> {
    owners.get(account).copied().flatten().map(UserId::get)
}

/// A statement that wrote fewer or more rows than it was given is a bug or a race that the locks exclude.
fn require_rows(written: i64, expected: usize) -> sqlx::Result<()> {
    if usize::try_from(written) == Ok(expected) {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol(format!("wrote {written} rows of {expected}")))
    }
}
