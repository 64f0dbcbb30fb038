//! Certificates of authorities: the root, which signs itself, and the issuing authority below it.

use crypto::{PublicKey, SigningKey};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};
use x509_cert::name::Name;

use crate::Validity;
use crate::certificate::Certificate;
use crate::chain::{Chain, verify_any};
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

/// Certifies the successor of an issuing authority with the key of its predecessor: a verifier that holds only the
/// old certificate can follow to the new key ("new with old", RFC 4210 4.4). It ends with the predecessor.
///
/// Both have one name, so this certificate is self-issued and does not count against the path length of the
/// predecessor (RFC 5280 6.1).
///
/// # Errors
///
/// [`PkiError::WrongIssuerKey`] unless `old_key` is the predecessor's; [`PkiError::Lint`] for a successor of another
/// name or suite, or one that shares a half of its key.
pub fn cross_certify(
    old: &Certificate,
    old_key: &SigningKey,
    new: &VerifiedCsr,
    serial: [u8; 16],
    now_s: i64,
) -> Result<Certificate, PkiError> {
    old.check_authority()?;
    let name = issuance::name_of(old)?;
    check_successor(&name, old.public_key(), &signed::name(new.common_name())?, new.public_key())?;
    let mut extensions = authority_extensions(ISSUING_PATH_LEN, new.public_key())?;
    extensions.push(issuance::authority_key(old.public_key())?);
    let blueprint = Blueprint { issuer: name.clone(), subject: name, extensions };
    let validity = Validity { not_before_s: now_s, not_after_s: old.not_after_s() };
    let tbs = blueprint.lay_out(serial, validity, new.public_key(), old.public_key())?;
    issuance::sign_certificate(&tbs, old.public_key(), old_key)
}

/// Checks that `new` may follow `old` as the issuing authority below `root`: the root certified both, the old key
/// certified the new one in `cross`, all of it is valid at `now_s`, and no half of a key is shared.
///
/// # Errors
///
/// The first rule that does not hold.
pub fn check_succession(
    root: &Certificate,
    old: &Certificate,
    new: &Certificate,
    cross: &Certificate,
    now_s: i64,
) -> Result<(), PkiError> {
    Chain::new(root.clone(), old.clone())?;
    Chain::new(root.clone(), new.clone())?;
    let (old_name, new_name) = (issuance::name_of(old)?, issuance::name_of(new)?);
    check_successor(&old_name, old.public_key(), &new_name, new.public_key())?;
    // A half of the root's would make of one broken key two.
    check_successor(&old_name, root.public_key(), &new_name, new.public_key())?;
    cross.check_authority()?;
    let rules = [
        (cross.public_key() == new.public_key(), "cross-certificate is of another key"),
        (cross.subject_der() == new.subject_der(), "cross-certificate is of another name"),
        (cross.path_len() == Some(0), "cross-certificate has another path length"),
        (cross.not_after_s() <= old.not_after_s(), "cross-certificate outlives its issuer"),
    ];
    if let Some((_, rule)) = rules.into_iter().find(|(holds, _)| !holds) {
        return Err(PkiError::Lint(rule));
    }
    root.check_time(now_s)?;
    new.check_time(now_s)?;
    verify_any(cross, Some(old), now_s)
}

fn check_successor(
    old_name: &Name,
    old: &PublicKey,
    new_name: &Name,
    new: &PublicKey,
) -> Result<(), PkiError> {
    let old_halves = old.component_hashes();
    let reuses_half = new.component_hashes().iter().any(|half| old_halves.contains(half));
    let rules = [
        (old.suite() == new.suite(), "successor is of another suite"),
        (old_name == new_name, "successor has another name"),
        (!reuses_half, "successor shares a half of its key"),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(PkiError::Lint(rule)),
        None => Ok(()),
    }
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
