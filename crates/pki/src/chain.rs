//! Paths.
use crate::{certificate::Certificate, crl::VerifiedCrl, error::PkiError};
use crypto::{Sha3, Suite};
#[derive(Clone, Debug)]
pub struct Chain {
    root: Certificate,
    issuing: Certificate,
}
impl Chain {
    pub fn new(root: Certificate, issuing: Certificate) -> Result<Self, PkiError> {
        todo!()
    }
    pub fn root(&self) -> &Certificate {
        &self.root
    }
    pub fn issuing(&self) -> &Certificate {
        &self.issuing
    }
    pub fn validate_path(
        &self,
        leaf: &Certificate,
        crl: Option<&VerifiedCrl>,
        now_s: i64,
    ) -> Result<ValidPath, PkiError> {
        todo!()
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValidPath {
    certificate: Sha3,
    suite: Suite,
}
impl ValidPath {
    pub fn certificate(&self) -> &Sha3 {
        todo!()
    }
    pub fn issuing(&self) -> &Sha3 {
        todo!()
    }
    pub fn crl_number(&self) -> Option<u64> {
        todo!()
    }
    pub fn valid_until_s(&self) -> i64 {
        todo!()
    }
}
pub fn validate_path(
    leaf: &Certificate,
    issuing: &Certificate,
    root: &Certificate,
    crl: Option<&VerifiedCrl>,
    now_s: i64,
) -> Result<ValidPath, PkiError> {
    todo!()
}
pub fn verify_any(
    cert: &Certificate,
    ca: Option<&Certificate>,
    now_s: i64,
) -> Result<(), PkiError> {
    todo!()
}
