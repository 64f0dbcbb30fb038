//! What came of an intent.

use std::collections::BTreeMap;

use crypto::Sha2;

use crate::IntentError;

/// Whether an intent took effect. Both are final.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It took effect.
    Accepted,
    /// A rule said no; nothing changed.
    Refused,
}

impl Outcome {
    /// The name in receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }

    /// The outcome of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Accepted, Self::Refused].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// The risk engine's verdict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RiskRecord {
    /// 0 to 1000.
    pub score_permille: u16,
    /// `low`, `medium`, `high`, `critical`.
    pub level: String,
    /// `proceed`, `monitor`, `review`, `block`.
    pub action: String,
    /// Version of the policy that judged.
    pub policy: u32,
    /// Codes of the reasons, weightiest first.
    pub reasons: Vec<String>,
}

/// What came of an intent: outcome, reasons, verdict, digest of every row written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Effects {
    /// Whether it took effect.
    pub outcome: Outcome,
    /// `ok`, or the code of the reason.
    pub code: String,
    /// Per item of a batch: `ok` or the code of the reason.
    pub items: Vec<String>,
    /// The verdict, where one was made.
    pub risk: Option<RiskRecord>,
    /// [`rows_digest`].
    pub rows: Sha2,
    /// What the signer needs to know of the result.
    pub result: BTreeMap<String, String>,
}

impl Effects {
    /// Canonical JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }

    /// Reads what [`Effects::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        todo!()
    }
}

/// SHA-256 over every row that the postings write.
#[must_use]
pub fn rows_digest(postings: &[&ledger::Posting]) -> Sha2 {
    todo!()
}
