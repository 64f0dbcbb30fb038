//! Account numbers for people: checked, so that a slip of the finger is refused and not paid.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::id::AccountId;

/// `SR`, two check digits and 18 digits, like an IBAN.
///
/// # Standard
///
/// ISO 7064 MOD 97-10, arranged as in ISO 13616: the first four characters move to the end, letters count 10 to 35.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountNumber(u64);

/// One above the largest serial: 18 digits.
const SERIALS: u64 = 1_000_000_000_000_000_000;
/// `S` is 28 and `R` is 27.
const COUNTRY_DIGITS: u128 = 2827;

impl AccountNumber {
    /// The number of an account, a function of its id. Two ids may share a number (1 in 10^18): the store refuses the second.
    #[must_use]
    pub fn of(id: AccountId) -> Self {
        let serial = id.get().as_u128().checked_rem(u128::from(SERIALS)).unwrap_or_default();
        Self(u64::try_from(serial).unwrap_or_default())
    }

    fn check_digits(self) -> u64 {
        // serial followed by S, R and two zeros for the check digits.
        let digits =
            u128::from(self.0).saturating_mul(1_000_000).saturating_add(COUNTRY_DIGITS * 100);
        let remainder = digits.checked_rem(97).unwrap_or_default();
        98_u64.saturating_sub(u64::try_from(remainder).unwrap_or_default())
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SR{:02}{:018}", self.check_digits(), self.0)
    }
}

impl FromStr for AccountNumber {
    type Err = MalformedNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text: String = text.chars().filter(|c| *c != ' ').collect();
        let digits = text.strip_prefix("SR").ok_or(MalformedNumber::Form)?;
        if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MalformedNumber::Form);
        }
        let (check, serial) = digits.split_at(2);
        let number = Self(serial.parse().map_err(|_| MalformedNumber::Form)?);
        if check.parse() == Ok(number.check_digits()) {
            Ok(number)
        } else {
            Err(MalformedNumber::CheckDigits)
        }
    }
}

/// Not an account number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedNumber {
    /// Not `SR` and 20 digits.
    #[error("an account number is SR followed by 20 digits")]
    Form,
    /// A digit is wrong or two are swapped.
    #[error("the check digits of the account number are wrong")]
    CheckDigits,
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "one digit and one digit")]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_back_and_one_wrong_digit_is_noticed(id: u128, at in 2_usize..22, by in 1_u8..10) {
            let number = AccountNumber::of(AccountId::new(Uuid::from_u128(id)));
            let text = number.to_string();
            prop_assert_eq!(text.parse(), Ok(number));
            let mut wrong = text.into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong.parse::<AccountNumber>(), Err(MalformedNumber::CheckDigits));
        }
    }

    #[test]
    fn check_digits_make_the_whole_number_one_modulo_97() {
        let text = AccountNumber::of(AccountId::new(Uuid::from_u128(42))).to_string();
        let (check, serial) = (&text[2..4], &text[4..]);
        let rearranged: u128 = format!("{serial}2827{check}").parse().unwrap();
        assert_eq!(rearranged % 97, 1);
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "",
            "SR",
            "DE44500105175407324931",
            "SR12345678901234567890x",
            "SR00 0000 0000 0000 0000 0042",
        ] {
            assert!(text.parse::<AccountNumber>().is_err(), "{text}");
        }
    }
}
