//! The registers of standing orders and of their days, and what becomes of their rows.

use intent::{IntentId, OrderTerms, ShortOfFunds, TransferBody, UserId, UtcMicros};
use ledger::{Rejection, TransferId};
use time::Date;
use uuid::Builder;

use super::order::{Order, day, day_of, start_of};
use crate::corridor::Refusal;
use crate::corridor::fold::OK;
use crate::policies::calendar::BankDays;
use crate::registers::{Column, Register, Row};

/// How often a day is tried while money is short.
const ATTEMPTS_MAX: u32 = 4;
/// How long it waits in between, in microseconds: six hours.
const RETRY_US: i64 = 6 * 60 * 60 * 1_000_000;

/// One row an order that ever was.
pub(crate) static STANDING_ORDERS: Register = Register {
    table: "standing_orders",
    key_len: 1,
    columns: &[
        ("order_id", Column::Uuid),
        ("owner", Column::Uuid),
        ("debit_account", Column::Uuid),
        ("credit_account", Column::Uuid),
        ("asset", Column::Text),
        ("amount", Column::Number),
        ("details", Column::Digest),
        ("first_day", Column::Text),
        ("rhythm", Column::Text),
        ("business_day", Column::Text),
        ("last_day", Column::Text),
        ("days", Column::Number),
        ("short_of_funds", Column::Text),
        ("status", Column::Text),
        ("next_number", Column::Number),
        ("attempt", Column::Number),
        ("next_day", Column::Text),
        ("next_at", Column::Time),
        ("placed_at", Column::Time),
        ("ended_at", Column::Time),
    ],
};

/// One row a day on which an order was due.
pub(crate) static STANDING_ORDER_RUNS: Register = Register {
    table: "standing_order_runs",
    key_len: 2,
    columns: &[
        ("order_id", Column::Uuid),
        ("number", Column::Number),
        ("owner", Column::Uuid),
        ("due_day", Column::Text),
        ("status", Column::Text),
        ("code", Column::Text),
        ("attempts", Column::Number),
        ("transfer_id", Column::Uuid),
        ("run_at", Column::Time),
    ],
};

/// What became of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// It was paid, by this transfer.
    Paid(TransferId),
    /// It was not.
    Refused(Refusal),
}

