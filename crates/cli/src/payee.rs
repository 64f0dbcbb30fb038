//! Who is paid: an account by its number for people, or by its id.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::str::FromStr;

use client::Session;
use ledger::{AccountId, AccountNumber};

use crate::failure::Failure;

/// An account as typed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Payee {
    Id(AccountId),
    Number(AccountNumber),
}

impl FromStr for Payee {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        text.parse().map(Self::Number).map_err(|error: ledger::MalformedNumber| {
            format!("{text:?} is neither an account number ({error}) nor an account id")
        })
    }
}

impl fmt::Display for Payee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Payee {
    pub(crate) async fn resolve(self, session: &Session) -> Result<AccountId, Failure> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Number(number) => Ok(session.resolve(number).await?),
        }
    }
}

/// Resolves many, each number once.
pub(crate) async fn resolve_all(
    session: &Session,
    payees: impl Iterator<Item = Payee>,
) -> Result<BTreeMap<Payee, AccountId>, Failure> {
    let mut known = BTreeMap::new();
    for payee in payees {
        if let Entry::Vacant(unknown) = known.entry(payee) {
            unknown.insert(payee.resolve(session).await?);
        }
    }
    Ok(known)
}
