//! The order in which a bank comes up, and goes down. The only place that knows all parts.
//!
//! Up: algorithms, database, schema, its examination, the bank and its keys, services, the poster, the
//! ports, the background work. Down: the ports first, so that nothing new comes in; then background
//! work; then the poster, which commits or refuses what it holds; connections; the private cluster last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crypto::SecretBytes;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authority::{Authority, AuthorityError, Token, keys};
use crate::bank::Charter;
use crate::config::{Config, DatabaseSource, DatabaseUrl, Profile};
use crate::corridor::Queue;
use crate::db::Db;
use crate::doctor::{self, Check, Status};
use crate::http::serve::{Serving, serve};
use crate::http::tls;
use crate::migrate::{self, MigrationError};
use crate::postgres::{ClusterError, PrivateCluster, Supervised};
use crate::{App, Services, authority, clock, outbox, reminders, security, telemetry, webhooks};

/// How long requests in work may still take. Longer than the poster's longest group commit.
const GRACE: Duration = Duration::from_secs(15);

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// Address of the plain port.
    pub addr: SocketAddr,
    /// Address of the TLS port.
    pub tls_addr: SocketAddr,
    /// Everything a handler may reach.
    pub app: App,
    serving: Serving,
    background: TaskTracker,
    stop: CancellationToken,
    cluster: Option<Supervised>,
}

/// Brings the bank up. `passphrase` opens the key file; it is not kept.
pub async fn start(config: Config, passphrase: &SecretBytes) -> Result<Running, StartError> {
    start_with_token(config, passphrase, None).await
}

/// As [`start`], with routes that are not the bank's own: for a program that plays a part in a bank of its own, as the
/// demo does. They see nothing of the bank that a client does not see, and `strongroom serve` mounts none.
pub async fn start_beside(
    config: Config,
    passphrase: &SecretBytes,
    beside: axum::Router,
) -> Result<Running, StartError> {
    bring_up(config, passphrase, None, beside).await
}

/// As [`start`], for a bank whose issuing key is in a token, which stays open until the process ends.
pub async fn start_with_token(
    config: Config,
    passphrase: &SecretBytes,
    token: Option<&Token>,
) -> Result<Running, StartError> {
    bring_up(config, passphrase, token, axum::Router::new()).await
}

async fn bring_up(
    config: Config,
    passphrase: &SecretBytes,
    token: Option<&Token>,
    beside: axum::Router,
) -> Result<Running, StartError> {
    crypto::self_test()?;
    let tls_config = tls::server_config(&config.tls, &config.data_dir, clock::now())?;
    let (db, cluster) = open_database(&config).await?;
    let (listen, tls_listen, limits) = (config.listen, config.tls.listen, config.limits);
    let (services, queue) = open_bank(config, db, passphrase, token).await?;
    let app = App::start(services, queue)?;
    let routes = crate::router(app.clone()).merge(beside);
    let serving = serve(routes, listen, (tls_listen, tls_config), limits).await?;
    let (background, stop) = (TaskTracker::new(), CancellationToken::new());
    background.spawn(authority::crl::keep_fresh(app.clone(), stop.clone()));
    background.spawn(crate::holds::keep_giving_back(app.clone(), stop.clone()));
    background.spawn(crate::days::keep_closing(app.clone(), stop.clone()));
    background.spawn(crate::statements::keep_stating(app.clone(), stop.clone()));
    background.spawn(crate::standing_orders::keep_paying(app.clone(), stop.clone()));
    background.spawn(outbox::keep_looking(app.clone(), stop.clone()));
    background.spawn(webhooks::keep_delivering(app.clone(), stop.clone()));
    background.spawn(reminders::keep_reminding(app.clone(), stop.clone()));
    background.spawn(security::keep_sampling(app.clone(), stop.clone()));
    background.spawn(drain_metrics(stop.clone()));
    tracing::info!(addr = %serving.addr, tls_addr = %serving.tls_addr, "strongroom is open");
    let (addr, tls_addr) = (serving.addr, serving.tls_addr);
    // From here on nothing fails: what is in care already is not given back by an error.
    let cluster = cluster.map(Supervised::new);
    Ok(Running { addr, tls_addr, app, serving, background, stop, cluster })
}

