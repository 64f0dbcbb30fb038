//! Whose statement, over which entries, and the writing of it.

use std::collections::BTreeMap;

use crypto::{Sha2, Sha256Hasher};
use intent::UtcMicros;
use ledger::{AccountId, AccountKind, AccountNumber};
use messages::statement::{Format, Head, Line, LogReceipt, StatementError, StatementWriter};
use money::{Asset, AssetCode};
use thiserror::Error;
use time::{Date, Duration};
use uuid::Uuid;

use super::body::{Broken, Chunks};
use super::kept::{Made, STATEMENTS};
use super::period::{Bisection, Period, SKEW_US};
use super::store::{self, EntryRow};
use crate::accounts::{StoredAccount, service as accounts};
use crate::log::service::head_of;
use crate::policies::VALUE_DAYS_MAX;
use crate::problem::Problem;
use crate::registers::Lookup;
use crate::sessions::{Caller, Reader};
use crate::sql::{corrupt, micros, timestamp};
use crate::{App, Services, clock, registers};

/// Entries that are read at once.
const PAGE: i64 = 500;

/// Where an account stood: the number of its last entry, and the balance after it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Mark {
    pub(super) sequence: i64,
    pub(super) balance: i64,
}

/// A period of an account, before its entries are read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(super) account: StoredAccount,
    pub(super) holder: String,
    pub(super) period: Period,
    pub(super) opening: Mark,
    pub(super) closing: Mark,
    /// What went out and what came in, in minor units.
    pub(super) sums: (String, String),
}

impl Found {
    /// The account's number.
    pub(crate) fn number(&self) -> AccountNumber {
        AccountNumber::of(self.account.account.id)
    }

    /// What it holds.
    pub(crate) const fn asset(&self) -> AssetCode {
        self.account.account.asset
    }
}

