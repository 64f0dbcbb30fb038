//! The deliveries of this instance. Any instance may tell any endpoint; a lease says who does.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crypto::{SecretBytes, random};
use intent::UtcMicros;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::message;
use super::rules::address;
use super::send::{self, Failure, Target};
use super::store::{self, Delivery, Failed, Lease};
use crate::outbox::Notice;
use crate::vault::VaultPurpose;
use crate::{App, clock, telemetry as names};

/// How often the job looks who can be told something.
const POLL: Duration = Duration::from_millis(500);
/// How long nobody else tells an endpoint after each message: longer than one can take.
const LEASE: Duration = send::TIMEOUT.saturating_mul(3);

/// Delivers until `stop`, and gives its leases back.
pub(crate) async fn keep_delivering(app: App, stop: CancellationToken) {
    let holder: Arc<str> = app.sessions.instance().into();
    let (mut running, mut tasks) = (HashSet::new(), JoinSet::new());
    loop {
        match look(&app, &holder).await {
            Ok(due) => {
                for webhook in due {
                    if running.insert(webhook) {
                        let (app, holder, stop) = (app.clone(), Arc::clone(&holder), stop.clone());
                        tasks.spawn(async move {
                            if let Err(error) = deliver(&app, &holder, webhook, &stop).await {
                                tracing::warn!(%webhook, %error, "deliveries broke off");
                            }
                            webhook
                        });
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "nobody could be told anything"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(POLL) => {}
        }
        while let Some(done) = tasks.try_join_next() {
            match done {
                Ok(webhook) => drop(running.remove(&webhook)),
                Err(error) => {
                    tracing::error!(%error, "a delivery ended in a panic");
                    running.clear();
                }
            }
        }
    }
    while tasks.join_next().await.is_some() {}
    if let Err(error) = release(&app, &holder).await {
        tracing::debug!(%error, "leases were not given back; they end by themselves");
    }
}

async fn look(app: &App, holder: &str) -> sqlx::Result<Vec<Uuid>> {
    let mut tx = app.db.as_writer().await?;
    let due = store::due(&mut tx, app.bank.book, holder, clock::now()).await?;
    let paused = store::paused(&mut tx).await?;
    tx.commit().await?;
    metrics::gauge!(names::WEBHOOKS_PAUSED).set(u32::try_from(paused).unwrap_or(u32::MAX));
    Ok(due)
}

async fn release(app: &App, holder: &str) -> sqlx::Result<()> {
    let mut tx = app.db.as_writer().await?;
    store::release(&mut tx, app.bank.book, holder).await?;
    tx.commit().await
}

/// Tells one endpoint the next page of the log.
///
/// # Atomicity
///
/// The cursor moves after the endpoint has said that it took a message. A crash in between tells it again, under the same id.
async fn deliver(
    app: &App,
    holder: &str,
    webhook: Uuid,
    stop: &CancellationToken,
) -> sqlx::Result<()> {
    let lease = |now| Lease { book: app.bank.book, webhook, holder, now, until: later(now, LEASE) };
    let mut tx = app.db.as_writer().await?;
    let now = clock::now();
    let delivery = store::take(&mut tx, &lease(now)).await?;
    let sealed = store::secrets(&mut tx, app.bank.book, webhook, now).await?;
    tx.commit().await?;
    let Some(delivery) = delivery else { return Ok(()) };
    let mut secrets: Vec<SecretBytes> = Vec::new();
    for row in sealed {
        match app.vault.open(VaultPurpose::WebhookSecret, row.made_by.as_bytes(), &row.sealed) {
            Ok(secret) => secrets.push(secret),
            Err(error) => tracing::error!(%webhook, %error, "a secret does not open"),
        }
    }
    let page = app.outbox.notices(app, delivery.next, delivery.size).await?;
    let wanted: HashSet<&str> = delivery.kinds.split(' ').filter(|kind| !kind.is_empty()).collect();
    let mut target = None;
    let mut next = delivery.next;
    let Some(end) = page.last().map(|notice| notice.leaf.saturating_add(1)) else { return Ok(()) };
    for notice in page {
        if stop.is_cancelled() {
            return Ok(());
        }
        if !wanted.is_empty() && !wanted.contains(notice.kind) {
            continue;
        }
        let leaf = notice.leaf;
        // What lies between was not wanted.
        let sent = async {
            let target = match &target {
                Some(target) => target,
                None => target.insert(reach(app, &delivery).await?),
            };
            post(target, notice, &secrets).await
        };
        match sent.await {
            Ok(status) => {
                metrics::counter!(names::WEBHOOKS, "result" => "taken").increment(1);
                let mut tx = app.db.as_writer().await?;
                let range = (next, leaf.saturating_add(1));
                let is_ours =
                    store::advance(&mut tx, &lease(clock::now()), range, Some(&status)).await?;
                tx.commit().await?;
                if !is_ours {
                    return Ok(());
                }
                next = leaf.saturating_add(1);
            }
            Err(failure) => return fail(app, &lease(clock::now()), &delivery, next, failure).await,
        }
    }
    if end > next {
        let mut tx = app.db.as_writer().await?;
        store::advance(&mut tx, &lease(clock::now()), (next, end), None).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn reach(app: &App, delivery: &Delivery) -> Result<Target, Failure> {
    let url = address(&delivery.url).ok_or(Failure::Unresolved)?;
    Target::resolve(&url, &app.config.webhooks.networks).await
}

async fn post(target: &Target, notice: Notice, secrets: &[SecretBytes]) -> Result<String, Failure> {
    let headers = message::headers(notice.id, clock::now(), &notice.body, secrets);
    target.send(&headers, notice.body).await.map(|status| status.as_u16().to_string())
}

async fn fail(
    app: &App,
    lease: &Lease<'_>,
    delivery: &Delivery,
    next: u64,
    failure: Failure,
) -> sqlx::Result<()> {
    let config = &app.config.webhooks;
    let (now, webhook, result) = (lease.now, lease.webhook, failure.name());
    // What was taken on the way here has ended an earlier series of failures.
    let is_series = next == delivery.next;
    let attempts = if is_series { delivery.attempts } else { 0 }.saturating_add(1);
    let since = delivery.failing_since.filter(|_| is_series).unwrap_or(now);
    let jitter = u16::from_be_bytes(random::<2>().unwrap_or_default());
    let retry_at = later(now, message::pause(config.first_pause, attempts, jitter));
    let is_given_up = failure.is_final() || later(since, config.give_up_after) <= now;
    metrics::counter!(names::WEBHOOKS, "result" => "failed").increment(1);
    if is_given_up {
        tracing::error!(%webhook, leaf = next, attempts, result, "an endpoint is paused: it was told nothing for too long");
    } else {
        tracing::warn!(%webhook, leaf = next, attempts, result, "an endpoint was not told");
    }
    let failed = Failed { result: &result, attempts, since, retry_at, is_given_up };
    let mut tx = app.db.as_writer().await?;
    store::fail(&mut tx, lease, next, &failed).await?;
    tx.commit().await
}

fn later(at: UtcMicros, by: Duration) -> UtcMicros {
    let by_us = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    UtcMicros::from_micros(at.get().saturating_add(by_us))
}
