//! The sessions that this instance knows: key, window of used counters, and when the row was last seen in order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{CryptoError, MacKey, Sha3, random};
use intent::{DeviceId, Role, SessionId, UserId, UtcMicros};
use ledger::BookId;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use thiserror::Error;

use super::assurance::Assurance;
use super::proof::{CLOCK_SKEW_US, Presented, ProofRefused, session_key};
use super::sign_in::SignIn;
use super::store::{self, SessionRow};
use super::token::{TOKEN_LIFETIME_S, TokenRefused, Tokens, key_id};
use super::window::ReplayWindow;
use crate::authority::Authority;
use crate::certificates::{Directory, SignerError};
use crate::db::Db;
use crate::policy::{Permissions, effective};
use crate::vault::{Vault, VaultPurpose};

/// How old the knowledge about a session may be when it signs an intent, in microseconds: the intent itself is judged
/// by the certificate under the present epoch, inside its transaction.
const RECENT_US: i64 = 5 * 1_000_000;
/// Sessions kept; beyond that, those that have been idle go first.
const SESSIONS_MAX: usize = 50_000;
/// A session idle for this long has no proof left that could be replayed: both directions of the clock's tolerance.
const IDLE_US: i64 = 2 * CLOCK_SKEW_US;

/// A session ends when it was not used for this long, in microseconds.
const IDLE_END_US: i64 = 30 * 60 * 1_000_000;
/// Life of a bearer token, in microseconds.
const TOKEN_US: i64 = TOKEN_LIFETIME_S * 1_000_000;
/// Its use is written down no more often than this, in microseconds.
const USED_EVERY_US: i64 = 60 * 1_000_000;
const INSTANCE_LEN: usize = 16;

/// How fresh the knowledge about a session must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// As of this request: one statement at the gate.
    Exact,
    /// A few seconds old.
    Recent,
}

/// Whether somebody asks for something, or only waits for what comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usage {
    /// A request: it keeps a session from becoming idle.
    Request,
    /// An open stream: nobody need be there.
    Watching,
}

/// The sessions of this instance. Clones share them.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    db: Db,
    vault: Vault,
    directory: Directory,
    book: BookId,
    tokens: Tokens,
    instance: String,
    live: Mutex<HashMap<SessionId, Arc<Live>>>,
}

/// One session.
pub(super) struct Live {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    /// Certificate and device, in a session of aal3.
    pub(super) bound: Option<(Sha3, DeviceId)>,
    pub(super) key: MacKey,
    pub(super) key_id: String,
    /// What was unusual when it was opened.
    pub(super) sign_in: SignIn,
    /// Which of the session's keys this is.
    pub(super) generation: u64,
    expires_us: i64,
    checked_us: AtomicI64,
    used_us: AtomicI64,
    authenticated_us: AtomicI64,
    window: Mutex<ReplayWindow>,
}

impl Live {
    /// Uses up the request's counter. Only after its proof was verified.
    pub(super) fn use_counter(
        &self,
        presented: &Presented<'_>,
        now: UtcMicros,
    ) -> Result<(), SessionRefused> {
        self.used_us.fetch_max(now.get(), Ordering::AcqRel);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.accept(presented.counter()) { Ok(()) } else { Err(ProofRefused::Replayed.into()) }
    }

    /// When the holder last proved who they are, as far as this instance knows.
    pub(super) fn authenticated_at(&self) -> UtcMicros {
        UtcMicros::from_micros(self.authenticated_us.load(Ordering::Acquire))
    }

    /// Takes note of a proof of identity.
    pub(super) fn authenticated(&self, at: UtcMicros) {
        self.authenticated_us.fetch_max(at.get(), Ordering::AcqRel);
    }
}

/// What a session without a certificate may do now.
pub(super) struct Unbound {
    pub(super) role: Role,
    pub(super) permissions: Permissions,
    pub(super) assurance: Assurance,
    pub(super) epoch: u64,
}

impl Sessions {
    /// None yet, under a new name for this process.
    pub fn new(
        db: Db,
        vault: Vault,
        directory: Directory,
        authority: &Authority,
        book: BookId,
    ) -> Result<Self, CryptoError> {
        Ok(Self(Arc::new(Inner {
            db,
            vault,
            directory,
            book,
            tokens: Tokens::new(authority.token_key(), authority.refresh_key().clone()),
            instance: hex::encode(random::<INSTANCE_LEN>()?),
            live: Mutex::default(),
        })))
    }

