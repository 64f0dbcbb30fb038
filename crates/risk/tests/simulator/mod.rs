//! A small bank in memory, its people, and the stories that the engine is judged by. Seeded: the same seed is the same story.

pub(crate) mod frauds;
pub(crate) mod innocents;

use std::collections::HashMap;
use std::ops::Range;

use money::{Asset, AssetCode};
use risk::{
    AccountState, Action, Attempt, Context, PairState, Party, Payment, Policy, Posted, Verdict,
};

pub(crate) const MINUTE_US: i64 = 60_000_000;
pub(crate) const HOUR_US: i64 = 60 * MINUTE_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;
/// 2023-11-14.
const START_US: i64 = 1_700_000_000_000_000;

/// Dice of `SplitMix64`.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_F491_4F6C_DD1D).wrapping_add(1))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = u64::try_from(most - least + 1).unwrap();
        least + i64::try_from(self.roll() % width).unwrap()
    }

    pub(crate) fn chance(&mut self, per_cent: i64) -> bool {
        self.between(1, 100) <= per_cent
    }
}

/// Index of an account.
pub(crate) type Account = usize;

struct Book {
    state: AccountState,
    opened_at_us: i64,
    balance: i64,
    context: Context,
}

/// What the engine said on the part of a story that counts.
pub(crate) struct Told {
    pub(crate) verdict: Verdict,
    pub(crate) amount: i64,
}

/// The bank.
pub(crate) struct World {
    pub(crate) now_us: i64,
    pub(crate) dice: Dice,
    /// Whether a held payment is let go, as a manager would who has looked and found nothing.
    pub(crate) releases: bool,
    pub(crate) told: Vec<Told>,
    /// What the story would move in all, in minor units.
    planned: i64,
    bank_since_us: i64,
    policy: Policy,
    books: Vec<Book>,
    pairs: HashMap<(Account, Account), PairState>,
}

impl World {
    /// A bank of five years.
    pub(crate) fn new(policy: &Policy, seed: u64) -> Self {
        Self::founded(policy, seed, 5 * 365 * DAY_US)
    }

    /// A bank that was founded so long ago.
    pub(crate) fn founded(policy: &Policy, seed: u64, ago_us: i64) -> Self {
        Self {
            now_us: START_US,
            dice: Dice::new(seed),
            releases: true,
            told: Vec::new(),
            planned: 0,
            bank_since_us: START_US - ago_us,
            policy: policy.clone(),
            books: Vec::new(),
            pairs: HashMap::new(),
        }
    }

    /// An account opened so long ago, with what the bank put on it.
    pub(crate) fn opens(&mut self, ago_us: i64, balance: i64) -> Account {
        let opened_at_us = self.now_us - ago_us;
        let context = Context {
            bank_since_us: self.bank_since_us,
            account_opened_at_us: Some(opened_at_us),
            device_since_us: Some(opened_at_us),
            key_since_us: Some(opened_at_us),
            ..Context::default()
        };
        let state = AccountState::default();
        self.books.push(Book { state, opened_at_us, balance, context });
        self.books.len() - 1
    }

    /// An account of three years.
    pub(crate) fn old(&mut self, balance: i64) -> Account {
        self.opens(3 * 365 * DAY_US, balance)
    }

    pub(crate) fn balance(&self, account: Account) -> i64 {
        self.books[account].balance
    }

    pub(crate) fn deposit(&mut self, account: Account, amount: i64) {
        self.books[account].balance += amount;
    }

    /// What is known of who asks from now on.
    pub(crate) fn context(&mut self, account: Account) -> &mut Context {
        &mut self.books[account].context
    }

    pub(crate) fn pass(&mut self, least_us: i64, most_us: i64) {
        self.now_us += self.dice.between(least_us, most_us);
    }

    /// One payment. It is posted unless it is blocked, or held and not let go, or cannot be paid.
    pub(crate) fn pay(&mut self, from: Account, to: Account, amount: i64) -> Verdict {
        self.pay_many(from, &[(to, amount)])
    }

