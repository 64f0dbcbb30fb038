//! The register of payees that people keep, and what an intent does to its row.

use intent::{BeneficiaryStatus, Body, Intent, NameMatch, UserId, UtcMicros};
use ledger::AccountId;
use money::AssetCode;

use crate::corridor::Refusal;
use crate::corridor::fold::Asker;
use crate::registers::{Column, Register, Row};

/// One row a person and account that they ever kept.
pub(crate) static BENEFICIARIES: Register = Register {
    table: "beneficiaries",
    key_len: 2,
    columns: &[
        ("owner", Column::Uuid),
        ("account", Column::Uuid),
        ("asset", Column::Text),
        ("text_id", Column::Uuid),
        ("details", Column::Digest),
        ("name_match", Column::Text),
        ("status", Column::Text),
        ("added_at", Column::Time),
        ("since", Column::Time),
        ("changed_at", Column::Time),
    ],
};

/// What a rule needs to know of an account that somebody would keep.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PayeeAccount {
    pub(crate) asset: AssetCode,
    /// `None` is the bank.
    pub(crate) owner: Option<UserId>,
    pub(crate) is_closed: bool,
}

/// The key of a row.
pub(crate) fn key(owner: UserId, account: AccountId) -> String {
    format!("{owner}/{account}")
}

/// Whose entry for which account a row is, and since when it vouches for that payee; `None` where it does not.
pub(crate) fn vouched(row: &Row) -> Option<((UserId, AccountId), Option<UtcMicros>)> {
    let pair = (row.get("owner")?.parse().ok()?, row.get("account")?.parse().ok()?);
    let is_in_use = row.get("status") == Some(BeneficiaryStatus::Active.name())
        && row.get("name_match") != Some(NameMatch::None.name());
    let since = row.get("since").filter(|_| is_in_use).and_then(|since| since.parse().ok());
    Some((pair, since))
}

/// The row after an intent; or why it may not be made. `row` is the signer's for this account, if there is one.
pub(crate) fn decide(
    intent: &Intent,
    asker: Asker,
    account: Option<PayeeAccount>,
    row: Option<&Row>,
    now: UtcMicros,
) -> Result<Row, Refusal> {
    let row = row.filter(|row| row.get("status") != Some(BeneficiaryStatus::Deleted.name()));
    match intent.body() {
        Body::BeneficiaryAdd { account: id, details, name_match } => {
            // The bank's own accounts are nobody's payees.
            let account = account.filter(|account| account.owner.is_some());
            let account = account.ok_or(Refusal::AccountNotFound)?;
            if account.is_closed {
                return Err(Refusal::AccountClosed);
            }
            if row.is_some() {
                return Err(Refusal::BeneficiaryExists);
            }
            Ok(Row::new(&BENEFICIARIES)
                .with("owner", asker.user)
                .with("account", id)
                .with("asset", account.asset)
                .with("text_id", intent.id())
                .with("details", details)
                .with("name_match", name_match.name())
                .with("status", BeneficiaryStatus::Active.name())
                .with("added_at", now)
                .with("since", now)
                .with("changed_at", now))
        }
        Body::BeneficiaryChange { status, renamed, .. } => {
            let old = row.ok_or(Refusal::BeneficiaryNotFound)?;
            let mut new = old.clone().with("status", status.name()).with("changed_at", now);
            if let Some((details, name_match)) = renamed {
                new = new
                    .with("text_id", intent.id())
                    .with("details", details)
                    .with("name_match", name_match.name());
            }
            if *status == BeneficiaryStatus::Deleted {
                new = new.without("text_id").without("details");
            }
            let vouches = |row: &Row| vouched(row).is_some_and(|(_, since)| since.is_some());
            // What begins to vouch begins anew: the time in which it did not counts nothing.
            Ok(if vouches(&new) && !vouches(old) { new.with("since", now) } else { new })
        }
        _ => Err(Refusal::PermissionDenied),
    }
}

#[cfg(test)]
mod tests {
    use crypto::{Sha2, Sha3};
    use intent::{DeviceId, IntentDraft, Role};
    use uuid::Uuid;

