//! A private, migrated cluster of its own for each test that needs one.

#![allow(dead_code, reason = "each test file uses its own part")]

use server::migrate;
use server::postgres::{Durability, PrivateCluster};
use tempfile::TempDir;

/// A cluster that ends, and whose folder goes, when it is dropped.
pub(crate) struct TestCluster {
    pub(crate) cluster: PrivateCluster,
    // After the cluster, so that the server ends first.
    pub(crate) folder: TempDir,
}

/// Starts one, migrates it, and gives its logins their passwords.
pub(crate) async fn migrated_cluster() -> TestCluster {
    let folder = tempfile::tempdir().unwrap();
    let cluster =
        PrivateCluster::start_with(folder.path(), Durability::ForTestsOnly).await.unwrap();
    migrate::prepare(cluster.urls()).await.unwrap();
    TestCluster { cluster, folder }
}
