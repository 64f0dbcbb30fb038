//! What the bank does, second by second, for whoever watches it.
//!
//! One task looks at the process's own counters once a second, whoever listens, so that a page begins with the last
//! minutes instead of an empty chart. Nothing here names a person: only codes, classes and counts leave the process.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::reading::{LogNow, Reading, Sample};
use super::store;
use crate::corridor::OriginInfo;
use crate::outbox::{self, Seat};
use crate::policy::Permission;
use crate::sessions::{self, Caller};
use crate::{App, clock, telemetry};

/// How often the counters are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How many samples a stream begins with: five minutes.
const KEPT: usize = 300;
/// How old the knowledge may be that a watcher still may watch.
const EXAMINE: Duration = Duration::from_secs(2);
/// How often a stream shows that it lives where no sample does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A reader who takes nothing for so long is cut off.
const SLOW: Duration = Duration::from_secs(10);
/// Lines that wait for the reader.
pub(super) const WAITING_MAX: usize = 4;

/// What goes into the body.
pub(super) type Line = Result<sse::Event, Infallible>;

/// The last minutes, and whoever waits for the next second. Clones share it.
#[derive(Clone)]
pub(crate) struct Samples(Arc<Inner>);

struct Inner {
    kept: Mutex<VecDeque<Arc<Sample>>>,
    newest: watch::Sender<Option<Arc<Sample>>>,
}

impl Samples {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { kept: Mutex::default(), newest: watch::Sender::new(None) }))
    }

    fn push(&self, sample: Sample) {
        let sample = Arc::new(sample);
        {
            let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.pop_front();
            }
            kept.push_back(Arc::clone(&sample));
        }
        self.0.newest.send_replace(Some(sample));
    }

    fn kept(&self) -> Vec<Arc<Sample>> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(Arc::clone).collect()
    }

    fn is_watched(&self) -> bool {
        self.0.newest.receiver_count() > 0
    }
}

/// Looks at the counters once a second until `stop`.
pub(crate) async fn keep_sampling(app: App, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut earlier, mut looked) = (Reading::default(), None::<Instant>);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let log = if app.samples.is_watched() { log_now(&app).await } else { None };
        let now = Reading::parse(&telemetry::recorder().render());
        let at = Instant::now();
        // The first look has nothing before it: what it would show is all since the start.
        if let Some(before) = looked.replace(at) {
            let span_ms = at.duration_since(before).as_millis();
            let span_ms = u64::try_from(span_ms).unwrap_or(u64::MAX).max(1);
            let told_at = clock::now().to_string();
            app.samples.push(Sample::between(&earlier, &now, told_at, span_ms, log));
        }
        earlier = now;
    }
}

/// The end of the log. `None`: the database does not answer, which health says already.
async fn log_now(app: &App) -> Option<LogNow> {
    let read = async {
        let size = outbox::look(app).await?;
        let mut tx = app.db.as_auditor().await?;
        let newest = store::newest(&mut tx, app.bank.book).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(LogNow {
            size: size.to_string(),
            checkpoint_signed_at: newest.checkpoint_signed_at.map(|at| at.to_string()),
        })
    };
    match timeout(EVERY, read).await {
        Ok(Ok(now)) => Some(now),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the head of the log could not be read");
            None
        }
        Err(_) => None,
    }
}

/// A stream of one session.
pub(super) struct Watch {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) origin: OriginInfo,
    /// Ends after so many samples; `None`: with the session.
    pub(super) samples: Option<u64>,
    pub(super) out: mpsc::Sender<Line>,
    /// Given back when the stream ends.
    pub(super) seat: Seat,
}

/// The stream is over, for whatever reason: the reader comes again, and is told then if they may not.
struct Over;

impl Watch {
    /// Tells every second until something ends it.
    pub(super) async fn run(mut self) {
        let (Ok(()) | Err(Over)) = self.follow().await;
        drop(self.seat);
    }

    async fn follow(&mut self) -> Result<(), Over> {
        let mut newest = self.app.samples.0.newest.subscribe();
        newest.mark_unchanged();
        let closing = self.app.outbox.closing().clone();
        let mut examined = Instant::now();
        let kept = self.app.samples.kept();
        self.tell("history", &kept).await?;
        let mut left = self.samples;
        while left != Some(0) {
            tokio::select! {
                changed = newest.changed() => {
                    changed.map_err(|_| Over)?;
                    let sample = newest.borrow_and_update().clone();
                    if let Some(sample) = sample {
                        self.tell("sample", &sample).await?;
                        left = left.map(|left| left.saturating_sub(1));
                    }
                }
                () = tokio::time::sleep(HEARTBEAT) => {
                    self.send(sse::Event::default().comment("watching")).await?;
                }
                () = self.out.closed() => return Err(Over),
                () = closing.cancelled() => return Err(Over),
            }
            if examined.elapsed() >= EXAMINE {
                self.examine().await?;
                examined = Instant::now();
            }
        }
        Ok(())
    }

    /// Makes sure that whoever watches still may.
    async fn examine(&mut self) -> Result<(), Over> {
        let caller = sessions::still(&self.app, &self.caller, clock::now()).await;
        self.caller = caller.map_err(|_| Over)?;
        let (user, role) = (self.caller.user, self.caller.role);
        let is_admitted = self.app.doorkeeper.admits(user, role, &self.origin).await;
        let is_admitted = is_admitted.map_err(|error| {
            tracing::warn!(%error, "a watcher could not be examined");
            Over
        })?;
        let may = self.caller.permissions.holds(Permission::SecurityWatch);
        if is_admitted && may { Ok(()) } else { Err(Over) }
    }

    async fn tell<T: serde::Serialize + ?Sized>(&self, kind: &str, what: &T) -> Result<(), Over> {
        let line = sse::Event::default().event(kind).json_data(what).map_err(|error| {
            tracing::error!(%error, "a sample could not be written");
            Over
        })?;
        self.send(line).await
    }

    async fn send(&self, line: sse::Event) -> Result<(), Over> {
        match timeout(SLOW, self.out.send(Ok(line))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }
}
