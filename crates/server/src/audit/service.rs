//! What a report is about, and the trail.

use std::collections::{BTreeMap, BTreeSet};

use crypto::Sha3;
use intent::{Body, ReportSubject, UtcMicros};
use ledger::BookId;
use serde::Serialize;
use sqlx::PgConnection;
use tlog::{LeafIndex, TreeSize};
use uuid::Uuid;

use super::report::{CertificateView, LeafView, Material, Opened, index_of, rests_on};
use super::store::{self, Range, TrailPage, TrailRow};
use crate::Services;
use crate::corridor::Refusal;
use crate::log::LogError;
use crate::log::service::{checkpoint_of, prove_inclusions, records_at};
use crate::problem::Problem;
use crate::registers::{Question, Row, Rule};
use crate::sessions::Caller;

/// Certificates in one report at most.
const CERTIFICATES_MAX: i64 = 50;

/// What a report is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    Certificate(Sha3),
    User(Uuid),
    Account(Uuid),
    Transfer(Uuid),
    Window,
}

/// What an `audit.report` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) subject: Subject,
    pub(super) from: Option<UtcMicros>,
    pub(super) to: Option<UtcMicros>,
}

impl Asked {
    /// Reads what was signed; `None` if it is not of its form.
    pub(super) fn of(body: &Body) -> Option<Self> {
        let Body::AuditReport { subject, value, from, to } = body else { return None };
        let subject = match subject {
            ReportSubject::Certificate => Subject::Certificate(Sha3::from_hex(value).ok()?),
            ReportSubject::User => Subject::User(value.parse().ok()?),
            ReportSubject::Account => Subject::Account(value.parse().ok()?),
            ReportSubject::Transfer => Subject::Transfer(value.parse().ok()?),
            ReportSubject::Window => {
                if !value.is_empty() || from.is_none() {
                    return None;
                }
                Subject::Window
            }
        };
        let in_order = from.zip(*to).is_none_or(|(from, to)| from < to);
        in_order.then_some(Self { subject, from: *from, to: *to })
    }
}

/// The rule of `audit.report`: it changes nothing, and stands in the log.
pub(crate) fn rule() -> Rule {
    Rule { lookups: Vec::new(), about: None, bumps_epoch: false, decide }
}

fn decide(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    Asked::of(question.intent.body()).map(|_| Vec::new()).ok_or(Refusal::ReportSubjectInvalid)
}

/// Which part of a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// After this leaf; from the first one where absent.
    pub(super) after: Option<i64>,
    pub(super) limit: usize,
}

/// A report. Its receipts are whole but for the checkpoint, which is given once: put it into each to verify it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The signed note of the tree that holds the report's own leaf.
    checkpoint: String,
    /// Number of leaves of that tree.
    size: String,
    /// Leaves about the subject, at most as many as were asked for.
    leaves: Vec<LeafView>,
    /// Certificates of the signers, or all of the person's; at most 50.
    certificates: Vec<CertificateView>,
    /// Certificates of the authorities that issued these: DER in base64url.
    issuing: Vec<String>,
    /// Whether there are more certificates than these.
    certificates_cut: bool,
    /// Leaves that statements about certificates and permissions rest on.
    supporting: Vec<LeafView>,
    /// Cursor of the next part, under an intent of its own; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Makes a report of the log up to the leaf that asked for it.
