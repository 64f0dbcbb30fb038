//! What a group commit writes of postings: one statement.

use std::collections::HashMap;

use intent::{UserId, UtcMicros};
use ledger::{AccountId, AccountRow, BookId, TransferId};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::super::fold::{ChangedAccount, Decision, Item, Pair};
use super::{owner_of, require_rows};
use crate::limits::PayeeUsage;
use crate::sql::{book_id, timestamp};

/// The rows of a group commit, column by column.
#[derive(Default)]
pub(in crate::corridor) struct TransferRows {
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
    pub(in crate::corridor) fn push(
        &mut self,
        intent_id: Uuid,
        item: usize,
        (decision, decided): (&Decision, &Item),
        owners: &HashMap<AccountId, Option<UserId>>,
    ) -> sqlx::Result<()> {
        if !decided.id_was_free {
            return Ok(());
        }
        let owner = |account: &AccountId| owner_of(owners, account);
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

/// What a fold has changed, for [`write_postings`].
pub(in crate::corridor) struct Postings<'a> {
    pub(in crate::corridor) transfers: &'a TransferRows,
    pub(in crate::corridor) accounts: &'a [ChangedAccount],
    pub(in crate::corridor) payees: &'a [(Pair, PayeeUsage)],
    pub(in crate::corridor) owners: &'a HashMap<AccountId, Option<UserId>>,
    pub(in crate::corridor) posted_at: UtcMicros,
}

/// Inserts transfers and entries; updates each account and each payee once, however often they were touched: a hot account
/// costs one row write per group commit.
#[expect(clippy::too_many_lines, reason = "one statement with all of its columns")]
pub(in crate::corridor) async fn write_postings(
    tx: &mut PgConnection,
    book: BookId,
    Postings { transfers: rows, accounts, payees, owners, posted_at }: &Postings<'_>,
) -> sqlx::Result<()> {
    if rows.ids.is_empty() && accounts.is_empty() && payees.is_empty() {
        return Ok(());
    }
    let balance = |of: fn(&AccountRow) -> i64| -> Vec<i64> {
        accounts.iter().map(|account| of(&account.row)).collect()
    };
    let account_ids: Vec<Uuid> = accounts.iter().map(|account| account.row.id.get()).collect();
    let risk: Vec<&[u8]> = accounts.iter().map(|account| account.risk.as_slice()).collect();
    let usage: Vec<&[u8]> = accounts.iter().map(|account| account.usage.as_slice()).collect();
    let side = |of: fn(&Pair) -> AccountId| -> Vec<Uuid> {
        payees.iter().map(|(pair, _)| of(pair).get()).collect()
    };
    let figure =
        |of: fn(&PayeeUsage) -> i64| -> Vec<i64> { payees.iter().map(|(_, to)| of(to)).collect() };
    let owned_by: Vec<Option<Uuid>> =
        payees.iter().map(|((payer, _), _)| owner_of(owners, payer)).collect();
    let known_since: Vec<OffsetDateTime> =
        payees.iter().map(|(_, to)| timestamp(to.known_since)).collect();
    let last_paid_at: Vec<Option<OffsetDateTime>> =
        payees.iter().map(|(_, to)| to.last_paid_at.map(timestamp)).collect();
    let payee_risk: Vec<Vec<u8>> = payees.iter().map(|(_, to)| to.risk.to_bytes()).collect();
    let written = sqlx::query!(
        r#"WITH transferred AS (
             INSERT INTO transfers (book_id, transfer_id, intent_id, item, kind, debit_account, credit_account,
                                    debit_owner, credit_owner, amount, asset, code, refers_to, value_on, rate, posted_at)
             SELECT $1, u.transfer_id, u.intent_id, u.item, u.kind, u.debit, u.credit, u.debit_owner, u.credit_owner,
                    u.amount, u.asset, u.code, u.refers_to, u.value_on, u.rate, $2
               FROM unnest($3::uuid[], $4::uuid[], $5::int4[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[],
                           $10::int8[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::date[], $16::text[])
                    AS u (transfer_id, intent_id, item, debit, credit, debit_owner, credit_owner, amount, asset, code,
                          kind, refers_to, value_on, rate)
             RETURNING 1),
           entered AS (
             INSERT INTO entries (book_id, account_id, sequence, transfer_id, owner, side, amount, balance_after)
             SELECT $1, u.account_id, u.sequence, u.transfer_id, u.owner, u.side, u.amount, u.balance_after
               FROM unnest($17::uuid[], $18::int8[], $19::uuid[], $20::uuid[], $21::text[], $22::int8[], $23::int8[])
                    AS u (account_id, sequence, transfer_id, owner, side, amount, balance_after)
             RETURNING 1),
           updated AS (
             UPDATE accounts SET debits_posted = u.debits_posted, credits_posted = u.credits_posted,
                    debits_pending = u.debits_pending, credits_pending = u.credits_pending,
                    entry_count = u.entry_count, risk = u.risk, usage = u.usage
               FROM unnest($24::uuid[], $25::int8[], $26::int8[], $27::int8[], $28::int8[], $29::int8[], $30::bytea[],
                           $31::bytea[])
                    AS u (account_id, debits_posted, credits_posted, debits_pending, credits_pending, entry_count, risk,
                          usage)
              WHERE accounts.book_id = $1 AND accounts.account_id = u.account_id
             RETURNING 1),
           paid AS (
             INSERT INTO payees (book_id, account_id, payee_id, owner, known_since, last_paid_at, payments, total, day_sum,
                                 risk)
             SELECT $1, u.account_id, u.payee_id, u.owner, u.known_since, u.last_paid_at, u.payments, u.total, u.day_sum,
                    u.risk
               FROM unnest($32::uuid[], $33::uuid[], $34::uuid[], $35::timestamptz[], $36::timestamptz[], $37::int8[],
                           $38::int8[], $39::int8[], $40::bytea[])
                    AS u (account_id, payee_id, owner, known_since, last_paid_at, payments, total, day_sum, risk)
             ON CONFLICT (book_id, account_id, payee_id) DO UPDATE
                SET last_paid_at = excluded.last_paid_at, payments = excluded.payments, total = excluded.total,
                    day_sum = excluded.day_sum, risk = excluded.risk
             RETURNING 1)
           SELECT (SELECT count(*) FROM transferred) AS "transfers!", (SELECT count(*) FROM entered) AS "entries!",
                  (SELECT count(*) FROM updated) AS "accounts!", (SELECT count(*) FROM paid) AS "payees!""#,
        book_id(book),
        timestamp(*posted_at),
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
        &rows.entry_accounts,
        &rows.entry_sequences,
        &rows.entry_transfers,
        &rows.entry_owners as &[Option<Uuid>],
        &rows.entry_sides as &[&str],
        &rows.entry_amounts,
        &rows.entry_balances,
        &account_ids,
        &balance(|row| row.debits_posted),
        &balance(|row| row.credits_posted),
        &balance(|row| row.debits_pending),
        &balance(|row| row.credits_pending),
        &balance(|row| row.entry_count),
        &risk as &[&[u8]],
        &usage as &[&[u8]],
        &side(|pair| pair.0),
        &side(|pair| pair.1),
        &owned_by as &[Option<Uuid>],
        &known_since,
        &last_paid_at as &[Option<OffsetDateTime>],
        &figure(|to| to.payments),
        &figure(|to| to.total),
        &figure(|to| to.day_sum),
        &payee_risk,
    )
    .fetch_one(tx)
    .await?;
    require_rows(written.transfers, rows.ids.len())?;
    require_rows(written.entries, rows.entry_accounts.len())?;
    require_rows(written.accounts, accounts.len())?;
    require_rows(written.payees, payees.len())
}
