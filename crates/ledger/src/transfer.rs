//! What a client asks for, before it is held against any account.

use money::Amount;

use crate::id::{AccountId, TransferId};
use crate::rejection::Rejection;

/// A request that is well-formed on its own; [`crate::post`] decides it against the accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    id: TransferId,
    kind: TransferKind,
}

/// What a transfer does. Amounts are above zero and the two accounts differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransferKind {
    /// Moves `amount` from `debit` to `credit` now.
    Post {
        /// Account whose debits grow.
        debit: AccountId,
        /// Account whose credits grow.
        credit: AccountId,
        /// How much.
        amount: Amount,
    },
    /// Keeps `amount` aside for a later capture.
    Hold {
        /// Account whose debits would grow.
        debit: AccountId,
        /// Account whose credits would grow.
        credit: AccountId,
        /// How much.
        amount: Amount,
        /// First microsecond since the Unix epoch at which it can no longer be captured.
        expires_at_us: i64,
    },
    /// Moves a hold's amount, or a part of it; what is left of the hold is given back.
    Capture {
        /// The hold's transfer id.
        hold: TransferId,
        /// How much, or `None` for all of it.
        amount: Option<Amount>,
    },
    /// Gives all of a hold back.
    Void {
        /// The hold's transfer id.
        hold: TransferId,
    },
    /// Moves a post or capture back, or a part of it. Several partial reversals may follow each
    /// other until nothing is left.
    Reverse {
        /// The transfer id of the post or capture.
        transfer: TransferId,
        /// How much, or `None` for all that earlier reversals left.
        amount: Option<Amount>,
    },
}

impl Transfer {
    /// Checks everything that needs no account: accounts differ, the amount is not zero.
    pub fn new(id: TransferId, kind: TransferKind) -> Result<Self, Rejection> {
        if let Some([debit, credit]) = kind.accounts()
            && debit == credit
        {
            return Err(Rejection::AccountsMustDiffer);
        }
        if kind.amount().is_some_and(Amount::is_zero) {
            return Err(Rejection::AmountMustNotBeZero);
        }
        Ok(Self { id, kind })
    }

    /// Moves `amount` from `debit` to `credit`.
    pub fn post(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Amount,
    ) -> Result<Self, Rejection> {
        Self::new(id, TransferKind::Post { debit, credit, amount })
    }

    /// Keeps `amount` aside until `expires_at_us`, microseconds since the Unix epoch.
    pub fn hold(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Amount,
        expires_at_us: i64,
    ) -> Result<Self, Rejection> {
        Self::new(id, TransferKind::Hold { debit, credit, amount, expires_at_us })
    }

    /// Captures `amount` of `hold`, or all of it.
    pub fn capture(
        id: TransferId,
        hold: TransferId,
        amount: Option<Amount>,
    ) -> Result<Self, Rejection> {
        Self::new(id, TransferKind::Capture { hold, amount })
    }

    /// Gives `hold` back.
    #[must_use]
    pub const fn void(id: TransferId, hold: TransferId) -> Self {
        Self { id, kind: TransferKind::Void { hold } }
    }

    /// Reverses `amount` of `transfer`, or all that is left of it.
    pub fn reverse(
        id: TransferId,
        transfer: TransferId,
        amount: Option<Amount>,
    ) -> Result<Self, Rejection> {
        Self::new(id, TransferKind::Reverse { transfer, amount })
    }

    /// Identity; also the idempotency key.
    #[must_use]
    pub const fn id(&self) -> TransferId {
        self.id
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> &TransferKind {
        &self.kind
    }

    /// Debit and credit account where the request names them (post, hold). The other kinds take
    /// theirs from the transfer in [`Transfer::refers_to`].
    #[must_use]
    pub const fn accounts(&self) -> Option<[AccountId; 2]> {
        self.kind.accounts()
    }

    /// The earlier transfer whose record has to be loaded to decide this one.
    #[must_use]
    pub const fn refers_to(&self) -> Option<TransferId> {
        self.kind.refers_to()
    }
}

impl TransferKind {
    /// Stable name, lower-case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Post { .. } => "post",
            Self::Hold { .. } => "hold",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Reverse { .. } => "reverse",
        }
    }

    /// The amount where the request names one.
    #[must_use]
    pub const fn amount(&self) -> Option<Amount> {
        match *self {
            Self::Post { amount, .. } | Self::Hold { amount, .. } => Some(amount),
            Self::Capture { amount, .. } | Self::Reverse { amount, .. } => amount,
            Self::Void { .. } => None,
        }
    }

    /// Debit and credit account where the request names them.
    #[must_use]
    pub const fn accounts(&self) -> Option<[AccountId; 2]> {
        match *self {
            Self::Post { debit, credit, .. } | Self::Hold { debit, credit, .. } => {
                Some([debit, credit])
            }
            Self::Capture { .. } | Self::Void { .. } | Self::Reverse { .. } => None,
        }
    }

    /// The earlier transfer that it follows.
    #[must_use]
    pub const fn refers_to(&self) -> Option<TransferId> {
        match *self {
            Self::Post { .. } | Self::Hold { .. } => None,
            Self::Capture { hold, .. } | Self::Void { hold } => Some(hold),
            Self::Reverse { transfer, .. } => Some(transfer),
        }
    }
}
