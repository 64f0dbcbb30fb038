//! SQL for challenges and sessions. Every function runs inside the caller's transaction and decides nothing.

pub(super) mod places;

use crypto::Sha3;
use intent::{DeviceId, Role, SessionId, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;

use super::assurance::Assurance;
use super::place::Place;
use super::sign_in::SignIn;
use crate::policy::Permissions;
use crate::sql::{book_id, corrupt, digest, int8, micros, timestamp};

/// A challenge as made.
pub(super) struct NewChallenge<'a> {
    pub(super) nonce: &'a [u8; 32],
    pub(super) certificate: &'a Sha3,
    pub(super) device: DeviceId,
    pub(super) origin: &'a str,
    /// The session that asks for it; `None` where one is to be opened.
    pub(super) session: Option<SessionId>,
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
        "INSERT INTO challenges (book_id, nonce, certificate, device_id, origin, expires_at, session_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        book_id(book),
        new.nonce.as_slice(),
        new.certificate.as_bytes().as_slice(),
        device.as_bytes().as_slice(),
        new.origin,
        timestamp(new.expires_at),
        new.session.map(SessionId::get),
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
    pub(super) session: Option<SessionId>,
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
        "SELECT certificate, device_id, origin, session_id, expires_at, redeemed_at FROM challenges
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
            session: row.session_id.map(SessionId::new),
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
    pub(super) assurance: Assurance,
    pub(super) sign_in: SignIn,
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
    let bound =
        new.assurance.certificate().map(|(certificate, device)| (certificate, device.get()));
    sqlx::query!(
        "INSERT INTO sessions (book_id, session_id, user_id, certificate, device_id, sealed_secret, refresh_hash,
                               refresh_generation, ip, user_agent, created_at, refreshed_at, expires_at,
                               assurance, authenticated_at, used_at, place, failures_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $10, $11, $12, $10, $10, $13, $14)",
        book_id(book),
        new.session.get(),
        new.user.get(),
        bound.as_ref().map(|(certificate, _)| certificate.as_bytes().as_slice()),
        bound.as_ref().map(|(_, device)| device.as_bytes().as_slice()),
        new.sealed_secret,
        new.refresh_hash.as_bytes().as_slice(),
        new.ip,
        new.user_agent,
        timestamp(new.at),
        timestamp(new.expires_at),
        new.assurance.name(),
        new.sign_in.place.name(),
        i32::try_from(new.sign_in.failures).map_err(corrupt)?,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A session as stored.
pub(super) struct SessionRow {
    pub(super) user: UserId,
    pub(super) assurance: Assurance,
    pub(super) authenticated_at: UtcMicros,
    pub(super) sealed_secret: Vec<u8>,
    pub(super) expires_at: UtcMicros,
    pub(super) key_generation: u64,
    pub(super) sign_in: SignIn,
    pub(super) ended: bool,
}

/// One session.
pub(super) async fn session(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query!(
        "SELECT user_id, assurance, certificate, device_id, authenticated_at, sealed_secret, expires_at,
                key_generation, revoked_at, place, failures_before
           FROM sessions
          WHERE book_id = $1 AND session_id = $2",
        book_id(book),
        session.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(SessionRow {
            user: UserId::new(row.user_id),
            assurance: assurance(&row.assurance, row.certificate, row.device_id)?,
            authenticated_at: micros(row.authenticated_at),
            sealed_secret: row.sealed_secret,
            expires_at: micros(row.expires_at),
            key_generation: u64::try_from(row.key_generation).map_err(corrupt)?,
            sign_in: SignIn {
                place: row.place.parse().map_err(corrupt)?,
                failures: u32::try_from(row.failures_before).map_err(corrupt)?,
            },
            ended: row.revoked_at.is_some(),
        })
    })
    .transpose()
}

fn assurance(
    name: &str,
    certificate: Option<Vec<u8>>,
    device: Option<Vec<u8>>,
) -> sqlx::Result<Assurance> {
    let bound = match (certificate, device) {
        (Some(certificate), Some(device)) => {
            Some((digest(&certificate)?, DeviceId::new(digest(&device)?)))
        }
        _ => None,
    };
    Assurance::from_stored(name, bound).map_err(corrupt)
}

