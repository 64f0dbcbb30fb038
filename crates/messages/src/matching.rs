//! Reconciliation: which entries of another bank's statement are which of ours.
//!
//! Rules are tried in the order in which they are given; what an earlier one has matched a later one does not see. What is
//! left on both sides and shares a reference is *different*; the rest is *missing* on the other side.
//!
//! # Invariants
//!
//! - Every entry of either side is in exactly one list, exactly once.
//! - The result is a function of the two lists and the rules.
//! - Matched entries have one currency, and their amounts add up to the same sum.

use std::collections::{BTreeMap, BTreeSet};

use money::AssetCode;
use time::{Date, Duration};

use crate::external::ExternalEntry;

/// How to recognise an entry.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rule {
    /// A reference in common, and the same amount. Of several the one that is nearest in time.
    ReferenceAndAmount,
    /// A reference in common, one entry on one side, and on the other some that add up to it: a batch.
    ReferenceSum,
    /// The same amount, booked at most so many days apart. The nearest pairs first.
    AmountWithinDays(u8),
}

/// The order that we use. References say more than amounts: a batch comes before a coincidence.
pub const RULES: [Rule; 3] =
    [Rule::ReferenceAndAmount, Rule::ReferenceSum, Rule::AmountWithinDays(3)];

/// What either side knows of an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// When it was booked.
    pub booking_date: Date,
    /// In minor units. The caller sees to the sign: what is a credit in their books is a debit in ours.
    pub amount: i64,
    /// Of what.
    pub currency: AssetCode,
    /// Under which names it may be found.
    pub references: Vec<String>,
}

impl From<&ExternalEntry> for Candidate {
    fn from(entry: &ExternalEntry) -> Self {
        Self {
            booking_date: entry.booking_date,
            amount: entry.amount,
            currency: entry.currency,
            references: entry.references.clone(),
        }
    }
}

/// What a reconciliation finds. Numbers are indices into the lists that were compared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reconciliation {
    /// What is on both sides, by rule and then in their order.
    pub matched: Vec<Match>,
    /// What shares a reference and is not the same.
    pub different: Vec<Different>,
    /// Theirs and not ours.
    pub missing_here: Vec<usize>,
    /// Ours and not theirs.
    pub missing_there: Vec<usize>,
}

/// Entries that are the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Match {
    /// By which rule.
    pub rule: Rule,
    /// One, or all of a batch.
    pub ours: Vec<usize>,
    /// One, or all of a batch.
    pub theirs: Vec<usize>,
    /// Whether all are booked on one day.
    pub same_day: bool,
}

/// Two entries under one reference that are not the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Different {
    /// Ours.
    pub ours: usize,
    /// Theirs.
    pub theirs: usize,
    /// In what, at least one.
    pub fields: Vec<Field>,
}

/// What may differ.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Field {
    /// The amount.
    Amount,
    /// The currency.
    Currency,
    /// The booking date.
    BookingDate,
}

/// Compares two lists.
#[must_use]
pub fn reconcile(ours: &[Candidate], theirs: &[Candidate], rules: &[Rule]) -> Reconciliation {
    let mut work = Work {
        ours,
        theirs,
        free_ours: (0..ours.len()).collect(),
        free_theirs: (0..theirs.len()).collect(),
        found: Reconciliation::default(),
    };
    for rule in rules {
        match rule {
            Rule::ReferenceAndAmount => work.by_reference_and_amount(),
            Rule::ReferenceSum => work.by_reference_sum(),
            Rule::AmountWithinDays(days) => work.by_amount_within(*days),
        }
    }
    work.differences();
    work.found.missing_here = work.free_theirs.into_iter().collect();
    work.found.missing_there = work.free_ours.into_iter().collect();
    work.found
}

struct Work<'a> {
    ours: &'a [Candidate],
    theirs: &'a [Candidate],
    free_ours: BTreeSet<usize>,
    free_theirs: BTreeSet<usize>,
    found: Reconciliation,
}

/// References that say that there is none.
fn says_something(reference: &str) -> bool {
    !reference.is_empty() && !reference.eq_ignore_ascii_case("NOTPROVIDED")
}

/// The free entries of a side under each key, in their order.
fn by_key<'a, K: Ord>(
    side: &'a [Candidate],
    free: &BTreeSet<usize>,
    keys: impl Fn(&'a Candidate) -> Vec<K>,
) -> BTreeMap<K, BTreeSet<usize>> {
    let mut index: BTreeMap<K, BTreeSet<usize>> = BTreeMap::new();
    for number in free {
        let Some(candidate) = side.get(*number) else { continue };
        for key in keys(candidate) {
            index.entry(key).or_default().insert(*number);
        }
    }
    index
}