/// The id of the transfer by which an order pays a day: a function of the order, the day's number and the attempt.
pub(crate) fn run_id(order: IntentId, number: u32, attempt: u32) -> TransferId {
    let digest = crypto::sha256(
        &[
            b"strongroom/standing-order/v1".as_slice(),
            order.get().as_bytes(),
            &number.to_be_bytes(),
            &attempt.to_be_bytes(),
        ]
        .concat(),
    );
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    TransferId::new(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The row of a new order. Its first day is today at the earliest.
pub(crate) fn place(
    order: IntentId,
    owner: UserId,
    transfer: &TransferBody,
    terms: &OrderTerms,
    (days, now): (&BankDays, UtcMicros),
) -> Result<Row, Refusal> {
    let first = day(terms, 0, days).filter(|_| terms.first >= day_of(now));
    let first = first.ok_or(Refusal::StandingOrderInvalid)?;
    let row = Row::new(&STANDING_ORDERS)
        .with("order_id", order)
        .with("owner", owner)
        .with("debit_account", transfer.debit)
        .with("credit_account", transfer.credit)
        .with("asset", transfer.amount.asset())
        .with("amount", transfer.amount.minor())
        .with("first_day", OrderTerms::day_text(terms.first))
        .with("rhythm", terms.rhythm.name())
        .with("business_day", terms.business_day.name())
        .with("short_of_funds", terms.short_of_funds.name())
        .with("status", ACTIVE)
        .with("placed_at", now);
    let row = with(row, "details", transfer.details);
    let row = with(row, "last_day", terms.last.map(OrderTerms::day_text));
    let row = with(row, "days", terms.count);
    Ok(next(row, 0, 0, first, start_of(first)))
}

/// The row of an order that its owner ends.
pub(crate) fn end(row: Option<&Row>, owner: UserId, now: UtcMicros) -> Result<Row, Refusal> {
    // Whoever does not own it learns nothing of its existence.
    let row = row.filter(|row| row.get("owner") == Some(owner.to_string().as_str()));
    let row = row.ok_or(Refusal::StandingOrderNotFound)?;
    if row.get("status") != Some(ACTIVE) {
        return Err(Refusal::StandingOrderEnded);
    }
    Ok(over(row.clone(), "ended", now))
}

const ACTIVE: &str = "active";

/// The rows of an order and of its day after an attempt. The day that comes next is settled here, by the calendar of now.
pub(crate) fn after(
    row: &Row,
    order: &Order,
    outcome: Outcome,
    (days, now): (&BankDays, UtcMicros),
) -> [Row; 2] {
    let attempts = order.attempt.saturating_add(1);
    let (status, code) = match outcome {
        Outcome::Paid(_) => ("paid", OK),
        Outcome::Refused(refusal) => {
            let is_short = refusal == Refusal::Ledger(Rejection::InsufficientFunds);
            let status = match order.terms.short_of_funds {
                ShortOfFunds::Skip if is_short => "skipped",
                ShortOfFunds::Retry if is_short && attempts < ATTEMPTS_MAX => WAITING,
                ShortOfFunds::Skip | ShortOfFunds::Retry => "failed",
            };
            (status, refusal.code())
        }
    };
    let run = Row::new(&STANDING_ORDER_RUNS)
        .with("order_id", order.id)
        .with("number", order.next_number)
        .with("owner", order.owner)
        .with("due_day", OrderTerms::day_text(order.next_day))
        .with("status", status)
        .with("code", code)
        .with("attempts", attempts)
        .with("run_at", now);
    let run = match outcome {
        Outcome::Paid(transfer) => run.with("transfer_id", transfer),
        Outcome::Refused(_) => run,
    };
    let row = row.clone();
    if status == WAITING {
        let again_at = UtcMicros::from_micros(now.get().saturating_add(RETRY_US));
        return [next(row, order.next_number, attempts, order.next_day, again_at), run];
    }
    let number = order.next_number.saturating_add(1);
    let row = match day(&order.terms, number, days) {
        // Neither of these comes back.
        _ if has_no_account(outcome) => over(row, "failed", now),
        Some(day) => next(row, number, 0, day, start_of(day)),
        None => over(row, "completed", now),
    };
    [row, run]
}

const WAITING: &str = "waiting";

fn has_no_account(outcome: Outcome) -> bool {
    [Rejection::DebitAccountClosed, Rejection::CreditAccountClosed]
        .into_iter()
        .any(|closed| outcome == Outcome::Refused(closed.into()))
}

fn next(row: Row, number: u32, attempt: u32, day: Date, at: UtcMicros) -> Row {
    row.with("next_number", number)
        .with("attempt", attempt)
        .with("next_day", OrderTerms::day_text(day))
        .with("next_at", at)
}

fn over(row: Row, status: &str, now: UtcMicros) -> Row {
    row.without("next_day").without("next_at").with("status", status).with("ended_at", now)
}

fn with(row: Row, column: &'static str, value: Option<impl ToString>) -> Row {
    match value {
        Some(value) => row.with(column, value),
        None => row,
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "days in a test")]
mod tests {
    use intent::{BusinessDay, Rhythm};
    use ledger::AccountId;
    use money::{Amount, AssetCode};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn on(day: &str) -> UtcMicros {
        format!("{day}T09:00:00.000000Z").parse().unwrap()
    }

    fn terms(first: &str, rhythm: Rhythm) -> OrderTerms {
        OrderTerms {
            first: OrderTerms::day(first).unwrap(),
            rhythm,
            business_day: BusinessDay::Following,
            last: None,
            count: None,
            short_of_funds: ShortOfFunds::Skip,
        }
    }

    fn placed(terms: &OrderTerms, now: &str) -> Result<Row, Refusal> {
        let account = |number| AccountId::new(Uuid::from_u128(number));
        let amount = Amount::new(500, AssetCode::EUR).unwrap();
        let transfer =
            TransferBody { debit: account(1), credit: account(2), amount, details: None };
        let id = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        place(id, owner(1), &transfer, terms, (&BankDays::DEFAULT, on(now)))
    }

    fn owner(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    fn short() -> Outcome {
        Outcome::Refused(Rejection::InsufficientFunds.into())
    }

    fn paid() -> Outcome {
        Outcome::Paid(TransferId::new(Uuid::from_u128(3)))
    }

    #[test]
    fn an_order_begins_today_at_the_earliest_and_with_a_day_that_counts() {
        let monthly = terms("2026-11-30", Rhythm::Monthly);
        let row = placed(&monthly, "2026-11-30").unwrap();
        assert_eq!(row.get("next_at"), Some("2026-11-30T00:00:00.000000Z"));
        assert!(Order::read(&row).is_some());
        assert_eq!(placed(&monthly, "2026-12-01").unwrap_err(), Refusal::StandingOrderInvalid);
        let ends_before = OrderTerms { last: OrderTerms::day("2026-11-29"), ..monthly };
        assert_eq!(placed(&ends_before, "2026-11-01").unwrap_err(), Refusal::StandingOrderInvalid);
        // The end of November is a Monday; that of January 2027 is a Sunday, and its day the first of February.
        let ends = OrderTerms {
            last: OrderTerms::day("2026-11-29"),
            ..terms("2026-11-28", Rhythm::EndOfMonth)
        };
        assert_eq!(placed(&ends, "2026-11-01").unwrap_err(), Refusal::StandingOrderInvalid);
    }

    #[test]
    fn days_off_are_those_of_the_bank() {
        let days = [("holidays", "target2"), ("weekend", "friday saturday")];
        let days = days.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let days = BankDays::read(&days.into()).unwrap();
        // The first of January 2027 is a Friday; Saturday is off too, and Sunday is not.
        let first = terms("2027-01-01", Rhythm::Monthly);
        for (terms, expected) in [
            (first, "2027-01-03"),
            (OrderTerms { business_day: BusinessDay::Unadjusted, ..first }, "2027-01-01"),
        ] {
            assert_eq!(day(&terms, 0, &days), OrderTerms::day(expected), "{terms:?}");
        }
        // Good Friday and Easter Monday of 2027, with an ordinary weekend in between.
        let days = [("holidays", "target2"), ("weekend", "saturday sunday")];
        let days = days.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let days = BankDays::read(&days.into()).unwrap();
        for (business_day, expected) in [
            (BusinessDay::Following, "2027-03-30"),
            (BusinessDay::Preceding, "2027-03-25"),
            (BusinessDay::ModifiedFollowing, "2027-03-30"),
        ] {
            let terms = OrderTerms { business_day, ..terms("2027-02-26", Rhythm::Monthly) };
            assert_eq!(day(&terms, 1, &days), OrderTerms::day(expected), "{business_day:?}");
        }
        // A bank that has said nothing rests on Saturdays and Sundays.
        let saturday = terms("2026-11-28", Rhythm::Once);
        assert_eq!(day(&saturday, 0, &BankDays::DEFAULT), OrderTerms::day("2026-11-30"));
    }

    #[test]
    fn a_day_without_money_is_skipped_or_tried_four_times() {
        let row = placed(&terms("2026-11-30", Rhythm::Weekly), "2026-11-22").unwrap();
        let order = Order::read(&row).unwrap();
        let [row, run] = after(&row, &order, short(), (&BankDays::DEFAULT, on("2026-11-30")));
        assert_eq!(
            (run.get("status"), run.get("code")),
            (Some("skipped"), Some("insufficient-funds"))
        );
        assert_eq!((row.get("next_day"), row.get("attempt")), (Some("2026-12-07"), Some("0")));

        let patient =
            OrderTerms { short_of_funds: ShortOfFunds::Retry, ..terms("2026-11-30", Rhythm::Once) };
        let mut row = placed(&patient, "2026-11-22").unwrap();
        for attempts in ["1", "2", "3"] {
            let order = Order::read(&row).unwrap();
            let [after, run] = after(&row, &order, short(), (&BankDays::DEFAULT, on("2026-11-30")));
            assert_eq!((run.get("status"), run.get("attempts")), (Some("waiting"), Some(attempts)));
            assert_eq!(after.get("next_at"), Some("2026-11-30T15:00:00.000000Z"));
            row = after;
        }
        let [row, run] = after(
            &row,
            &Order::read(&row).unwrap(),
            short(),
            (&BankDays::DEFAULT, on("2026-12-01")),
        );
        assert_eq!((run.get("status"), row.get("status")), (Some("failed"), Some("completed")));
        assert!(Order::read(&row).is_none());
    }

    #[test]
    fn a_closed_account_ends_an_order_and_a_frozen_one_costs_a_day() {
        let row = placed(&terms("2026-11-30", Rhythm::Monthly), "2026-11-22").unwrap();
        let order = Order::read(&row).unwrap();
        let refused = |rejection: Rejection| Outcome::Refused(rejection.into());
        let [frozen, run] = after(
            &row,
            &order,
            refused(Rejection::DebitAccountFrozen),
            (&BankDays::DEFAULT, on("2026-11-30")),
        );
        assert_eq!((frozen.get("status"), run.get("status")), (Some("active"), Some("failed")));
        assert_eq!(frozen.get("next_day"), Some("2026-12-30"));
        let [closed, _] = after(
            &row,
            &order,
            refused(Rejection::CreditAccountClosed),
            (&BankDays::DEFAULT, on("2026-11-30")),
        );
        assert_eq!((closed.get("status"), closed.get("next_at")), (Some("failed"), None));
    }

    #[test]
    fn its_owner_ends_it_once_and_nobody_else_does() {
        let row = placed(&terms("2026-11-30", Rhythm::Monthly), "2026-11-22").unwrap();
        let now = on("2026-11-23");
        assert_eq!(end(Some(&row), owner(2), now).unwrap_err(), Refusal::StandingOrderNotFound);
        assert_eq!(end(None, owner(1), now).unwrap_err(), Refusal::StandingOrderNotFound);
        let ended = end(Some(&row), owner(1), now).unwrap();
        assert_eq!(end(Some(&ended), owner(1), now).unwrap_err(), Refusal::StandingOrderEnded);
    }

    proptest! {
        /// A bank that was down for long makes up for every day, in order, each once.
        #[test]
        fn missed_days_are_made_up_for_in_order(count in 1_u32..30, rhythm in 1_usize..4, outage in 0_i64..2_000) {
            let terms = OrderTerms { count: Some(count), ..terms("2026-11-23", Rhythm::ALL[rhythm]) };
            let mut row = placed(&terms, "2026-11-23").unwrap();
            let now = UtcMicros::from_micros(on("2026-11-23").get() + outage * 86_400_000_000);
            let mut days = Vec::new();
            while let Some(order) = Order::read(&row).filter(|order| order.next_at <= now) {
                let [next, run] = after(&row, &order, paid(), (&BankDays::DEFAULT, now));
                let number = days.len().to_string();
                prop_assert_eq!(run.get("number"), Some(number.as_str()));
                days.push(run.get("due_day").unwrap().to_owned());
                row = next;
            }
            prop_assert!(days.is_sorted() && days.len() <= usize::try_from(count).unwrap());
            prop_assert!(days.iter().all(|day| *day <= OrderTerms::day_text(day_of(now))));
            prop_assert_eq!(row.get("status") == Some("completed"), days.len() == usize::try_from(count).unwrap());
        }

        #[test]
        fn every_attempt_has_a_transfer_of_its_own(one in 0_u32..9, other in 0_u32..9, first in 0_u32..9, second in 0_u32..9) {
            let id = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
            let same = (one, first) == (other, second);
            prop_assert_eq!(run_id(id, one, first) == run_id(id, other, second), same);
        }
    }
}
