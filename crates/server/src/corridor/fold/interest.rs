//! Interest and fees: counted with every entry, posted when a month is over.

use std::collections::BTreeMap;

use intent::UtcMicros;
use ledger::{AccountId, Rejection, Side, Transfer, TransferId, TransferKind, post};
use money::{Amount, AssetCode};
use time::Date;

use super::wish::Wish;
use super::{Decision, Fold, Item};
use crate::bank::house::{House, derived};
use crate::corridor::refusal::Refusal;
use crate::interest::{self, Accrual, date, day_of, first_of_month};
use crate::registers::Row;

/// A month of an account's is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MonthOver {
    /// The account.
    pub(crate) account: AccountId,
    /// Its asset.
    pub(crate) asset: AssetCode,
    /// First day of the month after.
    pub(crate) month: Date,
}

impl MonthOver {
    const ACCOUNT: &'static str = "account";
    const ASSET: &'static str = "asset";
    const MONTH: &'static str = "month";

    /// Its members.
    pub(super) fn members(self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (Self::ACCOUNT.to_owned(), self.account.to_string()),
            (Self::ASSET.to_owned(), self.asset.to_string()),
            (Self::MONTH.to_owned(), self.month.to_string()),
        ])
    }

    /// Reads them.
    pub(super) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            account: members.get(Self::ACCOUNT)?.parse().ok()?,
            asset: members.get(Self::ASSET)?.parse().ok()?,
            month: date(members.get(Self::MONTH)?)?,
        })
    }

    /// The moment at which the month was over.
    pub(crate) fn ended_at(&self) -> UtcMicros {
        let seconds = self.month.midnight().assume_utc().unix_timestamp();
        UtcMicros::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// The transfer that posts its interest.
    pub(crate) fn interest_id(&self) -> TransferId {
        self.transfer_id("interest")
    }

    /// The transfer that charges its fee.
    pub(crate) fn fee_id(&self) -> TransferId {
        self.transfer_id("fee")
    }

    fn transfer_id(&self, what: &str) -> TransferId {
        let domain = format!("strongroom/{what}/{}/v1", self.month);
        TransferId::new(derived(domain.as_bytes(), self.account.get()))
    }
}

