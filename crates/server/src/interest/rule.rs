//! What a balance earns or costs, day by day. Pure: a balance counts for a day if it stands there at its end, UTC.

use std::collections::BTreeMap;

use intent::UtcMicros;
use thiserror::Error;
use time::Date;

/// How a year is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DayCount {
    /// Actual days, 365 to the year.
    Actual365,
    /// Twelve months of 30 days, 360 to the year (30E/360, ISDA 2006 section 4.16(g)).
    Thirty360,
}

impl DayCount {
    const ALL: [Self; 2] = [Self::Actual365, Self::Thirty360];

    const fn name(self) -> &'static str {
        match self {
            Self::Actual365 => "act/365",
            Self::Thirty360 => "30/360",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|count| count.name() == name)
    }

    /// Days between two dates: those of two spans that meet are those of the whole.
    fn days(self, from: Date, to: Date) -> i64 {
        match self {
            Self::Actual365 => {
                i64::from(to.to_julian_day()).saturating_sub(from.to_julian_day().into())
            }
            Self::Thirty360 => thirty360(to).saturating_sub(thirty360(from)),
        }
    }

    /// What makes days of both counts parts of one year: 365 and 360 divide 26,280.
    const fn scale(self) -> i128 {
        match self {
            Self::Actual365 => YEAR / 365,
            Self::Thirty360 => YEAR / 360,
        }
    }
}

fn thirty360(date: Date) -> i64 {
    let month = i64::from(u8::from(date.month()));
    let day = i64::from(date.day().min(30));
    i64::from(date.year())
        .saturating_mul(360)
        .saturating_add(month.saturating_mul(30))
        .saturating_add(day)
}

/// Parts of a year in which interest is counted.
const YEAR: i128 = 26_280;
/// Parts of one minor unit: basis points of a year's parts.
const PARTS: i128 = 10_000 * YEAR;

/// Rates by the day from which they count, in basis points a year.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Rates(BTreeMap<Date, u32>);

impl Rates {
    /// More than this is no rate but a slip: 100 % a year.
    const POINTS_MAX: u32 = 10_000;

    /// Reads `2026-01-01:150 2026-07-01:200`, in this one spelling and order.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut rates = BTreeMap::new();
        let mut last = None;
        for item in text.split(' ').filter(|_| !text.is_empty()) {
            let (day, points) = item.split_once(':')?;
            let from = date(day)?;
            let rate: u32 = points.parse().ok()?;
            let is_sound = rate <= Self::POINTS_MAX && rate.to_string() == points;
            if !is_sound || last.is_some_and(|last| last >= from) {
                return None;
            }
            last = Some(from);
            rates.insert(from, rate);
        }
        Some(Self(rates))
    }

    fn on(&self, day: Date) -> u32 {
        self.0.range(..=day).next_back().map_or(0, |(_, points)| *points)
    }

    /// The next day after `day` on which the rate changes.
    fn next_change(&self, day: Date) -> Option<Date> {
        let after = (std::ops::Bound::Excluded(day), std::ops::Bound::Unbounded);
        self.0.range(after).next().map(|(day, _)| *day)
    }
}

/// What balances earn and cost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Terms {
    pub(crate) day_count: DayCount,
    /// What a balance above zero earns.
    pub(crate) credit: Rates,
    /// What a balance below zero costs.
    pub(crate) debit: Rates,
}

impl Terms {
    fn points(&self, balance: i64, day: Date) -> i128 {
        let rates = if balance < 0 { &self.debit } else { &self.credit };
        i128::from(rates.on(day))
    }

    fn next_change(&self, balance: i64, day: Date) -> Option<Date> {
        if balance < 0 { self.debit.next_change(day) } else { self.credit.next_change(day) }
    }

    /// Parts of a minor unit that a balance earns, or costs, over a span in which no rate changes.
    fn earned(&self, balance: i64, from: Date, to: Date) -> i128 {
        let days = i128::from(self.day_count.days(from, to)).saturating_mul(self.day_count.scale());
        i128::from(balance).saturating_mul(days).saturating_mul(self.points(balance, from))
    }
}

/// What an account has earned and nobody has paid, in parts of which 262,800,000 are a minor unit: nothing is rounded away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Accrual {
    /// The day from which on it is not counted yet.
    pub(crate) until: Date,
    /// Of months that are over.
    pub(crate) due: i128,
    /// Of the month of `until`.
    pub(crate) running: i128,
    /// The first day after the last month whose fee was paid.
    pub(crate) charged_until: Option<Date>,
}

