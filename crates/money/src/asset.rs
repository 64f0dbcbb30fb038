//! What an amount is an amount of.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An asset: its code and how many decimal places people write it with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Asset {
    code: AssetCode,
    scale: u8,
}

impl Asset {
    /// Most decimal places an asset may have; 10^18 is the largest power of ten in an `i64`.
    pub const MAX_SCALE: u8 = 18;

    /// An asset of `scale` decimal places, `0..=18`.
    pub const fn new(code: AssetCode, scale: u8) -> Result<Self, AssetError> {
        if scale <= Self::MAX_SCALE {
            Ok(Self { code, scale })
        } else {
            Err(AssetError::ScaleTooLarge(scale))
        }
    }

    /// The currency of an ISO 4217 code with the minor unit that the standard's table gives it;
    /// `None` where this crate does not know the code.
    ///
    /// # Standard
    ///
    /// ISO 4217, list one, column "minor unit". Only circulating currencies are listed.
    #[must_use]
    pub fn iso(code: AssetCode) -> Option<Self> {
        let scale = match code.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "AED" | "ALL" | "AMD" | "ARS" | "AUD" | "AZN" | "BAM" | "BDT" | "BGN" | "BOB"
            | "BRL" | "BWP" | "CAD" | "CHF" | "CNY" | "COP" | "CRC" | "CZK" | "DKK" | "DOP"
            | "DZD" | "EGP" | "ETB" | "EUR" | "GBP" | "GEL" | "GHS" | "GTQ" | "HKD" | "HNL"
            | "HUF" | "IDR" | "ILS" | "INR" | "JMD" | "KES" | "KZT" | "LKR" | "MAD" | "MDL"
            | "MKD" | "MUR" | "MXN" | "MYR" | "NAD" | "NGN" | "NOK" | "NZD" | "PEN" | "PHP"
            | "PKR" | "PLN" | "QAR" | "RON" | "RSD" | "SAR" | "SEK" | "SGD" | "THB" | "TRY"
            | "TTD" | "TWD" | "TZS" | "UAH" | "USD" | "UYU" | "UZS" | "ZAR" | "ZMW" => 2,
            _ => return None,
        };
        Some(Self { code, scale })
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> AssetCode {
        self.code
    }

    /// Decimal places, `0..=18`.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }
}

/// An asset's code: a capital letter, then up to eleven of `A-Z`, `0-9` and `.`, not ending in `.`.
///
/// ISO 4217 codes are the usual case; a bank may have its own (`GOLD.1KG`, `POINTS`).
/// 12 bytes inline, zero-padded, so that codes compare as their text does.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AssetCode([u8; Self::MAX_LEN]);

impl AssetCode {
    /// Longest code, in bytes.
    pub const MAX_LEN: usize = 12;
    /// Euro.
    pub const EUR: Self = Self(*b"EUR\0\0\0\0\0\0\0\0\0");
    /// United States dollar.
    pub const USD: Self = Self(*b"USD\0\0\0\0\0\0\0\0\0");
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP\0\0\0\0\0\0\0\0\0");
    /// Swiss franc.
    pub const CHF: Self = Self(*b"CHF\0\0\0\0\0\0\0\0\0");
    /// Yen, which has no decimals.
    pub const JPY: Self = Self(*b"JPY\0\0\0\0\0\0\0\0\0");

    /// The code as text, 1 to 12 bytes of ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        // Only ASCII gets past the constructors, so the fallback is never seen.
        std::str::from_utf8(text).unwrap_or_default()
    }
}

impl FromStr for AssetCode {
    type Err = AssetError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let text = code.as_bytes();
        let starts_well = text.first().is_some_and(u8::is_ascii_uppercase);
        let ends_well = text.last().is_some_and(|byte| *byte != b'.');
        let allowed =
            |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'.';
        if !starts_well || !ends_well || !text.iter().all(allowed) {
            return Err(AssetError::MalformedCode);
        }
        let mut padded = [0; Self::MAX_LEN];
        padded.get_mut(..text.len()).ok_or(AssetError::MalformedCode)?.copy_from_slice(text);
        Ok(Self(padded))
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an asset or its code was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum AssetError {
    /// Not 1 to 12 bytes of `A-Z`, `0-9` and `.` beginning with a letter.
    #[error("asset code is not 1 to 12 of A-Z, 0-9 and '.', beginning with a letter")]
    MalformedCode,
    /// More decimal places than an `i64` can count.
    #[error("asset scale {0} is above 18")]
    ScaleTooLarge(u8),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_codes_are_refused() {
        let too_long = "ABCDEFGHIJKLM";
        for code in ["", "eur", "EU R", "1EUR", ".EUR", "EUR.", "EUR\0", "\u{c4}UR", too_long] {
            assert_eq!(code.parse::<AssetCode>(), Err(AssetError::MalformedCode), "{code:?}");
        }
    }

    #[test]
    fn codes_survive_a_round_trip_and_sort_as_text() {
        let codes = ["A", "AB", "AB1", "EUR", "EUR.X", "GOLD.1KG", "ABCDEFGHIJKL"];
        for left in codes {
            let code: AssetCode = left.parse().unwrap();
            assert_eq!(code.to_string(), left);
            for right in codes {
                assert_eq!(code.cmp(&right.parse().unwrap()), left.cmp(right));
            }
        }
    }

    #[test]
    fn iso_scales_are_those_of_the_standard() {
        let cases = [("JPY", 0), ("EUR", 2), ("USD", 2), ("CHF", 2), ("BHD", 3), ("TND", 3)];
        for (code, scale) in cases {
            assert_eq!(Asset::iso(code.parse().unwrap()).unwrap().scale(), scale, "{code}");
        }
        assert_eq!(Asset::iso("POINTS".parse().unwrap()), None);
    }

    #[test]
    fn a_scale_beyond_eighteen_is_refused() {
        assert_eq!(Asset::new(AssetCode::EUR, 19), Err(AssetError::ScaleTooLarge(19)));
        assert_eq!(Asset::new(AssetCode::EUR, 18).unwrap().scale(), 18);
    }
}
