//! Authorities.
use crate::{Validity, certificate::Certificate, error::PkiError, request::VerifiedCsr};
use crypto::SigningKey;
pub fn create_root(
    key: &SigningKey,
    common_name: &str,
    serial: [u8; 16],
    validity: Validity,
) -> Result<Certificate, PkiError> {
    todo!()
}
pub fn create_issuing(
    root: &Certificate,
    root_key: &SigningKey,
    csr: &VerifiedCsr,
    serial: [u8; 16],
    validity: Validity,
) -> Result<Certificate, PkiError> {
    todo!()
}
