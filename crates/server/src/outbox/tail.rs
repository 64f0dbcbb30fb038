//! How far the log goes, and its last leaves, read once for all who listen.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use crypto::Sha3;
use intent::{Effects, Event, EventKind, Intent, Kind, Leaf, Outcome, UserId};
use ledger::TransferId;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::about::{self, About};
use super::document::Told;
use super::store::{self, RecordRow, TransferRow};
use crate::corridor::fold::ending_id;
use crate::log::service::size;
use crate::sql::corrupt;
use crate::{App, Services, telemetry as names};

/// How often the head is asked for what other instances have committed, while anybody listens.
const POLL: Duration = Duration::from_millis(500);
/// Leaves that are read at once.
const PAGE: u64 = 500;
/// What is kept of the last leaves, in leaves and movements together.
const KEPT_MAX: usize = 50_000;
/// Streams of one person at one process.
const STREAMS_OF_PERSON_MAX: usize = 4;
/// Streams at one process.
const STREAMS_MAX: usize = 1_000;

/// What this process knows of the end of the log, and who listens. Clones share it.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Inner>);

struct Inner {
    size: watch::Sender<u64>,
    recent: Mutex<Recent>,
    listeners: StdMutex<HashMap<UserId, usize>>,
    closing: CancellationToken,
}

/// Leaves without a gap, the newest last.
#[derive(Default)]
struct Recent {
    first: u64,
    told: VecDeque<Arc<Told>>,
    weight: usize,
}

impl Outbox {
    /// Knows nothing yet, and nobody listens.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            size: watch::Sender::new(0),
            recent: Mutex::default(),
            listeners: StdMutex::default(),
            closing: CancellationToken::new(),
        }))
    }

    /// Takes note that the log has this many leaves, all of them committed.
    pub(crate) fn committed(&self, size: u64) {
        self.0.size.send_if_modified(|known| {
            let is_news = size > *known;
            if is_news {
                *known = size;
            }
            is_news
        });
    }

    /// Ends every stream: what they have not told yet, they tell whoever comes again.
    pub(crate) fn close(&self) {
        self.0.closing.cancel();
    }

    /// Ends with [`Self::close`].
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }

    /// The size of the log, and every later one.
    pub(crate) fn sizes(&self) -> watch::Receiver<u64> {
        self.0.size.subscribe()
    }

    /// A place among those who listen. `None`: the person has all of theirs, or the process has.
    pub(crate) fn seat(&self, user: UserId) -> Result<Seat, Full> {
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.values().sum::<usize>() >= STREAMS_MAX {
            return Err(Full::Process);
        }
        let count = listeners.entry(user).or_default();
        if *count >= STREAMS_OF_PERSON_MAX {
            return Err(Full::Person);
        }
        *count = count.saturating_add(1);
        metrics::gauge!(names::EVENT_STREAMS).increment(1.0);
        Ok(Seat { outbox: self.clone(), user })
    }

    /// Leaves from `from` on, below `until`, at most a page of them. Those at the end of the log are read once, whoever asks.
    pub(super) async fn page(
        &self,
        services: &Services,
        from: u64,
        until: u64,
    ) -> sqlx::Result<Vec<Arc<Told>>> {
        let until = until.min(from.saturating_add(PAGE));
        {
            // Held while the database is asked: whoever wakes at the same time wants the same leaves.
            let mut recent = self.0.recent.lock().await;
            if from > recent.end() {
                *recent = Recent { first: from, ..Recent::default() };
            }
            if from >= recent.first {
                let end = recent.end();
                if until > end {
                    read(services, end, until)
                        .await?
                        .into_iter()
                        .for_each(|told| recent.push(told));
                }
                return Ok(recent.part(from, until));
            }
        }
        Ok(read(services, from, until).await?.into_iter().map(Arc::new).collect())
    }
}

impl Outbox {
    /// As [`Self::page`], for somebody outside who may read nothing.
    pub(crate) async fn notices(
        &self,
        services: &Services,
        from: u64,
        until: u64,
    ) -> sqlx::Result<Vec<Notice>> {
        let page = self.page(services, from, until).await?;
        page.iter()
            .map(|told| {
                let body = serde_json::to_vec(&told.bare());
                let body = body.map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
                Ok(Notice { leaf: told.leaf, id: told.id, kind: told.kind, body })
            })
            .collect()
    }
}

