//! The seven controls.
use crate::{
    certificate::Certificate,
    chain::{Chain, ValidPath},
    crl::VerifiedCrl,
    error::PkiError,
};
use crypto::{Sha3, Suite};

/// What the bank expects of a holder's certificate, from its own records and policy.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Suite the policy demands for this certificate.
    pub suite: Suite,
    /// SHA3-256 of the DER as logged at issuance.
    pub logged_hash: &'a Sha3,
    /// Bank identifier.
    pub bank: &'a str,
    /// User on record for the device.
    pub user_id: &'a [u8; 16],
    /// SHA3-256 of the device verifier on record.
    pub device_id: &'a Sha3,
    /// Role on record.
    pub role: &'a str,
    /// Purpose recomputed from the role.
    pub purpose_scope: &'a str,
    /// Actions recomputed from the role, in any order.
    pub allowed_actions: &'a [&'a str],
    /// Revocation list in use.
    pub crl: &'a VerifiedCrl,
    /// Fingerprint of the issuing authority's certificate.
    pub parent_ca_fp: &'a Sha3,
    /// Lineage on record.
    pub lineage: &'a Sha3,
    /// Newest generation of the lineage on record.
    pub newest_generation: u32,
    /// Fingerprint of the generation before, if any.
    pub previous: Option<&'a Sha3>,
    /// Challenge algorithm the policy demands.
    pub challenge: &'a str,
    /// Whether a fresh single-use nonce was answered for this certificate.
    pub challenge_ok: bool,
}

/// Which control said no.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("control {number} ({name}): {why}")]
pub struct ControlFailure {
    /// 1..=7.
    pub number: u8,
    /// Name of the control.
    pub name: &'static str,
    /// What differs.
    pub why: &'static str,
}

/// Proof that all seven controls held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SevenControls {
    certificate: Sha3,
}

/// Proof: path and controls.
#[derive(Clone, Debug)]
pub struct HolderCertificate {
    certificate: Certificate,
}

impl HolderCertificate {
    /// Validates path, then the seven controls.
    pub fn admit(
        certificate: &Certificate,
        chain: &Chain,
        expected: &Expected<'_>,
        now_s: i64,
    ) -> Result<Self, PkiError> {
        todo!()
    }
    /// Joins proofs got separately.
    pub fn from_proofs(
        certificate: &Certificate,
        path: &ValidPath,
        controls: &SevenControls,
    ) -> Result<Self, PkiError> {
        todo!()
    }
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// All seven.
pub fn check_controls(
    certificate: &Certificate,
    path: &ValidPath,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<SevenControls, ControlFailure> {
    todo!()
}
/// Controls 1..=6 and the claim of the 7th, before a challenge is handed out.
pub fn check_binding(
    certificate: &Certificate,
    path: &ValidPath,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<(), ControlFailure> {
    todo!()
}
