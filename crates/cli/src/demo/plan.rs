//! The business day as it will be: who does what in which order, and what must come of it.
//!
//! A plan is a pure function of its size and its seed. Every outcome in it is known beforehand, however the clients
//! interleave: what is to be accepted is covered by the opening balance alone, what is to be refused for want of money
//! is more than the bank has in all, and whatever happens to one customer happens within that customer's own script.

use std::collections::{BTreeMap, VecDeque};

use money::{Amount, AmountError, AssetCode};

use super::dice::Dice;
use super::names;

/// Index of the customer who pays the salaries.
pub(super) const EMPLOYER: usize = 0;
/// Index of the customer who replaces the key in the middle of the day.
pub(super) const ROTATES: usize = 1;
/// Index of the customer whose account is frozen.
pub(super) const FROZEN: usize = 2;
/// Index of the customer whose certificate is revoked.
pub(super) const REVOKED: usize = 3;
/// Fewest customers: the four above, and some whom nothing befalls.
pub(super) const CUSTOMERS_MIN: u32 = 8;
/// Fewest intents that hold one of everything.
pub(super) const INTENTS_MIN: u32 = 100;

/// Payments of one salary run, as many as a tenth of the day but never more than this.
const PAYROLL_LEN_MAX: usize = 500;
/// Payments that a frozen account still tries.
const FROZEN_TRIES: usize = 3;
/// Every fifth customer has dollars too.
const DOLLARS_EVERY: usize = 5;
/// What is left of an opening balance after everything that is to be paid from it: 1,000.00.
const CUSHION_MINOR: i64 = 100_000;
/// More than the whole bank has: 1,000,000,000.00.
const TOO_MUCH_MINOR: i64 = 100_000_000_000;
/// A payment of daily life: 1.00 to 250.00.
const DAILY_MINOR: (i64, i64) = (100, 25_000);
/// A salary: 1,800.00 to 5,200.00.
const SALARY_MINOR: (i64, i64) = (180_000, 520_000);

/// The day, customer by customer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Plan {
    pub(super) customers: Vec<Customer>,
}

/// A customer and a day's script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Customer {
    pub(super) name: String,
    pub(super) email: String,
    /// What the bank puts on the accounts before the day; one account for each asset.
    pub(super) opening: BTreeMap<AssetCode, Amount>,
    /// What is there when it is over.
    pub(super) closing: BTreeMap<AssetCode, Amount>,
    pub(super) steps: VecDeque<Step>,
}

/// A wish to pay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Payment {
    /// Index of the payee.
    pub(super) to: usize,
    pub(super) amount: Amount,
    pub(super) memo: Option<&'static str>,
}

/// One thing that a customer does, or that is done to one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// An ordinary payment.
    Pay(Payment),
    /// Salaries under one signature, all or none.
    Payroll(Vec<Payment>),
    /// More than there is.
    Overdraw(Payment),
    /// From the account of another customer.
    Intrude { owner: usize, payment: Payment },
    /// One bit of the signature flips on the way; then the payment arrives as it was signed.
    AlterSignature(Payment),
    /// The amount changes on the way; then the payment arrives as it was signed.
    AlterIntent(Payment),
    /// The same bytes again, then other bytes under the same id.
    Replay(Payment),
    /// The manager freezes the account.
    Freeze,
    /// A payment from the frozen account.
    PayFrozen(Payment),
    /// The manager revokes the certificate.
    Revoke,
    /// A payment under the revoked certificate.
    PayRevoked(Payment),
    /// A new key takes the place of the old one, which signs for it.
    Rotate,
}

impl Step {
    /// Signed documents that the step hands in; the same bytes again do not count.
    pub(super) const fn intents(&self) -> u64 {
        match self {
            Self::AlterSignature(_) | Self::AlterIntent(_) | Self::Replay(_) => 2,
            Self::Pay(_)
            | Self::Payroll(_)
            | Self::Overdraw(_)
            | Self::Intrude { .. }
            | Self::Freeze
            | Self::PayFrozen(_)
            | Self::Revoke
            | Self::PayRevoked(_)
            | Self::Rotate => 1,
        }
    }

