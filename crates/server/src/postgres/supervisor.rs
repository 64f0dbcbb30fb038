//! Keeps a private cluster running: a server that dies is started again.
//!
//! While it is away the bank answers 503 and says so at `/health/ready`; what was acknowledged is in the log of the
//! database, which recovers when it starts. Connections are made anew by whoever needs one.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{ClusterError, PrivateCluster};

/// How often the server is looked at.
const POLL: Duration = Duration::from_millis(250);
/// The first wait after a start that failed; it doubles.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// A private cluster that is started again when it dies. Dropped, it ends soon after.
#[derive(Debug)]
pub struct Supervised {
    stop: DropGuard,
    task: JoinHandle<Option<PrivateCluster>>,
}

impl Supervised {
    /// Takes the cluster into care.
    #[must_use]
    pub fn new(cluster: PrivateCluster) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(supervise(cluster, stop.clone()));
        Self { stop: stop.drop_guard(), task }
    }

    /// Ends the care, and the cluster in order.
    pub async fn stop(self) -> Result<(), ClusterError> {
        drop(self.stop);
        match self.task.await {
            Ok(Some(cluster)) => cluster.stop().await,
            Ok(None) => Ok(()),
            Err(error) => Err(ClusterError::Io(std::io::Error::other(error))),
        }
    }
}

/// Until `stop`; the cluster as it is then, unless a start was broken off.
async fn supervise(mut cluster: PrivateCluster, stop: CancellationToken) -> Option<PrivateCluster> {
    let mut backoff = BACKOFF_FIRST;
    loop {
        let pause = if cluster.is_running() { POLL } else { backoff };
        tokio::select! {
            () = stop.cancelled() => return Some(cluster),
            () = tokio::time::sleep(pause) => {}
        }
        if cluster.is_running() {
            continue;
        }
        tracing::error!("the database server is gone; starting it again");
        let revived = tokio::task::spawn_blocking(move || {
            let outcome = cluster.revive();
            (cluster, outcome)
        });
        let Ok((same, outcome)) = revived.await else { return None };
        cluster = same;
        match outcome {
            Ok(()) => {
                tracing::info!(pid = cluster.pid(), "the database server is back");
                backoff = BACKOFF_FIRST;
            }
            Err(error) => {
                tracing::error!(%error, "the database server does not start");
                backoff = backoff.saturating_mul(2).min(BACKOFF_MAX);
            }
        }
    }
}
