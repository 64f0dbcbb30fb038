//! What a standing order says, read from its row, and when it pays.

use intent::{BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds, UserId, UtcMicros};
use ledger::AccountId;
use messages::calendar::{Calendar, Convention};
use messages::schedule::{self, Occurrence, Schedule};
use money::Amount;
use time::{Date, OffsetDateTime, Time};

use crate::policies::calendar::BankDays;
use crate::registers::Row;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A standing order that is in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Order {
    /// The intent that placed it.
    pub(crate) id: IntentId,
    pub(crate) owner: UserId,
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) amount: Amount,
    pub(super) terms: OrderTerms,
    /// Of the day that comes next, from 0.
    pub(crate) next_number: u32,
    /// How often that day was tried.
    pub(crate) attempt: u32,
    /// From when on it is tried.
    pub(crate) next_at: UtcMicros,
    pub(super) next_day: Date,
}

impl Order {
    /// Reads a row; `None` where the order has ended, or its row does not read.
    pub(crate) fn read(row: &Row) -> Option<Self> {
        let asset = row.get("asset")?.parse().ok()?;
        let optional_day = |column| match row.get(column) {
            Some(text) => OrderTerms::day(text).map(Some),
            None => Some(None),
        };
        Some(Self {
            id: row.get("order_id")?.parse().ok()?,
            owner: row.get("owner")?.parse().ok()?,
            debit: row.get("debit_account")?.parse().ok()?,
            credit: row.get("credit_account")?.parse().ok()?,
            amount: Amount::parse_minor(row.get("amount")?, asset).ok()?,
            terms: OrderTerms {
                first: OrderTerms::day(row.get("first_day")?)?,
                rhythm: Rhythm::from_name(row.get("rhythm")?)?,
                business_day: BusinessDay::from_name(row.get("business_day")?)?,
                last: optional_day("last_day")?,
                count: match row.get("days") {
                    Some(text) => Some(text.parse().ok()?),
                    None => None,
                },
                short_of_funds: ShortOfFunds::from_name(row.get("short_of_funds")?)?,
            },
            next_number: row.get("next_number")?.parse().ok()?,
            attempt: row.get("attempt")?.parse().ok()?,
            next_at: row.get("next_at")?.parse().ok()?,
            next_day: OrderTerms::day(row.get("next_day")?)?,
        })
    }
}

/// The day of this number on which an order pays, by the days on which the bank works; `None` behind its last.
pub(super) fn day(terms: &OrderTerms, number: u32, days: &BankDays) -> Option<Date> {
    if terms.count.is_some_and(|count| number >= count) {
        return None;
    }
    // A day that nothing moves is a business day whatever it is.
    let every_day = Calendar::new([], []).ok()?;
    let western = Calendar::western([]);
    let calendar = match terms.business_day {
        BusinessDay::Unadjusted => &every_day,
        // A bank that works every day has said nothing of business days: then they are those of everybody.
        _ => days.calendar().unwrap_or(&western),
    };
    let occurrence = schedule(terms)?.occurrence(number, calendar);
    occurrence.map(|Occurrence { due, .. }| due)
}

fn schedule(terms: &OrderTerms) -> Option<Schedule> {
    let rhythm = match terms.rhythm {
        Rhythm::Once => schedule::Rhythm::Once,
        Rhythm::Weekly => schedule::Rhythm::Weekly,
        Rhythm::Monthly => schedule::Rhythm::Monthly { day: terms.first.day() },
        Rhythm::EndOfMonth => schedule::Rhythm::EndOfMonth,
    };
    let convention = match terms.business_day {
        BusinessDay::Unadjusted | BusinessDay::Following => Convention::Following,
        BusinessDay::Preceding => Convention::Preceding,
        BusinessDay::ModifiedFollowing => Convention::ModifiedFollowing,
    };
    Schedule::new(terms.first, terms.last, rhythm, convention).ok()
}

/// The day of UTC at an instant.
pub(crate) fn day_of(at: UtcMicros) -> Date {
    let seconds = at.get().div_euclid(MICROS_PER_SECOND);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
}

/// When a day of UTC begins.
pub(super) fn start_of(day: Date) -> UtcMicros {
    let seconds = day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp();
    UtcMicros::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
}
