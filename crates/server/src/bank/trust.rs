//! The trust file: everything needed to check what the bank signs, offline and without the bank.
//!
//! A JSON object of strings: `v` (`"1"`), `bank`, `suite`, `origin` (what a login answers to), `root` (certificate,
//! PEM), `checkpoint_keys` (the policy text of the log, as `tlog` writes it) and `kem_public_key` (base64url). The same
//! object is the member `trust` of `GET /api/security/info`.
//!
//! It depends on nothing of the server. It must come to its reader by a way of its own: whoever takes it from the bank
//! in the same breath as what it shall check, checks only that the bank agrees with itself.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{CryptoError, KemPublicKey, Suite};
use intent::{BankId, IntentError};
use pki::{Certificate, PkiError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tlog::{CheckpointVerifier, TlogError};

use crate::authority::Authority;

const VERSION: &str = "1";

/// What a customer, client or auditor trusts.
#[derive(Clone, Debug)]
pub struct TrustFile {
    pub(crate) bank: BankId,
    pub(crate) suite: Suite,
    pub(crate) origin: String,
    pub(crate) root: Certificate,
    pub(crate) log: CheckpointVerifier,
    pub(crate) kem: KemPublicKey,
}

/// The file, member by member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustText {
    /// Version of this form.
    pub v: String,
    /// Identifier of the bank.
    pub bank: String,
    /// Name of the suite.
    pub suite: String,
    /// What a login answers to.
    pub origin: String,
    /// Root certificate, PEM.
    pub root: String,
    /// Keys of the log.
    pub checkpoint_keys: String,
    /// KEM key of the bank, base64url.
    pub kem_public_key: String,
}

impl TrustFile {
    /// What `authority` signs with.
    #[must_use]
    pub fn of(bank: &BankId, authority: &Authority, login_origin: &str) -> Self {
        Self {
            bank: bank.clone(),
            suite: authority.suite(),
            origin: login_origin.to_owned(),
            root: authority.root().clone(),
            log: authority.checkpoint_verifier().clone(),
            kem: authority.kem_public_key().clone(),
        }
    }

    /// Which bank.
    #[must_use]
    pub const fn bank(&self) -> &BankId {
        &self.bank
    }

    /// The suite of its holders' signatures; that of its authorities is the root's.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// What a login answers to: scheme, host and port that people type.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its root certificate.
    #[must_use]
    pub const fn root(&self) -> &Certificate {
        &self.root
    }

    /// Verifies its checkpoints.
    #[must_use]
    pub const fn log(&self) -> &CheckpointVerifier {
        &self.log
    }

    /// What devices seal their key to.
    #[must_use]
    pub const fn kem(&self) -> &KemPublicKey {
        &self.kem
    }

    /// The members of the file.
    #[must_use]
    pub fn members(&self) -> TrustText {
        TrustText {
            v: VERSION.to_owned(),
            bank: self.bank.to_string(),
            suite: self.suite.name().to_owned(),
            origin: self.origin.clone(),
            root: self.root.to_pem(),
            checkpoint_keys: self.log.to_text(),
            kem_public_key: Base64UrlUnpadded::encode_string(self.kem.as_bytes()),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(&self.members()).unwrap_or_default()
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Beside what does not read: a certificate that is no root for the suite named, and log keys of another bank.
    pub fn from_text(text: &str) -> Result<Self, TrustError> {
        let members: TrustText = serde_json::from_str(text).map_err(|_| TrustError::Malformed)?;
        if members.v != VERSION {
            return Err(TrustError::Malformed);
        }
        let (bank, suite): (BankId, Suite) = (members.bank.parse()?, members.suite.parse()?);
        let root = Certificate::from_pem(&members.root)?;
        let certifies = root.public_key().suite().certifies(suite);
        if !root.is_ca() || root.subject() != root.issuer() || !certifies {
            return Err(TrustError::NotARoot(suite));
        }
        let log = CheckpointVerifier::from_text(&members.checkpoint_keys)?;
        if log.bank() != bank.as_str() {
            return Err(TrustError::ForeignLog);
        }
        let kem = Base64UrlUnpadded::decode_vec(&members.kem_public_key)
            .map_err(|_| TrustError::Malformed)?;
        let kem = KemPublicKey::from_bytes(suite, &kem)?;
        Ok(Self { bank, suite, origin: members.origin, root, log, kem })
    }
}

/// Why a trust file is not to be trusted.
#[derive(Debug, Error)]
pub enum TrustError {
    /// Not a trust file of a version that this code knows.
    #[error("trust file is malformed")]
    Malformed,
    /// The bank's identifier does not read.
    #[error("bank: {0}")]
    Bank(#[from] IntentError),
    /// Suite or KEM key do not read.
    #[error("key: {0}")]
    Key(#[from] CryptoError),
    /// The log's keys do not read.
    #[error("log keys: {0}")]
    Log(#[from] TlogError),
    /// The log's keys are of another bank.
    #[error("the log keys belong to another bank")]
    ForeignLog,
    /// The root certificate does not read.
    #[error("root certificate: {0}")]
    Root(#[from] PkiError),
    /// The certificate is not a root that certifies the suite that the file names.
    #[error("the certificate is no root for suite {0}")]
    NotARoot(Suite),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::testing::authority;

    fn file() -> (Authority, TrustFile) {
        let authority = authority();
        let file = TrustFile::of(&"one".parse().unwrap(), &authority, "https://bank.example");
        (authority, file)
    }

    #[test]
    fn a_certificate_that_is_no_root_is_not_trusted() {
        let (authority, file) = file();
        let mut members = file.members();
        members.root = authority.issuing().to_pem();
        let text = serde_json::to_string(&members).unwrap();
        assert!(matches!(TrustFile::from_text(&text), Err(TrustError::NotARoot(Suite::Standard))));
    }

    #[test]
    fn a_root_of_another_suite_is_not_trusted() {
        let mut members = file().1.members();
        members.suite = "pure65".to_owned();
        let text = serde_json::to_string(&members).unwrap();
        assert!(matches!(TrustFile::from_text(&text), Err(TrustError::NotARoot(Suite::Pure65))));
    }

    #[test]
    fn log_keys_of_another_bank_are_not_trusted() {
        let mut members = file().1.members();
        members.bank = "two".to_owned();
        let text = serde_json::to_string(&members).unwrap();
        assert!(matches!(TrustFile::from_text(&text), Err(TrustError::ForeignLog)));
    }

    #[test]
    fn another_version_and_unknown_members_are_malformed() {
        let text = file().1.to_text();
        for edited in
            [text.replace("\"v\": \"1\"", "\"v\": \"2\""), text.replacen('{', "{\"x\":\"\",", 1)]
        {
            assert!(matches!(TrustFile::from_text(&edited), Err(TrustError::Malformed)));
        }
    }

    #[test]
    fn what_was_written_reads_back() {
        let (_, file) = file();
        let read = TrustFile::from_text(&file.to_text()).unwrap();
        assert_eq!(read.members(), file.members());
    }
}
