//! The register of payments that wait, and what a decision does to its row.

use intent::{ApprovalDecision, IntentId, UserId, UtcMicros};
use money::{Amount, AssetCode};

use crate::corridor::Refusal;
use crate::registers::{Column, Register, Row};

/// One row a payment that ever waited.
pub(crate) static APPROVALS: Register = Register {
    table: "approvals",
    key_len: 1,
    columns: &[
        ("payment", Column::Uuid),
        ("maker", Column::Uuid),
        ("cause", Column::Text),
        ("approvers", Column::Number),
        ("status", Column::Text),
        ("asset", Column::Text),
        ("amount", Column::Number),
        ("transfers", Column::Number),
        ("placed_at", Column::Time),
        ("expires_at", Column::Time),
        ("escalated", Column::Flag),
        ("first_approver", Column::Uuid),
        ("decided_by", Column::Uuid),
        ("decided_at", Column::Time),
        ("reason", Column::Text),
    ],
};

const WAITING: &str = "waiting";

/// Why a payment waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    /// Its amount.
    Above,
    /// Its amount, so large that it takes two people.
    TwoAbove,
    /// The risk engine.
    Risk,
}

impl Cause {
    const fn name(self) -> &'static str {
        match self {
            Self::Above | Self::TwoAbove => "amount",
            Self::Risk => "risk",
        }
    }

    const fn approvers(self) -> u8 {
        match self {
            Self::Above | Self::Risk => 1,
            Self::TwoAbove => 2,
        }
    }
}

/// What a decision does to the holds of its payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// Nothing yet.
    Wait,
    /// They are captured.
    Capture,
    /// They are voided.
    Void,
}

/// The row of a payment that begins to wait, `from` when `until` when.
pub(crate) fn waiting(
    payment: IntentId,
    maker: UserId,
    (cause, asset): (Cause, AssetCode),
    held: impl Iterator<Item = Amount>,
    (from, until): (UtcMicros, UtcMicros),
) -> Row {
    let (mut sum, mut transfers) = (0_i64, 0_i64);
    for amount in held {
        // One intent may pay in several assets: the sum is of the one for whose sake it waits.
        if amount.asset() == asset {
            sum = sum.saturating_add(amount.minor());
        }
        transfers = transfers.saturating_add(1);
    }
    Row::new(&APPROVALS)
        .with("payment", payment)
        .with("maker", maker)
        .with("cause", cause.name())
        .with("approvers", cause.approvers())
        .with("status", WAITING)
        .with("asset", asset)
        .with("amount", sum)
        .with("transfers", transfers)
        .with("placed_at", from)
        .with("expires_at", until)
        .with("escalated", false)
}

/// The row after a decision, and what it does; or why it may not be made.
pub(crate) fn decide(
    row: &Row,
    decision: ApprovalDecision,
    reason: &str,
    by: UserId,
    now: UtcMicros,
) -> Result<(Row, Next), Refusal> {
    let is = |column: &str| row.get(column) == Some(by.to_string().as_str());
    if row.get("status") != Some(WAITING) {
        return Err(Refusal::PaymentDecided);
    }
    if is("maker") {
        return Err(Refusal::ApprovalByMaker);
    }
    let expires_at = row.get("expires_at").and_then(|at| at.parse::<UtcMicros>().ok());
    if expires_at.is_none_or(|at| at <= now) {
        return Err(Refusal::PaymentExpired);
    }
    let decided = |status: &str| {
        row.clone()
            .with("status", status)
            .with("decided_by", by)
            .with("decided_at", now)
            .with("reason", reason)
    };
    match decision {
        ApprovalDecision::Reject => Ok((decided("rejected"), Next::Void)),
        ApprovalDecision::Escalate => {
            Ok((row.clone().with("approvers", 2).with("escalated", true), Next::Wait))
        }
        ApprovalDecision::Approve if row.get("approvers") == Some("1") => {
            Ok((decided("approved"), Next::Capture))
        }
        ApprovalDecision::Approve if is("first_approver") => Err(Refusal::ApprovedBefore),
        ApprovalDecision::Approve if row.get("first_approver").is_some() => {
            Ok((decided("approved"), Next::Capture))
        }
        ApprovalDecision::Approve => Ok((row.clone().with("first_approver", by), Next::Wait)),
    }
}

/// The row of a payment whose time is over; `None` if it was decided before.
pub(crate) fn expired(row: &Row, now: UtcMicros) -> Option<Row> {
    let waits = row.get("status") == Some(WAITING);
    waits.then(|| row.clone().with("status", "expired").with("decided_at", now))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: UtcMicros = UtcMicros::from_micros(1_000_000);
    const LATER: UtcMicros = UtcMicros::from_micros(9_000_000);

    fn person(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    fn payment(cause: Cause) -> Row {
        let id = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        let amounts = [300, 200].map(|minor| Amount::new(minor, AssetCode::EUR).unwrap());
        waiting(id, person(1), (cause, AssetCode::EUR), amounts.into_iter(), (NOW, LATER))
    }

    fn approve(row: &Row, by: u128) -> Result<(Row, Next), Refusal> {
        decide(row, ApprovalDecision::Approve, "known", person(by), NOW)
    }

    #[test]
    fn one_person_who_is_not_the_maker_approves_an_ordinary_payment_once() {
        let row = payment(Cause::Above);
        assert_eq!((row.get("amount"), row.get("transfers")), (Some("500"), Some("2")));
        assert_eq!(approve(&row, 1), Err(Refusal::ApprovalByMaker));
        let (row, next) = approve(&row, 2).unwrap();
        assert_eq!((next, row.get("status")), (Next::Capture, Some("approved")));
        assert_eq!(approve(&row, 3), Err(Refusal::PaymentDecided));
    }

    #[test]
    fn a_large_payment_takes_two_people() {
        let (row, next) = approve(&payment(Cause::TwoAbove), 2).unwrap();
        assert_eq!(next, Next::Wait);
        assert_eq!(approve(&row, 2), Err(Refusal::ApprovedBefore));
        assert_eq!(approve(&row, 1), Err(Refusal::ApprovalByMaker));
        assert_eq!(approve(&row, 3).unwrap().1, Next::Capture);
    }

    #[test]
    fn whoever_escalates_makes_it_take_two_people_and_one_is_enough_to_reject() {
        let escalate = |row: &Row| decide(row, ApprovalDecision::Escalate, "odd", person(2), NOW);
        let (row, next) = escalate(&payment(Cause::Risk)).unwrap();
        assert_eq!((next, row.get("approvers")), (Next::Wait, Some("2")));
        assert_eq!(approve(&row, 2).unwrap().1, Next::Wait);
        let rejected = decide(&row, ApprovalDecision::Reject, "odd", person(3), NOW).unwrap();
        assert_eq!((rejected.1, rejected.0.get("status")), (Next::Void, Some("rejected")));
    }

    #[test]
    fn nothing_is_decided_after_its_time() {
        let row = payment(Cause::Above);
        let late = decide(&row, ApprovalDecision::Reject, "late", person(2), LATER);
        assert_eq!(late, Err(Refusal::PaymentExpired));
        let row = expired(&row, LATER).unwrap();
        assert_eq!(expired(&row, LATER), None);
        assert_eq!(approve(&row, 2), Err(Refusal::PaymentDecided));
    }
}
