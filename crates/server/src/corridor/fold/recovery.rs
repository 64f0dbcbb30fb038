//! The first day after somebody came back without any of their devices: they pay little, over all of their accounts.

use std::collections::BTreeMap;

use ledger::AccountId;
use money::AssetCode;

use super::pay::Payer;
use super::wish::Wish;
use super::{Asker, Decision, Fold};
use crate::limits::minor_units;
use crate::policy::RECOVERY_LIMIT_UNITS;
use crate::registers::Row;
use crate::users::registrations::{RECOVERY_LIMITS, RECOVERY_PAYMENTS, recovery_limits};

impl Fold<'_> {
    /// What leaves the asker's own accounts, per asset: what stays with them leaves nobody.
    pub(super) fn leaving<'m>(
        &self,
        moved: impl Iterator<Item = ([AccountId; 2], money::Amount)> + 'm,
        asker: Asker,
    ) -> BTreeMap<AssetCode, i64> {
        let is_mine = |account| self.owners.get(&account) == Some(&Some(asker.user));
        let mut sums: BTreeMap<AssetCode, i64> = BTreeMap::new();
        for ([debit, credit], amount) in moved {
            if is_mine(debit) && !is_mine(credit) {
                let sum = sums.entry(amount.asset()).or_default();
                *sum = sum.saturating_add(amount.minor());
            }
        }
        sums
    }

    /// What would leave the asker's own accounts.
    pub(super) fn sums_leaving(&self, wishes: &[Wish], asker: Asker) -> BTreeMap<AssetCode, i64> {
        self.leaving(
            wishes.iter().filter_map(|wish| wish.kind.accounts().zip(wish.kind.amount())),
            asker,
        )
    }

    /// The recovery under whose limit somebody stands.
    fn recovery(&self, payer: Payer) -> Option<&Row> {
        let limit = self.rows.get(&RECOVERY_LIMITS, &payer.asker.user.to_string())?;
        recovery_limits(limit, payer.now).then_some(limit)
    }

    /// What was paid under a recovery already, in minor units: what was paid under an earlier one does not count.
    fn paid_under(&self, recovery: &Row, payer: Payer, asset: AssetCode) -> i64 {
        let key = format!("{}/{asset}", payer.asker.user);
        self.rows
            .get(&RECOVERY_PAYMENTS, &key)
            .filter(|row| row.get("registration") == recovery.get("registration"))
            .and_then(|row| row.get("paid")?.parse().ok())
            .unwrap_or(0)
    }

    /// Whether what one signature would move, with what was moved before it, is more than a person may in the first day after
    /// a recovery. All of a batch counts, so that a large payment is not many small ones.
    pub(super) fn exceeds_recovery_limit(&self, wishes: &[Wish], payer: Payer) -> bool {
        let Some(recovery) = self.recovery(payer) else { return false };
        self.sums_leaving(wishes, payer.asker).into_iter().any(|(asset, sum)| {
            let after = self.paid_under(recovery, payer, asset).saturating_add(sum);
            after > minor_units(RECOVERY_LIMIT_UNITS, asset)
        })
    }

    /// Counts what was made or is held.
    pub(super) fn charge_recovery(&mut self, decision: &mut Decision, payer: Payer) {
        let Some(recovery) = self.recovery(payer) else { return };
        let made = decision.items.iter().filter(|item| item.outcome.is_ok());
        let made = made.map(|item| ([item.debit, item.credit], item.amount));
        let rows: Vec<Row> = self
            .leaving(made, payer.asker)
            .into_iter()
            .map(|(asset, sum)| {
                let paid = self.paid_under(recovery, payer, asset).saturating_add(sum);
                Row::new(&RECOVERY_PAYMENTS)
                    .with("user_id", payer.asker.user)
                    .with("asset", asset)
                    .with("registration", recovery.get("registration").unwrap_or_default())
                    .with("paid", paid)
            })
            .collect();
        for row in rows {
            self.rows.put(row.clone());
            decision.rows.push(row);
        }
    }
}
