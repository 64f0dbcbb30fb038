//! Exchanges: one asset sold for another, through the bank's positions, as a linked pair of transfers.
//!
//! What is sold goes from the customer's account to the bank's position in that asset, what is bought from the bank's position
//! in the other to the customer's other account: both or neither. It stays with its owner, so that no limit, no approval and
//! no verdict of the risk engine is asked for; freezes, floors and closed accounts count as ever.

use std::collections::BTreeMap;

use intent::{Intent, UtcMicros};
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
    let id = intent.id().get();
    let post = |id, debit, credit, amount| Wish {
        id: TransferId::new(id),
        kind: TransferKind::Post { debit, credit, amount },
    };
    vec![
        post(id, debit, taken, sell),
        post(derived(b"strongroom/exchange-bought/v1", id), given, credit, buy),
    ]
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
