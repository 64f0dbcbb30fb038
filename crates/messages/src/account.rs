//! Account numbers as other people write them.

use std::fmt;

use iban::{Iban, IbanLike};
use ledger::AccountNumber;

use crate::error::shown;

/// An account as a file names it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Account {
    /// One of ours, by its check digits. Whether it is open is not known here.
    Own(AccountNumber),
    /// A well-formed IBAN of another bank.
    Iban(String),
    /// Neither ours nor an IBAN, such as a postal account.
    Other(String),
    /// Was to be an IBAN or one of ours; form or check digits are wrong.
    Malformed(String),
    /// None is given.
    Absent,
}

impl Account {
    /// What an element or cell says that may hold any number. Spaces are for people and are left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text: String = text.chars().filter(|c| *c != ' ').collect();
        if text.is_empty() {
            return Self::Absent;
        }
        match Self::read_iban(&text) {
            Self::Malformed(text) if !looks_like_an_iban(&text) => Self::Other(text),
            account => account,
        }
    }

    /// What an element says that must hold an IBAN, or one of our numbers, which have the same form.
    #[must_use]
    pub fn read_iban(text: &str) -> Self {
        if let Ok(number) = text.parse() {
            return Self::Own(number);
        }
        match text.parse::<Iban>() {
            Ok(iban) => Self::Iban(iban.electronic_str().to_owned()),
            Err(_) => Self::Malformed(shown(text)),
        }
    }
}

/// Two letters, two digits and at least eleven more: the shortest IBAN has 15 characters.
pub(crate) fn looks_like_an_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(country), Some(check), Some(rest)) =
        (bytes.get(..2), bytes.get(2..4), bytes.get(4..))
    else {
        return false;
    };
    country.iter().all(u8::is_ascii_uppercase)
        && check.iter().all(u8::is_ascii_digit)
        && (11..=30).contains(&rest.len())
        && rest.iter().all(u8::is_ascii_alphanumeric)
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(number) => number.fmt(f),
            Self::Iban(text) | Self::Other(text) | Self::Malformed(text) => f.write_str(text),
            Self::Absent => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_account_is_told_from_the_others() {
        let own = "SR59944312823354295236";
        let cases = [
            (own, Account::Own(own.parse().unwrap())),
            ("SR59 9443 1282 3354 2952 36", Account::Own(own.parse().unwrap())),
            ("SR58944312823354295236", Account::Malformed("SR58944312823354295236".into())),
            ("DE44500105175407324931", Account::Iban("DE44500105175407324931".into())),
            ("DE45500105175407324931", Account::Malformed("DE45500105175407324931".into())),
            ("CH0309000000250090342", Account::Iban("CH0309000000250090342".into())),
            ("014295803", Account::Other("014295803".into())),
            ("", Account::Absent),
        ];
        for (text, expected) in cases {
            assert_eq!(Account::read(text), expected, "{text}");
        }
    }
}