/// Opens the bank that stands in this database, with its keys.
pub(crate) async fn open_bank(
    config: Config,
    db: Db,
    passphrase: &SecretBytes,
    token: Option<&Token>,
) -> Result<(Arc<Services>, Queue), StartError> {
    let charter = Charter::load(&db).await?.ok_or(StartError::NotFounded)?;
    let key_file = Authority::open_key_file(&config.data_dir, &charter.id, passphrase)?;
    let further = Authority::open_further_key_files(&config.data_dir, &charter.id, passphrase)?;
    let (bank, authority) = charter.open(&key_file, &further, token, clock::now())?;
    let vault = keys::vault(&key_file)?;
    Ok(Services::assemble(config, bank, authority, vault, db)?)
}

impl Running {
    /// Brings the bank down in order. Everything acknowledged is committed already, so a crash in the
    /// middle of this loses nothing either.
    pub async fn shutdown(self) -> Result<(), StartError> {
        // A stream has no end of its own that could be waited for.
        self.app.outbox.close();
        if !self.serving.shutdown(GRACE).await {
            tracing::warn!("requests were cut off; their ids tell what became of them");
        }
        self.stop.cancel();
        self.background.close();
        self.background.wait().await;
        self.app.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        tracing::info!("strongroom is closed");
        Ok(())
    }
}

/// Opens the database that `config` names, migrated and examined. Also what founding and the tools that
/// need no keys begin with.
pub async fn open_database(config: &Config) -> Result<(Db, Option<PrivateCluster>), StartError> {
    let (url, cluster) = match &config.database.source {
        DatabaseSource::Url(url) => (url.clone(), None),
        DatabaseSource::Private => {
            let cluster = PrivateCluster::start(&config.data_dir).await?;
            migrate::prepare(cluster.urls()).await?;
            (cluster.urls().server.clone(), Some(cluster))
        }
    };
    let db = connect(config, &url).await?;
    Ok((db, cluster))
}

async fn connect(config: &Config, url: &DatabaseUrl) -> Result<Db, StartError> {
    let db = Db::connect(url, config.database.connections_max).await?;
    let doubts: Vec<Check> = doctor::examine_database(&db)
        .await?
        .into_iter()
        .filter(|check| check.status != Status::Ok)
        .collect();
    for Check { name, detail, fix, .. } in &doubts {
        tracing::warn!(check = name, detail, fix, "database");
    }
    let refused: Vec<String> = doubts
        .into_iter()
        .filter(|check| check.status == Status::Fail)
        .map(|check| format!("{}: {}", check.name, check.detail))
        .collect();
    match config.profile {
        Profile::Production if !refused.is_empty() => Err(StartError::Refused(refused.join("; "))),
        Profile::Production | Profile::Development => Ok(db),
    }
}

async fn drain_metrics(stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(telemetry::UPKEEP_INTERVAL) => telemetry::recorder().run_upkeep(),
        }
    }
}

/// Why the server did not come up, or not down.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database holds no bank.
    #[error("there is no bank here yet: run `strongroom found`")]
    NotFounded,
    /// The production profile, and what `strongroom doctor` says too.
    #[error("the production profile refuses this database: {0}")]
    Refused(String),
    /// An algorithm is missing. There is no fallback.
    #[error("an algorithm does not work here")]
    Algorithms(#[from] crypto::CryptoError),
    /// The TLS port.
    #[error("no TLS")]
    Tls(#[from] tls::TlsError),
    /// The private cluster.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The schema.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The bank's keys.
    #[error("cannot open the bank")]
    Authority(#[from] AuthorityError),
    /// The database.
    #[error("cannot use the database")]
    Database(#[from] sqlx::Error),
    /// A port, or a thread.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
