//! The critical extension `security_layers`: the seven controls as claims, signed by the authority.
//!
//! ```text
//! SecurityLayers ::= SEQUENCE {
//!   defenseVersion   INTEGER,                          -- 1
//!   bank             UTF8String,                       -- 1..64 bytes
//!   userId           OCTET STRING (SIZE (16)),
//!   role             UTF8String,                       -- 1..64
//!   suite            OBJECT IDENTIFIER,                -- control 1
//!   deviceId         OCTET STRING (SIZE (32)),         -- control 3, SHA3-256 of the device verifier
//!   purposeScope     UTF8String,                       -- control 4, 1..128
//!   allowedActions   SEQUENCE OF UTF8String,           -- control 4, 0..64 of 1..64
//!   crlUrl           UTF8String,                       -- control 5, 1..256
//!   crlNumber        INTEGER,                          -- control 5
//!   parentCaFp       OCTET STRING (SIZE (32)),         -- control 6, SHA3-256 of the issuing certificate
//!   lineage          OCTET STRING (SIZE (32)),         -- control 6
//!   generation       INTEGER,                          -- control 6
//!   previous     [0] IMPLICIT OCTET STRING OPTIONAL,   -- control 6, SHA3-256 of the certificate before
//!   challenge        UTF8String }                      -- control 7, 1..64
//! ```
//!
//! Control 2, the hash of the certificate, cannot stand inside what it hashes; it lives in the log.

use crypto::{Sha3, Suite};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence};

use crate::error::PkiError;
use crate::text;

/// The version of the claims this crate issues and enforces.
pub const DEFENSE_VERSION: u32 = 1;

/// Generation of the first certificate of a lineage; it alone has no previous one.
pub const FIRST_GENERATION: u32 = 1;

/// The challenge this crate issues for: a single-use nonce of 256 bits, answered within 60 s.
pub const CHALLENGE: &str = "nonce256-60s";

/// OID of the extension: a fixed UUID under the arc Microsoft gives away for that purpose, in pieces.
///
/// Not `2.25.<uuid>` (X.667): its 128-bit arc is refused by many parsers, our own `const-oid` among them.
pub const SECURITY_LAYERS_OID: &str =
    "1.2.840.113556.1.8000.2554.40252.8034.23310.19594.42964.4088242.9460863";

pub(crate) const SECURITY_LAYERS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap(SECURITY_LAYERS_OID);

const ACTIONS_MAX: usize = 64;

/// What a holder's certificate says about itself; every verification recomputes all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ControlClaims {
    /// Version of the claims, [`DEFENSE_VERSION`].
    pub defense_version: u32,
    /// Bank identifier, 1..=64 bytes.
    pub bank: String,
    /// Id of the user the certificate is for.
    pub user_id: [u8; 16],
    /// Role of the user at issuance, 1..=64 bytes.
    pub role: String,
    /// Control 1: suite of the key and of the signature.
    pub suite: Suite,
    /// Control 3: SHA3-256 of the device verifier.
    pub device_id: Sha3,
    /// Control 4: what the certificate is for, 1..=128 bytes.
    pub purpose_scope: String,
    /// Control 4: kinds of intent the holder may sign, at most 64 of 1..=64 bytes, no two alike.
    pub allowed_actions: Vec<String>,
    /// Control 5: where the revocation list is published, 1..=256 ASCII bytes.
    pub crl_url: String,
    /// Control 5: number of the newest revocation list at issuance; no older one is ever accepted.
    pub crl_number: u64,
    /// Control 6: SHA3-256 of the issuing authority's certificate.
    pub parent_ca_fp: Sha3,
    /// Control 6: the chain of certificates this one renews.
    pub lineage: Sha3,
    /// Control 6: place in the lineage, from [`FIRST_GENERATION`].
    pub generation: u32,
    /// Control 6: SHA3-256 of the certificate before, absent in the first generation only.
    pub previous: Option<Sha3>,
    /// Control 7: challenge algorithm, [`CHALLENGE`].
    pub challenge: String,
}

