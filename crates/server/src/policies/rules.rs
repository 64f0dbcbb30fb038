//! The registers of policies and of proposals, and their rules.

use intent::{Body, IntentId, UtcMicros};

use super::value::{Policy, Scope};
use crate::corridor::Refusal;
use crate::registers::{Column, Lookup, Question, Register, Row, Rule};

/// What is in force: one row a policy and scope.
pub(crate) static POLICIES: Register = Register {
    table: "policies",
    key_len: 2,
    columns: &[
        ("policy", Column::Text),
        ("scope", Column::Text),
        ("value", Column::Text),
        ("proposal", Column::Uuid),
        ("approved_by", Column::Uuid),
        ("since", Column::Time),
    ],
};

/// One row a proposal that ever was.
pub(crate) static PROPOSALS: Register = Register {
    table: "policy_proposals",
    key_len: 1,
    columns: &[
        ("proposal", Column::Uuid),
        ("policy", Column::Text),
        ("scope", Column::Text),
        ("value", Column::Text),
        ("status", Column::Text),
        ("proposed_by", Column::Uuid),
        ("proposed_at", Column::Time),
        ("decided_by", Column::Uuid),
        ("decided_at", Column::Time),
    ],
};

/// The row of a policy that the bank is founded with; `None` if it does not read.
pub(crate) fn founded_with(
    policy: Policy,
    scope: Scope,
    value: &str,
    since: UtcMicros,
) -> Option<Row> {
    policy.reads(scope, value).then(|| {
        Row::new(&POLICIES)
            .with("policy", policy.name())
            .with("scope", scope)
            .with("value", value)
            .with("since", since)
    })
}

/// The rule of `policy.propose`.
pub(crate) fn propose_rule() -> Rule {
    Rule { lookups: Vec::new(), about: None, bumps_epoch: false, decide: propose }
}

fn propose(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::PolicyPropose { policy, scope, value } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    let found = Policy::from_name(policy).zip(Scope::parse(scope));
    let (policy, scope) = found.ok_or(Refusal::PolicyInvalid)?;
    if !policy.reads(scope, value) {
        return Err(Refusal::PolicyInvalid);
    }
    Ok(vec![
        Row::new(&PROPOSALS)
            .with("proposal", question.intent.id())
            .with("policy", policy.name())
            .with("scope", scope)
            .with("value", value)
            .with("status", "proposed")
            .with("proposed_by", question.asker.user)
            .with("proposed_at", question.now),
    ])
}

/// The rule of `policy.approve`.
pub(crate) fn approve_rule(proposal: IntentId) -> Rule {
    let matching = Some(("proposal", proposal.to_string()));
    let lookups = vec![Lookup { register: &PROPOSALS, matching }];
    Rule { lookups, about: None, bumps_epoch: true, decide: approve }
}

fn approve(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::PolicyApprove { proposal, approved } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    let found = question.rows.get(&PROPOSALS, &proposal.to_string());
    let found = found.filter(|row| row.get("status") == Some("proposed"));
    let found = found.ok_or(Refusal::ProposalNotFound)?;
    if found.get("proposed_by") == Some(question.asker.user.to_string().as_str()) {
        return Err(Refusal::ApprovalByMaker);
    }
    let decided = found
        .clone()
        .with("status", if *approved { "approved" } else { "refused" })
        .with("decided_by", question.asker.user)
        .with("decided_at", question.now);
    let text = |column| found.get(column).unwrap_or_default();
    let in_force = approved.then(|| {
        Row::new(&POLICIES)
            .with("policy", text("policy"))
            .with("scope", text("scope"))
            .with("value", text("value"))
            .with("proposal", proposal)
            .with("approved_by", question.asker.user)
            .with("since", question.now)
    });
    Ok(in_force.into_iter().chain([decided]).collect())
}
