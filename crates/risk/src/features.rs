//! What the rules look at: everything that is computed of an attempt, once.
//!
//! This is also what a trained model would look at. None of it is stored.

use std::ops::RangeInclusive;

use crate::account::{AccountState, Flows, Window};
use crate::attempt::{Attempt, Payment};
use crate::decay::to_f64;
use crate::policy::{Bounds, Policy};
use crate::time::age_us;

pub(crate) struct Features {
    /// What would leave, in all.
    pub(crate) amount_minor: i64,
    pub(crate) batch_len: usize,
    /// Attempts of the last hour, decayed, this one included.
    pub(crate) attempts_hour: f64,
    /// Mean attempts of an hour over a week.
    pub(crate) usual_hour: f64,
    pub(crate) habit: Option<Habit>,
    /// Of what is available, in thousandths.
    pub(crate) share_per_mille: Option<f64>,
    /// Real flows of a day, before this attempt.
    pub(crate) flows: Flows,
    /// Distinct payers in two days.
    pub(crate) payers: f64,
    /// The share of what could be paid a day ago that would be gone, in thousandths.
    pub(crate) day_share_per_mille: Option<f64>,
    /// Flows of a day that would leave the account empty of what strangers brought.
    pub(crate) through: Option<Through>,
    /// Whether the account that pays is young.
    pub(crate) is_young: bool,
    /// Since its first attempt.
    pub(crate) in_use_us: i64,
    pub(crate) slept_us: i64,
    pub(crate) unfamiliar: Unfamiliar,
    pub(crate) fresh: Fresh,
    /// Whether it is much in all, by the account's habit or by what it has.
    pub(crate) is_large: bool,
    /// How often money comes home to a payee.
    pub(crate) returning: u32,
    /// Attempts near a limit, this one included, and the limit.
    pub(crate) near_limit: Option<(u32, i64)>,
    pub(crate) is_outside_hours: bool,
}

/// What the account usually moves, in minor units.
#[derive(Clone, Copy)]
pub(crate) struct Habit {
    pub(crate) mean: f64,
    /// By which amounts vary; a tenth of the mean at least, or the second rent of all would be strange.
    pub(crate) deviation: f64,
    pub(crate) largest: f64,
}

/// Money that came in and goes out.
#[derive(Clone, Copy)]
pub(crate) struct Through {
    /// Out over in, in thousandths.
    pub(crate) per_mille: f64,
    pub(crate) is_of_strangers: bool,
}

/// The payments of the attempt to payees that are not familiar yet.
#[derive(Default)]
pub(crate) struct Unfamiliar {
    pub(crate) count: usize,
    pub(crate) amount_minor: i64,
    /// Whether it is much, by the account's habit or by what it has.
    pub(crate) is_large: bool,
    /// Whether it is so much that little is left, or many times the mean.
    pub(crate) is_draining: bool,
    /// How many go to young accounts.
    pub(crate) young: u32,
    /// How often the one of those that was paid most was paid, this time included.
    pub(crate) young_times: u32,
    /// The same of all unfamiliar payees.
    pub(crate) times: u32,
    /// The most payers in two days of one of the payees that usually has not many.
    pub(crate) payers: f64,
    /// Whether one of them is new in the address book.
    pub(crate) is_new_beneficiary: bool,
    /// How many were never paid at all.
    pub(crate) never_paid: u32,
}

/// Signs that another hand is on the account.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent signs, each with a rule")]
pub(crate) struct Fresh {
    pub(crate) device: bool,
    pub(crate) key: bool,
    pub(crate) credentials: bool,
    pub(crate) address: bool,
    pub(crate) failed_sign_ins: u32,
}

impl Features {
    pub(crate) fn of(payer: &AccountState, attempt: &Attempt<'_>, policy: &Policy) -> Self {
        const HOURS_PER_WEEK: f64 = 168.0;
        let (at_us, bounds, context) = (attempt.at_us, &policy.bounds, &attempt.context);
        let amount_minor = sum(attempt.payments.iter());
        let flows = payer.flows(at_us);
        let habit = Habit::of(payer, at_us, bounds);
        let money = Money { habit, flows, available_minor: attempt.available_minor };
        Self {
            amount_minor,
            batch_len: attempt.payments.len(),
            attempts_hour: payer.count(Window::Hour, at_us) + 1.0,
            usual_hour: payer.count(Window::Week, at_us) / HOURS_PER_WEEK,
            habit,
            share_per_mille: money.share_per_mille(amount_minor),
            flows,
            payers: payer.distinct_payers(at_us),
            day_share_per_mille: money.day_share_per_mille(amount_minor),
            through: money.through(amount_minor, bounds),
            is_young: context.account_opened_at_us.is_some_and(|opened_at_us| {
                is_young(opened_at_us, bounds.account_young_us, attempt)
            }),
            in_use_us: payer.first_at_us().map_or(0, |first| age_us(at_us, first)),
            slept_us: payer.slept_us(at_us, context.account_opened_at_us),
            unfamiliar: Unfamiliar::of(attempt, &money, bounds),
            fresh: Fresh::of(payer, attempt, bounds),
            is_large: money.is_large(amount_minor, bounds),
            returning: attempt
                .payments
                .iter()
                .map(|payment| payer.tokens().returning(payment.payee, payment.amount_minor, at_us))
                .max()
                .unwrap_or_default(),
            near_limit: near_limit(payer, attempt, policy),
            is_outside_hours: context.outside_hours,
        }
    }
}

