//! What changes an account without moving money: freezing and closing it, and how far it may be overdrawn. Pure.

use std::collections::BTreeMap;

use intent::{Body, Intent, Role, UserId};
use ledger::{AccountId, AccountRejection, Freeze, Ledger};

use crate::corridor::Refusal;
use crate::corridor::fold::Asker;

/// The account that an intent changes.
pub(crate) fn account_of(intent: &Intent) -> Option<AccountId> {
    match intent.body() {
        Body::AccountFreeze { account, .. }
        | Body::AccountClose { account }
        | Body::AccountOverdraft { account, .. } => Some(*account),
        _ => None,
    }
}

/// Changes the account in `ledger`. Gives back what the leaf says of it.
///
/// An owner freezes and closes their own account, a manager anyone's; others learn nothing of its existence. The bank's own
/// accounts can be frozen and nothing else. `keeps_open`: something is to be posted on the account yet.
///
/// # Security
///
/// An owner only adds to a freeze: whoever got hold of a device must not take off what was put on to stop them.
pub(crate) fn change(
    ledger: &mut Ledger,
    owner: Option<UserId>,
    intent: &Intent,
    asker: Asker,
    keeps_open: bool,
) -> Result<BTreeMap<String, String>, Refusal> {
    let is_staff = asker.role == Role::Manager;
    let is_freeze = matches!(intent.body(), Body::AccountFreeze { .. });
    if owner != Some(asker.user) && !(is_staff && (owner.is_some() || is_freeze)) {
        return Err(Refusal::AccountNotFound);
    }
    match intent.body() {
        Body::AccountFreeze { account, debit, credit, .. } => {
            let found = ledger.account(*account).ok_or(Refusal::AccountNotFound)?;
            let lifts = (found.freeze.debit && !debit) || (found.freeze.credit && !credit);
            if lifts && !is_staff {
                return Err(Refusal::UnfreezeByStaff);
            }
            ledger
                .set_freeze(*account, Freeze { debit: *debit, credit: *credit })
                .map_err(refusal)?;
            let mut facts = facts(*account, "freeze_debit", &debit.to_string());
            facts.insert("freeze_credit".to_owned(), credit.to_string());
            Ok(facts)
        }
        Body::AccountClose { account } => {
            let found = ledger.account(*account).ok_or(Refusal::AccountNotFound)?;
            let holds = found.debits_pending().minor() != 0 || found.credits_pending().minor() != 0;
            let is_empty = found.balance() == 0 && !holds;
            if keeps_open && is_empty && !found.closed {
                return Err(Refusal::InterestDue);
            }
            ledger.close_account(*account).map_err(refusal)?;
            Ok(facts(*account, "closed", "true"))
        }
        Body::AccountOverdraft { account, amount } => {
            let found = ledger.account(*account).ok_or(Refusal::AccountNotFound)?;
            if found.asset != amount.asset() {
                return Err(ledger::Rejection::AssetMismatch.into());
            }
            let floor = amount.minor().checked_neg().ok_or(Refusal::OverdraftInUse)?;
            ledger.set_floor(*account, Some(floor)).map_err(refusal)?;
            Ok(facts(*account, "floor", &floor.to_string()))
        }
        _ => Err(Refusal::PermissionDenied),
    }
}

fn facts(account: AccountId, name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("account".to_owned(), account.to_string()),
        (name.to_owned(), value.to_owned()),
    ])
}

const fn refusal(rejection: AccountRejection) -> Refusal {
    match rejection {
        AccountRejection::AccountExists => Refusal::AccountExists,
        AccountRejection::AccountNotFound => Refusal::AccountNotFound,
        AccountRejection::AccountClosed => Refusal::AccountClosed,
        AccountRejection::AccountNotEmpty => Refusal::AccountNotEmpty,
        AccountRejection::FloorAboveZero | AccountRejection::FloorAboveAvailable => {
            Refusal::OverdraftInUse
        }
    }
}
