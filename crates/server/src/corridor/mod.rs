//! The corridor: the one way by which money and authority change.
//!
//! | step | where | does |
//! |---|---|---|
//! | 1 verify | [`verify`] | canonical form, signature, certificate, device binding; on the request's own thread |
//! | 2 authorise | [`fold`], [`state`] | permission and ownership, on locked state |
//! | 3 assess | [`fold`] | risk verdict, inside the fold |
//! | 4 apply | [`fold`] (ledger), [`state`] (everything else) | pure rules; a feature's `apply_*` |
//! | 5 record | [`append`] | leaf, tiles, checkpoint, head, in the same transaction |
//! | 6 receipt | [`submission`] | outcome, proof and checkpoint, after COMMIT |
//!
//! A dry run ([`rehearsal`]) takes steps 1 to 4, without a signature, and ends in ROLLBACK.
//!
//! # Invariants
//!
//! - An intent id is decided at most once. The same id with the same bytes gets the same receipt for ever; with other
//!   bytes it is refused and changes nothing.
//! - A change and its leaf commit together or not at all, refusals included.
//! - Nobody is answered before COMMIT.
//! - Locks are taken in one order: accounts by id, then what a feature locks, then the head of the log.

pub(crate) mod api;
mod append;
pub(crate) mod applying;
mod attempt;
mod batch;
mod closing;
pub(crate) mod fold;
mod kept;
mod log_time;
mod ordered;
mod plans;
mod poster;
pub mod refusal;
mod rehearsal;
mod simulated;
mod state;
mod store;
pub(crate) mod submission;
mod verify;
mod working;

use std::collections::BTreeMap;

use crypto::constant_time_eq;
use intent::{
    Effects, Event, EventKind, Evidence, Group, IntentId, Kind, Origin, SignedIntent,
    UnsignedIntent, UtcMicros,
};
use thiserror::Error;
use tlog::LeafIndex;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use self::fold::Fact;
pub use self::refusal::Refusal;
pub use self::simulated::{Enqueued, Examined, Instance, Poster};
pub use self::submission::{Answer, Attachments, OriginInfo};
use self::submission::{EventJob, Queued, Settled};
use crate::bank::Bank;
use crate::certificates::directory::Directory;
use crate::certificates::rotation::KeyAges;
use crate::log::LogError;
use crate::problem::{Code, Problem, is_transient};
use crate::sessions::Caller;
use crate::{Services, clock};

pub(crate) use self::api::peer_address;
pub(crate) use self::applying::{Applied, Applying};
pub(crate) use self::poster::spawn;

/// Submits intents. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Corridor {
    queue: mpsc::Sender<Queued>,
    bank: Bank,
    directory: Directory,
    key_ages: KeyAges,
}

/// The poster's end of the queue.
pub(crate) type Queue = mpsc::Receiver<Queued>;

impl Corridor {
    /// A corridor whose queue holds at most `capacity` intents; [`spawn`] the poster on the other end.
    pub(crate) fn new(
        capacity: usize,
        bank: Bank,
        directory: Directory,
        key_ages: KeyAges,
    ) -> (Self, Queue) {
        let (queue, waiting) = mpsc::channel(capacity);
        (Self { queue, bank, directory, key_ages }, waiting)
    }

    /// Takes a signed intent through all six steps.
    ///
    /// # Atomicity
    ///
    /// A problem with a 4xx status means that nothing was written. 503 too. After 504 the outcome is unknown: the same
    /// intent, submitted again, tells.
    pub async fn submit(
        &self,
        signed: SignedIntent,
        origin: OriginInfo,
        caller: Option<&Caller>,
        attachments: Attachments,
    ) -> Result<Answer, Problem> {
        self.submit_kind(signed, origin, caller, attachments, &Kind::ALL).await
    }

    /// As [`Corridor::submit`], for a route that takes these kinds only.
    pub(crate) async fn submit_kind(
        &self,
        signed: SignedIntent,
        origin: OriginInfo,
        caller: Option<&Caller>,
        attachments: Attachments,
        kinds: &[Kind],
    ) -> Result<Answer, Problem> {
        let now = clock::now();
        let request = verify::Request { signed, kinds, origin, caller, attachments, now };
        let waiting = self.examine(request).await?;
        self.enqueue(waiting)?.await.map(Answer::new)
    }

    /// Step 1 of an intent.
    async fn examine(&self, request: verify::Request<'_>) -> Result<Waiting<Settled>, Problem> {
        let (reply, answer) = oneshot::channel();
        let job = verify::verify(self.corner(), request, reply).await?;
        Ok(Waiting { job: Queued::Intent(Box::new(job)), answer })
    }