    /// The payments that take effect.
    fn effective(&self) -> &[Payment] {
        match self {
            Self::Pay(payment)
            | Self::AlterSignature(payment)
            | Self::AlterIntent(payment)
            | Self::Replay(payment) => std::slice::from_ref(payment),
            Self::Payroll(payments) => payments,
            Self::Overdraw(_)
            | Self::Intrude { .. }
            | Self::Freeze
            | Self::PayFrozen(_)
            | Self::Revoke
            | Self::PayRevoked(_)
            | Self::Rotate => &[],
        }
    }
}

impl Plan {
    /// A day of `intents` among `customers`, by the dice of `seed`.
    pub(super) fn new(customers: usize, intents: usize, seed: u64) -> Result<Self, AmountError> {
        let mut writer = Writer { customers, dice: Dice::new(seed) };
        let scripts = writer.scripts(intents)?;
        let mut plan: Vec<_> = scripts
            .into_iter()
            .enumerate()
            .map(|(index, steps)| Customer {
                name: names::name(index),
                email: names::email(index),
                opening: assets(index).map(|asset| (asset, Amount::zero(asset))).collect(),
                closing: BTreeMap::new(),
                steps,
            })
            .collect();
        for customer in &mut plan {
            for payment in customer.steps.iter().flat_map(Step::effective) {
                grow(&mut customer.opening, payment.amount)?;
            }
            for (asset, amount) in &mut customer.opening {
                *amount = amount.checked_add(Amount::new(CUSHION_MINOR, *asset)?)?;
            }
            // The cushion is exactly what is left before anything comes in.
            for asset in customer.opening.keys() {
                customer.closing.insert(*asset, Amount::new(CUSHION_MINOR, *asset)?);
            }
        }
        let received: Vec<Payment> = plan
            .iter()
            .flat_map(|customer| customer.steps.iter().flat_map(Step::effective).cloned())
            .collect();
        for payment in received {
            if let Some(payee) = plan.get_mut(payment.to) {
                grow(&mut payee.closing, payment.amount)?;
            }
        }
        Ok(Self { customers: plan })
    }

    /// Signed documents that the day hands in.
    pub(super) fn intents(&self) -> u64 {
        self.customers.iter().flat_map(|customer| &customer.steps).map(Step::intents).sum()
    }
}

fn grow(sums: &mut BTreeMap<AssetCode, Amount>, by: Amount) -> Result<(), AmountError> {
    let sum = sums.entry(by.asset()).or_insert(Amount::zero(by.asset()));
    *sum = sum.checked_add(by)?;
    Ok(())
}

/// What a customer has accounts in.
fn assets(index: usize) -> impl Iterator<Item = AssetCode> {
    let dollars = index.is_multiple_of(DOLLARS_EVERY).then_some(AssetCode::USD);
    [AssetCode::EUR].into_iter().chain(dollars)
}

struct Writer {
    customers: usize,
    dice: Dice,
}

impl Writer {
    fn scripts(&mut self, intents: usize) -> Result<Vec<VecDeque<Step>>, AmountError> {
        let mut scripts: Vec<Vec<Step>> = vec![Vec::new(); self.customers];
        let mut left = intents;
        for (index, steps) in self.incidents(intents)? {
            for step in steps {
                left = left.saturating_sub(usize::try_from(step.intents()).unwrap_or_default());
                if let Some(script) = scripts.get_mut(index) {
                    script.push(step);
                }
            }
        }
        let ending = self.endings(intents)?;
        for (_, steps) in &ending {
            left = left.saturating_sub(steps.len());
        }
        for _ in 0..left {
            let payer = self.payer();
            let step = Step::Pay(self.daily(payer)?);
            if let Some(script) = scripts.get_mut(payer) {
                script.push(step);
            }
        }
        for script in &mut scripts {
            self.dice.shuffle(script);
        }
        for (index, steps) in ending {
            if let Some(script) = scripts.get_mut(index) {
                place(script, index, steps);
            }
        }
        Ok(scripts.into_iter().map(VecDeque::from).collect())
    }

