//! Two instances over one database, of which nobody moves but whom the simulation lets.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use e2e::{Asked, Bank, Gate, How};
use intent::UtcMicros;
use server::clock::{self, Time};
use server::corridor::{Answer, Enqueued, Examined, Instance, Poster};
use server::problem::Problem;
use sqlx::{PgConnection, Row as _};

/// Instances.
pub(crate) const ACTORS: usize = 2;
/// After so long without news it is asked whether somebody waits for a lock.
const NEWS: Duration = Duration::from_millis(2);
/// How far it is ahead of the machine's: set back, it is not before those who sign got their certificates. In microseconds.
const AHEAD_US: i64 = 300_000_000;
/// Nothing takes this long: the machine may have other work.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posters whose question waits for a lock, and all there are. One that was given its lock and has not run since would still
/// be told to wait by `wait_event`, not by `pg_locks`.
const LOCKED: &str =
    "SELECT count(*) FILTER (WHERE pid IN (SELECT pid FROM pg_locks WHERE NOT granted)), count(*)
       FROM pg_stat_activity WHERE application_name = 'strongroom-poster'";

/// The clock of all instances.
pub(crate) struct Clock {
    now_us: AtomicI64,
    elapsed_us: AtomicI64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let now = clock::now().get() + AHEAD_US;
        Self { now_us: AtomicI64::new(now), elapsed_us: AtomicI64::new(0) }
    }

    /// Shows another time from now on.
    pub(crate) fn set(&self, now: UtcMicros) {
        self.now_us.store(now.get(), Ordering::Relaxed);
    }

    /// Time goes by.
    pub(crate) fn go_on(&self, micros: i64) {
        self.now_us.fetch_add(micros, Ordering::Relaxed);
        self.elapsed_us.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Time for Clock {
    fn now(&self) -> UtcMicros {
        UtcMicros::from_micros(self.now_us.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        let elapsed = self.elapsed_us.load(Ordering::Relaxed);
        Duration::from_micros(u64::try_from(elapsed).unwrap())
    }

    fn wait(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.go_on(i64::try_from(duration.as_micros()).unwrap());
        Box::pin(std::future::ready(()))
    }
}

/// What somebody was told: who asked by number, and the answer.
pub(crate) type Told = (usize, Result<Answer, Problem>);

struct Actor {
    gate: Arc<Gate>,
    instance: Instance,
    poster: Option<Poster>,
    /// Whom it owes an answer.
    waiting: Vec<(usize, Enqueued)>,
    /// Seen to wait for a lock when locks had been given up so often: until they are again, it waits on.
    waits_at: Option<u64>,
}

/// Both instances.
pub(crate) struct Stage {
    actors: [Actor; ACTORS],
    watcher: PgConnection,
}

impl Stage {
    pub(crate) async fn new(bank: &Bank, time: &Arc<Clock>) -> Self {
        let mut actors = Vec::new();
        for _ in 0..ACTORS {
            let gate = Arc::new(Gate::default());
            let time: Arc<dyn Time> = Arc::<Clock>::clone(time);
            let instance = bank.simulate(time, &gate).await;
            actors.push(Actor {
                gate,
                instance,
                poster: None,
                waiting: Vec::new(),
                waits_at: None,
            });
        }
        let Ok(actors) = actors.try_into() else { unreachable!("as many as there are") };
        Self { actors, watcher: bank.superuser().await }
    }

    /// Posters that know nothing, over connections that know nothing.
    pub(crate) async fn raise(&mut self) {
        for actor in 0..ACTORS {
            self.kill(actor).await;
        }
    }

    /// The question with which an instance waits.
    pub(crate) fn asked(&self, actor: usize) -> Option<Asked> {
        self.actors[actor].gate.asked()
    }

    /// Whether nobody waits for an answer of this instance.
    pub(crate) fn is_idle(&self, actor: usize) -> bool {
        self.actors[actor].waiting.is_empty()
    }

    pub(crate) fn decide(&mut self, actor: usize, how: Option<How>) {
        let actor = &mut self.actors[actor];
        actor.waits_at = None;
        actor.gate.decide(how);
    }

    pub(crate) fn instance(&self, actor: usize) -> &Instance {
        &self.actors[actor].instance
    }

    /// Puts what was examined in the queue, all before the poster looks.
    pub(crate) fn enqueue(&mut self, actor: usize, examined: Vec<(usize, Examined)>) {
        let actor = &mut self.actors[actor];
        for (who, examined) in examined {
            let answer = actor.instance.enqueue(examined).unwrap();
            actor.waiting.push((who, answer));
        }
    }

    /// The database gets the question, and does what it can with it; nobody hears its answer.
    pub(crate) async fn decide_and_die(&mut self, actor: usize) {
        self.decide(actor, Some(How::Lost));
        // Its poster does not move meanwhile. Where the question waits for another's lock there is no answer.
        let gate = Arc::clone(&self.actors[actor].gate);
        while tokio::time::timeout(NEWS, until(&gate, |gate| !gate.is_out())).await.is_err() {
            if self.locked().await > 0 {
                return;
            }
        }
    }

    /// The process dies, and its successor knows nothing. Whoever waited learns that the outcome is unknown.
    pub(crate) async fn kill(&mut self, actor: usize) -> Vec<Told> {
        let dead = &mut self.actors[actor];
        dead.poster = None;
        let gate = Arc::clone(&dead.gate);
        gate.cut();
        until(&gate, |gate| gate.lines() == 0).await;
        self.bury().await;
        let risen = &mut self.actors[actor];
        risen.poster = Some(risen.instance.start_poster());
        let mut told = Vec::new();
        for (who, answer) in risen.waiting.drain(..) {
            told.push((who, answer.await));
        }
        told
    }

    /// Waits until the database has given up every connection that was cut, with its locks.
    async fn bury(&mut self) {
        const ALIVE: &str =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'strongroom-poster'";
        // A question that waits for a lock would notice only when it had it.
        const WAKE: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE application_name = 'strongroom-poster' AND wait_event_type = 'Lock'";
        loop {
            let lines: usize = self.actors.iter().map(|actor| actor.gate.lines()).sum();
            if usize::try_from(self.ask(ALIVE).await).unwrap() <= lines {
                return;
            }
            // Where none of the living waits for a lock, it is the dead one who does.
            let out = self.actors.iter().filter(|actor| actor.gate.is_out()).count();
            if out == 0 {
                self.ask(WAKE).await;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }

    /// Posters that wait for a lock of somebody alive: one that has died gives its locks up by itself, a moment later.
    async fn locked(&mut self) -> usize {
        let row = sqlx::query(LOCKED).fetch_one(&mut self.watcher).await.unwrap();
        let [locked, alive] = [0, 1].map(|at| usize::try_from(row.get::<i64, _>(at)).unwrap());
        let lines: usize = self.actors.iter().map(|actor| actor.gate.lines()).sum();
        if alive > lines { 0 } else { locked }
    }

    /// How often locks may have been given up so far.
    fn freed(&self) -> u64 {
        self.actors.iter().map(|actor| actor.gate.freed()).sum()
    }

    async fn ask(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.watcher).await.unwrap()
    }

    /// Lets everybody go on until each has a question at its gate, waits for another's lock, or has nothing to do.
    pub(crate) async fn settle(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        let quiet = async {
            loop {
                let quiet = poll_fn(|cx| self.poll_quiet(cx, &mut told));
                if tokio::time::timeout(NEWS, quiet).await.is_ok() {
                    return;
                }
                let out: Vec<&Actor> = self.actors.iter().filter(|it| it.gate.is_out()).collect();
                let can_wait = out.iter().all(|actor| !actor.gate.gives_up_early());
                let out = out.len();
                let others_ask = self.actors.iter().any(|actor| actor.gate.asked().is_some());
                if out == 0 || !can_wait || !others_ask {
                    continue;
                }
                let freed = self.freed();
                if self.locked().await == out && self.all_out_or_quiet(freed) {
                    let waits = self.actors.iter_mut().filter(|actor| actor.gate.is_out());
                    waits.for_each(|actor| actor.waits_at = Some(freed));
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, quiet).await.expect("somebody waits for ever");
        // Two answers of one moment have no order.
        told.sort_by_key(|(who, _)| *who);
        told
    }

    fn all_out_or_quiet(&self, freed: u64) -> bool {
        self.actors.iter().all(|actor| actor.gate.is_out() || actor.is_quiet(freed))
    }

    fn poll_quiet(&mut self, cx: &mut Context<'_>, told: &mut Vec<Told>) -> Poll<()> {
        for actor in &mut self.actors {
            actor.gate.wake(cx.waker());
            if let Some(poster) = &mut actor.poster {
                assert!(poster.as_mut().poll(cx).is_pending(), "a poster ended");
            }
            actor.waiting.retain_mut(|(who, answer)| match answer.as_mut().poll(cx) {
                Poll::Ready(answer) => {
                    told.push((*who, answer));
                    false
                }
                Poll::Pending => true,
            });
        }
        let freed = self.freed();
        let is_quiet = self.actors.iter().all(|actor| actor.is_quiet(freed));
        if is_quiet { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Actor {
    fn is_quiet(&self, freed: u64) -> bool {
        let waits = self.waits_at == Some(freed);
        self.gate.asked().is_some()
            || if self.gate.is_out() { waits } else { self.waiting.is_empty() }
    }
}

async fn until(gate: &Gate, is_so: impl Fn(&Gate) -> bool) {
    let so = poll_fn(|cx| {
        gate.wake(cx.waker());
        if is_so(gate) { Poll::Ready(()) } else { Poll::Pending }
    });
    tokio::time::timeout(PATIENCE, so).await.expect("a line stays for ever");
}
