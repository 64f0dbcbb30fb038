//! Gives back what was held too long. Any instance may; the log records it once.

use std::time::Duration;

use intent::{IntentError, IntentId, UtcMicros};
use ledger::TransferId;
use tokio_util::sync::CancellationToken;

use super::store;
use crate::authority::Authority;
use crate::corridor::fold::Fact;
use crate::{App, clock};

/// How often the job looks.
const POLL: Duration = Duration::from_secs(2);
/// Holds in one look at most.
const LOOK_MAX: i64 = 500;
const ID_DOMAIN: &[u8] = b"hold-expired\0";

/// Works until `stop`. What fails is tried again at the next look: until then nobody can capture the hold either.
pub(crate) async fn keep_giving_back(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = give_back(&app).await {
            tracing::error!(%error, "holds whose time is over were not given back");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn give_back(app: &App) -> sqlx::Result<()> {
    let mut tx = app.db.as_writer().await?;
    let over = store::over(&mut tx, app.bank.book, clock::now(), LOOK_MAX).await?;
    tx.rollback().await?;
    for (hold, expired_at) in over {
        let Ok(id) = event_id(&app.authority, hold, expired_at) else { continue };
        let fact = Fact::HoldExpired { hold };
        if let Err(problem) = app.corridor.append_fact(id, fact, expired_at).await {
            tracing::warn!(%hold, ?problem, "a hold whose time is over was not given back yet");
        }
    }
    Ok(())
}

/// The id under which every instance would record that the time of this hold is over.
pub(crate) fn event_id(
    authority: &Authority,
    hold: TransferId,
    expired_at: UtcMicros,
) -> Result<IntentId, IntentError> {
    let parts = [ID_DOMAIN, hold.get().into_bytes().as_slice()].concat();
    authority.event_id(expired_at, &[&parts])
}
