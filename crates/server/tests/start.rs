//! The whole server: up, what it says of itself, down, and up again.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crypto::{SecretBytes, Suite};
use serde_json::Value;
use server::bank::{FoundingPlan, found};
use server::clock;
use server::config::{Config, TlsConfig};
use server::doctor::{self, Status};
use server::start::{Running, StartError, open_database, start};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn config(folder: &Path) -> Config {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        data_dir: folder.to_owned(),
        listen: any,
        tls: TlsConfig { listen: any, ..TlsConfig::default() },
        ..Config::default()
    }
}

/// A data folder as an operator makes it: nobody else's business.
fn private_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn passphrase() -> SecretBytes {
    SecretBytes::new(b"correct horse battery staple".to_vec())
}

/// Status and body of a plain GET.
async fn get(running: &Running, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

async fn get_json(running: &Running, path: &str) -> Value {
    let (status, body) = get(running, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn a_server_without_a_bank_says_how_to_found_one() {
    let folder = private_folder();
    let refused = start(config(folder.path()), &passphrase()).await.unwrap_err();
    assert!(matches!(refused, StartError::NotFounded), "{refused}");
    assert!(refused.to_string().contains("strongroom found"));
}

#[tokio::test]
async fn a_bank_opens_describes_itself_closes_and_opens_again() {
    let folder = private_folder();
    let (db, cluster) = open_database(&config(folder.path())).await.unwrap();
    let plan = FoundingPlan::new(
        "one".parse().unwrap(),
        "Bank One",
        Suite::Standard,
        "https://localhost:8443",
    );
    found(&db, plan, &passphrase(), folder.path(), clock::now()).await.unwrap();
    db.close().await;
    cluster.unwrap().stop().await.unwrap();

    let wrong = SecretBytes::new(b"wrong".to_vec());
    let refused = start(config(folder.path()), &wrong).await.unwrap_err();
    assert!(matches!(refused, StartError::Authority(_)), "{refused}");

    let running = start(config(folder.path()), &passphrase()).await.unwrap();
    assert_eq!(get(&running, "/health/live").await.0, 204);
    assert_eq!(get_json(&running, "/health/ready").await["status"], "ok");
    let info = get_json(&running, "/api/security/info").await;
    assert_eq!(info["bank"], "one");
    assert_eq!(info["connection"]["protocol"], "plain");
    assert_eq!(info["connection"]["quantum_safe"], false);
    assert!(info["checkpoint"].as_str().unwrap().starts_with("one/log/"));
    let document = get_json(&running, "/api/openapi.json").await;
    for path in ["/health", "/api/security/info", "/api/transactions/transfer"] {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
    assert!(get(&running, "/api/docs").await.1.contains("/api/transactions/transfer"));
    assert!(get(&running, "/metrics").await.1.contains("strongroom_http_requests_total"));
    assert_eq!(get(&running, "/api/nothing").await.0, 404);

    let checks = doctor::examine(&config(folder.path())).await;
    let bad: Vec<_> = checks.iter().filter(|check| check.status != Status::Ok).collect();
    assert!(bad.is_empty(), "{bad:?}");

    running.shutdown().await.unwrap();
    let again = start(config(folder.path()), &passphrase()).await.unwrap();
    assert_eq!(get_json(&again, "/api/security/info").await["bank"], "one");
    again.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_server_whose_database_is_gone_is_alive_but_not_ready() {
    let folder = private_folder();
    let (db, cluster) = open_database(&config(folder.path())).await.unwrap();
    let url = cluster.as_ref().unwrap().urls().server.clone();
    let plan = FoundingPlan::new(
        "one".parse().unwrap(),
        "Bank One",
        Suite::Standard,
        "https://localhost:8443",
    );
    found(&db, plan, &passphrase(), folder.path(), clock::now()).await.unwrap();
    db.close().await;
    let mut config = config(folder.path());
    config.database.source = server::config::DatabaseSource::Url(url);
    let running = start(config, &passphrase()).await.unwrap();
    assert_eq!(get(&running, "/health/ready").await.0, 200);
    cluster.unwrap().stop().await.unwrap();
    let (status, body) = get(&running, "/health/ready").await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(get(&running, "/health/live").await.0, 204);
    let (status, problem) = get(&running, "/api/security/info").await;
    assert_eq!(status, 503, "{problem}");
    assert!(problem.contains("\"code\":\"unavailable\""), "{problem}");
    running.shutdown().await.unwrap();
}
