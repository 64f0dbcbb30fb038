//! Locks: who is kept out, by whom and why. A lock counts from the next request on, at every instance.

use intent::{Body, Role, UserId};

use crate::corridor::Refusal;
use crate::registers::{Column, Question, Register, Row, Rule};

/// One row a person who was ever locked.
pub(crate) static LOCKS: Register = Register {
    table: "user_locks",
    key_len: 1,
    columns: &[
        ("user_id", Column::Uuid),
        ("locked", Column::Flag),
        ("reason", Column::Text),
        ("changed_by", Column::Uuid),
        ("changed_at", Column::Time),
    ],
};

/// The rule of `user.lock`.
pub(crate) fn rule(user: UserId) -> Rule {
    Rule { lookups: Vec::new(), about: Some(user), bumps_epoch: true, decide }
}

/// A manager locks customers, the administrator anyone but themselves: somebody must be left who can unlock.
fn decide(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::UserLock { user, locked, reason } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    let asker = question.asker;
    let may_lock = |role: Role| match asker.role {
        Role::SystemAdmin => *user != asker.user,
        Role::Manager => role == Role::Customer,
        Role::Customer | Role::AuditorClerk => false,
    };
    if !question.person.is_some_and(|person| may_lock(person.role)) {
        return Err(Refusal::UserNotFound);
    }
    Ok(vec![
        Row::new(&LOCKS)
            .with("user_id", user)
            .with("locked", locked)
            .with("reason", reason)
            .with("changed_by", asker.user)
            .with("changed_at", question.now),
    ])
}
