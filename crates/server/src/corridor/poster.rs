//! The poster: one thread per server process that commits whatever waits.
//!
//! Idle, a batch is one intent; busy, it grows by itself and throughput rises. The thread has a runtime and a connection
//! of its own, so that verification on the request threads never delays a commit.
//!
//! Money goes together, sign-ins go together, and whatever else changes authority goes alone.
//!
//! # Atomicity
//!
//! A group commit is one transaction. Its answers go out after COMMIT. When the connection is lost the whole batch is
//! tried again: what had committed is found by its intent ids and answered from there, the rest is decided anew.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use intent::{Effects, Kind, UtcMicros};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use tlog::Edge;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::append::{self, Entry, Prepared};
use super::applying::{Applied, Applying, accepted, refused};
use super::attempt::{Aborted, Attempt};
use super::batch::{answer_all, documents, float, set_repeated_ids_aside, weight};
use super::closing::{Close, Fate, Order, Written};
use super::fold::{self, Asker, Needs};
use super::kept::Kept;
use super::log_time::LogTime;
use super::ordered::{self, Paid};
use super::plans::Plans;
use super::rehearsal::{self, Rehearsal};
use super::store;
use super::submission::{EventJob, Job, Queued, Settled};
use super::working::{self, InForce, Loaded};
use super::{Fault, Queue, state, verify};
use crate::clock::{MachineTime, Time};
use crate::log::store as log_store;
use crate::{Services, telemetry as names};

/// Transfers in one group commit at most: enough to fill the processor, few enough to keep its latency low.
const BATCH_TRANSFERS_MAX: usize = 2_000;

/// Starts the poster. Told to stop, it takes nothing new, commits what waits, and ends.
pub(crate) fn spawn(
    services: Arc<Services>,
    queue: Queue,
    stop: CancellationToken,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("poster".to_owned()).spawn(move || {
        let time = Arc::new(MachineTime::new());
        runtime.block_on(post(services, time, queue, stop));
    })
}

/// What the thread does. Dropped anywhere it is a crash: what was not committed has not happened, and nobody is answered.
pub(super) async fn post(
    services: Arc<Services>,
    time: Arc<dyn Time>,
    queue: Queue,
    stop: CancellationToken,
) {
    Poster::new(services, time).run(queue, stop).await;
}

struct Poster {
    services: Arc<Services>,
    connection: Option<PgConnection>,
    time: Arc<dyn Time>,
    /// Of its connection's statements.
    plans: Plans,
    /// The tree as of our last commit; `None` until it is loaded, and after any doubt.
    edge: Option<Edge>,
    /// What the bank allows, as of our last commit.
    policies: Option<InForce>,
    log_time: LogTime,
}

impl Poster {
    fn new(services: Arc<Services>, time: Arc<dyn Time>) -> Self {
        Self {
            services,
            connection: None,
            plans: Plans::new(time.elapsed()),
            time,
            edge: None,
            policies: None,
            log_time: LogTime::default(),
        }
    }