    use super::*;

    fn at(us: i64) -> UtcMicros {
        UtcMicros::from_micros(us)
    }

    fn account() -> AccountId {
        AccountId::new(Uuid::from_u128(9))
    }

    fn signed(body: Body) -> Intent {
        let draft = IntentDraft {
            bank: "demo-bank".parse().unwrap(),
            certificate: Sha3::from_bytes([7; 32]),
            device: DeviceId::new(Sha3::from_bytes([8; 32])),
            authority: Role::Customer,
            at: at(0),
            seq: 1,
            prev: Sha3::from_bytes([0; 32]),
            id: "019aa000-0000-7000-8000-000000000001".parse().unwrap(),
            body,
        };
        draft.build().unwrap()
    }

    fn add(name_match: NameMatch) -> Intent {
        let details = Sha2::from_bytes([1; 32]);
        signed(Body::BeneficiaryAdd { account: account(), details, name_match })
    }

    fn change(status: BeneficiaryStatus, renamed: Option<NameMatch>) -> Intent {
        let renamed = renamed.map(|name_match| (Sha2::from_bytes([2; 32]), name_match));
        signed(Body::BeneficiaryChange { account: account(), status, renamed })
    }

    fn decided(intent: &Intent, row: Option<&Row>, now: i64) -> Result<Row, Refusal> {
        let user = |number| UserId::new(Uuid::from_u128(number));
        let asker = Asker::unknown(user(1), Role::Customer);
        let owner = Some(user(2));
        let account = PayeeAccount { asset: AssetCode::EUR, owner, is_closed: false };
        decide(intent, asker, Some(account), row, at(now))
    }

    fn since(row: &Row) -> Option<i64> {
        vouched(row).unwrap().1.map(UtcMicros::get)
    }

    #[test]
    fn an_entry_vouches_from_its_own_time_on_while_it_is_in_use_under_a_known_name() {
        let row = decided(&add(NameMatch::Match), None, 10).unwrap();
        assert_eq!(since(&row), Some(10));
        let renamed = change(BeneficiaryStatus::Active, Some(NameMatch::Close));
        assert_eq!(since(&decided(&renamed, Some(&row), 20).unwrap()), Some(10));
        let row = decided(&change(BeneficiaryStatus::Disabled, None), Some(&row), 30).unwrap();
        assert_eq!(since(&row), None);
        let row = decided(&change(BeneficiaryStatus::Active, None), Some(&row), 40).unwrap();
        assert_eq!(since(&row), Some(40), "the waiting begins anew");
    }

    #[test]
    fn a_name_that_the_bank_does_not_know_vouches_for_nothing() {
        let row = decided(&add(NameMatch::None), None, 10).unwrap();
        assert_eq!(since(&row), None);
        let renamed = change(BeneficiaryStatus::Active, Some(NameMatch::Match));
        let row = decided(&renamed, Some(&row), 20).unwrap();
        assert_eq!(since(&row), Some(20));
        let renamed = change(BeneficiaryStatus::Active, Some(NameMatch::None));
        assert_eq!(since(&decided(&renamed, Some(&row), 30).unwrap()), None);
    }

    #[test]
    fn an_entry_is_there_once_and_a_deleted_one_is_gone_with_its_name() {
        let row = decided(&add(NameMatch::Match), None, 10).unwrap();
        let again = decided(&add(NameMatch::Match), Some(&row), 20);
        assert_eq!(again.unwrap_err(), Refusal::BeneficiaryExists);
        let gone = decided(&change(BeneficiaryStatus::Deleted, None), Some(&row), 20).unwrap();
        assert_eq!((gone.get("text_id"), gone.get("details"), since(&gone)), (None, None, None));
        let changed = decided(&change(BeneficiaryStatus::Active, None), Some(&gone), 30);
        assert_eq!(changed.unwrap_err(), Refusal::BeneficiaryNotFound);
        let row = decided(&add(NameMatch::Match), Some(&gone), 40).unwrap();
        assert_eq!(since(&row), Some(40));
        assert_eq!(row.get("added_at"), Some(at(40).to_string()).as_deref());
    }
}
