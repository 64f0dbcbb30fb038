//! Certificates of authorities: the root, which signs itself, and the issuing authority below it.

use crypto::{PublicKey, SigningKey};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use crate::Validity;
use crate::certificate::Certificate;
use crate::error::PkiError;
use crate::issuance::{self, Blueprint};
use crate::request::VerifiedCsr;
use crate::signed;

/// Authorities below a root: one, the issuing authority.
const ROOT_PATH_LEN: u8 = 1;

/// Authorities below the issuing authority: none.
const ISSUING_PATH_LEN: u8 = 0;

/// Creates a self-signed root: an authority of path length 1 that signs certificates and revocation lists.
pub fn create_root(
    key: &SigningKey,
    common_name: &str,
    serial: [u8; 16],
    validity: Validity,
) -> Result<Certificate, PkiError> {
    let public = key.public_key();
    let subject = signed::name(common_name)?;
    let blueprint = Blueprint {
        issuer: subject.clone(),
        subject,
        extensions: authority_extensions(ROOT_PATH_LEN, public)?,
    };
    let tbs = blueprint.lay_out(serial, validity, public, public)?;
    issuance::sign_certificate(&tbs, public, key)
}

/// Creates an issuing authority below `root`: path length 0, the common name of its request.
///
/// # Errors
///
/// [`PkiError::WrongIssuerKey`] unless `root_key` is the root's; [`PkiError::Lint`] for another suite, the
/// root's own name or key, or a validity that exceeds the root's.
pub fn create_issuing(
    root: &Certificate,
    root_key: &SigningKey,
    csr: &VerifiedCsr,
    serial: [u8; 16],
    validity: Validity,
) -> Result<Certificate, PkiError> {
    root.check_authority()?;
    if root.path_len() == Some(0) {
        return Err(PkiError::NotAnAuthority("path length"));
    }
    let subject = signed::name(csr.common_name())?;
    let issuer = issuance::name_of(root)?;
    let within =
        validity.not_before_s >= root.not_before_s() && validity.not_after_s <= root.not_after_s();
    let root_halves = root.public_key().component_hashes();
    let reuses_half =
        csr.public_key().component_hashes().iter().any(|half| root_halves.contains(half));
    let rules = [
        (csr.public_key().suite() == root.public_key().suite(), "key and root differ in suite"),
        (subject != issuer, "issuing authority has the name of its root"),
        (!reuses_half, "key shares a half with its root"),
        (within, "issuing authority would outlive its root"),
    ];
    if let Some((_, rule)) = rules.into_iter().find(|(holds, _)| !holds) {
        return Err(PkiError::Lint(rule));
    }
    let mut extensions = authority_extensions(ISSUING_PATH_LEN, csr.public_key())?;
    extensions.push(issuance::authority_key(root.public_key())?);
    let blueprint = Blueprint { issuer, subject, extensions };
    let tbs = blueprint.lay_out(serial, validity, csr.public_key(), root.public_key())?;
    issuance::sign_certificate(&tbs, root.public_key(), root_key)
}

fn authority_extensions(path_len: u8, key: &PublicKey) -> Result<Vec<Extension>, PkiError> {
    Ok(vec![
        issuance::subject_key(key)?,
        issuance::extension(
            true,
            &BasicConstraints { ca: true, path_len_constraint: Some(path_len) },
        )?,
        issuance::key_usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)?,
    ])
}
