//! Names of things. Opaque, ordered by their bytes, and not interchangeable.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

/// Identifies an account: 16 bytes. Its order is the canonical order of row locks.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountId(Uuid);

impl AccountId {
    /// The account named by `id`.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The bare identifier, for storage and wire formats.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl FromStr for AccountId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_canonical(text).map(Self)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a transfer: 16 bytes, chosen by the client, so that a retry is the same transfer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransferId(Uuid);

impl TransferId {
    /// The transfer named by `id`.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The bare identifier, for storage and wire formats.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl FromStr for TransferId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_canonical(text).map(Self)
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a book: a set of accounts that balance among themselves. It leads every ledger key,
/// so that a distributed database can shard by it; a [`crate::Ledger`] holds one book.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BookId(u32);

impl BookId {
    /// The book numbered `number`.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The bare number, for storage and wire formats.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for BookId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: u32 = text.parse().map_err(|_| MalformedId)?;
        if number.to_string() == text { Ok(Self(number)) } else { Err(MalformedId) }
    }
}

impl fmt::Display for BookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not the one accepted text of an id: a hyphenated lower-case UUID, or a plain decimal number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("id is not in its canonical form")]
pub struct MalformedId;

/// One id has one text: signed documents are compared as bytes.
fn parse_canonical(text: &str) -> Result<Uuid, MalformedId> {
    let id = Uuid::try_parse(text).map_err(|_| MalformedId)?;
    let canonical = id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text;
    if canonical { Ok(id) } else { Err(MalformedId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_spellings_of_an_id_are_refused() {
        let id = "0190c0de-0000-7000-8000-00000000000a";
        let spellings = [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            String::new(),
        ];
        for text in spellings {
            assert_eq!(text.parse::<AccountId>(), Err(MalformedId), "{text}");
            assert_eq!(text.parse::<TransferId>(), Err(MalformedId), "{text}");
        }
        assert_eq!(id.parse::<AccountId>().unwrap().to_string(), id);
        assert_eq!(id.parse::<TransferId>().unwrap().to_string(), id);
    }

    #[test]
    fn second_spellings_of_a_book_are_refused() {
        for text in ["", "+1", "01", "-1", "4294967296"] {
            assert_eq!(text.parse::<BookId>(), Err(MalformedId), "{text}");
        }
        assert_eq!("4294967295".parse::<BookId>(), Ok(BookId::new(u32::MAX)));
    }
}