pub(super) async fn report(
    services: &Services,
    (own, size): (LeafIndex, TreeSize),
    asked: Asked,
    part: Part,
) -> Result<Report, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_auditor().await?;
    let limit = i64::try_from(part.limit).unwrap_or(i64::MAX);
    let range = Range {
        after: part.after.unwrap_or(-1),
        until: i64::try_from(own.get()).unwrap_or(i64::MAX),
        from: asked.from,
        to: asked.to,
        limit: limit.saturating_add(1),
    };
    let mut found = store::leaves_of(&mut tx, book, &asked.subject, range).await?;
    let has_more = found.len() > part.limit;
    found.truncate(part.limit);
    let next = found.last().filter(|_| has_more).map(i64::to_string);
    let shown: BTreeSet<u64> = found.iter().copied().map(index_of).collect();

    let mut opened = open(&mut tx, book, &found).await?;
    let certificates = certificates(&mut tx, book, asked.subject, &opened).await?;
    let certificates_cut = i64::try_from(certificates.len()) == Ok(CERTIFICATES_MAX);
    let signed = opened.values().filter_map(|opened| {
        let actor = opened.actor.as_ref()?;
        Some((i64::try_from(opened.index).ok()?, actor.user, actor.certificate))
    });
    let signed: Vec<_> = signed.collect();
    let neighbours = store::neighbours(&mut tx, book, &signed).await?;
    let roles = store::leaves_of_roles(&mut tx, book, range.until).await?;
    let mut supporting = rests_on(&certificates);
    supporting.retain(|leaf| *leaf <= range.until);
    let mut beside: BTreeSet<i64> = supporting.clone();
    beside.extend(neighbours.iter().filter_map(|beside| beside.before));
    let wanted: Vec<i64> =
        beside.into_iter().filter(|leaf| !opened.contains_key(&index_of(*leaf))).collect();
    opened.extend(open(&mut tx, book, &wanted).await?);
    let roles = open(&mut tx, book, &roles).await?.into_values().collect();
    let mut material =
        Material { opened, roles, certificates, neighbours, proofs: BTreeMap::new() };

    let grants = material.grants(&shown);
    let missing: Vec<i64> = grants
        .iter()
        .copied()
        .filter(|leaf| !material.opened.contains_key(&index_of(*leaf)))
        .collect();
    material.opened.extend(open(&mut tx, book, &missing).await?);
    supporting.extend(grants);
    let supporting: BTreeSet<u64> =
        supporting.into_iter().map(index_of).filter(|leaf| !shown.contains(leaf)).collect();
    let all = shown.iter().chain(&supporting).copied();
    let proofs = prove_inclusions(&mut tx, book, all.map(LeafIndex::new), size).await?;
    material.proofs = proofs.into_iter().map(|proof| (proof.index.get(), proof)).collect();
    let checkpoint = checkpoint_of(&mut tx, book, size).await?;
    tx.commit().await?;
    Ok(Report {
        checkpoint,
        size: size.get().to_string(),
        leaves: material.leaves(&shown),
        certificates: material.certificates(),
        issuing: material.issuing(&services.authority.issuers()),
        certificates_cut,
        supporting: material.leaves(&supporting),
        next,
    })
}

/// The subject's own certificate, all of the subject's, or those that signed.
async fn certificates(
    tx: &mut PgConnection,
    book: BookId,
    subject: Subject,
    opened: &BTreeMap<u64, Opened>,
) -> sqlx::Result<Vec<store::CertificateRow>> {
    let user = match subject {
        Subject::User(user) => Some(user),
        Subject::Certificate(_) | Subject::Account(_) | Subject::Transfer(_) | Subject::Window => {
            None
        }
    };
    let mut named: BTreeSet<Sha3> = opened
        .values()
        .filter_map(|opened| opened.actor.as_ref().map(|actor| actor.certificate))
        .collect();
    if let Subject::Certificate(certificate) = subject {
        named.insert(certificate);
    }
    let named: Vec<Vec<u8>> = named.iter().map(|name| name.as_bytes().to_vec()).collect();
    store::certificates(tx, book, &named, user, CERTIFICATES_MAX).await
}

async fn open(
    tx: &mut PgConnection,
    book: BookId,
    leaves: &[i64],
) -> Result<BTreeMap<u64, Opened>, LogError> {
    let records = records_at(tx, book, leaves).await?;
    records
        .into_iter()
        .map(|stored| {
            let index = stored.index.get();
            let opened = Opened::read(stored);
            opened
                .map(|opened| (index, opened))
                .map_err(|source| LogError::Record { index, source })
        })
        .collect()
}

/// A part of the trail, newest first, as far as the caller may see it.
pub(super) async fn trail(
    services: &Services,
    caller: &Caller,
    page: &TrailPage,
) -> Result<Vec<TrailRow>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let rows = store::trail(&mut tx, services.bank.book, page).await?;
    tx.commit().await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use intent::UserId;

    use super::*;

    fn asked(subject: ReportSubject, value: &str, from: Option<i64>, to: Option<i64>) -> bool {
        let time = |at: Option<i64>| at.map(UtcMicros::from_micros);
        let body =
            Body::AuditReport { subject, value: value.to_owned(), from: time(from), to: time(to) };
        Asked::of(&body).is_some()
    }

    #[test]
    fn a_subject_is_of_its_form_or_refused() {
        let (id, digest) = (UserId::new(Uuid::from_u128(1)).to_string(), "ab".repeat(32));
        assert!(asked(ReportSubject::Certificate, &digest, None, None));
        for subject in [ReportSubject::User, ReportSubject::Account, ReportSubject::Transfer] {
            assert!(asked(subject, &id, Some(1), Some(2)));
            assert!(!asked(subject, &digest, None, None));
            assert!(!asked(subject, "", None, None));
            assert!(!asked(subject, &id, Some(2), Some(2)));
        }
        assert!(!asked(ReportSubject::Certificate, &id, None, None));
        assert!(asked(ReportSubject::Window, "", Some(1), None));
        assert!(!asked(ReportSubject::Window, "", None, Some(1)));
        assert!(!asked(ReportSubject::Window, &id, Some(1), None));
    }
}
