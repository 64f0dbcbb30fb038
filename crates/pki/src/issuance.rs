//! Issuing in two steps: `prepare` checks and lints, `issue` signs what was linted, once.
//!
//! The split is Boulder's: the key is used only on bytes that have passed every rule, and a token of the
//! first step is spent by the second.

use std::fmt;

use crypto::{PublicKey, SigningKey, Suite};
use der::asn1::{Ia5String, OctetString};
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, CrlDistributionPoints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use crate::Validity;
use crate::certificate::Certificate;
use crate::claims::{CHALLENGE, ControlClaims, SECURITY_LAYERS};
use crate::error::PkiError;
use crate::request::VerifiedCsr;
use crate::signed::{self, IssuerKey};

const DAY_S: i64 = 86_400;

/// Who a certificate is for, and so how long it lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// A customer: 90 days.
    Holder,
    /// A member of the staff: 30 days.
    Staff,
}

impl Profile {
    /// Length of validity, in seconds.
    #[must_use]
    pub const fn validity_s(self) -> i64 {
        match self {
            Self::Holder => 90 * DAY_S,
            Self::Staff => 30 * DAY_S,
        }
    }
}

/// What a certificate is asked to say.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Whose key: a request whose possession was proved.
    pub csr: &'a VerifiedCsr,
    /// Common name the bank gives the holder, 1..=64 bytes; the one in the request is not used.
    pub subject_cn: &'a str,
    /// The seven controls.
    pub claims: &'a ControlClaims,
    /// Random serial number, not zero.
    pub serial: [u8; 16],
    /// Time of issuing, unix seconds; validity starts here.
    pub now_s: i64,
}

/// Something that passed every rule of its profile.
///
/// # Invariants
///
/// Made by [`prepare`] only, neither cloned nor rebuilt, and consumed by [`issue`].
#[derive(Debug)]
pub struct Linted<T>(T);

impl<T> Linted<T> {
    /// What was linted.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// The part of a certificate that will be signed, and the key that has to sign it.
pub struct Tbs {
    der: Vec<u8>,
    issuer_key: PublicKey,
}

impl Tbs {
    /// The DER bytes to be signed.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for Tbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tbs({} bytes for {:?})", self.der.len(), self.issuer_key)
    }
}

/// Lays out a holder's certificate and checks every rule; nothing is signed yet.
///
/// # Errors
///
/// [`PkiError::Lint`] with the rule, or what parsing the laid-out certificate refused.
pub fn prepare(
    profile: Profile,
    request: &Request<'_>,
    issuer: &Certificate,
) -> Result<Linted<Tbs>, PkiError> {
    let not_after_s = request.now_s.checked_add(profile.validity_s());
    let validity = Validity {
        not_before_s: request.now_s,
        not_after_s: not_after_s.ok_or(PkiError::Time("notAfter"))?,
    };
    check_request(request, issuer, validity)?;
    let blueprint = Blueprint {
        issuer: name_of(issuer)?,
        subject: signed::name(request.subject_cn)?,
        extensions: holder_extensions(request.claims, issuer)?,
    };
    let key = request.csr.public_key();
    let der = blueprint.lay_out(request.serial, validity, key, issuer.public_key())?;
    lint(&der, request, issuer, validity)?;
    Ok(Linted(Tbs { der, issuer_key: issuer.public_key().clone() }))
}

/// Signs what was linted. The token is spent, whether this succeeds or not.
///
/// ```compile_fail
/// # fn twice(linted: pki::Linted<pki::Tbs>, key: &crypto::SigningKey) {
/// let first = pki::issue(linted, key);
/// let second = pki::issue(linted, key); // the token is gone
/// # }
/// ```
pub fn issue(linted: Linted<Tbs>, issuer_key: &SigningKey) -> Result<Certificate, PkiError> {
    let Linted(tbs) = linted;
    sign_certificate(&tbs.der, &tbs.issuer_key, issuer_key)
}

/// Signs a laid-out certificate with the key it was laid out for.
pub(crate) fn sign_certificate(
    tbs: &[u8],
    expected: &PublicKey,
    key: &SigningKey,
) -> Result<Certificate, PkiError> {
    if key.public_key() != expected {
        return Err(PkiError::WrongIssuerKey);
    }
    Certificate::from_der(&signed::sign(key, tbs)?)
}

/// Names, extensions: what an x509-cert profile is for our three kinds of certificate.
pub(crate) struct Blueprint {
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) extensions: Vec<Extension>,
}

impl Blueprint {
    /// The DER of the part to be signed.
    pub(crate) fn lay_out(
        self,
        serial: [u8; 16],
        validity: Validity,
        key: &PublicKey,
        issuer_key: &PublicKey,
    ) -> Result<Vec<u8>, PkiError> {
        if signed::magnitude(&serial).is_empty() {
            return Err(PkiError::Lint("serial number must not be zero"));
        }
        let serial =
            SerialNumber::new(&serial).map_err(|_| PkiError::Malformed("serial number"))?;
        let info = signed::key_info(key)?;
        let mut builder = CertificateBuilder::new(self, serial, validity.to_x509()?, info)
            .map_err(|_| PkiError::Malformed("certificate"))?;
        builder.finalize(&IssuerKey(issuer_key)).map_err(|_| PkiError::Malformed("certificate"))
    }
}