/// Why a statement broke off.
#[derive(Debug, Error)]
pub(crate) enum Unfinished {
    #[error("reading entries")]
    Database(#[from] sqlx::Error),
    #[error("the statement")]
    Statement(#[from] StatementError),
    #[error("entry {0} has another balance than the entries before it come to")]
    Balance(i64),
    #[error("entry {0} is missing")]
    Gap(i64),
    #[error("it is not what was stated: something in it has been erased or changed since")]
    Changed,
    #[error("the reader has gone")]
    Reader(#[from] Broken),
}

/// The period of an account that whoever reads may see.
pub(super) async fn find(
    services: &Services,
    reader: Reader,
    account: AccountId,
    period: Period,
) -> Result<Option<Found>, sqlx::Error> {
    let Some(account) = accounts::get(services, reader, account).await? else { return Ok(None) };
    let (id, book) = (account.account.id, services.bank.book);
    let mut tx = services.db.as_reader(reader).await?;
    let opening = mark(&mut tx, services, &account, period.begins()).await?;
    let closing = mark(&mut tx, services, &account, period.ends()).await?;
    let sums = store::sums(&mut tx, book, id, (opening.sequence, closing.sequence)).await?;
    let holder = match account.owner {
        Some(owner) => store::name(&mut tx, book, owner).await?.unwrap_or_default(),
        None => services.bank.name.to_string(),
    };
    Ok(Some(Found { account, holder, period, opening, closing, sums }))
}

/// Where an account that the caller may see stood at an instant, which counts.
pub(super) async fn balance_at(
    services: &Services,
    caller: &Caller,
    account: AccountId,
    at: UtcMicros,
) -> Result<Option<(StoredAccount, Mark)>, sqlx::Error> {
    let Some(account) = accounts::get(services, caller, account).await? else { return Ok(None) };
    let mut tx = services.db.as_user(caller).await?;
    let after = UtcMicros::from_micros(at.get().saturating_add(1));
    let mark = mark(&mut tx, services, &account, after).await?;
    Ok(Some((account, mark)))
}

/// Where an account that the caller may see stands at the end of a day by value dates: what was posted by then, less what
/// counts later. No value date is before its posting.
pub(super) async fn balance_by_value(
    services: &Services,
    caller: &Caller,
    account: AccountId,
    day: Date,
) -> Result<Option<(StoredAccount, i64)>, sqlx::Error> {
    let Some(account) = accounts::get(services, caller, account).await? else { return Ok(None) };
    let (id, book) = (account.account.id, services.bank.book);
    let first = day.checked_sub(Duration::days(VALUE_DAYS_MAX)).unwrap_or(day);
    let Some(period) = Period::new(first, day) else { return Ok(None) };
    let mut tx = services.db.as_user(caller).await?;
    let posted = mark(&mut tx, services, &account, period.ends()).await?;
    // What was posted before counts by then.
    let settled = mark(&mut tx, services, &account, period.begins()).await?;
    let range = (settled.sequence, posted.sequence);
    let (debits, credits) = store::sums_after(&mut tx, book, id, range, day).await?;
    let (grown, shrunk) = if is_normal(account.account.kind, "debit") {
        (debits, credits)
    } else {
        (credits, debits)
    };
    Ok(Some((account, posted.balance.saturating_sub(grown).saturating_add(shrunk))))
}

/// The last entry before an instant: by halves to where no later one can be older, then backwards to it.
async fn mark(
    tx: &mut sqlx::PgConnection,
    services: &Services,
    account: &StoredAccount,
    before: UtcMicros,
) -> sqlx::Result<Mark> {
    let (id, book) = (account.account.id, services.bank.book);
    let certain = timestamp(UtcMicros::from_micros(before.get().saturating_add(SKEW_US)));
    let mut search = Bisection::new(account.account.entry_count());
    while let Some(probe) = search.probe() {
        let posted_at = store::posted_at(tx, book, id, probe).await?;
        search.tell(probe, posted_at.is_some_and(|at| at < certain));
    }
    let found = store::last_before(tx, book, id, before, search.found()).await?;
    Ok(found.map(|(sequence, balance)| Mark { sequence, balance }).unwrap_or_default())
}

/// The head of a statement, as of the log's present checkpoint. It is read after the entries were found: every one of their
/// leaves is under it.
pub(super) async fn head(services: &Services, found: &Found) -> Result<Head, Problem> {
    let mut tx = services.db.as_auditor().await?;
    let log = head_of(&mut tx, services.bank.book).await?;
    drop(tx);
    let now = clock::now();
    let log = (log.size.get(), *log.root.as_bytes());
    head_as_of(services, found, (clock::fresh_id(now), now), log)
}

/// The head of a statement that was made earlier.
pub(super) fn head_of_kept(
    services: &Services,
    found: &Found,
    made: &Made,
) -> Result<Head, Problem> {
    head_as_of(services, found, (made.id, made.at), (made.size.get(), *made.root.as_bytes()))
}

fn head_as_of(
    services: &Services,
    found: &Found,
    (id, now): (Uuid, UtcMicros),
    (checkpoint_size, root_hash): (u64, [u8; 32]),
) -> Result<Head, Problem> {
    let account = &found.account.account;
    Ok(Head {
        id: id.simple().to_string(),
        number: None,
        bank_name: services.bank.name.to_string(),
        account: found.number(),
        holder: found.holder.clone(),
        asset: Asset::new(account.asset, found.account.scale).map_err(corrupt)?,
        from: found.period.from,
        to: found.period.to,
        created_at: timestamp(now),
        opening: found.opening.balance,
        closing: found.closing.balance,
        receipt: LogReceipt { log: services.bank.origin.to_string(), checkpoint_size, root_hash },
    })
}

/// Begins a statement: what can be refused is refused here, before anything is answered.
pub(super) fn begin(
    format: Format,
    head: Head,
) -> Result<StatementWriter<Vec<u8>>, StatementError> {
    StatementWriter::start(format, head, Vec::new())
}

/// The bank's signature on a statement.
pub(super) fn sign(app: &App, seal: &str) -> Option<Vec<u8>> {
    let signed = app.authority.checkpoint_signer().sign_statement(seal.as_bytes());
    signed.inspect_err(|error| tracing::error!(%error, "a statement was not signed")).ok()
}

/// Writes the entries, page by page, and the end. Of a statement that was `kept` by its signature and hash the end comes only
/// if it is the same.
pub(super) async fn write(
    app: App,
    reader: Reader,
    found: Found,
    mut writer: StatementWriter<Vec<u8>>,
    kept: Option<(Vec<u8>, Sha2)>,
    chunks: Chunks,
) -> Result<(), Unfinished> {
    let mut hasher = Sha256Hasher::new();
    let mut after = found.opening;
    while after.sequence < found.closing.sequence {
        let lines = lines_of(&app, reader, &found, &mut after).await?;
        for line in &lines {
            writer.push(line)?;
        }
        let part = std::mem::take(writer.buffer());
        hasher.update(&part);
        chunks.send(part).await?;
    }
    let (signature, expected) = kept.unzip();
    let rest = writer.finish(|seal| signature.or_else(|| sign(&app, seal)))?;
    hasher.update(&rest);
    if expected.is_some_and(|expected| hasher.finish() != expected) {
        return Err(Unfinished::Changed);
    }
    chunks.send(rest).await?;
    Ok(chunks.end().await?)
}

/// The next page of entries behind `after`, which moves on. Each must follow the one before it in number and balance.
pub(super) async fn lines_of(
    services: &Services,
    reader: Reader,
    found: &Found,
    after: &mut Mark,
) -> Result<Vec<Line>, Unfinished> {
    let book = services.bank.book;
    let account = &found.account.account;
    let mut tx = services.db.as_reader(reader).await?;
    let range = (after.sequence, found.closing.sequence);
    let rows = store::entries(&mut tx, book, account.id, range, PAGE).await?;
    drop(tx);
    if rows.is_empty() {
        return Err(Unfinished::Gap(after.sequence.saturating_add(1)));
    }
    // The number of the other side's account and the place in the public log: the reader may see the transfer, though not
    // the other account's row nor everyone's records.
    let intents: Vec<Uuid> = rows.iter().map(|row| row.intent_id).collect();
    let others: Vec<Uuid> = rows.iter().map(|row| row.other).collect();
    let mut tx = services.db.as_auditor().await?;
    let leaves = store::leaves(&mut tx, book, &intents).await?;
    let numbers = store::numbers(&mut tx, book, &others).await?;
    drop(tx);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let next = after.sequence.saturating_add(1);
        if row.sequence != next {
            return Err(Unfinished::Gap(next));
        }
        let amount = if is_normal(account.kind, &row.side) {
            row.amount
        } else {
            row.amount.saturating_neg()
        };
        if after.balance.checked_add(amount) != Some(row.balance_after) {
            return Err(Unfinished::Balance(row.sequence));
        }
        *after = Mark { sequence: row.sequence, balance: row.balance_after };
        let leaf = leaves.get(&row.intent_id).and_then(|leaf| u64::try_from(*leaf).ok());
        lines.push(line(&row, amount, leaf, numbers.get(&row.other).cloned()));
    }
    Ok(lines)
}

/// All entries of a period; `None` where there are more than `limit`.
pub(crate) async fn lines_up_to(
    services: &Services,
    caller: &Caller,
    found: &Found,
    limit: usize,
) -> Result<Option<Vec<Line>>, Unfinished> {
    let count = found.closing.sequence.saturating_sub(found.opening.sequence);
    if usize::try_from(count).is_ok_and(|count| count > limit) {
        return Ok(None);
    }
    let mut lines = Vec::new();
    let mut after = found.opening;
    while after.sequence < found.closing.sequence {
        lines.append(&mut lines_of(services, caller.into(), found, &mut after).await?);
    }
    Ok(Some(lines))
}

/// Whether an entry of this side makes an account of this kind grow.
fn is_normal(kind: AccountKind, side: &str) -> bool {
    let grows_by_debits = matches!(kind, AccountKind::Asset | AccountKind::Expense);
    (side == "debit") == grows_by_debits
}

fn line(row: &EntryRow, amount: i64, leaf: Option<u64>, other: Option<String>) -> Line {
    let day = micros_date(row);
    let details: BTreeMap<String, String> =
        row.details.as_deref().and_then(|it| serde_json::from_slice(it).ok()).unwrap_or_default();
    let transfer_id = row.transfer_id.to_string();
    let memo = details.get("memo").or_else(|| details.get(&transfer_id)).cloned();
    let text = row.rate.as_ref().map(|rate| format!("exchange at {rate}")).or(memo);
    Line {
        reference: row.sequence.to_string(),
        end_to_end_id: details.get("end_to_end_id").cloned(),
        intent_id: Some(row.intent_id.to_string()),
        leaf_index: leaf,
        booking_date: day,
        value_date: row.value_on.unwrap_or(day),
        amount,
        counterparty: None,
        counterparty_account: other,
        text,
        reversal: row.kind == "reverse",
        transfer_id,
    }
}

fn micros_date(row: &EntryRow) -> Date {
    timestamp(micros(row.posted_at)).date()
}

/// The statements that the bank made of an account, as far as the caller may see them, the last first.
pub(super) async fn kept(
    services: &Services,
    caller: &Caller,
    account: AccountId,
    (before, limit): (Option<Date>, i64),
) -> sqlx::Result<Vec<Made>> {
    let before = before.map(|day| day.to_string());
    let page = registers::Page {
        register: &STATEMENTS,
        matching: ("account_id", account.to_string()),
        after: before.as_deref(),
        order: registers::Order::HighestFirst,
        limit,
    };
    let mut tx = services.db.as_user(caller).await?;
    let rows = registers::load_page(&mut tx, services.bank.book, &page).await?;
    Ok(rows.iter().filter_map(Made::from_row).collect())
}

/// One of them with its signature, and the entries that it was made of.
pub(super) async fn kept_one(
    services: &Services,
    caller: &Caller,
    id: Uuid,
) -> sqlx::Result<Option<(Made, Vec<u8>, Found)>> {
    let book = services.bank.book;
    let lookup = Lookup { register: &STATEMENTS, matching: Some(("statement_id", id.to_string())) };
    let mut tx = services.db.as_user(caller).await?;
    let row = registers::load(&mut tx, book, &lookup).await?;
    let Some(made) = row.first().and_then(Made::from_row) else { return Ok(None) };
    let Some(signature) = store::signature(&mut tx, book, id).await? else { return Ok(None) };
    drop(tx);
    let Some(period) = made.period() else { return Ok(None) };
    let found = find(services, Reader::customer(caller.user), made.account, period).await?;
    Ok(found.map(|found| (made, signature, found)))
}
