//! Rotation and revocation, inside the poster's transaction; looking at certificates, outside.

use std::collections::BTreeMap;

use crypto::Sha3;
use intent::{Body, Role, UserId};
use sqlx::PgConnection;

use super::issuance::{self, Place, Wanted};
use super::signer::Signer;
use super::store::{self, CertificateRow, CrlRow, Ending};
use crate::Services;
use crate::authority::{AuthorityError, issue_crl};
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::policy::Permission;
use crate::problem::Problem;
use crate::sessions::{self, Caller};

/// Certificates of a person shown at once.
const HISTORY_MAX: i64 = 500;

/// Replaces the signer's certificate by the next generation of its lineage.
///
/// # Atomicity
///
/// The old one ends, its sessions end and the new one begins in one transaction, and the epoch grows with it: no
/// moment has two accepted generations, or none.
pub(crate) async fn apply_rotate(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::KeyRotate { csr, device, device_key_commitment, kem_public_key }, Some(signer)) =
        (cx.intent.body(), cx.signer)
    else {
        return Err(Fault::Broken("not a rotation"));
    };
    let book = cx.services.bank.book;
    // The signer was examined before the queue; what counts is the row under its lock.
    let old = store::lock(tx, book, &signer.certificate).await?;
    let Some(old) = old.filter(|old| old.status == "active") else {
        return Ok(Applied::Refused(Refusal::CertificateAlreadyEnded));
    };
    let wanted = Wanted {
        user: old.user,
        role: old.role,
        csr,
        device: *device,
        device_key_commitment,
        kem_public_key,
        place: Place::After {
            lineage: old.lineage,
            previous: &signer.certificate,
            generation: old.generation,
            device: signer.device,
        },
    };
    let decided = match issuance::decide(tx, cx, &wanted).await? {
        Ok(decided) => decided,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    let ending = Ending { status: "superseded", at: cx.now, reason: None };
    store::end(tx, book, &signer.certificate, ending).await?;
    end_sessions(tx, cx, &signer.certificate, "certificate-superseded").await?;
    let mut issued = issuance::issue(tx, cx, &wanted, decided).await?;
    issued.result.insert("superseded".to_owned(), signer.certificate.to_string());
    issued.result.insert("ended_at".to_owned(), cx.now.to_string());
    if *device != signer.device {
        store::revoke_device(tx, book, &old.device).await?;
        issued.result.insert("device_revoked".to_owned(), old.device.to_string());
    }
    Ok(Applied::Accepted { result: issued.result, extra: Some(issued.extra), bumps_epoch: true })
}

/// Ends a certificate: the signer's own, or as staff somebody else's.
///
/// # Atomicity
///
/// The row, the sessions, the revocation list that names it and the epoch commit together.
pub(crate) async fn apply_revoke(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::CertificateRevoke { certificate, reason }, Some(signer)) =
        (cx.intent.body(), cx.signer)
    else {
        return Err(Fault::Broken("not a revocation"));
    };
    let book = cx.services.bank.book;
    let found = store::lock(tx, book, certificate).await?;
    let Some(found) = found.filter(|found| may_revoke(signer, found)) else {
        return Ok(Applied::Refused(Refusal::CertificateNotFound));
    };
    if found.status != "active" {
        return Ok(Applied::Refused(Refusal::CertificateAlreadyEnded));
    }
    let ending = Ending { status: "revoked", at: cx.now, reason: Some(reason.name()) };
    store::end(tx, book, certificate, ending).await?;
    end_sessions(tx, cx, certificate, "certificate-revoked").await?;
    let crl = issue_crl(tx, &cx.services.authority, book, cx.now).await.map_err(fault)?;
    let mut result = BTreeMap::from([
        ("certificate".to_owned(), certificate.to_string()),
        ("serial".to_owned(), hex::encode(&found.serial)),
        ("status".to_owned(), "revoked".to_owned()),
        ("reason".to_owned(), reason.name().to_owned()),
        ("ended_at".to_owned(), cx.now.to_string()),
    ]);
    result.extend(crl.facts());
    Ok(Applied::Accepted { result, extra: None, bumps_epoch: true })
}

/// One's own, anyone may; a customer's, a manager; anyone's, the administrator. Others learn nothing of its existence.
fn may_revoke(signer: &Signer, found: &CertificateRow) -> bool {
    if found.user == signer.user {
        return true;
    }
    if !signer.permissions.holds(Permission::CertificatesRevokeOthers) {
        return false;
    }
    match signer.role {
        Role::SystemAdmin => true,
        Role::Manager => found.role == Role::Customer,
        Role::Customer | Role::AuditorClerk => false,
    }
}

async fn end_sessions(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    certificate: &Sha3,
    reason: &'static str,
) -> Result<(), Fault> {
    let ending = sessions::Ending { at: cx.now, reason };
    Ok(sessions::end_of_certificate(tx, cx.services.bank.book, certificate, ending).await?)
}

fn fault(error: AuthorityError) -> Fault {
    match error {
        AuthorityError::Database(error) => Fault::Database(error),
        AuthorityError::Crypto(error) => Fault::Crypto(error),
        AuthorityError::KeyFile(_)
        | AuthorityError::ForeignCertificate
        | AuthorityError::Certificate(_)
        | AuthorityError::Log(_) => Fault::Authority(error.to_string()),
    }
}

/// One certificate, if the caller may see it.
pub(super) async fn find(
    services: &Services,
    caller: &Caller,
    certificate: &Sha3,
) -> Result<CertificateRow, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let found = store::find(&mut tx, services.bank.book, certificate).await?;
    tx.commit().await?;
    found.ok_or_else(Problem::not_found)
}

/// Every certificate that `user` ever held and the caller may see, newest first. Nobody's and a stranger's look alike.
pub(super) async fn history(
    services: &Services,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<CertificateRow>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let found = store::of_user(&mut tx, services.bank.book, user, HISTORY_MAX).await?;
    tx.commit().await?;
    if found.is_empty() { Err(Problem::not_found()) } else { Ok(found) }
}

/// The revocation list in use.
pub(super) async fn crl(services: &Services) -> Result<CrlRow, Problem> {
    let mut tx = services.db.as_auditor().await?;
    let crl = store::crl(&mut tx, services.bank.book).await?;
    tx.commit().await?;
    Ok(crl)
}