impl Accrual {
    /// Of an account on which nothing ever was.
    pub(crate) const fn from_day(day: Date) -> Self {
        Self { until: day, due: 0, running: 0, charged_until: None }
    }

    /// Counts on to `day`, over which the balance was this. A day that was counted is not counted again.
    pub(crate) fn advance(&mut self, terms: Option<&Terms>, balance: i64, day: Date) {
        while self.until < day {
            let month = next_month(self.until).unwrap_or(day);
            let change = terms.and_then(|terms| terms.next_change(balance, self.until));
            let to = day.min(month).min(change.unwrap_or(day));
            if let Some(terms) = terms {
                let earned = terms.earned(balance, self.until, to);
                self.running = self.running.saturating_add(earned);
            }
            self.until = to;
            if to == month {
                self.due = self.due.saturating_add(self.running);
                self.running = 0;
            }
        }
    }

    /// Whether what was earned so far, of the month that runs too, is a minor unit or more.
    pub(crate) const fn is_payable(&self) -> bool {
        self.due.saturating_add(self.running) / PARTS != 0
    }

    /// Takes what is due in whole minor units; what is less than one stays.
    pub(crate) fn take_due(&mut self) -> i64 {
        let whole = i64::try_from(self.due / PARTS).unwrap_or(0);
        self.due = self.due.saturating_sub(i128::from(whole).saturating_mul(PARTS));
        whole
    }
}

/// Reads an accrual as it is stored.
pub(crate) fn accrual(
    until: &str,
    due: &str,
    running: &str,
    charged_until: Option<&str>,
) -> Result<Accrual, MalformedAccrual> {
    let day = |text| date(text).ok_or(MalformedAccrual);
    let parts = |text: &str| text.parse().map_err(|_| MalformedAccrual);
    Ok(Accrual {
        until: day(until)?,
        due: parts(due)?,
        running: parts(running)?,
        charged_until: charged_until.map(day).transpose()?,
    })
}

/// A stored accrual has a day or a number that is none.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("a stored accrual does not read")]
pub(crate) struct MalformedAccrual;

/// The day of a moment, UTC.
pub(crate) fn day_of(at: UtcMicros) -> Option<Date> {
    let seconds = at.get().div_euclid(1_000_000);
    Some(time::OffsetDateTime::from_unix_timestamp(seconds).ok()?.date())
}

/// The first day of a month.
pub(crate) fn first_of_month(day: Date) -> Option<Date> {
    day.replace_day(1).ok()
}

/// The first day of the month after that of `day`.
fn next_month(day: Date) -> Option<Date> {
    let last = day.month().length(day.year());
    day.replace_day(last).ok()?.next_day()
}

