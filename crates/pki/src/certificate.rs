//! Certificates.
use crate::{claims::ControlClaims, error::PkiError};
use crypto::{PublicKey, Sha3, Suite};
/// Parsed certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
}
impl Certificate {
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        todo!()
    }
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        todo!()
    }
    pub fn to_pem(&self) -> String {
        todo!()
    }
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    pub fn fingerprint(&self) -> Sha3 {
        todo!()
    }
    pub fn public_key(&self) -> &PublicKey {
        todo!()
    }
    /// Suite of the issuer's signature on it.
    pub fn signature_suite(&self) -> Suite {
        todo!()
    }
    pub fn subject(&self) -> &str {
        todo!()
    }
    pub fn issuer(&self) -> &str {
        todo!()
    }
    pub fn serial(&self) -> &[u8] {
        todo!()
    }
    pub fn not_before_s(&self) -> i64 {
        todo!()
    }
    pub fn not_after_s(&self) -> i64 {
        todo!()
    }
    pub fn is_ca(&self) -> bool {
        todo!()
    }
    pub fn claims(&self) -> Option<&ControlClaims> {
        todo!()
    }
}