impl Habit {
    fn of(payer: &AccountState, at_us: i64, bounds: &Bounds) -> Option<Self> {
        const LEAST_DEVIATION: f64 = 0.1;
        if payer.count(Window::Month, at_us) < to_f64(bounds.habit_attempts_min) {
            return None;
        }
        let mean = payer.mean_minor(Window::Month).filter(|mean| *mean > 0.0)?;
        let deviation = payer.deviation_minor()?.max(mean * LEAST_DEVIATION);
        Some(Self { mean, deviation, largest: payer.largest_minor() })
    }

    pub(crate) fn multiple(&self, amount_minor: i64) -> f64 {
        to_f64(amount_minor) / self.mean
    }

    /// How many standard deviations above the mean.
    pub(crate) fn deviations(&self, amount_minor: i64) -> f64 {
        (to_f64(amount_minor) - self.mean) / self.deviation
    }
}

/// The account's money, in three views.
struct Money {
    habit: Option<Habit>,
    flows: Flows,
    available_minor: Option<i64>,
}

impl Money {
    fn share_per_mille(&self, amount_minor: i64) -> Option<f64> {
        let available_minor = self.available_minor.filter(|available| *available > 0)?;
        Some(to_f64(amount_minor) * 1_000.0 / to_f64(available_minor))
    }

    /// The share of what could be paid a day ago that would be gone.
    fn day_share_per_mille(&self, amount_minor: i64) -> Option<f64> {
        let paid = self.flows.paid;
        let had = to_f64(self.available_minor.filter(|available| *available > 0)?) + paid;
        Some((to_f64(amount_minor) + paid) * 1_000.0 / had)
    }

    fn is_large(&self, amount_minor: i64, bounds: &Bounds) -> bool {
        match self.habit {
            Some(habit) => habit.multiple(amount_minor) >= to_f64(bounds.large_multiple_min),
            None => self.is_large_share(amount_minor, bounds),
        }
    }

    fn is_draining(&self, amount_minor: i64, bounds: &Bounds) -> bool {
        let multiple = self.habit.map(|habit| habit.multiple(amount_minor));
        amount_minor > 0
            && (multiple.is_some_and(|multiple| multiple >= to_f64(bounds.takeover_multiple_min))
                || self.is_large_share(amount_minor, bounds))
    }

    fn is_large_share(&self, amount_minor: i64, bounds: &Bounds) -> bool {
        self.day_share_per_mille(amount_minor)
            .is_some_and(|share| share >= to_f64(bounds.large_per_mille_min))
    }

    fn through(&self, amount_minor: i64, bounds: &Bounds) -> Option<Through> {
        const DAYS_PER_MONTH: f64 = 30.0;
        let Flows { received, received_month, from_strangers, paid, .. } = self.flows;
        let usual_day = (received_month - received).max(0.0) / DAYS_PER_MONTH;
        let is_emptied =
            self.day_share_per_mille(amount_minor)? >= to_f64(bounds.emptied_per_mille_min);
        let is_unusual = received > usual_day * to_f64(bounds.inflow_multiple_min);
        // Less than a minor unit of decayed inflow is none.
        if received < 1.0 || !is_emptied || !is_unusual {
            return None;
        }
        let per_mille = (paid + to_f64(amount_minor)) * 1_000.0 / received;
        let is_through = per_mille >= to_f64(bounds.through_per_mille_min)
            && per_mille <= to_f64(bounds.through_per_mille_max);
        let strangers_min = received * to_f64(bounds.strangers_per_mille_min) / 1_000.0;
        let is_of_strangers = from_strangers >= strangers_min;
        is_through.then_some(Through { per_mille, is_of_strangers })
    }
}

impl Unfamiliar {
    fn of(attempt: &Attempt<'_>, money: &Money, bounds: &Bounds) -> Self {
        let at_us = attempt.at_us;
        let unfamiliar = attempt.payments.iter().filter(|payment| {
            payment
                .pair
                .first_at_us()
                .is_none_or(|first| age_us(at_us, first) < bounds.familiar_after_us)
        });
        let mut found = Self::default();
        for payment in unfamiliar {
            found.count = found.count.saturating_add(1);
            found.amount_minor = found.amount_minor.saturating_add(payment.amount_minor.max(0));
            let times = payment.pair.paid_count().saturating_add(1);
            found.times = found.times.max(times);
            if times == 1 {
                found.never_paid = found.never_paid.saturating_add(1);
            }
            if payment
                .payee_opened_at_us
                .is_some_and(|opened| is_young(opened, bounds.payee_young_us, attempt))
            {
                found.young = found.young.saturating_add(1);
                found.young_times = found.young_times.max(times);
            }
            found.is_new_beneficiary |= payment
                .beneficiary_since_us
                .is_some_and(|since| age_us(at_us, since) < bounds.beneficiary_new_us);
            found.payers = found.payers.max(unusual_payers(payment, attempt, bounds));
        }
        found.is_large = money.is_large(found.amount_minor, bounds);
        found.is_draining = money.is_draining(found.amount_minor, bounds);
        found
    }
}

