//! Rotation and revocation, inside the poster's transaction; looking at certificates, outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{KemPublicKey, Sha3, seal_to, sha256};
use intent::{Body, RevocationReason, UserId, UtcMicros};
use ledger::BookId;
use pki::{Certificate, Crl};
use serde_json::json;
use sqlx::PgConnection;

use super::issuance::{self, Place, Wanted};
use super::store::{self, CertificateRow, CrlRow, Ending};
use crate::authority::crl::list_of;
use crate::authority::service::fault;
use crate::authority::{AuthorityError, Issuer, issue_crl};
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::devices::service::{Without, ends_administration};
use crate::problem::{Code, Problem};
use crate::sessions::{self, Caller};
use crate::{Services, clock, registers};

const BUNDLE_PURPOSE: &str = "certificate-bundle";
const MICROS_PER_SECOND: i64 = 1_000_000;
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
    registers::service::lock(tx, book).await?;
    let found = store::lock(tx, book, certificate).await?;
    let Some(found) = found.filter(|found| signer.asker().may_end(found.user, found.role)) else {
        return Ok(Applied::Refused(Refusal::CertificateNotFound));
    };
    if found.status != "active" {
        return Ok(Applied::Refused(Refusal::CertificateAlreadyEnded));
    }
    if ends_administration(tx, cx, found.role, Without::Certificate(*certificate)).await? {
        return Ok(Applied::Refused(Refusal::LastAdministrator));
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

/// Whose certificates end at once.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// Those on one device.
    Device(Sha3),
    /// All of a person.
    User(UserId),
}

/// What [`end_all`] ended.
pub(crate) struct AllEnded {
    /// In ascending order.
    certificates: Vec<Sha3>,
    devices: Vec<Sha3>,
    crl: BTreeMap<String, String>,
}

impl AllEnded {
    /// What the leaf says of it.
    pub(crate) fn into_facts(self, reason: RevocationReason, at: UtcMicros) -> Facts {
        let join = |digests: &[Sha3]| {
            digests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let mut facts = BTreeMap::from([
            ("certificates".to_owned(), join(&self.certificates)),
            ("devices".to_owned(), join(&self.devices)),
            ("reason".to_owned(), reason.name().to_owned()),
            ("ended_at".to_owned(), at.to_string()),
        ]);
        facts.extend(self.crl);
        facts
    }
}

type Facts = BTreeMap<String, String>;

/// Ends devices with their certificates and sessions, and publishes the list that names them.
///
/// # Atomicity
///
/// All of it is the caller's transaction, whose leaf must say what [`AllEnded`] says, and which raises the epoch.
pub(crate) async fn end_all(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    whose: Whose,
    reason: RevocationReason,
) -> Result<AllEnded, Fault> {
    let book = cx.services.bank.book;
    let (device, user) = match whose {
        Whose::Device(device) => (Some(device), None),
        Whose::User(user) => (None, Some(user)),
    };
    let certificates = store::lock_active(tx, book, user, device.as_ref()).await?;
    let devices = store::revoke_devices(tx, book, user, device.as_ref()).await?;
    for certificate in &certificates {
        let ending = Ending { status: "revoked", at: cx.now, reason: Some(reason.name()) };
        store::end(tx, book, certificate, ending).await?;
        end_sessions(tx, cx, certificate, "device-revoked").await?;
    }
    let crl = issue_crl(tx, &cx.services.authority, book, cx.now).await.map_err(fault)?.facts();
    Ok(AllEnded { certificates, devices, crl })
}

/// Whether a certificate is in force.
pub(crate) async fn is_active(
    tx: &mut PgConnection,
    book: BookId,
    certificate: &Sha3,
) -> sqlx::Result<bool> {
    let found = store::find(tx, book, certificate).await?;
    Ok(found.is_some_and(|found| found.status == "active"))
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

/// Where a certificate stands at a moment.
pub(super) struct Standing {
    pub(super) state: &'static str,
    pub(super) listed: bool,
    pub(super) crl_number: u64,
    pub(super) this_update: UtcMicros,
    pub(super) next_update: UtcMicros,
}

/// Where a certificate stands, by its row and by the revocation list in use.
pub(super) async fn standing(
    services: &Services,
    row: &CertificateRow,
    now: UtcMicros,
) -> Result<Standing, Problem> {
    let now_s = now.get().div_euclid(MICROS_PER_SECOND);
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, certificate = %row.fingerprint, "a certificate does not read");
        Problem::internal()
    };
    let certificate = Certificate::from_der(&row.der).map_err(|e| broken(&e))?;
    let (issuer, stored) = issuer_and_list(services, &certificate, now_s).await?;
    let read = Crl::from_der(&stored);
    let list = read.and_then(|list| list.verify(issuer.certificate(), now_s));
    let list = list.map_err(|error| {
        tracing::error!(%error, "the revocation list in use is not valid");
        Problem::new(Code::Unavailable)
    })?;
    Ok(Standing {
        state: state_of(row, now),
        listed: list.is_revoked(&row.serial),
        crl_number: list.number(),
        this_update: seconds(list.this_update_s()),
        next_update: seconds(list.next_update_s()),
    })
}

