//! SQL of the poster: a fixed number of set-based statements per group commit, whatever its size.
//!
//! Arrays travel as parameters and are unnested; joins are index probes only. The poster's connection runs without JIT:
//! `unnest($n)` is estimated at 10 rows, and a misestimate would compile for seconds inside one batch.

#![expect(
    clippy::as_conversions,
    reason = "how sqlx is told the type of an array of borrowed values"
)]

use std::collections::HashMap;

use intent::{Group, IntentId, Leaf, Record, UserId, UtcMicros};
use ledger::{Account, AccountId, AccountRow, BookId, Freeze, RecordState, TransferId};
use money::Amount;
use risk::PairState;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use tlog::TreeSize;
use uuid::Uuid;

use super::fold::{ChangedAccount, Decision, HoldFacts, Item, Pair};
use crate::interest::{Accrual, accrual};
use crate::limits::{PayeeUsage, Usage};
use crate::sql::{book_id, corrupt, int8, micros, timestamp};

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

/// Which of `ids` were decided before.
pub(super) async fn decided_intents(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT intent_id FROM records WHERE book_id = $1 AND intent_id = ANY($2)",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await
}

/// Which of `ids` were used by an earlier transfer, refused or not.
pub(super) async fn taken_transfers(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<TransferId>> {
    let taken = sqlx::query_scalar!(
        "SELECT transfer_id FROM transfers WHERE book_id = $1 AND transfer_id = ANY($2)",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(taken.into_iter().map(TransferId::new).collect())
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
    let owners: Vec<Option<Uuid>> = pairs
        .iter()
        .map(|(payer, _)| owners.get(payer).copied().flatten().map(UserId::get))
        .collect();
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

/// One row per payee that was paid, however often.
pub(super) async fn write_payees(
    tx: &mut PgConnection,
    book: BookId,
    payees: &[(Pair, PayeeUsage)],
    owners: &HashMap<AccountId, Option<UserId>>,
) -> sqlx::Result<()> {
    if payees.is_empty() {
        return Ok(());
    }
    let ids = |of: fn(&Pair) -> AccountId| -> Vec<Uuid> {
        payees.iter().map(|(pair, _)| of(pair).get()).collect()
    };
    let column =
        |of: fn(&PayeeUsage) -> i64| -> Vec<i64> { payees.iter().map(|(_, to)| of(to)).collect() };
    let owners: Vec<Option<Uuid>> = payees
        .iter()
        .map(|((payer, _), _)| owners.get(payer).copied().flatten().map(UserId::get))
        .collect();
    let since: Vec<OffsetDateTime> =
        payees.iter().map(|(_, to)| timestamp(to.known_since)).collect();
    let last: Vec<Option<OffsetDateTime>> =
        payees.iter().map(|(_, to)| to.last_paid_at.map(timestamp)).collect();
    let risk: Vec<Vec<u8>> = payees.iter().map(|(_, to)| to.risk.to_bytes()).collect();
    let written = sqlx::query!(
        "INSERT INTO payees (book_id, account_id, payee_id, owner, known_since, last_paid_at, payments, total, day_sum, risk)
         SELECT $1, u.account_id, u.payee_id, u.owner, u.known_since, u.last_paid_at, u.payments, u.total, u.day_sum, u.risk
           FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::int8[], $8::int8[],
                       $9::int8[], $10::bytea[])
                AS u (account_id, payee_id, owner, known_since, last_paid_at, payments, total, day_sum, risk)
         ON CONFLICT (book_id, account_id, payee_id) DO UPDATE
            SET last_paid_at = excluded.last_paid_at, payments = excluded.payments, total = excluded.total,
                day_sum = excluded.day_sum, risk = excluded.risk",
        book_id(book),
        &ids(|pair| pair.0),
        &ids(|pair| pair.1),
        &owners as &[Option<Uuid>],
        &since,
        &last as &[Option<OffsetDateTime>],
        &column(|to| to.payments),
        &column(|to| to.total),
        &column(|to| to.day_sum),
        &risk,
    )
    .execute(tx)
    .await?;
    require_rows(written.rows_affected(), payees.len())
}

/// The rows of a group commit, column by column.
#[derive(Default)]
pub(super) struct TransferRows {
    ids: Vec<Uuid>,
    intents: Vec<Uuid>,
    items: Vec<i32>,
    kinds: Vec<&'static str>,
    refers_to: Vec<Option<Uuid>>,
    debits: Vec<Uuid>,
    credits: Vec<Uuid>,
    debit_owners: Vec<Option<Uuid>>,
    credit_owners: Vec<Option<Uuid>>,
    amounts: Vec<i64>,
    assets: Vec<String>,
    codes: Vec<&'static str>,
    value_dates: Vec<Option<Date>>,
    rates: Vec<Option<String>>,
    entry_accounts: Vec<Uuid>,
    entry_sequences: Vec<i64>,
    entry_transfers: Vec<Uuid>,
    entry_owners: Vec<Option<Uuid>>,
    entry_sides: Vec<&'static str>,
    entry_amounts: Vec<i64>,
    entry_balances: Vec<i64>,
}

impl TransferRows {
    /// Adds what became of one transfer of an intent.
    pub(super) fn push(
        &mut self,
        intent_id: Uuid,
        item: usize,
        (decision, decided): (&Decision, &Item),
        owners: &HashMap<AccountId, Option<UserId>>,
    ) -> sqlx::Result<()> {
        if !decided.id_was_free {
            return Ok(());
        }
        let owner = |account: &AccountId| owners.get(account).copied().flatten().map(UserId::get);
        self.ids.push(decided.id.get());
        self.intents.push(intent_id);
        self.items.push(i32::try_from(item).map_err(|error| sqlx::Error::Encode(error.into()))?);
        self.kinds.push(decided.kind.name());
        self.refers_to.push(decided.kind.refers_to().map(TransferId::get));
        self.debits.push(decided.debit.get());
        self.credits.push(decided.credit.get());
        self.debit_owners.push(owner(&decided.debit));
        self.credit_owners.push(owner(&decided.credit));
        self.amounts.push(decided.amount.minor());
        self.assets.push(decided.amount.asset().to_string());
        self.codes.push(decided.code());
        self.value_dates.push(decision.value_on(decided));
        self.rates.push(decision.rate(decided).map(str::to_owned));
        let Ok(posting) = &decided.outcome else { return Ok(()) };
        for entry in posting.entries() {
            self.entry_accounts.push(entry.account().get());
            self.entry_sequences.push(entry.sequence());
            self.entry_transfers.push(decided.id.get());
            self.entry_owners.push(owner(&entry.account()));
            self.entry_sides.push(entry.side().name());
            self.entry_amounts.push(entry.amount().minor());
            self.entry_balances.push(entry.balance_after());
        }
        Ok(())
    }
}

/// Inserts transfers and entries: two statements.
pub(super) async fn insert_transfers(
    tx: &mut PgConnection,
    book: BookId,
    rows: &TransferRows,
    posted_at: UtcMicros,
) -> sqlx::Result<()> {
    if rows.ids.is_empty() {
        return Ok(());
    }
    let inserted = sqlx::query!(
        "INSERT INTO transfers (book_id, transfer_id, intent_id, item, kind, debit_account, credit_account,
                                debit_owner, credit_owner, amount, asset, code, refers_to, value_on, rate,
                                posted_at)
         SELECT $1, u.transfer_id, u.intent_id, u.item, u.kind, u.debit, u.credit, u.debit_owner, u.credit_owner,
                u.amount, u.asset, u.code, u.refers_to, u.value_on, u.rate, $16
           FROM unnest($2::uuid[], $3::uuid[], $4::int4[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
                       $9::int8[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::date[], $15::text[])
                AS u (transfer_id, intent_id, item, debit, credit, debit_owner, credit_owner, amount, asset, code, kind,
                      refers_to, value_on, rate)",
        book_id(book),
        &rows.ids,
        &rows.intents,
        &rows.items,
        &rows.debits,
        &rows.credits,
        &rows.debit_owners as &[Option<Uuid>],
        &rows.credit_owners as &[Option<Uuid>],
        &rows.amounts,
        &rows.assets,
        &rows.codes as &[&str],
        &rows.kinds as &[&str],
        &rows.refers_to as &[Option<Uuid>],
        &rows.value_dates as &[Option<Date>],
        &rows.rates as &[Option<String>],
        timestamp(posted_at),
    )
    .execute(&mut *tx)
    .await?;
    require_rows(inserted.rows_affected(), rows.ids.len())?;
    let inserted = sqlx::query!(
        "INSERT INTO entries (book_id, account_id, sequence, transfer_id, owner, side, amount, balance_after)
         SELECT $1, u.account_id, u.sequence, u.transfer_id, u.owner, u.side, u.amount, u.balance_after
           FROM unnest($2::uuid[], $3::int8[], $4::uuid[], $5::uuid[], $6::text[], $7::int8[], $8::int8[])
                AS u (account_id, sequence, transfer_id, owner, side, amount, balance_after)",
        book_id(book),
        &rows.entry_accounts,
        &rows.entry_sequences,
        &rows.entry_transfers,
        &rows.entry_owners as &[Option<Uuid>],
        &rows.entry_sides as &[&str],
        &rows.entry_amounts,
        &rows.entry_balances,
    )
    .execute(&mut *tx)
    .await?;
    require_rows(inserted.rows_affected(), rows.entry_accounts.len())
}

/// One update per touched account, however often it was touched: a hot account costs one row write per group commit.
pub(super) async fn update_accounts(
    tx: &mut PgConnection,
    book: BookId,
    accounts: &[ChangedAccount],
) -> sqlx::Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&AccountRow) -> i64| -> Vec<i64> {
        accounts.iter().map(|account| of(&account.row)).collect()
    };
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.row.id.get()).collect();
    let risk: Vec<&[u8]> = accounts.iter().map(|account| account.risk.as_slice()).collect();
    let usage: Vec<&[u8]> = accounts.iter().map(|account| account.usage.as_slice()).collect();
    let updated = sqlx::query!(
        "UPDATE accounts SET debits_posted = u.debits_posted, credits_posted = u.credits_posted,
                debits_pending = u.debits_pending, credits_pending = u.credits_pending,
                entry_count = u.entry_count, risk = u.risk, usage = u.usage
           FROM unnest($2::uuid[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::bytea[], $9::bytea[])
                AS u (account_id, debits_posted, credits_posted, debits_pending, credits_pending, entry_count, risk,
                      usage)
          WHERE accounts.book_id = $1 AND accounts.account_id = u.account_id",
        book_id(book),
        &ids,
        &column(|row| row.debits_posted),
        &column(|row| row.credits_posted),
        &column(|row| row.debits_pending),
        &column(|row| row.credits_pending),
        &column(|row| row.entry_count),
        &risk as &[&[u8]],
        &usage as &[&[u8]],
    )
    .execute(tx)
    .await?;
    require_rows(updated.rows_affected(), ids.len())
}

/// One record about to be stored.
pub(super) struct NewRecord<'a> {
    pub(super) index: u64,
    pub(super) intent_id: Uuid,
    pub(super) user: Option<UserId>,
    pub(super) leaf: &'a Leaf,
    pub(super) record: &'a Record,
}

