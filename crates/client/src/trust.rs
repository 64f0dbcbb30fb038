//! What a holder believes about its bank, chosen once and kept: everything a receipt is judged by.

use crypto::{KemPublicKey, Suite};
use intent::BankId;
use pki::Certificate;
use serde::{Deserialize, Serialize};
use tlog::CheckpointVerifier;

use crate::wire::{SecurityInfo, TrustMember};
use crate::{ClientError, base64url};

const VERSION: &str = "1";

/// A bank's public keys: root certificate, checkpoint keys, KEM key.
///
/// # Security
///
/// Whoever chooses the trust decides what counts as valid. From [`crate::Bank::connect`] it is what
/// the server says on first use; `strongroom found` writes the file to hand out instead.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The bank.
    pub bank: BankId,
    /// Its suite.
    pub suite: Suite,
    /// What a login answers to: scheme, host and port that people type.
    pub origin: String,
    /// Root of every certificate.
    pub root: Certificate,
    /// Keys of the log's checkpoints.
    pub verifier: CheckpointVerifier,
    /// Key to which device keys are sealed.
    pub kem: KemPublicKey,
}

/// The file and the member of `/api/security/info`: a JSON object of strings.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct TrustText {
    #[serde(default = "version")]
    v: String,
    bank: String,
    suite: String,
    origin: String,
    root: String,
    checkpoint_keys: String,
    kem_public_key: String,
}

fn version() -> String {
    VERSION.to_owned()
}

impl Trust {
    /// Reads the file form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ClientError> {
        let text: TrustText =
            serde_json::from_slice(bytes).map_err(|_| ClientError::Answer { what: "trust" })?;
        Self::from_text(&text)
    }

    /// The file form, for people to hand around: nothing in it is secret.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = TrustText {
            v: version(),
            bank: self.bank.to_string(),
            suite: self.suite.to_string(),
            origin: self.origin.clone(),
            root: self.root.to_pem(),
            checkpoint_keys: self.verifier.to_text(),
            kem_public_key: base64url::encode(self.kem.as_bytes()),
        };
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    fn from_text(text: &TrustText) -> Result<Self, ClientError> {
        if text.v != VERSION {
            return Err(ClientError::Answer { what: "version of the trust" });
        }
        let suite: Suite = text.suite.parse()?;
        let kem = base64url::decode(&text.kem_public_key, "kem_public_key")?;
        Ok(Self {
            bank: text.bank.parse()?,
            suite,
            origin: text.origin.clone(),
            root: Certificate::from_pem(&text.root)?,
            verifier: CheckpointVerifier::from_text(&text.checkpoint_keys)?,
            kem: KemPublicKey::from_bytes(suite, &kem)?,
        })
    }

    pub(crate) fn from_member(member: &TrustMember) -> Result<Self, ClientError> {
        match member {
            TrustMember::Text(text) => Self::from_json(text.as_bytes()),
            TrustMember::Object(text) => Self::from_text(text),
        }
    }

    /// Whether another trust names the same bank by the same keys; its address may differ.
    #[must_use]
    pub fn is_same_bank(&self, other: &Self) -> bool {
        self.bank == other.bank
            && self.root.fingerprint() == other.root.fingerprint()
            && self.verifier.to_text() == other.verifier.to_text()
            && self.kem.as_bytes() == other.kem.as_bytes()
    }
}

impl SecurityInfo {
    /// The keys that the server shows.
    pub fn trust(&self) -> Result<Trust, ClientError> {
        Trust::from_member(&self.trust)
    }
}
