//! Closes the days that are over, then has interest and fees posted. Any instance may; the log records each once.

use std::time::Duration;

use intent::{Event, EventKind, UtcMicros};
use time::Date;
use tokio_util::sync::CancellationToken;

use super::store;
use super::trial::Trial;
use crate::interest::{Posting, day_of};
use crate::problem::Problem;
use crate::{App, clock};

/// How often the job looks.
const POLL: Duration = Duration::from_secs(30);
const ID_DOMAIN: &[u8] = b"day-closed\0";

/// Works until `stop`.
pub(crate) async fn keep_closing(app: App, stop: CancellationToken) {
    let (mut closed, mut posting) = (None, Posting::default());
    loop {
        let yesterday = day_of(clock::now()).and_then(Date::previous_day);
        if yesterday > closed {
            match close_days(&app, clock::now()).await {
                Ok(last) => closed = last,
                Err(problem) => tracing::error!(?problem, "a day that is over was not closed"),
            }
        }
        // The trial balance of a month's last day comes before what the month has earned.
        if closed >= yesterday {
            posting.look(&app, closed, &stop).await;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Closes every day that is over and is not closed yet; the last day that is closed now.
pub async fn close_days(app: &App, now: UtcMicros) -> Result<Option<Date>, Problem> {
    let last = last_closed(app).await?;
    let founded = day_of(app.bank.founded_at).and_then(Date::previous_day);
    let (mut closed, today) = (last.or(founded), day_of(now));
    while let Some(day) = closed.and_then(Date::next_day).filter(|day| Some(*day) < today) {
        close(app, day).await?;
        closed = Some(day);
    }
    Ok(closed)
}

/// The last day that is closed; `None` where none is.
pub(crate) async fn last_closed(app: &App) -> sqlx::Result<Option<Date>> {
    let mut tx = app.db.as_writer().await?;
    let last = store::closed(&mut tx, app.bank.book, None, 1).await?;
    tx.rollback().await?;
    let last = last.first().and_then(|closed| Event::parse(&closed.event).ok());
    Ok(last.and_then(|event| Trial::read(event.members())).map(|trial| trial.day))
}

async fn close(app: &App, day: Date) -> Result<(), Problem> {
    let book = app.bank.book;
    let mut tx = app.db.as_writer().await?;
    store::freeze(&mut tx).await?;
    let (size, sums) = (store::size(&mut tx, book).await?, store::sums(&mut tx, book).await?);
    tx.rollback().await?;
    if let Some((asset, _)) = sums.iter().find(|(_, (debits, credits))| debits != credits) {
        // It is said in the log all the same: hiding it would help nobody.
        tracing::error!(%asset, %day, "debits and credits of the book differ");
    }
    let over = day.next_day().unwrap_or(day).midnight().assume_utc().unix_timestamp();
    let over = UtcMicros::from_micros(over.saturating_mul(1_000_000));
    let id = app.authority.event_id(over, &[ID_DOMAIN, day.to_string().as_bytes()])?;
    let members = Trial { day, size, sums }.members();
    match app.corridor.append_event_once(id, EventKind::DayClosed, over, members).await {
        Ok(_) => tracing::info!(%day, "the day is closed"),
        // Another instance was first, and its sums are of another size of the log.
        Err(problem) if problem.code() == "intent-id-reused" => {}
        Err(problem) => return Err(problem),
    }
    Ok(())
}
