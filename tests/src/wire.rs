//! The line between the poster and its database, to be struck where it hurts: at any question of a group commit.
//!
//! It understands just enough of PostgreSQL's protocol: who connects (the parameters of the start), where a message ends, and where
//! a question and its answer end (`Sync` or `Query`, `ReadyForQuery`). Without TLS, as the private cluster of every test is reached.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use server::config::{Config, DatabaseSource, DatabaseUrl};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use url::Url;

use crate::gate::{Gate, Passage};

/// A socket of PostgreSQL, in its folder.
const SOCKET: &str = ".s.PGSQL.5432";
/// What the poster calls itself.
const POSTER: &[u8] = b"strongroom-poster\0";
/// The simple query by which a transaction ends, as the driver writes it.
pub(crate) const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
/// `CommandComplete` of a COMMIT that could not commit.
const ROLLED_BACK: &[u8] = b"C\0\0\0\x0dROLLBACK\0";
/// `ReadyForQuery` in a transaction that goes on, and in one that has failed.
const READY_IN_TRANSACTION: &[u8] = b"Z\0\0\0\x05T";
const READY_FAILED: &[u8] = b"Z\0\0\0\x05E";
/// Kind and length of a message.
pub(crate) const HEADER: usize = 5;

/// Which question is struck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum At {
    /// The next COMMIT.
    Commit,
    /// The one after so many others from now on, 0: the next.
    Question(u32),
    /// The first one behind so many COMMITs from now on.
    Behind(u32),
}

/// What happens to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// It never reaches the database; the line is cut.
    Unasked,
    /// The database gets it, and the line is cut at once.
    Unheard,
    /// The database has answered, and the answer never comes back; the line is cut.
    Lost,
    /// The database answers with an error of this SQLSTATE, and the transaction has failed. Outside of one nothing happens.
    Fails(&'static str),
}

/// One failure of the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Strike {
    /// Where.
    pub at: At,
    /// How.
    pub how: How,
}

/// A line that passes bytes until it is struck.
pub struct Wire {
    shared: Arc<Shared>,
}

struct Shared {
    /// Where it is decided what happens to each question, instead of by the plan.
    gate: Option<Arc<Gate>>,
    plan: Mutex<Plan>,
    /// Whether a poster is let in.
    is_up: watch::Sender<bool>,
}

#[derive(Default)]
struct Plan {
    /// In the order of their questions; COMMITs where they come.
    strikes: VecDeque<Strike>,
    /// Questions since the plan was made.
    asked: u32,
    /// COMMITs among them.
    committed: u32,
    questions: u64,
    struck: u64,
    stays_down: bool,
}

impl Wire {
    /// A line to the database of these settings, which lead over it from now on.
    pub fn into(config: &mut Config) -> Self {
        Self::lead(config, None)
    }

    /// As [`Wire::into`], with a gate where each question of the poster waits.
    pub fn through(config: &mut Config, gate: &Arc<Gate>) {
        Self::lead(config, Some(Arc::clone(gate)));
    }

    fn lead(config: &mut Config, gate: Option<Arc<Gate>>) -> Self {
        let DatabaseSource::Url(url) = &config.database.source else { panic!("no address") };
        let mut url = Url::parse(url.expose()).unwrap();
        let host = url.query_pairs().find(|(name, _)| name == "host").expect("a socket").1;
        let socket = PathBuf::from(host.as_ref()).join(SOCKET);
        let folder = tempfile::Builder::new().prefix("wire-").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        url.query_pairs_mut()
            .clear()
            .append_pair("host", folder.path().to_str().unwrap())
            .append_pair("sslmode", "disable");
        config.database.source = DatabaseSource::Url(DatabaseUrl::new(url.to_string()));
        let (plan, is_up) = (Mutex::default(), watch::Sender::new(true));
        let shared = Arc::new(Shared { gate, plan, is_up });
        tokio::spawn(accept(listener, folder, socket, Arc::clone(&shared)));
        Self { shared }
    }

    /// Strikes the poster's line so, each once; after a cut it may connect again. Strikes of earlier plans that have not come are off.
    pub fn strike(&self, strikes: &[Strike]) {
        let mut strikes = strikes.to_vec();
        strikes.sort_by_key(|strike| match strike.at {
            At::Commit | At::Behind(_) => 0,
            At::Question(number) => number,
        });
        let mut plan = self.shared.plan();
        plan.strikes = strikes.into();
        (plan.asked, plan.committed) = (0, 0);
        plan.stays_down = false;
    }

    /// As [`strike`](Self::strike), and lets the poster in no more until the line is [mended](Self::mend).
    pub fn strike_for_good(&self, strike: Strike) {
        self.strike(&[strike]);
        self.shared.plan().stays_down = true;
    }

    /// Lets the poster in again.
    pub fn mend(&self) {
        self.shared.is_up.send_replace(true);
    }

    /// How often the line was struck.
    pub fn strikes(&self) -> u64 {
        self.shared.plan().struck
    }

    /// How many questions the poster has asked.
    pub fn questions(&self) -> u64 {
        self.shared.plan().questions
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }

    /// What happens to this question; then the line is down if it shall stay so.
    fn take(&self, question: &[u8]) -> Option<How> {
        let mut plan = self.plan();
        let (number, committed) = (plan.asked, plan.committed);
        plan.asked += 1;
        plan.committed += u32::from(question == COMMIT);
        plan.questions += 1;
        let strike = plan.strikes.front().filter(|strike| match strike.at {
            At::Commit => question == COMMIT,
            At::Question(due) => due <= number,
            At::Behind(commits) => commits <= committed,
        });
        let how = strike?.how;
        plan.strikes.pop_front();
        plan.struck += 1;
        self.is_up.send_replace(!plan.stays_down);
        Some(how)
    }
}

