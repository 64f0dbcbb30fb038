//! The numbers that the rules run on. A policy is data: versioned, recorded with each verdict.

use money::AssetCode;

use crate::verdict::{Action, Level};

/// Thresholds, weights and limits of every rule. Weights and scores are thousandths.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Its number; a number is never used again for other values.
    pub version: u32,
    /// Where the levels begin.
    pub thresholds: Thresholds,
    /// The most that a verdict may do; see the crate's page.
    pub ceiling: Action,
    /// Many attempts in an hour.
    pub velocity: Velocity,
    /// Far above the account's own mean.
    pub habit: Habit,
    /// Most of what is available at once.
    pub share: Share,
    /// A large first payment to somebody.
    pub new_payee: NewPayee,
    /// Repeatedly just below a limit.
    pub structuring: Structuring,
}

/// The lowest score of each level above low, in thousandths.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thresholds {
    /// Medium from here.
    pub medium: u16,
    /// High from here.
    pub high: u16,
    /// Critical from here.
    pub critical: u16,
}

/// One step of a graded rule: from `at_least` on it weighs `weight_per_mille`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// The value from which the step holds.
    pub at_least: u32,
    /// What it adds to the score by itself, in thousandths.
    pub weight_per_mille: u16,
}

/// Rule [`crate::Reason::VELOCITY`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Velocity {
    /// By attempts in the last hour, decayed: ten spread evenly over an hour count about 6.3.
    pub steps: Vec<Step>,
    /// Only where the last hour is this many times the account's own hourly mean of a week: a busy
    /// merchant's ordinary hour is not a burst.
    pub habit_multiple: u32,
}

/// Rule [`crate::Reason::HABIT`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Habit {
    /// By multiples of the 30-day mean amount.
    pub steps: Vec<Step>,
    /// Fewer attempts than this in 30 days, decayed, are no habit.
    pub attempts_min: u32,
}

/// Rule [`crate::Reason::SHARE`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share {
    /// From this share of what is available, in thousandths.
    pub from_per_mille: u16,
    /// What it adds to the score by itself, in thousandths.
    pub weight_per_mille: u16,
}

/// Rule [`crate::Reason::NEW_PAYEE`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NewPayee {
    /// From this multiple of the 30-day mean amount.
    pub mean_multiple: u32,
    /// What it adds to the score by itself, in thousandths.
    pub weight_per_mille: u16,
}

/// Rule [`crate::Reason::STRUCTURING`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Structuring {
    /// An amount is near a limit from this part of it, in thousandths, to just below it.
    pub from_per_mille: u16,
    /// By how many of the recent attempts within seven days are near, this one included.
    pub steps: Vec<Step>,
    /// The limits that one might want to stay below.
    pub limits: Vec<Limit>,
}

/// An amount above which others look closer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// The asset it is set in.
    pub asset: AssetCode,
    /// The limit, in minor units.
    pub minor: i64,
}

impl Policy {
    /// Version 1. Its weights are chosen so that no single payment out of habit, however large, is
    /// more than low by itself, and its ceiling is [`Action::Monitor`].
    #[must_use]
    pub fn default_v1() -> Self {
        /// 10,000.00: cash reporting in the European Union and the United States.
        const REPORTING_LIMIT_MINOR: i64 = 1_000_000;
        let step = |at_least, weight_per_mille| Step { at_least, weight_per_mille };
        let limit = |asset| Limit { asset, minor: REPORTING_LIMIT_MINOR };
        Self {
            version: 1,
            thresholds: Thresholds { medium: 300, high: 500, critical: 700 },
            ceiling: Action::Monitor,
            velocity: Velocity {
                steps: vec![step(7, 250), step(13, 450), step(25, 750)],
                habit_multiple: 6,
            },
            habit: Habit { steps: vec![step(5, 80), step(10, 140)], attempts_min: 3 },
            share: Share { from_per_mille: 900, weight_per_mille: 100 },
            new_payee: NewPayee { mean_multiple: 3, weight_per_mille: 80 },
            structuring: Structuring {
                from_per_mille: 850,
                steps: vec![step(3, 350), step(4, 500), step(5, 650)],
                limits: [AssetCode::EUR, AssetCode::USD, AssetCode::GBP, AssetCode::CHF]
                    .map(limit)
                    .to_vec(),
            },
        }
    }

    /// The level of a score in thousandths.
    #[must_use]
    pub const fn level_of(&self, score_per_mille: u16) -> Level {
        if score_per_mille >= self.thresholds.critical {
            Level::Critical
        } else if score_per_mille >= self.thresholds.high {
            Level::High
        } else if score_per_mille >= self.thresholds.medium {
            Level::Medium
        } else {
            Level::Low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_exactly_at_their_thresholds() {
        let policy = Policy::default_v1();
        for (score, level) in [
            (0, Level::Low),
            (299, Level::Low),
            (300, Level::Medium),
            (499, Level::Medium),
            (500, Level::High),
            (699, Level::High),
            (700, Level::Critical),
            (1_000, Level::Critical),
        ] {
            assert_eq!(policy.level_of(score), level, "{score}");
        }
    }

    #[test]
    fn no_step_of_version_1_weighs_less_than_the_one_before() {
        let policy = Policy::default_v1();
        for steps in [policy.velocity.steps, policy.habit.steps, policy.structuring.steps] {
            assert!(steps.is_sorted_by(|a, b| {
                a.at_least < b.at_least && a.weight_per_mille < b.weight_per_mille
            }));
        }
    }
}
