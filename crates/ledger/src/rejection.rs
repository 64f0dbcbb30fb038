//! Every way to say no, each with a code that never changes and a sentence for people.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Declares an enum of refusals in order of precedence. One table gives the variants, `ALL`, the
/// codes and the sentences, so that none can be forgotten.
macro_rules! refusals {
    (
        $(#[$enum_doc:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $variant:ident = $code:literal, $sentence:literal;)*
        }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every refusal, in order of precedence.
            pub const ALL: [Self; [$($code),*].len()] = [$(Self::$variant),*];

            /// The stable name of the refusal: lower-case words joined by hyphens. Codes are
            /// stored and published; one may be added, none is ever changed or reused.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The refusal with this code, if there is one.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|refusal| refusal.code() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $sentence,)*
                })
            }
        }

        impl std::error::Error for $name {}

        impl FromStr for $name {
            type Err = UnknownCode;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::from_code(code).ok_or(UnknownCode)
            }
        }
    };
}

refusals! {
    /// Why a transfer or a batch was refused: an expected outcome, not a fault.
    ///
    /// In order of precedence: where several rules are broken the first of them is reported, so
    /// that every instance and every replay names the same one. First what the request alone
    /// shows, then what it refers to, then the accounts, last the sums.
    pub enum Rejection {
        /// Debit and credit account are the same.
        AccountsMustDiffer = "accounts-must-differ", "debit and credit account must differ";
        /// The amount is zero.
        AmountMustNotBeZero = "amount-must-not-be-zero", "amount must not be zero";
        /// A batch without items.
        EmptyBatch = "empty-batch", "batch has no items";
        /// More items than [`crate::Batch::MAX_ITEMS`].
        BatchTooLarge = "batch-too-large", "batch has more than 1000 items";
        /// The transfer's id was already used, in this batch or before.
        DuplicateItem = "duplicate-item", "transfer id was already used";
        /// Capture or void of something that is not a hold.
        HoldNotFound = "hold-not-found", "hold does not exist";
        /// Reversal of a transfer that never happened.
        TransferNotFound = "transfer-not-found", "transfer to reverse does not exist";
        /// Holds, voids and reversals cannot be reversed.
        TransferNotReversible = "transfer-not-reversible", "transfer cannot be reversed";
        /// The hold was captured, voided or expired before.
        HoldResolved = "hold-resolved", "hold was already captured, voided or expired";
        /// The hold's time is over; only its expiry can resolve it now.
        HoldExpired = "hold-expired", "hold has expired";
        /// An expiry before the hold's time is over.
        HoldNotExpired = "hold-not-expired", "hold has not expired yet";
        /// No such debit account.
        DebitAccountNotFound = "debit-account-not-found", "debit account does not exist";
        /// No such credit account.
        CreditAccountNotFound = "credit-account-not-found", "credit account does not exist";
        /// The amount and the two accounts are not all in one asset.
        AssetMismatch = "asset-mismatch", "accounts and amount must share one asset";
        /// More than the hold keeps aside.
        CaptureExceedsHold = "capture-exceeds-hold", "capture exceeds the hold";
        /// More than what is left of the transfer after earlier reversals.
        ReversalExceedsTransfer = "reversal-exceeds-transfer",
            "reversal exceeds what is left of the transfer";
        /// The debit account is closed.
        DebitAccountClosed = "debit-account-closed", "debit account is closed";
        /// The credit account is closed.
        CreditAccountClosed = "credit-account-closed", "credit account is closed";
        /// The debit account takes no debits for now.
        DebitAccountFrozen = "debit-account-frozen", "debit account is frozen for debits";
        /// The credit account takes no credits for now.
        CreditAccountFrozen = "credit-account-frozen", "credit account is frozen for credits";
        /// A total of an account would exceed `i64::MAX`, pending amounts included.
        TotalOverflow = "total-overflow", "account total would overflow";
        /// What is available on an account would fall below its floor.
        InsufficientFunds = "insufficient-funds", "account has insufficient funds";
        /// Nothing wrong with this item, but another of its atomic batch was refused.
        LinkedFailed = "linked-failed", "another item of the atomic batch was refused";
    }
}

refusals! {
    /// Why a change to an account itself was refused. In order of precedence.
    pub enum AccountRejection {
        /// Opening an id that is in use.
        AccountExists = "account-exists", "account already exists";
        /// No such account.
        AccountNotFound = "account-not-found", "account does not exist";
        /// A closed account never changes again.
        AccountClosed = "account-closed", "account is closed";
        /// A floor above zero would forbid what the holder owns.
        FloorAboveZero = "floor-above-zero", "floor must be zero or negative";
        /// The floor asked for is above what is available now.
        FloorAboveAvailable = "floor-above-available", "floor is above what is available";
        /// Closing an account that holds or owes something.
        AccountNotEmpty = "account-not-empty",
            "account has a balance or pending amounts";
    }
}

/// No refusal has this code.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("no refusal has this code")]
pub struct UnknownCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_are_refused() {
        assert_eq!(Rejection::from_code("insufficient_funds"), None);
        assert_eq!("".parse::<Rejection>(), Err(UnknownCode));
        assert_eq!("account-frozen".parse::<AccountRejection>(), Err(UnknownCode));
    }

    #[test]
    fn every_code_is_kebab_case_unique_and_leads_back() {
        let mut seen = std::collections::BTreeSet::new();
        for rejection in Rejection::ALL {
            assert_eq!(Rejection::from_code(rejection.code()), Some(rejection));
            assert!(is_kebab_case(rejection.code()) && seen.insert(rejection.code()));
        }
        for rejection in AccountRejection::ALL {
            assert_eq!(AccountRejection::from_code(rejection.code()), Some(rejection));
            assert!(is_kebab_case(rejection.code()) && seen.insert(rejection.code()));
        }
    }

    #[test]
    fn tables_are_in_order_of_precedence() {
        assert!(Rejection::ALL.is_sorted());
        assert!(AccountRejection::ALL.is_sorted());
    }

    /// Codes are stored in rows and in the log: this list may only grow.
    #[test]
    fn published_codes_never_change() {
        let codes = Rejection::ALL.map(Rejection::code).join(" ");
        assert_eq!(
            codes,
            "accounts-must-differ amount-must-not-be-zero empty-batch batch-too-large \
             duplicate-item hold-not-found transfer-not-found transfer-not-reversible \
             hold-resolved hold-expired hold-not-expired debit-account-not-found \
             credit-account-not-found asset-mismatch capture-exceeds-hold \
             reversal-exceeds-transfer debit-account-closed credit-account-closed \
             debit-account-frozen credit-account-frozen total-overflow insufficient-funds \
             linked-failed"
        );
    }

    fn is_kebab_case(code: &str) -> bool {
        code.split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    }
}
