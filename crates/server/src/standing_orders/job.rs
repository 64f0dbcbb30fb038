//! Notices which standing orders are due. Any instance may; the log records each attempt once.

use std::time::Duration;

use intent::{IntentError, IntentId, UtcMicros};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::store::{self, Due};
use crate::authority::Authority;
use crate::corridor::fold::Fact;
use crate::{App, clock};

/// How often the job looks.
const POLL: Duration = Duration::from_secs(2);
/// Orders in one look at most.
const LOOK_MAX: i64 = 500;
const ID_DOMAIN: &[u8] = b"order-due\0";

/// Works until `stop`. An order that has more than one day behind it is looked at again at once, so that they are made up
/// for in order.
pub(crate) async fn keep_paying(app: App, stop: CancellationToken) {
    loop {
        let paid = match pay(&app).await {
            Ok(paid) => paid,
            Err(error) => {
                tracing::error!(%error, "standing orders that are due were not looked at");
                0
            }
        };
        if paid > 0 && !stop.is_cancelled() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Appends what is due, together so that it shares commits. Gives back how much of it was recorded.
async fn pay(app: &App) -> sqlx::Result<usize> {
    let mut tx = app.db.as_writer().await?;
    let due = store::due(&mut tx, app.bank.book, clock::now(), LOOK_MAX).await?;
    tx.rollback().await?;
    let mut paying: JoinSet<bool> = due
        .into_iter()
        .map(|due| {
            let app = app.clone();
            async move { record(&app, due).await }
        })
        .collect();
    let mut recorded = 0_usize;
    while let Some(joined) = paying.join_next().await {
        recorded = recorded.saturating_add(usize::from(joined.unwrap_or_default()));
    }
    Ok(recorded)
}

async fn record(app: &App, due: Due) -> bool {
    let Due { order, number, attempt, at } = due;
    let Ok(id) = event_id(&app.authority, (order, number, attempt), at) else { return false };
    let fact = Fact::OrderDue { order, number, attempt };
    match app.corridor.append_fact(id, fact, at).await {
        Ok(_) => true,
        Err(problem) => {
            // Another instance was first, its owner ended it, or it is tried again at the next look.
            tracing::info!(%order, number, ?problem, "a day of a standing order was not recorded here");
            false
        }
    }
}

/// The id under which every instance would record what becomes of this attempt: an order, the number of its day, and which
/// attempt of that day it is.
pub(crate) fn event_id(
    authority: &Authority,
    (order, number, attempt): (IntentId, u32, u32),
    due_at: UtcMicros,
) -> Result<IntentId, IntentError> {
    let id = order.get().into_bytes();
    let parts = [ID_DOMAIN, id.as_slice(), &number.to_be_bytes(), &attempt.to_be_bytes()].concat();
    authority.event_id(due_at, &[&parts])
}
