//! Two steps.
use crate::{
    certificate::Certificate, claims::ControlClaims, error::PkiError, request::VerifiedCsr,
};
use crypto::SigningKey;
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    Holder,
    Staff,
}
impl Profile {
    pub const fn validity_s(self) -> i64 {
        todo!()
    }
}
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub csr: &'a VerifiedCsr,
    pub subject_cn: &'a str,
    pub claims: &'a ControlClaims,
    pub serial: [u8; 16],
    pub now_s: i64,
}
#[derive(Debug)]
pub struct Linted<T>(T);
#[derive(Debug)]
pub struct Tbs(Vec<u8>);
pub fn prepare(
    profile: Profile,
    request: &Request<'_>,
    issuer: &Certificate,
) -> Result<Linted<Tbs>, PkiError> {
    todo!()
}
pub fn issue(linted: Linted<Tbs>, issuer_key: &SigningKey) -> Result<Certificate, PkiError> {
    todo!()
}
