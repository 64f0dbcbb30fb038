//! Step 5: the batch's leaves, under the head of the log, in the transaction of the changes they describe.

use std::sync::Arc;

use intent::{
    Actor, CheckpointText, Effects, Flags, IntentId, Leaf, Origin, Outcome, Record, UserId,
    UtcMicros,
};
use ledger::BookId;
use serde_json::Value;
use sqlx::PgConnection;
use tlog::{Appended, Checkpoint, CheckpointSigner, Edge, Hash, LeafIndex};
use uuid::Uuid;

use super::Fault;
use super::store::{self, LogAppend, NewRecord};
use super::submission::Settled;
use crate::log::service::{catch_up, check_append};
use crate::log::store as log_store;
use crate::log::store::Head;
use crate::sql::timestamp;
use crate::{Services, certificates};

/// Bytes of salt per record: 32 for each of the five groups.
const SALTS_LEN: usize = 160;

/// What will be a leaf.
pub(super) struct Entry {
    pub(super) intent_id: IntentId,
    pub(super) kind_code: u8,
    pub(super) is_event: bool,
    pub(super) user: Option<UserId>,
    pub(super) intent: Vec<u8>,
    pub(super) actor: Vec<u8>,
    pub(super) origin: Vec<u8>,
    pub(super) effects: Effects,
    pub(super) evidence: Vec<u8>,
    pub(super) extra: Option<Value>,
}

impl Entry {
    /// The bytes of an actor and an origin, for [`Entry`].
    pub(super) fn groups(actor: &Actor, origin: &Origin) -> (Vec<u8>, Vec<u8>) {
        (actor.to_bytes(), origin.to_bytes())
    }
}

/// A record with its leaf, before it has an index.
pub(super) struct Prepared {
    intent_id: IntentId,
    user: Option<UserId>,
    leaf: Leaf,
    record: Record,
    effects: Effects,
    extra: Option<Value>,
}

/// Salts and hashes an entry.
pub(super) fn prepare(entry: Entry) -> Result<Prepared, Fault> {
    let salts = crypto::random::<SALTS_LEN>()?;
    let flags = Flags { event: entry.is_event, refused: entry.effects.outcome == Outcome::Refused };
    let groups =
        [entry.intent, entry.actor, entry.origin, entry.effects.to_bytes(), entry.evidence];
    let (record, leaf) = Record::new(entry.kind_code, flags, groups, &salts);
    Ok(Prepared {
        intent_id: entry.intent_id,
        user: entry.user,
        leaf,
        record,
        effects: entry.effects,
        extra: entry.extra,
    })
}

/// The head, locked, with the edge of the tree brought up to it.
pub(super) struct LockedLog {
    pub(super) head: Head,
    pub(super) edge: Edge,
    /// Epoch of authority, as of when we began to wait for the lock.
    pub(super) epoch: u64,
}

/// Takes the head's lock: the last of every group commit.
pub(super) async fn lock(
    tx: &mut PgConnection,
    book: BookId,
    edge: Option<Edge>,
) -> Result<LockedLog, Fault> {
    let (head, epoch) = log_store::lock_head(tx, book).await?;
    let edge = catch_up(tx, book, edge, head).await?;
    Ok(LockedLog { head, edge, epoch })
}

/// What is true once the transaction commits.
pub(super) struct Grown {
    pub(super) edge: Edge,
    /// What to answer, in order.
    pub(super) settled: Vec<Settled>,
    /// The epoch of authority under the head's lock.
    pub(super) epoch: u64,
}

/// Writes leaves, tiles, checkpoint and head.
pub(super) async fn append(
    tx: &mut PgConnection,
    book: BookId,
    signer: &CheckpointSigner,
    log: LockedLog,
    prepared: Vec<Prepared>,
    now: UtcMicros,
) -> Result<Grown, Fault> {
    let leaves: Vec<Hash> = prepared.iter().map(|new| new.leaf.hash()).collect();
    let mut edge = log.edge.clone();
    let appended = edge.append(&leaves);
    check_append(&log.edge, &leaves, &appended)?;
    log_store::insert_tiles(tx, book, &appended.completed).await?;

    let checkpoint = Checkpoint {
        origin: signer.origin().clone(),
        size: appended.new_size,
        root: appended.root,
    };
    let signed_at_s = u64::try_from(now.get().div_euclid(1_000_000)).unwrap_or_default();
    let note =
        signer.sign(&checkpoint, signed_at_s).map_err(crate::log::LogError::from)?.into_string();
    let new: Vec<_> = (appended.old_size.get()..).zip(&prepared).collect();
    let records: Vec<NewRecord<'_>> = new
        .iter()
        .map(|(index, new)| NewRecord {
            index: *index,
            intent_id: new.intent_id.get(),
            user: new.user,
            leaf: &new.leaf,
            record: &new.record,
        })
        .collect();
    let appending = LogAppend {
        old_size: log.head.size,
        head: Head { size: appended.new_size, root: appended.root },
        records: &records,
        note: &note,
        at: timestamp(now),
    };
    let epoch = store::append_to_log(tx, book, appending).await?;
    let settled = settle(prepared, &appended, CheckpointText::new(note))?;
    Ok(Grown { edge, settled, epoch })
}

fn settle(
    prepared: Vec<Prepared>,
    appended: &Appended,
    checkpoint: CheckpointText,
) -> Result<Vec<Settled>, Fault> {
    let checkpoint = Arc::new(checkpoint);
    (appended.old_size.get()..)
        .map(LeafIndex::new)
        .zip(prepared)
        .map(|(index, new)| {
            Ok(Settled {
                intent_id: new.intent_id,
                index,
                leaf: new.leaf,
                record: new.record,
                effects: new.effects,
                inclusion: appended.inclusion_proof(index).map_err(crate::log::LogError::from)?,
                checkpoint: Arc::clone(&checkpoint),
                replayed: false,
                extra: new.extra,
            })
        })
        .collect()
}

/// The answer to an intent that was decided before, with the certificate that it may have brought: who lost that answer
/// holds keys that are of no use without.
pub(super) async fn replay(
    tx: &mut PgConnection,
    services: &Services,
    intent_id: Uuid,
    submitted: &[u8],
) -> Result<Settled, Fault> {
    let stored = crate::log::service::stored_receipt(tx, services.bank.book, intent_id)
        .await?
        .ok_or(Fault::Broken("a record vanished"))?;
    let same = stored
        .record
        .group(intent::Group::Intent)
        .is_some_and(|opening| opening.bytes == submitted);
    if !same {
        return Err(Fault::IdReused);
    }
    let extra = certificates::issuance::issued_by(tx, services, &stored.effects).await?;
    Ok(Settled {
        intent_id: stored.intent_id,
        index: stored.index,
        leaf: stored.leaf,
        record: stored.record,
        effects: stored.effects,
        inclusion: stored.inclusion,
        checkpoint: Arc::new(CheckpointText::new(stored.checkpoint)),
        replayed: true,
        extra,
    })
}
