//! The seven controls, recomputed in full at every verification.

use crypto::{Sha3, Suite, sha3_256};
use thiserror::Error;

use crate::certificate::Certificate;
use crate::chain::{Chain, ValidPath};
use crate::claims::{ControlClaims, FIRST_GENERATION};
use crate::crl::VerifiedCrl;
use crate::error::PkiError;

/// Names of the controls; control *n* stands at index *n* - 1.
pub(crate) const NAMES: [&str; 7] = [
    "hybrid signatures",
    "immutable SHA3 hash",
    "device binding",
    "purpose locking",
    "CRL pinning",
    "lineage tracking",
    "nonce-bound challenge response",
];

/// What the bank expects of a holder's certificate, from its own records and policy, never from the
/// certificate.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Control 1: suite that the policy demands of a holder's key.
    pub suite: Suite,
    /// Control 1: suite that the policy demands of the authority's signature.
    pub authority_suite: Suite,
    /// Control 2: SHA3-256 of the DER as logged at issuance.
    pub logged_hash: &'a Sha3,
    /// Control 3: identifier of this bank.
    pub bank: &'a str,
    /// Control 3: user on record for the device.
    pub user_id: &'a [u8; 16],
    /// Control 3: SHA3-256 of the device verifier on record.
    pub device_id: &'a Sha3,
    /// Control 4: role on record.
    pub role: &'a str,
    /// Control 4: purpose recomputed from the role.
    pub purpose_scope: &'a str,
    /// Control 4: actions recomputed from the role, in any order.
    pub allowed_actions: &'a [&'a str],
    /// Control 5: revocation list in use.
    pub crl: &'a VerifiedCrl,
    /// Control 6: fingerprint of the issuing authority's certificate.
    pub parent_ca_fp: &'a Sha3,
    /// Control 6: lineage on record.
    pub lineage: &'a Sha3,
    /// Control 6: newest generation of the lineage on record.
    pub newest_generation: u32,
    /// Control 6: fingerprint of the generation before, absent in the first.
    pub previous: Option<&'a Sha3>,
    /// Control 7: challenge algorithm the policy demands, [`CHALLENGE`](crate::CHALLENGE).
    pub challenge: &'a str,
    /// Control 7: whether a single-use nonce was answered with this certificate: at login by the answer
    /// just checked, later by the session that answer opened.
    pub challenge_ok: bool,
}

/// The first control that said no.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("control {number} ({name}): {why}")]
pub struct ControlFailure {
    /// 1..=7.
    pub number: u8,
    /// Name of the control.
    pub name: &'static str,
    /// What differs.
    pub why: &'static str,
}

/// Proof that all seven controls held for one certificate. Made by [`check_controls`] only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SevenControls {
    certificate: Sha3,
}

impl SevenControls {
    /// SHA3-256 of the certificate the controls held for.
    #[must_use]
    pub fn certificate(&self) -> &Sha3 {
        &self.certificate
    }
}

/// Proof of path and controls: the certificate of someone the bank knows, right now.
#[derive(Clone, Debug)]
pub struct HolderCertificate {
    certificate: Certificate,
}

impl HolderCertificate {
    /// Validates the path with the revocation list in use, then the seven controls.
    pub fn admit(
        certificate: &Certificate,
        chain: &Chain,
        expected: &Expected<'_>,
        now_s: i64,
    ) -> Result<Self, PkiError> {
        let path = chain.validate_path(certificate, Some(expected.crl), now_s)?;
        let controls = check_controls(certificate, &path, expected, now_s)?;
        Self::from_proofs(certificate, &path, &controls)
    }