    const fn corner(&self) -> verify::Corner<'_> {
        verify::Corner { bank: &self.bank, directory: &self.directory, key_ages: self.key_ages }
    }

    /// Says what would become of an intent that nobody has signed. Nothing is written.
    pub(crate) async fn rehearse(
        &self,
        unsigned: UnsignedIntent,
        origin: OriginInfo,
        caller: &Caller,
    ) -> Result<Effects, Problem> {
        let (reply, answer) = oneshot::channel();
        let now = clock::now();
        let job = verify::rehearsal(self.corner(), unsigned, origin, caller, now, reply).await?;
        self.enqueue(Waiting { job: Queued::Rehearsal(Box::new(job)), answer })?.await
    }

    /// Appends an event: a fact that nobody signs, bound by the checkpoint.
    pub async fn append_event(
        &self,
        kind: EventKind,
        body: BTreeMap<String, String>,
    ) -> Result<LeafIndex, Problem> {
        self.append_event_from(kind, body, &OriginInfo::default()).await
    }

    /// As [`Corridor::append_event`], of something that a request brought about: from where it came is in the erasable
    /// origin.
    pub async fn append_event_from(
        &self,
        kind: EventKind,
        body: BTreeMap<String, String>,
        origin: &OriginInfo,
    ) -> Result<LeafIndex, Problem> {
        let (now, id) = (clock::now(), IntentId::new(Uuid::now_v7())?);
        let origin = Origin::new(&origin.ip, &origin.user_agent, now);
        self.enqueue_event(&Event::new(kind, id, now, body), origin).await
    }

    /// Appends an event that every instance would append, under an id that all of them know: it stands in the log once.
    /// Its time is part of it, and so is the same for all.
    pub async fn append_event_once(
        &self,
        id: IntentId,
        kind: EventKind,
        at: UtcMicros,
        body: BTreeMap<String, String>,
    ) -> Result<LeafIndex, Problem> {
        self.enqueue_event(&Event::new(kind, id, at, body), Origin::new("", "", at)).await
    }

    async fn enqueue_event(&self, event: &Event, origin: Origin) -> Result<LeafIndex, Problem> {
        self.enqueue(event_waiting(event, None, origin))?.await.map(|settled| settled.index)
    }

    /// Appends a fact that changes the ledger, under an id that every instance would give it. Where it is not true, or not any
    /// more, nothing is written, and the problem says why.
    pub(crate) async fn append_fact(
        &self,
        id: IntentId,
        fact: Fact,
        due_at: UtcMicros,
    ) -> Result<LeafIndex, Problem> {
        self.enqueue(fact_waiting(id, fact, due_at))?.await.map(|settled| settled.index)
    }

    /// Puts it in the queue, at once; what comes back is its answer. A full queue is said at once too: nothing happened, and
    /// the client may come back.
    fn enqueue<T>(
        &self,
        Waiting { job, answer }: Waiting<T>,
    ) -> Result<impl Future<Output = Result<T, Problem>> + use<T>, Problem> {
        self.queue.try_send(job).map_err(|_| Problem::new(Code::Overloaded))?;
        Ok(async {
            match answer.await {
                Ok(Ok(settled)) => Ok(settled),
                Ok(Err(fault)) => Err(fault.into()),
                Err(_) => Err(Problem::new(Code::TimedOut)),
            }
        })
    }
}

/// Something that was examined and is to be enqueued, with where its answer will come.
struct Waiting<T> {
    job: Queued,
    answer: oneshot::Receiver<Result<T, Fault>>,
}

fn event_waiting(event: &Event, fact: Option<Fact>, origin: Origin) -> Waiting<Settled> {
    let (reply, answer) = oneshot::channel();
    let Event { id, kind, .. } = *event;
    let event = EventJob { id, kind, fact, bytes: event.to_bytes(), origin, reply };
    Waiting { job: Queued::Event(Box::new(event)), answer }
}

fn fact_waiting(id: IntentId, fact: Fact, due_at: UtcMicros) -> Waiting<Settled> {
    let event = Event::new(fact.kind(), id, due_at, fact.members());
    event_waiting(&event, Some(fact), Origin::new("", "", due_at))
}

/// Names and texts in their one canonical spelling.
fn canonical_map(map: &BTreeMap<String, String>) -> Vec<u8> {
    use intent::canonical::{Value, write};
    let members =
        map.iter().map(|(name, text)| (name.as_str().into(), Value::String(text.as_str().into())));
    write(&Value::Object(members.collect()))
}

