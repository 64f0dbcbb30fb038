//! Takes certificates apart and joins them again, to make what no honest authority would issue.

use crypto::{Context, SigningKey, Suite};
use der::asn1::{Any, BitString, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence};
use pki::Certificate;
use x509_cert::ext::Extension;

#[derive(Clone, Sequence)]
pub(crate) struct Outer {
    pub(crate) tbs: Any,
    pub(crate) algorithm: Any,
    pub(crate) signature: BitString,
}

#[derive(Clone, Sequence)]
pub(crate) struct Fields {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) version: u8,
    pub(crate) serial: Any,
    pub(crate) algorithm: Any,
    pub(crate) issuer: Any,
    pub(crate) validity: Any,
    pub(crate) subject: Any,
    pub(crate) key: Any,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) extensions: Option<Vec<Extension>>,
}

pub(crate) fn open(der: &[u8]) -> (Outer, Fields) {
    let outer = Outer::from_der(der).unwrap();
    let fields = Fields::from_der(&outer.tbs.to_der().unwrap()).unwrap();
    (outer, fields)
}

/// Changes the signed part and leaves the old signature on it.
pub(crate) fn alter(certificate: &Certificate, change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let (mut outer, mut fields) = open(certificate.der());
    change(&mut fields);
    outer.tbs = any(&fields.to_der().unwrap());
    outer.to_der().unwrap()
}

/// Changes the signed part and signs it with `key`.
pub(crate) fn forge(
    certificate: &Certificate,
    key: &SigningKey,
    change: impl FnOnce(&mut Fields),
) -> Vec<u8> {
    let (mut outer, mut fields) = open(certificate.der());
    let algorithm = any(key.suite().algorithm_identifier_der());
    fields.algorithm = algorithm.clone();
    change(&mut fields);
    let tbs = fields.to_der().unwrap();
    outer.signature = bits(key.sign(&Context::X509, &tbs).unwrap().as_bytes());
    outer.tbs = any(&tbs);
    outer.algorithm = algorithm;
    outer.to_der().unwrap()
}

/// Keeps everything but the signature.
pub(crate) fn with_signature(der: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut outer = Outer::from_der(der).unwrap();
    outer.signature = bits(signature);
    outer.to_der().unwrap()
}

pub(crate) fn signature(der: &[u8]) -> Vec<u8> {
    Outer::from_der(der).unwrap().signature.as_bytes().unwrap().to_vec()
}

pub(crate) fn any(der: &[u8]) -> Any {
    Any::from_der(der).unwrap()
}

pub(crate) fn bits(bytes: &[u8]) -> BitString {
    BitString::from_bytes(bytes).unwrap()
}

pub(crate) fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
    Extension {
        extn_id: ObjectIdentifier::new(oid).unwrap(),
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

/// A key of which one half belongs to `genuine` and the other to `forger`: what an attacker holds who has
/// broken one of two algorithms. Halves of a seed: ML-DSA 32 bytes, then 32 of the classical one.
pub(crate) fn half_broken(
    genuine: &SigningKey,
    forger: &SigningKey,
    broken: Half,
) -> Option<SigningKey> {
    let suite: Suite = genuine.suite();
    let (genuine, forger) = (genuine.seed().expose(), forger.seed().expose());
    if genuine.len() <= 32 {
        return None;
    }
    let seed = match broken {
        Half::MlDsa => [&genuine[..32], &forger[32..]].concat(),
        Half::Classical => [&forger[..32], &genuine[32..]].concat(),
    };
    Some(SigningKey::from_seed(suite, &seed).unwrap())
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    MlDsa,
    Classical,
}

pub(crate) const HALVES: [Half; 2] = [Half::MlDsa, Half::Classical];

impl Outer {
    pub(crate) fn decode(der: &[u8]) -> Self {
        Self::from_der(der).unwrap()
    }
}
