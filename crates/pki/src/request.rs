//! CSRs.
use crate::error::PkiError;
use crypto::{PublicKey, SigningKey};
pub fn build_csr(key: &SigningKey, common_name: &str) -> Result<Vec<u8>, PkiError> {
    todo!()
}
#[derive(Clone, Debug)]
pub struct Csr {
    der: Vec<u8>,
}
impl Csr {
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        todo!()
    }
    pub fn verify(self) -> Result<VerifiedCsr, PkiError> {
        todo!()
    }
}
#[derive(Clone, Debug)]
pub struct VerifiedCsr {
    der: Vec<u8>,
}
impl VerifiedCsr {
    pub fn public_key(&self) -> &PublicKey {
        todo!()
    }
    pub fn common_name(&self) -> &str {
        todo!()
    }
    pub fn der(&self) -> &[u8] {
        todo!()
    }
}
