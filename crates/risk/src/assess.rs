//! The rules, and how they become one verdict.

use money::{Amount, Asset};

use crate::account::AccountState;
use crate::attempt::Attempt;
use crate::decay::to_f64;
use crate::features::{Features, Through};
use crate::policy::Policy;
use crate::rule::Rule;
use crate::verdict::{Action, Reason, Verdict};

/// Judges an attempt by what was before it. Call [`AccountState::attempted`] afterwards, and [`crate::posted`] for what was
/// posted of it.
///
/// Constant time for each payment; allocates only for the reasons of rules that hit, and for batches.
#[must_use]
pub fn assess(payer: &AccountState, attempt: &Attempt<'_>, policy: &Policy) -> Verdict {
    let judged =
        Judged { features: Features::of(payer, attempt, policy), asset: attempt.asset, policy };
    let mut hits: Vec<(Rule, Reason)> = Rule::ALL
        .into_iter()
        .filter_map(|rule| judged.reason(rule).map(|reason| (rule, reason)))
        .collect();
    // The sort is stable, so that rules of equal weight keep their order.
    hits.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.weight_per_mille));
    let score_per_mille = combine(hits.iter().map(|(_, reason)| reason.weight_per_mille));
    let level = policy.level_of(score_per_mille);
    let asked = hits
        .iter()
        .filter_map(|(rule, reason)| Some((policy.rules.get(rule)?.floor?, reason.code)))
        .max_by_key(|(floor, _)| *floor)
        .filter(|(floor, _)| *floor > level.action());
    let proposed = asked.map_or(level.action(), |(floor, _)| floor);
    let action = proposed.min(policy.ceiling);
    let mut reasons: Vec<Reason> = hits.into_iter().map(|(_, reason)| reason).collect();
    if let Some((floor, code)) = asked {
        let sentence = format!("rule {code} asks for {} whatever the score", floor.name());
        reasons.push(Reason { code: Reason::RAISED, weight_per_mille: 0, sentence });
    }
    let policy_version = policy.version;
    if action < proposed {
        reasons.push(capped(proposed, action, policy_version));
    }
    Verdict { policy_version, score_per_mille, level, action, proposed, reasons }
}

/// `1 - prod(1 - weight)` in integers, so that it needs no rounding rule but this: down.
fn combine(weights: impl Iterator<Item = u16>) -> u16 {
    const ONE: u64 = 1_000_000_000;
    let unlikely = weights.fold(ONE, |left, weight| {
        let rest = 1_000_u64.saturating_sub(weight.into());
        left.saturating_mul(rest).div_euclid(1_000)
    });
    let score = ONE.saturating_sub(unlikely).div_euclid(ONE.div_euclid(1_000));
    u16::try_from(score).unwrap_or(1_000)
}

fn capped(proposed: Action, action: Action, policy_version: u32) -> Reason {
    let sentence = format!(
        "action {} is capped to {}: policy version {policy_version} allows no more",
        proposed.name(),
        action.name()
    );
    Reason { code: Reason::CAPPED, weight_per_mille: 0, sentence }
}

/// Features under a policy. One function for each rule, which measures; the policy weighs.
///
/// Sentences are for the one who pays: they give numbers of the paying account, never of the payee's.
struct Judged<'a> {
    features: Features,
    asset: Asset,
    policy: &'a Policy,
}

