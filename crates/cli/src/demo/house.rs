//! The demo bank's house: a folder, a private PostgreSQL in it, the bank founded there, and its server.

use std::fs::DirBuilder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use client::{ServerUrl, Transport, Trust, write_private};
use crypto::{SecretBytes, Suite, random_secret};
use directories::ProjectDirs;
use intent::Role;
use server::bank::{FoundingPlan, Invitation};
use server::config::{Config, DatabaseSource, DatabaseUrl, Profile, TlsConfig};
use server::postgres::{ClusterError, PrivateCluster};
use server::rate_limits::RateLimits;
use server::start::Running;
use tempfile::TempDir;

use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;

const BANK: &str = "demobank";
const NAME: &str = "Demo Bank";
const PASSPHRASE_BYTES: usize = 16;
const STAFF: [(&str, Role); 3] = [
    ("Mara Mint", Role::Manager),
    ("Adam Ledger", Role::AuditorClerk),
    ("Sina Root", Role::SystemAdmin),
];

/// Where the bank is to live and listen.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Folder to keep; none: a fresh one that goes with the demo.
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: SocketAddr,
    pub(super) tls_listen: SocketAddr,
    pub(super) suite: Suite,
    /// What is served beside the bank's own routes.
    pub(super) beside: axum::Router,
}

/// A running demo bank.
pub(super) struct House {
    running: Running,
    cluster: PrivateCluster,
    folder: Folder,
    passphrase: SecretBytes,
}

/// A bank that nobody has enrolled at yet.
pub(super) struct Opened {
    pub(super) house: House,
    pub(super) invitations: Vec<Invitation>,
}

enum Folder {
    Kept(PathBuf),
    Fresh(TempDir),
}

impl House {
    /// Founds the bank and opens its doors.
    pub(super) async fn open(site: Site) -> Result<Opened, Failure> {
        let folder = Folder::new(site.data_dir)?;
        let passphrase = passphrase(&folder)?;
        let cluster =
            PrivateCluster::start(folder.path()).await.map_err(|error| no_database(&error))?;
        server::migrate::prepare(cluster.urls())
            .await
            .map_err(|error| Failure::unexpected("the schema could not be made", &error))?;
        let (listen, tls_listen) = (free(site.listen)?, free(site.tls_listen)?);
        let mut config = Config {
            profile: Profile::Development,
            data_dir: folder.path().to_owned(),
            listen,
            tls: TlsConfig { listen: tls_listen, ..TlsConfig::default() },
            // What a browser on this machine types: it trusts no self-made certificate, but its own machine.
            origin: format!("http://localhost:{}", listen.port()),
            // The whole day's people come from this one address, as fast as they can.
            rate_limits: RateLimits::OFF,
            ..Config::default()
        };
        config.database.source = DatabaseSource::Url(cluster.urls().server.clone());
        let invitations = found(&config, site.suite, &passphrase).await?;
        let running = server::start::start_beside(config, &passphrase, site.beside).await;
        let running = running.map_err(serve::failed)?;
        Ok(Opened { house: Self { running, cluster, folder, passphrase }, invitations })
    }

    /// Closes the doors, stops the database and, where nobody asked to keep it, removes the folder.
    pub(super) async fn close(self) -> Result<(), Failure> {
        self.running.shutdown().await.map_err(serve::failed)?;
        self.cluster.stop().await.map_err(|error| {
            Failure::unexpected("the private database did not stop in order", &error)
        })?;
        match self.folder {
            Folder::Kept(_) => Ok(()),
            Folder::Fresh(folder) => {
                let path = folder.path().to_owned();
                folder.close().map_err(|error| Failure::file(path.display(), &error))
            }
        }
    }

    /// As [`House::close`], but a folder that would go stays, for examination.
    pub(super) async fn close_and_keep(mut self) -> Result<PathBuf, Failure> {
        let path = self.path().to_owned();
        if let Folder::Fresh(folder) = &mut self.folder {
            folder.disable_cleanup(true);
        }
        self.folder = Folder::Kept(path.clone());
        self.close().await.map(|()| path)
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) const fn is_kept(&self) -> bool {
        matches!(self.folder, Folder::Kept(_))
    }

    pub(super) const fn passphrase(&self) -> &SecretBytes {
        &self.passphrase
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.running.addr)
    }

    /// What a browser is given: passkeys belong to a name.
    pub(super) fn console(&self) -> String {
        format!("http://localhost:{}", self.running.addr.port())
    }

    pub(super) fn tls_address(&self) -> String {
        format!("https://localhost:{}", self.running.tls_addr.port())
    }

    pub(super) fn auditor_url(&self) -> &DatabaseUrl {
        &self.cluster.urls().auditor
    }

    /// A connection to the bank by the keys of its trust file, as somebody with the file would have it.
    pub(super) fn connect(&self) -> Result<client::Bank, Failure> {
        let transport = Transport::new(ServerUrl::parse(&self.address())?, None)?;
        Ok(client::Bank::new(transport, self.trust()?))
    }

    /// The trust file, read from the disk.
    pub(super) fn trust(&self) -> Result<Trust, Failure> {
        Ok(Trust::from_json(self.trust_text()?.as_bytes())?)
    }

    pub(super) fn trust_text(&self) -> Result<String, Failure> {
        let path = trust_path(self.path());
        std::fs::read_to_string(&path).map_err(|error| Failure::file(path.display(), &error))
    }
}