/// Inserts the evidence of a group commit.
pub(super) async fn insert_records(
    tx: &mut PgConnection,
    book: BookId,
    tree_size: TreeSize,
    recorded_at: OffsetDateTime,
    records: &[NewRecord<'_>],
) -> sqlx::Result<()> {
    let indices = records.iter().map(|new| int8(new.index)).collect::<sqlx::Result<Vec<_>>>()?;
    let ids: Vec<Uuid> = records.iter().map(|new| new.intent_id).collect();
    let users: Vec<Option<Uuid>> = records.iter().map(|new| new.user.map(UserId::get)).collect();
    let leaves: Vec<Vec<u8>> = records.iter().map(|new| new.leaf.to_bytes().to_vec()).collect();
    let salts: Vec<Vec<u8>> = records.iter().map(|new| salts(new.record)).collect();
    let group = |group: Group| -> Vec<&[u8]> {
        records
            .iter()
            .map(|new| new.record.group(group).map_or(&[][..], |opening| &opening.bytes))
            .collect()
    };
    let inserted = sqlx::query!(
        "INSERT INTO records (book_id, leaf_index, intent_id, tree_size, recorded_at, user_id, leaf, salts,
                              intent, actor, origin, effects, evidence)
         SELECT $1, u.leaf_index, u.intent_id, $2, $3, u.user_id, u.leaf, u.salts,
                u.intent, u.actor, u.origin, u.effects, u.evidence
           FROM unnest($4::int8[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[],
                       $11::bytea[], $12::bytea[], $13::bytea[])
                AS u (leaf_index, intent_id, user_id, leaf, salts, intent, actor, origin, effects, evidence)",
        book_id(book),
        int8(tree_size.get())?,
        recorded_at,
        &indices,
        &ids,
        &users as &[Option<Uuid>],
        &leaves,
        &salts,
        &group(Group::Intent) as &[&[u8]],
        &group(Group::Actor) as &[&[u8]],
        &group(Group::Origin) as &[&[u8]],
        &group(Group::Effects) as &[&[u8]],
        &group(Group::Evidence) as &[&[u8]],
    )
    .execute(tx)
    .await?;
    require_rows(inserted.rows_affected(), records.len())
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
    require_rows(inserted.rows_affected(), ids.len())
}

/// Makes every cached answer about people and certificates old, on every instance.
pub(super) async fn bump_epoch(tx: &mut PgConnection, book: BookId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE authority_state SET epoch = epoch + 1 WHERE book_id = $1", book_id(book))
        .execute(tx)
        .await?;
    Ok(())
}

fn salts(record: &Record) -> Vec<u8> {
    Group::ALL
        .iter()
        .flat_map(|group| record.group(*group).map_or([0; 32], |opening| opening.salt))
        .collect()
}

/// A statement that wrote fewer or more rows than it was given is a bug or a race that the locks exclude.
fn require_rows(written: u64, expected: usize) -> sqlx::Result<()> {
    if usize::try_from(written) == Ok(expected) {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol(format!("wrote {written} rows of {expected}")))
    }
}