fn state_of(row: &CertificateRow, now: UtcMicros) -> &'static str {
    match &*row.status {
        "revoked" => "revoked",
        "superseded" => "superseded",
        _ if now > row.not_after => "expired",
        _ => "good",
    }
}

/// The caller's certificate with all that it takes to check it, sealed to the caller's device.
///
/// # Security
///
/// Only for oneself: nobody else could open it. The transcript is the certificate, so that an answer cannot be passed
/// off as that to another question.
pub(super) async fn bundle(
    services: &Services,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<u8>, Problem> {
    if user != caller.user {
        return Err(Problem::not_found());
    }
    let (fingerprint, device) = (caller.certificate()?, caller.device()?);
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, certificate = %fingerprint, "a bundle could not be made");
        Problem::internal()
    };
    let row = find(services, caller, &fingerprint).await?;
    let mut tx = services.db.as_user(caller).await?;
    let kem = store::device_kem_key(&mut tx, services.bank.book, &device.get()).await?;
    tx.commit().await?;
    let kem = kem.ok_or_else(Problem::not_found)?;
    let kem = KemPublicKey::from_bytes(services.bank.suite, &kem).map_err(|e| broken(&e))?;
    let certificate = Certificate::from_der(&row.der).map_err(|e| broken(&e))?;
    let now_s = clock::now().get().div_euclid(MICROS_PER_SECOND);
    let (issuer, crl) = issuer_and_list(services, &certificate, now_s).await?;
    let bundle = json!({
        "certificate": certificate.to_pem(),
        "issuing": issuer.certificate().to_pem(),
        "root": issuer.chain().root().to_pem(),
        "crl": Base64UrlUnpadded::encode_string(&crl),
    });
    let transcript = sha256(fingerprint.as_bytes());
    let text = bundle.to_string();
    seal_to(&kem, BUNDLE_PURPOSE, transcript.as_bytes(), text.as_bytes()).map_err(|e| broken(&e))
}

const fn seconds(unix_s: i64) -> UtcMicros {
    UtcMicros::from_micros(unix_s.saturating_mul(MICROS_PER_SECOND))
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

/// A page of the certificates in use, the oldest first: who is to rotate next.
pub(super) async fn in_use(
    services: &Services,
    caller: &Caller,
    after: Option<&Sha3>,
    limit: i64,
) -> Result<Vec<CertificateRow>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let found = store::in_use(&mut tx, services.bank.book, after, limit).await?;
    tx.commit().await?;
    Ok(found)
}

/// The authority that a certificate is judged under, and its list in use. One that has retired has none: nothing of it
/// is good.
async fn issuer_and_list(
    services: &Services,
    certificate: &Certificate,
    now_s: i64,
) -> Result<(Arc<Issuer>, Vec<u8>), Problem> {
    let (book, authority) = (services.bank.book, &services.authority);
    let mut tx = services.db.as_auditor().await?;
    let issuers = authority.refresh(&mut tx, book).await.map_err(|error| unknown(&error))?;
    let parent = certificate.claims().map(|claims| claims.parent_ca_fp);
    let issuer = parent
        .and_then(|parent| issuers.judge(&parent, certificate.not_before_s(), now_s).cloned())
        .ok_or_else(|| Problem::new(Code::CertificateNotAccepted))?;
    let list = list_of(&mut tx, book, authority, &issuer).await.map_err(|error| unknown(&error))?;
    tx.commit().await?;
    Ok((issuer, list.ok_or_else(|| Problem::new(Code::CertificateNotAccepted))?))
}

/// The list in use of an authority whose certificates are good, by fingerprint; by default of the one that issues.
pub(super) async fn crl(services: &Services, issuer: Option<&Sha3>) -> Result<CrlRow, Problem> {
    let (book, authority) = (services.bank.book, &services.authority);
    let now_s = clock::now().get().div_euclid(MICROS_PER_SECOND);
    let mut tx = services.db.as_auditor().await?;
    let mut crl = store::crl(&mut tx, book).await?;
    let issuers = authority.refresh(&mut tx, book).await.map_err(|error| unknown(&error))?;
    if let Some(wanted) = issuer.filter(|wanted| *wanted != issuers.active().fingerprint()) {
        let retiring = issuers.retiring(now_s).find(|issuer| issuer.fingerprint() == wanted);
        let retiring = retiring.ok_or_else(Problem::not_found)?;
        let list = list_of(&mut tx, book, authority, retiring).await;
        crl.der = list.map_err(|error| unknown(&error))?.ok_or_else(Problem::not_found)?;
    }
    tx.commit().await?;
    Ok(crl)
}

fn unknown(error: &AuthorityError) -> Problem {
    tracing::error!(%error, "the issuing authorities are not known");
    Problem::new(Code::Unavailable)
}
