//! The rules, and how they become one verdict.

use money::{Amount, Asset};

use crate::decay::to_f64;
use crate::policy::{Policy, Step};
use crate::state::{AccountState, Window};
use crate::verdict::{Reason, Verdict};

/// One signed wish to move money out of an account, judged as a whole: of a batch, its total.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// How much would leave, in minor units.
    pub amount_minor: i64,
    /// The group commit's time, microseconds since the Unix epoch.
    pub at_us: i64,
    /// What could leave before it, in minor units; `None` where the account has no floor.
    pub available_minor: Option<i64>,
    /// Whether the payee was never paid from this account before; `None` where that is not known.
    pub first_payment_to_payee: Option<bool>,
    /// Number of transfers: 1, or the items of a batch.
    pub batch_len: u32,
    /// What the amounts are in; its scale is for sentences.
    pub asset: Asset,
}

/// Judges an attempt by the account's habits before it. Call [`AccountState::update`] afterwards.
///
/// Constant time; allocates only for the reasons of rules that hit.
#[must_use]
pub fn assess(state: &AccountState, attempt: &Attempt, policy: &Policy) -> Verdict {
    let habit = Usual::of(state, attempt, policy);
    let hits = [
        velocity(state, attempt, policy),
        far_above_habit(habit, attempt, policy),
        most_of_balance(attempt, policy),
        large_to_new_payee(habit, attempt, policy),
        repeatedly_below_limit(state, attempt, policy),
    ];
    let mut reasons: Vec<Reason> = hits.into_iter().flatten().collect();
    // The sort is stable, so that rules of equal weight keep the order above.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.weight_per_mille));
    let score_per_mille = combine(&reasons);
    let level = policy.level_of(score_per_mille);
    let proposed = level.action();
    let action = proposed.min(policy.ceiling);
    if action < proposed {
        reasons.push(capped(proposed.name(), action.name(), policy.version));
    }
    let policy_version = policy.version;
    Verdict { policy_version, score_per_mille, level, action, proposed, reasons }
}

/// `1 - prod(1 - weight)` in integers, so that it needs no rounding rule but this: down.
fn combine(reasons: &[Reason]) -> u16 {
    const ONE: u64 = 1_000_000_000;
    let unlikely = reasons.iter().fold(ONE, |left, reason| {
        let rest = 1_000_u64.saturating_sub(reason.weight_per_mille.into());
        left.saturating_mul(rest).div_euclid(1_000)
    });
    let score = ONE.saturating_sub(unlikely).div_euclid(ONE.div_euclid(1_000));
    u16::try_from(score).unwrap_or(1_000)
}

/// What the account usually moves, where it has a habit at all.
#[derive(Clone, Copy)]
struct Usual {
    mean_minor: f64,
    /// The attempt's amount as a multiple of the mean.
    multiple: f64,
}

impl Usual {
    fn of(state: &AccountState, attempt: &Attempt, policy: &Policy) -> Option<Self> {
        let attempts = state.count(Window::Month, attempt.at_us);
        if attempts < f64::from(policy.habit.attempts_min) {
            return None;
        }
        let mean_minor = state.mean_minor(Window::Month).filter(|mean| *mean > 0.0)?;
        Some(Self { mean_minor, multiple: to_f64(attempt.amount_minor) / mean_minor })
    }
}

fn velocity(state: &AccountState, attempt: &Attempt, policy: &Policy) -> Option<Reason> {
    const HOURS_PER_WEEK: f64 = 168.0;
    let last_hour = state.count(Window::Hour, attempt.at_us) + 1.0;
    let weight_per_mille = weight_of(&policy.velocity.steps, last_hour)?;
    let usual_hour = state.count(Window::Week, attempt.at_us) / HOURS_PER_WEEK;
    if last_hour < usual_hour * f64::from(policy.velocity.habit_multiple) {
        return None;
    }
    let sentence = format!("about {last_hour:.0} attempts within the last hour, this one included");
    Some(Reason { code: Reason::VELOCITY, weight_per_mille, sentence })
}

