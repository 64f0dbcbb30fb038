//! The numbers that the rules run on. A policy is data: versioned, recorded, named by each verdict.

use std::collections::BTreeMap;

use money::AssetCode;
use thiserror::Error;

use crate::rule::Rule;
use crate::time::DAY_US;
use crate::verdict::{Action, Level};

/// Thresholds, weights and limits of every rule. Weights and scores are thousandths.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Its number; a number is never used again for other values.
    pub version: u32,
    /// Where the levels begin.
    pub thresholds: Thresholds,
    /// The most that a verdict may do. [`Action::Block`] caps nothing.
    pub ceiling: Action,
    /// What each rule weighs. A rule that is not here is off.
    pub rules: BTreeMap<Rule, Weighing>,
    /// What the rules mean by large, new, young and near.
    pub bounds: Bounds,
    /// The limits that one might want to stay below, by asset, in minor units.
    pub limits: BTreeMap<AssetCode, i64>,
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

/// What one rule weighs, and what it asks for however low the score.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Weighing {
    /// By the rule's measure, in ascending order. Below the first step the rule does not hit.
    pub steps: Vec<Step>,
    /// The least that is done where the rule hits.
    pub floor: Option<Action>,
}

/// One step of a rule: from `at_least` on it weighs `weight_per_mille`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// The measure from which the step holds.
    pub at_least: u32,
    /// What it adds to the score by itself, in thousandths.
    pub weight_per_mille: u16,
}

