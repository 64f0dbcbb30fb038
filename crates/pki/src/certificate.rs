//! A parsed certificate: strict DER, known extensions, a key and a signature of our suites.

use std::fmt;

use crypto::{PublicKey, Sha3, Suite, sha3_256};
use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid as _;
use der::pem::LineEnding;
use der::{Decode as _, Document, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};
use x509_cert::{TbsCertificate, Version};

use crate::claims::{ControlClaims, SECURITY_LAYERS};
use crate::error::PkiError;
use crate::signed;

const PEM_LABEL: &str = "CERTIFICATE";

/// An X.509 v3 certificate with a key of one of our suites.
///
/// # Invariants
///
/// - The bytes are the only DER encoding of what was parsed, from first to last byte.
/// - Key and signature are of known suites and of the suite's fixed length; the algorithm inside the signed
///   part equals the one outside.
/// - Every critical extension is one this crate enforces.
///
/// Parsing proves nothing about who signed it: see [`Chain`](crate::Chain) and
/// [`verify_any`](crate::verify_any).
#[derive(Clone, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Vec<u8>,
    fingerprint: Sha3,
    signature_suite: Suite,
    signature: Vec<u8>,
    public_key: PublicKey,
    subject: String,
    subject_der: Vec<u8>,
    issuer: String,
    issuer_der: Vec<u8>,
    serial: Vec<u8>,
    not_before_s: i64,
    not_after_s: i64,
    extensions: Extensions,
}

/// The extensions this crate knows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Extensions {
    pub(crate) basic: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) subject_key: Option<Vec<u8>>,
    pub(crate) authority_key: Option<Vec<u8>>,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) claims: Option<ControlClaims>,
}

impl Certificate {
    /// Parses one certificate that fills `der` exactly.
    ///
    /// # Errors
    ///
    /// Anything that is not canonical DER of a v3 certificate of our suites with known critical extensions.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let parsed = x509_cert::Certificate::from_der(der)
            .map_err(|_| PkiError::Malformed("certificate"))?;
        if parsed.to_der().ok().as_deref() != Some(der) {
            return Err(PkiError::NotCanonical("certificate"));
        }
        let tbs = parsed.tbs_certificate();
        check_frame(tbs)?;
        if tbs.signature() != parsed.signature_algorithm() {
            return Err(PkiError::AlgorithmMismatch);
        }
        let signature_suite = signed::suite_of(parsed.signature_algorithm())?;
        Ok(Self {
            der: der.to_vec(),
            tbs: canonical(tbs)?,
            fingerprint: sha3_256(der),
            signature_suite,
            signature: signed::signature_of(parsed.signature(), signature_suite)?,
            public_key: signed::public_key_of(tbs.subject_public_key_info())?,
            subject: tbs.subject().to_string(),
            subject_der: canonical(tbs.subject())?,
            issuer: tbs.issuer().to_string(),
            issuer_der: canonical(tbs.issuer())?,
            serial: serial_of(tbs)?,
            not_before_s: signed::unix_s(&tbs.validity().not_before)?,
            not_after_s: signed::unix_s(&tbs.validity().not_after)?,
            extensions: Extensions::parse(tbs.extensions().map_or(&[], Vec::as_slice))?,
        })
    }

    /// Parses one certificate in PEM (RFC 7468), label `CERTIFICATE`.
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let (label, der) =
            Document::from_pem(pem).map_err(|_| PkiError::Malformed("certificate"))?;
        if label == PEM_LABEL {
            Self::from_der(der.as_bytes())
        } else {
            Err(PkiError::Malformed("certificate"))
        }
    }

    /// The certificate in PEM (RFC 7468), lines of 64 characters.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // An encoding error would need more than 256 MiB; what was parsed from memory is smaller.
        der::pem::encode_string(PEM_LABEL, LineEnding::LF, &self.der).unwrap_or_default()
    }

    /// The DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA3-256 of the DER bytes: the name of this certificate everywhere in the bank.
    #[must_use]
    pub fn fingerprint(&self) -> Sha3 {
        self.fingerprint
    }

    /// The certified key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Suite of the issuer's signature on this certificate.
    #[must_use]
    pub fn signature_suite(&self) -> Suite {
        self.signature_suite
    }

    /// Distinguished name of the holder (RFC 4514).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Common name of the subject, if it has one.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        signed::common_name(&crate::issuance::name_of(self).ok()?)
    }

    /// Distinguished name of the issuer (RFC 4514).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Serial number, big-endian, without leading zeros; 1..=20 bytes.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// First second of validity, unix.
    #[must_use]
    pub fn not_before_s(&self) -> i64 {
        self.not_before_s
    }

    /// Last second of validity, unix.
    #[must_use]
    pub fn not_after_s(&self) -> i64 {
        self.not_after_s
    }

    /// Whether basic constraints say it is an authority's.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.extensions.basic.as_ref().is_some_and(|basic| basic.ca)
    }

    /// The seven controls as claimed; `None` for authorities and for certificates of others.
    #[must_use]
    pub fn claims(&self) -> Option<&ControlClaims> {
        self.extensions.claims.as_ref()
    }

    /// The bytes the issuer signed.
    pub(crate) fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Refuses a time outside the validity, both ends included (RFC 5280 4.1.2.5).
    pub(crate) fn check_time(&self, now_s: i64) -> Result<(), PkiError> {
        if now_s < self.not_before_s {
            return Err(PkiError::NotYetValid { not_before_s: self.not_before_s, now_s });
        }
        if now_s > self.not_after_s {
            return Err(PkiError::Expired { not_after_s: self.not_after_s, now_s });
        }
        Ok(())
    }

    /// Refuses a certificate that may not sign others' certificates.
    pub(crate) fn check_authority(&self) -> Result<(), PkiError> {
        let usage = self.extensions.key_usage;
        if !self.is_ca() {
            Err(PkiError::NotAnAuthority("basic constraints"))
        } else if usage.is_some_and(|usage| usage.key_cert_sign()) {
            Ok(())
        } else {
            Err(PkiError::NotAnAuthority("key usage"))
        }
    }

    /// Authorities allowed below this one; `None` for no limit.
    pub(crate) fn path_len(&self) -> Option<u8> {
        self.extensions.basic.as_ref().and_then(|basic| basic.path_len_constraint)
    }

    /// Whether names and key identifiers say that `self` was issued by `issuer`.
    pub(crate) fn names_issuer(&self, issuer: &Self) -> bool {
        let named = self.extensions.authority_key.as_ref();
        let known = issuer.extensions.subject_key.as_ref();
        self.issuer_der == issuer.subject_der
            && match (named, known) {
                (Some(named), Some(known)) => named == known,
                (_, None) | (None, _) => true,
            }
    }
}