fn far_above_habit(usual: Option<Usual>, attempt: &Attempt, policy: &Policy) -> Option<Reason> {
    let usual = usual?;
    let weight_per_mille = weight_of(&policy.habit.steps, usual.multiple)?;
    let sentence = format!(
        "{} is {:.1} times your 30-day mean {}",
        people_form(attempt.amount_minor, attempt.asset),
        usual.multiple,
        people_form(to_minor(usual.mean_minor), attempt.asset),
    );
    Some(Reason { code: Reason::HABIT, weight_per_mille, sentence })
}

fn most_of_balance(attempt: &Attempt, policy: &Policy) -> Option<Reason> {
    let available_minor = attempt.available_minor.filter(|available| *available > 0)?;
    let from = per_mille_of(available_minor, policy.share.from_per_mille);
    if i128::from(attempt.amount_minor) < from {
        return None;
    }
    let sentence = format!(
        "{} is most of the {} available",
        people_form(attempt.amount_minor, attempt.asset),
        people_form(available_minor, attempt.asset),
    );
    let weight_per_mille = policy.share.weight_per_mille;
    Some(Reason { code: Reason::SHARE, weight_per_mille, sentence })
}

fn large_to_new_payee(usual: Option<Usual>, attempt: &Attempt, policy: &Policy) -> Option<Reason> {
    let usual = usual?;
    let large = usual.multiple >= f64::from(policy.new_payee.mean_multiple);
    if attempt.first_payment_to_payee != Some(true) || !large {
        return None;
    }
    let amount = people_form(attempt.amount_minor, attempt.asset);
    let sentence = format!("{amount} is the first payment to this payee and well above your mean");
    let weight_per_mille = policy.new_payee.weight_per_mille;
    Some(Reason { code: Reason::NEW_PAYEE, weight_per_mille, sentence })
}

fn repeatedly_below_limit(
    state: &AccountState,
    attempt: &Attempt,
    policy: &Policy,
) -> Option<Reason> {
    // A payment file's total says nothing on the size of its payments.
    if attempt.batch_len > 1 {
        return None;
    }
    let rule = &policy.structuring;
    let limit = rule.limits.iter().find(|limit| limit.asset == attempt.asset.code())?;
    let from = per_mille_of(limit.minor, rule.from_per_mille);
    let is_near = |minor: i64| i128::from(minor) >= from && minor < limit.minor;
    if !is_near(attempt.amount_minor) {
        return None;
    }
    let since_us = attempt.at_us.saturating_sub(Window::Week.tau_us());
    let near_before = state.recent_since(since_us).filter(|minor| is_near(*minor)).count();
    let near = u32::try_from(near_before).unwrap_or(u32::MAX).saturating_add(1);
    let weight_per_mille = weight_of(&rule.steps, f64::from(near))?;
    let sentence = format!(
        "{near} attempts within seven days just below {}",
        people_form(limit.minor, attempt.asset),
    );
    Some(Reason { code: Reason::STRUCTURING, weight_per_mille, sentence })
}

fn capped(proposed: &str, action: &str, policy_version: u32) -> Reason {
    let sentence = format!(
        "action {proposed} is capped to {action}: policy version {policy_version} allows no more"
    );
    Reason { code: Reason::CAPPED, weight_per_mille: 0, sentence }
}

/// The weight of the highest step that `value` reaches.
fn weight_of(steps: &[Step], value: f64) -> Option<u16> {
    let reached = steps.iter().filter(|step| value >= f64::from(step.at_least));
    reached.map(|step| step.weight_per_mille).max()
}

fn per_mille_of(minor: i64, per_mille: u16) -> i128 {
    i128::from(minor).saturating_mul(per_mille.into()).div_euclid(1_000)
}

fn people_form(minor: i64, asset: Asset) -> String {
    let amount = Amount::new(minor.max(0), asset.code());
    amount.unwrap_or(Amount::zero(asset.code())).format(asset.scale())
}

/// A mean as whole minor units, for sentences only.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and nothing is computed from it"
)]
fn to_minor(mean_minor: f64) -> i64 {
    (mean_minor + 0.5) as i64
}