    /// Joins a path, perhaps a remembered one, and the controls checked with it.
    ///
    /// # Errors
    ///
    /// [`PkiError::Path`] if the two proofs are not about this certificate.
    pub fn from_proofs(
        certificate: &Certificate,
        path: &ValidPath,
        controls: &SevenControls,
    ) -> Result<Self, PkiError> {
        let fingerprint = certificate.fingerprint();
        if *path.certificate() == fingerprint && controls.certificate == fingerprint {
            Ok(Self { certificate: certificate.clone() })
        } else {
            Err(PkiError::Path("proofs are about another certificate".to_owned()))
        }
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// Recomputes all seven controls; the failure names the first that does not hold.
pub fn check_controls(
    certificate: &Certificate,
    path: &ValidPath,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<SevenControls, ControlFailure> {
    check_binding(certificate, path, expected, now_s)?;
    require(7, [(expected.challenge_ok, "no fresh nonce was answered with this certificate")])?;
    Ok(SevenControls { certificate: certificate.fingerprint() })
}

/// Controls 1 to 6 and the claim of control 7: what can be known before a challenge is handed out.
pub fn check_binding(
    certificate: &Certificate,
    path: &ValidPath,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<(), ControlFailure> {
    let Some(claims) = certificate.claims() else {
        return Err(failure(1, "certificate carries no security layers"));
    };
    // Hashed again rather than remembered: the control is about the bytes at hand.
    let hash = sha3_256(certificate.der());
    check_signatures(certificate, claims, path, expected, hash, now_s)?;
    require(2, [(hash == *expected.logged_hash, "certificate is not the one that was logged")])?;
    require(
        3,
        [
            (claims.bank == expected.bank, "certificate is of another bank"),
            (claims.user_id == *expected.user_id, "device belongs to another user"),
            (claims.device_id == *expected.device_id, "certificate is bound to another device"),
        ],
    )?;
    require(
        4,
        [
            (claims.role == expected.role, "role differs from the one on record"),
            (claims.purpose_scope == expected.purpose_scope, "purpose differs from the role's"),
            (same_actions(claims, expected), "allowed actions differ from the role's"),
        ],
    )?;
    check_revocation(certificate, claims, expected, now_s)?;
    check_lineage(claims, path, expected)?;
    require(7, [(claims.challenge == expected.challenge, "challenge differs from the one in use")])
}

/// Control 1. The path is the proof that both halves of every signature verified.
fn check_signatures(
    certificate: &Certificate,
    claims: &ControlClaims,
    path: &ValidPath,
    expected: &Expected<'_>,
    hash: Sha3,
    now_s: i64,
) -> Result<(), ControlFailure> {
    let in_time = now_s >= certificate.not_before_s() && now_s <= path.valid_until_s();
    require(
        1,
        [
            (*path.certificate() == hash, "path was validated for another certificate"),
            (in_time, "path validation is out of date"),
            (claims.suite == expected.suite, "suite is not the one the policy demands"),
            (certificate.public_key().suite() == expected.suite, "key is of another suite"),
            (
                certificate.signature_suite() == expected.authority_suite,
                "signature is of another suite",
            ),
        ],
    )
}

/// Control 5.
fn check_revocation(
    certificate: &Certificate,
    claims: &ControlClaims,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<(), ControlFailure> {
    let crl = expected.crl;
    let urls = &certificate.extensions().crl_urls;
    require(
        5,
        [
            (crl.issuer_fingerprint() == expected.parent_ca_fp, "list is of another authority"),
            (crl.number() >= claims.crl_number, "list is older than the pinned one"),
            (crl.check_fresh(now_s).is_ok(), "list is not fresh"),
            (*urls == [claims.crl_url.as_str()], "distribution point differs from the claim"),
            (!crl.is_revoked(certificate.serial()), "certificate is revoked"),
        ],
    )
}

/// Control 6.
fn check_lineage(
    claims: &ControlClaims,
    path: &ValidPath,
    expected: &Expected<'_>,
) -> Result<(), ControlFailure> {
    let first = claims.generation == FIRST_GENERATION;
    require(
        6,
        [
            (claims.parent_ca_fp == *expected.parent_ca_fp, "parent is another authority"),
            (*path.issuing() == *expected.parent_ca_fp, "path leads through another authority"),
            (claims.lineage == *expected.lineage, "lineage differs from the one on record"),
            (claims.generation >= expected.newest_generation, "a newer generation exists"),
            (claims.generation <= expected.newest_generation, "generation is not on record"),
            (claims.previous.is_none() == first, "generation and previous certificate disagree"),
            (claims.previous.as_ref() == expected.previous, "previous certificate is another one"),
        ],
    )
}

/// Equal as sets: the claims hold no action twice, so equal length and inclusion suffice.
fn same_actions(claims: &ControlClaims, expected: &Expected<'_>) -> bool {
    claims.allowed_actions.len() == expected.allowed_actions.len()
        && claims.allowed_actions.iter().all(|a| expected.allowed_actions.contains(&a.as_str()))
}

fn require<const N: usize>(
    number: u8,
    rules: [(bool, &'static str); N],
) -> Result<(), ControlFailure> {
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, why)) => Err(failure(number, why)),
        None => Ok(()),
    }
}

fn failure(number: u8, why: &'static str) -> ControlFailure {
    let index = usize::from(number).saturating_sub(1);
    ControlFailure { number, name: NAMES.get(index).copied().unwrap_or_default(), why }
}
