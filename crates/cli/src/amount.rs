//! Amounts as people type them: `12.34 EUR`.

use std::str::FromStr;

use money::{Amount, Asset, AssetCode};

use crate::failure::Failure;

/// Digits and an asset code, as typed. How many decimals the asset has may be known only later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TypedAmount {
    digits: String,
    asset: AssetCode,
}

impl TypedAmount {
    pub(crate) fn new(digits: &str, asset: &str) -> Result<Self, String> {
        let asset = asset.parse().map_err(|_| {
            format!("{asset:?} is not an asset code; write it in capitals, like EUR")
        })?;
        Ok(Self { digits: digits.to_owned(), asset })
    }

    pub(crate) const fn asset(&self) -> AssetCode {
        self.asset
    }

    /// The amount, for an asset with ISO 4217's decimals or, where ISO has none, with `scale`.
    pub(crate) fn resolve(&self, scale: Option<u8>) -> Result<Amount, String> {
        let known = scale.and_then(|scale| Asset::new(self.asset, scale).ok());
        let asset = known.or_else(|| Asset::iso(self.asset)).ok_or_else(|| {
            format!("how many decimals {} has is unknown: you have no account in it", self.asset)
        })?;
        let amount = Amount::parse_decimal(&self.digits, asset).map_err(|_| {
            format!(
                "{:?} is not an amount of {}; write digits, a point and up to {} decimals, \
                 without separators, like {}",
                self.digits,
                self.asset,
                asset.scale(),
                example(asset),
            )
        })?;
        if amount.is_zero() { Err("the amount must not be zero".to_owned()) } else { Ok(amount) }
    }

    pub(crate) fn require(&self, scale: Option<u8>) -> Result<Amount, Failure> {
        self.resolve(scale).map_err(Failure::usage)
    }
}

impl FromStr for TypedAmount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            Some((digits, asset)) => Self::new(digits, asset),
            None => Err(format!("{text:?} names no asset; write it like \"12.34 EUR\"")),
        }
    }
}

/// An amount for people, with its asset.
pub(crate) fn show(amount: Amount, scale: Option<u8>) -> String {
    let scale = scale.or_else(|| Asset::iso(amount.asset()).map(Asset::scale));
    match scale {
        Some(scale) => format!("{} {}", amount.format(scale), amount.asset()),
        None => format!("{} minor units of {}", amount.minor(), amount.asset()),
    }
}

/// A signed number of minor units for people; as it came where it is no number.
pub(crate) fn show_minor(minor: &str, asset: &str, scale: Option<u8>) -> String {
    let (sign, digits) = minor.strip_prefix('-').map_or(("", minor), |digits| ("-", digits));
    let amount = asset.parse().ok().and_then(|code| Amount::parse_minor(digits, code).ok());
    amount.map_or_else(|| minor.to_owned(), |amount| format!("{sign}{}", show(amount, scale)))
}

fn example(asset: Asset) -> String {
    match asset.scale() {
        0 => "12".to_owned(),
        scale => format!("12.{}", "3".repeat(usize::from(scale))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Amount, String> {
        text.parse::<TypedAmount>()?.resolve(None)
    }

    #[test]
    fn ambiguous_amounts_are_refused_with_a_reason() {
        let cases = [
            "12.34",
            "12.34EUR",
            "EUR 12.34",
            "12,34 EUR",
            "1,234.00 EUR",
            "1.234 EUR",
            "1234. EUR",
            ".5 EUR",
            "-1 EUR",
            "+1 EUR",
            "012 EUR",
            "1e3 EUR",
            "12.34  EUR",
            "12.34 eur",
            "12.5 JPY",
            "0 EUR",
            "0.00 EUR",
            " 12 EUR",
            "12 EUR ",
            "12.34 XXQ",
            "\u{661}2 EUR",
        ];
        for text in cases {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read("12,34 EUR").unwrap_err().contains("12.33"));
    }

    #[test]
    fn plain_amounts_are_read_to_the_cent() {
        let cases = [("12.34 EUR", 1234), ("12 EUR", 1200), ("12.3 EUR", 1230), ("5 JPY", 5)];
        for (text, minor) in cases {
            assert_eq!(read(text).unwrap().minor(), minor, "{text}");
        }
    }

    #[test]
    fn an_asset_of_the_banks_own_needs_its_decimals_from_the_bank() {
        let typed: TypedAmount = "1.5 GOLD.1KG".parse().unwrap();
        assert!(typed.resolve(None).is_err());
        assert_eq!(typed.resolve(Some(3)).unwrap().minor(), 1500);
    }

    #[test]
    fn signed_minor_units_are_shown_with_decimals() {
        assert_eq!(show_minor("-123456", "EUR", None), "-1,234.56 EUR");
        assert_eq!(show_minor("5", "JPY", None), "5 JPY");
        assert_eq!(show_minor("what", "EUR", None), "what");
    }
}