    /// What may go wrong for anybody at any time: a few in a hundred, one of each at least.
    fn incidents(&mut self, intents: usize) -> Result<Vec<(usize, Vec<Step>)>, AmountError> {
        let share = |per_mille: usize| intents.saturating_mul(per_mille).div_ceil(1000);
        let mut incidents = Vec::new();
        for _ in 0..share(8) {
            let payer = self.ordinary();
            let payment = Payment {
                amount: Amount::new(TOO_MUCH_MINOR, AssetCode::EUR)?,
                ..self.daily(payer)?
            };
            incidents.push((payer, vec![Step::Overdraw(payment)]));
        }
        for _ in 0..share(2) {
            let (payer, owner) = (self.ordinary(), self.other_than(EMPLOYER));
            let owner = if owner == payer { EMPLOYER } else { owner };
            // Whose account it is pays: not themselves.
            let payment = self.euros(owner, DAILY_MINOR)?;
            incidents.push((payer, vec![Step::Intrude { owner, payment }]));
        }
        for make in [Step::AlterSignature, Step::AlterIntent, Step::Replay] {
            for _ in 0..share(2) {
                let payer = self.ordinary();
                incidents.push((payer, vec![make(self.daily(payer)?)]));
            }
        }
        Ok(incidents)
    }

    /// What befalls the first four customers, each at its place in the script.
    fn endings(&mut self, intents: usize) -> Result<Vec<(usize, Vec<Step>)>, AmountError> {
        let len = intents.div_euclid(10).clamp(1, PAYROLL_LEN_MAX);
        let mut salaries = || -> Result<Step, AmountError> {
            (0..len)
                .map(|_| self.euros(EMPLOYER, SALARY_MINOR))
                .collect::<Result<_, _>>()
                .map(Step::Payroll)
        };
        let payrolls = vec![salaries()?, salaries()?];
        let mut frozen = vec![Step::Freeze];
        for _ in 0..FROZEN_TRIES {
            frozen.push(Step::PayFrozen(self.euros(FROZEN, DAILY_MINOR)?));
        }
        let revoked = vec![Step::Revoke, Step::PayRevoked(self.euros(REVOKED, DAILY_MINOR)?)];
        Ok(vec![
            (EMPLOYER, payrolls),
            (ROTATES, vec![Step::Rotate]),
            (FROZEN, frozen),
            (REVOKED, revoked),
        ])
    }

    /// Whoever stops in the middle of the day pays half as often.
    fn payer(&mut self) -> usize {
        let payer = self.dice.below(self.customers);
        if matches!(payer, FROZEN | REVOKED) && self.dice.below(2) == 0 {
            self.ordinary()
        } else {
            payer
        }
    }

    /// Somebody to whom nothing special happens.
    fn ordinary(&mut self) -> usize {
        let first = REVOKED.saturating_add(1);
        self.dice.below(self.customers.saturating_sub(first)).saturating_add(first)
    }

    fn other_than(&mut self, index: usize) -> usize {
        let rolled = self.dice.below(self.customers.saturating_sub(1));
        if rolled >= index { rolled.saturating_add(1) } else { rolled }
    }

    fn daily(&mut self, payer: usize) -> Result<Payment, AmountError> {
        let to = self.other_than(payer);
        let common = assets(payer).filter(|asset| assets(to).any(|theirs| theirs == *asset));
        let common: Vec<_> = common.collect();
        let asset = self.dice.one_of(&common).copied().unwrap_or(AssetCode::EUR);
        let (least, most) = DAILY_MINOR;
        let amount = Amount::new(self.dice.between(least, most), asset)?;
        Ok(Payment { to, amount, memo: self.memo() })
    }

