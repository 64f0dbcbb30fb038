//! The two ports: plain HTTP/1.1 for the same machine, TLS 1.3 with HTTP/1.1 and HTTP/2 for the rest.
//!
//! Shutdown: no new connections, then no new requests on open ones, then a bounded wait for those in
//! work. What is cut after that is safe to repeat: an intent's id tells what became of it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::TlsInfo;
use super::edge::edge;
use super::lingering::{Answered, Lingering};
use crate::config::Limits;
use crate::telemetry;

/// A handshake needs two round trips.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// From the start of a connection, or the end of the last answer, to the end of the next head.
const HEAD_TIMEOUT: Duration = Duration::from_mins(1);
/// Out of file descriptors: wait for some to come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 32 * 1024;
const STREAMS_MAX: u32 = 256;
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const H2_PING_INTERVAL: Duration = Duration::from_secs(30);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Two open ports.
#[derive(Debug)]
pub struct Serving {
    /// Address of the plain port, with the number that the system chose for 0.
    pub addr: SocketAddr,
    /// Address of the TLS port.
    pub tls_addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Opens both ports, with the [`edge`] around `routes`. Returns when they accept connections.
pub async fn serve(
    routes: Router,
    listen: SocketAddr,
    tls: (SocketAddr, Arc<ServerConfig>),
    limits: Limits,
) -> io::Result<Serving> {
    let plain = TcpListener::bind(listen).await?;
    let secure = TcpListener::bind(tls.0).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let (addr, tls_addr) = (plain.local_addr()?, secure.local_addr()?);
    let port = Port {
        router: edge(routes, limits, tasks.clone()),
        connections: Arc::new(Semaphore::new(limits.connections_max)),
        stop: stop.clone(),
        tasks: tasks.clone(),
        acceptor: None,
    };
    let secure_port = Port { acceptor: Some(TlsAcceptor::from(tls.1)), ..port.clone() };
    tasks.spawn(port.accept(plain));
    tasks.spawn(secure_port.accept(secure));
    Ok(Serving { addr, tls_addr, stop, tasks })
}

impl Serving {
    /// Stops accepting, lets requests in work finish for at most `grace`, also those whose sender hung up. True when all did.
    pub async fn shutdown(self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        timeout(grace, self.tasks.wait()).await.is_ok()
    }
}

#[derive(Clone)]
struct Port {
    router: Router,
    acceptor: Option<TlsAcceptor>,
    connections: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Port {
    async fn accept(self, listener: TcpListener) {
        loop {
            let Ok(permit) = Arc::clone(&self.connections).acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let port = self.clone();
                    self.tasks.spawn(async move {
                        port.connection(stream, peer).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn connection(self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole; waiting for more to send only adds 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let Some(acceptor) = &self.acceptor else {
            let handler = Handler::new(self.router, peer, None);
            return drive(handler, stream, Protocol::Http1, self.stop).await;
        };
        let stream = match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
            Err(_elapsed) => return tracing::debug!("TLS handshake took too long"),
        };
        let info = TlsInfo::of(stream.get_ref().1);
        metrics::counter!(telemetry::TLS_HANDSHAKES, "group" => info.group).increment(1);
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        let handler = Handler::new(self.router, peer, Some(info));
        drive(handler, stream, protocol, self.stop).await;
    }
}

/// Chosen by ALPN, never by looking at the first bytes: waiting for those has no time limit.
#[derive(Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

async fn drive<S>(handler: Handler, stream: S, protocol: Protocol, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = builder(protocol);
    let stream = TokioIo::new(Lingering::new(stream));
    let mut connection = std::pin::pin!(builder.serve_connection(stream, handler));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "connection ended");
    }
}

fn builder(protocol: Protocol) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(16 * 1024)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .keep_alive_interval(H2_PING_INTERVAL)
        .keep_alive_timeout(H2_PING_TIMEOUT);
    match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    }
}

/// The router, with what is known of this connection put into every request.
struct Handler {
    router: Router,
    peer: SocketAddr,
    tls: Option<TlsInfo>,
    answered: Answered,
}

impl Handler {
    fn new(router: Router, peer: SocketAddr, tls: Option<TlsInfo>) -> Self {
        Self { router, peer, tls, answered: Answered::new() }
    }
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(self.peer));
        if let Some(tls) = self.tls {
            extensions.insert(tls);
        }
        let request = match request.version() {
            Version::HTTP_2 => request.map(|body| Body::new(self.answered.drained(body))),
            _ => request.map(Body::new),
        };
        self.router.clone().call(request)
    }
}
