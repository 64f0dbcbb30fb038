//! What the rooms of a running server share.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio_util::sync::CancellationToken;

use crate::authority::Authority;
use crate::bank::Bank;
use crate::certificates::directory::Directory;
use crate::config::Config;
use crate::corridor::{self, Corridor, Queue};
use crate::credentials::Passwords;
use crate::db::Db;
use crate::ip_rules::Doorkeeper;
use crate::outbox::Outbox;
use crate::passkeys::Passkeys;
use crate::rate_limits::Turnstile;
use crate::security::Samples;
use crate::sessions::Sessions;
use crate::vault::Vault;

/// Intents that may wait for the poster: a second of work at full speed. The next one is told to come back.
pub(crate) const QUEUE_CAPACITY: usize = 8_192;

/// Everything a use case may reach.
pub struct Services {
    /// What the operator chose.
    pub config: Config,
    /// Which bank this is.
    pub bank: Bank,
    /// The database.
    pub db: Db,
    /// Where signed intents go.
    pub corridor: Corridor,
    /// Who certificates belong to.
    pub directory: Directory,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What has happened, for those who listen.
    pub(crate) outbox: Outbox,
    /// How it does, second by second.
    pub(crate) samples: Samples,
    /// Who may come from where.
    pub doorkeeper: Doorkeeper,
    /// How much somebody may ask for.
    pub turnstile: Turnstile,
    /// The bank's keys.
    pub authority: Authority,
    /// Seals what the database keeps secret.
    pub vault: Vault,
    /// Hashes passwords.
    pub(crate) passwords: Passwords,
    /// The rules of passkeys for this bank.
    pub(crate) passkeys: Passkeys,
}

/// The services and the poster that works for them. Clones share both.
#[derive(Clone)]
pub struct App {
    services: Arc<Services>,
    poster: Arc<Poster>,
}

struct Poster {
    stop: CancellationToken,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Services {
    /// Puts the parts together; the queue is for the poster.
    pub(crate) fn assemble(
        config: Config,
        bank: Bank,
        authority: Authority,
        vault: Vault,
        db: Db,
    ) -> std::io::Result<(Arc<Self>, Queue)> {
        let directory = Directory::new(
            db.clone(),
            vault.clone(),
            authority.clone(),
            bank.id.clone(),
            bank.book,
        );
        let sessions =
            Sessions::new(db.clone(), vault.clone(), directory.clone(), &authority, bank.book)
                .map_err(std::io::Error::other)?;
        let passkeys = Passkeys::new(&config.origin, &bank.name);
        let passwords = Passwords::new().map_err(std::io::Error::other)?;
        let (corridor, queue) =
            Corridor::new(QUEUE_CAPACITY, bank.clone(), directory.clone(), config.key_ages);
        let doorkeeper = Doorkeeper::new(db.clone(), directory.clone(), bank.book);
        let turnstile = Turnstile::new(
            &config.rate_limits,
            config.redis.as_ref(),
            &bank.id,
            authority.attempts_key(),
        )
        .map_err(std::io::Error::other)?;
        let services = Arc::new(Self {
            config,
            bank,
            db,
            corridor,
            directory,
            sessions,
            outbox: Outbox::new(),
            samples: Samples::new(),
            doorkeeper,
            turnstile,
            authority,
            vault,
            passwords,
            passkeys,
        });
        Ok((services, queue))
    }
}

impl App {
    /// Starts the poster.
    pub(crate) fn start(services: Arc<Services>, queue: Queue) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let thread = corridor::spawn(Arc::clone(&services), queue, stop.clone())?;
        let poster = Arc::new(Poster { stop, thread: Mutex::new(Some(thread)) });
        Ok(Self { services, poster })
    }

    /// Lets the poster commit what waits, then closes the connections.
    pub(crate) async fn close(&self) {
        self.poster.stop.cancel();
        let thread = self.poster.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(move || thread.join()).await.is_err()
        {
            tracing::error!("the poster ended in a panic");
        }
        self.services.db.close().await;
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("bank", &self.services.bank.id).finish_non_exhaustive()
    }
}
