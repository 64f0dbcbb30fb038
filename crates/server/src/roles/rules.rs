//! The registers of roles and grants, and their rules.

use std::collections::HashMap;

use intent::{Body, UserId};

use crate::corridor::Refusal;
use crate::policy::duties::conflict;
use crate::policy::{Permission, Permissions, permissions};
use crate::registers::{Column, Lookup, Question, Register, Row, Rows, Rule};

/// One row a custom role.
pub(crate) static ROLES: Register = Register {
    table: "roles",
    key_len: 1,
    columns: &[
        ("name", Column::Text),
        ("base", Column::Text),
        ("permissions", Column::Text),
        ("active", Column::Flag),
        ("intent_id", Column::Uuid),
        ("changed_by", Column::Uuid),
        ("changed_at", Column::Time),
    ],
};

/// One row a person and a role that they were ever granted.
pub(crate) static ROLE_GRANTS: Register = Register {
    table: "role_grants",
    key_len: 2,
    columns: &[
        ("user_id", Column::Uuid),
        ("name", Column::Text),
        ("granted", Column::Flag),
        ("intent_id", Column::Uuid),
        ("changed_by", Column::Uuid),
        ("changed_at", Column::Time),
    ],
};

/// Who holds custom roles, and what these give them together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrowed(HashMap<String, Permissions>);

impl Narrowed {
    /// As these rows say.
    pub(crate) fn by(rows: &Rows) -> Self {
        let mut narrowed = Self::default();
        for grant in rows.of(&ROLE_GRANTS).filter(|grant| grant.is("granted")) {
            let user = grant.get("user_id").unwrap_or_default().to_owned();
            let given = narrowed.0.entry(user).or_default();
            *given = given.union(given_by(rows, grant.get("name").unwrap_or_default()));
        }
        narrowed
    }

    /// What custom roles give a person; `None` if they hold none.
    pub(crate) fn of(&self, user: UserId) -> Option<Permissions> {
        // Most banks have none: the replay asks for every leaf.
        if self.0.is_empty() { None } else { self.0.get(&user.to_string()).copied() }
    }
}

/// What a role gives to those who hold it: nothing once it has ended.
fn given_by(rows: &Rows, name: &str) -> Permissions {
    let role = rows.get(&ROLES, name).filter(|role| role.is("active"));
    Permissions::from_names(role.and_then(|role| role.get("permissions")).unwrap_or_default())
}

/// The rule of `role.define`.
pub(crate) fn define() -> Rule {
    Rule { lookups: everything(), about: None, bumps_epoch: true, decide: decide_definition }
}

/// The rule of `role.grant`.
pub(crate) fn grant(user: UserId) -> Rule {
    Rule { lookups: everything(), about: Some(user), bumps_epoch: true, decide: decide_grant }
}

fn everything() -> Vec<Lookup> {
    [&ROLES, &ROLE_GRANTS].map(|register| Lookup { register, matching: None }).into()
}

/// A role keeps its base for good, and whoever holds it is judged again with what it gives from now on.
fn decide_definition(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::RoleDefine { name, base, permissions: names, active } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    let wanted: Option<Permissions> =
        names.iter().map(|name| Permission::from_name(name)).collect();
    let wanted = wanted.filter(|wanted| permissions(*base).contains(*wanted));
    let wanted = wanted.ok_or(Refusal::PermissionsBeyondBase)?;
    if conflict(wanted).is_some() {
        return Err(Refusal::ConflictingDuties);
    }
    let known = question.rows.get(&ROLES, name);
    if known.is_some_and(|known| known.get("base") != Some(base.name())) {
        return Err(Refusal::RoleBaseMismatch);
    }
    let row = Row::new(&ROLES)
        .with("name", name)
        .with("base", base.name())
        .with("permissions", wanted.to_names())
        .with("active", active);
    let asker = question.asker.user.to_string();
    let holders = question.rows.matching(&ROLE_GRANTS, "name", name);
    let holders =
        holders.filter(|grant| grant.is("granted")).filter_map(|grant| grant.get("user_id"));
    let mut after = question.rows.clone();
    after.put(row.clone());
    let after = Narrowed::by(&after);
    for holder in holders {
        if holder == asker {
            return Err(Refusal::OwnAuthority);
        }
        if after.0.get(holder).is_some_and(|given| conflict(*given).is_some()) {
            return Err(Refusal::ConflictingDuties);
        }
    }
    Ok(vec![signed(row, question)])
}