impl Judged<'_> {
    fn reason(&self, rule: Rule) -> Option<Reason> {
        match rule {
            Rule::VelocityBurst => self.velocity_burst(),
            Rule::FarAboveHabit => self.far_above_habit(),
            Rule::AboveLargest => self.above_largest(),
            Rule::MostOfBalance => self.most_of_balance(),
            Rule::LargeToNewPayee => self.large_to_new_payee(),
            Rule::RepeatedlyBelowLimit => self.repeatedly_below_limit(),
            Rule::NewDevice
            | Rule::NewKey
            | Rule::NewAddress
            | Rule::CredentialsChanged
            | Rule::FailedSignIns => self.fresh_access(rule),
            Rule::Takeover => self.takeover(),
            Rule::NewBeneficiary => self.new_beneficiary(),
            Rule::YoungPayee => self.young_payee(),
            Rule::PayeeFanIn => self.payee_fan_in(),
            Rule::MuleThrough => self.mule_through(),
            Rule::FanInThenOut => self.fan_in_then_out(),
            Rule::DormantWaking => self.dormant_waking(),
            Rule::RoundTrip => self.round_trip(),
            Rule::FanOut => self.fan_out(),
            Rule::ChangedPayeeInBatch => self.changed_payee_in_batch(),
            Rule::OutsideHours => self.outside_hours(),
        }
    }

    /// The reason, if the policy weighs the measure at all; only then is the sentence made.
    fn hit(&self, rule: Rule, measure: u32, sentence: impl FnOnce() -> String) -> Option<Reason> {
        let weight_per_mille = self.policy.rules.get(&rule)?.weight(measure)?;
        Some(Reason { code: rule.code(), weight_per_mille, sentence: sentence() })
    }

    fn velocity_burst(&self) -> Option<Reason> {
        let Features { attempts_hour, usual_hour, .. } = self.features;
        if attempts_hour < usual_hour * to_f64(self.policy.bounds.velocity_multiple_min) {
            return None;
        }
        self.hit(Rule::VelocityBurst, whole(attempts_hour), || {
            format!("about {attempts_hour:.0} attempts within the last hour, this one included")
        })
    }

    fn far_above_habit(&self) -> Option<Reason> {
        let (habit, amount_minor) = (self.features.habit?, self.features.amount_minor);
        if habit.deviations(amount_minor) < to_f64(self.policy.bounds.habit_deviations_min) {
            return None;
        }
        let multiple = habit.multiple(amount_minor);
        self.hit(Rule::FarAboveHabit, whole(multiple), || {
            let (amount, mean) = (self.amount(), self.bare(minor(habit.mean)));
            format!("{amount} is {multiple:.1} times your 30-day mean {mean}")
        })
    }

    fn above_largest(&self) -> Option<Reason> {
        let habit = self.features.habit.filter(|habit| habit.largest > 0.0)?;
        let multiple = to_f64(self.features.amount_minor) / habit.largest;
        self.hit(Rule::AboveLargest, whole(multiple), || {
            let (amount, largest) = (self.amount(), self.bare(minor(habit.largest)));
            format!("{amount} is {multiple:.1} times the most you ever paid, {largest}")
        })
    }

    fn most_of_balance(&self) -> Option<Reason> {
        let share = self.features.share_per_mille?;
        self.hit(Rule::MostOfBalance, whole(share), || {
            format!("{} is {:.0} % of what is available", self.amount(), share / 10.0)
        })
    }

    fn large_to_new_payee(&self) -> Option<Reason> {
        let unfamiliar = &self.features.unfamiliar;
        if !unfamiliar.is_large {
            return None;
        }
        // Several are suspicious where each is far above a habit; without one they may be the habit.
        let times = if self.features.habit.is_some() { unfamiliar.times } else { 1 };
        self.hit(Rule::LargeToNewPayee, times, || {
            let amount = self.with_code(unfamiliar.amount_minor);
            let habit = if self.features.habit.is_some() { "your mean" } else { "what you have" };
            format!("{amount} goes to a new payee, for time {times}, and is much against {habit}")
        })
    }

    fn repeatedly_below_limit(&self) -> Option<Reason> {
        let (near, limit_minor) = self.features.near_limit?;
        let Features { habit, unfamiliar, amount_minor, .. } = &self.features;
        let large = to_f64(self.policy.bounds.large_multiple_min);
        // Who always pays suppliers such amounts does not hide from the limit.
        if unfamiliar.count == 0 && habit.is_some_and(|habit| habit.multiple(*amount_minor) < large)
        {
            return None;
        }
        self.hit(Rule::RepeatedlyBelowLimit, near, || {
            let limit = self.with_code(limit_minor);
            format!("{near} attempts within days just below {limit}, this one included")
        })
    }

    fn fresh_access(&self, rule: Rule) -> Option<Reason> {
        let fresh = self.features.fresh;
        let (measure, sentence) = match rule {
            Rule::NewDevice => (fresh.device.into(), "the device was paired only days ago"),
            Rule::NewKey => (fresh.key.into(), "the signing key was certified only days ago"),
            Rule::NewAddress => (fresh.address.into(), "you never came from this address before"),
            Rule::CredentialsChanged => {
                (fresh.credentials.into(), "a password or another way in was changed only days ago")
            }
            Rule::FailedSignIns => {
                let failed = fresh.failed_sign_ins;
                return self.hit(rule, failed, || {
                    format!("{failed} sign-ins failed within the day before")
                });
            }
            _ => return None,
        };
        self.hit(rule, measure, || sentence.to_owned())
    }

    /// A new key alone is a rotation, which the old key signed for; and the failed sign-ins that make a sign are as many as
    /// weigh by themselves.
    fn takeover(&self) -> Option<Reason> {
        let Features { unfamiliar, fresh, .. } = &self.features;
        if !unfamiliar.is_draining {
            return None;
        }
        let many_failed = self
            .policy
            .rules
            .get(&Rule::FailedSignIns)
            .is_some_and(|weighing| weighing.weight(fresh.failed_sign_ins).is_some());
        let signs = [fresh.device, fresh.credentials, fresh.address, many_failed];
        let signs = signs.into_iter().map(u32::from).fold(0, u32::saturating_add);
        self.hit(Rule::Takeover, signs, || {
            let amount = self.with_code(unfamiliar.amount_minor);
            let word = if signs == 1 { "sign" } else { "signs" };
            format!(
                "{amount} goes to a new payee after {signs} {word} of a new hand on the account"
            )
        })
    }

    fn new_beneficiary(&self) -> Option<Reason> {
        let is_new = self.features.unfamiliar.is_new_beneficiary;
        self.hit(Rule::NewBeneficiary, is_new.into(), || {
            "the payee was added only just now".to_owned()
        })
    }

    fn young_payee(&self) -> Option<Reason> {
        let unfamiliar = &self.features.unfamiliar;
        if !unfamiliar.is_large {
            return None;
        }
        let times = unfamiliar.young_times;
        self.hit(Rule::YoungPayee, times, || {
            let amount = self.with_code(unfamiliar.amount_minor);
            format!("{amount} goes to a young account, payment {times} to it within days")
        })
    }

    fn payee_fan_in(&self) -> Option<Reason> {
        self.hit(Rule::PayeeFanIn, nearest(self.features.unfamiliar.payers), || {
            "many others have paid this payee within days, which is not usual for it".to_owned()
        })
    }

    /// What came in from strangers and goes out again, to somebody unfamiliar: a shop's takings go where they always go.
    fn strangers_money(&self) -> Option<Through> {
        self.through().filter(|through| through.is_of_strangers)
    }

    fn through(&self) -> Option<Through> {
        self.features.through.filter(|_| self.features.unfamiliar.count > 0)
    }

    fn mule_through(&self) -> Option<Reason> {
        let through = self.strangers_money()?;
        let several =
            self.features.payers + 0.5 >= to_f64(self.policy.bounds.several_strangers_min);
        let measure =
            1_u32.saturating_add(self.features.is_young.into()).saturating_add(several.into());
        self.hit(Rule::MuleThrough, measure, || {
            let received = self.with_code(minor(self.features.flows.received));
            let share = through.per_mille / 10.0;
            format!("{share:.0} % of {received} that strangers paid in within a day goes out again")
        })
    }

    fn fan_in_then_out(&self) -> Option<Reason> {
        self.strangers_money()?;
        let payers = nearest(self.features.payers);
        self.hit(Rule::FanInThenOut, payers, || {
            format!("about {payers} others paid in within days, and now it all goes out")
        })
    }

    fn dormant_waking(&self) -> Option<Reason> {
        const DAY_US: f64 = 86_400_000_000.0;
        let through = self.through()?;
        let is_dormant = self.features.slept_us >= self.policy.bounds.dormant_us;
        self.hit(Rule::DormantWaking, is_dormant.into(), || {
            let days = whole(to_f64(self.features.slept_us) / DAY_US);
            let share = through.per_mille / 10.0;
            format!("after {days} silent days {share:.0} % of what came in within a day goes out")
        })
    }

    /// Among many small payments some are equal by chance.
    fn round_trip(&self) -> Option<Reason> {
        if !self.features.is_large {
            return None;
        }
        self.hit(Rule::RoundTrip, self.features.returning, || {
            format!("{} goes back through others to where it came from", self.amount())
        })
    }

    fn fan_out(&self) -> Option<Reason> {
        let Features { batch_len, flows, unfamiliar, day_share_per_mille, .. } = &self.features;
        let bounds = &self.policy.bounds;
        let is_large =
            day_share_per_mille.is_some_and(|share| share >= to_f64(bounds.large_per_mille_min));
        let is_new = self.features.in_use_us < bounds.in_use_us;
        // A first salary run pays many for the first time, and so does whoever begins.
        if *batch_len > 1 || unfamiliar.never_paid == 0 || !is_large || is_new {
            return None;
        }
        let payees = nearest(flows.new_payees + 1.0);
        self.hit(Rule::FanOut, payees, || {
            format!(
                "about {payees} payees paid for the first time within a day, out of much of the account"
            )
        })
    }

    fn changed_payee_in_batch(&self) -> Option<Reason> {
        let Features { batch_len, unfamiliar, .. } = &self.features;
        let of = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let bounds = &self.policy.bounds;
        let most = of(*batch_len).saturating_mul(bounds.batch_new_per_mille_max).div_euclid(1_000);
        if of(*batch_len) < bounds.batch_min || of(unfamiliar.count) > most {
            return None;
        }
        self.hit(Rule::ChangedPayeeInBatch, unfamiliar.young, || {
            let young = unfamiliar.young;
            format!("{young} of {batch_len} payments go to new payees with young accounts")
        })
    }

    fn outside_hours(&self) -> Option<Reason> {
        let Features { unfamiliar, is_outside_hours, .. } = &self.features;
        self.hit(Rule::OutsideHours, (*is_outside_hours && unfamiliar.is_large).into(), || {
            "a large payment to a new payee outside business hours".to_owned()
        })
    }

    fn amount(&self) -> String {
        self.with_code(self.features.amount_minor)
    }

    fn with_code(&self, minor: i64) -> String {
        format!("{} {}", self.bare(minor), self.asset.code())
    }

    fn bare(&self, minor: i64) -> String {
        let amount = Amount::new(minor.max(0), self.asset.code());
        amount.unwrap_or(Amount::zero(self.asset.code())).format(self.asset.scale())
    }
}

/// The whole part of a measure.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, by definition of the language"
)]
fn whole(measure: f64) -> u32 {
    measure as u32
}

fn nearest(measure: f64) -> u32 {
    whole(measure + 0.5)
}

/// A mean as whole minor units, for sentences only.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and nothing is computed from it"
)]
fn minor(mean_minor: f64) -> i64 {
    (mean_minor + 0.5) as i64
}
