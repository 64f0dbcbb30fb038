//! What is told of a record, and to whom. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use intent::{Outcome, UserId, UtcMicros};
use ledger::{AccountId, TransferId};
use serde::Serialize;
use uuid::Uuid;

/// Version of the form: a new member does not change it, another meaning of one does.
const VERSION: &str = "1";
const OK: &str = "ok";

/// Everything that could be told of one leaf.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) leaf: u64,
    pub(super) id: Uuid,
    pub(super) kind: &'static str,
    /// Whether nobody signed it.
    pub(super) is_event: bool,
    pub(super) outcome: Outcome,
    /// `None`: it was erased.
    pub(super) code: Option<String>,
    pub(super) at: UtcMicros,
    pub(super) signer: Option<UserId>,
    /// To whom it happened.
    pub(super) persons: BTreeSet<UserId>,
    pub(super) movements: Vec<Movement>,
    /// Accounts that changed or moved, with their owners; those of the bank have none.
    pub(super) accounts: BTreeMap<AccountId, Option<UserId>>,
}

/// A row of the ledger's transfers.
#[derive(Clone, Debug)]
pub(super) struct Movement {
    pub(super) transfer: TransferId,
    pub(super) kind: String,
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) amount_minor: i64,
    pub(super) asset: String,
    pub(super) code: String,
    pub(super) refers_to: Option<TransferId>,
}

/// What row-level security shows a reader.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    pub(super) leaves: HashSet<u64>,
    pub(super) transfers: HashSet<TransferId>,
    pub(super) accounts: HashSet<AccountId>,
}

/// An event as it is told. Its one form: `docs/events.md`.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    v: &'static str,
    id: String,
    leaf: String,
    kind: &'static str,
    /// Whether nobody signed it.
    event: bool,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    at: String,
    accounts: Vec<String>,
    movements: Vec<MovementView<'a>>,
}

#[derive(Debug, Serialize)]
struct MovementView<'a> {
    transfer: String,
    kind: &'a str,
    debit: String,
    credit: String,
    amount: String,
    asset: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refers_to: Option<String>,
}

impl Told {
    /// Whether it can concern this customer: cheap, and asked before the database is.
    pub(super) fn may_concern(&self, user: UserId) -> bool {
        self.signer == Some(user)
            || self.persons.contains(&user)
            || self.accounts.values().any(|owner| *owner == Some(user))
    }

    /// What this reader is told, if it is any business of theirs.
    ///
    /// # Security
    ///
    /// A refusal is the signer's own affair: whoever was to be paid does not learn that somebody tried.
    pub(super) fn for_reader(&self, user: UserId, sight: &Sight) -> Option<Document<'_>> {
        let sees_record = sight.leaves.contains(&self.leaf);
        if !sees_record && self.outcome == Outcome::Refused {
            return None;
        }
        let is_seen = |movement: &&Movement| {
            sight.transfers.contains(&movement.transfer) && (sees_record || movement.code == OK)
        };
        let movements: Vec<_> = self.movements.iter().filter(is_seen).map(Movement::view).collect();
        let shown = self.accounts.keys().filter(|account| sight.accounts.contains(account));
        let accounts: Vec<String> = shown.map(AccountId::to_string).collect();
        let concerns = sees_record
            || !movements.is_empty()
            || !accounts.is_empty()
            || self.persons.contains(&user);
        let code = if sees_record { self.code.as_deref() } else { Some(OK) };
        concerns.then(|| self.document(code, accounts, movements))
    }

    /// What whoever may read nothing of the bank is told: that it happened, and to which accounts.
    pub(super) fn bare(&self) -> Document<'_> {
        let accounts = self.accounts.keys().map(AccountId::to_string).collect();
        self.document(self.code.as_deref(), accounts, Vec::new())
    }

    fn document<'a>(
        &'a self,
        code: Option<&'a str>,
        accounts: Vec<String>,
        movements: Vec<MovementView<'a>>,
    ) -> Document<'a> {
        Document {
            v: VERSION,
            id: self.id.to_string(),
            leaf: self.leaf.to_string(),
            kind: self.kind,
            event: self.is_event,
            outcome: self.outcome.name(),
            code,
            at: self.at.to_string(),
            accounts,
            movements,
        }
    }

    /// How much memory it takes, in movements.
    pub(super) fn weight(&self) -> usize {
        self.movements.len().saturating_add(1)
    }
}

