//! What a record must hold of a decision, and where it says something else.

use std::collections::{BTreeMap, BTreeSet};

use intent::{Effects, Outcome, UtcMicros};

use super::examine::Examined;
use super::registry::{At, Demand};
use super::report::{Finding, Step};
use crate::corridor::Refusal;
use crate::corridor::applying::state_digest;
use crate::corridor::fold::{DECIDED_AT, OK};
use crate::sql::timestamp;

pub(super) fn effects_of(demand: Demand, at: At, stored: &Effects) -> Effects {
    match demand {
        Demand::Accepted(result) => state_effects(Outcome::Accepted, OK, result, at.now),
        Demand::Refused(refusal) => {
            state_effects(Outcome::Refused, refusal.code(), BTreeMap::new(), at.now)
        }
        // The reason is the bank's word, and one that it has.
        Demand::BankRefused => {
            let code = Refusal::from_code(&stored.code).map_or("unknown-refusal", Refusal::code);
            state_effects(Outcome::Refused, code, BTreeMap::new(), at.now)
        }
    }
}

pub(super) fn state_effects(
    outcome: Outcome,
    code: &str,
    mut result: BTreeMap<String, String>,
    now: UtcMicros,
) -> Effects {
    result.insert(DECIDED_AT.to_owned(), now.to_string());
    let rows = state_digest(&result);
    Effects { outcome, code: code.to_owned(), items: Vec::new(), risk: None, rows, result }
}

/// What the record's own columns and the leaf's marks say must be what is inside.
pub(super) fn check_header(found: &Examined, at: At, findings: &mut Vec<Finding>) {
    let mut bad = |column: &str, message: &str| {
        findings.push(
            Finding::tampered(Step::Replay, message)
                .at_leaf(at.index)
                .in_row("records", at.index)
                .in_column(column),
        );
    };
    if found.row.recorded_at != timestamp(at.now) {
        bad("recorded_at", "the record's time is not that of its decision");
    }
    let id = match (&found.intent, &found.event) {
        (Some(intent), _) => Some(intent.id().get()),
        (None, Some(event)) => Some(event.id.get()),
        (None, None) => None,
    };
    if id != Some(found.row.intent_id) {
        bad("intent_id", "the record's id is not that of its intent");
    }
    let is_known = found.actor.is_some() || found.event.is_some();
    if is_known && found.row.user_id != found.actor.as_ref().map(|actor| actor.user.get()) {
        bad("user_id", "the record's person is not its actor");
    }
    let Some(leaf) = &found.leaf else { return };
    let refused = found.effects.as_ref().map(|effects| effects.outcome == Outcome::Refused);
    if refused != Some(leaf.flags.refused) {
        bad("leaf", "the leaf's mark disagrees with the outcome");
    }
    let kind = match (&found.intent, &found.event) {
        (Some(intent), _) => Some(intent.kind().code()),
        (None, Some(event)) => Some(event.kind.code()),
        (None, None) => None,
    };
    if kind != Some(leaf.kind_code) {
        bad("leaf", "the leaf's kind is not that of its document");
    }
    if found.event.is_some() && found.actor.is_some() {
        bad("intent", "the event names an actor");
    }
}

pub(super) fn difference(expected: &Effects, stored: &Effects) -> Option<String> {
    if expected == stored {
        return None;
    }
    let shown = |outcome: Outcome, code: &str| format!("{} ({code})", outcome.name());
    if (expected.outcome, &expected.code) != (stored.outcome, &stored.code) {
        return Some(format!(
            "{} instead of {}",
            shown(expected.outcome, &expected.code),
            shown(stored.outcome, &stored.code)
        ));
    }
    if expected.items != stored.items {
        return Some("other items were accepted".to_owned());
    }
    if expected.risk != stored.risk {
        return Some("the risk verdict is another".to_owned());
    }
    let names = expected.result.keys().chain(stored.result.keys());
    let differing = names.filter(|name| expected.result.get(*name) != stored.result.get(*name));
    let differing: BTreeSet<&str> = differing.map(String::as_str).collect();
    if differing.is_empty() {
        return Some("other rows were written".to_owned());
    }
    Some(format!("other values of {}", differing.into_iter().collect::<Vec<_>>().join(", ")))
}
