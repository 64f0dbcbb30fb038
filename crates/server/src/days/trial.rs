//! What a leaf says of a day that is over.

use std::collections::BTreeMap;

use money::AssetCode;
use time::Date;
use tlog::TreeSize;

use crate::interest::date;

/// The trial balance of a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Trial {
    /// The day, UTC.
    pub(crate) day: Date,
    /// The size of the log of which it is.
    pub(crate) size: TreeSize,
    /// Everything posted so far per asset, in minor units: debits and credits of all accounts.
    pub(crate) sums: BTreeMap<AssetCode, (i128, i128)>,
}

impl Trial {
    const DAY: &'static str = "day";
    const SIZE: &'static str = "size";
    const SUMS: &'static str = "posted/";

    /// The members of its event.
    pub(crate) fn members(&self) -> BTreeMap<String, String> {
        let sums = self.sums.iter().map(|(asset, (debits, credits))| {
            (format!("{}{asset}", Self::SUMS), format!("{debits} {credits}"))
        });
        sums.chain([
            (Self::DAY.to_owned(), self.day.to_string()),
            (Self::SIZE.to_owned(), self.size.get().to_string()),
        ])
        .collect()
    }

    /// Reads them.
    pub(crate) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        let mut sums = BTreeMap::new();
        for (name, value) in members {
            let Some(asset) = name.strip_prefix(Self::SUMS) else { continue };
            let (debits, credits) = value.split_once(' ')?;
            sums.insert(asset.parse().ok()?, (debits.parse().ok()?, credits.parse().ok()?));
        }
        Some(Self {
            day: date(members.get(Self::DAY)?)?,
            size: TreeSize::new(members.get(Self::SIZE)?.parse().ok()?),
            sums,
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date as day;

    use super::*;

    #[test]
    fn a_trial_balance_is_read_as_it_was_written() {
        let trial = Trial {
            day: day!(2026 - 02 - 28),
            size: TreeSize::new(17),
            sums: BTreeMap::from([
                (AssetCode::EUR, (5, 5)),
                (AssetCode::USD, (i128::from(i64::MAX) * 4, 0)),
            ]),
        };
        assert_eq!(Trial::read(&trial.members()), Some(trial));
        assert_eq!(Trial::read(&BTreeMap::new()), None);
    }
}