impl Movement {
    fn view(&self) -> MovementView<'_> {
        MovementView {
            transfer: self.transfer.to_string(),
            kind: &self.kind,
            debit: self.debit.to_string(),
            credit: self.credit.to_string(),
            amount: self.amount_minor.to_string(),
            asset: &self.asset,
            code: &self.code,
            refers_to: self.refers_to.map(|id| id.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(n: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(n))
    }

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn transfer(n: u128) -> TransferId {
        TransferId::new(Uuid::from_u128(n))
    }

    /// Person 1 pays person 2 from account 11 to 12; a second item of the batch was refused.
    fn told() -> Told {
        let movement = |n: u128, code: &str| Movement {
            transfer: transfer(n),
            kind: "post".to_owned(),
            debit: account(11),
            credit: account(12),
            amount_minor: 1234,
            asset: "EUR".to_owned(),
            code: code.to_owned(),
            refers_to: None,
        };
        Told {
            leaf: 7,
            id: Uuid::from_u128(99),
            kind: "transfer.batch",
            is_event: false,
            outcome: Outcome::Accepted,
            code: Some("held".to_owned()),
            at: UtcMicros::from_micros(0),
            signer: Some(user(1)),
            persons: BTreeSet::new(),
            movements: vec![movement(21, "ok"), movement(22, "account-frozen")],
            accounts: BTreeMap::from([(account(11), Some(user(1))), (account(12), Some(user(2)))]),
        }
    }

    fn sight(leaves: &[u64], transfers: &[u128], accounts: &[u128]) -> Sight {
        Sight {
            leaves: leaves.iter().copied().collect(),
            transfers: transfers.iter().copied().map(transfer).collect(),
            accounts: accounts.iter().copied().map(account).collect(),
        }
    }

    #[test]
    fn the_form_is_what_the_page_says() {
        let told = told();
        let document = told.for_reader(user(2), &sight(&[], &[21, 22], &[12])).unwrap();
        let zeros = "00000000-0000-0000-0000-0000000000";
        assert_eq!(
            serde_json::to_value(document).unwrap(),
            json!({
                "v": "1", "id": format!("{zeros}63"), "leaf": "7", "kind": "transfer.batch", "event": false,
                "outcome": "accepted", "code": "ok", "at": "1970-01-01T00:00:00.000000Z",
                "accounts": [format!("{zeros}0c")],
                "movements": [{
                    "transfer": format!("{zeros}15"), "kind": "post", "debit": format!("{zeros}0b"),
                    "credit": format!("{zeros}0c"), "amount": "1234", "asset": "EUR", "code": "ok",
                }],
            })
        );
    }

    #[test]
    fn whoever_may_read_the_record_sees_its_code_and_what_was_refused_in_it() {
        let told = told();
        let document = told.for_reader(user(1), &sight(&[7], &[21, 22], &[11])).unwrap();
        assert_eq!((document.code, document.movements.len()), (Some("held"), 2));
    }

    #[test]
    fn nobody_is_told_what_row_level_security_does_not_show_them() {
        let told = told();
        assert!(told.for_reader(user(2), &Sight::default()).is_none());
        assert!(!told.may_concern(user(3)));
        assert!(told.may_concern(user(2)));
        let refused = Told { outcome: Outcome::Refused, ..told };
        assert!(refused.for_reader(user(2), &sight(&[], &[21], &[12])).is_none());
        assert!(refused.for_reader(user(1), &sight(&[7], &[], &[])).is_some());
    }

    #[test]
    fn a_person_is_told_what_was_done_to_them_without_what_moved() {
        let told = Told { persons: BTreeSet::from([user(5)]), ..told() };
        let document = told.for_reader(user(5), &Sight::default()).unwrap();
        assert!(document.accounts.is_empty() && document.movements.is_empty());
    }
}