fn decide_grant(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::RoleGrant { user, name, granted } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    if *user == question.asker.user {
        return Err(Refusal::OwnAuthority);
    }
    let person = question.person.ok_or(Refusal::UserNotFound)?;
    let row =
        Row::new(&ROLE_GRANTS).with("user_id", user).with("name", name).with("granted", granted);
    if *granted {
        let role = question.rows.get(&ROLES, name).filter(|role| role.is("active"));
        let role = role.ok_or(Refusal::RoleNotFound)?;
        if role.get("base") != Some(person.role.name()) {
            return Err(Refusal::RoleBaseMismatch);
        }
        let mut after = question.rows.clone();
        after.put(row.clone());
        if Narrowed::by(&after).of(*user).is_some_and(|given| conflict(given).is_some()) {
            return Err(Refusal::ConflictingDuties);
        }
    } else {
        let held = question.rows.get(&ROLE_GRANTS, &row.key());
        held.filter(|held| held.is("granted")).ok_or(Refusal::RoleNotFound)?;
    }
    Ok(vec![signed(row, question)])
}

/// A row with who wrote it, when, and by which intent: the way to its leaf.
fn signed(row: Row, question: &Question<'_>) -> Row {
    row.with("intent_id", question.intent.id())
        .with("changed_by", question.asker.user)
        .with("changed_at", question.now)
}

#[cfg(test)]
mod tests {
    use intent::Role;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn role(name: &str, permissions: &[Permission], active: bool) -> Row {
        Row::new(&ROLES)
            .with("name", name)
            .with("base", Role::Manager.name())
            .with("permissions", Permissions::of(permissions).to_names())
            .with("active", active)
    }

    fn granted(user: UserId, name: &str, granted: bool) -> Row {
        Row::new(&ROLE_GRANTS).with("user_id", user).with("name", name).with("granted", granted)
    }

    #[test]
    fn an_ended_role_gives_nothing_and_still_takes_away() {
        let user = UserId::new(Uuid::from_u128(1));
        let mut rows = Rows::default();
        assert_eq!(Narrowed::by(&rows).of(user), None);
        rows.put(role("cashier", &[Permission::AccountsFund], true));
        rows.put(granted(user, "cashier", true));
        let fund = Permissions::of(&[Permission::AccountsFund]);
        assert_eq!(Narrowed::by(&rows).of(user), Some(fund));
        rows.put(role("cashier", &[Permission::AccountsFund], false));
        assert_eq!(Narrowed::by(&rows).of(user), Some(Permissions::NONE));
        rows.put(granted(user, "cashier", false));
        assert_eq!(Narrowed::by(&rows).of(user), None);
    }

    proptest! {
        #[test]
        fn a_person_has_the_union_of_their_roles_and_of_nobody_elses(
            held in prop::collection::vec((0_usize..4, any::<bool>()), 0..6),
            defined in prop::collection::vec(prop::collection::vec(0_usize..21, 0..5), 4),
        ) {
            let (user, other) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
            let mut rows = Rows::default();
            for (place, chosen) in defined.iter().enumerate() {
                let chosen: Vec<_> = chosen.iter().map(|bit| Permission::ALL[*bit]).collect();
                rows.put(role(&format!("role_{place}"), &chosen, true));
                rows.put(granted(other, &format!("role_{place}"), true));
            }
            let mut holds = [false; 4];
            for (place, is_granted) in held {
                rows.put(granted(user, &format!("role_{place}"), is_granted));
                holds[place] = is_granted;
            }
            let expected = holds.contains(&true).then(|| {
                let of_held = defined.iter().zip(holds).filter(|(_, holds)| *holds);
                of_held.flat_map(|(chosen, _)| chosen.iter().map(|bit| Permission::ALL[*bit])).collect()
            });
            prop_assert_eq!(Narrowed::by(&rows).of(user), expected);
        }
    }
}
