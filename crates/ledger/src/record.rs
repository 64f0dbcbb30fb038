//! What the ledger remembers of a transfer, so that later ones can refer to it.

use money::Amount;
use thiserror::Error;

use crate::id::{AccountId, TransferId};

/// An accepted transfer as later ones see it. Its place in the working set is also what makes a
/// second use of its id a duplicate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Record {
    id: TransferId,
    debit: AccountId,
    credit: AccountId,
    amount: Amount,
    state: RecordState,
}

/// How far an accepted transfer has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordState {
    /// An open hold.
    Held {
        /// First microsecond since the Unix epoch at which it can no longer be captured.
        expires_at_us: i64,
    },
    /// A hold that was captured; the rest was given back.
    Captured {
        /// How much was captured, in minor units: above zero, at most the hold's amount.
        captured_minor: i64,
    },
    /// A hold that was given back on request.
    Voided,
    /// A hold that was given back because its time was over.
    Expired,
    /// A post or a capture.
    Posted {
        /// How much was reversed so far, in minor units: at most the transfer's amount.
        reversed_minor: i64,
    },
    /// A void or a reversal: nothing can follow.
    Final,
}

impl RecordState {
    /// Stable name, lower-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Captured { .. } => "captured",
            Self::Voided => "voided",
            Self::Expired => "expired",
            Self::Posted { .. } => "posted",
            Self::Final => "final",
        }
    }
}

impl Record {
    /// A record as it was stored.
    pub fn from_stored(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Amount,
        state: RecordState,
    ) -> Result<Self, MalformedRecord> {
        if debit == credit {
            return Err(MalformedRecord::AccountsEqual);
        }
        let in_range = match state {
            RecordState::Captured { captured_minor } => {
                (1..=amount.minor()).contains(&captured_minor)
            }
            RecordState::Posted { reversed_minor } => {
                (0..=amount.minor()).contains(&reversed_minor)
            }
            RecordState::Held { .. }
            | RecordState::Voided
            | RecordState::Expired
            | RecordState::Final => true,
        };
        if amount.is_zero() || !in_range {
            return Err(MalformedRecord::AmountOutOfRange);
        }
        Ok(Self { id, debit, credit, amount, state })
    }

    /// A record of a transfer that has just been decided.
    pub(crate) const fn new(
        id: TransferId,
        [debit, credit]: [AccountId; 2],
        amount: Amount,
        state: RecordState,
    ) -> Self {
        Self { id, debit, credit, amount, state }
    }

    pub(crate) const fn with_state(self, state: RecordState) -> Self {
        Self { state, ..self }
    }

    /// The transfer's id.
    #[must_use]
    pub const fn id(&self) -> TransferId {
        self.id
    }

    /// Account whose debits grew, or would.
    #[must_use]
    pub const fn debit(&self) -> AccountId {
        self.debit
    }

    /// Account whose credits grew, or would.
    #[must_use]
    pub const fn credit(&self) -> AccountId {
        self.credit
    }

    /// Amount moved, held or given back.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> RecordState {
        self.state
    }
}

/// Why stored values are not a record.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedRecord {
    /// Debit and credit account are the same.
    #[error("debit and credit account are the same")]
    AccountsEqual,
    /// The amount is zero, or its captured or reversed part is outside of it.
    #[error("amount, or the captured or reversed part of it, is out of range")]
    AmountOutOfRange,
}

#[cfg(test)]
mod tests {
    use money::AssetCode;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn stored_records_that_contradict_themselves_are_refused() {
        let [a, b] = [1, 2].map(|n| AccountId::new(Uuid::from_u128(n)));
        let id = TransferId::new(Uuid::from_u128(9));
        let eur = |minor| Amount::new(minor, AssetCode::EUR).unwrap();
        let out_of_range = Err(MalformedRecord::AmountOutOfRange);
        let refused = [
            Record::from_stored(id, a, b, eur(0), RecordState::Voided),
            Record::from_stored(id, a, b, eur(5), RecordState::Captured { captured_minor: 0 }),
            Record::from_stored(id, a, b, eur(5), RecordState::Captured { captured_minor: 6 }),
            Record::from_stored(id, a, b, eur(5), RecordState::Posted { reversed_minor: -1 }),
            Record::from_stored(id, a, b, eur(5), RecordState::Posted { reversed_minor: 6 }),
        ];
        assert!(refused.iter().all(|record| *record == out_of_range));
        let same = Record::from_stored(id, a, a, eur(5), RecordState::Final);
        assert_eq!(same, Err(MalformedRecord::AccountsEqual));
        assert!(Record::from_stored(id, a, b, eur(5), RecordState::Expired).is_ok());
    }
}