/// What somebody outside is told of a leaf.
pub(crate) struct Notice {
    pub(crate) leaf: u64,
    pub(crate) id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Recent {
    fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.told.len()).unwrap_or(u64::MAX))
    }

    fn push(&mut self, told: Told) {
        self.weight = self.weight.saturating_add(told.weight());
        self.told.push_back(Arc::new(told));
    }

    /// A part, after which the oldest leaves go that are too many.
    fn part(&mut self, from: u64, until: u64) -> Vec<Arc<Told>> {
        let wanted = |told: &&Arc<Told>| (from..until).contains(&told.leaf);
        let part = self.told.iter().filter(wanted).map(Arc::clone).collect();
        while self.weight > KEPT_MAX
            && let Some(oldest) = self.told.pop_front()
        {
            self.weight = self.weight.saturating_sub(oldest.weight());
            self.first = self.first.saturating_add(1);
        }
        part
    }
}

/// Why nobody more may listen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Full {
    Person,
    Process,
}

/// A place among those who listen, given back when it is dropped.
pub(crate) struct Seat {
    outbox: Outbox,
    user: UserId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut listeners = self.outbox.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = listeners.get_mut(&self.user) {
            *count = count.saturating_sub(1);
        }
        listeners.retain(|_, count| *count > 0);
        metrics::gauge!(names::EVENT_STREAMS).decrement(1.0);
    }
}

/// Notices what other instances commit, until `stop`; only while anybody listens.
pub(crate) async fn keep_looking(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
        if app.outbox.0.size.receiver_count() > 0
            && let Err(error) = look(&app).await
        {
            tracing::debug!(%error, "the head of the log could not be read");
        }
    }
}

/// Takes note of the head of the log as it is now.
pub(crate) async fn look(services: &Services) -> sqlx::Result<u64> {
    let mut tx = services.db.as_auditor().await?;
    let size = size(&mut tx, services.bank.book).await?;
    tx.commit().await?;
    services.outbox.committed(size);
    Ok(size)
}

/// Reads what can be told of the leaves `from..until`.
async fn read(services: &Services, from: u64, until: u64) -> sqlx::Result<Vec<Told>> {
    let book = services.bank.book;
    let mut tx = services.db.as_auditor().await?;
    let records = store::records(&mut tx, book, from, until).await?;
    let abouts = records.iter().map(about).collect::<sqlx::Result<Vec<_>>>()?;
    let named = |of: fn(&About) -> &Vec<TransferId>| abouts.iter().flat_map(of);
    let mut ids: Vec<Uuid> =
        named(|about| &about.made).chain(named(|about| &about.ended)).map(|id| id.get()).collect();
    let payments: Vec<Uuid> =
        abouts.iter().flat_map(|about| &about.payments).map(|id| id.get()).collect();
    if !payments.is_empty() {
        let holds = store::holds(&mut tx, book, &payments).await?;
        ids.extend(holds.into_iter().map(|hold| ending_id(hold).get()));
    }
    let transfers = match ids.as_slice() {
        [] => Vec::new(),
        ids => store::transfers(&mut tx, book, ids).await?,
    };
    let accounts: Vec<Uuid> =
        abouts.iter().flat_map(|about| &about.accounts).map(|id| id.get()).collect();
    let mut known = Known::default();
    if !accounts.is_empty() {
        known.owners = store::owners(&mut tx, book, &accounts).await?.into_iter().collect();
    }
    let of = |ids: fn(&About) -> &Vec<Sha3>| abouts.iter().flat_map(ids).copied().collect();
    let (certificates, devices): (Vec<Sha3>, Vec<Sha3>) =
        (of(|about| &about.certificates), of(|about| &about.devices));
    if !certificates.is_empty() || !devices.is_empty() {
        let holders = store::holders(&mut tx, book, &certificates, &devices).await?;
        known.holders = holders.into_iter().collect();
    }
    tx.commit().await?;
    known.group(transfers);
    records.into_iter().zip(abouts).map(|(record, about)| known.tell(&record, &about)).collect()
}

/// What a record is about; an erased one tells nothing.
fn about(record: &RecordRow) -> sqlx::Result<About> {
    let Some(bytes) = &record.intent else { return Ok(About::default()) };
    let leaf = Leaf::from_bytes(&record.leaf).map_err(corrupt)?;
    if leaf.flags.event {
        Event::parse(bytes).map(|event| about::of_event(&event)).map_err(corrupt)
    } else {
        Intent::parse(bytes).map(|intent| about::of_intent(&intent)).map_err(corrupt)
    }
}

/// What a page of records refers to.
#[derive(Default)]
struct Known {
    owners: HashMap<ledger::AccountId, Option<UserId>>,
    holders: HashMap<Sha3, UserId>,
    of_record: HashMap<Uuid, Vec<Arc<TransferRow>>>,
    by_id: HashMap<TransferId, Arc<TransferRow>>,
}

