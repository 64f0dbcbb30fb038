//! What happens away from a running bank: an issuing key asks, the root answers.
//!
//! The request is made where the bank's keys are, the answer where the root's are; only certificates travel. A key file
//! is on disk before its request leaves: what the root certifies can always be used.

use std::path::{Path, PathBuf};

use crypto::{SecretBytes, SigningKey, Suite};
use intent::{BankId, UtcMicros};
use pki::{Certificate, Csr, PkiError, Validity, VerifiedCsr, build_csr};

use super::issuing_keys::{self, InToken, IssuingKeys};
use super::keyfile::{KeyFile, KeyPurpose};
use super::keys::{Authority, AuthorityError};
use super::token::TokenError;
use crate::bank::{Charter, serial};

/// Validity of a root, in seconds: 20 years.
const ROOT_VALIDITY_S: i64 = 20 * 365 * 24 * 60 * 60;
/// Validity of an issuing authority, in seconds: 5 years.
const ISSUING_VALIDITY_S: i64 = 5 * 365 * 24 * 60 * 60;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// What the next issuing authority asks the root for, and what its predecessor says of it.
#[derive(Debug)]
pub struct Succession {
    /// Where the new key is.
    pub key_file: PathBuf,
    /// Request, DER.
    pub request: Vec<u8>,
    /// Certificate of the new key by the authority in force.
    pub cross_certificate: Certificate,
}

/// Makes the next issuing key of a bank, in a token if one is named, or takes up the one that an earlier call made, and has
/// the authority in force certify it. The key serves once the root has certified it too and two administrators have signed.
///
/// # Errors
///
/// [`TokenError::NotNamed`](super::TokenError::NotNamed) for a bank whose issuing keys are in tokens.
pub fn prepare(
    charter: &Charter,
    data_dir: &Path,
    passphrase: &SecretBytes,
    in_token: Option<&InToken>,
    now: UtcMicros,
) -> Result<Succession, AuthorityError> {
    let (bank, suite, active) = (&charter.id, charter.suite(), charter.issuers().active());
    check_place(active.chain().suite(), in_token)?;
    // What is there is opened first: a file sealed under a passphrase that opens no other would keep the bank from starting.
    let mut held = Authority::open_further_key_files(data_dir, bank, passphrase)?;
    held.push(Authority::open_key_file(data_dir, bank, passphrase)?);
    let keys = IssuingKeys::open(held.iter(), in_token.map(|key| &key.token))?;
    let old_key = keys.demand(active.certificate())?;
    let key_file = data_dir.join(KeyFile::issuing_name(active.generation().saturating_add(1)));
    let purposes = &KeyPurpose::ISSUING;
    let new = open_or_generate(&key_file, bank, suite, purposes, passphrase, in_token)?;
    let new_key = issuing_keys::open(&new, in_token)?;
    let name = active.certificate().common_name().ok_or(AuthorityError::Register)?;
    let request = build_csr(&new_key, &name)?;
    let cross_certificate = pki::authority::cross_certify(
        active.certificate(),
        old_key,
        &Csr::from_der(&request)?.verify()?,
        serial()?,
        now.get().div_euclid(MICROS_PER_SECOND),
    )?;
    Ok(Succession { key_file, request, cross_certificate })
}

/// Makes the keys of a bank that is to be founded under a root elsewhere, or takes up those that an earlier call made:
/// the request of its first issuing authority, DER.
pub fn prepare_founding(
    bank: &BankId,
    name: &str,
    suite: Suite,
    data_dir: &Path,
    passphrase: &SecretBytes,
    in_token: Option<&InToken>,
) -> Result<Vec<u8>, AuthorityError> {
    let path = data_dir.join(KeyFile::BANK_KEYS);
    let file = open_or_generate(&path, bank, suite, &KeyPurpose::BANK, passphrase, in_token)?;
    let key = issuing_keys::open(&file, in_token)?;
    Ok(build_csr(&key, &format!("{name} Issuing"))?)
}

/// Signs itself a root.
pub fn create_root(
    key: &SigningKey,
    bank_name: &str,
    now: UtcMicros,
) -> Result<Certificate, AuthorityError> {
    let validity = lasting(now, ROOT_VALIDITY_S);
    let name = format!("{bank_name} Root");
    Ok(pki::authority::create_root(key, &name, serial()?, validity)?)
}

/// The root's answer to a request: five years, or as long as the root itself lasts.
pub fn certify(
    root: &Certificate,
    root_key: &SigningKey,
    request: &VerifiedCsr,
    now: UtcMicros,
) -> Result<Certificate, AuthorityError> {
    let mut validity = lasting(now, ISSUING_VALIDITY_S);
    validity.not_after_s = validity.not_after_s.min(root.not_after_s());
    let issuing = pki::authority::create_issuing(root, root_key, request, serial()?, validity)?;
    Ok(issuing)
}

fn open_or_generate(
    path: &Path,
    bank: &BankId,
    suite: Suite,
    purposes: &[KeyPurpose],
    passphrase: &SecretBytes,
    in_token: Option<&InToken>,
) -> Result<KeyFile, AuthorityError> {
    if path.exists() {
        let file = KeyFile::open(path, bank, passphrase)?;
        return (file.suite() == suite).then_some(file).ok_or(AuthorityError::ForeignCertificate);
    }
    let file = issuing_keys::make(bank, suite, purposes, in_token)?;
    file.create(path, passphrase)?;
    Ok(file)
}

/// A successor is of its predecessor's suite, and keys of `hsm` are made in tokens.
fn check_place(suite: Suite, in_token: Option<&InToken>) -> Result<(), AuthorityError> {
    match (suite, in_token) {
        (Suite::Hsm, None) => Err(TokenError::NotNamed.into()),
        (Suite::Hsm, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(PkiError::Lint("successor is of another suite").into()),
    }
}

fn lasting(from: UtcMicros, seconds: i64) -> Validity {
    let not_before_s = from.get().div_euclid(MICROS_PER_SECOND);
    Validity { not_before_s, not_after_s: not_before_s.saturating_add(seconds) }
}
