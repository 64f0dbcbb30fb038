//! Amounts as text: one form for machines, one for people, neither of which rounds.

use crate::amount::{Amount, AmountError};
use crate::asset::{Asset, AssetCode};

const GROUP_LEN: usize = 3;

impl Amount {
    /// Reads the machine form: the minor units as a decimal integer, `0` or without leading zeros,
    /// without a sign, at most `i64::MAX`. Every amount has exactly one such text.
    ///
    /// # Errors
    ///
    /// [`AmountError::Overflow`] for a well-formed number that is too large, else
    /// [`AmountError::Malformed`].
    pub fn parse_minor(text: &str, asset: AssetCode) -> Result<Self, AmountError> {
        require_canonical_digits(text)?;
        // Only digits are left, so the one thing that can still go wrong is the size.
        Self::new(text.parse().map_err(|_| AmountError::Overflow)?, asset)
    }

    /// The machine form of the amount: what [`Amount::parse_minor`] reads.
    #[must_use]
    pub fn minor_string(&self) -> String {
        self.minor().to_string()
    }

    /// Reads what people type: digits and, where the asset has decimals, one point followed by one
    /// to `scale` digits. `12`, `12.3` and `12.34` are euros.
    ///
    /// Refused because they mean different things to different people, or hide a mistake: a comma
    /// or any other separator, more decimals than the asset has (nothing is rounded), a leading
    /// zero, a missing digit on either side of the point, signs and spaces.
    pub fn parse_decimal(text: &str, asset: Asset) -> Result<Self, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AmountError::Malformed),
            Some(parts) => parts,
            None => (text, ""),
        };
        require_canonical_digits(whole)?;
        let scale = usize::from(asset.scale());
        if fraction.len() > scale || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError::Malformed);
        }
        let digits = format!("{whole}{fraction:0<scale$}");
        Self::new(digits.parse().map_err(|_| AmountError::Overflow)?, asset.code())
    }

    /// The amount for people, with `scale` decimals and thousands grouped: `1,234.56`. The code
    /// is left to the caller, who knows on which side of the number readers expect it.
    #[must_use]
    pub fn format(&self, scale: u8) -> String {
        let scale = usize::from(scale);
        let digits = format!("{:0>width$}", self.minor(), width = scale.saturating_add(1));
        // `digits` has more than `scale` characters, all ASCII, so the split is always possible.
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        let grouped = group_thousands(whole);
        if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
    }
}

fn require_canonical_digits(text: &str) -> Result<(), AmountError> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if only_digits && !leading_zero { Ok(()) } else { Err(AmountError::Malformed) }
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        let digits_left = digits.len().saturating_sub(index);
        if index > 0 && digits_left.is_multiple_of(GROUP_LEN) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn machine_form_refuses_every_second_spelling() {
        for text in ["", "-1", "+1", "01", "00", " 1", "1 ", "1.0", "1e3", "1_000", "\u{661}"] {
            let read = Amount::parse_minor(text, AssetCode::EUR);
            assert_eq!(read, Err(AmountError::Malformed), "{text:?}");
        }
        let one_too_many = "9223372036854775808";
        assert_eq!(Amount::parse_minor(one_too_many, AssetCode::EUR), Err(AmountError::Overflow));
    }

    #[test]
    fn people_form_refuses_what_is_ambiguous() {
        let cases = ["", ".", "1.", ".5", "1,5", "1,234", "1.234", "01", "-1", "+1", " 1", "1.2.3"];
        for text in cases {
            let read = Amount::parse_decimal(text, asset("EUR"));
            assert_eq!(read, Err(AmountError::Malformed), "{text:?}");
        }
        assert_eq!(Amount::parse_decimal("1.0", asset("JPY")), Err(AmountError::Malformed));
        let too_large = Amount::parse_decimal("92233720368547758.08", asset("EUR"));
        assert_eq!(too_large, Err(AmountError::Overflow));
    }

    #[test]
    fn people_form_reads_each_scale() {
        let cases = [
            ("12", "EUR", 1200),
            ("12.3", "EUR", 1230),
            ("12.34", "EUR", 1234),
            ("0", "EUR", 0),
            ("0.01", "EUR", 1),
            ("12", "JPY", 12),
            ("1.234", "BHD", 1234),
            ("92233720368547758.07", "EUR", i64::MAX),
        ];
        for (text, code, minor) in cases {
            let asset = asset(code);
            assert_eq!(Amount::parse_decimal(text, asset), Amount::new(minor, asset.code()));
        }
    }

    #[test]
    fn people_form_groups_thousands() {
        let cases = [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (123_456, 2, "1,234.56"),
            (100, 0, "100"),
            (1_000, 0, "1,000"),
            (1, 18, "0.000000000000000001"),
            (i64::MAX, 2, "92,233,720,368,547,758.07"),
        ];
        for (minor, scale, expected) in cases {
            assert_eq!(Amount::new(minor, AssetCode::EUR).unwrap().format(scale), expected);
        }
    }

    proptest! {
        #[test]
        fn rounding_never_makes_or_destroys_a_cent(minor in 0..=i64::MAX, scale in 0..=18u8) {
            let asset = Asset::new(AssetCode::EUR, scale).unwrap();
            let amount = Amount::new(minor, asset.code()).unwrap();
            prop_assert_eq!(Amount::parse_minor(&amount.minor_string(), asset.code()), Ok(amount));
            let typed = amount.format(scale).replace(',', "");
            prop_assert_eq!(Amount::parse_decimal(&typed, asset), Ok(amount));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in ".*") {
            let eur = Asset::iso(AssetCode::EUR).unwrap();
            let _ = Amount::parse_minor(&text, eur.code());
            let _ = Amount::parse_decimal(&text, eur);
        }
    }

    fn asset(code: &str) -> Asset {
        Asset::iso(code.parse().unwrap()).unwrap()
    }
}