    /// The name of this process, which request proofs are made for.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.0.instance
    }

    /// Makes and reads tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// The session as known here, loaded if need be.
    pub(super) async fn get(
        &self,
        session: SessionId,
        now: UtcMicros,
    ) -> Result<Arc<Live>, SessionRefused> {
        let known = self.lock().get(&session).cloned();
        match known {
            Some(live) => Ok(live),
            // Boxed: once a session, and part of every request's future.
            None => Box::pin(self.load(session, now)).await,
        }
    }

    /// The session under the newest of its keys: `known`, or what the row says where the key was replaced since.
    pub(super) async fn newest(
        &self,
        known: &Arc<Live>,
        now: UtcMicros,
    ) -> Result<Arc<Live>, SessionRefused> {
        let session = known.session;
        let standing = self.standing(session).await?.ok_or(SessionRefused::Ended)?;
        if standing.key_generation == known.generation {
            return Ok(Arc::clone(known));
        }
        Box::pin(self.load(session, now)).await
    }

    async fn load(&self, session: SessionId, now: UtcMicros) -> Result<Arc<Live>, SessionRefused> {
        let mut tx = self.0.db.as_writer().await?;
        let row = store::session(&mut tx, self.0.book, session).await?;
        tx.commit().await?;
        let row = row.filter(|row| !row.ended).ok_or(SessionRefused::Ended)?;
        let live = Arc::new(self.open(session, row, now).await?);
        let mut sessions = self.lock();
        make_room(&mut sessions, now);
        // Whoever came first with a key made its window; a second one would accept its counters again.
        match sessions.get(&session) {
            Some(held) if held.generation >= live.generation => Ok(Arc::clone(held)),
            Some(_) | None => {
                sessions.insert(session, Arc::clone(&live));
                Ok(live)
            }
        }
    }

    async fn standing(&self, session: SessionId) -> sqlx::Result<Option<store::Standing>> {
        let book = self.0.book;
        let ask = |mut gate: PoolConnection<Postgres>| async move {
            store::standing(&mut gate, book, session).await
        };
        self.0.db.ask_gate(ask).await
    }

    /// Refuses a session that has ended.
    pub(super) async fn refuse_ended(
        &self,
        live: &Live,
        freshness: Freshness,
        now: UtcMicros,
    ) -> Result<(), SessionRefused> {
        if now.get() >= live.expires_us {
            self.forget(live.session);
            return Err(SessionRefused::Ended);
        }
        let age_us = now.get().saturating_sub(live.checked_us.load(Ordering::Acquire));
        if freshness == Freshness::Recent && age_us < RECENT_US {
            return Ok(());
        }
        let standing = self.standing(live.session).await?;
        // A stream outlives the token that began it.
        let Some(standing) = standing.filter(|standing| !was_left(standing.used_at, now)) else {
            self.forget(live.session);
            return Err(SessionRefused::Ended);
        };
        refuse_replaced(live, standing.key_generation)?;
        // The same SELECT told the epoch of authority.
        self.0.directory.observe_epoch(standing.epoch);
        live.authenticated(standing.authenticated_at);
        live.checked_us.fetch_max(now.get(), Ordering::AcqRel);
        Ok(())
    }

    /// What a session without a certificate may do as of this request; one that was idle for too long has ended.
    pub(super) async fn unbound(
        &self,
        live: &Live,
        usage: Usage,
        now: UtcMicros,
    ) -> Result<Unbound, SessionRefused> {
        let mut tx = self.0.db.as_gate().await?;
        let found = store::unbound(&mut tx, self.0.book, live.session).await?;
        let Some(found) = found.filter(|found| found.is_active && !is_idle(found.used_at, now))
        else {
            self.forget(live.session);
            return Err(SessionRefused::Ended);
        };
        if now.get() >= live.expires_us {
            self.forget(live.session);
            return Err(SessionRefused::Ended);
        }
        tx.commit().await?;
        refuse_replaced(live, found.key_generation)?;
        let unnoted_us = now.get().saturating_sub(found.used_at.get());
        if usage == Usage::Request && unnoted_us >= USED_EVERY_US {
            let mut tx = self.0.db.as_writer().await?;
            store::mark_used(&mut tx, self.0.book, live.session, now).await?;
            tx.commit().await?;
        }
        self.0.directory.observe_epoch(found.epoch);
        live.authenticated(found.authenticated_at);
        Ok(Unbound {
            role: found.role,
            permissions: effective(found.role, found.granted),
            assurance: found.assurance,
            epoch: found.epoch,
        })
    }

    /// Takes note that the holder of a session has just proved who they are.
    pub(super) fn note_authenticated(&self, session: SessionId, at: UtcMicros) {
        if let Some(live) = self.lock().get(&session) {
            live.authenticated(at);
        }
    }

    /// Ends a person's open sessions that have no certificate, but for `spared`. Forget them after COMMIT.
    pub(crate) async fn end_below_certificate(
        &self,
        tx: &mut sqlx::PgConnection,
        user: UserId,
        spared: SessionId,
        ending: store::Ending,
    ) -> sqlx::Result<Vec<SessionId>> {
        store::end_below_certificate(tx, self.0.book, user, spared, ending).await
    }

    /// Forgets what is known here; the next request reads the row.
    pub(crate) fn forget(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    async fn open(
        &self,
        session: SessionId,
        row: SessionRow,
        now: UtcMicros,
    ) -> Result<Live, SessionRefused> {
        let bound = row.assurance.certificate();
        let signer = match &bound {
            Some((certificate, _)) => Some(self.0.directory.signer(certificate, now).await?),
            None => None,
        };
        let bootstrap = self
            .0
            .vault
            .open(VaultPurpose::SessionSecret, session.get().as_bytes(), &row.sealed_secret)
            .map_err(|_| SignerError::Corrupt("session secret"))?;
        let key = session_key(
            session,
            &bootstrap,
            signer.as_ref().map(|signer| signer.device_key_bytes()),
        )?;
        Ok(Live {
            session,
            user: row.user,
            bound,
            key: MacKey::new(&key),
            key_id: key_id(&key),
            sign_in: row.sign_in,
            generation: row.key_generation,
            expires_us: row.expires_at.get(),
            checked_us: AtomicI64::new(now.get()),
            used_us: AtomicI64::new(now.get()),
            authenticated_us: AtomicI64::new(row.authenticated_at.get()),
            window: Mutex::default(),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Arc<Live>>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sessions({})", self.lock().len())
    }
}

/// Refuses a proof under a key that was replaced since, at this instance or another one.
fn refuse_replaced(live: &Live, generation: u64) -> Result<(), SessionRefused> {
    if live.generation == generation { Ok(()) } else { Err(ProofRefused::Mac.into()) }
}

/// Whether a session without a certificate was left alone for too long.
pub(super) fn is_idle(used_at: UtcMicros, now: UtcMicros) -> bool {
    now.get().saturating_sub(used_at.get()) > IDLE_END_US
}

/// Whether a session with a certificate was left alone for too long. Its use is written down when it is refreshed and no more
/// often, so that a payment writes no session; its last token may have been used to the end.
pub(super) fn was_left(refreshed_at: UtcMicros, now: UtcMicros) -> bool {
    now.get().saturating_sub(refreshed_at.get()) > IDLE_END_US + TOKEN_US
}

/// Sessions in use are never dropped: their windows keep replays out.
fn make_room(sessions: &mut HashMap<SessionId, Arc<Live>>, now: UtcMicros) {
    if sessions.len() >= SESSIONS_MAX {
        let idle_since = now.get().saturating_sub(IDLE_US);
        sessions.retain(|_, live| live.used_us.load(Ordering::Acquire) >= idle_since);
    }
}

/// Why a request is not taken for its session's.
#[derive(Debug, Error)]
pub enum SessionRefused {
    /// The bearer token is missing, invalid or expired, or names another key than the session's.
    #[error("bearer token: {0}")]
    Token(#[from] TokenRefused),
    /// The session was revoked, has expired or never was.
    #[error("the session has ended")]
    Ended,
    /// The proof is not of this session over this request.
    #[error("{0}")]
    Proof(#[from] ProofRefused),
    /// The certificate is not accepted any more.
    #[error("{0}")]
    Signer(#[from] SignerError),
    /// A stored secret does not make a key.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
    /// The database failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}
