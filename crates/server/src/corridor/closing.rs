//! The end of every group commit: what its decisions write, and the head of the log.

use intent::{IntentId, UtcMicros};
use ledger::BookId;
use sqlx::{PgConnection, Postgres, Transaction};
use tlog::{Edge, TreeSize};

use super::append::{self, Grown, Prepared};
use super::attempt::Aborted;
use super::fold::{Decision, Fold};
use super::refusal::Refusal;
use super::store::{self, TransferRows};
use super::submission::Settled;
use super::working;
use crate::Services;
use crate::log::store as log_store;
use crate::registers::Rows;

/// The end of every group commit.
pub(super) struct Close {
    pub(super) edge: Option<Edge>,
    /// Under which epoch of authority every signer was examined; `None` where nobody signed with a certificate.
    pub(super) epoch: Option<u64>,
    pub(super) bumps_epoch: bool,
    /// Give up unless the log still has this size: something was decided by its absence.
    pub(super) overtaken_at: Option<TreeSize>,
    pub(super) now: UtcMicros,
}

/// What a transaction made of one of its jobs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// It was decided, and is answered by what was settled.
    Fresh,
    /// It was decided earlier, and is read back.
    Known,
    /// A fact that is not true, or not any more: nothing was written.
    Refused(Refusal),
}

/// When the head of the log is locked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    /// Last, as always.
    HeadLast,
    /// First: nothing that was read as absent can be committed by another instance meanwhile. Another one may hold what
    /// this one needs, and wait for the head: this one gives up at once, and tries again.
    HeadFirst,
}

impl Order {
    pub(super) async fn begin(self, tx: &mut PgConnection, book: BookId) -> Result<(), Aborted> {
        if self == Self::HeadFirst {
            log_store::lock_head(tx, book).await?;
            log_store::give_up_early(tx).await?;
        }
        Ok(())
    }
}

/// What the decisions of one transaction write.
#[derive(Default)]
pub(super) struct Written {
    transfers: TransferRows,
    registers: Rows,
    rests_on_absence: bool,
}

impl Written {
    pub(super) fn add(
        &mut self,
        intent: IntentId,
        decision: &Decision,
        fold: &Fold<'_>,
    ) -> sqlx::Result<()> {
        for (position, item) in decision.items.iter().enumerate() {
            self.transfers.push(intent.get(), position, (decision, item), &fold.owners)?;
        }
        decision.rows.iter().for_each(|row| self.registers.put(row.clone()));
        self.rests_on_absence |= decision.rests_on_absence();
        Ok(())
    }

    pub(super) async fn store(
        &self,
        tx: &mut PgConnection,
        book: BookId,
        fold: &Fold<'_>,
        now: UtcMicros,
    ) -> sqlx::Result<()> {
        working::write(tx, book, fold, &self.transfers, &self.registers, now).await
    }

    /// The size that the log must still have when its head is locked, if anything rests on what was not there.
    pub(super) fn overtaken_at(&self, order: Order, edge: Option<&Edge>) -> Option<TreeSize> {
        let is_open = self.rests_on_absence && order == Order::HeadLast;
        is_open.then(|| edge.map_or(TreeSize::new(0), Edge::size))
    }
}

impl Close {
    /// Gives up unless nothing was recorded meanwhile, where the head is not locked yet.
    pub(super) fn rest_on_log(&mut self, order: Order) {
        if order == Order::HeadLast {
            self.overtaken_at = Some(self.edge.as_ref().map_or(TreeSize::new(0), Edge::size));
        }
    }

    /// Locks the head of the log, appends and commits.
    pub(super) async fn commit(
        self,
        mut tx: Transaction<'_, Postgres>,
        services: &Services,
        prepared: Vec<Prepared>,
    ) -> Result<(Edge, Vec<Settled>), Aborted> {
        let book = services.bank.book;
        let log = append::lock(&mut tx, book, self.edge).await?;
        if self.overtaken_at.is_some_and(|size| size != log.head.size) {
            return Err(give_back(tx, Aborted::Overtaken).await);
        }
        // So that no checkpoint is signed in vain; what changed while we waited for the lock shows after it.
        if self.epoch.is_some_and(|examined| examined < log.epoch) {
            return Err(give_back(tx, Aborted::AuthorityChanged { epoch: log.epoch }).await);
        }
        let signer = services.authority.checkpoint_signer();
        let Grown { edge, settled, epoch } =
            append::append(&mut tx, book, signer, log, prepared, self.now).await?;
        if self.epoch.is_some_and(|examined| examined != epoch) {
            return Err(give_back(tx, Aborted::AuthorityChanged { epoch }).await);
        }
        if self.bumps_epoch {
            store::bump_epoch(&mut tx, book).await?;
        }
        tx.commit().await.map_err(|error| Aborted::During(error.into()))?;
        services.outbox.committed(edge.size().get());
        // A crash right here loses nothing but the answers: the client asks again with the same id.
        if self.bumps_epoch {
            services.directory.observe_epoch(epoch.saturating_add(1));
        }
        Ok((edge, settled))
    }
}

/// Takes everything back at once. A transaction that is only dropped keeps its locks until its connection is asked something
/// else, which may be never.
async fn give_back(tx: Transaction<'_, Postgres>, why: Aborted) -> Aborted {
    match tx.rollback().await {
        Ok(()) => why,
        Err(error) => error.into(),
    }
}
