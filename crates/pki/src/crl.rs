//! CRLs.
use crate::{certificate::Certificate, error::PkiError};
use crypto::{Sha3, SigningKey};
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    PrivilegeWithdrawn,
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedEntry {
    pub serial: Vec<u8>,
    pub at_s: i64,
    pub reason: RevocationReason,
}
#[derive(Clone, Debug)]
pub struct Crl {
    der: Vec<u8>,
}
impl Crl {
    pub fn build(
        issuer: &Certificate,
        key: &SigningKey,
        number: u64,
        this_update_s: i64,
        next_update_s: i64,
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, PkiError> {
        todo!()
    }
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        todo!()
    }
    pub fn verify(self, issuer: &Certificate, now_s: i64) -> Result<VerifiedCrl, PkiError> {
        todo!()
    }
}
#[derive(Clone, Debug)]
pub struct VerifiedCrl {
    der: Vec<u8>,
}
impl VerifiedCrl {
    pub fn number(&self) -> u64 {
        todo!()
    }
    pub fn this_update_s(&self) -> i64 {
        todo!()
    }
    pub fn next_update_s(&self) -> i64 {
        todo!()
    }
    pub fn issuer_fingerprint(&self) -> &Sha3 {
        todo!()
    }
    pub fn is_revoked(&self, serial: &[u8]) -> bool {
        todo!()
    }
    pub fn entries(&self) -> &[RevokedEntry] {
        todo!()
    }
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}
