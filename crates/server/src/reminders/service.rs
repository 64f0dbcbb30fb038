//! The background work, and a person's alerts.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crypto::Sha3;
use intent::{EventKind, IntentId, Role, UserId, UtcMicros};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::rule::{self, Reminder};
use super::store::{self, Key, OldSince};
use crate::certificates::rotation::KeyAges;
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, Services, clock, telemetry as names};

const ID_DOMAIN: &[u8] = b"rotation-due\0";

/// A reminder may come so much later than its day.
const POLL: Duration = Duration::from_hours(1);
/// Events that wait for the poster at once, at most: what else waits there shall not be turned away.
const TOGETHER: usize = 500;

/// Something that a person should do.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) certificate: Sha3,
    pub(crate) reminder: Reminder,
}

/// Records reminders as they come, until `stop`.
pub(crate) async fn keep_reminding(app: App, stop: CancellationToken) {
    loop {
        if let Err(problem) = remind(&app, clock::now()).await {
            tracing::warn!(code = problem.code(), "reminders were not recorded");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Records the reminders that have come and are not in the log yet.
///
/// # Atomicity
///
/// Each on its own; what a crash leaves out is recorded the next time, by this instance or another.
pub(crate) async fn remind(app: &App, now: UtcMicros) -> Result<(), Problem> {
    let book = app.bank.book;
    let since = old_since(app.config.key_ages, now);
    let mut tx = app.db.as_writer().await?;
    let keys = store::old_keys(&mut tx, book, &since, None, now).await?;
    let due: Vec<(IntentId, Key, Reminder)> = keys
        .into_iter()
        .filter_map(|key| {
            let reminder = reminder_of(app.config.key_ages, &key, now)?;
            let days = reminder.days_ahead.to_be_bytes();
            let parts = [ID_DOMAIN, key.certificate.as_bytes(), &days];
            Some((app.authority.event_id(reminder.at, &parts).ok()?, key, reminder))
        })
        .collect();
    let ids: Vec<Uuid> = due.iter().map(|(id, ..)| id.get()).collect();
    let recorded: HashSet<Uuid> = store::recorded(&mut tx, book, &ids).await?.into_iter().collect();
    tx.commit().await?;
    metrics::gauge!(names::ROTATIONS_DUE).set(u32::try_from(due.len()).unwrap_or(u32::MAX));
    let mut waiting = JoinSet::new();
    for (id, key, reminder) in due.into_iter().filter(|(id, ..)| !recorded.contains(&id.get())) {
        if waiting.len() >= TOGETHER {
            finished(waiting.join_next().await)?;
        }
        let app = app.clone();
        waiting.spawn(async move {
            let body = body_of(&key, &reminder);
            app.corridor.append_event_once(id, EventKind::RotationDue, reminder.at, body).await
        });
    }
    while let Some(done) = waiting.join_next().await {
        finished(Some(done))?;
    }
    Ok(())
}

type Done = Result<Result<tlog::LeafIndex, Problem>, tokio::task::JoinError>;

fn finished(done: Option<Done>) -> Result<(), Problem> {
    match done {
        Some(Ok(appended)) => appended.map(drop),
        Some(Err(_)) => Err(Problem::internal()),
        None => Ok(()),
    }
}

fn body_of(key: &Key, reminder: &Reminder) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("certificate".to_owned(), key.certificate.to_string()),
        ("user".to_owned(), key.user.to_string()),
        ("days_ahead".to_owned(), reminder.days_ahead.to_string()),
        ("required_at".to_owned(), reminder.required_at.to_string()),
    ])
}

/// What a person should do soon, as far as the caller may see it.
pub(crate) async fn alerts(
    services: &Services,
    caller: &Caller,
    user: UserId,
    now: UtcMicros,
) -> Result<Vec<Alert>, Problem> {
    let ages = services.config.key_ages;
    let since = old_since(ages, now);
    let mut tx = services.db.as_user(caller).await?;
    let keys = store::old_keys(&mut tx, services.bank.book, &since, Some(user), now).await?;
    tx.commit().await?;
    let alert = |key: Key| {
        let reminder = reminder_of(ages, &key, now)?;
        Some(Alert { certificate: key.certificate, reminder })
    };
    Ok(keys.into_iter().filter_map(alert).collect())
}

fn reminder_of(ages: KeyAges, key: &Key, now: UtcMicros) -> Option<Reminder> {
    rule::newest(ages.of(key.role), ages.required_at(key.role, key.not_before), now)
}

/// The newest beginning of a key whose first reminder has come.
fn old_since(ages: KeyAges, now: UtcMicros) -> OldSince {
    let since = |role: Role| {
        let age = ages.of(role);
        let quiet = age.saturating_sub(rule::first_lead(age));
        let quiet_us = i64::try_from(quiet.as_micros()).unwrap_or(i64::MAX);
        UtcMicros::from_micros(now.get().saturating_sub(quiet_us))
    };
    OldSince { customers: since(Role::Customer), staff: since(Role::Manager) }
}
