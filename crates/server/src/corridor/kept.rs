//! What is kept beside a decision without being signed word by word: free text of transfers, and payment files.

use ledger::{AccountId, BookId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::fold::{Decision, Fold, Item};
use super::ordered;
use super::store::{self, DetailsRow};
use super::submission::Job;
use crate::payment_files::{self, FileRow};
use crate::texts;

/// What the intents of a group commit bring along.
#[derive(Default)]
pub(super) struct Kept {
    details: Vec<DetailsRow>,
    files: Vec<FileRow>,
    texts: Vec<texts::Kept>,
}

impl Kept {
    /// The text of a single transfer that was made or is held; of a payment file the text of each, and the file.
    pub(super) fn add(&mut self, job: &Job, decision: &Decision, fold: &Fold<'_>) {
        let owner =
            |id: AccountId| fold.owners.get(&id).copied().flatten().map(intent::UserId::get);
        let mut note = |item: &Item, details: &intent::Details| {
            if item.outcome.is_ok() {
                let (debit, credit) = (owner(item.debit), owner(item.credit));
                let row = (item.id.get(), debit, credit, details.salt, details.canonical());
                self.details.push(row);
            }
        };
        if let Some(kept) = &job.file {
            decision.items.iter().zip(&kept.details).for_each(|(item, of)| note(item, of));
            if decision.refusal.is_none() {
                let (id, user): (Uuid, Uuid) = (job.intent.get().id().get(), job.actor.user.get());
                self.files.push((id, user, kept.file.salt, kept.file.bytes.clone()));
            }
        } else if let (Some(details), [item]) = (&job.details, decision.items.as_slice()) {
            note(item, details);
        }
        self.texts.extend(ordered::text(job, decision));
    }

    /// Writes it: one statement each, and none for nothing.
    pub(super) async fn store(&self, tx: &mut PgConnection, book: BookId) -> sqlx::Result<()> {
        store::insert_details(tx, book, &self.details).await?;
        texts::keep(tx, book, &self.texts).await?;
        payment_files::keep(tx, book, &self.files).await
    }
}