/// Why an intent could not be decided.
#[derive(Debug, Error)]
pub enum Fault {
    /// The database failed; nothing was written, or the outcome is unknown if COMMIT itself failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// The log or its evidence is not what it must be: nothing more is written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A key of the bank failed.
    #[error("the provider failed: {0}")]
    Crypto(#[from] crypto::CryptoError),
    /// A certificate could not be made.
    #[error("the authority failed: {0}")]
    Authority(String),
    /// The key that would have to sign is in a token that does not answer; nothing was written.
    #[error("a key is out of reach: {0}")]
    KeyOutOfReach(String),
    /// The same id stands in the log with other bytes.
    #[error("the intent id was used for another intent")]
    IdReused,
    /// The signer's standing changed between verification and commit.
    #[error("the signer may no longer act")]
    SignerEnded,
    /// COMMIT was sent and no answer came, and reading back did not settle it either.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// A fact that was to be recorded is not true, or not any more; nothing was written.
    #[error("not so: {}", .0.code())]
    NotTrue(Refusal),
    /// A stored risk state does not read.
    #[error("a stored risk state does not read: {0}")]
    Risk(#[from] risk::MalformedState),
    /// A promise of our own was broken; nothing was written.
    #[error("broken invariant: {0}")]
    Broken(&'static str),
}

/// The answer that a signed document had, for whoever shows that very document. `None` where there was none.
///
/// # Security
///
/// Whoever has the signature has it from the device, from a receipt bundle or from an auditor: the answer has nothing that
/// they did not see there. Without it there is no such document to the outside. What was recorded was verified then.
pub(crate) async fn collect(
    services: &Services,
    signed: &SignedIntent,
) -> Result<Option<Answer>, Fault> {
    let id = signed.parse_intent().map_err(|_| Fault::IdReused)?.id().get();
    let mut tx = services.db.as_auditor().await?;
    if !crate::log::service::shows_record(&mut tx, services.bank.book, id).await? {
        return Ok(None);
    }
    let settled = match append::replay(&mut tx, services, id, &signed.intent).await {
        Err(Fault::IdReused) => return Ok(None),
        settled => settled?,
    };
    tx.commit().await?;
    let evidence = settled.record.group(Group::Evidence);
    let evidence = evidence.and_then(|opening| Evidence::parse(&opening.bytes).ok());
    let is_same = evidence.is_some_and(|kept| {
        kept.suite == signed.suite && constant_time_eq(&kept.signature, &signed.signature)
    });
    Ok(is_same.then(|| Answer::new(settled)))
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Database(error) | Fault::Log(LogError::Database(error)) => error.into(),
            Fault::IdReused => Self::refused(
                http::StatusCode::CONFLICT,
                "intent-id-reused",
                "This intent id was used for another intent; nothing changed",
            )
            .with_field("id"),
            Fault::NotTrue(refusal) => {
                Self::refused(refusal.status(), refusal.code(), refusal.sentence())
            }
            Fault::SignerEnded => Self::new(Code::CertificateNotAccepted),
            Fault::OutcomeUnknown => Self::new(Code::TimedOut),
            Fault::KeyOutOfReach(why) => {
                tracing::error!(why, "the issuing key is out of reach");
                Self::new(Code::Unavailable).with_detail(
                    "the bank's issuing key cannot be asked just now; nothing was signed",
                )
            }
            Fault::Log(_)
            | Fault::Crypto(_)
            | Fault::Authority(_)
            | Fault::Risk(_)
            | Fault::Broken(_) => {
                tracing::error!(error = %fault, "the corridor failed");
                Self::internal()
            }
        }
    }
}

impl Fault {
    /// The same fault for each of those who wait on one group commit.
    fn duplicate(&self) -> Self {
        match self {
            Self::OutcomeUnknown => Self::OutcomeUnknown,
            Self::KeyOutOfReach(why) => Self::KeyOutOfReach(why.clone()),
            fault if fault.is_transient() => Self::Database(sqlx::Error::PoolTimedOut),
            Self::Database(_)
            | Self::Log(_)
            | Self::Crypto(_)
            | Self::Authority(_)
            | Self::Risk(_)
            | Self::IdReused
            | Self::SignerEnded
            | Self::NotTrue(_)
            | Self::Broken(_) => Self::Broken("the group commit failed; see the log of the server"),
        }
    }

    /// Whether the whole group commit may be tried again at once.
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) | Self::Log(LogError::Database(error)) => is_transient(error),
            Self::Log(_)
            | Self::Crypto(_)
            | Self::Authority(_)
            | Self::KeyOutOfReach(_)
            | Self::Risk(_)
            | Self::IdReused
            | Self::NotTrue(_)
            | Self::SignerEnded
            | Self::OutcomeUnknown
            | Self::Broken(_) => false,
        }
    }
}
