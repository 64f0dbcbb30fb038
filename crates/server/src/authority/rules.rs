//! The register of issuing authorities, and its rule: one administrator proposes, another one puts into force.
//!
//! Both sign the same: the certificate by the root, the certificate by the predecessor, the overlap.

use base64ct::{Base64UrlUnpadded, Encoding};
use intent::{Body, UtcMicros};
use pki::Certificate;

use super::issuers::FIRST_GENERATION;
use crate::corridor::Refusal;
use crate::registers::{Column, Issuing, Lookup, Question, Register, Row, Rule};

/// One row an authority that was ever proposed or replaced.
pub(crate) static AUTHORITIES: Register = Register {
    table: "issuing_authorities",
    key_len: 1,
    columns: &[
        ("authority", Column::Digest),
        ("generation", Column::Number),
        ("status", Column::Text),
        ("certificate", Column::Text),
        ("cross_certificate", Column::Text),
        ("overlap_days", Column::Number),
        ("proposed_by", Column::Uuid),
        ("proposed_at", Column::Time),
        ("expires_at", Column::Time),
        ("approved_by", Column::Uuid),
        ("active_from", Column::Time),
        ("active_until", Column::Time),
        ("retires_at", Column::Time),
    ],
};

const MICROS_PER_SECOND: i64 = 1_000_000;
const US_PER_DAY: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;
/// How long a proposal waits for the second administrator, in microseconds: 7 days, as an invitation.
const PROPOSAL_US: i64 = 7 * US_PER_DAY;

/// Where an authority stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    /// One administrator wants it.
    Proposed,
    /// It issues.
    Active,
    /// It no longer issues; what it issued is good until it retires.
    Retiring,
}

impl Status {
    const ALL: [Self; 3] = [Self::Proposed, Self::Active, Self::Retiring];

    /// Stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }

    /// What a row says; `None` for a row that somebody else wrote.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        Self::ALL.into_iter().find(|status| row.get("status") == Some(status.name()))
    }
}

/// The rule of `authority.rotate`.
pub(crate) fn rule() -> Rule {
    Rule { lookups: vec![everything()], about: None, bumps_epoch: true, decide }
}

/// All of the register.
pub(crate) const fn everything() -> Lookup {
    Lookup { register: &AUTHORITIES, matching: None }
}

/// The authority that rows just written put into force, if they do.
pub(crate) fn put_into_force(written: &[Row]) -> Option<&Row> {
    written.iter().find(|row| Status::of(row) == Some(Status::Active))
}

pub(crate) fn decide(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::AuthorityRotate { certificate, cross_certificate, .. } = question.intent.body()
    else {
        return Err(Refusal::PermissionDenied);
    };
    let issuing = question.issuing.ok_or(Refusal::AuthorityInvalid)?;
    let parse = |der: &[u8]| Certificate::from_der(der).map_err(|_| Refusal::AuthorityInvalid);
    let (new, cross) = (parse(certificate)?, parse(cross_certificate)?);
    let known = question.rows.get(&AUTHORITIES, &new.fingerprint().to_string());
    let is_active = new.fingerprint() == issuing.active.fingerprint();
    if is_active || known.is_some_and(|row| Status::of(row) != Some(Status::Proposed)) {
        return Err(Refusal::AuthorityKnown);
    }
    check_lineage(question, issuing, &new, &cross)?;
    let wanted = proposal(question, issuing, &new)?;
    match known.filter(|row| !has_expired(row, question.now)) {
        None => Ok(vec![wanted]),
        Some(row) if row.get("proposed_by") == wanted.get("proposed_by") => {
            Err(Refusal::ApprovalByMaker)
        }
        Some(row) if !is_same(row, &wanted) => Err(Refusal::AuthorityDiffers),
        Some(row) => Ok(replace(question, issuing, row)),
    }
}

