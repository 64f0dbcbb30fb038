//! Revocation lists (RFC 5280 section 5): complete, version 2, signed by the authority itself.

use std::fmt;
use std::sync::Arc;

use crypto::{PublicKey, Sha3, SigningKey, Suite};
use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::AssociatedOid as _;
use der::{Decode as _, Encode as _};
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::certificate::Certificate;
use crate::error::PkiError;
use crate::issuance;
use crate::signed;

const WHAT: &str = "revocation list";

/// Why a certificate was revoked (RFC 5280 5.3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationReason {
    /// No reason given.
    Unspecified,
    /// The holder's key or device is lost or in other hands.
    KeyCompromise,
    /// The authority's key is in other hands.
    CaCompromise,
    /// Name or relation of the holder changed.
    AffiliationChanged,
    /// A newer generation of the lineage replaced it.
    Superseded,
    /// The relation ended.
    CessationOfOperation,
    /// Suspended, perhaps for a time.
    CertificateHold,
    /// The role was taken away.
    PrivilegeWithdrawn,
}

/// One revoked certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedEntry {
    /// Serial number, big-endian; leading zeros do not count.
    pub serial: Vec<u8>,
    /// Time of revocation, unix seconds.
    pub at_s: i64,
    /// Reason.
    pub reason: RevocationReason,
}

/// A parsed revocation list whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Vec<u8>,
    suite: Suite,
    signature: Vec<u8>,
    issuer_der: Vec<u8>,
    issuer_key: Vec<u8>,
    number: u64,
    this_update_s: i64,
    next_update_s: i64,
    entries: Vec<RevokedEntry>,
}

impl Crl {
    /// Signs a list: DER. Numbers must rise from list to list; the caller keeps count.
    ///
    /// # Errors
    ///
    /// [`PkiError::WrongIssuerKey`]; [`PkiError::NotAnAuthority`]; [`PkiError::Lint`] for a serial listed
    /// twice, zero or too long, or times out of order.
    pub fn build(
        issuer: &Certificate,
        key: &SigningKey,
        number: u64,
        this_update_s: i64,
        next_update_s: i64,
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, PkiError> {
        check_signer(issuer)?;
        if key.public_key() != issuer.public_key() {
            return Err(PkiError::WrongIssuerKey);
        }
        if next_update_s <= this_update_s {
            return Err(PkiError::Lint("revocation list ends before it starts"));
        }
        let mut entries = revoked.to_vec();
        entries.sort_by(|a, b| signed::magnitude(&a.serial).cmp(signed::magnitude(&b.serial)));
        entries.dedup_by(|a, b| signed::magnitude(&a.serial) == signed::magnitude(&b.serial));
        if entries.len() != revoked.len() {
            return Err(PkiError::Lint("serial number is listed twice"));
        }
        let entries = entries.iter().map(encode_entry).collect::<Result<Vec<_>, _>>()?;
        let tbs = TbsCertList {
            version: Version::V2,
            signature: algorithm(issuer.public_key())?,
            issuer: issuance::name_of(issuer)?,
            this_update: signed::time(this_update_s, "thisUpdate")?,
            next_update: Some(signed::time(next_update_s, "nextUpdate")?),
            // RFC 5280 5.1.2.6: an empty list MUST be absent.
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: Some(vec![
                issuance::authority_key(issuer.public_key())?,
                issuance::extension(
                    false,
                    &CrlNumber::try_from(number).map_err(|_| PkiError::Malformed(WHAT))?,
                )?,
            ]),
        };
        signed::sign(key, &tbs.to_der().map_err(|_| PkiError::Malformed(WHAT))?)
    }

    /// Parses one list that fills `der` exactly, in canonical DER.
    ///
    /// # Errors
    ///
    /// Also refused: a list without number, `nextUpdate` or authority key identifier, and any critical
    /// extension (delta, indirect and partitioned lists are not used here).
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let parsed: CertificateList =
            CertificateList::from_der(der).map_err(|_| PkiError::Malformed(WHAT))?;
        if parsed.to_der().ok().as_deref() != Some(der) {
            return Err(PkiError::NotCanonical(WHAT));
        }
        let tbs = &parsed.tbs_cert_list;
        if tbs.version != Version::V2 {
            return Err(PkiError::UnsupportedVersion(WHAT));
        }
        if tbs.signature != parsed.signature_algorithm {
            return Err(PkiError::AlgorithmMismatch);
        }
        let suite = signed::suite_of(&parsed.signature_algorithm)?;
        let extensions = tbs.crl_extensions.as_deref().unwrap_or_default();
        refuse_critical(extensions)?;
        let next_update = tbs.next_update.as_ref().ok_or(PkiError::Malformed("nextUpdate"))?;
        let revoked = tbs.revoked_certificates.as_deref().unwrap_or_default();
        let encode = |part: der::Result<Vec<u8>>| part.map_err(|_| PkiError::Malformed(WHAT));
        Ok(Self {
            der: der.to_vec(),
            tbs: encode(tbs.to_der())?,
            suite,
            signature: signed::signature_of(&parsed.signature, suite)?,
            issuer_der: encode(tbs.issuer.to_der())?,
            issuer_key: issuer_key_of(extensions)?,
            number: number_of(extensions)?,
            this_update_s: signed::unix_s(&tbs.this_update)?,
            next_update_s: signed::unix_s(next_update)?,
            entries: revoked.iter().map(decode_entry).collect::<Result<Vec<_>, _>>()?,
        })
    }

