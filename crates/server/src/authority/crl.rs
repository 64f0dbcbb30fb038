//! The revocation list: a new one with every revocation, inside its transaction, and every 15 minutes besides.
//!
//! # Invariants
//!
//! - Numbers are dense and only grow: the row of authority is locked while the next list is made.
//! - A list is good for one hour. Where none can be made, the bank stops signing people in rather than trust an old one.

use std::collections::BTreeMap;
use std::time::Duration;

use crypto::{Sha2, sha256};
use intent::{EventKind, UtcMicros};
use ledger::BookId;
use pki::{Crl, RevocationReason};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::issuers::Issuer;
use super::keys::{Authority, AuthorityError};
use super::store;
use crate::{App, clock};

/// How long a list may be used, in seconds.
pub const CRL_LIFETIME_S: i64 = 60 * 60;
/// How old a list may become before the job makes a new one, in seconds.
pub const CRL_INTERVAL_S: i64 = 15 * 60;
/// How often the job looks.
const POLL: Duration = Duration::from_mins(1);
/// How long a redeemed or expired challenge is kept, in microseconds.
const CHALLENGE_KEPT_US: i64 = 10 * 60 * 1_000_000;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// A revocation list that was just made.
#[derive(Clone, Copy, Debug)]
pub struct IssuedCrl {
    /// Its number.
    pub number: u64,
    /// SHA-256 of its DER.
    pub hash: Sha2,
    /// Start of its use, to the second.
    pub this_update: UtcMicros,
    /// End of its use.
    pub next_update: UtcMicros,
    /// How many certificates it names.
    pub entries: usize,
}

impl IssuedCrl {
    /// What a leaf says of it.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("crl_number".to_owned(), self.number.to_string()),
            ("crl_sha256".to_owned(), self.hash.to_string()),
            ("crl_this_update".to_owned(), self.this_update.to_string()),
            ("crl_next_update".to_owned(), self.next_update.to_string()),
            ("crl_entries".to_owned(), self.entries.to_string()),
        ])
    }
}

/// Makes and stores the next list from the rows as this transaction sees them.
///
/// # Atomicity
///
/// The authority in force and each that still retires sign one list, all of one number and one time. Serial numbers are
/// random and never repeat, so every list names every certificate that ended, whoever issued it.
///
/// Locks the row of authority until the caller's transaction ends; call it after the rows that it names were written.
pub async fn issue_crl(
    tx: &mut PgConnection,
    authority: &Authority,
    book: BookId,
    now: UtcMicros,
) -> Result<IssuedCrl, AuthorityError> {
    let state = store::lock(tx, book).await?;
    let revoked = store::ended(tx, book, now).await?;
    let number = state.crl_number.saturating_add(1);
    let this_update_s = now.get().div_euclid(MICROS_PER_SECOND);
    let next_update_s = this_update_s.saturating_add(CRL_LIFETIME_S);
    let issuers = authority.locked(tx, book).await?;
    let build = |issuer: &Issuer| {
        let (certificate, key) = (issuer.certificate(), authority.key_of(issuer)?);
        let der = Crl::build(certificate, key, number, this_update_s, next_update_s, &revoked)?;
        Ok::<_, AuthorityError>(der)
    };
    let der = build(issuers.active())?;
    let retiring = issuers
        .retiring(this_update_s)
        .map(|issuer| Ok((*issuer.fingerprint(), build(issuer)?)))
        .collect::<Result<Vec<_>, AuthorityError>>()?;
    store::publish_retiring(tx, book, &retiring).await?;
    let (this_update, next_update) = (seconds(this_update_s), seconds(next_update_s));
    store::publish(tx, book, &store::NewCrl { number, der: &der, this_update, next_update })
        .await?;
    Ok(IssuedCrl { number, hash: sha256(&der), this_update, next_update, entries: revoked.len() })
}

/// The list in use of an authority; `None` for one that has retired.
pub(crate) async fn list_of(
    tx: &mut PgConnection,
    book: BookId,
    authority: &Authority,
    issuer: &Issuer,
) -> Result<Option<Vec<u8>>, AuthorityError> {
    let issuers = authority.refresh(tx, book).await?;
    Ok(if issuers.active().fingerprint() == issuer.fingerprint() {
        Some(store::active_list(tx, book).await?)
    } else {
        store::retiring_list(tx, book, issuer.fingerprint()).await?
    })
}

/// Keeps the list fresh until `stop`. A failed attempt is tried again a minute later; the list in use stays good for
/// three more quarters of an hour.
pub async fn keep_fresh(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = renew_if_due(&app, clock::now()).await {
            tracing::error!(%error, "revocation list was not renewed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Makes a new list when the present one is older than [`CRL_INTERVAL_S`], and forgets old challenges.
///
/// # Atomicity
///
/// The list commits first, its event follows. A crash in between leaves a list without an event; the next event names
/// the higher number, and revocations themselves never depend on it: each is a leaf with its own list.
pub async fn renew_if_due(app: &App, now: UtcMicros) -> Result<Option<IssuedCrl>, AuthorityError> {
    let book = app.bank.book;
    let mut tx = app.db.as_writer().await?;
    store::sweep_challenges(&mut tx, book, back(now, CHALLENGE_KEPT_US)).await?;
    let state = store::lock(&mut tx, book).await?;
    let age_us = now.get().saturating_sub(state.crl_this_update.get());
    let issued = if age_us >= CRL_INTERVAL_S.saturating_mul(MICROS_PER_SECOND) {
        Some(issue_crl(&mut tx, &app.authority, book, now).await?)
    } else {
        None
    };
    tx.commit().await?;
    if let Some(crl) = &issued {
        tracing::info!(number = crl.number, entries = crl.entries, "revocation list issued");
        if let Err(problem) = app.corridor.append_event(EventKind::CrlIssued, crl.facts()).await {
            tracing::warn!(
                code = problem.code(),
                number = crl.number,
                "revocation list has no event"
            );
        }
    }
    Ok(issued)
}

/// RFC 5280 5.3.1 for a stored reason.
pub(super) fn reason(status: &str, stored: Option<&str>) -> RevocationReason {
    use intent::RevocationReason as Stored;
    match (status, stored.and_then(Stored::from_name)) {
        ("superseded", None) | (_, Some(Stored::Superseded)) => RevocationReason::Superseded,
        (_, Some(Stored::KeyCompromise)) => RevocationReason::KeyCompromise,
        (_, Some(Stored::Cessation)) => RevocationReason::CessationOfOperation,
        (_, Some(Stored::Unspecified) | None) => RevocationReason::Unspecified,
    }
}

fn seconds(unix_s: i64) -> UtcMicros {
    UtcMicros::from_micros(unix_s.saturating_mul(MICROS_PER_SECOND))
}

fn back(now: UtcMicros, micros: i64) -> UtcMicros {
    UtcMicros::from_micros(now.get().saturating_sub(micros))
}
