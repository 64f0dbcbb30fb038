//! What one asset is worth in another.

use std::fmt;
use std::str::FromStr;

use crate::amount::{Amount, AmountError};
use crate::asset::Asset;

/// Decimal places of a rate.
const PLACES: u8 = 8;
/// Most digits of a rate: so many that what it is multiplied by still fits.
const DIGITS_MAX: usize = 18;

/// How many whole units of one asset, the quote, a whole unit of another, the base, is worth: a decimal above zero with at
/// most 8 places and 18 digits. Nothing of it is ever a binary fraction.
///
/// # Invariants
///
/// - A rate has one spelling: no sign, no zero in front but the one before a point, none at the end behind a point.
/// - What is converted is exact, and rounded down to the minor unit: a sum that is converted there and back again at one
///   rate, or at a worse one, never grows.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rate(u64);

impl Rate {
    /// What `sold` of the base comes to in the quote. Above [`Amount::MAX_MINOR`] it is [`AmountError::Overflow`].
    pub fn of_base(self, sold: Amount, base: Asset, quote: Asset) -> Result<Amount, AmountError> {
        require(sold, base)?;
        let product = u128::from(sold.minor().unsigned_abs())
            .checked_mul(u128::from(self.0))
            .ok_or(AmountError::Overflow)?;
        let power = i32::from(quote.scale())
            .saturating_sub(i32::from(base.scale()))
            .saturating_sub(i32::from(PLACES));
        let minor = if power >= 0 {
            product.checked_mul(ten(power)?).ok_or(AmountError::Overflow)?
        } else {
            product.checked_div(ten(power)?).ok_or(AmountError::Overflow)?
        };
        amount(minor, quote)
    }

    /// What `sold` of the quote comes to in the base.
    pub fn of_quote(self, sold: Amount, base: Asset, quote: Asset) -> Result<Amount, AmountError> {
        require(sold, quote)?;
        let sold = u128::from(sold.minor().unsigned_abs());
        let power = i32::from(base.scale())
            .saturating_sub(i32::from(quote.scale()))
            .saturating_add(i32::from(PLACES));
        // What no longer fits here comes to more than any amount: a rate has 18 digits at most.
        let (over, under) = if power >= 0 {
            (sold.checked_mul(ten(power)?), Some(u128::from(self.0)))
        } else {
            (Some(sold), u128::from(self.0).checked_mul(ten(power)?))
        };
        let minor = over.zip(under).and_then(|(over, under)| over.checked_div(under));
        amount(minor.ok_or(AmountError::Overflow)?, base)
    }
}

/// Ten to this power, its sign aside.
fn ten(power: i32) -> Result<u128, AmountError> {
    10_u128.checked_pow(power.unsigned_abs()).ok_or(AmountError::Overflow)
}

fn require(sold: Amount, asset: Asset) -> Result<(), AmountError> {
    if sold.asset() == asset.code() { Ok(()) } else { Err(AmountError::AssetMismatch) }
}

fn amount(minor: u128, asset: Asset) -> Result<Amount, AmountError> {
    Amount::new(i64::try_from(minor).map_err(|_| AmountError::Overflow)?, asset.code())
}

