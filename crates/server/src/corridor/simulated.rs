//! An instance in the hands of a simulation: it gives the poster its time, decides what the queue holds when it looks, polls it, and
//! drops it where a process would have died. Nothing of the product is replaced but the thread and the clock.

use std::sync::Arc;

use crypto::{SecretBytes, Sha3};
use intent::{DeviceId, IntentId, Kind, SessionId, SignedIntent, UtcMicros};
use ledger::TransferId;
use tokio_util::sync::CancellationToken;

use super::fold::Fact;
use super::poster::post;
use super::{Answer, Attachments, Corridor, OriginInfo, Settled, Waiting, fact_waiting, verify};
use crate::Services;
use crate::app::QUEUE_CAPACITY;
use crate::authority::AuthorityError;
use crate::authority::crl::issue_crl;
use crate::clock::Time;
use crate::config::Config;
use crate::holds;
use crate::problem::Problem;
use crate::sessions::{self, Assurance, Caller, SignIn};
use crate::standing_orders;
use crate::start::{StartError, open_bank, open_database};

/// A server process without ports and background work, whose poster runs only when it is polled.
pub struct Instance {
    services: Arc<Services>,
    corridor: Corridor,
    time: Arc<dyn Time>,
}

/// What a poster does from its start to its end. Dropped, its process has died.
pub type Poster = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Examined, and to be put in the queue.
pub struct Examined(Waiting<Settled>);

/// In the queue: ends with the answer that a client would get.
pub type Enqueued = std::pin::Pin<Box<dyn Future<Output = Result<Answer, Problem>>>>;

impl Instance {
    /// Opens the bank that stands in the database of these settings. Its poster is yet to be [started](Self::start_poster).
    pub async fn open(
        config: Config,
        passphrase: &SecretBytes,
        time: Arc<dyn Time>,
    ) -> Result<Self, StartError> {
        let (db, _) = open_database(&config).await?;
        let (services, _) = open_bank(config, db, passphrase, None).await?;
        let corridor = services.corridor.clone();
        Ok(Self { services, corridor, time })
    }

    /// A poster that knows nothing, with an empty queue. Who waits for an answer of an earlier one learns that the outcome is
    /// unknown as soon as that one is dropped.
    pub fn start_poster(&mut self) -> Poster {
        let Corridor { bank, directory, key_ages, .. } = self.corridor.clone();
        let (corridor, queue) = Corridor::new(QUEUE_CAPACITY, bank, directory, key_ages);
        self.corridor = corridor;
        let (services, time) = (Arc::clone(&self.services), Arc::clone(&self.time));
        Box::pin(post(services, time, queue, CancellationToken::new()))
    }

    /// Makes the next revocation list, as the background work would have at that time.
    pub async fn renew_revocation_list(&self, at: UtcMicros) -> Result<(), AuthorityError> {
        let Services { authority, bank, db, .. } = &*self.services;
        let mut tx = db.as_writer().await?;
        issue_crl(&mut tx, authority, bank.book, at).await?;
        Ok(tx.commit().await?)
    }

    /// What somebody has to answer who signs in with this certificate, on this device.
    pub async fn challenge(
        &self,
        certificate: Sha3,
        device: DeviceId,
    ) -> Result<[u8; 32], Problem> {
        let now = self.time.now();
        let challenge = sessions::service::challenge(&self.services, certificate, device, now);
        Ok(challenge.await?.nonce)
    }

    /// Step 1 of the corridor, for somebody who is signed in with the certificate that they sign with, or signs in. The proof is
    /// of their device.
    pub async fn examine(
        &self,
        signed: SignedIntent,
        session: SessionId,
        device_proof: Vec<u8>,
    ) -> Result<Examined, Problem> {
        let now = self.time.now();
        let intent = signed.parse_intent()?;
        let signs_in = intent.kind() == Kind::SessionLogin;
        let certificate = intent.certificate();
        let holder = self.services.directory.signer(&certificate, now).await?;
        let caller = Caller {
            user: holder.user,
            role: holder.role,
            permissions: holder.permissions,
            session,
            sign_in: SignIn::ORDINARY,
            key_generation: 1,
            assurance: Assurance::Certificate { certificate, device: holder.device },
            authenticated_at: now,
            epoch: holder.epoch,
        };
        let request = verify::Request {
            signed,
            kinds: &Kind::ALL,
            origin: OriginInfo::default(),
            caller: (!signs_in).then_some(&caller),
            attachments: Attachments { device_proof, ..Attachments::default() },
            now,
        };
        self.corridor.examine(request).await.map(Examined)
    }

    /// What the job that gives back holds would have recorded of this one, whose time is over since `expired_at`.
    pub fn hold_expired(
        &self,
        hold: TransferId,
        expired_at: UtcMicros,
    ) -> Result<Examined, Problem> {
        let id = holds::event_id(&self.services.authority, hold, expired_at)?;
        Ok(Examined(fact_waiting(id, Fact::HoldExpired { hold }, expired_at)))
    }

    /// What the job that pays standing orders would have recorded of this day and attempt of one, which is due since `due_at`.
    pub fn order_due(
        &self,
        order: IntentId,
        (number, attempt): (u32, u32),
        due_at: UtcMicros,
    ) -> Result<Examined, Problem> {
        let authority = &self.services.authority;
        let id = standing_orders::event_id(authority, (order, number, attempt), due_at)?;
        Ok(Examined(fact_waiting(id, Fact::OrderDue { order, number, attempt }, due_at)))
    }

    /// Puts it in the queue of the newest poster.
    pub fn enqueue(&self, Examined(waiting): Examined) -> Result<Enqueued, Problem> {
        let answer = self.corridor.enqueue(waiting)?;
        Ok(Box::pin(async { answer.await.map(Answer::new) }))
    }
}
