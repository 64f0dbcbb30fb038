//! Closed days, held against what was posted before them.

use std::collections::{BTreeMap, VecDeque};

use intent::{Event, UtcMicros};
use money::{Amount, AssetCode};
use time::Date;

use super::registry::At;
use super::report::{Finding, Step};
use crate::days::trial::Trial;
use crate::interest::day_of;

/// Postings that are remembered: a trial balance is of a log that is at most so many of them shorter than the one in
/// which it stands.
const REMEMBERED: usize = 1_000_000;

/// Everything posted, and the last of it one by one.
#[derive(Default)]
pub(super) struct Days {
    posted: BTreeMap<AssetCode, i128>,
    recent: VecDeque<(u64, Amount)>,
    /// The last day that was closed, or the one before the founding.
    closed: Option<Date>,
}

impl Days {
    /// Of a bank that was founded then, with these assets.
    pub(super) fn of(assets: impl Iterator<Item = AssetCode>, founded: UtcMicros) -> Self {
        Self {
            posted: assets.map(|asset| (asset, 0)).collect(),
            recent: VecDeque::new(),
            closed: day_of(founded).and_then(Date::previous_day),
        }
    }

    /// A transfer was posted: a debit and a credit of this amount.
    pub(super) fn posted(&mut self, at: At, amount: Amount) {
        let sum = self.posted.entry(amount.asset()).or_default();
        *sum = sum.saturating_add(i128::from(amount.minor()));
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((at.index, amount));
    }

    /// What was posted before the log had `size` leaves; `None` if that is too long ago.
    fn before(&self, size: u64) -> Option<BTreeMap<AssetCode, i128>> {
        let is_known = self.recent.len() < REMEMBERED
            || self.recent.front().is_some_and(|(index, _)| *index < size);
        let mut sums = self.posted.clone();
        for (_, amount) in self.recent.iter().rev().take_while(|(index, _)| *index >= size) {
            let sum = sums.entry(amount.asset()).or_default();
            *sum = sum.saturating_sub(i128::from(amount.minor()));
        }
        is_known.then_some(sums)
    }

    /// Examines a leaf that closes a day.
    pub(super) fn check(&mut self, at: At, event: &Event, findings: &mut Vec<Finding>) {
        let wrong = self.judge(at, event);
        findings.extend(wrong.map(|message| {
            Finding::tampered(Step::Replay, message)
                .at_leaf(at.index)
                .in_row("records", at.index)
                .in_column("intent")
        }));
    }

    fn judge(&mut self, at: At, event: &Event) -> Option<&'static str> {
        let Some(trial) = Trial::read(event.members()) else {
            return Some("a day was closed without a trial balance");
        };
        if day_of(at.now).is_none_or(|today| trial.day >= today) {
            return Some("a day was closed before it was over");
        }
        let follows = self.closed.and_then(Date::next_day);
        self.closed = Some(trial.day);
        if follows != Some(trial.day) {
            return Some("a day was closed out of turn");
        }
        if trial.size.get() > at.index {
            return Some("a trial balance is of a log that was not there yet");
        }
        let Some(sums) = self.before(trial.size.get()) else {
            return Some("a trial balance is of a log that was long past");
        };
        let sums: BTreeMap<_, _> =
            sums.into_iter().map(|(asset, sum)| (asset, (sum, sum))).collect();
        (sums != trial.sums).then_some("a trial balance differs from what was posted")
    }
}

#[cfg(test)]
mod tests {
    use intent::{EventKind, IntentId};
    use time::macros::date as day;
    use tlog::TreeSize;
    use uuid::Uuid;

    use super::*;

    const DAY_US: i64 = 86_400_000_000;

    fn at(index: u64, day: i64) -> At {
        At { index, now: UtcMicros::from_micros(day.saturating_mul(DAY_US).saturating_add(1)) }
    }

    fn eur(minor: i64) -> Amount {
        Amount::new(minor, AssetCode::EUR).unwrap()
    }

    fn judge(days: &mut Days, at: At, day: Date, size: u64, sum: i128) -> Option<&'static str> {
        let sums = BTreeMap::from([(AssetCode::EUR, (sum, sum))]);
        let trial = Trial { day, size: TreeSize::new(size), sums };
        let id = IntentId::new(Uuid::now_v7()).unwrap();
        days.judge(at, &Event::new(EventKind::DayClosed, id, at.now, trial.members()))
    }

    #[test]
    fn a_trial_balance_is_that_of_its_size_of_the_log() {
        let founded = UtcMicros::from_micros(0);
        let mut days = Days::of([AssetCode::EUR].into_iter(), founded);
        days.posted(at(3, 0), eur(100));
        days.posted(at(5, 0), eur(20));
        days.posted(at(9, 1), eur(7));
        // Leaf 9 came while the sums were made: they are of the first six leaves.
        assert_eq!(judge(&mut days, at(10, 1), day!(1970 - 01 - 01), 6, 120), None);
        assert_eq!(judge(&mut days, at(11, 2), day!(1970 - 01 - 02), 10, 127), None);
        let tomorrow = day!(1970 - 01 - 03);
        assert!(judge(&mut days, at(12, 2), tomorrow, 10, 127).unwrap().contains("over"));
        assert!(judge(&mut days, at(12, 3), tomorrow, 10, 126).unwrap().contains("differs"));
        assert!(judge(&mut days, at(12, 9), tomorrow, 10, 127).unwrap().contains("turn"));
        let next = day!(1970 - 01 - 04);
        assert!(judge(&mut days, at(12, 9), next, 13, 127).unwrap().contains("not there yet"));
    }
}
