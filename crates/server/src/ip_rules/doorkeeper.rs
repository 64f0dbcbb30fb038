//! The rules that this instance knows, under the epoch of authority: a new rule raises it.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;

use super::matcher::AddressRules;
use super::rules::{IP_RULES, in_force};
use super::store;
use crate::certificates::Directory;
use crate::corridor::OriginInfo;
use crate::db::Db;
use crate::problem::{Code, Problem};
use crate::registers;

/// Knows who may come from where. Clones share what they know.
#[derive(Clone)]
pub struct Doorkeeper(Arc<Inner>);

struct Inner {
    db: Db,
    directory: Directory,
    book: BookId,
    held: RwLock<Option<(u64, Arc<AddressRules>)>>,
}

impl Doorkeeper {
    /// Knows nothing yet, and asks at the first request.
    #[must_use]
    pub fn new(db: Db, directory: Directory, book: BookId) -> Self {
        Self(Arc::new(Inner { db, directory, book, held: RwLock::default() }))
    }

    async fn rules(&self) -> sqlx::Result<Arc<AddressRules>> {
        let known = self.0.directory.epoch();
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((epoch, rules)) = held
            && epoch >= known
        {
            return Ok(rules);
        }
        let mut tx = self.0.db.as_writer().await?;
        let epoch = store::epoch(&mut tx, self.0.book).await?;
        let rows = registers::load_all(&mut tx, self.0.book, &IP_RULES).await?;
        tx.commit().await?;
        let rules = Arc::new(in_force(&rows.into_iter().collect()));
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|(older, _)| *older <= epoch) {
            *held = Some((epoch, Arc::clone(&rules)));
        }
        Ok(rules)
    }

    /// Whether a person may come from where a request came from.
    pub(crate) async fn admits(
        &self,
        user: UserId,
        role: Role,
        origin: &OriginInfo,
    ) -> sqlx::Result<bool> {
        self.admits_address(user, role, address(origin)).await
    }

    /// The same for an address that is read already.
    pub(crate) async fn admits_address(
        &self,
        user: UserId,
        role: Role,
        address: Option<IpAddr>,
    ) -> sqlx::Result<bool> {
        Ok(self.rules().await?.admits(user, role, address))
    }

    /// Refuses a sign-in from an address that its certificate's holder may not come from, as if the certificate were
    /// unknown: whoever does not hold it learns nothing about it.
    pub(crate) async fn admit_certificate(
        &self,
        certificate: &Sha3,
        origin: &OriginInfo,
        now: UtcMicros,
    ) -> Result<(), Problem> {
        let signer = self.0.directory.signer(certificate, now).await?;
        if self.admits(signer.user, signer.role, origin).await? {
            Ok(())
        } else {
            Err(Problem::new(Code::CertificateNotAccepted))
        }
    }
}

impl fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doorkeeper")
    }
}

fn address(origin: &OriginInfo) -> Option<IpAddr> {
    origin.ip.parse().ok()
}