/// Reads `2026-01-31`, in this one spelling.
pub(crate) fn date(text: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = Date::parse(text, format).ok()?;
    (date.to_string() == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date as day;

    use super::*;

    fn terms(day_count: DayCount, credit: &str, debit: &str) -> Terms {
        let read = |text| Rates::read(text).unwrap();
        Terms { day_count, credit: read(credit), debit: read(debit) }
    }

    /// What a balance of 10,000.00 has earned when the month is over.
    fn month(terms: &Terms, balance: i64, first: Date) -> i64 {
        let mut accrual = Accrual::from_day(first);
        accrual.advance(Some(terms), balance, next_month(first).unwrap());
        accrual.take_due()
    }

    #[test]
    fn a_year_of_months_is_what_the_rate_says() {
        let actual = terms(DayCount::Actual365, "2026-01-01:150", "2026-01-01:900");
        let thirty = terms(DayCount::Thirty360, "2026-01-01:150", "2026-01-01:900");
        // 10,000.00 at 1.5 % for 31, 28 and 30 of 365 days, and for 30 of 360.
        let (january, february) = (day!(2026 - 01 - 01), day!(2026 - 02 - 01));
        assert_eq!(month(&actual, 1_000_000, january), 1_273);
        assert_eq!(month(&actual, 1_000_000, february), 1_150);
        assert_eq!(month(&thirty, 1_000_000, january), 1_250);
        assert_eq!(month(&thirty, 1_000_000, february), 1_250);
        assert_eq!(month(&thirty, -1_000_000, february), -7_500);
        let mut year = Accrual::from_day(january);
        year.advance(Some(&actual), 1_000_000, day!(2027 - 01 - 01));
        assert_eq!(year.take_due(), 15_000);
        assert_eq!((year.due, year.running), (0, 0));
    }

    #[test]
    fn a_rate_counts_from_its_day_and_nothing_before_the_first() {
        let terms = terms(DayCount::Actual365, "2026-01-11:365 2026-01-21:730", "");
        let mut accrual = Accrual::from_day(day!(2026 - 01 - 01));
        // 10 days at nothing, 10 at 3.65 %, 11 at 7.3 %: 0.01 and 0.02 % a day of 10,000.00.
        accrual.advance(Some(&terms), 1_000_000, day!(2026 - 02 - 01));
        assert_eq!(accrual.take_due(), 100 * 10 + 200 * 11);
        accrual.advance(Some(&terms), -1_000_000, day!(2026 - 03 - 01));
        assert_eq!(accrual.take_due(), 0, "an overdraft costs nothing here");
    }

    #[test]
    fn what_is_less_than_a_minor_unit_waits() {
        let terms = terms(DayCount::Actual365, "2026-01-01:1", "");
        let mut accrual = Accrual::from_day(day!(2026 - 01 - 01));
        let mut paid = 0;
        let mut first = day!(2026 - 01 - 01);
        for _ in 0..12 {
            first = next_month(first).unwrap();
            accrual.advance(Some(&terms), 10_000, first);
            paid += accrual.take_due();
        }
        assert_eq!(paid, 1, "0.01 % of 100.00 is one cent a year");
    }

    #[test]
    fn what_a_month_has_earned_so_far_is_payable_from_a_minor_unit_on() {
        let terms = terms(DayCount::Actual365, "2026-01-01:365", "2026-01-01:365");
        // 0.01 % a day: of 100.00 a cent.
        for (balance, days, expected) in [
            (10_000, 1, true),
            (9_999, 1, false),
            (9_999, 2, true),
            (-10_000, 1, true),
            (0, 30, false),
        ] {
            let mut accrual = Accrual::from_day(day!(2026 - 01 - 01));
            let day = day!(2026 - 01 - 01).saturating_add(time::Duration::days(days));
            accrual.advance(Some(&terms), balance, day);
            assert_eq!(accrual.is_payable(), expected, "{balance} over {days}");
        }
    }

    #[test]
    fn rates_read_in_one_spelling_and_order() {
        assert!(Rates::read("").is_some());
        for wrong in [
            "2026-01-01",
            "2026-01-01:0150",
            "2026-01-01:10001",
            "2026-1-1:1",
            "2026-02-30:1",
            "2026-01-02:1 2026-01-01:2",
            "2026-01-01:1  2026-01-02:2",
            "2026-01-01:1 ",
        ] {
            assert_eq!(Rates::read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        /// However often a span is cut, it earns the same.
        #[test]
        fn counting_in_steps_is_counting_at_once(
            balance in -1_000_000_000_i64..1_000_000_000,
            cuts in prop::collection::vec(0_i64..800, 0..12),
            thirty in any::<bool>(),
        ) {
            let count = if thirty { DayCount::Thirty360 } else { DayCount::Actual365 };
            let terms = terms(count, "2026-02-10:150 2026-05-31:75", "2026-03-31:900");
            let (first, last) = (day!(2026 - 01 - 15), day!(2028 - 04 - 01));
            let mut once = Accrual::from_day(first);
            once.advance(Some(&terms), balance, last);
            let mut steps = Accrual::from_day(first);
            let mut cuts = cuts;
            cuts.sort_unstable();
            for cut in cuts {
                steps.advance(Some(&terms), balance, first.saturating_add(time::Duration::days(cut)));
            }
            steps.advance(Some(&terms), balance, last);
            prop_assert_eq!(steps, once);
        }

        /// Nothing is made or lost: what is taken and what is left is what was earned.
        #[test]
        fn what_is_taken_and_what_stays_is_what_was_due(due in any::<i64>()) {
            let mut accrual = Accrual { due: i128::from(due).saturating_mul(1_000), ..Accrual::from_day(Date::MIN) };
            let before = accrual.due;
            let taken = accrual.take_due();
            prop_assert_eq!(i128::from(taken).saturating_mul(PARTS).saturating_add(accrual.due), before);
            prop_assert!(accrual.due.abs() < PARTS);
        }
    }
}