/// One list for the fields, their names in the policy's text, and their order there.
macro_rules! bounds {
    ($($(#[$doc:meta])* $field:ident $name:literal,)*) => {
        /// What the rules mean by their words. Shares are thousandths, times microseconds.
        #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
        pub struct Bounds {
            $($(#[$doc])* pub $field: i64,)*
        }

        impl Bounds {
            fn named(&self) -> impl Iterator<Item = (&'static str, i64)> {
                [$(($name, self.$field)),*].into_iter()
            }

        }
    };
}

bounds! {
    /// For so long a device, a key, a password or a way in is new.
    access_new_us "access-new-us",
    /// For so long an account that pays is young.
    account_young_us "account-young-us",
    /// So many payments make a batch in which a few new payees stand out.
    batch_min "batch-min",
    /// No more than this share of a batch's payments stands out.
    batch_new_per_mille_max "batch-new-per-mille-max",
    /// For so long a payee in the address book is new.
    beneficiary_new_us "beneficiary-new-us",
    /// After so long without an attempt an account is dormant.
    dormant_us "dormant-us",
    /// With at least this share of what it could pay today gone, an account is emptied.
    emptied_per_mille_min "emptied-per-mille-min",
    /// From its first payment on, a payee is unfamiliar for so long.
    familiar_after_us "familiar-after-us",
    /// Fewer attempts than this in 30 days, decayed, are no habit.
    habit_attempts_min "habit-attempts-min",
    /// An amount within so many standard deviations of the mean is habit.
    habit_deviations_min "habit-deviations-min",
    /// An account that was first used so long ago has a way of its own, from which many new payees differ.
    in_use_us "in-use-us",
    /// An inflow is unusual from so many times the account's usual day.
    inflow_multiple_min "inflow-multiple-min",
    /// An amount is large from so many times the 30-day mean.
    large_multiple_min "large-multiple-min",
    /// Where there is no habit, an amount is large from this share of what is available.
    large_per_mille_min "large-per-mille-min",
    /// An amount is near a limit from this part of it to just below it.
    near_limit_per_mille_min "near-limit-per-mille-min",
    /// For so long attempts near a limit are counted together.
    near_limit_us "near-limit-us",
    /// From so many strangers paying in they are several.
    several_strangers_min "several-strangers-min",
    /// An inflow is of strangers from this share.
    strangers_per_mille_min "strangers-per-mille-min",
    /// A large share of the account, or this multiple of the mean, is what takes over an account.
    takeover_multiple_min "takeover-multiple-min",
    /// What goes out is what came in, up to this share of it: decay forgets an inflow faster than a day's outflow.
    through_per_mille_max "through-per-mille-max",
    /// What goes out is what came in, from this share of it.
    through_per_mille_min "through-per-mille-min",
    /// A burst is this many times the account's own hourly mean of a week: a busy merchant's ordinary hour is none.
    velocity_multiple_min "velocity-multiple-min",
    /// For so long the account of a payee is young.
    payee_young_us "payee-young-us",
}

const BOUNDS: Bounds = Bounds {
    access_new_us: 3 * DAY_US,
    account_young_us: 90 * DAY_US,
    batch_min: 5,
    batch_new_per_mille_max: 200,
    beneficiary_new_us: DAY_US,
    dormant_us: 90 * DAY_US,
    emptied_per_mille_min: 800,
    familiar_after_us: 7 * DAY_US,
    habit_attempts_min: 3,
    habit_deviations_min: 3,
    in_use_us: DAY_US,
    inflow_multiple_min: 4,
    large_multiple_min: 3,
    large_per_mille_min: 500,
    near_limit_per_mille_min: 850,
    near_limit_us: 7 * DAY_US,
    several_strangers_min: 3,
    strangers_per_mille_min: 600,
    takeover_multiple_min: 10,
    through_per_mille_max: 3_000,
    through_per_mille_min: 800,
    velocity_multiple_min: 6,
    payee_young_us: 30 * DAY_US,
};

/// 10,000.00: cash reporting in the European Union and the United States, and the default limit of a transfer here.
const REPORTING_LIMIT_MINOR: i64 = 1_000_000;

impl Policy {
    /// Version 2: every rule, and no ceiling. Its weights are chosen so that one large payment out of habit is monitored and
    /// no more, that two strong signs together are held, and that three are refused (`docs/risk.md` has the figures).
    #[must_use]
    pub fn default_v2() -> Self {
        let review = |weighing: Weighing| Weighing { floor: Some(Action::Review), ..weighing };
        let rules = [
            (Rule::VelocityBurst, steps(&[(7, 250), (9, 300), (11, 500), (20, 750)])),
            (Rule::FarAboveHabit, steps(&[(5, 80), (10, 140)])),
            (Rule::AboveLargest, steps(&[(2, 40), (5, 80)])),
            (Rule::MostOfBalance, steps(&[(900, 100)])),
            (Rule::LargeToNewPayee, steps(&[(1, 80), (3, 450)])),
            (Rule::RepeatedlyBelowLimit, steps(&[(2, 150), (3, 500), (4, 600), (5, 750)])),
            (Rule::NewDevice, steps(&[(1, 120)])),
            (Rule::NewKey, steps(&[(1, 40)])),
            (Rule::NewAddress, steps(&[(1, 100)])),
            (Rule::CredentialsChanged, steps(&[(1, 120)])),
            (Rule::FailedSignIns, steps(&[(3, 60), (10, 150)])),
            (Rule::Takeover, review(steps(&[(1, 350), (2, 550), (3, 650)]))),
            (Rule::NewBeneficiary, steps(&[(1, 60)])),
            (Rule::YoungPayee, steps(&[(1, 350), (2, 450), (3, 550)])),
            (Rule::PayeeFanIn, steps(&[(8, 150), (15, 250)])),
            (Rule::MuleThrough, steps(&[(1, 250), (2, 500), (3, 550)])),
            (Rule::FanInThenOut, review(steps(&[(8, 50), (15, 100)]))),
            (Rule::DormantWaking, steps(&[(1, 450)])),
            (Rule::RoundTrip, review(steps(&[(1, 500), (2, 700)]))),
            (Rule::FanOut, steps(&[(8, 500), (15, 700)])),
            (Rule::ChangedPayeeInBatch, steps(&[(1, 400), (2, 550)])),
            (Rule::OutsideHours, steps(&[(1, 50)])),
        ];
        Self {
            version: 2,
            thresholds: Thresholds { medium: 300, high: 500, critical: 700 },
            ceiling: Action::Block,
            rules: rules.into(),
            bounds: BOUNDS,
            limits: [AssetCode::EUR, AssetCode::USD, AssetCode::GBP, AssetCode::CHF]
                .map(|asset| (asset, REPORTING_LIMIT_MINOR))
                .into(),
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

    /// Whether the engine may run on it: levels in order, weights that grow with the measure and are at most certain, floors
    /// not above the ceiling, and every bound and limit positive.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let Thresholds { medium, high, critical } = self.thresholds;
        if self.version == 0 {
            return Err(PolicyError::Version);
        }
        if !(0 < medium && medium < high && high < critical && critical <= PER_MILLE) {
            return Err(PolicyError::Thresholds);
        }
        for (rule, weighing) in &self.rules {
            let grows = |a: &Step, b: &Step| {
                a.at_least < b.at_least && a.weight_per_mille <= b.weight_per_mille
            };
            let is_weight =
                |step: &Step| step.at_least > 0 && (1..=PER_MILLE).contains(&step.weight_per_mille);
            let steps = &weighing.steps;
            if steps.is_empty() || !steps.is_sorted_by(grows) || !steps.iter().all(is_weight) {
                return Err(PolicyError::Steps(rule.code()));
            }
            if weighing.floor.is_some_and(|floor| floor == Action::Proceed || floor > self.ceiling)
            {
                return Err(PolicyError::Floor(rule.code()));
            }
        }
        if let Some((name, _)) = self.bounds.named().find(|(_, value)| *value <= 0) {
            return Err(PolicyError::Bound(name));
        }
        if let Some((asset, _)) = self.limits.iter().find(|(_, minor)| **minor <= 0) {
            return Err(PolicyError::Limit(*asset));
        }
        Ok(())
    }
}

impl Weighing {
    /// The weight of the highest step that `measure` reaches.
    pub(crate) fn weight(&self, measure: u32) -> Option<u16> {
        let reached = self.steps.iter().rfind(|step| measure >= step.at_least);
        reached.map(|step| step.weight_per_mille)
    }
}

const PER_MILLE: u16 = 1_000;

fn steps(steps: &[(u32, u16)]) -> Weighing {
    let step = |&(at_least, weight_per_mille): &_| Step { at_least, weight_per_mille };
    Weighing { steps: steps.iter().map(step).collect(), floor: None }
}

/// Why a policy cannot be one.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PolicyError {
    /// Versions count from 1.
    #[error("a policy's version is at least 1")]
    Version,
    /// A level would begin before the one below it.
    #[error("thresholds must ascend from 1 to 1000 at most")]
    Thresholds,
    /// Measures or weights of a rule that do not ascend, or are not from 1 to 1000.
    #[error("the steps of rule {0} do not ascend within their range")]
    Steps(&'static str),
    /// A rule asks for nothing, or for more than the ceiling allows.
    #[error("the floor of rule {0} is nothing or above the ceiling")]
    Floor(&'static str),
    /// A bound that is not positive.
    #[error("bound {0} must be positive")]
    Bound(&'static str),
    /// A limit that is not positive.
    #[error("the limit of {0} must be positive")]
    Limit(AssetCode),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_exactly_at_their_thresholds() {
        let policy = Policy::default_v2();
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
    fn the_built_in_policy_is_valid_and_has_every_rule() {
        let policy = Policy::default_v2();
        assert_eq!(policy.validate(), Ok(()));
        assert_eq!(policy.rules.len(), Rule::ALL.len(), "every rule is on");
    }

    #[test]
    fn what_cannot_be_a_policy_is_refused_by_name() {
        let broken = |change: fn(&mut Policy)| {
            let mut policy = Policy::default_v2();
            change(&mut policy);
            policy.validate().unwrap_err()
        };
        assert_eq!(broken(|policy| policy.version = 0), PolicyError::Version);
        assert_eq!(broken(|policy| policy.thresholds.high = 300), PolicyError::Thresholds);
        assert_eq!(broken(|policy| policy.thresholds.critical = 1_001), PolicyError::Thresholds);
        assert_eq!(broken(|policy| policy.bounds.batch_min = 0), PolicyError::Bound("batch-min"));
        assert_eq!(
            broken(|policy| *policy.limits.get_mut(&AssetCode::EUR).unwrap() = 0),
            PolicyError::Limit(AssetCode::EUR)
        );
        assert_eq!(
            broken(|policy| policy.ceiling = Action::Monitor),
            PolicyError::Floor("takeover")
        );
        for steps in [&[][..], &[(2, 100), (1, 200)], &[(1, 200), (2, 100)], &[(1, 1_001)]] {
            let mut policy = Policy::default_v2();
            policy.rules.insert(Rule::NewKey, super::steps(steps));
            assert_eq!(policy.validate(), Err(PolicyError::Steps("new-key")), "{steps:?}");
        }
    }
}
