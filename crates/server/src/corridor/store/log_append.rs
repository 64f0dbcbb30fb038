//! What a group commit appends to the log: one statement, tiles aside.

use intent::{Group, Leaf, Record, UserId};
use ledger::BookId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tlog::TreeSize;
use uuid::Uuid;

use super::require_rows;
use crate::log::store::Head;
use crate::sql::{book_id, corrupt, int8};

/// One record about to be stored.
pub(in crate::corridor) struct NewRecord<'a> {
    pub(in crate::corridor) index: u64,
    pub(in crate::corridor) intent_id: Uuid,
    pub(in crate::corridor) user: Option<UserId>,
    pub(in crate::corridor) leaf: &'a Leaf,
    pub(in crate::corridor) record: &'a Record,
}

/// What makes a log of one size one of another.
pub(in crate::corridor) struct LogAppend<'a> {
    pub(in crate::corridor) old_size: TreeSize,
    pub(in crate::corridor) head: Head,
    pub(in crate::corridor) records: &'a [NewRecord<'a>],
    /// The checkpoint of the new size.
    pub(in crate::corridor) note: &'a str,
    /// When the records were made and the checkpoint signed.
    pub(in crate::corridor) at: OffsetDateTime,
}

/// Inserts records and checkpoint and moves the head, whose lock we hold. Gives back the epoch of authority: a statement
/// after that lock sees what the holder of the lock before us has committed.
pub(in crate::corridor) async fn append_to_log(
    tx: &mut PgConnection,
    book: BookId,
    LogAppend { old_size, head, records, note, at }: LogAppend<'_>,
) -> sqlx::Result<u64> {
    let indices = records.iter().map(|new| int8(new.index)).collect::<sqlx::Result<Vec<_>>>()?;
    let ids: Vec<Uuid> = records.iter().map(|new| new.intent_id).collect();
    let users: Vec<Option<Uuid>> = records.iter().map(|new| new.user.map(UserId::get)).collect();
    let leaves: Vec<Vec<u8>> = records.iter().map(|new| new.leaf.to_bytes().to_vec()).collect();
    let salts: Vec<Vec<u8>> = records.iter().map(|new| salts(new.record)).collect();
    let group = |group: Group| -> Vec<&[u8]> {
        records
            .iter()
            .map(|new| new.record.group(group).map_or(&[][..], |opening| &opening.bytes))
            .collect()
    };
    let written = sqlx::query!(
        r#"WITH recorded AS (
             INSERT INTO records (book_id, leaf_index, intent_id, tree_size, recorded_at, user_id, leaf, salts,
                                  intent, actor, origin, effects, evidence)
             SELECT $1, u.leaf_index, u.intent_id, $2, $3, u.user_id, u.leaf, u.salts,
                    u.intent, u.actor, u.origin, u.effects, u.evidence
               FROM unnest($4::int8[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[],
                           $11::bytea[], $12::bytea[], $13::bytea[])
                    AS u (leaf_index, intent_id, user_id, leaf, salts, intent, actor, origin, effects, evidence)
             RETURNING 1),
           signed AS (
             INSERT INTO log_checkpoints (book_id, size, note, signed_at) VALUES ($1, $2, $14, $3)),
           moved AS (
             UPDATE log_head SET size = $2, root = $15 WHERE book_id = $1 AND size = $16 RETURNING 1)
           SELECT (SELECT count(*) FROM recorded) AS "records!", (SELECT count(*) FROM moved) AS "heads!",
                  (SELECT epoch FROM authority_state WHERE book_id = $1) AS "epoch!""#,
        book_id(book),
        int8(head.size.get())?,
        at,
        &indices,
        &ids,
        &users as &[Option<Uuid>],
        &leaves,
        &salts,
        &group(Group::Intent) as &[&[u8]],
        &group(Group::Actor) as &[&[u8]],
        &group(Group::Origin) as &[&[u8]],
        &group(Group::Effects) as &[&[u8]],
        &group(Group::Evidence) as &[&[u8]],
        note,
        head.root.as_bytes().as_slice(),
        int8(old_size.get())?,
    )
    .fetch_one(tx)
    .await?;
    require_rows(written.records, records.len())?;
    require_rows(written.heads, 1)?;
    u64::try_from(written.epoch).map_err(corrupt)
}

fn salts(record: &Record) -> Vec<u8> {
    Group::ALL
        .iter()
        .flat_map(|group| record.group(*group).map_or([0; 32], |opening| opening.salt))
        .collect()
}