    /// Checks issuer, signature and freshness.
    ///
    /// That the list is not older than one seen before is control 5's business: see
    /// [`check_controls`](crate::check_controls).
    pub fn verify(self, issuer: &Certificate, now_s: i64) -> Result<VerifiedCrl, PkiError> {
        check_signer(issuer)?;
        let named = issuer.extensions().subject_key.as_ref();
        if self.issuer_der != issuer.subject_der() || named.is_some_and(|id| *id != self.issuer_key)
        {
            return Err(PkiError::UnknownIssuer(WHAT));
        }
        if self.suite != issuer.public_key().suite() {
            return Err(PkiError::MixedSuites);
        }
        signed::verify(issuer.public_key(), &self.tbs, &self.signature, WHAT)?;
        let verified = VerifiedCrl {
            for_paths: Arc::new(CertRevocationList::Owned(
                OwnedCertRevocationList::from_der(&self.der)
                    .map_err(|e| PkiError::Path(format!("{e:?}")))?,
            )),
            der: self.der,
            issuer: issuer.fingerprint(),
            number: self.number,
            this_update_s: self.this_update_s,
            next_update_s: self.next_update_s,
            entries: self.entries,
        };
        verified.check_fresh(now_s)?;
        Ok(verified)
    }
}

/// A revocation list signed by its authority and fresh when it was checked. Made by [`Crl::verify`] only.
#[derive(Clone)]
pub struct VerifiedCrl {
    der: Vec<u8>,
    issuer: Sha3,
    number: u64,
    this_update_s: i64,
    next_update_s: i64,
    entries: Vec<RevokedEntry>,
    for_paths: Arc<CertRevocationList<'static>>,
}

impl VerifiedCrl {
    /// Number of the list; rises from list to list.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Start of freshness, unix seconds.
    #[must_use]
    pub fn this_update_s(&self) -> i64 {
        self.this_update_s
    }

    /// End of freshness, unix seconds; from this second on the list is stale.
    #[must_use]
    pub fn next_update_s(&self) -> i64 {
        self.next_update_s
    }

    /// SHA3-256 of the certificate of the authority that signed the list.
    #[must_use]
    pub fn issuer_fingerprint(&self) -> &Sha3 {
        &self.issuer
    }

    /// Whether the serial number is listed; leading zeros do not count.
    #[must_use]
    pub fn is_revoked(&self, serial: &[u8]) -> bool {
        let serial = signed::magnitude(serial);
        self.entries.iter().any(|entry| entry.serial == serial)
    }

    /// What is revoked, as listed.
    #[must_use]
    pub fn entries(&self) -> &[RevokedEntry] {
        &self.entries
    }

    /// The DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Refuses a list outside its freshness: `thisUpdate <= now < nextUpdate`.
    pub(crate) fn check_fresh(&self, now_s: i64) -> Result<(), PkiError> {
        if now_s < self.this_update_s {
            return Err(PkiError::CrlNotYetValid { this_update_s: self.this_update_s, now_s });
        }
        if now_s >= self.next_update_s {
            return Err(PkiError::CrlStale { next_update_s: self.next_update_s, now_s });
        }
        Ok(())
    }

    pub(crate) fn for_paths(&self) -> &CertRevocationList<'static> {
        &self.for_paths
    }
}

impl fmt::Debug for VerifiedCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revoked = self.entries.len();
        write!(f, "VerifiedCrl(number {}, {revoked} revoked, of {})", self.number, self.issuer)
    }
}

fn check_signer(issuer: &Certificate) -> Result<(), PkiError> {
    if issuer.is_ca() && issuer.extensions().key_usage.is_some_and(|usage| usage.crl_sign()) {
        Ok(())
    } else {
        Err(PkiError::NotAnAuthority("may not sign revocation lists"))
    }
}

