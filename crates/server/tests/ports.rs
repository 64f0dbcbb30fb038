//! The two ports, by a client that speaks TLS itself.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::{any, get};
use axum::{Extension, Router};
use intent::UtcMicros;
use rustls::crypto::aws_lc_rs::{self, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{ClientConfig, NamedGroup, RootCertStore, SupportedProtocolVersion, version};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use server::config::{Limits, TlsConfig};
use server::http::serve::{Serving, serve};
use server::http::{TlsInfo, tls};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

struct Bank {
    serving: Serving,
    folder: TempDir,
}

async fn open(routes: Router) -> Bank {
    let folder = tempfile::tempdir().unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = TlsConfig { listen, ..TlsConfig::default() };
    let now = UtcMicros::from_micros(1_760_000_000_000_000);
    let tls = tls::server_config(&config, folder.path(), now).unwrap();
    let limits = Limits::default();
    let serving = serve(routes, listen, (listen, tls), limits).await.unwrap();
    Bank { serving, folder }
}

fn group_of_connection() -> Router {
    let group = async |tls: Option<Extension<TlsInfo>>| {
        tls.map_or("plain".to_owned(), |Extension(tls)| format!("{tls:?}"))
    };
    Router::new().route("/", get(group))
}

/// A client that knows the bank's own certificate and has its own taste in groups and versions.
fn client(
    bank: &Bank,
    groups: Vec<&'static dyn SupportedKxGroup>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsConnector {
    let pem = std::fs::read(bank.folder.path().join("tls/certificate.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let provider = CryptoProvider { kx_groups: groups, ..aws_lc_rs::default_provider() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.time_provider = Arc::new(At);
    TlsConnector::from(Arc::new(config))
}

/// The instant at which the test's certificate is young.
#[derive(Debug)]
struct At;

impl rustls::time_provider::TimeProvider for At {
    fn current_time(&self) -> Option<rustls_pki_types::UnixTime> {
        Some(rustls_pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_760_000_001)))
    }
}

async fn handshake(bank: &Bank, client: TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(bank.serving.tls_addr).await.unwrap();
    client.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let bank = open(group_of_connection()).await;
    let old = client(&bank, vec![kx_group::X25519], &[&version::TLS12]);
    handshake(&bank, old).await.unwrap_err();
}

#[tokio::test]
async fn a_client_that_sends_a_hybrid_share_gets_the_hybrid_group() {
    let bank = open(group_of_connection()).await;
    for groups in [vec![kx_group::X25519MLKEM768], vec![kx_group::X25519MLKEM768, kx_group::X25519]]
    {
        let hybrid = client(&bank, groups, &[&version::TLS13]);
        let stream = handshake(&bank, hybrid).await.unwrap();
        let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, NamedGroup::X25519MLKEM768);
        let answer = ask(stream).await;
        assert!(answer.contains("\"X25519MLKEM768\", quantum_safe: true"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    }
}

#[tokio::test]
async fn a_classical_client_is_served_and_told() {
    let bank = open(group_of_connection()).await;
    let classical = client(&bank, vec![kx_group::X25519], &[&version::TLS13]);
    let answer = ask(handshake(&bank, classical).await.unwrap()).await;
    assert!(answer.contains("\"X25519\", quantum_safe: false"), "{answer}");
}

#[tokio::test]
async fn the_plain_port_says_that_it_is_plain() {
    let bank = open(group_of_connection()).await;
    let answer = ask(TcpStream::connect(bank.serving.addr).await.unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("plain"), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
}

/// A route that tells when it is entered, and answers when it may.
fn slow() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entered, leave) = <(Arc<Notify>, Arc<Notify>)>::default();
    let steps = (Arc::clone(&entered), Arc::clone(&leave));
    let slow = async move || {
        steps.0.notify_one();
        steps.1.notified().await;
        "late but whole"
    };
    (Router::new().route("/", any(slow)), entered, leave)
}

#[tokio::test]
async fn a_request_in_work_is_answered_while_the_ports_close() {
    let (routes, entered, leave) = slow();
    let bank = open(routes).await;
    let addr = bank.serving.addr;
    let asking = tokio::spawn(async move { ask(TcpStream::connect(addr).await.unwrap()).await });
    entered.notified().await;
    let closing = tokio::spawn(bank.serving.shutdown(Duration::from_secs(30)));
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    leave.notify_one();
    assert!(asking.await.unwrap().ends_with("late but whole"));
    assert!(closing.await.unwrap());
}

#[tokio::test]
async fn a_stop_waits_for_what_is_carried_through_though_its_sender_hung_up() {
    let (routes, entered, leave) = slow();
    let bank = open(routes).await;
    let addr = bank.serving.addr;
    let mut hangs_up = TcpStream::connect(addr).await.unwrap();
    let request = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    hangs_up.write_all(request).await.unwrap();
    entered.notified().await;
    hangs_up.set_zero_linger().unwrap();
    drop(hangs_up);
    let mut closing = tokio::spawn(bank.serving.shutdown(Duration::from_secs(30)));
    let ended = tokio::time::timeout(Duration::from_millis(200), &mut closing).await;
    assert!(ended.is_err(), "it is not done yet");
    leave.notify_one();
    assert!(closing.await.unwrap());
}
