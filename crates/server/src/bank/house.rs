//! The bank's own accounts, a few in every asset.

use std::fmt;

use ledger::{AccountId, AccountKind};
use uuid::{Builder, Uuid};

/// What one of the bank's own accounts is for. None has a floor.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum House {
    /// From here money enters circulation.
    Equity,
    /// What the bank holds of an asset because customers exchanged it for another.
    Position,
    /// Interest that was paid to customers.
    InterestPaid,
    /// Interest that customers paid.
    InterestEarned,
    /// Fees that customers paid.
    Fees,
}

impl House {
    /// Every one of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Equity, Self::Position, Self::InterestPaid, Self::InterestEarned, Self::Fees];

    /// The name in ids.
    const fn name(self) -> &'static str {
        match self {
            Self::Equity => "equity",
            Self::Position => "position",
            Self::InterestPaid => "interest-paid",
            Self::InterestEarned => "interest-earned",
            Self::Fees => "fees",
        }
    }

    /// What kind of account it is.
    pub(crate) const fn kind(self) -> AccountKind {
        match self {
            Self::Equity => AccountKind::Equity,
            Self::Position => AccountKind::Asset,
            Self::InterestPaid => AccountKind::Expense,
            Self::InterestEarned | Self::Fees => AccountKind::Income,
        }
    }

    /// Its id in the asset of this equity account, which alone is chosen when the bank is founded.
    pub(crate) fn account(self, equity: AccountId) -> AccountId {
        match self {
            Self::Equity => equity,
            Self::Position | Self::InterestPaid | Self::InterestEarned | Self::Fees => {
                let domain = format!("strongroom/house/{self}/v1");
                AccountId::new(derived(domain.as_bytes(), equity.get()))
            }
        }
    }
}

impl fmt::Display for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A UUID that is a function of another one and of what it is for: version 8 (RFC 9562, section 5.8), the first 16 bytes of
/// SHA-256.
pub(crate) fn derived(domain: &[u8], of: Uuid) -> Uuid {
    let digest = crypto::sha256(&[domain, of.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_account_of_the_house_is_another_in_every_asset() {
        let equities = [1, 2].map(|number| AccountId::new(Uuid::from_u128(number)));
        let accounts: BTreeSet<_> = equities
            .iter()
            .flat_map(|equity| House::ALL.map(|house| house.account(*equity)))
            .collect();
        assert_eq!(accounts.len(), 10);
        assert_eq!(House::Equity.account(equities[0]), equities[0]);
    }
}
