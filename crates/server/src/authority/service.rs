//! A rotation of the issuing authority, inside the poster's transaction; the authorities, outside.

use crypto::CryptoError;
use pki::{Certificate, PkiError};
use sqlx::PgConnection;

use super::crl::issue_crl;
use super::issuers::certificate_of;
use super::keys::AuthorityError;
use super::rules;
use super::store;
use crate::Services;
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::Problem;
use crate::registers::{self, Issuing, Question, Row, Rows};
use crate::sessions::Caller;

/// Proposes the next issuing authority, or puts it into force.
///
/// # Atomicity
///
/// Register, pointer and the lists signed by old and new commit together. A crash before leaves the old authority in
/// force; a crash after it the new one, which every instance finds at its next look at the epoch.
pub(crate) async fn apply_rotate(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let Some(signer) = cx.signer else { return Err(Fault::Broken("nobody signed")) };
    let (authority, book) = (&cx.services.authority, cx.services.bank.book);
    let rows = registers::service::read_locked(tx, book, &rules::everything()).await?;
    let issuers = authority.locked(tx, book).await.map_err(fault)?;
    let active = issuers.active().certificate();
    let question = Question {
        intent: cx.intent,
        asker: signer.asker(),
        address: None,
        now: cx.now,
        rows: &rows,
        person: None,
        issuing: Some(Issuing { root: authority.root(), active }),
    };
    let written = match rules::decide(&question) {
        Ok(written) => written,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    let wanted = written.last().and_then(certificate_of);
    let wanted = wanted.ok_or(Fault::Broken("an authority without a certificate"))?;
    if !authority.holds_key_of(&wanted) {
        return Ok(Applied::Refused(Refusal::AuthorityKeyMissing));
    }
    registers::service::write(tx, book, &written).await?;
    let mut result = registers::service::result_of(&written);
    if rules::put_into_force(&written).is_some() {
        store::point_at(tx, book, wanted.der()).await?;
        result.extend(issue_crl(tx, authority, book, cx.now).await.map_err(fault)?.facts());
    }
    Ok(Applied::Accepted { result, extra: None, bumps_epoch: true })
}

/// What the corridor makes of it.
pub(crate) fn fault(error: AuthorityError) -> Fault {
    match error {
        AuthorityError::Database(error) => Fault::Database(error),
        AuthorityError::Crypto(error) => Fault::Crypto(error),
        AuthorityError::Token(error) => Fault::KeyOutOfReach(error.to_string()),
        AuthorityError::Certificate(PkiError::Crypto(CryptoError::OutOfReach(why))) => {
            Fault::KeyOutOfReach(why)
        }
        AuthorityError::KeyFile(_)
        | AuthorityError::NotInToken
        | AuthorityError::ForeignCertificate
        | AuthorityError::RolledBack
        | AuthorityError::Register
        | AuthorityError::Certificate(_)
        | AuthorityError::Log(_) => Fault::Authority(error.to_string()),
    }
}

/// An authority as administrators see it.
pub(super) struct Listed {
    pub(super) row: Row,
    pub(super) certificate: Certificate,
    pub(super) key_is_held: bool,
}

/// Every authority, the newest generation first; the one of the founding has no row before its first successor.
pub(super) async fn list(services: &Services, caller: &Caller) -> Result<Vec<Listed>, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_user(caller).await?;
    let stored = registers::load_all(&mut tx, book, &rules::AUTHORITIES).await?;
    tx.commit().await?;
    let mut rows: Rows = stored.into_iter().collect();
    let first = services.authority.issuing();
    if rows.get(&rules::AUTHORITIES, &first.fingerprint().to_string()).is_none() {
        rows.put(rules::first(&first));
    }
    let listed = rows.iter().filter_map(|row| {
        let certificate = certificate_of(row)?;
        let key_is_held = services.authority.holds_key_of(&certificate);
        Some(Listed { row: row.clone(), certificate, key_is_held })
    });
    let mut listed: Vec<Listed> = listed.collect();
    let generation = |it: &Listed| it.row.get("generation").and_then(|n| n.parse::<u64>().ok());
    listed.sort_by_key(|it| std::cmp::Reverse(generation(it)));
    Ok(listed)
}
