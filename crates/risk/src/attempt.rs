//! What is judged: an attempt, and what is known around it.

use money::Asset;

use crate::account::AccountState;
use crate::pair::PairState;
use crate::party::Party;

/// One signed wish to move money out of one account, judged as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What the amounts are in; its scale is for sentences.
    pub asset: Asset,
    /// The group commit's time, microseconds since the Unix epoch.
    pub at_us: i64,
    /// What could leave before it, in minor units; `None` where the account has no floor.
    pub available_minor: Option<i64>,
    /// What would leave the account: one payment, or the items of a batch.
    pub payments: &'a [Payment<'a>],
    /// The largest sum that nobody of the bank has to see before it leaves, in minor units; `None` where nothing leaves.
    pub unseen_minor_max: Option<i64>,
    /// What is known of who asks, and from where.
    pub context: Context,
}

/// One payment of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'a> {
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Who would receive it.
    pub payee: Party,
    /// What the payer has paid the payee before.
    pub pair: PairState,
    /// What is remembered of the payee's account; `None` where it is not of this bank.
    pub payee_state: Option<&'a AccountState>,
    /// When the payee's account was opened, microseconds since the Unix epoch.
    pub payee_opened_at_us: Option<i64>,
    /// Since when the payee is in the payer's address book, microseconds since the Unix epoch; `None` where it is not.
    pub beneficiary_since_us: Option<i64>,
}

/// What the server knows at the leaf. Times are microseconds since the Unix epoch; `None` is not known, or never.
///
/// A device, a key or a change is only **new** where the account was in use before it: the first device of a new customer is
/// nobody else's hand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Context {
    /// Since when the bank is. An account is only **young** if the bank was there long before it: in a bank's first days
    /// everybody is new.
    pub bank_since_us: i64,
    /// When the account that pays was opened.
    pub account_opened_at_us: Option<i64>,
    /// When the device that asks was paired.
    pub device_since_us: Option<i64>,
    /// When the key that signed was certified: by enrolment or rotation.
    pub key_since_us: Option<i64>,
    /// When the person's password or second factor was last changed, or the person recovered.
    pub credentials_changed_at_us: Option<i64>,
    /// Whether the person's session comes from an address that the person never used before.
    pub address_is_new: bool,
    /// Failed sign-ins of the person in the day before the session began.
    pub failed_sign_ins: u32,
    /// Whether the bank is closed at this hour, by its own calendar.
    pub outside_hours: bool,
}