fn reference_keys(candidate: &Candidate) -> Vec<(&str, AssetCode)> {
    let references = candidate.references.iter().map(String::as_str);
    references.filter(|text| says_something(text)).map(|text| (text, candidate.currency)).collect()
}

impl<'a> Work<'a> {
    fn take(&mut self, rule: Rule, ours: Vec<usize>, theirs: Vec<usize>) {
        let own = ours.iter().filter_map(|number| self.ours.get(*number));
        let their = theirs.iter().filter_map(|number| self.theirs.get(*number));
        let days: BTreeSet<Date> = own.chain(their).map(|entry| entry.booking_date).collect();
        for number in &ours {
            self.free_ours.remove(number);
        }
        for number in &theirs {
            self.free_theirs.remove(number);
        }
        self.found.matched.push(Match { rule, ours, theirs, same_day: days.len() == 1 });
    }

    fn by_reference_and_amount(&mut self) {
        let keys = |candidate: &'a Candidate| {
            let keys = reference_keys(candidate).into_iter();
            keys.map(|(reference, currency)| (reference, currency, candidate.amount)).collect()
        };
        let mut index = by_key(self.ours, &self.free_ours, keys);
        for number in self.free_theirs.clone() {
            let Some(their) = self.theirs.get(number) else { continue };
            let mut best = None;
            for key in keys(their) {
                for own in index.get(&key).into_iter().flatten() {
                    let Some(candidate) = self.ours.get(*own) else { continue };
                    let day = candidate.booking_date.to_julian_day();
                    let apart = day.abs_diff(their.booking_date.to_julian_day());
                    if best.is_none_or(|(least, first)| (apart, *own) < (least, first)) {
                        best = Some((apart, *own));
                    }
                }
            }
            let Some((_, own)) = best else { continue };
            for key in self.ours.get(own).map(keys).unwrap_or_default() {
                if let Some(entries) = index.get_mut(&key) {
                    entries.remove(&own);
                }
            }
            self.take(Rule::ReferenceAndAmount, vec![own], vec![number]);
        }
    }

    fn by_reference_sum(&mut self) {
        let ours = by_key(self.ours, &self.free_ours, reference_keys);
        let theirs = by_key(self.theirs, &self.free_theirs, reference_keys);
        for (key, own) in &ours {
            let Some(their) = theirs.get(key) else { continue };
            // An entry with several references may have been taken under an earlier one.
            let own: Vec<usize> = own.intersection(&self.free_ours).copied().collect();
            let their: Vec<usize> = their.intersection(&self.free_theirs).copied().collect();
            let one_side_is_one = own.len().min(their.len()) == 1;
            if one_side_is_one && sum(self.ours, &own) == sum(self.theirs, &their) {
                self.take(Rule::ReferenceSum, own, their);
            }
        }
    }

    fn by_amount_within(&mut self, days: u8) {
        let key = |candidate: &Candidate| {
            vec![(candidate.currency, candidate.amount, candidate.booking_date)]
        };
        let mut index = by_key(self.ours, &self.free_ours, key);
        for apart in 0..=days {
            let apart = Duration::days(i64::from(apart));
            for number in self.free_theirs.clone() {
                let Some(their) = self.theirs.get(number) else { continue };
                let day = their.booking_date;
                let near = [day.checked_sub(apart), day.checked_add(apart)];
                let own = near.into_iter().flatten().find_map(|day| {
                    index.get_mut(&(their.currency, their.amount, day))?.pop_first()
                });
                if let Some(own) = own {
                    self.take(Rule::AmountWithinDays(days), vec![own], vec![number]);
                }
            }
        }
    }

    fn differences(&mut self) {
        let references = |candidate: &'a Candidate| {
            let keys = reference_keys(candidate).into_iter();
            keys.map(|(reference, _)| reference).collect()
        };
        let index = by_key(self.ours, &self.free_ours, references);
        for number in self.free_theirs.clone() {
            let Some(their) = self.theirs.get(number) else { continue };
            let free = |reference: &&str| {
                let entries = index.get(*reference)?;
                entries.iter().find(|own| self.free_ours.contains(own)).copied()
            };
            let Some(own) = references(their).iter().find_map(free) else { continue };
            let Some(candidate) = self.ours.get(own) else { continue };
            let checks = [
                (Field::Amount, candidate.amount == their.amount),
                (Field::Currency, candidate.currency == their.currency),
                (Field::BookingDate, candidate.booking_date == their.booking_date),
            ];
            let fields: Vec<Field> =
                checks.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect();
            // The same in everything: no rule was asked to match it, so that it stays missing on both sides.
            if fields.is_empty() {
                continue;
            }
            self.free_ours.remove(&own);
            self.free_theirs.remove(&number);
            self.found.different.push(Different { ours: own, theirs: number, fields });
        }
    }
}

