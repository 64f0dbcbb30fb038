//! SQL of the verification: the log and its evidence, read in chunks under one snapshot. It decides nothing.

pub(super) mod book;

use ledger::BookId;
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::config::DatabaseUrl;
use crate::sql::{book_id, int8};

/// Opens a database for an auditor: one snapshot for everything that is read, nothing that can be written, whatever
/// the login could do otherwise.
pub(super) async fn connect(url: &DatabaseUrl) -> sqlx::Result<PgConnection> {
    let options = url.expose().parse::<sqlx::postgres::PgConnectOptions>()?;
    PgConnection::connect_with(&options.application_name("strongroom-verify")).await
}

/// Begins the one transaction of a verification.
pub(super) async fn snapshot(
    connection: &mut PgConnection,
) -> sqlx::Result<Transaction<'_, Postgres>> {
    connection
        .begin_with(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE strongroom_auditor; \
             SET LOCAL statement_timeout = 0; SET LOCAL jit = off",
        )
        .await
}

/// The bank as its rows have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct BookRow {
    pub(super) bank: String,
    pub(super) name: String,
    pub(super) suite: String,
    pub(super) founded_at: OffsetDateTime,
}

/// Every book of this database.
pub(super) async fn books(tx: &mut PgConnection) -> sqlx::Result<Vec<(BookId, BookRow)>> {
    let rows =
        sqlx::query!("SELECT book_id, bank, name, suite, founded_at FROM books ORDER BY book_id")
            .fetch_all(tx)
            .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let book = BookId::new(u32::try_from(row.book_id).unwrap_or_default());
            let (bank, name, suite) = (row.bank, row.name, row.suite);
            (book, BookRow { bank, name, suite, founded_at: row.founded_at })
        })
        .collect())
}

/// The head of the log: size and root.
pub(super) async fn head(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    let row = sqlx::query!("SELECT size, root FROM log_head WHERE book_id = $1", book_id(book))
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|row| (row.size, row.root)))
}

/// A record exactly as stored.
#[derive(Clone, Debug)]
pub(super) struct RecordRow {
    pub(super) leaf_index: i64,
    pub(super) intent_id: Uuid,
    pub(super) tree_size: i64,
    pub(super) recorded_at: OffsetDateTime,
    pub(super) user_id: Option<Uuid>,
    pub(super) leaf: Vec<u8>,
    pub(super) salts: Vec<u8>,
    pub(super) intent: Option<Vec<u8>>,
    pub(super) actor: Option<Vec<u8>>,
    pub(super) origin: Option<Vec<u8>>,
    pub(super) effects: Option<Vec<u8>>,
    pub(super) evidence: Option<Vec<u8>>,
}

/// The first record of `first..end` with which those from `first` on are more than so many bytes, by what makes them large.
pub(super) async fn outgrown_at(
    tx: &mut PgConnection,
    book: BookId,
    first: u64,
    end: u64,
    bytes: i64,
) -> sqlx::Result<Option<u64>> {
    let leaf = sqlx::query_scalar!(
        "SELECT min(leaf_index) FILTER (WHERE bytes > $4)
           FROM (SELECT leaf_index, sum(octet_length(intent) + octet_length(effects)) OVER (ORDER BY leaf_index) AS bytes
                   FROM records WHERE book_id = $1 AND leaf_index >= $2 AND leaf_index < $3) AS sizes",
        book_id(book),
        int8(first)?,
        int8(end)?,
        bytes,
    )
    .fetch_one(tx)
    .await?;
    Ok(leaf.and_then(|leaf| u64::try_from(leaf).ok()))
}

/// Records `first..end`, in order.
pub(super) async fn records(
    tx: &mut PgConnection,
    book: BookId,
    first: u64,
    end: u64,
) -> sqlx::Result<Vec<RecordRow>> {
    sqlx::query_as!(
        RecordRow,
        "SELECT leaf_index, intent_id, tree_size, recorded_at, user_id, leaf, salts, intent, actor, origin, effects,
                evidence
           FROM records WHERE book_id = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index",
        book_id(book),
        int8(first)?,
        int8(end)?,
    )
    .fetch_all(tx)
    .await
}

/// How many records there are, and the largest index.
pub(super) async fn records_extent(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<(i64, Option<i64>)> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", max(leaf_index) AS last FROM records WHERE book_id = $1"#,
        book_id(book),
    )
    .fetch_one(tx)
    .await?;
    Ok((row.count, row.last))
}

/// A checkpoint exactly as stored.
#[derive(Clone, Debug)]
pub(super) struct CheckpointRow {
    pub(super) size: i64,
    pub(super) note: String,
    pub(super) signed_at: OffsetDateTime,
}

/// Checkpoints of sizes above `above` and at most `to`, in order.
pub(super) async fn checkpoints(
    tx: &mut PgConnection,
    book: BookId,
    above: u64,
    to: u64,
) -> sqlx::Result<Vec<CheckpointRow>> {
    sqlx::query_as!(
        CheckpointRow,
        "SELECT size, note, signed_at FROM log_checkpoints
          WHERE book_id = $1 AND size > $2 AND size <= $3 ORDER BY size",
        book_id(book),
        int8(above)?,
        int8(to)?,
    )
    .fetch_all(tx)
    .await
}

/// Checkpoints of sizes above `above`, at most `limit`, in order.
pub(super) async fn checkpoints_beyond(
    tx: &mut PgConnection,
    book: BookId,
    above: u64,
    limit: usize,
) -> sqlx::Result<Vec<CheckpointRow>> {
    sqlx::query_as!(
        CheckpointRow,
        "SELECT size, note, signed_at FROM log_checkpoints
          WHERE book_id = $1 AND size > $2 ORDER BY size LIMIT $3",
        book_id(book),
        int8(above)?,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(tx)
    .await
}

/// The hashes of one full tile.
pub(super) async fn tile(
    tx: &mut PgConnection,
    book: BookId,
    level: u8,
    index: u64,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT hashes FROM log_tiles WHERE book_id = $1 AND level = $2 AND tile_index = $3",
        book_id(book),
        i32::from(level),
        int8(index)?,
    )
    .fetch_optional(tx)
    .await
}

/// Which tiles there are.
pub(super) async fn tile_ids(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Vec<(i32, i64)>> {
    let rows = sqlx::query!(
        "SELECT level, tile_index FROM log_tiles WHERE book_id = $1 ORDER BY level, tile_index",
        book_id(book),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.level, row.tile_index)).collect())
}