    /// One signature over many payments.
    pub(crate) fn pay_many(&mut self, from: Account, items: &[(Account, i64)]) -> Verdict {
        let total = items.iter().map(|(_, amount)| amount).sum();
        let payments: Vec<_> = items
            .iter()
            .map(|&(to, amount_minor)| Payment {
                amount_minor,
                payee: party(to),
                pair: self.pairs.get(&(from, to)).copied().unwrap_or_default(),
                payee_state: Some(&self.books[to].state),
                payee_opened_at_us: Some(self.books[to].opened_at_us),
                beneficiary_since_us: None,
            })
            .collect();
        let attempt = Attempt {
            asset: Asset::iso(AssetCode::EUR).unwrap(),
            at_us: self.now_us,
            available_minor: Some(self.books[from].balance),
            payments: &payments,
            unseen_minor_max: None,
            context: self.books[from].context,
        };
        let verdict = risk::assess(&self.books[from].state, &attempt, &self.policy);
        self.books[from].state.attempted(total, items.len(), self.now_us);
        let passes = match verdict.action {
            Action::Proceed | Action::Monitor => true,
            Action::Review => self.releases,
            Action::Block => false,
        };
        if passes && total <= self.books[from].balance {
            for &(to, amount) in items {
                self.post(from, to, amount, items.len() > 1);
            }
        }
        verdict
    }

    /// A payment that counts in the story.
    pub(crate) fn tells(&mut self, from: Account, to: Account, amount: i64) {
        self.tells_many(from, &[(to, amount)]);
    }

    /// A payment file that counts in the story.
    pub(crate) fn tells_many(&mut self, from: Account, items: &[(Account, i64)]) {
        let amount = items.iter().map(|(_, amount)| amount).sum();
        self.planned += amount;
        // A fraud ends where it is first held.
        if self.releases || self.told.iter().all(|told| told.verdict.action < Action::Review) {
            let verdict = self.pay_many(from, items);
            self.told.push(Told { verdict, amount });
        }
    }

    /// What `from` can spare, in so many parts, each told: a share of the balance at the beginning.
    pub(crate) fn drains(
        &mut self,
        from: Account,
        payees: &[Account],
        per_cent: i64,
        pause_us: i64,
    ) {
        let parts = i64::try_from(payees.len()).unwrap();
        let part = self.balance(from) * per_cent / 100 / parts;
        for to in payees {
            self.tells(from, *to, part);
            self.pass(pause_us / 2, pause_us);
        }
    }

    fn post(&mut self, from: Account, to: Account, amount_minor: i64, in_batch: bool) {
        let mut pair = self.pairs.get(&(from, to)).copied().unwrap_or_default();
        let [payer, payee] = self.books.get_disjoint_mut([from, to]).unwrap();
        payer.balance -= amount_minor;
        payee.balance += amount_minor;
        let at_us = self.now_us;
        let (of, for_) = (party(from), party(to));
        let transfer = Posted { payer: of, payee: for_, amount_minor, at_us, in_batch };
        risk::posted(&mut payer.state, &mut payee.state, &mut pair, &transfer);
        // What is stored is what is remembered: every step goes through the bytes.
        payer.state = AccountState::from_bytes(&payer.state.to_bytes()).unwrap();
        payee.state = AccountState::from_bytes(&payee.state.to_bytes()).unwrap();
        self.pairs.insert((from, to), PairState::from_bytes(&pair.to_bytes()).unwrap());
    }
}

fn party(account: Account) -> Party {
    Party::of(u128::try_from(account).unwrap().to_le_bytes(), 0)
}

/// Somebody with half a year of ordinary life, and whom they deal with.
pub(crate) struct Person {
    pub(crate) own: Account,
    pub(crate) friends: Vec<Account>,
    pub(crate) shops: Vec<Account>,
    pub(crate) landlord: Account,
    pub(crate) employer: Account,
    rent: i64,
    salary: i64,
}

impl Person {
    /// Half a year of it, told to nobody.
    pub(crate) fn settled(world: &mut World) -> Self {
        let person = Self::new(world);
        for _ in 0..180 {
            person.lives_a_day(world, World::pay);
        }
        person
    }

