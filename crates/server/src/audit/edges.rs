//! How far a statement of a report is proved. Pure.

use std::collections::HashMap;

use crypto::{Sha3, sha3_256};
use intent::{Effects, UserId};
use serde::Serialize;

use crate::policy::{self, Permissions};
use crate::registers::{Row, Rows};
use crate::roles::{Narrowed, ROLE_GRANTS, ROLES};

/// How far a statement is proved by what the report carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edge {
    /// By a hash, a signature or a proof of inclusion that the reader can check.
    Proven,
    /// It is the word of the bank, or of the signer, alone.
    Claimed,
    /// What it rests on was erased.
    Erased,
    /// There is nothing before: the first of its key.
    First,
}

/// Whether `prev` names what the same key signed before; `before` is the exact document of that leaf.
pub(super) fn chain_edge(prev: &Sha3, before: Option<&[u8]>) -> Edge {
    if *prev == Sha3::from_bytes([0; 32]) {
        return Edge::First;
    }
    match before {
        Some(document) if sha3_256(document) == *prev => Edge::Proven,
        // A document that never reached the log (a device was offline, a request refused at the door), or two that
        // overtook each other: the signer says so, and nothing here shows it.
        Some(_) | None => Edge::Claimed,
    }
}

/// Who is narrowed to what, as the log grows.
#[derive(Default)]
pub(super) struct Timeline {
    rows: Rows,
    narrowed: Narrowed,
    /// The leaf of each row of a grant, by its key.
    leaves: HashMap<String, u64>,
}

impl Timeline {
    /// Takes note of what an accepted definition or grant wrote.
    pub(super) fn note(&mut self, leaf: u64, effects: &Effects) {
        for (name, text) in &effects.result {
            let Some((table, _)) = name.split_once(' ') else { continue };
            let register = [&ROLES, &ROLE_GRANTS].into_iter().find(|known| known.table == table);
            let Some(row) = register.and_then(|register| Row::from_text(register, text)) else {
                continue;
            };
            self.leaves.insert(row.name(), leaf);
            self.rows.put(row);
        }
        self.narrowed = Narrowed::by(&self.rows);
    }

    /// What a person might do, and the leaves of the grants that narrowed them to it.
    pub(super) fn of(&self, user: UserId, role: intent::Role) -> (Permissions, Vec<u64>) {
        let user_text = user.to_string();
        let grants = self.rows.matching(&ROLE_GRANTS, "user_id", &user_text);
        let grants = grants.filter(|grant| grant.is("granted"));
        let leaves = grants.filter_map(|grant| self.leaves.get(&grant.name()).copied()).collect();
        (policy::effective(role, self.narrowed.of(user)), leaves)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use intent::{Outcome, Role};
    use uuid::Uuid;

    use super::*;
    use crate::policy::{BASICS, Permission};

    fn wrote(row: &Row) -> Effects {
        Effects {
            outcome: Outcome::Accepted,
            code: "ok".to_owned(),
            items: vec![],
            risk: None,
            rows: crypto::Sha2::from_bytes([0; 32]),
            result: BTreeMap::from([
                (row.name(), row.to_text()),
                ("at".to_owned(), "2026-01-01T00:00:00.000000Z".to_owned()),
            ]),
        }
    }

    #[test]
    fn permissions_are_those_of_the_leaf_and_not_of_today() {
        let user = UserId::new(Uuid::from_u128(1));
        let fund = Permissions::of(&[Permission::AccountsFund]);
        let role = Row::new(&ROLES)
            .with("name", "cashier")
            .with("base", "manager")
            .with("permissions", fund.to_names())
            .with("active", true);
        let grant = |granted: bool| {
            Row::new(&ROLE_GRANTS)
                .with("user_id", user)
                .with("name", "cashier")
                .with("granted", granted)
        };
        let mut timeline = Timeline::default();
        let all = policy::permissions(Role::Manager);
        assert_eq!(timeline.of(user, Role::Manager), (all, vec![]));
        timeline.note(4, &wrote(&role));
        timeline.note(7, &wrote(&grant(true)));
        assert_eq!(timeline.of(user, Role::Manager), (fund.union(BASICS), vec![7]));
        timeline.note(9, &wrote(&grant(false)));
        assert_eq!(timeline.of(user, Role::Manager), (all, vec![]));
    }

    #[test]
    fn a_link_is_proven_only_by_the_document_that_it_names() {
        let document = b"signed before".as_slice();
        assert_eq!(chain_edge(&sha3_256(document), Some(document)), Edge::Proven);
        assert_eq!(chain_edge(&sha3_256(document), Some(b"another")), Edge::Claimed);
        assert_eq!(chain_edge(&sha3_256(document), None), Edge::Claimed);
        assert_eq!(chain_edge(&Sha3::from_bytes([0; 32]), Some(document)), Edge::First);
    }
}
