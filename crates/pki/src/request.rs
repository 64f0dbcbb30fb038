//! Certificate signing requests (PKCS #10, RFC 2986): a key, a name, and the proof of possession.

use std::fmt;

use crypto::{PublicKey, SigningKey, Suite};
use der::asn1::SetOfVec;
use der::pem::LineEnding;
use der::{Decode as _, Document, Encode as _};
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::error::PkiError;
use crate::signed;

const PEM_LABEL: &str = "CERTIFICATE REQUEST";

/// Builds a request for `key`, DER. It carries no attributes: what a certificate says is decided by the bank.
pub fn build_csr(key: &SigningKey, common_name: &str) -> Result<Vec<u8>, PkiError> {
    let info = CertReqInfo {
        version: Version::V1,
        subject: signed::name(common_name)?,
        public_key: signed::key_info(key.public_key())?,
        attributes: SetOfVec::default(),
    };
    let der = info.to_der().map_err(|_| PkiError::Malformed("request"))?;
    signed::sign(key, &der)
}

/// A parsed request whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Csr {
    der: Vec<u8>,
    info: Vec<u8>,
    public_key: PublicKey,
    common_name: String,
    signature: Vec<u8>,
}

impl Csr {
    /// Parses one request that fills `der` exactly, in canonical DER.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let parsed = CertReq::from_der(der).map_err(|_| PkiError::Malformed("request"))?;
        if parsed.to_der().ok().as_deref() != Some(der) {
            return Err(PkiError::NotCanonical("request"));
        }
        let suite: Suite = signed::suite_of(&parsed.algorithm)?;
        let public_key = signed::public_key_of(&parsed.info.public_key)?;
        if public_key.suite() != suite {
            return Err(PkiError::AlgorithmMismatch);
        }
        Ok(Self {
            der: der.to_vec(),
            info: parsed.info.to_der().map_err(|_| PkiError::Malformed("request"))?,
            public_key,
            common_name: signed::common_name(&parsed.info.subject)
                .ok_or(PkiError::Malformed("common name"))?,
            signature: signed::signature_of(&parsed.signature, suite)?,
        })
    }

    /// Parses a request in PEM (RFC 7468).
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        match Document::from_pem(pem) {
            Ok((PEM_LABEL, der)) => Self::from_der(der.as_bytes()),
            Ok(_) | Err(_) => Err(PkiError::Malformed("request")),
        }
    }

    /// Checks the proof of possession: the request is signed by the key it asks a certificate for.
    pub fn verify(self) -> Result<VerifiedCsr, PkiError> {
        signed::verify(&self.public_key, &self.info, &self.signature, "request")?;
        let Self { der, public_key, common_name, .. } = self;
        Ok(VerifiedCsr { der, public_key, common_name })
    }
}

/// A request whose sender has the private key. Made by [`Csr::verify`] only.
#[derive(Clone)]
pub struct VerifiedCsr {
    der: Vec<u8>,
    public_key: PublicKey,
    common_name: String,
}

impl VerifiedCsr {
    /// The request in PEM (RFC 7468), lines of 64 characters.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // An encoding error would need more than 256 MiB; what was parsed from memory is smaller.
        der::pem::encode_string(PEM_LABEL, LineEnding::LF, &self.der).unwrap_or_default()
    }

    /// The key to be certified.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The common name asked for; no one has checked that it is the sender's.
    #[must_use]
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for VerifiedCsr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedCsr({}, {})", self.common_name, self.public_key.fingerprint())
    }
}
