//! The register of rules about addresses, and its rule.

use std::net::IpAddr;

use intent::{Body, IpRuleAction, Role, UserId};

use super::matcher::{AddressRules, Subject, network};
use crate::corridor::Refusal;
use crate::registers::{Column, Lookup, Question, Register, Row, Rows, Rule};

/// One row a rule that ever was.
pub(crate) static IP_RULES: Register = Register {
    table: "ip_rules",
    key_len: 1,
    columns: &[
        ("rule_id", Column::Uuid),
        ("subject", Column::Text),
        ("network", Column::Text),
        ("action", Column::Text),
        ("intent_id", Column::Uuid),
        ("changed_by", Column::Uuid),
        ("changed_at", Column::Time),
    ],
};

/// The rules that rows say. A row that does not read says nothing; `verify` names it.
pub(crate) fn in_force(rows: &Rows) -> AddressRules {
    let mut rules = AddressRules::default();
    for row in rows.of(&IP_RULES) {
        let text = |column| row.get(column).unwrap_or_default();
        let parts = (
            Subject::parse(text("subject")),
            network(text("network")),
            IpRuleAction::from_name(text("action")),
        );
        if let (Some(subject), Some(network), Some(action)) = parts {
            rules.add(subject, network, action);
        }
    }
    rules
}

/// The rule of `ip_rule.set`.
pub(crate) fn rule() -> Rule {
    let all = Lookup { register: &IP_RULES, matching: None };
    Rule { lookups: vec![all], about: None, bumps_epoch: true, decide }
}

fn decide(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::IpRuleSet { rule, subject, network: text, action } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    Subject::parse(subject).ok_or(Refusal::IpRuleInvalid)?;
    let network = network(text).ok_or(Refusal::IpRuleInvalid)?;
    let row = Row::new(&IP_RULES)
        .with("rule_id", rule)
        .with("subject", subject)
        .with("network", network)
        .with("action", action.name())
        .with("intent_id", question.intent.id())
        .with("changed_by", question.asker.user)
        .with("changed_at", question.now);
    let mut after = question.rows.clone();
    after.put(row.clone());
    if keeps_out(&after, question.asker.user, question.asker.role, question.address) {
        return Err(Refusal::IpRuleLocksOut);
    }
    Ok(vec![row])
}

/// Whether whoever sets the rule could not come back from where they are. An address that was erased since says nothing.
fn keeps_out(rows: &Rows, user: UserId, role: Role, address: Option<IpAddr>) -> bool {
    address.is_some() && !in_force(rows).admits(user, role, address)
}