impl Known {
    fn group(&mut self, transfers: Vec<TransferRow>) {
        for row in transfers.into_iter().map(Arc::new) {
            self.by_id.insert(row.movement.transfer, Arc::clone(&row));
            self.of_record.entry(row.intent_id).or_default().push(row);
        }
    }

    fn tell(&self, record: &RecordRow, about: &About) -> sqlx::Result<Told> {
        let leaf = Leaf::from_bytes(&record.leaf).map_err(corrupt)?;
        let effects = record.effects.as_deref().map(Effects::parse).transpose().map_err(corrupt)?;
        let kind = Kind::from_code(leaf.kind_code).map(Kind::name);
        let kind = kind.or_else(|| EventKind::from_code(leaf.kind_code).map(EventKind::name));
        let own = self.of_record.get(&record.intent_id).into_iter().flatten();
        let named = about.ended.iter().filter_map(|id| self.by_id.get(id));
        let rows: Vec<&Arc<TransferRow>> = own.chain(named).collect();
        let holders = about.certificates.iter().chain(&about.devices);
        let persons = holders.filter_map(|id| self.holders.get(id)).chain(&about.persons);
        let named = about.accounts.iter().map(|id| (*id, self.owners.get(id).copied().flatten()));
        let mut accounts: BTreeMap<_, _> = named.collect();
        for row in &rows {
            let [debit, credit] = row.owners;
            accounts.insert(row.movement.debit, debit);
            accounts.insert(row.movement.credit, credit);
        }
        Ok(Told {
            leaf: record.leaf_index,
            id: record.intent_id,
            kind: kind.unwrap_or("unknown"),
            is_event: leaf.flags.event,
            outcome: if leaf.flags.refused { Outcome::Refused } else { Outcome::Accepted },
            code: effects.map(|effects| effects.code),
            at: record.recorded_at,
            signer: record.user,
            persons: persons.copied().collect::<BTreeSet<_>>(),
            movements: rows.into_iter().map(|row| row.movement.clone()).collect(),
            accounts,
        })
    }
}

#[cfg(test)]
mod tests {
    use intent::UtcMicros;

    use super::*;

    fn told(leaf: u64) -> Told {
        Told {
            leaf,
            id: Uuid::nil(),
            kind: "transfer",
            is_event: false,
            outcome: Outcome::Accepted,
            code: None,
            at: UtcMicros::from_micros(0),
            signer: None,
            persons: BTreeSet::new(),
            movements: Vec::new(),
            accounts: BTreeMap::new(),
        }
    }

    #[test]
    fn the_oldest_leaves_go_and_no_gap_stays() {
        let mut recent = Recent { first: 10, ..Recent::default() };
        let leaves = u64::try_from(KEPT_MAX).unwrap() + 5;
        (10..10 + leaves).for_each(|leaf| recent.push(told(leaf)));
        let part = recent.part(12, 14);
        assert_eq!(part.iter().map(|told| told.leaf).collect::<Vec<_>>(), [12, 13]);
        assert_eq!((recent.first, recent.end()), (15, 10 + leaves));
        assert_eq!(recent.told.front().unwrap().leaf, 15);
    }

    #[test]
    fn a_size_only_grows_and_wakes_nobody_twice() {
        let outbox = Outbox::new();
        let mut sizes = outbox.sizes();
        outbox.committed(7);
        assert_eq!(*sizes.borrow_and_update(), 7);
        outbox.committed(5);
        outbox.committed(7);
        assert!(!sizes.has_changed().unwrap());
    }

    #[test]
    fn a_person_has_a_few_places_and_gives_them_back() {
        let outbox = Outbox::new();
        let user = |n| UserId::new(Uuid::from_u128(n));
        let seats: Vec<_> =
            (0..STREAMS_OF_PERSON_MAX).map(|_| outbox.seat(user(1)).ok().unwrap()).collect();
        assert_eq!(outbox.seat(user(1)).err(), Some(Full::Person));
        assert!(outbox.seat(user(2)).is_ok());
        drop(seats);
        assert!(outbox.seat(user(1)).is_ok());
        let all: Vec<_> = (0..1_000).map(|n| outbox.seat(user(n)).ok().unwrap()).collect();
        assert_eq!(outbox.seat(user(2_000)).err(), Some(Full::Process));
        drop(all);
        assert!(outbox.0.listeners.lock().unwrap().is_empty());
    }
}
