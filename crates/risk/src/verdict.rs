//! What the engine says.

use std::str::FromStr;

use thiserror::Error;

/// The engine's judgement of one attempt. Recorded with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Version of the policy that judged.
    pub policy_version: u32,
    /// 0 (nothing unusual) to 1000 (certain), in thousandths.
    pub score_per_mille: u16,
    /// Where the score stands between the policy's thresholds.
    pub level: Level,
    /// What is to be done: what is proposed, at most the policy's ceiling.
    pub action: Action,
    /// What the level asks for, or a rule that asks for more, were there no ceiling.
    pub proposed: Action,
    /// Why, heaviest first.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// The score as a number from 0 to 1.
    #[must_use]
    pub fn score(&self) -> f64 {
        f64::from(self.score_per_mille) / 1_000.0
    }

    /// Whether the ceiling replaced the action.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        self.action < self.proposed
    }
}

/// One rule that hit, with its values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// The rule's stable name ([`crate::Rule::code`]), or one of the constants below.
    pub code: &'static str,
    /// What it added to the score by itself, in thousandths.
    pub weight_per_mille: u16,
    /// A sentence with the values that made it hit.
    pub sentence: String,
}

impl Reason {
    /// The action was replaced by the policy's ceiling. Adds nothing to the score.
    pub const CAPPED: &'static str = "action-capped";
    /// A rule asks for more than the level does. Adds nothing to the score.
    pub const RAISED: &'static str = "action-raised";
}

/// How serious a score is. In ascending order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Nothing unusual.
    Low,
    /// Worth a look.
    Medium,
    /// Needs a decision.
    High,
    /// Almost certainly wrong.
    Critical,
}

impl Level {
    /// Every level, in ascending order.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Stable name, lower-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// What is to be done at this level.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Low => Action::Proceed,
            Self::Medium => Action::Monitor,
            Self::High => Action::Review,
            Self::Critical => Action::Block,
        }
    }
}

/// What is done with an attempt. In ascending order of severity.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Action {
    /// Nothing.
    Proceed,
    /// It proceeds, and an alert is raised.
    Monitor,
    /// The funds are held until a manager decides.
    Review,
    /// It is refused.
    Block,
}

impl Action {
    /// Every action, in ascending order of severity.
    pub const ALL: [Self; 4] = [Self::Proceed, Self::Monitor, Self::Review, Self::Block];

    /// Stable name, lower-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Monitor => "monitor",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

impl FromStr for Level {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or(UnknownName)
    }
}

impl FromStr for Action {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|action| action.name() == name).ok_or(UnknownName)
    }
}

/// Not the name of a level or an action.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not the name of a level or an action")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_and_no_other_is_known() {
        assert!(Level::ALL.iter().all(|level| level.name().parse() == Ok(*level)));
        assert!(Action::ALL.iter().all(|action| action.name().parse() == Ok(*action)));
        assert_eq!("Low".parse::<Level>(), Err(UnknownName));
        assert_eq!("".parse::<Action>(), Err(UnknownName));
    }

    #[test]
    fn a_higher_level_never_does_less() {
        assert!(Level::ALL.map(Level::action).is_sorted());
    }
}
