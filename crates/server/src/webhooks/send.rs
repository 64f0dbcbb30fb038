//! One message over the network.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::{Client, StatusCode};
use tokio::time::timeout;
use url::Url;

use super::guard::{self, Barred};
use super::message::Headers;

const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte sent to the last byte read.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Of an answer so much is read that the connection can be used again; what it says is of no interest.
const ANSWER_LEN_MAX: usize = 1024;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// The endpoint is where the bank does not go.
    Barred(Barred),
    /// Its name leads nowhere.
    Unresolved,
    /// Nobody answers there, or not over TLS.
    Unreachable,
    /// It took too long.
    TimedOut,
    /// It answered something else than 2xx.
    Status(StatusCode),
}

impl Failure {
    /// What operators see of it: nothing that the endpoint wrote.
    pub(super) fn name(self) -> String {
        match self {
            Self::Barred(barred) => barred.name().to_owned(),
            Self::Unresolved => "name-not-found".to_owned(),
            Self::Unreachable => "unreachable".to_owned(),
            Self::TimedOut => "timed-out".to_owned(),
            Self::Status(status) => status.as_u16().to_string(),
        }
    }

    /// Whether the endpoint asks never to be told again.
    pub(super) fn is_final(self) -> bool {
        self == Self::Status(StatusCode::GONE)
    }
}

/// An endpoint whose address was judged: connections go there and nowhere else.
pub(super) struct Target {
    client: Client,
    url: Url,
}

impl Target {
    /// Resolves the name, once, and judges where it leads.
    ///
    /// # Security
    ///
    /// The client is told the address, and does not ask again: a name that leads elsewhere a moment later leads nobody there.
    pub(super) async fn resolve(url: &Url, networks: &[IpNet]) -> Result<Self, Failure> {
        let addresses = timeout(RESOLVE_TIMEOUT, addresses(url)).await;
        let addresses = addresses.map_err(|_| Failure::Unresolved)??;
        let address = guard::judge(url, &addresses, networks).map_err(Failure::Barred)?;
        let host = url.host_str().ok_or(Failure::Unresolved)?;
        let client = Client::builder()
            .resolve_to_addrs(host, &[address])
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                tracing::error!(%error, "no client for webhooks");
                Failure::Unreachable
            })?;
        Ok(Self { client, url: url.clone() })
    }

    /// Sends one message; taken if the answer is 2xx.
    pub(super) async fn send(
        &self,
        headers: &Headers,
        body: Vec<u8>,
    ) -> Result<StatusCode, Failure> {
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &headers.id)
            .header("webhook-timestamp", &headers.timestamp)
            .header("webhook-signature", &headers.signature)
            .body(body);
        let mut answer = request.send().await.map_err(|error| {
            if error.is_timeout() { Failure::TimedOut } else { Failure::Unreachable }
        })?;
        let status = answer.status();
        let mut read = 0_usize;
        while read < ANSWER_LEN_MAX
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            read = read.saturating_add(chunk.len());
        }
        if status.is_success() { Ok(status) } else { Err(Failure::Status(status)) }
    }
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Failure> {
    let port = url.port_or_known_default().ok_or(Failure::Unresolved)?;
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            found.map(Iterator::collect).map_err(|_| Failure::Unresolved)
        }
        Some(url::Host::Ipv4(v4)) => Ok(vec![SocketAddr::new(v4.into(), port)]),
        Some(url::Host::Ipv6(v6)) => Ok(vec![SocketAddr::new(v6.into(), port)]),
        None => Err(Failure::Unresolved),
    }
}
