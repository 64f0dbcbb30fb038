//! The line between a server and its database, to be cut where it hurts most: at the COMMIT of a group.
//!
//! It understands just enough of PostgreSQL's protocol: who connects (the parameters of the start), and where a message ends.
//! Without TLS, as the private cluster of every test is reached.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use server::config::{Config, DatabaseSource, DatabaseUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UnixStream, tcp};
use tokio::sync::watch;
use url::Url;

/// What the poster calls itself.
const POSTER: &[u8] = b"strongroom-poster\0";
/// The simple query by which a transaction ends, as the driver writes it.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
/// `CommandComplete` of it.
const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";
/// Kind and length of a message.
const HEADER: usize = 5;

/// Where the line is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// COMMIT never reaches the database.
    BeforeCommit,
    /// The database has committed, and its answer never comes back.
    AfterCommit,
}

/// A line that passes bytes until it is cut.
pub struct Wire {
    shared: Arc<Shared>,
}

struct Shared {
    next: Mutex<Option<Cut>>,
    cuts: AtomicU64,
    /// Whether a poster is let in.
    is_up: watch::Sender<bool>,
    stays_down: Mutex<bool>,
}

impl Wire {
    /// A line to the database of these settings, which lead over it from now on.
    pub fn into(config: &mut Config) -> Self {
        let DatabaseSource::Url(url) = &config.database.source else { panic!("no address") };
        let mut url = Url::parse(url.expose()).unwrap();
        let host = url.query_pairs().find(|(name, _)| name == "host").expect("a socket").1;
        let socket = PathBuf::from(host.as_ref()).join(".s.PGSQL.5432");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr: SocketAddr = listener.local_addr().unwrap();
        url.set_query(Some("sslmode=disable"));
        url.set_ip_host(addr.ip()).unwrap();
        url.set_port(Some(addr.port())).unwrap();
        config.database.source = DatabaseSource::Url(DatabaseUrl::new(url.to_string()));
        let shared = Arc::new(Shared {
            next: Mutex::new(None),
            cuts: AtomicU64::new(0),
            is_up: watch::Sender::new(true),
            stays_down: Mutex::new(false),
        });
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(accept(listener, socket, Arc::clone(&shared)));
        Self { shared }
    }

    /// Cuts the poster's line at its next COMMIT, once; it may connect again.
    pub fn cut_once(&self, cut: Cut) {
        *self.shared.stays_down.lock().unwrap() = false;
        *self.shared.next.lock().unwrap() = Some(cut);
    }

    /// Cuts the poster's line at its next COMMIT, and lets it in no more until it is [mended](Self::mend).
    pub fn cut_for_good(&self, cut: Cut) {
        *self.shared.stays_down.lock().unwrap() = true;
        *self.shared.next.lock().unwrap() = Some(cut);
    }

    /// Lets the poster in again.
    pub fn mend(&self) {
        self.shared.is_up.send_replace(true);
    }

    /// How often the line was cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Acquire)
    }
}

impl Shared {
    /// Whether this COMMIT is the one; then the line is down if it shall stay so.
    fn take(&self, cut: Cut) -> bool {
        let mut next = self.next.lock().unwrap();
        if *next != Some(cut) {
            return false;
        }
        *next = None;
        self.is_up.send_replace(!*self.stays_down.lock().unwrap());
        self.cuts.fetch_add(1, Ordering::AcqRel);
        true
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, shared: Arc<Shared>) {
    while let Ok((server, _)) = listener.accept().await {
        let (socket, shared) = (socket.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // However a connection ends, both sides of it end: that is what dropping them does.
            let _ = carry(server, socket, shared).await;
        });
    }
}

async fn carry(mut server: TcpStream, socket: PathBuf, shared: Arc<Shared>) -> std::io::Result<()> {
    server.set_nodelay(true)?;
    let start = start_message(&mut server).await?;
    let is_poster = start.windows(POSTER.len()).any(|part| part == POSTER);
    if is_poster && !*shared.is_up.borrow() {
        return Ok(());
    }
    let mut database = UnixStream::connect(socket).await?;
    database.write_all(&start).await?;
    if !is_poster {
        tokio::io::copy_bidirectional(&mut server, &mut database).await?;
        return Ok(());
    }
    let (from_server, to_server) = server.into_split();
    let (from_database, to_database) = database.into_split();
    tokio::select! {
        ended = forth(from_server, to_database, &shared) => ended,
        ended = back(from_database, to_server, &shared) => ended,
    }
}

/// The first message has a length and no kind.
async fn start_message(server: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = server.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length).unwrap(), 0);
    server.read_exact(&mut message[4..]).await?;
    Ok(message)
}

async fn forth(
    mut from: tcp::OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
) -> std::io::Result<()> {
    loop {
        let message = message(&mut from).await?;
        if message == COMMIT && shared.take(Cut::BeforeCommit) {
            return Ok(());
        }
        to.write_all(&message).await?;
    }
}

async fn back(
    mut from: OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    shared: &Shared,
) -> std::io::Result<()> {
    loop {
        let message = message(&mut from).await?;
        if message == COMMITTED && shared.take(Cut::AfterCommit) {
            return Ok(());
        }
        to.write_all(&message).await?;
    }
}

async fn message(from: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; HEADER];
    from.read_exact(&mut message).await?;
    let length: [u8; 4] = message[1..HEADER].try_into().unwrap();
    message.resize(usize::try_from(u32::from_be_bytes(length)).unwrap() + 1, 0);
    from.read_exact(&mut message[HEADER..]).await?;
    Ok(message)
}
