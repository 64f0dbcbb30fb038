//! What can go wrong, sorted by what the caller can do about it.

use crypto::CryptoError;
use intent::{IntentError, Receipt, ReceiptError};
use pki::PkiError;
use serde::Deserialize;
use thiserror::Error;
use tlog::TlogError;

/// Everything a call to the bank can end in, other than success.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The bank could not be reached, or the connection broke. Whether the request took effect is
    /// unknown; sending the same signed bytes again is safe.
    #[error("no answer from {server}")]
    Unreachable {
        /// The bank's address.
        server: String,
        /// What happened on the way.
        #[source]
        source: reqwest::Error,
    },
    /// The bank declined, without recording anything.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The bank refused and recorded the refusal: it is final for this intent.
    #[error("{problem}")]
    Refused {
        /// The refusal.
        problem: Box<Problem>,
        /// Its verified receipt.
        receipt: Box<Receipt>,
    },
    /// The answer is not what the protocol says; `what` names the part.
    #[error("the bank's answer is not understood: {what}")]
    Answer {
        /// The part that is missing or malformed.
        what: &'static str,
    },
    /// The address is not usable.
    #[error("{url:?} is not a usable address: {why}")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The identity has no certificate yet.
    #[error("this profile is not enrolled yet")]
    NotEnrolled,
    /// The bank belongs to another trust than the caller's.
    #[error("the server is bank {actual}, expected {expected}")]
    OtherBank {
        /// Of the caller's trust.
        expected: String,
        /// What the server says.
        actual: String,
    },
    /// The certificate handed out does not carry the key, device or role that was asked for.
    #[error("the certificate received is not the one asked for: {what}")]
    ForeignCertificate {
        /// What differs.
        what: &'static str,
    },
    /// A receipt proves nothing.
    #[error("receipt is not valid: {0}")]
    Receipt(#[from] ReceiptError),
    /// A receipt is valid, but for something else than was sent.
    #[error("receipt belongs to another intent")]
    ForeignReceipt,
    /// The words of a report are not what its evidence says.
    #[error("the report says something else than its evidence: {what}")]
    Contradicted {
        /// Which word.
        what: &'static str,
    },
    /// A certificate or request is not valid.
    #[error("certificate is not valid: {0}")]
    Certificate(#[from] PkiError),
    /// The log's keys or notes are not valid.
    #[error("log is not valid: {0}")]
    Log(#[from] TlogError),
    /// An intent could not be built or read.
    #[error(transparent)]
    Intent(#[from] IntentError),
    /// The key's position in its chain could not be written down, so nothing was signed.
    #[error("could not record the position of the key: {0}")]
    Journal(#[from] std::io::Error),
    /// A file could not be written.
    #[error("could not write the file: {source}")]
    File {
        /// What happened.
        source: std::io::Error,
    },
    /// A payment file cannot be used.
    #[error("the file cannot be used: {0}")]
    PaymentFile(Box<messages::FileError>),
    /// A statement is not what was signed.
    #[error("statement is not valid: {0}")]
    Statement(#[from] messages::statement::seal::SealError),
    /// The provider failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ClientError {
    /// The problem document, where the bank sent one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) | Self::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the session has ended, so that a new login is the remedy.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.problem().is_some_and(|problem| problem.status == 401)
    }
}

/// A problem document (RFC 9457) as the bank sends it.
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Short, the same for every occurrence of the code.
    #[serde(default)]
    pub title: String,
    /// About this occurrence.
    #[serde(default)]
    pub detail: String,
    /// Stable and for machines.
    #[serde(default)]
    pub code: String,
    /// The member of the request that is at fault.
    #[serde(default)]
    pub field: Option<String>,
    /// What to name when asking the bank about it.
    #[serde(default)]
    pub request_id: Option<String>,
    /// Seconds to wait before trying again.
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
    /// The receipt of a recorded refusal.
    #[serde(default)]
    pub(crate) receipt: Option<serde_json::Value>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.title.as_str(), self.detail.as_str()) {
            (title, "") => f.write_str(title)?,
            ("", detail) => f.write_str(detail)?,
            (title, detail) => write!(f, "{title}: {detail}")?,
        }
        write!(f, " ({}", self.code)?;
        if let Some(field) = &self.field {
            write!(f, ", field {field}")?;
        }
        f.write_str(")")
    }
}
