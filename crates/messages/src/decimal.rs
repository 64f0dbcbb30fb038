//! Decimals as messages and spreadsheets write them. Nothing is rounded and nothing is guessed.

use money::{Amount, Asset};

/// Decimal places of a control sum: `DecimalNumber` has at most 17 (ISO 20022), 18 digits in all.
const SUM_SCALE: usize = 17;
const MAX_DIGITS: usize = 18;
const GROUP_LEN: usize = 3;

/// A non-negative XML decimal in its shortest spelling: `12.50` is `12.5`, `007` is `7`, `1.` is `1`.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len().saturating_add(fraction.len());
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if digits == 0 || digits > MAX_DIGITS || !all_digits {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

/// A sum of decimals in units of 10^-17, for comparing and nothing else.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sum(i128);

impl Sum {
    /// Of a canonical decimal.
    pub(crate) fn of(canonical: &str) -> Option<Self> {
        let (whole, fraction) = canonical.split_once('.').unwrap_or((canonical, ""));
        if fraction.len() > SUM_SCALE {
            return None;
        }
        format!("{whole}{fraction:0<SUM_SCALE$}").parse().ok().map(Self)
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = format!("{:0>width$}", self.0, width = SUM_SCALE.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(SUM_SCALE));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { f.write_str(whole) } else { write!(f, "{whole}.{fraction}") }
    }
}

/// Which sign a file puts before its decimals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    Point,
    Comma,
}

/// How a cell with an amount reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    /// The amount, and the decimal mark if the text settles which it is.
    Clear(Amount, Option<Mark>),
    /// Two readings are possible.
    Ambiguous,
    /// None is.
    Malformed,
}

/// Reads `1234.56`, `1234,56`, `1,234.56`, `1.234,56`, `1,234,567` and their like.
///
/// `1,234` and `1.234` are ambiguous whatever the asset's scale: the writer of a yen amount may have meant a decimal.
pub(crate) fn read_amount(text: &str, asset: Asset) -> Reading {
    let points = text.matches('.').count();
    let commas = text.matches(',').count();
    let last_is_point = text.rfind('.') > text.rfind(',');
    let (mark, grouping) = match (points, commas) {
        (0, 0) => (None, None),
        (1, 0) => (Some(Mark::Point), None),
        (0, 1) => (Some(Mark::Comma), None),
        (_, 0) => (None, Some(Mark::Point)),
        (0, _) => (None, Some(Mark::Comma)),
        (1, _) if last_is_point => (Some(Mark::Point), Some(Mark::Comma)),
        (_, 1) if !last_is_point => (Some(Mark::Comma), Some(Mark::Point)),
        (_, _) => return Reading::Malformed,
    };
    let (whole, fraction) = match mark {
        Some(mark) => text.split_once(mark.char()).map_or((text, None), |(a, b)| (a, Some(b))),
        None => (text, None),
    };
    if grouping.is_none() && fraction.is_some_and(|f| f.len() == GROUP_LEN) && groups_well(whole) {
        return Reading::Ambiguous;
    }
    let whole = match grouping {
        Some(separator) => {
            let mut groups = whole.split(separator.char());
            let first = groups.next().unwrap_or_default();
            if !groups_well(first) || !groups.all(|group| group.len() == GROUP_LEN) {
                return Reading::Malformed;
            }
            whole.replace(separator.char(), "")
        }
        None => whole.to_owned(),
    };
    let plain = match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    };
    // A file of grouped whole numbers has said as much as one with decimals.
    let settled = mark.or(grouping.map(Mark::other));
    match Amount::parse_decimal(&plain, asset) {
        Ok(amount) => Reading::Clear(amount, settled),
        Err(_) => Reading::Malformed,
    }
}

/// Whether digits may stand before a separator of thousands.
fn groups_well(first: &str) -> bool {
    (1..=GROUP_LEN).contains(&first.len()) && !first.starts_with('0')
}

impl Mark {
    const fn char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// An absolute number of minor units with a point before its decimals: `1234.56`.
pub(crate) fn plain(minor: u64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{minor:0>width$}", width = scale.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// The same with a sign before what is below zero.
pub(crate) fn plain_signed(minor: i64, scale: u8) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}", plain(minor.unsigned_abs(), scale))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_understood_or_refused_and_never_guessed() {
        use Mark::{Comma, Point};
        let clear = [
            ("1234.56", 123_456, Some(Point)),
            ("1234,56", 123_456, Some(Comma)),
            ("1,234.56", 123_456, Some(Point)),
            ("1.234,56", 123_456, Some(Comma)),
            ("1.234.567", 123_456_700, Some(Comma)),
            ("1,234,567", 123_456_700, Some(Point)),
            ("1,234,567.8", 123_456_780, Some(Point)),
            ("12", 1200, None),
            ("0.5", 50, Some(Point)),
            ("0,05", 5, Some(Comma)),
        ];
        for (text, minor, mark) in clear {
            let amount = Amount::new(minor, asset("EUR").code()).unwrap();
            assert_eq!(read_amount(text, asset("EUR")), Reading::Clear(amount, mark), "{text}");
        }
        for text in ["1,234", "1.234", "12,345", "999.999"] {
            assert_eq!(read_amount(text, asset("EUR")), Reading::Ambiguous, "{text}");
            assert_eq!(read_amount(text, asset("BHD")), Reading::Ambiguous, "{text}");
            assert_eq!(read_amount(text, asset("JPY")), Reading::Ambiguous, "{text}");
        }
        let malformed = [
            "",
            "-1",
            "+1",
            "1 000",
            "1,23,456",
            "1234,567,890",
            "1.2.3",
            "1,2.3,4",
            "1.,2",
            "0.123",
            "12.345,6,7",
            "EUR 5",
            "1e3",
            ".5",
            "5.",
            "01.50",
            "1'000.00",
            "1234.567",
        ];
        for text in malformed {
            assert_eq!(read_amount(text, asset("EUR")), Reading::Malformed, "{text}");
        }
    }

    #[test]
    fn xml_decimals_have_one_shortest_spelling() {
        let cases = [("12.50", "12.5"), ("007", "7"), ("1.", "1"), (".5", "0.5"), ("0.00", "0")];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", ".", "-1", "+1", "1e5", "1,5", "1.2.3", "1234567890123456789"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_survives_both_notations(minor in 0..=i64::MAX) {
            let amount = Amount::new(minor, asset("EUR").code()).unwrap();
            let point = amount.format(2);
            let comma: String = point
                .chars()
                .map(|c| match c { '.' => ',', ',' => '.', c => c })
                .collect();
            prop_assert_eq!(read_amount(&point, asset("EUR")), Reading::Clear(amount, Some(Mark::Point)));
            prop_assert_eq!(read_amount(&comma, asset("EUR")), Reading::Clear(amount, Some(Mark::Comma)));
            let text = plain_signed(minor, 2);
            prop_assert_eq!(Amount::parse_decimal(&text, asset("EUR")), Ok(amount));
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in ".*") {
            let _ = read_amount(&text, asset("EUR"));
            if let Some(text) = canonical(&text) {
                prop_assert_eq!(Sum::of(&text).map(|sum| sum.to_string()), Some(text));
            }
        }
    }

    fn asset(code: &str) -> Asset {
        Asset::iso(code.parse().unwrap()).unwrap()
    }
}