/// What every request asks of its session's row.
pub(super) struct Standing {
    pub(super) epoch: u64,
    pub(super) key_generation: u64,
    pub(super) authenticated_at: UtcMicros,
    pub(super) used_at: UtcMicros,
}

/// The epoch of authority if the session was not revoked: all answers in one round trip, at the gate.
pub(super) async fn standing(
    gate: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<Standing>> {
    sqlx::query!(
        "SELECT a.epoch, s.authenticated_at, s.used_at, s.key_generation
           FROM sessions s JOIN authority_state a ON a.book_id = s.book_id
          WHERE s.book_id = $1 AND s.session_id = $2 AND s.revoked_at IS NULL",
        book_id(book),
        session.get(),
    )
    .fetch_optional(gate)
    .await?
    .map(|row| {
        Ok(Standing {
            epoch: u64::try_from(row.epoch).map_err(corrupt)?,
            key_generation: u64::try_from(row.key_generation).map_err(corrupt)?,
            authenticated_at: micros(row.authenticated_at),
            used_at: micros(row.used_at),
        })
    })
    .transpose()
}

/// What a request asks of a session that has no certificate to be examined.
pub(super) struct UnboundRow {
    pub(super) role: Role,
    /// Whether the person may sign in.
    pub(super) is_active: bool,
    /// What custom roles leave of the built-in one; `None` where none narrows it.
    pub(super) granted: Option<Permissions>,
    pub(super) assurance: Assurance,
    pub(super) authenticated_at: UtcMicros,
    pub(super) used_at: UtcMicros,
    pub(super) epoch: u64,
    pub(super) key_generation: u64,
}

/// A session without a certificate and its person, if the session was not revoked.
pub(super) async fn unbound(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<UnboundRow>> {
    sqlx::query!(
        r#"SELECT u.role, u.status, s.assurance, s.authenticated_at, s.used_at, a.epoch, s.key_generation,
                EXISTS (SELECT 1 FROM user_locks l
                         WHERE l.book_id = u.book_id AND l.user_id = u.user_id AND l.locked) AS "is_locked!",
                (SELECT string_agg(CASE WHEN r.active THEN r.permissions ELSE '' END, ' ')
                   FROM role_grants g
                   JOIN roles r ON r.book_id = g.book_id AND r.name = g.name
                  WHERE g.book_id = u.book_id AND g.user_id = u.user_id AND g.granted) AS granted
           FROM sessions s
           JOIN users u ON u.book_id = s.book_id AND u.user_id = s.user_id
           JOIN authority_state a ON a.book_id = s.book_id
          WHERE s.book_id = $1 AND s.session_id = $2 AND s.revoked_at IS NULL AND s.certificate IS NULL"#,
        book_id(book),
        session.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(UnboundRow {
            role: row.role.parse().map_err(corrupt)?,
            is_active: row.status == "active" && !row.is_locked,
            granted: row.granted.as_deref().map(Permissions::from_names),
            assurance: assurance(&row.assurance, None, None)?,
            authenticated_at: micros(row.authenticated_at),
            used_at: micros(row.used_at),
            epoch: u64::try_from(row.epoch).map_err(corrupt)?,
            key_generation: u64::try_from(row.key_generation).map_err(corrupt)?,
        })
    })
    .transpose()
}

/// Gives an open session its next key. `false`: it has ended, or another key has replaced `generation` already.
pub(super) async fn replace_key(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    generation: u64,
    sealed_secret: &[u8],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE sessions SET sealed_secret = $4, key_generation = key_generation + 1
          WHERE book_id = $1 AND session_id = $2 AND key_generation = $3 AND revoked_at IS NULL",
        book_id(book),
        session.get(),
        int8(generation)?,
        sealed_secret,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that a session is in use.
pub(super) async fn mark_used(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET used_at = $3 WHERE book_id = $1 AND session_id = $2 AND used_at < $3",
        book_id(book),
        session.get(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down that the holder of an open session has proved again who they are, and by what a session without a
/// certificate is held from now on. `false`: it has ended, or has a certificate where `assurance` has none.
pub(super) async fn authenticate(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    assurance: &Assurance,
    at: UtcMicros,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE sessions SET authenticated_at = $3, assurance = $4
          WHERE book_id = $1 AND session_id = $2 AND revoked_at IS NULL
            AND (certificate IS NOT NULL) = ($4 = 'certificate')",
        book_id(book),
        session.get(),
        timestamp(at),
        assurance.name(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The refresh tokens of a session.
pub(super) struct RefreshRow {
    pub(super) hash: Sha3,
    pub(super) generation: u64,
    pub(super) expires_at: UtcMicros,
    pub(super) has_certificate: bool,
    pub(super) used_at: UtcMicros,
    pub(super) key_generation: u64,
    pub(super) ended: bool,
}

/// Locks a session: of two uses of one refresh token, the second waits here and then finds it used.
pub(super) async fn lock_refresh(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
) -> sqlx::Result<Option<RefreshRow>> {
    sqlx::query!(
        "SELECT refresh_hash, refresh_generation, expires_at, certificate IS NOT NULL AS \"has_certificate!\", used_at,
                key_generation, revoked_at
           FROM sessions
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
            has_certificate: row.has_certificate,
            used_at: micros(row.used_at),
            key_generation: u64::try_from(row.key_generation).map_err(corrupt)?,
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
        "UPDATE sessions SET refresh_hash = $3, refresh_generation = $4, refreshed_at = $5, used_at = $5
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

/// Ends a session whoever it belongs to: its refresh token was used twice. Says whose it was, if it was open.
pub(super) async fn end_stolen(
    tx: &mut PgConnection,
    book: BookId,
    session: SessionId,
    ending: Ending,
) -> sqlx::Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        "UPDATE sessions SET revoked_at = $3, revocation_reason = $4
          WHERE book_id = $1 AND session_id = $2 AND revoked_at IS NULL RETURNING user_id",
        book_id(book),
        session.get(),
        timestamp(ending.at),
        ending.reason,
    )
    .fetch_optional(tx)
    .await?;
    Ok(user.map(UserId::new))
}

/// Ends every open session of `user` and says which they were.
pub(crate) async fn end_all(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    ending: Ending,
) -> sqlx::Result<Vec<SessionId>> {
    let ended = sqlx::query_scalar!(
        "UPDATE sessions SET revoked_at = $3, revocation_reason = $4
          WHERE book_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 RETURNING session_id",
        book_id(book),
        user.get(),
        timestamp(ending.at),
        ending.reason,
    )
    .fetch_all(tx)
    .await?;
    Ok(ended.into_iter().map(SessionId::new).collect())
}

/// Ends every open session of `user` that has no certificate, but for one of them, and says which they were.
pub(super) async fn end_below_certificate(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    spared: SessionId,
    ending: Ending,
) -> sqlx::Result<Vec<SessionId>> {
    let ended = sqlx::query_scalar!(
        "UPDATE sessions SET revoked_at = $4, revocation_reason = $5
          WHERE book_id = $1 AND user_id = $2 AND session_id <> $3 AND certificate IS NULL AND revoked_at IS NULL
            AND expires_at > $4
          RETURNING session_id",
        book_id(book),
        user.get(),
        spared.get(),
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
    pub(super) assurance: Assurance,
    pub(super) place: Place,
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
        "SELECT session_id, assurance, certificate, device_id, ip, user_agent, created_at, refreshed_at, expires_at, place
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
            assurance: assurance(&row.assurance, row.certificate, row.device_id)?,
            ip: row.ip,
            user_agent: row.user_agent,
            created_at: micros(row.created_at),
            refreshed_at: micros(row.refreshed_at),
            expires_at: micros(row.expires_at),
            place: row.place.parse().map_err(corrupt)?,
        })
    })
    .collect()
}
