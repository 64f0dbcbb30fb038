//! How much a person may move in the first day after a recovery: a sum over the whole day, so that a large payment is not
//! many small ones.

use std::collections::BTreeMap;

use money::{Amount, AssetCode};

/// What a person has moved, by asset, in minor units.
pub type Moved = BTreeMap<AssetCode, i64>;

/// What a person has moved once `wanted` has moved too; `None` if that is more than `limit_minor` allows of any asset.
///
/// `moved` is what left the person's accounts since the recovery, refusals not counted. An asset that is not in `wanted` is
/// not judged: what is over the limit already (it was moved before the limit was set so low) stops nothing else.
#[must_use]
pub fn with_moved(
    moved: &Moved,
    wanted: impl IntoIterator<Item = Amount>,
    limit_minor: impl Fn(AssetCode) -> i64,
) -> Option<Moved> {
    let mut after = moved.clone();
    let mut judged = Vec::new();
    for amount in wanted {
        let sum = after.entry(amount.asset()).or_default();
        *sum = sum.saturating_add(amount.minor());
        judged.push(amount.asset());
    }
    let within =
        |asset: &AssetCode| after.get(asset).copied().unwrap_or_default() <= limit_minor(*asset);
    judged.iter().all(within).then_some(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: i64 = 10_000;

    fn amount(minor: i64, asset: &str) -> Amount {
        Amount::new(minor, asset.parse().unwrap()).unwrap()
    }

    fn eur(minor: i64) -> Amount {
        amount(minor, "EUR")
    }

    #[test]
    fn the_day_has_one_limit_for_each_asset() {
        let moved = with_moved(&Moved::new(), [eur(6_000)], |_| LIMIT).unwrap();
        assert_eq!(with_moved(&moved, [eur(4_001)], |_| LIMIT), None);
        assert!(with_moved(&moved, [eur(4_000)], |_| LIMIT).is_some());
        assert!(with_moved(&moved, [amount(LIMIT, "USD")], |_| LIMIT).is_some());
        assert_eq!(with_moved(&moved, [eur(1), amount(LIMIT + 1, "USD")], |_| LIMIT), None);
    }

    #[test]
    fn sums_that_overflow_are_over_the_limit() {
        let moved = Moved::from([(AssetCode::EUR, i64::MAX)]);
        assert_eq!(with_moved(&moved, [eur(1)], |_| LIMIT), None);
        assert!(with_moved(&moved, [amount(1, "USD")], |_| LIMIT).is_some());
    }

    proptest! {
        /// However a sum is cut into payments and batches, no more than the limit leaves in a day.
        #[test]
        fn many_small_payments_are_one_large_one(payments in prop::collection::vec(
            prop::collection::vec(1_i64..4_000, 1..4), 1..40,
        )) {
            let mut moved = Moved::new();
            let mut left = 0_i64;
            for batch in payments {
                let sum: i64 = batch.iter().sum();
                match with_moved(&moved, batch.into_iter().map(eur), |_| LIMIT) {
                    Some(after) => {
                        left = left.saturating_add(sum);
                        moved = after;
                    }
                    None => prop_assert!(left.saturating_add(sum) > LIMIT),
                }
                prop_assert!(left <= LIMIT);
                prop_assert_eq!(moved.values().sum::<i64>(), left);
            }
        }
    }
}
