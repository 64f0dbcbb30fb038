//! What certificate, request and revocation list have in common.
//!
//! ```text
//! SEQUENCE {
//!   signed part          SEQUENCE
//!   signatureAlgorithm   SEQUENCE { OID }            no parameters in any of our suites
//!   signature            BIT STRING                  of a length of its suite
//! }
//! ```

use std::time::Duration;

use crypto::{Context, CryptoError, PublicKey, Suite};
use crypto::{SigningKey, sha256};
use der::asn1::{Any, AnyRef, BitString, BitStringRef, OctetString, SetOfVec, Utf8StringRef};
use der::{Decode as _, Document, Encode as _, Sequence};
use signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SubjectPublicKeyInfoOwned,
};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::time::Time;

use crate::error::PkiError;
use crate::text;

/// `id-at-commonName` (RFC 5280 A.1).
const COMMON_NAME: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("2.5.4.3");

/// `ub-common-name` of RFC 5280 A.1, taken as bytes so that a list of names has a known size.
const COMMON_NAME_BYTES_MAX: usize = 64;

/// Leftmost 160 bits of the hash name a key (RFC 7093 section 2, method 1).
const KEY_IDENTIFIER_BYTES: usize = 20;

#[derive(Sequence)]
struct Signed<'a> {
    part: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

/// The public half of an issuer in the terms of the x509-cert builder, which needs no secret to lay out
/// the part to be signed.
pub(crate) struct IssuerKey<'a>(pub(crate) &'a PublicKey);

/// A public key that x509-cert can encode.
#[derive(Clone)]
pub(crate) struct KeyInfo(PublicKey);

impl Keypair for IssuerKey<'_> {
    type VerifyingKey = KeyInfo;

    fn verifying_key(&self) -> Self::VerifyingKey {
        KeyInfo(self.0.clone())
    }
}

impl DynSignatureAlgorithmIdentifier for IssuerKey<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned::from_der(self.0.suite().algorithm_identifier_der())?)
    }
}

impl EncodePublicKey for KeyInfo {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::encode_msg(&key_info_der(&self.0)?)?)
    }
}

/// Signs `part` and assembles the whole object.
pub(crate) fn sign(key: &SigningKey, part: &[u8]) -> Result<Vec<u8>, PkiError> {
    let signature = key.sign(&Context::X509, part).map_err(PkiError::Crypto)?;
    assemble(part, key.suite(), signature.as_bytes())
}

/// Joins a signed part and its signature; checks nothing.
pub(crate) fn assemble(part: &[u8], suite: Suite, signature: &[u8]) -> Result<Vec<u8>, PkiError> {
    let encode = || -> der::Result<Vec<u8>> {
        Signed {
            part: AnyRef::from_der(part)?,
            algorithm: AnyRef::from_der(suite.algorithm_identifier_der())?,
            signature: BitStringRef::from_bytes(signature)?,
        }
        .to_der()
    };
    encode().map_err(|_| PkiError::Malformed("signed part"))
}

/// Verifies a signature in the context of X.509 (empty).
pub(crate) fn verify(
    key: &PublicKey,
    part: &[u8],
    signature: &[u8],
    what: &'static str,
) -> Result<(), PkiError> {
    key.verify(&Context::X509, part, signature).map_err(|e| match e {
        CryptoError::InvalidSignature | CryptoError::InvalidLength { .. } => {
            PkiError::InvalidSignature(what)
        }
        other => PkiError::Crypto(other),
    })
}

/// The suite whose algorithm identifier this is, to the byte: parameters, even NULL, make it another one.
pub(crate) fn suite_of(algorithm: &AlgorithmIdentifierOwned) -> Result<Suite, PkiError> {
    let der = algorithm.to_der().map_err(|_| PkiError::Malformed("algorithm identifier"))?;
    Suite::ALL
        .into_iter()
        .find(|suite| suite.algorithm_identifier_der() == der)
        .ok_or_else(|| PkiError::UnknownSuite(algorithm.oid.to_string()))
}

/// The public key of one of our suites.
pub(crate) fn public_key_of(info: &SubjectPublicKeyInfoOwned) -> Result<PublicKey, PkiError> {
    let suite = suite_of(&info.algorithm)?;
    let bytes = info.subject_public_key.as_bytes().ok_or(PkiError::Malformed("public key"))?;
    PublicKey::from_bytes(suite, bytes).map_err(|_| PkiError::Malformed("public key"))
}

/// The signature bytes, refused unless they have a length of the suite: a composite stripped to one half ends here.
pub(crate) fn signature_of(bits: &BitString, suite: Suite) -> Result<Vec<u8>, PkiError> {
    let bytes = bits.as_bytes().ok_or(PkiError::Malformed("signature"))?;
    if suite.is_signature_len(bytes.len()) {
        Ok(bytes.to_vec())
    } else {
        Err(PkiError::SignatureLength { expected: suite.signature_len(), actual: bytes.len() })
    }
}

/// `SubjectPublicKeyInfo` of a key.
pub(crate) fn key_info(key: &PublicKey) -> Result<SubjectPublicKeyInfoOwned, PkiError> {
    key_info_der(key).map_err(|_| PkiError::Malformed("public key"))
}

fn key_info_der(key: &PublicKey) -> der::Result<SubjectPublicKeyInfoOwned> {
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned::from_der(key.suite().algorithm_identifier_der())?,
        subject_public_key: BitString::from_bytes(key.as_bytes())?,
    })
}

/// Key identifier of RFC 7093 section 2, method 1: 20 bytes of SHA-256 over the key's bit string.
pub(crate) fn key_identifier(key: &PublicKey) -> Result<OctetString, PkiError> {
    let hash = sha256(key.as_bytes());
    hash.as_bytes()
        .get(..KEY_IDENTIFIER_BYTES)
        .and_then(|bytes| OctetString::new(bytes).ok())
        .ok_or(PkiError::Malformed("key identifier"))
}

/// A distinguished name of one common name. Built from parts, so that no character of it is syntax.
pub(crate) fn name(common_name: &str) -> Result<Name, PkiError> {
    if !text::is_plain(common_name, COMMON_NAME_BYTES_MAX) {
        return Err(PkiError::Lint("common name must be 1 to 64 plain bytes"));
    }
    let encode = || -> der::Result<Name> {
        let value = Any::encode_from(&Utf8StringRef::new(common_name)?)?;
        let rdn = AttributeTypeAndValue { oid: COMMON_NAME, value };
        let rdn = RelativeDistinguishedName::from(SetOfVec::try_from(vec![rdn])?);
        Name::from_der(&RdnSequence::from(vec![rdn]).to_der()?)
    };
    encode().map_err(|_| PkiError::Malformed("name"))
}

/// The common name in a distinguished name.
pub(crate) fn common_name(name: &Name) -> Option<String> {
    name.common_name().ok().flatten().map(|text| text.value().into_owned())
}

/// Unix seconds as an X.509 time: `UTCTime` through 2049, `GeneralizedTime` after (RFC 5280 4.1.2.5).
pub(crate) fn time(unix_s: i64, what: &'static str) -> Result<Time, PkiError> {
    let seconds = u64::try_from(unix_s).map_err(|_| PkiError::Time(what))?;
    der::DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map(Time::from)
        .map_err(|_| PkiError::Time(what))
}

/// An X.509 time as unix seconds.
pub(crate) fn unix_s(time: &Time) -> Result<i64, PkiError> {
    i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| PkiError::Time("time"))
}

/// A serial number without leading zeros, the form in which this crate compares them.
pub(crate) fn magnitude(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}
