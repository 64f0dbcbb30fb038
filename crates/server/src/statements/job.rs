//! Makes the statements of the days that are closed. Any instance may; the log records each once.

use std::time::Duration;

use crypto::{Sha2, Sha256Hasher};
use intent::UtcMicros;
use ledger::AccountId;
use messages::statement::Format;
use time::Date;
use tlog::TreeSize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::kept::Made;
use super::period::{Period, SKEW_US};
use super::service::{self, Mark, Unfinished};
use super::store::{self, Candidate};
use crate::corridor::fold::Fact;
use crate::policies::Policies;
use crate::policies::rules::POLICIES;
use crate::problem::Problem;
use crate::sessions::Reader;
use crate::{App, clock, days, registers};

/// How often the job looks whether another day is closed.
const POLL: Duration = Duration::from_secs(30);
/// Accounts in one look.
const PAGE: i64 = 500;
const ID_DOMAIN: &[u8] = b"statement-made\0";

/// Works until `stop`.
pub(crate) async fn keep_stating(app: App, stop: CancellationToken) {
    loop {
        if let Err(problem) = make_statements(&app, clock::now(), &stop).await {
            tracing::error!(?problem, "statements of a closed day were not made");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Makes what is due of every closed day that is not done yet, in order. What was made before, here or elsewhere, is not made
/// again.
async fn make_statements(
    app: &App,
    now: UtcMicros,
    stop: &CancellationToken,
) -> Result<(), Problem> {
    let closed = days::last_closed(app).await?;
    let mut tx = app.db.as_writer().await?;
    let done = store::done_day(&mut tx, app.bank.book).await?;
    let rows = registers::load_all(&mut tx, app.bank.book, &POLICIES).await?.into_iter().collect();
    tx.rollback().await?;
    let policies = Policies::in_force(&rows);
    let mut next = match done {
        Some(done) => done.next_day(),
        None => crate::interest::day_of(app.bank.founded_at),
    };
    while let Some(day) = next.filter(|day| Some(*day) <= closed && !stop.is_cancelled()) {
        // A slow clock may still date an entry back until then.
        let settled = Period::new(day, day).map(|of| of.ends().get().saturating_add(SKEW_US));
        if settled.is_none_or(|settled| now.get() < settled) {
            return Ok(());
        }
        if policies.states(day) && !make_of(app, day, &policies, stop).await? {
            return Ok(());
        }
        let mut tx = app.db.as_writer().await?;
        store::set_done(&mut tx, app.bank.book, day).await?;
        tx.commit().await?;
        next = day.next_day();
    }
    Ok(())
}

/// Whether every account has what is due.
async fn make_of(
    app: &App,
    day: Date,
    policies: &Policies,
    stop: &CancellationToken,
) -> Result<bool, Problem> {
    let mut after: Option<AccountId> = None;
    while !stop.is_cancelled() {
        let mut tx = app.db.as_writer().await?;
        let page = store::candidates(&mut tx, app.bank.book, day, after, PAGE).await?;
        tx.rollback().await?;
        let Some(last) = page.last() else { return Ok(true) };
        after = Some(last.account);
        for candidate in &page {
            let first = policies.statements(candidate.account).first_day(day);
            let Some(period) = first.and_then(|first| Period::new(first, day)) else { continue };
            if stop.is_cancelled() {
                return Ok(false);
            }
            make(app, candidate, period).await?;
        }
    }
    Ok(false)
}

/// Makes the statement of an account, if anything moved on it.
async fn make(app: &App, of: &Candidate, period: Period) -> Result<(), Problem> {
    let reader = Reader::customer(of.owner);
    let Some(found) = service::find(app, reader, of.account, period).await? else { return Ok(()) };
    if found.opening.sequence == found.closing.sequence {
        return Ok(());
    }
    let head = service::head(app, &found).await?;
    let id = Uuid::try_parse(&head.id).map_err(|_| Problem::internal())?;
    let (size, root) = (head.receipt.checkpoint_size, Sha2::from_bytes(head.receipt.root_hash));
    let at = crate::sql::micros(head.created_at);
    let mut writer = service::begin(Format::Json, head).map_err(|_| Problem::internal())?;
    let mut hasher = Sha256Hasher::new();
    let mut after: Mark = found.opening;
    let broken = |error: Unfinished| {
        tracing::error!(%error, account = %of.account, "a statement broke off");
        Problem::internal()
    };
    while after.sequence < found.closing.sequence {
        let lines = service::lines_of(app, reader, &found, &mut after).await.map_err(broken)?;
        for line in &lines {
            writer.push(line).map_err(|error| broken(error.into()))?;
        }
        hasher.update(&std::mem::take(writer.buffer()));
    }
    let mut signature = None;
    let rest = writer
        .finish(|seal| {
            signature = service::sign(app, seal);
            signature.clone()
        })
        .map_err(|error| broken(error.into()))?;
    hasher.update(&rest);
    let signature = signature.ok_or_else(Problem::internal)?;
    // The signature first: a crash right behind it leaves one that nothing refers to.
    let mut tx = app.db.as_writer().await?;
    store::keep_signature(&mut tx, app.bank.book, (id, of.owner), &signature).await?;
    tx.commit().await?;
    let Period { from: first, to: last } = period;
    let (account, size) = (of.account, TreeSize::new(size));
    let made = Made { account, first, last, id, at, size, root, file: hasher.finish() };
    let over = period.ends();
    let parts =
        [ID_DOMAIN, account.get().as_bytes().as_slice(), last.to_string().as_bytes()].concat();
    let event = app.authority.event_id(over, &[&parts])?;
    match app.corridor.append_fact(event, Fact::StatementMade(made), over).await {
        Ok(_) => return Ok(()),
        // Another instance was first, with a signature of its own.
        Err(problem) if problem.code() == "intent-id-reused" => {}
        // Its policy has changed meanwhile: the next look finds what is due by it.
        Err(problem) if problem.code() == "nothing-due" => {}
        // Whether it happened is not known; the next look does.
        Err(problem) => return Err(problem),
    }
    let mut tx = app.db.as_writer().await?;
    store::drop_signature(&mut tx, app.bank.book, id).await?;
    tx.commit().await?;
    Ok(())
}