    fn euros(&mut self, payer: usize, (least, most): (i64, i64)) -> Result<Payment, AmountError> {
        let amount = Amount::new(self.dice.between(least, most), AssetCode::EUR)?;
        Ok(Payment { to: self.other_than(payer), amount, memo: self.memo() })
    }

    fn memo(&mut self) -> Option<&'static str> {
        self.dice.one_of(&names::MEMOS).copied().flatten()
    }
}

/// The employer pays at a third and at two thirds of the day, the key changes at half, and what ends a customer's day
/// comes last: those customers have half a day.
fn place(script: &mut Vec<Step>, index: usize, steps: Vec<Step>) {
    let len = script.len();
    match index {
        EMPLOYER => {
            let third = len.div_euclid(3);
            // From the back, so that the first insertion does not move the second's place.
            for (step, place) in steps.into_iter().zip([third.saturating_mul(2), third]) {
                script.insert(place, step);
            }
        }
        ROTATES => {
            let half = len.div_euclid(2);
            script.splice(half..half, steps);
        }
        _ => script.extend(steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(customers: usize, intents: usize) -> Plan {
        Plan::new(customers, intents, 1).unwrap()
    }

    #[test]
    fn a_day_has_exactly_as_many_intents_as_asked_for() {
        for (customers, intents) in [(8, 100), (8, 300), (50, 5_000), (200, 1_001)] {
            assert_eq!(plan(customers, intents).intents(), u64::try_from(intents).unwrap());
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_day() {
        assert_eq!(plan(50, 5_000), plan(50, 5_000));
        assert_ne!(plan(50, 5_000), Plan::new(50, 5_000, 2).unwrap());
    }

    #[test]
    fn nobody_pays_themselves_and_everybody_can_afford_what_is_to_be_accepted() {
        for (index, customer) in plan(50, 5_000).customers.iter().enumerate() {
            let mut spent = BTreeMap::new();
            for payment in customer.steps.iter().flat_map(Step::effective) {
                assert_ne!(payment.to, index);
                grow(&mut spent, payment.amount).unwrap();
            }
            for (asset, spent) in spent {
                assert!(customer.opening[&asset].checked_sub(spent).is_ok());
            }
        }
    }

    #[test]
    fn an_intruder_pays_from_the_account_of_another_to_a_third() {
        for seed in 0..50 {
            let plan = Plan::new(24, 700, seed).unwrap();
            let steps = plan.customers.iter().enumerate();
            for (intruder, step) in steps.flat_map(|(of, it)| it.steps.iter().map(move |s| (of, s)))
            {
                if let Step::Intrude { owner, payment } = step {
                    assert!(*owner != intruder && payment.to != *owner, "seed {seed}: {step:?}");
                }
            }
        }
    }

    #[test]
    fn no_money_appears_or_disappears_during_the_day() {
        let total = |side: fn(&Customer) -> &BTreeMap<AssetCode, Amount>| {
            let mut sums = BTreeMap::new();
            for customer in &plan(50, 5_000).customers {
                for amount in side(customer).values() {
                    grow(&mut sums, *amount).unwrap();
                }
            }
            sums
        };
        assert_eq!(total(|customer| &customer.opening), total(|customer| &customer.closing));
    }

    #[test]
    fn even_the_smallest_day_holds_one_of_everything() {
        let plan = plan(8, 100);
        let steps: Vec<_> = plan.customers.iter().flat_map(|customer| &customer.steps).collect();
        let kinds: std::collections::HashSet<_> =
            steps.iter().map(|step| std::mem::discriminant(*step)).collect();
        assert_eq!(kinds.len(), 12);
        let payrolls = steps.iter().filter(|step| matches!(step, Step::Payroll(_))).count();
        assert_eq!(payrolls, 2);
    }
}
