//! Who a certificate belongs to, answered fast and never from stale knowledge.
//!
//! A hit costs a hash look-up. It counts only under the present epoch of authority and inside the validity of path and
//! revocation list; every rotation and revocation raises the epoch, so an answer outlives neither. A miss reads the
//! rows, validates the path, the revocation list and recomputes all seven controls (the answer to a fresh challenge,
//! the second half of the seventh, is checked where a challenge is redeemed).
//!
//! Nothing is remembered about unknown or refused certificates: an enrolment needs no new epoch to be seen.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crypto::{MacKey, Sha3, sha3_256};
use intent::{BankId, DeviceId, UserId, UtcMicros};
use ledger::BookId;
use pki::{Certificate, Crl, Expected, VerifiedCrl, check_binding};

pub use super::signer::{Signer, SignerError};
use super::store;
use crate::authority::crl::list_of;
use crate::authority::{Authority, Issuer};
use crate::db::Db;
use crate::policy::effective;
use crate::vault::{Vault, VaultPurpose};

/// Cached holders; beyond that the cache is emptied of old epochs, then of everything. About 10 kB each.
const HOLDERS_MAX: usize = 20_000;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// The directory of holders. Clones share one cache.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    db: Db,
    vault: Vault,
    authority: Authority,
    bank: BankId,
    book: BookId,
    epoch: AtomicU64,
    holders: RwLock<HashMap<Sha3, Arc<Signer>>>,
    /// The newest revocation list seen of each authority. An older one never replaces it.
    lists: Mutex<HashMap<Sha3, Arc<VerifiedCrl>>>,
}

impl Directory {
    /// An empty cache over `book`.
    #[must_use]
    pub fn new(db: Db, vault: Vault, authority: Authority, bank: BankId, book: BookId) -> Self {
        Self(Arc::new(Inner {
            db,
            vault,
            authority,
            bank,
            book,
            epoch: AtomicU64::new(0),
            holders: RwLock::default(),
            lists: Mutex::default(),
        }))
    }

    /// The holder of `certificate`, if it is acceptable at `now`.
    pub async fn signer(
        &self,
        certificate: &Sha3,
        now: UtcMicros,
    ) -> Result<Arc<Signer>, SignerError> {
        let now_s = now.get().div_euclid(MICROS_PER_SECOND);
        if let Some(signer) = self.cached(certificate, now_s) {
            return Ok(signer);
        }
        // Boxed: seldom run, and part of every request's future.
        Box::pin(self.read_signer(certificate, now_s)).await
    }

    async fn read_signer(
        &self,
        certificate: &Sha3,
        now_s: i64,
    ) -> Result<Arc<Signer>, SignerError> {
        let mut tx = self.0.db.as_writer().await?;
        let row =
            store::holder(&mut tx, self.0.book, certificate).await?.ok_or(SignerError::Unknown)?;
        // What the rows say plainly costs nothing, and makes unknown, revoked and superseded answer equally fast.
        row.refuse_ended()?;
        if sha3_256(&row.der) != *certificate {
            return Err(SignerError::ControlFailed { number: 2, name: "immutable SHA3 hash" });
        }
        let holder = Certificate::from_der(&row.der)?;
        let issuer = self.issuer_of(&mut tx, &holder, now_s).await?;
        let crl = self.crl_at_least(&mut tx, &issuer, row.crl_number, now_s).await?;
        tx.commit().await?;
        let this = self.clone();
        // About half a millisecond of signatures: not on a thread that serves others.
        let examined =
            tokio::task::spawn_blocking(move || this.examine(row, &holder, &issuer, &crl, now_s));
        let signer =
            Arc::new(examined.await.map_err(|_| SignerError::Corrupt("examination panicked"))??);
        self.observe_epoch(signer.epoch);
        self.remember(Arc::clone(&signer));
        Ok(signer)
    }

    /// The newest epoch of authority that this instance has seen.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Takes note of an epoch. A newer one makes every cached answer be asked again.
    pub fn observe_epoch(&self, epoch: u64) {
        self.0.epoch.fetch_max(epoch, Ordering::AcqRel);
    }

    /// Reads the epoch from the database: one SELECT.
    pub async fn refresh_epoch(&self) -> Result<u64, sqlx::Error> {
        let mut tx = self.0.db.as_writer().await?;
        let epoch = store::epoch(&mut tx, self.0.book).await?;
        tx.commit().await?;
        self.observe_epoch(epoch);
        Ok(self.epoch())
    }

    fn cached(&self, certificate: &Sha3, now_s: i64) -> Option<Arc<Signer>> {
        let epoch = self.epoch();
        let holders = self.0.holders.read().unwrap_or_else(PoisonError::into_inner);
        holders
            .get(certificate)
            .filter(|signer| signer.epoch == epoch && now_s <= signer.valid_until_s)
            .cloned()
    }

    fn remember(&self, signer: Arc<Signer>) {
        let epoch = self.epoch();
        let mut holders = self.0.holders.write().unwrap_or_else(PoisonError::into_inner);
        if holders.len() >= HOLDERS_MAX {
            holders.retain(|_, held| held.epoch == epoch);
        }
        if holders.len() >= HOLDERS_MAX {
            holders.clear();
        }
        holders.insert(signer.certificate, signer);
    }

