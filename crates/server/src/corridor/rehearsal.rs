//! Dry runs: what would become of an intent, told by the very code that would decide it.
//!
//! Nothing is signed, so that nothing that was sent can be used; nothing is written, so that nothing is left of it. It is
//! decided on the poster's thread, in a transaction of its own that ends in ROLLBACK.

use std::sync::Arc;

use intent::{Details, Effects, Intent, Origin};
use sqlx::{Postgres, Transaction};
use tokio::sync::oneshot;

use super::applying::{Applied, Applying, accepted, refused};
use super::attempt::Aborted;
use super::fold::{self, Asker, Needs};
use super::submission::Attachments;
use super::{Fault, state, store, working};
use crate::certificates::directory::Signer;
use crate::sessions::SignIn;
use crate::{Services, clock};

/// An intent that nobody has signed, of somebody who could.
pub(crate) struct Rehearsal {
    pub(crate) intent: Intent,
    pub(crate) details: Option<Details>,
    pub(crate) signer: Arc<Signer>,
    pub(crate) sign_in: SignIn,
    pub(crate) origin: Origin,
    pub(crate) reply: oneshot::Sender<Result<Effects, Fault>>,
}

/// Decides and rolls back.
pub(super) async fn rehearse(
    tx: sqlx::Result<Transaction<'_, Postgres>>,
    services: &Services,
    job: &Rehearsal,
) -> Result<Effects, Fault> {
    let mut tx = tx?;
    let (book, now, intent) = (services.bank.book, clock::now(), &job.intent);
    let used = store::used_ids(&mut tx, book, &[intent.id().get()], &[]).await?;
    if !used.intents.is_empty() {
        return Err(Fault::IdReused);
    }
    let effects = if fold::moves_money(intent.kind()) {
        let policies = working::policies(&mut tx, book, None).await?;
        let mut needs = Needs::default();
        needs.of(intent, &services.bank.equity);
        let allowed = policies.policies;
        let loaded = working::load(&mut tx, book, &[], needs, &services.bank, allowed, now).await;
        let mut fold = loaded.map(|loaded| loaded.fold).map_err(|aborted| match aborted {
            Aborted::Before(fault) | Aborted::During(fault) => fault,
            // Something that it names was made this instant: asked again, it is there.
            Aborted::Overtaken | Aborted::AuthorityChanged { .. } => {
                Fault::Database(sqlx::Error::PoolTimedOut)
            }
        })?;
        let asker = Asker { sign_in: job.sign_in, ..job.signer.asker() };
        fold.decide(intent, asker, now).effects(now)
    } else {
        let cx = Applying {
            services,
            intent,
            signer: Some(&job.signer),
            attachments: &Attachments::default(),
            details: job.details.as_ref(),
            origin: &job.origin,
            now,
        };
        match state::apply(&mut tx, &cx).await? {
            Applied::Accepted { result, .. } => accepted(result, now),
            Applied::Refused(refusal) => refused(refusal, now),
        }
    };
    tx.rollback().await?;
    tracing::info!(
        user = %job.signer.user, kind = %intent.kind(), code = effects.code, "an intent was tried without effect"
    );
    Ok(effects)
}