/// The payee's distinct payers, where what they bring is unusual for it: not of a shop, and not in a bank's first days.
fn unusual_payers(payment: &Payment<'_>, attempt: &Attempt<'_>, bounds: &Bounds) -> f64 {
    const DAYS_PER_MONTH: f64 = 30.0;
    let Some(state) = payment.payee_state else { return 0.0 };
    let at_us = attempt.at_us;
    if age_us(at_us, attempt.context.bank_since_us) < bounds.payee_young_us {
        return 0.0;
    }
    let Flows { received, received_month, .. } = state.flows(at_us);
    let usual_day = (received_month - received).max(0.0) / DAYS_PER_MONTH;
    let is_unusual = received > usual_day * to_f64(bounds.inflow_multiple_min);
    if is_unusual { state.distinct_payers(at_us) } else { 0.0 }
}

impl Fresh {
    fn of(payer: &AccountState, attempt: &Attempt<'_>, bounds: &Bounds) -> Self {
        let context = &attempt.context;
        let first_at_us = payer.first_at_us();
        let is_new = |since_us: Option<i64>| {
            let (Some(since_us), Some(first_at_us)) = (since_us, first_at_us) else { return false };
            since_us > first_at_us && age_us(attempt.at_us, since_us) < bounds.access_new_us
        };
        Self {
            device: is_new(context.device_since_us),
            key: is_new(context.key_since_us),
            credentials: is_new(context.credentials_changed_at_us),
            address: context.address_is_new && first_at_us.is_some(),
            failed_sign_ins: context.failed_sign_ins,
        }
    }
}

/// Whether an account opened then is young: of a bank that was there long before.
fn is_young(opened_at_us: i64, within_us: i64, attempt: &Attempt<'_>) -> bool {
    age_us(attempt.at_us, opened_at_us) < within_us
        && age_us(opened_at_us, attempt.context.bank_since_us) >= within_us
}

/// Attempts just below a limit, this one included, and the limit: that of the asset, or the sum above which the bank wants to
/// see a payment. The one that they are near more often.
fn near_limit(payer: &AccountState, attempt: &Attempt<'_>, policy: &Policy) -> Option<(u32, i64)> {
    let of_asset = near_limit_of_asset(payer, attempt, policy);
    let unseen = attempt.unseen_minor_max.and_then(|most_minor| {
        let near = near(most_minor, policy)..=most_minor;
        // Of a batch too the bank looks at the sum.
        let is_near = near.contains(&sum(attempt.payments.iter()));
        let times = recent(payer, attempt, policy, near).saturating_add(1);
        is_near.then(|| (counted(times), most_minor))
    });
    of_asset.into_iter().chain(unseen).max_by_key(|(times, _)| *times)
}

/// Of a batch, the most to one payee.
fn near_limit_of_asset(
    payer: &AccountState,
    attempt: &Attempt<'_>,
    policy: &Policy,
) -> Option<(u32, i64)> {
    let limit_minor = *policy.limits.get(&attempt.asset.code())?;
    let near = near(limit_minor, policy)..=limit_minor.saturating_sub(1);
    let payments = attempt.payments.iter().filter(|payment| near.contains(&payment.amount_minor));
    let mut payees: Vec<_> = payments.map(|payment| payment.payee).collect();
    payees.sort_unstable();
    let now = payees.chunk_by(|a, b| a == b).map(<[_]>::len).max()?;
    // One payment file to many payees says nothing on the payments before it.
    let is_file = now == 1 && payees.len() > 1;
    let before = if is_file { 0 } else { recent(payer, attempt, policy, near) };
    Some((counted(now.saturating_add(before)), limit_minor))
}

/// From where an amount is near a limit, in minor units.
fn near(limit_minor: i64, policy: &Policy) -> i64 {
    let from = i128::from(limit_minor)
        .saturating_mul(policy.bounds.near_limit_per_mille_min.into())
        .div_euclid(1_000);
    i64::try_from(from).unwrap_or(i64::MAX)
}

/// Attempts of late whose sums are near a limit.
fn recent(
    payer: &AccountState,
    attempt: &Attempt<'_>,
    policy: &Policy,
    near: RangeInclusive<i64>,
) -> usize {
    let since_us = attempt.at_us.saturating_sub(policy.bounds.near_limit_us);
    payer.recent_since(since_us).filter(|minor| near.contains(minor)).count()
}

fn counted(times: usize) -> u32 {
    u32::try_from(times).unwrap_or(u32::MAX)
}

fn sum<'a>(payments: impl Iterator<Item = &'a Payment<'a>>) -> i64 {
    payments.fold(0_i64, |sum, payment| sum.saturating_add(payment.amount_minor.max(0)))
}