impl FromStr for Rate {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.len().saturating_add(usize::from(PLACES));
        if fraction.len() > usize::from(PLACES) || digits > DIGITS_MAX {
            return Err(AmountError::Malformed);
        }
        let places = usize::from(PLACES);
        let padded = format!("{whole}{fraction:0<places$}");
        if !padded.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError::Malformed);
        }
        let rate = Self(padded.parse().map_err(|_| AmountError::Malformed)?);
        if rate.0 > 0 && rate.to_string() == text { Ok(rate) } else { Err(AmountError::Malformed) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(PLACES);
        let digits = format!("{:0>width$}", self.0, width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { f.pad(whole) } else { f.pad(&format!("{whole}.{fraction}")) }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers, and a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asset(code: &str, scale: u8) -> Asset {
        Asset::new(code.parse().unwrap(), scale).unwrap()
    }

    fn of(minor: i64, asset: Asset) -> Amount {
        Amount::new(minor, asset.code()).unwrap()
    }

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_has_one_spelling() {
        for text in ["1", "0.00000001", "1.0812", "154.37", "9999999999.99999999", "10", "0.5"] {
            assert_eq!(rate(text).to_string(), text);
        }
        let refused = [
            "",
            "0",
            "0.0",
            ".5",
            "5.",
            "1.0",
            "01",
            "+1",
            "-1",
            "1e3",
            "1,5",
            " 1",
            "1.000000001",
            "10000000000",
            "1.2.3",
            "\u{661}",
        ];
        for text in refused {
            assert_eq!(text.parse::<Rate>(), Err(AmountError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn sums_come_to_what_the_rate_says_rounded_down_in_each_assets_own_decimals() {
        let (eur, usd, yen, dinar) =
            (asset("EUR", 2), asset("USD", 2), asset("JPY", 0), asset("BHD", 3));
        let cases = [
            ("1.0812", of(10_000, eur), eur, usd, 10_812),
            ("1.0812", of(99, eur), eur, usd, 107),
            ("161.55", of(1, eur), eur, yen, 1),
            ("161.55", of(10_000, eur), eur, yen, 16_155),
            ("0.409", of(100, eur), eur, dinar, 409),
            ("0.00000001", of(99_999_999, eur), eur, usd, 0),
        ];
        for (text, sold, base, quote, minor) in cases {
            assert_eq!(rate(text).of_base(sold, base, quote), Ok(of(minor, quote)), "{text}");
        }
        assert_eq!(rate("1.0812").of_quote(of(10_812, usd), eur, usd), Ok(of(10_000, eur)));
        assert_eq!(rate("161.55").of_quote(of(161, yen), eur, yen), Ok(of(99, eur)));
        assert_eq!(
            rate("1").of_base(of(1, usd), eur, usd),
            Err(AmountError::AssetMismatch),
            "of another asset"
        );
    }

    #[test]
    fn the_edges_are_refused_and_never_wrapped() {
        let (whole, fine) = (asset("AAA", 0), asset("BBB", 18));
        let most = of(Amount::MAX_MINOR, whole);
        let highest = rate("9999999999.99999999");
        let lowest = rate("0.00000001");
        assert_eq!(highest.of_base(most, whole, whole), Err(AmountError::Overflow));
        assert_eq!(highest.of_base(of(1, whole), whole, fine), Err(AmountError::Overflow));
        assert_eq!(lowest.of_quote(most, whole, whole), Err(AmountError::Overflow));
        assert_eq!(lowest.of_quote(most, fine, whole), Err(AmountError::Overflow));
        assert_eq!(rate("1").of_base(most, whole, whole), Ok(most));
        assert_eq!(rate("1").of_quote(most, whole, whole), Ok(most));
        assert_eq!(rate("1").of_base(of(i64::MAX, fine), fine, whole), Ok(of(9, whole)));
        assert_eq!(lowest.of_base(of(i64::MAX, fine), fine, whole), Ok(of(0, whole)));
        assert_eq!(highest.of_quote(of(i64::MAX, fine), whole, fine), Ok(of(0, whole)));
    }

    proptest! {
        /// The exact product, taken in numbers so small that nothing can overflow.
        #[test]
        fn what_is_converted_is_the_exact_quotient(
            minor in 0_i64..1_000_000, units in 1_u64..10_000_000_000, from in 0_u8..4, to in 0_u8..4,
        ) {
            let (base, quote) = (asset("AAA", from), asset("BBB", to));
            let exact = i128::from(minor) * i128::from(units) * 10_i128.pow(u32::from(to));
            let unit = 10_i128.pow(u32::from(from) + 8);
            let bought = Rate(units).of_base(of(minor, base), base, quote).unwrap();
            prop_assert_eq!(i128::from(bought.minor()), exact / unit);
            let exact = i128::from(minor) * 10_i128.pow(u32::from(to) + 8);
            let unit = i128::from(units) * 10_i128.pow(u32::from(from));
            let bought = Rate(units).of_quote(of(minor, base), quote, base).unwrap();
            prop_assert_eq!(i128::from(bought.minor()), exact / unit);
        }

        /// In many small parts, there and back, at one rate or at the bank's worse one: nobody gains a minor unit.
        #[test]
        fn nobody_gains_there_and_back_however_it_is_cut(
            parts in prop::collection::vec(0..=i64::MAX, 1..20), low in 1_u64..=999_999_999_999_999_999,
            spread in 0_u64..1_000_000, scales in (0_u8..=18, 0_u8..=18),
        ) {
            let (base, quote) = (asset("AAA", scales.0), asset("BBB", scales.1));
            let (buy, sell) = (Rate(low), Rate(low.saturating_add(spread)));
            for minor in parts {
                let sold = of(minor, base);
                if let Ok(back) = buy.of_base(sold, base, quote).and_then(|it| sell.of_quote(it, base, quote)) {
                    prop_assert!(back.minor() <= minor);
                }
                let sold = of(minor, quote);
                if let Ok(back) = sell.of_quote(sold, base, quote).and_then(|it| buy.of_base(it, base, quote)) {
                    prop_assert!(back.minor() <= minor);
                }
            }
        }

        /// Two parts never come to more than the whole.
        #[test]
        fn cutting_a_sum_never_pays(one in 0..=i64::MAX / 2, other in 0..=i64::MAX / 2, units in 1_u64..=999_999_999_999_999_999) {
            let (base, quote) = (asset("AAA", 2), asset("BBB", 2));
            let sum = |of_one: Result<Amount, AmountError>, of_other: Result<Amount, AmountError>| {
                Some(i128::from(of_one.ok()?.minor()) + i128::from(of_other.ok()?.minor()))
            };
            let rate = Rate(units);
            let parts = sum(rate.of_base(of(one, base), base, quote), rate.of_base(of(other, base), base, quote));
            if let (Some(parts), Ok(whole)) = (parts, rate.of_base(of(one + other, base), base, quote)) {
                prop_assert!(parts <= i128::from(whole.minor()));
            }
        }

        #[test]
        fn rates_read_back(units in 1_u64..=999_999_999_999_999_999) {
            prop_assert_eq!(Rate(units).to_string().parse(), Ok(Rate(units)));
        }
    }
}