/// Names it; five kilobytes of numbers help nobody.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.subject, self.fingerprint)
    }
}

impl Extensions {
    fn parse(extensions: &[Extension]) -> Result<Self, PkiError> {
        let mut out = Self::default();
        let mut seen: Vec<ObjectIdentifier> = Vec::with_capacity(extensions.len());
        for extension in extensions {
            if seen.contains(&extension.extn_id) {
                return Err(PkiError::DuplicateExtension(extension.extn_id.to_string()));
            }
            seen.push(extension.extn_id);
            out.remember(extension)?;
        }
        Ok(out)
    }

    fn remember(&mut self, extension: &Extension) -> Result<(), PkiError> {
        match extension.extn_id {
            BasicConstraints::OID => self.basic = Some(exact(extension)?),
            KeyUsage::OID => self.key_usage = Some(exact(extension)?),
            SubjectKeyIdentifier::OID => {
                self.subject_key =
                    Some(exact::<SubjectKeyIdentifier>(extension)?.0.into_bytes().into());
            }
            AuthorityKeyIdentifier::OID => {
                let key = exact::<AuthorityKeyIdentifier>(extension)?;
                self.authority_key = key.key_identifier.map(|id| id.into_bytes().into());
            }
            CrlDistributionPoints::OID => {
                self.crl_urls = urls(&exact::<CrlDistributionPoints>(extension)?);
            }
            ExtendedKeyUsage::OID => drop(exact::<ExtendedKeyUsage>(extension)?),
            SECURITY_LAYERS => {
                // Not critical, and others' software would take the certificate for an unbound one.
                if !extension.critical {
                    return Err(PkiError::WrongCriticality(extension.extn_id.to_string()));
                }
                self.claims = Some(ControlClaims::from_der(extension.extn_value.as_bytes())?);
            }
            other if extension.critical => {
                return Err(PkiError::UnknownCriticalExtension(other.to_string()));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The canonical DER of a part.
fn canonical(part: &impl Encode) -> Result<Vec<u8>, PkiError> {
    part.to_der().map_err(|_| PkiError::Malformed("certificate"))
}

/// Decodes an extension's value and refuses any but its one encoding.
fn exact<'a, T>(extension: &'a Extension) -> Result<T, PkiError>
where
    T: der::Decode<'a, Error = der::Error> + Encode,
{
    let der = extension.extn_value.as_bytes();
    let value = T::from_der(der).map_err(|_| PkiError::Malformed("extension"))?;
    if value.to_der().ok().as_deref() == Some(der) {
        Ok(value)
    } else {
        Err(PkiError::NotCanonical("extension"))
    }
}

/// RFC 5280 4.1: version 3, no unique identifiers.
fn check_frame(tbs: &TbsCertificate) -> Result<(), PkiError> {
    if tbs.version() != Version::V3 {
        return Err(PkiError::UnsupportedVersion("certificate"));
    }
    if tbs.issuer_unique_id().is_some() || tbs.subject_unique_id().is_some() {
        return Err(PkiError::Malformed("unique identifier"));
    }
    Ok(())
}

/// RFC 5280 4.1.2.2: a positive number of at most 20 octets.
fn serial_of(tbs: &TbsCertificate) -> Result<Vec<u8>, PkiError> {
    let serial = tbs.serial_number().as_bytes();
    let negative = serial.first().is_some_and(|byte| byte & 0x80 != 0);
    let magnitude = signed::magnitude(serial);
    if negative || magnitude.is_empty() || magnitude.len() > 20 {
        return Err(PkiError::Malformed("serial number"));
    }
    Ok(magnitude.to_vec())
}

fn urls(points: &CrlDistributionPoints) -> Vec<String> {
    let mut urls = Vec::new();
    for point in &points.0 {
        if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
            for name in names {
                if let GeneralName::UniformResourceIdentifier(url) = name {
                    urls.push(url.to_string());
                }
            }
        }
    }
    urls
}
