//! SQL for challenges and sessions. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{DeviceId, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use super::caller::SessionId;
use crate::sql::{book_id, corrupt, digest, int8, micros, timestamp};

/// A challenge as made.
pub(super) struct NewChallenge<'a> {
    pub(super) nonce: &'a [u8; 32],
    pub(super) certificate: &'a Sha3,
    pub(super) device: DeviceId,
    pub(super) origin: &'a str,
    pub(super) expires_at: UtcMicros,
}

/// Stores a challenge.
pub(super) async fn insert_challenge(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewChallenge<'_>,
) -> sqlx::Result<()> {
    let device = new.device.get();
    sqlx::query!(
        "INSERT INTO challenges (book_id, nonce, certificate, device_id, origin, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        book_id(book),
        new.nonce.as_slice(),
        new.certificate.as_bytes().as_slice(),
        device.as_bytes().as_slice(),
        new.origin,
        timestamp(new.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A challenge as stored.
pub(super) struct ChallengeRow {
    pub(super) certificate: Sha3,
    pub(super) device: DeviceId,
    pub(super) origin: String,
    pub(super) expires_at: UtcMicros,
    pub(super) redeemed: bool,
}

/// Locks a challenge: of two answers to it, the second waits here and then finds it redeemed.
pub(super) async fn lock_challenge(
    tx: &mut PgConnection,
    book: BookId,
    nonce: &[u8; 32],
) -> sqlx::Result<Option<ChallengeRow>> {
    sqlx::query!(
        "SELECT certificate, device_id, origin, expires_at, redeemed_at FROM challenges
          WHERE book_id = $1 AND nonce = $2 FOR UPDATE",
        book_id(book),
        nonce.as_slice(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(ChallengeRow {
            certificate: digest(&row.certificate)?,
            device: DeviceId::new(digest(&row.device_id)?),
            origin: row.origin,
            expires_at: micros(row.expires_at),
            redeemed: row.redeemed_at.is_some(),
        })
    })
    .transpose()
}

/// Uses a challenge up.
pub(super) async fn redeem_challenge(
    tx: &mut PgConnection,
    book: BookId,
    nonce: &[u8; 32],
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE challenges SET redeemed_at = $3 WHERE book_id = $1 AND nonce = $2",
        book_id(book),
        nonce.as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A session to open.
pub(super) struct NewSession<'a> {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) certificate: &'a Sha3,
    pub(super) device: DeviceId,
    pub(super) sealed_secret: &'a [u8],
    pub(super) refresh_hash: &'a Sha3,
    pub(super) ip: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

/// Opens a session, with its first refresh token.
pub(super) async fn insert_session(
    tx: &mut PgConnection,
    book: BookId,
    new: &NewSession<'_>,
) -> sqlx::Result<()> {
    let device = new.device.get();
    sqlx::query!(
        "INSERT INTO sessions (book_id, session_id, user_id, certificate, device_id, sealed_secret, refresh_hash,
                               refresh_generation, ip, user_agent, created_at, refreshed_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $10, $11)",
        book_id(book),
        new.session.get(),
        new.user.get(),
        new.certificate.as_bytes().as_slice(),
        device.as_bytes().as_slice(),
        new.sealed_secret,
        new.refresh_hash.as_bytes().as_slice(),
        new.ip,
        new.user_agent,
        timestamp(new.at),
        timestamp(new.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A session as stored.
pub(super) struct SessionRow {
    pub(super) user: UserId,
    pub(super) certificate: Sha3,
    pub(super) device: DeviceId,
    pub(super) sealed_secret: Vec<u8>,
    pub(super) expires_at: UtcMicros,
    pub(super) ended: bool,
}

/// One session.
pub(super) async fn session(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query!(
        "SELECT user_id, certificate, device_id, sealed_secret, expires_at, revoked_at FROM sessions
          WHERE book_id = $1 AND session_id = $2",
        book_id(book),
        session.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(SessionRow {
            user: UserId::new(row.user_id),
            certificate: digest(&row.certificate)?,
            device: DeviceId::new(digest(&row.device_id)?),
            sealed_secret: row.sealed_secret,
            expires_at: micros(row.expires_at),
            ended: row.revoked_at.is_some(),
        })
    })
    .transpose()
}

/// The epoch of authority if the session was not revoked: two answers in one round trip.
pub(super) async fn standing(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<u64>> {
    sqlx::query_scalar!(
        "SELECT a.epoch FROM sessions s JOIN authority_state a ON a.book_id = s.book_id
          WHERE s.book_id = $1 AND s.session_id = $2 AND s.revoked_at IS NULL",
        book_id(book),
        session.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|epoch| u64::try_from(epoch).map_err(corrupt))
    .transpose()
}

/// The refresh tokens of a session.
pub(super) struct RefreshRow {
    pub(super) hash: Sha3,
    pub(super) generation: u64,
    pub(super) expires_at: UtcMicros,
    pub(super) ended: bool,
}

/// Locks a session: of two uses of one refresh token, the second waits here and then finds it used.
pub(super) async fn lock_refresh(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<RefreshRow>> {
    sqlx::query!(
        "SELECT refresh_hash, refresh_generation, expires_at, revoked_at FROM sessions
          WHERE book_id = $1 AND session_id = $2 FOR UPDATE",
        book_id(book),
        session.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(RefreshRow {
            hash: digest(&row.refresh_hash)?,
            generation: u64::try_from(row.refresh_generation).map_err(corrupt)?,
            expires_at: micros(row.expires_at),
            ended: row.revoked_at.is_some(),
        })
    })
    .transpose()
}

/// Replaces a session's refresh token by its next one.
pub(super) async fn rotate_refresh(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    next: &NextRefresh<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET refresh_hash = $3, refresh_generation = $4, refreshed_at = $5
          WHERE book_id = $1 AND session_id = $2",
        book_id(book),
        session.get(),
        next.hash.as_bytes().as_slice(),
        int8(next.generation)?,
        timestamp(next.at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The next refresh token of a session.
pub(super) struct NextRefresh<'a> {
    pub(super) hash: &'a Sha3,
    pub(super) generation: u64,
    pub(super) at: UtcMicros,
}

/// When and why sessions end.
#[derive(Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) at: UtcMicros,
    pub(crate) reason: &'static str,
}

/// Ends one session of `user`. `false`: there is none that is open.
pub(super) async fn end_session(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    session: SessionId,
    ending: Ending,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE sessions SET revoked_at = $4, revocation_reason = $5
          WHERE book_id = $1 AND session_id = $2 AND user_id = $3 AND revoked_at IS NULL",
        book_id(book),
        session.get(),
        user.get(),
        timestamp(ending.at),
        ending.reason,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session whoever it belongs to: its refresh token was used twice.
pub(super) async fn end_stolen(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    ending: Ending,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET revoked_at = $3, revocation_reason = $4
          WHERE book_id = $1 AND session_id = $2 AND revoked_at IS NULL",
        book_id(book),
        session.get(),
        timestamp(ending.at),
        ending.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends every open session of `user` and says which they were.
pub(super) async fn end_all(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    ending: Ending,
) -> sqlx::Result<Vec<SessionId>> {
    let ended = sqlx::query_scalar!(
        "UPDATE sessions SET revoked_at = $3, revocation_reason = $4
          WHERE book_id = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING session_id",
        book_id(book),
        user.get(),
        timestamp(ending.at),
        ending.reason,
    )
    .fetch_all(tx)
    .await?;
    Ok(ended.into_iter().map(SessionId::new).collect())
}

/// Ends every open session of a certificate that ends.
pub(crate) async fn end_of_certificate(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
    ending: Ending,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET revoked_at = $3, revocation_reason = $4
          WHERE book_id = $1 AND certificate = $2 AND revoked_at IS NULL",
        book_id(book),
        certificate.as_bytes().as_slice(),
        timestamp(ending.at),
        ending.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A session as its user may see it.
pub(super) struct SessionSummary {
    pub(super) session: SessionId,
    pub(super) certificate: Sha3,
    pub(super) device: DeviceId,
    pub(super) ip: String,
    pub(super) user_agent: String,
    pub(super) created_at: UtcMicros,
    pub(super) refreshed_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

/// The open sessions of `user`, newest first.
pub(super) async fn open_sessions(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    now: UtcMicros,
) -> sqlx::Result<Vec<SessionSummary>> {
    sqlx::query!(
        "SELECT session_id, certificate, device_id, ip, user_agent, created_at, refreshed_at, expires_at
           FROM sessions
          WHERE book_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
          ORDER BY created_at DESC LIMIT 200",
        book_id(book),
        user.get(),
        timestamp(now),
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|row| {
        Ok(SessionSummary {
            session: SessionId::new(row.session_id),
            certificate: digest(&row.certificate)?,
            device: DeviceId::new(digest(&row.device_id)?),
            ip: row.ip,
            user_agent: row.user_agent,
            created_at: micros(row.created_at),
            refreshed_at: micros(row.refreshed_at),
            expires_at: micros(row.expires_at),
        })
    })
    .collect()
}