impl Folder {
    fn new(kept: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = kept else {
            let parent = nursery();
            return tempfile::Builder::new()
                .prefix("strongroom-demo-")
                .tempdir_in(&parent)
                .map(Self::Fresh)
                .map_err(|error| Failure::file(parent.display(), &error));
        };
        let failed = |error: io::Error| Failure::file(path.display(), &error);
        // Paths are shown to people who may stand elsewhere.
        let path = std::path::absolute(&path).map_err(failed)?;
        make_private(&path).map_err(failed)?;
        if path.read_dir().map_err(failed)?.next().is_some() {
            let what = format!("{} is not empty", path.display());
            return Err(Failure::new(Exit::Conflict, what)
                .because("a demo founds a bank of its own")
                .next("name another --data-dir, or none"));
        }
        Ok(Self::Kept(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Fresh(folder) => folder.path(),
        }
    }
}

/// Where fresh folders are made: the user's own cache; for root, whose home the database's account cannot enter, the
/// place for large temporary files. Never in memory: a demo on a disk that forgets proves nothing.
fn nursery() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/tmp");
    }
    ProjectDirs::from("", "", "strongroom")
        .map(|folders| folders.cache_dir().to_owned())
        .filter(|cache| make_private(cache).is_ok())
        .unwrap_or_else(std::env::temp_dir)
}

/// Makes a folder, and those above it, that only their owner enters.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

pub(super) fn trust_path(folder: &Path) -> PathBuf {
    folder.join("bank.json")
}

pub(super) fn passphrase_path(folder: &Path) -> PathBuf {
    folder.join("passphrase")
}

/// A new passphrase, written where only its owner reads it: whoever has the folder has the bank anyway.
fn passphrase(folder: &Folder) -> Result<SecretBytes, Failure> {
    let random = random_secret(PASSPHRASE_BYTES).map_err(client::ClientError::from)?;
    let passphrase = SecretBytes::new(hex::encode(random.expose()).into_bytes());
    let path = passphrase_path(folder.path());
    write_private(&path, passphrase.expose())
        .map_err(|error| Failure::file(path.display(), &error))?;
    Ok(passphrase)
}

/// The address wanted, or another port of this machine where that is taken.
fn free(wanted: SocketAddr) -> Result<SocketAddr, Failure> {
    let listener = match TcpListener::bind(wanted) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        }
        bound => bound,
    };
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::usage(format!("cannot listen at {wanted}: {error}")))
}

/// A day that passes in seconds: how often somebody pays in a minute says nothing.
const POLICIES: [(&str, &str); 3] = [
    (
        "limits",
        r#"{"count_per_day":"1000000","new_payee":"9223372036854775807","per_day":"9223372036854775807","per_hour":"1000000","per_minute":"1000000","per_payee":"9223372036854775807","per_transfer":"9223372036854775807"}"#,
    ),
    ("approvals", r#"{"above":"9223372036854775807","two_above":"9223372036854775807"}"#),
    ("risk", r#"{"ceiling":"monitor"}"#),
];

async fn found(
    config: &Config,
    suite: Suite,
    passphrase: &SecretBytes,
) -> Result<Vec<Invitation>, Failure> {
    let bank = BANK.parse().map_err(client::ClientError::from)?;
    let plan = STAFF
        .into_iter()
        .fold(FoundingPlan::new(bank, NAME, suite, &config.origin), |plan, (name, role)| {
            plan.with_staff(name, &format!("{role}@{BANK}.example"), role)
        });
    let plan = POLICIES
        .into_iter()
        .fold(plan, |plan, (policy, value)| plan.with_policy(policy, "bank", value));
    let (db, _) = server::start::open_database(config).await.map_err(serve::failed)?;
    let now = server::clock::now();
    let founded = server::bank::found(&db, plan, passphrase, &config.data_dir, now).await;
    db.close().await;
    let founded =
        founded.map_err(|error| Failure::unexpected("the bank was not founded", &error))?;
    let path = trust_path(&config.data_dir);
    write_private(&path, founded.trust.to_text().as_bytes())
        .map_err(|error| Failure::file(path.display(), &error))?;
    Ok(founded.invitations)
}

fn no_database(error: &ClusterError) -> Failure {
    Failure::unexpected("the private PostgreSQL did not start", error)
        .next("`strongroom doctor` says what to do")
}