/// The root certified it, the predecessor did too, no half of its key was ever an authority's of this bank, and it
/// outlives whatever it will sign at first.
fn check_lineage(
    question: &Question<'_>,
    issuing: Issuing<'_>,
    new: &Certificate,
    cross: &Certificate,
) -> Result<(), Refusal> {
    let now_s = question.now.get().div_euclid(MICROS_PER_SECOND);
    pki::authority::check_succession(issuing.root, issuing.active, new, cross, now_s)
        .map_err(|_| Refusal::AuthorityInvalid)?;
    let halves = new.public_key().component_hashes();
    let others = question.rows.of(&AUTHORITIES).filter_map(super::issuers::certificate_of);
    let reuses = others
        .filter(|other| other.fingerprint() != new.fingerprint())
        .any(|other| other.public_key().component_hashes().iter().any(|it| halves.contains(it)));
    let needed_until_s = now_s.saturating_add(pki::Profile::Holder.validity_s());
    if reuses || new.not_after_s() < needed_until_s {
        return Err(Refusal::AuthorityInvalid);
    }
    Ok(())
}

fn proposal(
    question: &Question<'_>,
    issuing: Issuing<'_>,
    new: &Certificate,
) -> Result<Row, Refusal> {
    let Body::AuthorityRotate { cross_certificate, overlap_days, .. } = question.intent.body()
    else {
        return Err(Refusal::PermissionDenied);
    };
    let generation = generation_of(question, issuing).saturating_add(1);
    Ok(Row::new(&AUTHORITIES)
        .with("authority", new.fingerprint())
        .with("generation", generation)
        .with("status", Status::Proposed.name())
        .with("certificate", Base64UrlUnpadded::encode_string(new.der()))
        .with("cross_certificate", Base64UrlUnpadded::encode_string(cross_certificate))
        .with("overlap_days", overlap_days)
        .with("proposed_by", question.asker.user)
        .with("proposed_at", question.now)
        .with("expires_at", later(question.now, PROPOSAL_US)))
}

/// The new one issues from now on; what the old one issued is good for the overlap.
fn replace(question: &Question<'_>, issuing: Issuing<'_>, proposed: &Row) -> Vec<Row> {
    let key = issuing.active.fingerprint().to_string();
    let old = question.rows.get(&AUTHORITIES, &key).cloned();
    let old = old.unwrap_or_else(|| first(issuing.active));
    let days = proposed.get("overlap_days").and_then(|days| days.parse::<i64>().ok());
    let overlap_us = days.unwrap_or_default().saturating_mul(US_PER_DAY);
    let own_end_us = issuing.active.not_after_s().saturating_mul(MICROS_PER_SECOND);
    let retires_at = later(question.now, overlap_us).get().min(own_end_us);
    vec![
        old.with("status", Status::Retiring.name())
            .with("active_until", question.now)
            .with("retires_at", UtcMicros::from_micros(retires_at)),
        proposed
            .clone()
            .with("status", Status::Active.name())
            .with("approved_by", question.asker.user)
            .with("active_from", question.now),
    ]
}

/// The row of the authority of the founding, as long as nothing has replaced it.
pub(crate) fn first(certificate: &Certificate) -> Row {
    Row::new(&AUTHORITIES)
        .with("authority", certificate.fingerprint())
        .with("generation", FIRST_GENERATION)
        .with("status", Status::Active.name())
        .with("certificate", Base64UrlUnpadded::encode_string(certificate.der()))
}

fn generation_of(question: &Question<'_>, issuing: Issuing<'_>) -> u64 {
    let row = question.rows.get(&AUTHORITIES, &issuing.active.fingerprint().to_string());
    let number = row.and_then(|row| row.get("generation")?.parse().ok());
    number.unwrap_or(FIRST_GENERATION)
}

/// A proposal made under an authority that was replaced since names another generation, and is another proposal.
fn is_same(row: &Row, wanted: &Row) -> bool {
    ["generation", "certificate", "cross_certificate", "overlap_days"]
        .iter()
        .all(|column| row.get(column) == wanted.get(column))
}

/// A row whose time does not read has none left.
fn has_expired(row: &Row, now: UtcMicros) -> bool {
    let expires_at = row.get("expires_at").and_then(|at| at.parse::<UtcMicros>().ok());
    expires_at.is_none_or(|expires_at| now >= expires_at)
}

const fn later(now: UtcMicros, by_us: i64) -> UtcMicros {
    UtcMicros::from_micros(now.get().saturating_add(by_us))
}