fn sum(side: &[Candidate], numbers: &[usize]) -> i128 {
    numbers
        .iter()
        .filter_map(|number| side.get(*number))
        .map(|entry| i128::from(entry.amount))
        .sum()
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "days in a test")]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn entry(day: i64, amount: i64, references: &[&str]) -> Candidate {
        Candidate {
            booking_date: date!(2026 - 03 - 01) + Duration::days(day),
            amount,
            currency: AssetCode::EUR,
            references: references.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    #[test]
    fn each_rule_finds_its_own_and_the_rest_is_different_or_missing() {
        let ours = [
            entry(0, 100, &["A"]),
            entry(0, 40, &["B"]),
            entry(0, 60, &["B"]),
            entry(5, 77, &["ours-1"]),
            entry(0, 500, &["C"]),
            entry(0, 9, &["D"]),
            entry(0, 100, &["NOTPROVIDED"]),
        ];
        let theirs = [
            entry(9, 100, &["x", "A"]),
            entry(1, 100, &["B"]),
            entry(7, 77, &["theirs-1"]),
            entry(0, 501, &["C"]),
            entry(30, 9, &["E"]),
        ];
        let found = reconcile(&ours, &theirs, &RULES);
        let matched: Vec<_> =
            found.matched.iter().map(|m| (m.rule, m.ours.clone(), m.theirs.clone())).collect();
        assert_eq!(
            matched,
            [
                (Rule::ReferenceAndAmount, vec![0], vec![0]),
                (Rule::ReferenceSum, vec![1, 2], vec![1]),
                (Rule::AmountWithinDays(3), vec![3], vec![2]),
            ]
        );
        assert!(!found.matched[0].same_day);
        let different = Different { ours: 4, theirs: 3, fields: vec![Field::Amount] };
        assert_eq!(found.different, [different]);
        assert_eq!((found.missing_here, found.missing_there), (vec![4], vec![5, 6]));
    }

    #[test]
    fn of_several_with_the_same_reference_and_amount_the_nearest_is_taken() {
        let ours = [entry(0, 5, &["A"]), entry(9, 5, &["A"])];
        let theirs = [entry(8, 5, &["A"]), entry(8, 5, &["A"])];
        let found = reconcile(&ours, &theirs, &RULES);
        assert_eq!(found.matched[0].ours, [1]);
        assert_eq!(found.matched[1].ours, [0]);
    }

    #[test]
    fn an_amount_is_not_matched_beyond_the_window_nor_across_currencies() {
        let ours = [entry(0, 5, &[])];
        assert_eq!(reconcile(&ours, &[entry(4, 5, &[])], &RULES).missing_here, [0]);
        let mut dollars = entry(0, 5, &["A"]);
        dollars.currency = AssetCode::USD;
        assert_eq!(reconcile(&ours, &[dollars.clone()], &RULES).missing_here, [0]);
        let found = reconcile(&[entry(0, 5, &["A"])], &[dollars], &RULES);
        assert_eq!(found.different[0].fields, [Field::Currency]);
    }

    fn entries() -> impl Strategy<Value = Vec<Candidate>> {
        let one = (0..6_i64, -4..4_i64, proptest::collection::vec("[A-C]", 0..3));
        let one = one.prop_map(|(day, amount, references)| {
            let references: Vec<&str> = references.iter().map(String::as_str).collect();
            entry(day, amount, &references)
        });
        proptest::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn every_entry_is_in_one_list_once_and_what_matches_adds_up(ours in entries(), theirs in entries()) {
            let found = reconcile(&ours, &theirs, &RULES);
            prop_assert_eq!(&found, &reconcile(&ours, &theirs, &RULES));
            let mut own: Vec<usize> = found.missing_there.clone();
            let mut their: Vec<usize> = found.missing_here.clone();
            for one in &found.matched {
                prop_assert_eq!(sum(&ours, &one.ours), sum(&theirs, &one.theirs));
                own.extend(&one.ours);
                their.extend(&one.theirs);
            }
            for one in &found.different {
                prop_assert!(!one.fields.is_empty());
                own.push(one.ours);
                their.push(one.theirs);
            }
            own.sort_unstable();
            their.sort_unstable();
            prop_assert_eq!(own, (0..ours.len()).collect::<Vec<_>>());
            prop_assert_eq!(their, (0..theirs.len()).collect::<Vec<_>>());
        }

        #[test]
        fn a_list_matches_itself(ours in entries()) {
            let found = reconcile(&ours, &ours, &RULES);
            prop_assert!(found.missing_here.is_empty() && found.different.is_empty());
        }
    }
}
