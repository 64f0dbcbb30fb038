//! Exchanges: one asset sold for another, through the bank's positions, as a linked pair of transfers.
//!
//! What is sold goes from the customer's account to the bank's position in that asset, what is bought from the bank's position
//! in the other to the customer's other account: both or neither. It stays with its owner, so that no limit, no approval and
//! no verdict of the risk engine is asked for; freezes, floors and closed accounts count as ever.

use std::collections::BTreeMap;

use intent::{Intent, IntentId, UtcMicros};
use ledger::{
    AccountId, Batch, Posting, Rejection, Transfer, TransferId, TransferKind, post_batch,
};
use money::{Amount, AssetCode, Rate};

use super::wish::Wish;
use super::{Asker, Decision, Fold};
use crate::bank::house::{House, derived};
use crate::corridor::refusal::Refusal;

/// What a customer signs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) sell: Amount,
    pub(super) buy: Amount,
    pub(super) rate: Rate,
}

/// The two transfers of an exchange; none where the bank does not keep one of the assets.
pub(super) fn wishes(
    intent: &Intent,
    (debit, credit): (AccountId, AccountId),
    (sell, buy): (Amount, Amount),
    equity: &BTreeMap<AssetCode, AccountId>,
) -> Vec<Wish> {
    let position = |amount: Amount| Some(House::Position.account(*equity.get(&amount.asset())?));
    let Some((taken, given)) = position(sell).zip(position(buy)) else { return Vec::new() };
    let post =
        |id, debit, credit, amount| Wish { id, kind: TransferKind::Post { debit, credit, amount } };
    vec![
        post(TransferId::new(intent.id().get()), debit, taken, sell),
        post(bought_id(intent.id()), given, credit, buy),
    ]
}

/// The transfer of what is bought; that of what is sold has the id of its intent.
pub(crate) fn bought_id(exchange: IntentId) -> TransferId {
    TransferId::new(derived(b"strongroom/exchange-bought/v1", exchange.get()))
}

impl Fold<'_> {
    /// Sells and buys, at the rate that is in force.
    pub(super) fn exchange(
        &mut self,
        wishes: &[Wish],
        exchange: Exchange,
        asker: Asker,
        now: UtcMicros,
    ) -> Decision {
        let offer = self.policies.exchange.offer(exchange.sell.asset(), exchange.buy.asset());
        let postings = self.may_exchange(wishes, exchange, asker).and_then(|()| {
            let transfers: Result<Vec<Transfer>, Rejection> =
                wishes.iter().map(|wish| Transfer::new(wish.id, wish.kind)).collect();
            self.post_pair(transfers?, now)
        });
        let decision = match postings {
            Ok(postings) => {
                self.conclude(wishes, postings.into_iter().map(Ok).collect(), None, false)
            }
            Err(refusal) => self.refuse_all(wishes, refusal, false),
        };
        // Whoever signed another rate is told; other refusals have nothing to do with it.
        let is_told =
            matches!(decision.refusal, None | Some(Refusal::RateStale | Refusal::ExchangeMismatch));
        let rate = offer.filter(|_| is_told).map(|offer| offer.to_string());
        Decision { rate, ..decision }
    }

    fn may_exchange(
        &self,
        wishes: &[Wish],
        exchange: Exchange,
        asker: Asker,
    ) -> Result<(), Refusal> {
        let Exchange { debit, credit, sell, buy, rate } = exchange;
        if wishes.iter().any(|wish| self.taken.contains(&wish.id)) {
            return Err(Rejection::DuplicateItem.into());
        }
        // First: of an asset that the bank does not keep nothing was looked up.
        let offer = self.policies.exchange.offer(sell.asset(), buy.asset());
        let offer = offer.filter(|_| !wishes.is_empty()).ok_or(Refusal::RateUnknown)?;
        // Both are the asker's own: what is bought for somebody else would leave without any limit.
        let is_mine = |id: AccountId| self.owners.get(&id).is_none_or(|of| *of == Some(asker.user));
        if ![debit, credit].into_iter().all(is_mine) {
            return Err(Refusal::NotAccountOwner);
        }
        if offer.rate != rate {
            return Err(Refusal::RateStale);
        }
        if offer.buys(sell, &self.assets) != Some(buy) {
            return Err(Refusal::ExchangeMismatch);
        }
        Ok(())
    }

    /// Both or neither; the refusal is that of the one that failed.
    fn post_pair(
        &mut self,
        transfers: Vec<Transfer>,
        now: UtcMicros,
    ) -> Result<Vec<Posting>, Refusal> {
        let batch = Batch::atomic(transfers)?;
        let outcomes = post_batch(&mut self.ledger, &batch, now.get()).into_items();
        let why = outcomes.iter().find_map(|outcome| match outcome {
            Ok(_) | Err(Rejection::LinkedFailed) => None,
            Err(rejection) => Some(Refusal::from(*rejection)),
        });
        match why {
            Some(refusal) => Err(refusal),
            None => Ok(outcomes.into_iter().collect::<Result<_, Rejection>>()?),
        }
    }

    /// Whether an account is one of the bank's positions: what went through it is exchanged back, never given back by half.
    pub(super) fn is_position(&self, account: AccountId) -> bool {
        self.equity.values().any(|equity| House::Position.account(*equity) == account)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "the numbers are chosen not to overflow")]
mod tests {
    use std::sync::Arc;

    use intent::{Role, UserId};
    use ledger::{AccountKind, Ledger};
    use money::Asset;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::policies::Policies;
    use crate::policies::rules::POLICIES;
    use crate::registers::{Row, Rows};

