//! SQL for the places where people have signed in. Every function runs inside the caller's transaction and decides nothing.

use intent::{UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use crate::sql::{book_id, timestamp};

/// Where somebody has signed in before.
pub(in crate::sessions) struct Visited {
    pub(in crate::sessions) here: bool,
    pub(in crate::sessions) elsewhere: bool,
    /// Here, and not for a while.
    pub(in crate::sessions) here_long_ago: bool,
}

/// Whether `user` has signed in at a place, and elsewhere. Locks nothing.
pub(in crate::sessions) async fn visited(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    place: &[u8; 32],
    long_ago: UtcMicros,
) -> sqlx::Result<Visited> {
    sqlx::query_as!(
        Visited,
        r#"SELECT coalesce(bool_or(place = $3), false) AS "here!",
                  coalesce(bool_or(place <> $3), false) AS "elsewhere!",
                  coalesce(bool_or(place = $3 AND last_seen_at < $4), false) AS "here_long_ago!"
             FROM known_places WHERE book_id = $1 AND user_id = $2"#,
        book_id(book),
        user.get(),
        place.as_slice(),
        timestamp(long_ago),
    )
    .fetch_one(tx)
    .await
}

/// Writes down that `user` was at a place for the first time; a row that is there stays.
pub(in crate::sessions) async fn insert_place(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    place: &[u8; 32],
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO known_places (book_id, user_id, place, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING",
        book_id(book),
        user.get(),
        place.as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down that `user` was at a place again. SKIP LOCKED: sign-ins are committed in groups, in no order of their
/// people, and must not wait for one another; whoever holds the row writes the same.
pub(in crate::sessions) async fn touch_place(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    place: &[u8; 32],
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE known_places SET last_seen_at = $4
          WHERE (book_id, user_id, place) IN
                (SELECT book_id, user_id, place FROM known_places
                  WHERE book_id = $1 AND user_id = $2 AND place = $3 FOR UPDATE SKIP LOCKED)",
        book_id(book),
        user.get(),
        place.as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets where `user` has not signed in since `unseen_since`.
pub(in crate::sessions) async fn forget_places(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    unseen_since: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM known_places WHERE book_id = $1 AND user_id = $2 AND last_seen_at < $3",
        book_id(book),
        user.get(),
        timestamp(unseen_since),
    )
    .execute(tx)
    .await?;
    Ok(())
}
