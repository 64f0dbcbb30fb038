//! What the poster and a feature say to each other when an intent changes state other than the ledger's.

use std::collections::BTreeMap;

use intent::{Details, Effects, Intent, Origin, Outcome, UtcMicros};
use serde_json::Value;

use super::fold;
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

/// The effects of an intent or event that was accepted, with what it wrote.
pub(super) fn accepted(result: BTreeMap<String, String>, now: UtcMicros) -> Effects {
    state_effects(Outcome::Accepted, fold::OK, result, now)
}

/// The effects of one that was refused.
pub(super) fn refused(refusal: Refusal, now: UtcMicros) -> Effects {
    state_effects(Outcome::Refused, refusal.code(), BTreeMap::new(), now)
}

fn state_effects(
    outcome: Outcome,
    code: &str,
    mut result: BTreeMap<String, String>,
    now: UtcMicros,
) -> Effects {
    result.insert(fold::DECIDED_AT.to_owned(), now.to_string());
    let rows = state_digest(&result);
    Effects { outcome, code: code.to_owned(), items: Vec::new(), risk: None, rows, result }
}

/// Digest of what a change of state wrote: of the canonical form of its covered values.
pub(crate) fn state_digest(result: &BTreeMap<String, String>) -> crypto::Sha2 {
    crypto::sha256(&super::canonical_map(result))
}
