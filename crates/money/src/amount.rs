//! How much of an asset.

use thiserror::Error;

use crate::asset::AssetCode;

/// A non-negative quantity of one asset, in minor units (cents for EUR, whole yen for JPY).
///
/// # Invariants
///
/// - `0 <= minor <= Amount::MAX_MINOR`.
/// - Arithmetic on two amounts fails unless their assets are equal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Amount {
    minor: i64,
    asset: AssetCode,
}

impl Amount {
    /// Largest representable amount, in minor units.
    pub const MAX_MINOR: i64 = i64::MAX;

    /// `minor` units of `asset`; below zero is [`AmountError::Negative`].
    pub const fn new(minor: i64, asset: AssetCode) -> Result<Self, AmountError> {
        if minor >= 0 { Ok(Self { minor, asset }) } else { Err(AmountError::Negative) }
    }

    /// Nothing of `asset`.
    #[must_use]
    pub const fn zero(asset: AssetCode) -> Self {
        Self { minor: 0, asset }
    }

    /// The amount in minor units, never negative.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// What it is an amount of.
    #[must_use]
    pub const fn asset(self) -> AssetCode {
        self.asset
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Adds two amounts of the same asset.
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.require_same_asset(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(AmountError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Subtracts `other` of the same asset; a result below zero is [`AmountError::Negative`].
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.require_same_asset(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(AmountError::Overflow)?;
        Self::new(minor, self.asset)
    }

    fn require_same_asset(self, other: Self) -> Result<(), AmountError> {
        if self.asset == other.asset { Ok(()) } else { Err(AmountError::AssetMismatch) }
    }
}

/// Why an amount could not be read, built or computed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum AmountError {
    /// Two amounts of different assets were combined.
    #[error("amounts are of different assets")]
    AssetMismatch,
    /// The result would be below zero.
    #[error("amount would be negative")]
    Negative,
    /// The result would exceed [`Amount::MAX_MINOR`].
    #[error("amount would exceed the largest representable value")]
    Overflow,
    /// The text is not an amount in the one form that is accepted.
    #[error("amount is not in its canonical form")]
    Malformed,
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "the numbers are chosen not to overflow")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_negative_amount_cannot_exist() {
        assert_eq!(Amount::new(-1, AssetCode::EUR), Err(AmountError::Negative));
        assert_eq!(Amount::new(i64::MIN, AssetCode::EUR), Err(AmountError::Negative));
    }

    #[test]
    fn assets_do_not_mix() {
        let one_yen = Amount::new(1, AssetCode::JPY).unwrap();
        assert_eq!(eur(1).checked_add(one_yen), Err(AmountError::AssetMismatch));
        assert_eq!(eur(1).checked_sub(one_yen), Err(AmountError::AssetMismatch));
    }

    #[test]
    fn sums_at_the_edge_of_i64_are_refused_not_wrapped() {
        assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(AmountError::Overflow));
        assert_eq!(eur(0).checked_sub(eur(i64::MAX)), Err(AmountError::Negative));
        assert_eq!(eur(i64::MAX).checked_add(eur(0)), Ok(eur(i64::MAX)));
    }

    proptest! {
        #[test]
        fn adding_then_subtracting_returns_the_start(a in 0..=i64::MAX, b in 0..=i64::MAX) {
            match eur(a).checked_add(eur(b)) {
                Ok(sum) => prop_assert_eq!(sum.checked_sub(eur(b)), Ok(eur(a))),
                Err(error) => {
                    prop_assert_eq!(error, AmountError::Overflow);
                    prop_assert!(a > i64::MAX - b);
                }
            }
        }
    }

    fn eur(minor: i64) -> Amount {
        Amount::new(minor, AssetCode::EUR).unwrap()
    }
}