    /// The authority that was in force when the certificate began, by the bank's own records: the one that the
    /// certificate names must be it.
    async fn issuer_of(
        &self,
        tx: &mut sqlx::PgConnection,
        holder: &Certificate,
        now_s: i64,
    ) -> Result<Arc<Issuer>, SignerError> {
        let issuers = self.0.authority.refresh(tx, self.0.book).await?;
        let parent = holder.claims().map(|claims| claims.parent_ca_fp);
        parent
            .and_then(|parent| issuers.judge(&parent, holder.not_before_s(), now_s).cloned())
            .ok_or(SignerError::ControlFailed { number: 6, name: "lineage tracking" })
    }

    /// A verified revocation list of `issuer` whose number is at least `number`: ours if it is new enough, else the
    /// stored one.
    async fn crl_at_least(
        &self,
        tx: &mut sqlx::PgConnection,
        issuer: &Issuer,
        number: u64,
        now_s: i64,
    ) -> Result<Arc<VerifiedCrl>, SignerError> {
        let lists = || self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lists().get(issuer.fingerprint()).cloned();
        // What others learn while this one reads is newer than what it asked for, and no rollback.
        let floor = known.as_ref().map_or(0, |crl| crl.number()).max(number);
        if let Some(crl) = known
            && crl.number() >= number
            && now_s <= crl.next_update_s()
        {
            return Ok(crl);
        }
        // No list, no trust: that of a retiring authority may have been deleted.
        let der = list_of(tx, self.0.book, &self.0.authority, issuer).await?;
        let der = der.ok_or_else(rolled_back)?;
        let crl = Arc::new(Crl::from_der(&der)?.verify(issuer.certificate(), now_s)?);
        if crl.number() < floor {
            return Err(rolled_back());
        }
        let mut newest = lists();
        if newest.get(issuer.fingerprint()).is_none_or(|held| held.number() < crl.number()) {
            newest.insert(*issuer.fingerprint(), Arc::clone(&crl));
        }
        Ok(crl)
    }

    fn examine(
        &self,
        row: store::HolderRow,
        certificate: &Certificate,
        issuer: &Issuer,
        crl: &VerifiedCrl,
        now_s: i64,
    ) -> Result<Signer, SignerError> {
        let fingerprint = certificate.fingerprint();
        let path = issuer.chain().validate_path(certificate, Some(crl), now_s)?;
        let actions: Vec<&str> = row.role.allowed_kinds().iter().map(|kind| kind.name()).collect();
        let expected = Expected {
            suite: self.0.authority.suite(),
            authority_suite: self.0.authority.authority_suite(),
            logged_hash: &fingerprint,
            bank: self.0.bank.as_str(),
            user_id: row.user.as_bytes(),
            device_id: &row.device,
            role: row.role.name(),
            purpose_scope: row.role.purpose_scope(),
            allowed_actions: &actions,
            crl,
            parent_ca_fp: issuer.fingerprint(),
            lineage: &row.lineage,
            newest_generation: row.newest_generation,
            previous: row.previous.as_ref(),
            challenge: pki::CHALLENGE,
            challenge_ok: false,
        };
        check_binding(certificate, &path, &expected, now_s).map_err(|failure| {
            SignerError::ControlFailed { number: failure.number, name: failure.name }
        })?;
        let device_key = self
            .0
            .vault
            .open(VaultPurpose::DeviceKey, row.device.as_bytes(), &row.sealed_device_key)
            .map_err(|_| SignerError::Corrupt("device key"))?;
        Ok(Signer {
            certificate: fingerprint,
            user: UserId::new(row.user),
            role: row.role,
            permissions: effective(row.role, row.granted),
            device: DeviceId::new(row.device),
            device_since: row.device_since,
            credentials_since: row.credentials_since,
            lineage: row.lineage,
            generation: row.generation,
            key: certificate.public_key().clone(),
            device_key: Arc::new(MacKey::new(&device_key)),
            not_before_s: certificate.not_before_s(),
            not_after_s: certificate.not_after_s(),
            der: row.der,
            epoch: row.epoch,
            device_key_bytes: device_key,
            valid_until_s: path
                .valid_until_s()
                .min(crl.next_update_s())
                .min(issuer.last_second().unwrap_or(i64::MAX)),
        })
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory(epoch {})", self.epoch())
    }
}

/// A revocation list older than one already used: somebody put back an old one.
const fn rolled_back() -> SignerError {
    SignerError::ControlFailed { number: 5, name: "CRL pinning" }
}

impl store::HolderRow {
    const fn refuse_ended(&self) -> Result<(), SignerError> {
        match self.standing {
            store::Standing::Active => Ok(()),
            store::Standing::Superseded => Err(SignerError::Superseded),
            store::Standing::Revoked => Err(SignerError::Revoked),
            store::Standing::Locked => Err(SignerError::Locked),
        }
    }
}