impl ControlClaims {
    /// The DER value of the extension.
    ///
    /// # Errors
    ///
    /// [`PkiError::Claim`] with the name of the claim that is out of bounds.
    pub fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        self.check_bounds()?;
        let encode = || -> der::Result<Vec<u8>> {
            SecurityLayers {
                defense_version: self.defense_version,
                bank: self.bank.clone(),
                user_id: OctetString::new(self.user_id)?,
                role: self.role.clone(),
                suite: ObjectIdentifier::new(self.suite.oid())?,
                device_id: OctetString::new(*self.device_id.as_bytes())?,
                purpose_scope: self.purpose_scope.clone(),
                allowed_actions: self.allowed_actions.clone(),
                crl_url: self.crl_url.clone(),
                crl_number: self.crl_number,
                parent_ca_fp: OctetString::new(*self.parent_ca_fp.as_bytes())?,
                lineage: OctetString::new(*self.lineage.as_bytes())?,
                generation: self.generation,
                previous: self
                    .previous
                    .map(|hash| OctetString::new(*hash.as_bytes()))
                    .transpose()?,
                challenge: self.challenge.clone(),
            }
            .to_der()
        };
        encode().map_err(|_| PkiError::Malformed("security layers"))
    }

    /// Parses the DER value of the extension; only the canonical encoding of bounded claims is accepted.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let wire =
            SecurityLayers::from_der(der).map_err(|_| PkiError::Malformed("security layers"))?;
        if wire.to_der().ok().as_deref() != Some(der) {
            return Err(PkiError::NotCanonical("security layers"));
        }
        let suite = wire.suite.to_string();
        let claims = Self {
            defense_version: wire.defense_version,
            bank: wire.bank,
            user_id: fixed(&wire.user_id, "user_id")?,
            role: wire.role,
            suite: Suite::from_oid(&suite).ok_or(PkiError::UnknownSuite(suite))?,
            device_id: Sha3::from_bytes(fixed(&wire.device_id, "device_id")?),
            purpose_scope: wire.purpose_scope,
            allowed_actions: wire.allowed_actions,
            crl_url: wire.crl_url,
            crl_number: wire.crl_number,
            parent_ca_fp: Sha3::from_bytes(fixed(&wire.parent_ca_fp, "parent_ca_fp")?),
            lineage: Sha3::from_bytes(fixed(&wire.lineage, "lineage")?),
            generation: wire.generation,
            previous: wire
                .previous
                .map(|hash| fixed(&hash, "previous").map(Sha3::from_bytes))
                .transpose()?,
            challenge: wire.challenge,
        };
        claims.check_bounds()?;
        Ok(claims)
    }

    /// A certificate whose claims this crate does not know how to enforce must not pass as one it does.
    fn check_bounds(&self) -> Result<(), PkiError> {
        let actions = &self.allowed_actions;
        let unique = actions
            .iter()
            .enumerate()
            .all(|(i, a)| !actions.iter().skip(i).skip(1).any(|b| a == b));
        let first = self.generation == FIRST_GENERATION;
        let rules = [
            (self.defense_version == DEFENSE_VERSION, "defense_version"),
            (text::is_plain(&self.bank, 64), "bank"),
            (text::is_plain(&self.role, 64), "role"),
            (text::is_plain(&self.purpose_scope, 128), "purpose_scope"),
            (actions.len() <= ACTIONS_MAX && unique, "allowed_actions"),
            (actions.iter().all(|action| text::is_plain(action, 64)), "allowed_actions"),
            (text::is_plain(&self.crl_url, 256) && self.crl_url.is_ascii(), "crl_url"),
            (self.generation >= FIRST_GENERATION, "generation"),
            (self.previous.is_none() == first, "previous"),
            (text::is_plain(&self.challenge, 64), "challenge"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, claim)) => Err(PkiError::Claim(claim)),
            None => Ok(()),
        }
    }
}

/// The claims as they stand in the extension.
#[derive(Sequence)]
struct SecurityLayers {
    defense_version: u32,
    bank: String,
    user_id: OctetString,
    role: String,
    suite: ObjectIdentifier,
    device_id: OctetString,
    purpose_scope: String,
    allowed_actions: Vec<String>,
    crl_url: String,
    crl_number: u64,
    parent_ca_fp: OctetString,
    lineage: OctetString,
    generation: u32,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    previous: Option<OctetString>,
    challenge: String,
}

fn fixed<const N: usize>(bytes: &OctetString, claim: &'static str) -> Result<[u8; N], PkiError> {
    bytes.as_bytes().try_into().map_err(|_| PkiError::Claim(claim))
}
