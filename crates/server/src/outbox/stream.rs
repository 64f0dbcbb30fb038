//! One stream of one session.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::document::Told;
use super::store;
use super::tail::Seat;
use crate::corridor::OriginInfo;
use crate::sessions::{self, Caller};
use crate::{App, clock, telemetry as names};

/// How old the knowledge may be that the session still stands.
const EXAMINE: Duration = Duration::from_secs(2);
/// How often a quiet stream shows that it lives, and how far it has looked.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What is committed in this time is told together.
const GATHER: Duration = Duration::from_millis(50);
/// A reader who takes nothing for so long is cut off, and may come again with the id of what they got last.
const SLOW: Duration = Duration::from_secs(10);
/// Lines that wait for the reader.
pub(super) const WAITING_MAX: usize = 16;

/// What goes into the body.
pub(super) type Line = Result<sse::Event, Infallible>;

/// A stream of one session.
pub(super) struct Stream {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) origin: OriginInfo,
    /// The first leaf that was not looked at yet.
    pub(super) next: u64,
    pub(super) out: mpsc::Sender<Line>,
    /// Given back when the stream ends.
    pub(super) seat: Seat,
}

/// Why a stream ended.
#[derive(Debug)]
enum Ended {
    /// The reader has gone, or does not read.
    Reader,
    /// The session has ended, or its holder may not come any more.
    Session,
    /// The server closes.
    Closing,
    /// Something failed; the reader comes again.
    Failed,
}

impl Stream {
    /// Tells what comes until something ends it.
    pub(super) async fn run(mut self) {
        let why = self.follow().await;
        tracing::debug!(user = %self.caller.user, ?why, "a stream of events ended");
        if matches!(why, Err(Ended::Reader)) && !self.out.is_closed() {
            metrics::counter!(names::EVENT_STREAMS_CUT).increment(1);
        }
        drop(self.seat);
    }

    async fn follow(&mut self) -> Result<Infallible, Ended> {
        let mut sizes = self.app.outbox.sizes();
        let closing = self.app.outbox.closing().clone();
        let (mut examined, mut spoke) = (Instant::now(), Instant::now());
        // A line at once: the reader learns that it listens, and from where.
        self.heartbeat().await?;
        loop {
            let size = *sizes.borrow_and_update();
            while self.next < size {
                if closing.is_cancelled() {
                    return Err(Ended::Closing);
                }
                self.examine(&mut examined).await?;
                if self.tell(size).await? {
                    spoke = Instant::now();
                }
            }
            tokio::select! {
                changed = sizes.changed() => {
                    changed.map_err(|_| Ended::Closing)?;
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep_until(examined.checked_add(EXAMINE).unwrap_or(examined)) => {}
                () = tokio::time::sleep_until(spoke.checked_add(HEARTBEAT).unwrap_or(spoke)) => {
                    self.heartbeat().await?;
                    spoke = Instant::now();
                }
                () = self.out.closed() => return Err(Ended::Reader),
                () = closing.cancelled() => return Err(Ended::Closing),
            }
            self.examine(&mut examined).await?;
        }
    }

    /// Makes sure, every two seconds, that whoever listens still may; what they may see is seen as of then.
    async fn examine(&mut self, examined: &mut Instant) -> Result<(), Ended> {
        if examined.elapsed() < EXAMINE {
            return Ok(());
        }
        let caller = sessions::still(&self.app, &self.caller, clock::now()).await;
        self.caller = caller.map_err(|refused| {
            tracing::debug!(%refused, "a stream's session has ended");
            Ended::Session
        })?;
        let (user, role) = (self.caller.user, self.caller.role);
        match self.app.doorkeeper.admits(user, role, &self.origin).await {
            Ok(true) => {
                *examined = Instant::now();
                Ok(())
            }
            Ok(false) => Err(Ended::Session),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Tells the next page, and whether there was anything to tell.
    async fn tell(&mut self, size: u64) -> Result<bool, Ended> {
        let page = self.app.outbox.page(&self.app, self.next, size).await;
        let page = page.map_err(|error| failed(&error))?;
        let Some(last) = page.last().map(|told| told.leaf) else { return Err(Ended::Failed) };
        let lines = self.lines(&page).await?;
        let spoke = !lines.is_empty();
        for line in lines {
            self.send(line).await?;
        }
        self.next = last.saturating_add(1);
        Ok(spoke)
    }

    /// What of a page the reader may see: row-level security says it, in a transaction of theirs.
    async fn lines(&self, page: &[Arc<Told>]) -> Result<Vec<sse::Event>, Ended> {
        let user = self.caller.user;
        let is_staff = self.caller.role != intent::Role::Customer;
        let candidates: Vec<&Arc<Told>> =
            page.iter().filter(|told| is_staff || told.may_concern(user)).collect();
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let leaves: Vec<u64> = candidates.iter().map(|told| told.leaf).collect();
        let transfers = candidates.iter().flat_map(|told| &told.movements);
        let transfers: Vec<Uuid> = transfers.map(|movement| movement.transfer.get()).collect();
        let accounts = candidates.iter().flat_map(|told| told.accounts.keys());
        let accounts: Vec<Uuid> = accounts.map(|account| account.get()).collect();
        let sight = async {
            let mut tx = self.app.db.as_user(&self.caller).await?;
            let book = self.app.bank.book;
            let sight = store::sight(&mut tx, book, &leaves, &transfers, &accounts).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>(sight)
        };
        let sight = sight.await.map_err(|error| failed(&error))?;
        let mut lines = Vec::new();
        for told in candidates {
            let Some(document) = told.for_reader(user, &sight) else { continue };
            let line = sse::Event::default().id(told.leaf.to_string()).event(told.kind);
            let line = line.json_data(&document).map_err(|error| {
                tracing::error!(%error, "an event could not be written");
                Ended::Failed
            })?;
            lines.push(line);
        }
        Ok(lines)
    }

    /// A comment, and an id without data: a reader who comes again begins there, and is told nothing by it.
    async fn heartbeat(&self) -> Result<(), Ended> {
        let looked_at = self.next.saturating_sub(1);
        self.send(sse::Event::default().comment("listening").id(looked_at.to_string())).await
    }

    async fn send(&self, line: sse::Event) -> Result<(), Ended> {
        match timeout(SLOW, self.out.send(Ok(line))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Reader),
        }
    }
}

fn failed(error: &sqlx::Error) -> Ended {
    tracing::warn!(%error, "a stream of events broke off");
    Ended::Failed
}
