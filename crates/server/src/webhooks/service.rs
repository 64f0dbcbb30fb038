//! Setting, listing and replaying.

use crypto::random_secret;
use intent::{Body, UtcMicros};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::message::{SECRET_LEN, shown};
use super::rules::{WEBHOOKS, rule};
use super::store::{self, StandingRow};
use crate::Services;
use crate::corridor::{Applied, Applying, Fault};
use crate::log::service::size;
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::Caller;
use crate::vault::VaultPurpose;

/// How long a secret is used beside the one that took its place, in microseconds: a day.
const OVERLAP_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Applies a `webhook.set`: the register's row and, where one is to be made, a secret, which is answered this once.
///
/// # Atomicity
///
/// The secret commits with the row. The answer alone has it: the same intent, submitted again, is answered without it.
pub(crate) async fn apply_set(tx: &mut PgConnection, cx: &Applying<'_>) -> Result<Applied, Fault> {
    let Body::WebhookSet { webhook, .. } = cx.intent.body() else {
        return Err(Fault::Broken("not an endpoint"));
    };
    let applied = registers::service::apply(tx, cx, &rule()).await?;
    let Applied::Accepted { result, bumps_epoch, .. } = applied else { return Ok(applied) };
    let (services, intent) = (cx.services, cx.intent.id());
    let book = services.bank.book;
    let lookup = registers::Lookup {
        register: &WEBHOOKS,
        matching: Some(("webhook_id", webhook.to_string())),
    };
    let rows = registers::load(tx, book, &lookup).await?;
    let makes = rows.iter().any(|row| row.get("secret") == Some(intent.to_string().as_str()));
    let mut extra = None;
    if makes {
        let secret = random_secret(SECRET_LEN)?;
        let owner = intent.get();
        let sealed = services.vault.seal(VaultPurpose::WebhookSecret, owner.as_bytes(), &secret)?;
        let others_end_at = UtcMicros::from_micros(cx.now.get().saturating_add(OVERLAP_US));
        let times = (cx.now, others_end_at);
        store::insert_secret(tx, book, *webhook, intent, &sealed, times).await?;
        extra = Some(json!({"secret": shown(&secret)}));
    }
    let size = size(tx, book).await?;
    store::begin(tx, book, *webhook, size).await?;
    Ok(Applied::Accepted { result, extra, bumps_epoch })
}

/// An endpoint and how its deliveries stand.
pub(super) struct Endpoint {
    pub(super) row: Row,
    pub(super) standing: Option<StandingRow>,
}

/// Every endpoint that the caller may see.
pub(super) async fn list(services: &Services, caller: &Caller) -> sqlx::Result<Vec<Endpoint>> {
    let book = services.bank.book;
    let mut tx = services.db.as_user(caller).await?;
    let rows = registers::load_all(&mut tx, book, &WEBHOOKS).await?;
    let mut standings = store::standings(&mut tx, book).await?;
    tx.commit().await?;
    let endpoint = |row: Row| {
        let id = row.get("webhook_id").unwrap_or_default();
        let place = standings.iter().position(|standing| standing.webhook.to_string() == id);
        Endpoint { standing: place.map(|place| standings.swap_remove(place)), row }
    };
    Ok(rows.into_iter().map(endpoint).collect())
}

/// Tells an endpoint again what came after a leaf or, without one, goes on where the deliveries are; either way at once.
pub(super) async fn replay(
    services: &Services,
    webhook: Uuid,
    after: Option<u64>,
) -> Result<(), Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let size = size(&mut tx, book).await?;
    if after.is_some_and(|leaf| leaf >= size) {
        return Err(Problem::malformed("after", "is not in the log yet"));
    }
    let next = after.map(|leaf| leaf.saturating_add(1));
    if !store::resume(&mut tx, book, webhook, next).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    tracing::info!(%webhook, ?after, "an endpoint is told again");
    Ok(())
}