    async fn run(mut self, mut queue: Queue, stop: CancellationToken) {
        loop {
            let first = tokio::select! {
                biased;
                first = queue.recv() => first,
                () = stop.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let (mut money, mut logins, mut others) = (Vec::new(), Vec::new(), Vec::new());
            let mut transfers = 0_usize;
            let mut next = Some(first);
            while let Some(job) = next.take() {
                transfers = transfers.saturating_add(weight(&job));
                match job {
                    Queued::Intent(job) if fold::moves_money(job.intent.get().kind()) => {
                        money.push(*job);
                    }
                    Queued::Intent(job) if job.intent.get().kind() == Kind::SessionLogin => {
                        logins.push(*job);
                    }
                    job => others.push(job),
                }
                if transfers < BATCH_TRANSFERS_MAX {
                    next = queue.try_recv().ok();
                }
            }
            self.plans.wrote(transfers);
            self.commit(money, Work::Money).await;
            self.commit(logins, Work::State).await;
            let mut events = Vec::new();
            for job in others {
                match job {
                    Queued::Event(event) => events.push(*event),
                    Queued::Rehearsal(job) => self.rehearse(*job).await,
                    Queued::Intent(job) => {
                        // What came before an intent stands before it: lists of revocation are numbered.
                        self.commit_events(std::mem::take(&mut events)).await;
                        self.commit(vec![*job], Work::State).await;
                    }
                }
            }
            self.commit_events(events).await;
        }
    }

    async fn commit(&mut self, jobs: Vec<Job>, work: Work) {
        let mut groups = VecDeque::from([jobs]);
        while let Some(mut jobs) = groups.pop_front() {
            if jobs.is_empty() {
                continue;
            }
            let later = set_repeated_ids_aside(&mut jobs);
            let began = Instant::now();
            let mut attempt = Attempt::default();
            let mut order = Order::HeadLast;
            let outcome = loop {
                let tried = match work {
                    Work::Money => self.try_money(&jobs, order).await,
                    Work::State => self.try_state(&jobs, order).await,
                };
                let aborted = match tried {
                    Ok(settled) => break Ok(settled),
                    Err(aborted) => aborted,
                };
                match aborted {
                    Aborted::AuthorityChanged { epoch } => {
                        jobs = self.verify_again(jobs, epoch).await;
                        continue;
                    }
                    Aborted::Overtaken => {
                        order = Order::HeadFirst;
                        continue;
                    }
                    Aborted::Before(_) | Aborted::During(_) => self.forget(),
                }
                if let Err(fault) = attempt.failed(aborted, &*self.time).await {
                    break Err(fault);
                }
            };
            metrics::histogram!(names::BATCH_INTENTS).record(float(jobs.len()));
            metrics::histogram!(names::COMMIT_SECONDS).record(began.elapsed().as_secs_f64());
            groups.push_front(later);
            match outcome {
                // What one of them brings down does not take its neighbours with it.
                Err(fault)
                    if jobs.len() > 1
                        && !fault.is_transient()
                        && !matches!(fault, Fault::OutcomeUnknown) =>
                {
                    jobs.into_iter().rev().for_each(|job| groups.push_front(vec![job]));
                }
                outcome => answer_all(jobs, outcome),
            }
        }
    }

    /// One transaction: lock, read, fold, write, append, commit. The same number of statements for one or 2,000.
    async fn try_money(
        &mut self,
        jobs: &[Job],
        order: Order,
    ) -> Result<Vec<Result<Settled, Fault>>, Aborted> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let services = Arc::clone(&self.services);
        let (book, now) = (services.bank.book, self.now().await?);
        let (edge, policies) = (self.edge.take(), self.policies.take());
        let mut tx = self.begin().await?;
        order.begin(&mut tx, book).await?;

        let policies = working::policies(&mut tx, book, policies).await?;
        let mut needs = Needs::default();
        for job in jobs {
            needs.of(job.intent.get(), &services.bank.equity);
        }
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.intent.get().id().get()).collect();
        let allowed = Arc::clone(&policies.policies);
        let Loaded { mut fold, decided } =
            working::load(&mut tx, book, &ids, needs, &services.bank, allowed, now).await?;
        let mut written = Written::default();
        let mut kept = Kept::default();
        let mut prepared = Vec::with_capacity(jobs.len());
        let mut fates = Vec::with_capacity(jobs.len());
        let mut epoch = policies.epoch;
        for job in jobs {
            let intent = job.intent.get();
            if decided.contains(&intent.id().get()) {
                fates.push(Fate::Known);
                continue;
            }
            fates.push(Fate::Fresh);
            epoch = epoch.min(job.epoch);
            let decision = fold.decide(intent, asker(job), now);
            written.add(intent.id(), &decision, &fold)?;
            kept.add(job, &decision, &fold);
            prepared.push(prepare(job, decision.effects(now), None)?);
        }
        let settled = if prepared.is_empty() {
            tx.rollback().await?;
            self.edge = edge;
            Vec::new()
        } else {
            written.store(&mut tx, book, &fold, now).await?;
            kept.store(&mut tx, book).await?;
            let overtaken_at = written.overtaken_at(order, edge.as_ref());
            let close = Close { edge, epoch: Some(epoch), bumps_epoch: false, overtaken_at, now };
            let (edge, settled) = close.commit(tx, &services, prepared).await?;
            self.edge = Some(edge);
            settled
        };
        self.policies = Some(policies);
        self.merge(documents(jobs), fates, settled).await
    }

    /// Puts the answers in the order of the jobs; those that were decided earlier are read back.
    async fn merge<'a>(
        &mut self,
        documents: impl Iterator<Item = (Uuid, &'a [u8])>,
        fates: Vec<Fate>,
        settled: Vec<Settled>,
    ) -> Result<Vec<Result<Settled, Fault>>, Aborted> {
        // It stands in the log, and its neighbours may since this attempt: however often this fails, nobody is told that nothing happened.
        fn unread(fault: impl Into<Fault>) -> Aborted {
            Aborted::During(fault.into())
        }
        let services = Arc::clone(&self.services);
        let mut settled = settled.into_iter();
        let mut answers = Vec::with_capacity(fates.len());
        for ((id, document), fate) in documents.zip(fates) {
            answers.push(match fate {
                Fate::Fresh => settled.next().ok_or(Fault::Broken("an intent was not settled")),
                Fate::Refused(refusal) => Err(Fault::NotTrue(refusal)),
                Fate::Known => {
                    let mut tx = self.begin().await.map_err(unread)?;
                    match append::replay(&mut tx, &services, id, document).await {
                        Err(fault) if fault.is_transient() => return Err(unread(fault)),
                        replayed => {
                            tx.rollback().await.map_err(unread)?;
                            replayed
                        }
                    }
                }
            });
        }
        Ok(answers)
    }

    /// As [`Self::try_money`], for intents that change something other than balances.
    async fn try_state(
        &mut self,
        jobs: &[Job],
        order: Order,
    ) -> Result<Vec<Result<Settled, Fault>>, Aborted> {
        let services = Arc::clone(&self.services);
        let (book, now) = (services.bank.book, self.now().await?);
        let edge = self.edge.take();
        let mut tx = self.begin().await?;
        order.begin(&mut tx, book).await?;
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.intent.get().id().get()).collect();
        let decided: HashSet<Uuid> =
            store::used_ids(&mut tx, book, &ids, &[]).await?.intents.into_iter().collect();
        let (mut prepared, mut fates) = (Vec::new(), Vec::new());
        let mut close = Close { edge, epoch: None, bumps_epoch: false, overtaken_at: None, now };
        for job in jobs {
            let intent = job.intent.get();
            let is_fresh = !decided.contains(&intent.id().get());
            fates.push(if is_fresh { Fate::Fresh } else { Fate::Known });
            if !is_fresh {
                continue;
            }
            let cx = Applying {
                services: &services,
                intent,
                signer: job.signer.as_deref(),
                attachments: &job.attachments,
                details: job.details.as_ref(),
                origin: &job.origin,
                now,
            };
            let (effects, extra) = match state::apply(&mut tx, &cx).await? {
                Applied::Accepted { result, extra, bumps_epoch } => {
                    close.bumps_epoch |= bumps_epoch;
                    if state::rests_on_all(intent.kind()) {
                        close.rest_on_log(order);
                    }
                    (accepted(result, now), extra)
                }
                Applied::Refused(refusal) => {
                    // Most of these say that something is not there, or not so yet; a sign-in's reasons are the bank's own.
                    if intent.kind() != Kind::SessionLogin {
                        close.rest_on_log(order);
                    }
                    (refused(refusal, now), None)
                }
            };
            if job.signer.is_some() {
                close.epoch = Some(close.epoch.map_or(job.epoch, |epoch| epoch.min(job.epoch)));
            }
            prepared.push(prepare(job, effects, extra)?);
        }
        let settled = if prepared.is_empty() {
            tx.rollback().await?;
            self.edge = close.edge;
            Vec::new()
        } else {
            let (edge, settled) = close.commit(tx, &services, prepared).await?;
            self.edge = Some(edge);
            settled
        };
        self.merge(documents(jobs), fates, settled).await
    }

    /// Events that wait together share a commit, as intents do.
    async fn commit_events(&mut self, events: Vec<EventJob>) {
        if events.is_empty() {
            return;
        }
        let mut attempt = Attempt::default();
        let mut order = Order::HeadLast;
        let outcome = loop {
            let aborted = match self.try_events(&events, order).await {
                Ok(settled) => break Ok(settled),
                Err(aborted) => aborted,
            };
            match aborted {
                Aborted::AuthorityChanged { .. } => {}
                Aborted::Overtaken => order = Order::HeadFirst,
                Aborted::Before(_) | Aborted::During(_) => self.forget(),
            }
            if let Err(fault) = attempt.failed(aborted, &*self.time).await {
                break Err(fault);
            }
        };
        // Whoever asked may have gone; the events stand in the log all the same.
        match outcome {
            Ok(answers) => {
                for (event, answer) in events.into_iter().zip(answers) {
                    let _ = event.reply.send(answer);
                }
            }
            Err(fault) => {
                for event in events {
                    let _ = event.reply.send(Err(fault.duplicate()));
                }
            }
        }
    }

    async fn try_events(
        &mut self,
        events: &[EventJob],
        order: Order,
    ) -> Result<Vec<Result<Settled, Fault>>, Aborted> {
        let services = Arc::clone(&self.services);
        let (book, now) = (services.bank.book, self.now().await?);
        let (edge, mut policies) = (self.edge.take(), self.policies.take());
        let mut tx = self.begin().await?;
        order.begin(&mut tx, book).await?;
        let ids: Vec<Uuid> = events.iter().map(|event| event.id.get()).collect();
        let (mut fold, mut known) = (None, HashSet::new());
        if events.iter().any(|event| event.fact.is_some()) {
            let in_force = working::policies(&mut tx, book, policies).await?;
            let mut needs = Needs::default();
            events
                .iter()
                .filter_map(|event| event.fact.as_ref())
                .for_each(|of| needs.of_fact(of, &services.bank.equity));
            let allowed = Arc::clone(&in_force.policies);
            let loaded =
                working::load(&mut tx, book, &ids, needs, &services.bank, allowed, now).await?;
            (fold, known) = (Some(loaded.fold), loaded.decided);
            policies = Some(in_force);
        } else {
            known.extend(store::used_ids(&mut tx, book, &ids, &[]).await?.intents);
        }
        let (mut prepared, mut fates) = (Vec::new(), Vec::with_capacity(events.len()));
        let (mut written, mut paid) = (Written::default(), Vec::new());
        let mut bumps_epoch = false;
        for event in events {
            if !known.insert(event.id.get()) {
                fates.push(Fate::Known);
                continue;
            }
            let mut effects = accepted(BTreeMap::new(), now);
            if let (Some(fact), Some(fold)) = (event.fact, fold.as_mut()) {
                let decision = fold.decide_fact(fact, now);
                if let Some(refusal) = decision.refusal {
                    // Nobody asked for it, and it may become true: it must not use up the id that it would have then.
                    known.remove(&event.id.get());
                    fates.push(Fate::Refused(refusal));
                    continue;
                }
                written.add(event.id, &decision, fold)?;
                bumps_epoch |= fact.bumps_epoch();
                paid.extend(Paid::by(fact, &decision));
                effects = decision.effects(now);
            }
            fates.push(Fate::Fresh);
            prepared.push(append::prepare(Entry {
                intent_id: event.id,
                kind_code: event.kind.code(),
                is_event: true,
                user: None,
                intent: event.bytes.clone(),
                actor: Vec::new(),
                origin: event.origin.to_bytes(),
                effects,
                evidence: Vec::new(),
                extra: None,
            })?);
        }
        let settled = if prepared.is_empty() {
            tx.rollback().await?;
            self.edge = edge;
            Vec::new()
        } else {
            if let Some(fold) = &fold {
                written.store(&mut tx, book, fold, now).await?;
                let details = ordered::details(&mut tx, book, fold, &paid).await?;
                store::insert_details(&mut tx, book, &details).await?;
            }
            let epoch = fold.is_some().then(|| policies.as_ref().map(|of| of.epoch)).flatten();
            let overtaken_at = written.overtaken_at(order, edge.as_ref());
            let close = Close { edge, epoch, bumps_epoch, overtaken_at, now };
            let (edge, settled) = close.commit(tx, &services, prepared).await?;
            self.edge = Some(edge);
            settled
        };
        self.policies = policies;
        let documents = events.iter().map(|event| (event.id.get(), event.bytes.as_slice()));
        self.merge(documents, fates, settled).await
    }

    /// Decides an intent that nobody has signed, and takes everything back.
    async fn rehearse(&mut self, job: Rehearsal) {
        let services = Arc::clone(&self.services);
        let outcome = rehearsal::rehearse(self.begin().await, &services, &job).await;
        if outcome.is_err() {
            self.forget();
        }
        let _ = job.reply.send(outcome);
    }

    /// The time at which things are decided.
    async fn now(&mut self) -> sqlx::Result<UtcMicros> {
        if !self.log_time.is_known() {
            let book = self.services.bank.book;
            let mut tx = self.begin().await?;
            let newest = log_store::newest_at(&mut tx, book).await?;
            tx.rollback().await?;
            self.log_time.goes_on_from(newest);
        }
        Ok(self.log_time.at(self.time.now()))
    }

    async fn begin(&mut self) -> sqlx::Result<Transaction<'_, Postgres>> {
        if self.connection.is_none() {
            self.connection = Some(Box::pin(self.services.db.poster_connection()).await?);
            self.plans.renew(self.time.elapsed());
        }
        match &mut self.connection {
            Some(connection) => {
                let now = self.time.elapsed();
                if self.plans.are_old(now) {
                    sqlx::raw_sql("DISCARD PLANS").execute(&mut *connection).await?;
                    self.plans.renew(now);
                }
                connection.begin().await
            }
            None => Err(sqlx::Error::PoolClosed),
        }
    }

    /// After any failure: a new connection, and the tree read back from what is really there.
    fn forget(&mut self) {
        self.connection = None;
        self.edge = None;
    }

    /// Asks again who may sign; answers those who may not any more and keeps the others.
    async fn verify_again(&mut self, jobs: Vec<Job>, epoch: u64) -> Vec<Job> {
        self.services.directory.observe_epoch(epoch);
        let mut kept = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            if job.signer.is_some() {
                // Answered from the directory's cache for all but the first intent of each signer.
                let (directory, now) = (&self.services.directory, self.time.now());
                match verify::verify_again(directory, &job.intent, now).await {
                    Ok(signer) => job.signer = Some(signer),
                    Err(fault) => {
                        // Whoever asked may have gone; nothing was written either way.
                        let _ = job.reply.send(Err(fault));
                        continue;
                    }
                }
            }
            job.epoch = epoch;
            kept.push(job);
        }
        kept
    }
}

/// What an intent changes, and so which way its group commit goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Work {
    /// Balances.
    Money,
    /// Anything else: one intent, or sign-ins, which touch nothing in common.
    State,
}

/// Who asks, as last examined: an intent that moves money has a signer.
fn asker(job: &Job) -> Asker {
    match &job.signer {
        Some(signer) => Asker { sign_in: job.sign_in, ..signer.asker() },
        None => Asker::unknown(job.actor.user, job.actor.role),
    }
}

fn prepare(
    job: &Job,
    effects: Effects,
    extra: Option<serde_json::Value>,
) -> Result<Prepared, Fault> {
    let (actor, origin) = Entry::groups(&job.actor, &job.origin);
    let intent = job.intent.get();
    append::prepare(Entry {
        intent_id: intent.id(),
        kind_code: intent.kind().code(),
        is_event: false,
        user: Some(job.actor.user),
        intent: intent.canonical().to_vec(),
        actor,
        origin,
        effects,
        evidence: job.evidence.clone(),
        extra,
    })
}