    const NOW: UtcMicros = UtcMicros::from_micros(1_800_000_000_000_000);

    fn id(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    fn policies(buy: &str, sell: &str) -> Policies {
        let row = Row::new(&POLICIES)
            .with("policy", "rates")
            .with("scope", "pair:EUR/JPY")
            .with("value", format!("{{\"buy\":\"{buy}\",\"sell\":\"{sell}\"}}"))
            .with("since", NOW);
        Policies::in_force(&Rows::from_iter([row]))
    }

    /// Account 1 holds euros and account 2 yen, both of one person; the bank's equity is 11 and 12.
    fn fold(equity: &BTreeMap<AssetCode, AccountId>, held: i64, policies: Policies) -> Fold<'_> {
        let mut ledger = Ledger::new();
        let owner = Some(UserId::new(Uuid::from_u128(9)));
        let mut fold_owners = Vec::new();
        for (own, asset) in [(id(1), AssetCode::EUR), (id(2), AssetCode::JPY)] {
            let bank = equity[&asset];
            ledger.open_account(own, asset, AccountKind::Liability, Some(0)).unwrap();
            ledger.open_account(bank, asset, AccountKind::Equity, None).unwrap();
            let position = House::Position.account(bank);
            ledger.open_account(position, asset, AccountKind::Asset, None).unwrap();
            fold_owners.extend([(own, owner), (bank, None), (position, None)]);
        }
        for (number, own, asset) in [(21, id(1), AssetCode::EUR), (22, id(2), AssetCode::JPY)] {
            let amount = Amount::new(held, asset).unwrap();
            let kind = TransferKind::Post { debit: equity[&asset], credit: own, amount };
            let funded = Transfer::new(TransferId::new(Uuid::from_u128(number)), kind).unwrap();
            ledger::post(&mut ledger, &funded, NOW.get()).unwrap();
        }
        let mut fold = Fold::new(ledger, equity, NOW, Arc::new(policies));
        fold.owners = fold_owners.into_iter().collect();
        let assets = [AssetCode::EUR, AssetCode::JPY];
        fold.assets = Arc::new(assets.map(|code| (code, Asset::iso(code).unwrap())).into());
        fold
    }

    fn balances(fold: &Fold<'_>) -> [i128; 2] {
        [id(1), id(2)].map(|own| fold.ledger.account(own).unwrap().balance())
    }

    /// Per asset, what went out came in somewhere.
    fn assert_conserved(fold: &Fold<'_>) {
        for asset in [AssetCode::EUR, AssetCode::JPY] {
            let of_asset = fold.ledger.accounts().filter(|account| account.asset == asset);
            let sum = of_asset.fold(0_i128, |sum, account| {
                let (debits, credits) = (account.debits_posted(), account.credits_posted());
                sum + i128::from(debits.minor()) - i128::from(credits.minor())
            });
            assert_eq!(sum, 0, "{asset}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost_and_nobody_gains_whatever_is_signed(
            held in prop_oneof![1_i64..1_000_000, Just(i64::MAX / 2), Just(i64::MAX)],
            buy in 1_u32..50_000, spread in 0_u32..500,
            tries in prop::collection::vec((any::<bool>(), 0..=i64::MAX, -1_i64..=1, 0_u32..5), 1..24),
        ) {
            let equity = BTreeMap::from([(AssetCode::EUR, id(11)), (AssetCode::JPY, id(12))]);
            let spelt = |hundredths: u32| {
                let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            };
            let (low, high) = (spelt(buy), spelt(buy + spread));
            let mut fold = fold(&equity, held, policies(&low, &high));
            let asker = Asker::unknown(UserId::new(Uuid::from_u128(9)), Role::Customer);
            let first = balances(&fold);
            for (number, (sells_euros, sold, off, scale)) in (100_u128..).zip(tries) {
                let (from, to) = if sells_euros { (AssetCode::EUR, AssetCode::JPY) } else { (AssetCode::JPY, AssetCode::EUR) };
                let (debit, credit) = if sells_euros { (id(1), id(2)) } else { (id(2), id(1)) };
                let sell = Amount::new(sold / 10_i64.pow(scale * 4), from).unwrap();
                let offer = fold.policies.exchange.offer(from, to).unwrap();
                let right = offer.buys(sell, &fold.assets).map_or(0, Amount::minor);
                let Some(buy) = right.checked_add(off).and_then(|minor| Amount::new(minor, to).ok()) else { continue };
                let exchange = Exchange { debit, credit, sell, buy, rate: offer.rate };
                let ids = [number * 2, number * 2 + 1].map(|of| TransferId::new(Uuid::from_u128(of)));
                let [taken, given] = [from, to].map(|asset| House::Position.account(equity[&asset]));
                let wishes = [
                    Wish { id: ids[0], kind: TransferKind::Post { debit, credit: taken, amount: sell } },
                    Wish { id: ids[1], kind: TransferKind::Post { debit: given, credit, amount: buy } },
                ];
                let before = balances(&fold);
                let decision = fold.exchange(&wishes, exchange, asker, NOW);
                assert_conserved(&fold);
                if decision.refusal.is_some() {
                    prop_assert_eq!(balances(&fold), before, "a refused exchange moves nothing");
                } else {
                    prop_assert_eq!(off, 0);
                    prop_assert!(!sell.is_zero() && !buy.is_zero());
                }
                let now = balances(&fold);
                prop_assert!(now.iter().zip(first).any(|(now, first)| *now <= first), "more of both");
            }
        }
    }
}