impl Fold<'_> {
    /// Counts on, to the day of each entry, what the balance before it has earned.
    pub(super) fn accrue(&mut self, items: &[Item], now: UtcMicros) {
        let Some(today) = day_of(now) else { return };
        for posting in items.iter().filter_map(|item| item.outcome.as_ref().ok()) {
            for entry in posting.entries() {
                let (account, amount) = (entry.account(), entry.amount());
                if !matches!(self.owners.get(&account), Some(Some(_))) {
                    continue;
                }
                // Of customers there are liabilities only: a credit has raised the balance.
                let change = match entry.side() {
                    Side::Credit => amount.minor(),
                    Side::Debit => amount.minor().saturating_neg(),
                };
                let before = entry.balance_after().saturating_sub(change);
                self.count_on(account, amount.asset(), before, today);
            }
        }
    }

    fn count_on(&mut self, account: AccountId, asset: AssetCode, balance: i64, today: Date) {
        let known = self.accruals.get(&account).copied();
        let mut accrual = known.unwrap_or_else(|| Accrual::from_day(today));
        accrual.advance(self.policies.interest(account, asset), balance, today);
        if known != Some(accrual) {
            self.put_accrual(account, accrual);
        }
    }

    fn put_accrual(&mut self, account: AccountId, accrual: Accrual) {
        self.accruals.insert(account, accrual);
        self.accruals_touched.insert(account);
    }

    /// The rows of accounts whose count this fold has moved.
    pub(crate) fn changed_accruals(&self) -> impl Iterator<Item = Row> {
        self.accruals_touched.iter().filter_map(|account| self.accrual_row(*account))
    }

    /// The rows of all of them.
    pub(crate) fn accrual_rows(&self) -> impl Iterator<Item = Row> {
        self.accruals.keys().filter_map(|account| self.accrual_row(*account))
    }

    fn accrual_row(&self, account: AccountId) -> Option<Row> {
        let owner = self.owners.get(&account).copied().flatten()?;
        Some(interest::row(account, owner, self.accruals.get(&account)?))
    }

    /// Posts the interest of the months that are over.
    pub(super) fn post_interest(&mut self, over: MonthOver, now: UtcMicros) -> Decision {
        let Some((today, balance, mut accrual)) = self.month_over(&over, now) else {
            return Decision::refused(Refusal::NothingDue);
        };
        accrual.advance(self.policies.interest(over.account, over.asset), balance, today);
        let minor = accrual.take_due();
        let amount = Amount::new(minor.saturating_abs(), over.asset);
        let Some(amount) = amount.ok().filter(|_| minor != 0) else {
            return Decision::refused(Refusal::NothingDue);
        };
        let house = |house: House| self.equity.get(&over.asset).map(|of| house.account(*of));
        let sides = if minor > 0 {
            house(House::InterestPaid).map(|paid| (paid, over.account))
        } else {
            house(House::InterestEarned).map(|earned| (over.account, earned))
        };
        let Some((debit, credit)) = sides else { return Decision::refused(Refusal::NothingDue) };
        let kind = TransferKind::Post { debit, credit, amount };
        self.settle(Wish { id: over.interest_id(), kind }, over.account, accrual, now)
    }

    /// Charges what the account costs for the month that is over.
    pub(super) fn charge_fee(&mut self, over: MonthOver, now: UtcMicros) -> Decision {
        let due = self.month_over(&over, now).and_then(|(today, balance, mut accrual)| {
            let opened_at = *self.opened_at.get(&over.account)?;
            let MonthOver { account, asset, month } = over;
            let fee = self.policies.fee_due(account, asset, opened_at, &accrual, month)?;
            accrual.advance(self.policies.interest(account, asset), balance, today);
            accrual.charged_until = Some(month);
            let credit = House::Fees.account(*self.equity.get(&asset)?);
            let amount = Amount::new(fee, asset).ok()?;
            Some((TransferKind::Post { debit: account, credit, amount }, accrual))
        });
        match due {
            Some((kind, accrual)) => {
                self.settle(Wish { id: over.fee_id(), kind }, over.account, accrual, now)
            }
            None => Decision::refused(Refusal::NothingDue),
        }
    }

    /// Today, the balance and what was counted, if it is the last month that is over, and the account a customer's.
    fn month_over(&self, over: &MonthOver, now: UtcMicros) -> Option<(Date, i64, Accrual)> {
        let today = day_of(now)?;
        let account = self.ledger.account(over.account)?;
        let is_it = account.asset == over.asset && first_of_month(today) == Some(over.month);
        let accrual = self.accruals.get(&over.account).filter(|_| is_it)?;
        Some((today, i64::try_from(account.balance()).ok()?, *accrual))
    }

    /// Posts one transfer of the bank's own, and remembers what was counted.
    fn settle(
        &mut self,
        wish: Wish,
        account: AccountId,
        accrual: Accrual,
        now: UtcMicros,
    ) -> Decision {
        if self.taken.contains(&wish.id) {
            return Decision::refused(Rejection::DuplicateItem.into());
        }
        let posted = Transfer::new(wish.id, wish.kind)
            .and_then(|transfer| post(&mut self.ledger, &transfer, now.get()));
        match posted {
            Ok(posting) => {
                self.put_accrual(account, accrual);
                self.conclude(&[wish], vec![Ok(posting)], None, false)
            }
            Err(rejection) => Decision::refused(rejection.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use intent::UserId;
    use ledger::{Account, AccountKind, AccountRow, Freeze, Ledger};
    use time::macros::date as day;
    use uuid::Uuid;

    use super::super::Fact;
    use super::*;
    use crate::policies::rules::founded_with;
    use crate::policies::{Policies, Policy, Scope};

    const EUR: AssetCode = AssetCode::EUR;

    fn id(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    fn at(day: Date) -> UtcMicros {
        let seconds = day.midnight().assume_utc().unix_timestamp();
        UtcMicros::from_micros(seconds.saturating_mul(1_000_000).saturating_add(5))
    }

    fn over(month: Date) -> MonthOver {
        MonthOver { account: id(7), asset: EUR, month }
    }

    fn account(account: AccountId, kind: AccountKind, floor: Option<i64>, minor: i64) -> Account {
        Account::from_stored(AccountRow {
            id: account,
            asset: EUR,
            kind,
            floor,
            freeze: Freeze::default(),
            closed: false,
            debits_posted: 0,
            credits_posted: minor,
            debits_pending: 0,
            credits_pending: 0,
            entry_count: 1,
        })
        .unwrap()
    }

    /// A bank with one customer, who has `minor` since the first of January.
    fn fold(equity: &BTreeMap<AssetCode, AccountId>, minor: i64) -> Fold<'_> {
        let euros = Scope::parse("asset:EUR").unwrap();
        let since = at(day!(2025 - 12 - 31));
        let set = |policy, value: &str| founded_with(policy, euros, value, since).unwrap();
        let rows = [
            set(Policy::Interest, r#"{"credit":"2026-01-01:150","debit":"2026-01-01:900"}"#),
            set(Policy::Fees, r#"{"monthly":"300"}"#),
        ];
        let mut ledger = Ledger::new();
        for house in House::ALL {
            let account = account(house.account(equity[&EUR]), house.kind(), None, 0);
            ledger.load_account(account);
        }
        ledger.load_account(account(id(7), AccountKind::Liability, Some(0), minor));
        let policies = Arc::new(Policies::in_force(&rows.into_iter().collect()));
        let mut fold = Fold::new(ledger, equity, since, policies);
        fold.owners.insert(id(7), Some(UserId::new(Uuid::from_u128(1))));
        fold.opened_at.insert(id(7), since);
        fold.accruals.insert(id(7), Accrual::from_day(day!(2026 - 01 - 01)));
        fold
    }

    #[test]
    fn interest_and_fee_of_a_month_are_posted_once_and_the_count_goes_on() {
        let equity = BTreeMap::from([(EUR, id(1))]);
        let mut fold = fold(&equity, 1_000_000);
        let february = day!(2026 - 02 - 01);
        let interest = Fact::InterestPosted(over(february));
        let posted = fold.decide_fact(interest, at(february));
        let [item] = posted.items.as_slice() else { panic!("{posted:?}") };
        assert_eq!((item.amount.minor(), item.credit), (1_273, id(7)));
        assert_eq!(item.debit, House::InterestPaid.account(id(1)));
        let fee = fold.decide_fact(Fact::FeeCharged(over(february)), at(february));
        let [item] = fee.items.as_slice() else { panic!("{fee:?}") };
        assert_eq!((item.amount.minor(), item.debit), (300, id(7)));
        assert_eq!(fold.ledger.account(id(7)).unwrap().balance(), 1_000_973);
        for again in [interest, Fact::FeeCharged(over(february))] {
            assert_eq!(fold.decide_fact(again, at(february)).refusal, Some(Refusal::NothingDue));
        }
        // What January has left over, and 28 days of what is there now.
        let march = day!(2026 - 03 - 01);
        let posted = fold.decide_fact(Fact::InterestPosted(over(march)), at(march));
        assert_eq!(posted.items[0].amount.minor(), 1_152);
        let rows: Vec<Row> = fold.changed_accruals().collect();
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(row.get("until"), Some("2026-03-01"));
        assert_eq!(row.get("charged_until"), Some("2026-02-01"));
    }

    #[test]
    fn only_the_last_month_that_is_over_counts_and_only_what_can_be_paid() {
        let equity = BTreeMap::from([(EUR, id(1))]);
        let mut fold = fold(&equity, 100);
        let march = day!(2026 - 03 - 01);
        for month in [day!(2026 - 02 - 01), day!(2026 - 04 - 01), day!(2026 - 03 - 02)] {
            let fact = Fact::InterestPosted(over(month));
            assert_eq!(fold.decide_fact(fact, at(march)).refusal, Some(Refusal::NothingDue));
        }
        // One euro earns less than a cent; three euros are not there.
        let fact = Fact::InterestPosted(over(march));
        assert_eq!(fold.decide_fact(fact, at(march)).refusal, Some(Refusal::NothingDue));
        let refused = fold.decide_fact(Fact::FeeCharged(over(march)), at(march)).refusal;
        assert_eq!(refused, Some(Rejection::InsufficientFunds.into()));
        assert_eq!(fold.accruals[&id(7)].charged_until, None, "it is asked for again");
        let other = MonthOver { asset: "USD".parse().unwrap(), ..over(march) };
        let refused = fold.decide_fact(Fact::FeeCharged(other), at(march)).refusal;
        assert_eq!(refused, Some(Refusal::NothingDue));
    }

    #[test]
    fn a_fact_is_read_as_it_was_written() {
        let over = over(day!(2026 - 02 - 01));
        assert_eq!(MonthOver::read(&over.members()), Some(over));
        assert_eq!(over.ended_at(), UtcMicros::from_micros(1_769_904_000_000_000));
        assert_ne!(over.interest_id(), over.fee_id());
    }
}
