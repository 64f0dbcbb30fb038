//! The status reasons that we give.

use std::fmt;

/// Why a file, a payment or an item was refused.
///
/// # Standard
///
/// ISO 20022 external code set `ExternalStatusReason1Code`; each name is its code.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// Incorrect account number: its form or check digits are wrong.
    AC01,
    /// Invalid debtor account.
    AC02,
    /// Invalid creditor account: well-formed, but not one that we can credit.
    AC03,
    /// Closed account.
    AC04,
    /// Blocked account.
    AC06,
    /// Transaction forbidden on this type of account.
    AG01,
    /// Zero amount.
    AM01,
    /// Amount above what is allowed.
    AM02,
    /// Currency not allowed.
    AM03,
    /// Insufficient funds.
    AM04,
    /// Duplication.
    AM05,
    /// Invalid control sum.
    AM10,
    /// Invalid amount.
    AM12,
    /// Invalid number of transactions.
    AM18,
    /// Name or account of the end customer do not fit together.
    BE01,
    /// Currency of the payment is not that of the account.
    CURR,
    /// Invalid date.
    DT01,
    /// Invalid file format.
    FF01,
    /// Invalid payment type, such as a cheque.
    FF03,
    /// Refused by order or rule of the bank: the text says which.
    NARR,
}

impl Reason {
    /// The four characters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AC01 => "AC01",
            Self::AC02 => "AC02",
            Self::AC03 => "AC03",
            Self::AC04 => "AC04",
            Self::AC06 => "AC06",
            Self::AG01 => "AG01",
            Self::AM01 => "AM01",
            Self::AM02 => "AM02",
            Self::AM03 => "AM03",
            Self::AM04 => "AM04",
            Self::AM05 => "AM05",
            Self::AM10 => "AM10",
            Self::AM12 => "AM12",
            Self::AM18 => "AM18",
            Self::BE01 => "BE01",
            Self::CURR => "CURR",
            Self::DT01 => "DT01",
            Self::FF01 => "FF01",
            Self::FF03 => "FF03",
            Self::NARR => "NARR",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
