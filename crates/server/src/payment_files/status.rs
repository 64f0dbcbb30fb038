//! What became of each item. Pure.

use ledger::{Rejection, TransferId};
use messages::Reason;
use messages::pain002::ItemStatus;

use crate::corridor::Refusal;

/// The code of a transfer that was made or is held.
const OK: &str = "ok";

/// The status of an item that was signed, by the code of its transfer and the state of its hold.
pub(super) fn status_of(
    transfer: TransferId,
    fate: Option<&(String, Option<String>)>,
) -> ItemStatus {
    let Some((code, hold)) = fate else {
        // Its id was another transfer's: nothing stands under it for this file.
        return refused(Refusal::Ledger(Rejection::DuplicateItem));
    };
    match (code.as_str(), hold.as_deref()) {
        (OK, None | Some("captured")) => {
            ItemStatus::Settled { reference: transfer.get().simple().to_string() }
        }
        (OK, Some("held")) => ItemStatus::Pending,
        (OK, Some("expired")) => declined("nobody approved it in time"),
        (OK, Some(_)) => declined("a person of the bank did not approve it"),
        (code, _) => Refusal::from_code(code).map_or_else(|| declined("refused"), refused),
    }
}

fn declined(text: &str) -> ItemStatus {
    ItemStatus::Rejected { reason: Reason::NARR, text: text.to_owned() }
}

fn refused(refusal: Refusal) -> ItemStatus {
    ItemStatus::Rejected { reason: reason_of(refusal), text: refusal.sentence() }
}

/// The reason of ISO 20022 for a refusal.
fn reason_of(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NotAccountOwner => Reason::AC02,
        Refusal::LimitPerTransfer
        | Refusal::LimitNewPayee
        | Refusal::LimitPerPayee
        | Refusal::LimitPerDay
        | Refusal::RecoveryLimit => Reason::AM02,
        Refusal::PaymentFileKnown => Reason::AM05,
        Refusal::Ledger(rejection) => match rejection {
            Rejection::DebitAccountNotFound => Reason::AC02,
            Rejection::CreditAccountNotFound => Reason::AC03,
            Rejection::DebitAccountClosed | Rejection::CreditAccountClosed => Reason::AC04,
            Rejection::DebitAccountFrozen | Rejection::CreditAccountFrozen => Reason::AC06,
            Rejection::InsufficientFunds => Reason::AM04,
            Rejection::AssetMismatch => Reason::CURR,
            Rejection::DuplicateItem => Reason::AM05,
            _ => Reason::NARR,
        },
        _ => Reason::NARR,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_fate_has_its_status() {
        let id = TransferId::new(Uuid::from_u128(7));
        let status = |code: &str, hold: Option<&str>| {
            status_of(id, Some(&(code.to_owned(), hold.map(str::to_owned))))
        };
        assert!(
            matches!(status("ok", None), ItemStatus::Settled { reference } if reference.len() == 32)
        );
        assert!(matches!(status("ok", Some("captured")), ItemStatus::Settled { .. }));
        assert_eq!(status("ok", Some("held")), ItemStatus::Pending);
        let reason = |status| match status {
            ItemStatus::Rejected { reason, .. } => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(status("ok", Some("voided"))), Reason::NARR);
        assert_eq!(reason(status("insufficient-funds", None)), Reason::AM04);
        assert_eq!(reason(status("credit-account-not-found", None)), Reason::AC03);
        assert_eq!(reason(status("limit-per-day", None)), Reason::AM02);
        assert_eq!(reason(status("a code of later", None)), Reason::NARR);
        assert_eq!(reason(status_of(id, None)), Reason::AM05);
    }
}
