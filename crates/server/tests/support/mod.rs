//! A private, migrated cluster of its own for each test that needs one.

use server::migrate;
use server::postgres::{Durability, PrivateCluster};
use tempfile::TempDir;

/// A cluster that ends, and whose folder goes, when it is dropped.
pub struct TestCluster {
    pub cluster: PrivateCluster,
    // After the cluster, so that the server ends first.
    pub folder: TempDir,
}

/// Starts one, migrates it, and gives its logins their passwords.
pub async fn migrated_cluster() -> TestCluster {
    let folder = tempfile::tempdir().unwrap();
    let cluster =
        PrivateCluster::start_with(folder.path(), Durability::ForTestsOnly).await.unwrap();
    migrate::prepare(cluster.urls()).await.unwrap();
    TestCluster { cluster, folder }
}
