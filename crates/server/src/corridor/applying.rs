//! What the poster and a feature say to each other when an intent changes state other than the ledger's.

use std::collections::BTreeMap;

use intent::{Details, Intent, Origin, UtcMicros};
use serde_json::Value;

use super::refusal::Refusal;
use super::submission::Attachments;
use crate::Services;
use crate::certificates::directory::Signer;

/// One verified and authorised intent, about to take effect inside the poster's transaction.
pub(crate) struct Applying<'a> {
    pub(crate) services: &'a Services,
    pub(crate) intent: &'a Intent,
    /// `None` only for an enrolment.
    pub(crate) signer: Option<&'a Signer>,
    pub(crate) attachments: &'a Attachments,
    /// Free text that the intent commits to.
    pub(crate) details: Option<&'a Details>,
    pub(crate) origin: &'a Origin,
    pub(crate) now: UtcMicros,
}

/// What became of it.
pub(crate) enum Applied {
    /// The rows are written; they commit with the leaf or not at all.
    Accepted {
        /// Every covered value of the rows written, by name: from these the offline verifier rebuilds the rows.
        result: BTreeMap<String, String>,
        /// For the response only, an object; what is secret in it is sealed to the holder.
        extra: Option<Value>,
        /// Whether answers cached about people and certificates are now old.
        bumps_epoch: bool,
    },
    /// Nothing was written.
    Refused(Refusal),
}