fn algorithm(key: &PublicKey) -> Result<AlgorithmIdentifierOwned, PkiError> {
    AlgorithmIdentifierOwned::from_der(key.suite().algorithm_identifier_der())
        .map_err(|_| PkiError::Malformed("algorithm identifier"))
}

fn refuse_critical(extensions: &[Extension]) -> Result<(), PkiError> {
    match extensions.iter().find(|extension| extension.critical) {
        Some(extension) => Err(PkiError::UnknownCriticalExtension(extension.extn_id.to_string())),
        None => Ok(()),
    }
}

/// The one extension of this OID.
fn find(extensions: &[Extension], oid: ObjectIdentifier) -> Result<Option<&OctetString>, PkiError> {
    let mut found = extensions.iter().filter(|extension| extension.extn_id == oid);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(PkiError::DuplicateExtension(oid.to_string())),
        (first, None) => Ok(first.map(|extension| &extension.extn_value)),
    }
}

fn number_of(extensions: &[Extension]) -> Result<u64, PkiError> {
    // Decoded as a u64 at once: RFC 5280 allows 20 octets, the bank counts from 1.
    find(extensions, CrlNumber::OID)?
        .and_then(|der| u64::from_der(der.as_bytes()).ok())
        .ok_or(PkiError::Malformed("revocation list number"))
}

fn issuer_key_of(extensions: &[Extension]) -> Result<Vec<u8>, PkiError> {
    find(extensions, AuthorityKeyIdentifier::OID)?
        .and_then(|der| AuthorityKeyIdentifier::from_der(der.as_bytes()).ok())
        .and_then(|key| key.key_identifier)
        .map(|id| id.as_bytes().to_vec())
        .ok_or(PkiError::Malformed("authority key identifier"))
}

fn encode_entry(entry: &RevokedEntry) -> Result<RevokedCert, PkiError> {
    let serial = signed::magnitude(&entry.serial);
    if serial.is_empty() {
        return Err(PkiError::Lint("serial number must not be zero"));
    }
    // RFC 5280 5.3.1: "unspecified" is said by saying nothing.
    let reason = match entry.reason {
        RevocationReason::Unspecified => None,
        RevocationReason::KeyCompromise => Some(CrlReason::KeyCompromise),
        RevocationReason::CaCompromise => Some(CrlReason::CaCompromise),
        RevocationReason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
        RevocationReason::Superseded => Some(CrlReason::Superseded),
        RevocationReason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        RevocationReason::CertificateHold => Some(CrlReason::CertificateHold),
        RevocationReason::PrivilegeWithdrawn => Some(CrlReason::PrivilegeWithdrawn),
    };
    let reason = reason.map(|reason| issuance::extension(false, &reason)).transpose()?;
    Ok(RevokedCert {
        serial_number: SerialNumber::new(serial)
            .map_err(|_| PkiError::Lint("serial number is too long"))?,
        revocation_date: signed::time(entry.at_s, "revocationDate")?,
        crl_entry_extensions: reason.map(|reason| vec![reason]),
    })
}

fn decode_entry(entry: &RevokedCert) -> Result<RevokedEntry, PkiError> {
    let extensions = entry.crl_entry_extensions.as_deref().unwrap_or_default();
    refuse_critical(extensions)?;
    let reason = find(extensions, CrlReason::OID)?
        .map(|der| CrlReason::from_der(der.as_bytes()))
        .transpose()
        .map_err(|_| PkiError::Malformed("revocation reason"))?;
    Ok(RevokedEntry {
        serial: signed::magnitude(entry.serial_number.as_bytes()).to_vec(),
        at_s: signed::unix_s(&entry.revocation_date)?,
        reason: match reason {
            None | Some(CrlReason::Unspecified) => RevocationReason::Unspecified,
            Some(CrlReason::KeyCompromise) => RevocationReason::KeyCompromise,
            Some(CrlReason::CaCompromise) => RevocationReason::CaCompromise,
            Some(CrlReason::AffiliationChanged) => RevocationReason::AffiliationChanged,
            Some(CrlReason::Superseded) => RevocationReason::Superseded,
            Some(CrlReason::CessationOfOperation) => RevocationReason::CessationOfOperation,
            Some(CrlReason::CertificateHold) => RevocationReason::CertificateHold,
            Some(CrlReason::PrivilegeWithdrawn) => RevocationReason::PrivilegeWithdrawn,
            // Delta lists and attribute authorities, neither of which exist here.
            Some(CrlReason::RemoveFromCRL | CrlReason::AaCompromise) => {
                return Err(PkiError::Malformed("revocation reason"));
            }
        },
    })
}