    pub(crate) fn new(world: &mut World) -> Self {
        let salary = world.dice.between(180_000, 420_000);
        let own = world.old(salary * 2);
        Self {
            own,
            friends: (0..4).map(|_| world.old(500_000)).collect(),
            shops: (0..5).map(|_| world.old(5_000_000)).collect(),
            landlord: world.old(1_000_000),
            employer: world.old(500_000_000),
            rent: salary * world.dice.between(25, 40) / 100,
            salary,
        }
    }

    /// Salary and rent once a month, groceries every other day, sometimes a friend, seldom something dear.
    pub(crate) fn lives_a_day<T>(
        &self,
        world: &mut World,
        pay: impl Fn(&mut World, Account, Account, i64) -> T,
    ) {
        let day = (world.now_us - START_US) / DAY_US;
        if day % 30 == 0 {
            world.pay(self.employer, self.own, self.salary);
            world.now_us += HOUR_US;
            pay(world, self.own, self.landlord, self.rent);
        }
        if world.dice.chance(50) {
            let shop = self.shops[usize::try_from(world.dice.between(0, 4)).unwrap()];
            let amount = world.dice.between(800, 9_000);
            pay(world, self.own, shop, amount);
        }
        if world.dice.chance(10) {
            let friend = self.friends[usize::try_from(world.dice.between(0, 3)).unwrap()];
            let amount = world.dice.between(1_000, 12_000);
            pay(world, self.own, friend, amount);
        }
        if world.dice.chance(2) {
            let amount = world.dice.between(20_000, self.salary / 3);
            let payee = if world.dice.chance(50) { world.old(1_000_000) } else { self.shops[0] };
            pay(world, self.own, payee, amount);
        }
        world.pass(20 * HOUR_US, 28 * HOUR_US);
    }
}

/// What came of many tellings of one story.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) told: usize,
    /// At least one payment held or refused.
    pub(crate) held: usize,
    /// At least one payment refused.
    pub(crate) blocked: usize,
    /// At least one payment monitored, none held.
    pub(crate) monitored: usize,
    /// The number, counted from 1, of the first payment that was held; one for each telling that had one.
    pub(crate) steps: Vec<usize>,
    /// Of the first payments held, how often each rule was the heaviest reason.
    pub(crate) reasons: HashMap<&'static str, usize>,
    pub(crate) payments: usize,
    pub(crate) payments_held: usize,
    /// Sums in minor units: what got away before the first hold, and what was planned.
    pub(crate) lost: i64,
    pub(crate) planned: i64,
}

pub(crate) type Story = fn(&mut World);

impl Tally {
    /// Tells it with each of the seeds.
    pub(crate) fn of(story: Story, policy: &Policy, seeds: Range<u64>, releases: bool) -> Self {
        let mut tally = Self::default();
        for seed in seeds {
            let mut world = World::new(policy, seed);
            world.releases = releases;
            story(&mut world);
            tally.planned += world.planned;
            tally.add(&world.told);
        }
        tally
    }

    fn add(&mut self, told: &[Told]) {
        let at_least = |action| told.iter().any(|told| told.verdict.action >= action);
        let first = told.iter().position(|told| told.verdict.action >= Action::Review);
        self.told += 1;
        self.held += usize::from(first.is_some());
        self.blocked += usize::from(at_least(Action::Block));
        self.monitored += usize::from(first.is_none() && at_least(Action::Monitor));
        self.payments += told.len();
        self.payments_held +=
            told.iter().filter(|told| told.verdict.action >= Action::Review).count();
        let before = first.unwrap_or(told.len());
        self.lost += told[..before].iter().map(|told| told.amount).sum::<i64>();
        if let Some(first) = first {
            self.steps.push(first + 1);
            *self.reasons.entry(told[first].verdict.reasons[0].code).or_default() += 1;
        }
    }

    pub(crate) fn median_step(&mut self) -> Option<usize> {
        self.steps.sort_unstable();
        self.steps.get(self.steps.len() / 2).copied()
    }

    pub(crate) fn main_reason(&self) -> &'static str {
        let most = self.reasons.iter().max_by_key(|(code, count)| (**count, **code));
        most.map_or("", |(code, _)| *code)
    }
}