impl BuilderProfile for Blueprint {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _key: spki::SubjectPublicKeyInfoRef<'_>,
        _issuer_key: spki::SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

/// One extension of a known type.
pub(crate) fn extension<T: AssociatedOid + der::Encode>(
    critical: bool,
    value: &T,
) -> Result<Extension, PkiError> {
    let der = value.to_der().map_err(|_| PkiError::Malformed("extension"))?;
    raw_extension(T::OID, critical, der)
}

/// Key usage, always critical (RFC 5280 4.2.1.3).
pub(crate) fn key_usage(usages: impl Into<FlagSet<KeyUsages>>) -> Result<Extension, PkiError> {
    extension(true, &KeyUsage(usages.into()))
}

/// Identifier of the certified key.
pub(crate) fn subject_key(key: &PublicKey) -> Result<Extension, PkiError> {
    extension(false, &SubjectKeyIdentifier(signed::key_identifier(key)?))
}

/// Identifier of the issuer's key.
pub(crate) fn authority_key(issuer_key: &PublicKey) -> Result<Extension, PkiError> {
    let key_identifier = Some(signed::key_identifier(issuer_key)?);
    extension(
        false,
        &AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() },
    )
}

/// The subject of a certificate, as the name of an issuer.
pub(crate) fn name_of(issuer: &Certificate) -> Result<Name, PkiError> {
    der::Decode::from_der(issuer.subject_der()).map_err(|_| PkiError::Malformed("name"))
}

fn raw_extension(
    extn_id: der::asn1::ObjectIdentifier,
    critical: bool,
    der: Vec<u8>,
) -> Result<Extension, PkiError> {
    let extn_value = OctetString::new(der).map_err(|_| PkiError::Malformed("extension"))?;
    Ok(Extension { extn_id, critical, extn_value })
}

fn holder_extensions(
    claims: &ControlClaims,
    issuer: &Certificate,
) -> Result<Vec<Extension>, PkiError> {
    let url = Ia5String::new(&claims.crl_url).map_err(|_| PkiError::Claim("crl_url"))?;
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![
            GeneralName::UniformResourceIdentifier(url),
        ])),
        reasons: None,
        crl_issuer: None,
    };
    Ok(vec![
        authority_key(issuer.public_key())?,
        key_usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)?,
        extension(false, &CrlDistributionPoints(vec![point]))?,
        raw_extension(SECURITY_LAYERS, true, claims.to_der()?)?,
    ])
}

/// Rules on what is asked, before anything is laid out.
fn check_request(
    request: &Request<'_>,
    issuer: &Certificate,
    validity: Validity,
) -> Result<(), PkiError> {
    issuer.check_authority()?;
    issuer.check_time(request.now_s)?;
    let claims = request.claims;
    let key = request.csr.public_key();
    let issuer_halves = issuer.public_key().component_hashes();
    let reuses_half = key.component_hashes().iter().any(|half| issuer_halves.contains(half));
    let rules = [
        (validity.not_after_s <= issuer.not_after_s(), "certificate would outlive its issuer"),
        (
            issuer.public_key().suite().certifies(key.suite()),
            "key and issuer are of different suites",
        ),
        (claims.suite == key.suite(), "claimed suite is not the key's"),
        (claims.parent_ca_fp == issuer.fingerprint(), "claimed parent is not the issuer"),
        (claims.challenge == CHALLENGE, "claimed challenge is not the one in use"),
        (!reuses_half, "key shares a half with its issuer"),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(PkiError::Lint(rule)),
        None => Ok(()),
    }
}

/// Reads back what was laid out, under a signature of zeros, with the eyes of a verifier: what leaves the
/// bank must be readable by it, and say what was asked and nothing else.
fn lint(
    tbs: &[u8],
    request: &Request<'_>,
    issuer: &Certificate,
    validity: Validity,
) -> Result<(), PkiError> {
    let suite: Suite = issuer.public_key().suite();
    let unsigned = signed::assemble(tbs, suite, &vec![0; suite.signature_len()])?;
    let read = Certificate::from_der(&unsigned)?;
    let extensions = read.extensions();
    let usage = extensions.key_usage;
    let rules = [
        (read.public_key() == request.csr.public_key(), "key differs from the request"),
        (read.claims() == Some(request.claims), "claims differ from the request"),
        (read.serial() == signed::magnitude(&request.serial), "serial number differs"),
        (read.names_issuer(issuer), "issuer is named wrongly"),
        (read.subject_der() != read.issuer_der(), "subject has the name of its issuer"),
        (read.not_before_s() == validity.not_before_s, "validity differs from the profile"),
        (read.not_after_s() == validity.not_after_s, "validity differs from the profile"),
        (!read.is_ca(), "holder would be an authority"),
        (usage.is_some_and(|u| u.digital_signature() && !u.key_cert_sign()), "key usage is wrong"),
        (extensions.crl_urls == [request.claims.crl_url.clone()], "distribution point is wrong"),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(PkiError::Lint(rule)),
        None => Ok(()),
    }
}