/// The folder of the listener's socket goes with it.
async fn accept(listener: UnixListener, _folder: TempDir, socket: PathBuf, shared: Arc<Shared>) {
    while let Ok((server, _)) = listener.accept().await {
        let (socket, shared) = (socket.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // However a connection ends, both sides of it end: that is what dropping them does.
            let _ = carry(server, socket, shared).await;
        });
    }
}

async fn carry(
    mut server: UnixStream,
    socket: PathBuf,
    shared: Arc<Shared>,
) -> std::io::Result<()> {
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
    let passage = shared.gate.as_ref().map(Gate::enter);
    let (from_server, to_server) = server.into_split();
    let (from_database, to_database) = database.into_split();
    let state = watch::Sender::new(State { unanswered: 1, ..State::default() });
    let line = Line { state, passage };
    tokio::select! {
        ended = forth(from_server, to_database, &line, &shared) => ended,
        ended = back(from_database, to_server, &line) => ended,
        () = line.is_cut() => Ok(()),
    }
}

/// One connection: what its two directions have to know of each other.
struct Line {
    state: watch::Sender<State>,
    passage: Option<Passage>,
}

#[derive(Default)]
struct State {
    /// Questions that the database has not answered; the start is the first.
    unanswered: usize,
    /// What comes next is not passed on.
    is_mute: bool,
    /// The error that the next answer is.
    error: Option<Vec<u8>>,
}

impl Line {
    async fn is_cut(&self) {
        match &self.passage {
            Some(passage) => passage.is_cut().await,
            None => std::future::pending().await,
        }
    }

    async fn all_answered(&self) {
        let mut state = self.state.subscribe();
        let _ = state.wait_for(|state| state.unanswered == 0).await;
    }

    /// The error that this answer is, once.
    fn error(&self) -> Option<Vec<u8>> {
        let mut error = None;
        self.state.send_modify(|state| error = state.error.take());
        error
    }

    /// Asks without anybody hearing the answer, and waits for it.
    async fn ask_in_silence(
        &self,
        to: &mut OwnedWriteHalf,
        question: &[u8],
    ) -> std::io::Result<()> {
        self.all_answered().await;
        self.state.send_modify(|state| (state.is_mute, state.unanswered) = (true, 1));
        to.write_all(question).await?;
        self.all_answered().await;
        Ok(())
    }
}

/// The first message has a length and no kind.
async fn start_message(server: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let length = server.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length).unwrap(), 0);
    server.read_exact(&mut message[4..]).await?;
    Ok(message)
}

async fn forth(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    line: &Line,
    shared: &Shared,
) -> std::io::Result<()> {
    let mut question = Vec::new();
    loop {
        let message = message(&mut from).await?;
        let kind = message[0];
        question.extend_from_slice(&message);
        match kind {
            b'S' | b'Q' => {}
            // A password, a copy, the end: no question.
            b'p' | b'd' | b'c' | b'f' | b'X' => {
                to.write_all(&std::mem::take(&mut question)).await?;
                continue;
            }
            _ => continue,
        }
        let mut question = std::mem::take(&mut question);
        let strike = match &line.passage {
            Some(passage) => {
                hurry(&mut question);
                passage.pass(&question).await
            }
            None => shared.take(&question),
        };
        match strike {
            None => {}
            Some(How::Unasked) => return Ok(()),
            Some(How::Unheard) => return to.write_all(&question).await,
            Some(How::Lost) => return line.ask_in_silence(&mut to, &question).await,
            Some(How::Fails(state)) => {
                line.ask_in_silence(&mut to, &raise(state)).await?;
                line.state.send_modify(|state| state.is_mute = false);
            }
        }
        line.state.send_modify(|state| state.unanswered += 1);
        to.write_all(&question).await?;
    }
}

/// Behind a gate nobody gives up a lock while another waits for it: it need not be waited for long.
fn hurry(question: &mut [u8]) {
    const LONG: &[u8] = b"lock_timeout = '50ms'";
    const SHORT: &[u8] = b"lock_timeout = '05ms'";
    const LENGTH_MAX: usize = 256;
    if question.len() <= LENGTH_MAX
        && let Some(at) = question.windows(LONG.len()).position(|part| part == LONG)
    {
        question[at..at + LONG.len()].copy_from_slice(SHORT);
    }
}

/// A question that fails with this SQLSTATE.
fn raise(state: &str) -> Vec<u8> {
    let text = format!("DO $$ BEGIN RAISE 'struck' USING ERRCODE = '{state}'; END $$\0");
    let length = u32::try_from(text.len() + 4).unwrap();
    [b"Q".as_slice(), &length.to_be_bytes(), text.as_bytes()].concat()
}

async fn back(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, line: &Line) -> std::io::Result<()> {
    let mut error = None;
    loop {
        let mut message = message(&mut from).await?;
        let is_mute = line.state.borrow().is_mute;
        match message[0] {
            b'E' if is_mute => error = Some(message.clone()),
            // In a transaction that has failed the database says only that: here is what it failed with.
            b'E' | b'C' if !is_mute && (message[0] == b'E' || message == ROLLED_BACK) => {
                message = line.error().unwrap_or(message);
            }
            _ => {}
        }
        if !is_mute {
            to.write_all(&message).await?;
        }
        if message[0] == b'Z' {
            if let Some(passage) = line.passage.as_ref().filter(|_| !is_mute) {
                passage.answered(message == READY_IN_TRANSACTION);
            }
            line.state.send_modify(|state| {
                state.unanswered = state.unanswered.saturating_sub(1);
                if is_mute {
                    state.error = error.take().filter(|_| message == READY_FAILED);
                }
            });
        }
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
