//! What is remembered of an account: a fixed number of bytes, updated in constant time.

use crate::decay::{factor, to_f64};
use crate::pair::PairState;
use crate::party::{Distinct, Party, Tokens, seconds};
use crate::stored::{MalformedState, Reader, Writer};
use crate::time::{DAY_US, HOUR_US, age_us};

const WINDOWS: usize = 4;
const RECENT: usize = 8;

/// Once an account has this many attempts in 30 days, decayed, one of them cannot move its mean by
/// more than [`CLIP_MULTIPLE`] times the mean.
const CLIP_FROM_ATTEMPTS: f64 = 3.0;
/// Otherwise a few refused attempts at a huge amount would make every amount look ordinary.
const CLIP_MULTIPLE: f64 = 8.0;
/// An account that attempts nothing for this long sleeps; how long it slept is remembered when it wakes.
const ASLEEP_FROM_US: i64 = 30 * DAY_US;
/// For so long an account that has woken is still waking.
const WAKING_FOR_US: i64 = DAY_US;

/// The habits of one account, as payer and as payee. Stored beside the account's row, read and written under its lock.
///
/// As payer it remembers **attempts**, refused ones too, and separately what was really paid; as payee it
/// remembers only what was really received, so that nobody can mark an account by attempting to pay it. Counts and sums decay
/// exponentially with the time constants of [`Window`]. Nothing in it depends on a policy, so that a new version judges on
/// the same memory.
///
/// # Stored form
///
/// 533 bytes, little-endian; times are microseconds since the Unix epoch and 0 before the first:
///
/// ```text
/// version 2 | first attempt i64 | last attempt i64 | woke at i64 | slept for i64, microseconds
/// attempts  | counts 4 x f64 | sums of clipped amounts 4 x f64, as in Window::ALL | squares, month, f64 | largest paid f64
/// flows     | last flow i64 | in, day f64 | in from strangers, day f64 | in, month f64 | out, day f64
///           | payees paid for the first time, day f64
/// payers    | period u32 | registers now 32 | registers before 32
/// recent    | 8 x (attempted at u32, seconds | amount i64), newest first
/// tokens    | 16 x (origin u32 | received at u32, seconds | amount u32 | hops u8), newest first
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountState {
    first_at_us: i64,
    last_at_us: i64,
    woke_at_us: i64,
    slept_us: i64,
    counts: [f64; WINDOWS],
    sums: [f64; WINDOWS],
    squares: f64,
    largest: f64,
    flows: Flows,
    payers: Distinct,
    recent: [Recent; RECENT],
    tokens: Tokens,
}

/// How fast the past is forgotten.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Window {
    /// Time constant of one hour.
    Hour,
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

impl Window {
    /// Every window, shortest first.
    pub const ALL: [Self; WINDOWS] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The time constant: after this long an attempt counts `1/e`, about 0.37. Microseconds.
    #[must_use]
    pub const fn tau_us(self) -> i64 {
        match self {
            Self::Hour => HOUR_US,
            Self::Day => DAY_US,
            Self::Week => 7 * DAY_US,
            Self::Month => 30 * DAY_US,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Recent {
    at_s: u32,
    amount_minor: i64,
}

/// What really moved, decayed by [`Window::Day`] where nothing else is said. Minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Flows {
    at_us: i64,
    /// Received.
    pub(crate) received: f64,
    /// Of it, from accounts that had never paid this one before.
    pub(crate) from_strangers: f64,
    /// Received, by [`Window::Month`].
    pub(crate) received_month: f64,
    /// Paid.
    pub(crate) paid: f64,
    /// Number of payees paid one by one for the first time.
    pub(crate) new_payees: f64,
}

impl Flows {
    /// As of `at_us`.
    pub(crate) fn at(&self, at_us: i64) -> Self {
        let elapsed_us = age_us(at_us, self.at_us);
        let day = factor(elapsed_us, Window::Day.tau_us());
        Self {
            at_us: at_us.max(self.at_us),
            received: self.received * day,
            from_strangers: self.from_strangers * day,
            received_month: self.received_month * factor(elapsed_us, Window::Month.tau_us()),
            paid: self.paid * day,
            new_payees: self.new_payees * day,
        }
    }
}

/// One transfer that was posted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Posted {
    /// The account that paid.
    pub payer: Party,
    /// The account that received.
    pub payee: Party,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The group commit's time, microseconds since the Unix epoch.
    pub at_us: i64,
    /// Whether it is one of several under one signature: a salary run is no fan-out.
    pub in_batch: bool,
}

/// Remembers a posted transfer between two accounts in all three states. Once per posting (for a hold: when it is
/// captured), after [`AccountState::attempted`]; not for money that the bank itself puts in, which comes from nobody.
pub fn posted(
    from: &mut AccountState,
    to: &mut AccountState,
    pair: &mut PairState,
    transfer: &Posted,
) {
    let &Posted { amount_minor, at_us, .. } = transfer;
    let is_first = pair.paid_count() == 0;
    let amount = to_f64(amount_minor);
    to.flows = to.flows.at(at_us);
    to.flows.received += amount;
    to.flows.received_month += amount;
    if is_first {
        to.flows.from_strangers += amount;
    }
    to.payers.insert(transfer.payer, at_us);
    to.tokens.receive(transfer.payee, transfer.payer, &from.tokens, amount_minor, at_us);
    from.flows = from.flows.at(at_us);
    from.flows.paid += amount;
    if is_first && !transfer.in_batch {
        from.flows.new_payees += 1.0;
    }
    from.largest = from.largest.max(from.clipped(amount_minor, at_us));
    pair.paid(amount_minor, at_us);
}

impl AccountState {
    /// Length of the stored form, in bytes.
    pub const LEN: usize =
        1 + 4 * 8 + 8 * (2 * WINDOWS + 2) + 6 * 8 + Distinct::LEN + 12 * RECENT + Tokens::LEN;
    const VERSION: u8 = 2;

    /// Remembers an attempt to pay `amount_minor` minor units at `at_us` microseconds since the Unix epoch. Once per signed
    /// intent that asks for money to leave, accepted or not; for a batch its total, and how many payments it has. After
    /// [`crate::assess`], which judges an attempt by what was before it.
    ///
    /// A time before the last attempt's counts as the last attempt's.
    pub fn attempted(&mut self, amount_minor: i64, batch_len: usize, at_us: i64) {
        let at_us = at_us.max(self.last_at_us);
        let slept_us = age_us(at_us, self.last_at_us);
        if self.first_at_us == 0 {
            self.first_at_us = at_us;
        } else if slept_us >= ASLEEP_FROM_US {
            (self.woke_at_us, self.slept_us) = (at_us, slept_us);
        }
        let amount = self.clipped(amount_minor, at_us);
        let month = factor(slept_us, Window::Month.tau_us());
        self.squares = self.squares * month + amount * amount;
        let factors = Window::ALL.map(|window| factor(slept_us, window.tau_us()));
        for ((count, sum), factor) in self.counts.iter_mut().zip(&mut self.sums).zip(factors) {
            *count = *count * factor + 1.0;
            *sum = *sum * factor + amount;
        }
        self.last_at_us = at_us;
        // A payment file's total says nothing on the size of its payments.
        if batch_len <= 1 {
            self.recent.rotate_right(1);
            if let Some(newest) = self.recent.first_mut() {
                *newest = Recent { at_s: seconds(at_us), amount_minor: amount_minor.max(0) };
            }
        }
    }

    /// Time of the first attempt, microseconds since the Unix epoch; `None` before it.
    #[must_use]
    pub fn first_at_us(&self) -> Option<i64> {
        (self.first_at_us > 0).then_some(self.first_at_us)
    }

    /// Time of the last attempt, microseconds since the Unix epoch; 0 before the first.
    #[must_use]
    pub const fn last_at_us(&self) -> i64 {
        self.last_at_us
    }

    /// Decayed number of attempts at `at_us`.
    #[must_use]
    pub fn count(&self, window: Window, at_us: i64) -> f64 {
        of(self.counts, window) * factor(age_us(at_us, self.last_at_us), window.tau_us())
    }

    /// Mean of clipped amounts in the window, in minor units; `None` before the first attempt. Time
    /// alone does not change it.
    #[must_use]
    pub fn mean_minor(&self, window: Window) -> Option<f64> {
        let count = of(self.counts, window);
        (count > 0.0).then(|| of(self.sums, window) / count)
    }

    /// Standard deviation of clipped amounts in the month, in minor units. A square root is exact by IEEE 754.
    #[must_use]
    pub fn deviation_minor(&self) -> Option<f64> {
        let mean = self.mean_minor(Window::Month)?;
        let mean_square = self.squares / of(self.counts, Window::Month);
        Some((mean_square - mean * mean).max(0.0).sqrt())
    }

    /// The largest amount ever paid, clipped, in minor units; 0 before the first.
    #[must_use]
    pub const fn largest_minor(&self) -> f64 {
        self.largest
    }

    /// About how many different accounts have paid into this one in the last two to four days.
    #[must_use]
    pub fn distinct_payers(&self, at_us: i64) -> f64 {
        self.payers.estimate(at_us)
    }

    pub(crate) fn flows(&self, at_us: i64) -> Flows {
        self.flows.at(at_us)
    }

    pub(crate) const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// How long nothing had been attempted before the account began to wake; since `opened_at_us` if nothing ever was.
    pub(crate) fn slept_us(&self, at_us: i64, opened_at_us: Option<i64>) -> i64 {
        if self.first_at_us == 0 {
            return opened_at_us.map_or(0, |opened_at_us| age_us(at_us, opened_at_us));
        }
        let is_waking = self.woke_at_us > 0 && age_us(at_us, self.woke_at_us) <= WAKING_FOR_US;
        let remembered_us = if is_waking { self.slept_us } else { 0 };
        age_us(at_us, self.last_at_us).max(remembered_us)
    }

    /// Amounts of the last attempts to pay one payee, at most eight, since `since_us`, in minor units, newest first.
    pub(crate) fn recent_since(&self, since_us: i64) -> impl Iterator<Item = i64> {
        let earliest = seconds(since_us);
        self.recent
            .iter()
            .filter(move |recent| recent.amount_minor > 0 && recent.at_s >= earliest)
            .map(|recent| recent.amount_minor)
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(Self::VERSION, Self::LEN);
        for time in [self.first_at_us, self.last_at_us, self.woke_at_us, self.slept_us] {
            out.i64(time);
        }
        out.floats(&self.counts);
        out.floats(&self.sums);
        out.floats(&[self.squares, self.largest]);
        let Flows { at_us, received, from_strangers, received_month, paid, new_payees } =
            self.flows;
        out.i64(at_us);
        out.floats(&[received, from_strangers, received_month, paid, new_payees]);
        self.payers.write(&mut out);
        for recent in &self.recent {
            out.u32(recent.at_s);
            out.i64(recent.amount_minor);
        }
        self.tokens.write(&mut out);
        out.finish()
    }

    /// Reads the stored form. No bytes at all are an account before anything happened on it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedState> {
        let Some(mut stored) = Reader::new(bytes, Self::VERSION, Self::LEN)? else {
            return Ok(Self::default());
        };
        let mut state = Self {
            first_at_us: stored.i64()?,
            last_at_us: stored.i64()?,
            woke_at_us: stored.i64()?,
            slept_us: stored.i64()?,
            counts: stored.floats()?,
            sums: stored.floats()?,
            squares: stored.float()?,
            largest: stored.float()?,
            flows: Flows {
                at_us: stored.i64()?,
                received: stored.float()?,
                from_strangers: stored.float()?,
                received_month: stored.float()?,
                paid: stored.float()?,
                new_payees: stored.float()?,
            },
            payers: Distinct::read(&mut stored)?,
            ..Self::default()
        };
        for recent in &mut state.recent {
            *recent = Recent { at_s: stored.u32()?, amount_minor: stored.i64()? };
        }
        state.tokens = Tokens::read(&mut stored)?;
        Ok(state)
    }

    fn clipped(&self, amount_minor: i64, at_us: i64) -> f64 {
        let amount = to_f64(amount_minor);
        match self.mean_minor(Window::Month) {
            Some(mean) if self.count(Window::Month, at_us) >= CLIP_FROM_ATTEMPTS => {
                amount.min(mean * CLIP_MULTIPLE)
            }
            Some(_) | None => amount,
        }
    }
}

fn of(values: [f64; WINDOWS], window: Window) -> f64 {
    let [hour, day, week, month] = values;
    match window {
        Window::Hour => hour,
        Window::Day => day,
        Window::Week => week,
        Window::Month => month,
    }
}

#[cfg(test)]
#[expect(clippy::similar_names, reason = "payer and payee are the words")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempts(state: &mut AccountState, amount_minor: i64, at_us: i64) {
        state.attempted(amount_minor, 1, at_us);
    }

    #[test]
    fn bytes_that_are_not_a_state_are_refused() {
        let good = AccountState::default().to_bytes();
        assert_eq!(good.len(), 533);
        assert_eq!(AccountState::from_bytes(&good[..200]), Err(MalformedState::Length(200)));
        let mut other = good.clone();
        other[0] = 1;
        assert_eq!(AccountState::from_bytes(&other), Err(MalformedState::Version(1)));
        for poison in [f64::NAN, f64::INFINITY, -1.0, -0.0] {
            let mut bytes = good.clone();
            bytes[33..41].copy_from_slice(&poison.to_le_bytes());
            assert_eq!(AccountState::from_bytes(&bytes), Err(MalformedState::OutOfRange));
        }
    }

    #[test]
    fn no_bytes_are_an_account_before_its_first_attempt() {
        assert_eq!(AccountState::from_bytes(&[]), Ok(AccountState::default()));
    }

    #[test]
    fn an_attempt_fades_with_each_windows_own_time_constant() {
        let mut state = AccountState::default();
        attempts(&mut state, 100, 5);
        for window in Window::ALL {
            let later = state.count(window, 5 + window.tau_us());
            assert!((later - 0.367_879).abs() < 1e-6, "{window:?} {later}");
        }
    }

    #[test]
    fn a_clock_that_runs_backwards_forgets_nothing() {
        let mut state = AccountState::default();
        attempts(&mut state, 100, DAY_US);
        attempts(&mut state, 100, 1);
        assert_eq!(state.last_at_us(), DAY_US);
        assert!((state.count(Window::Hour, DAY_US) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn huge_attempts_cannot_buy_a_new_habit() {
        let mut state = AccountState::default();
        for day in 0..10 {
            attempts(&mut state, 100, day * DAY_US);
        }
        attempts(&mut state, i64::MAX, 10 * DAY_US);
        assert!(state.mean_minor(Window::Month).unwrap() < 300.0);
    }

    #[test]
    fn recent_amounts_are_the_newest_eight_and_no_totals_of_batches() {
        let mut state = AccountState::default();
        for n in 1..=10 {
            attempts(&mut state, n, n * 1_000_000);
        }
        state.attempted(77, 3, 10_000_000);
        assert!(state.recent_since(0).eq((3..=10).rev()));
        assert!(state.recent_since(9_000_000).eq([10, 9]));
    }

    #[test]
    fn sleep_is_remembered_for_a_day_after_waking() {
        let mut state = AccountState::default();
        let start = 1_000 * DAY_US;
        assert_eq!(state.slept_us(start, Some(start - 5)), 5);
        attempts(&mut state, 100, start);
        attempts(&mut state, 100, start + 100 * DAY_US);
        let woken = start + 100 * DAY_US;
        assert_eq!(state.slept_us(woken + HOUR_US, None), 100 * DAY_US);
        assert_eq!(state.slept_us(woken + 2 * DAY_US, None), 2 * DAY_US);
    }

    #[test]
    fn an_attempt_that_fails_leaves_no_trace_on_the_payee() {
        let (mut payer, payee) = (AccountState::default(), AccountState::default());
        attempts(&mut payer, 100, DAY_US);
        assert_eq!(payee, AccountState::default());
        assert!(payer.flows(DAY_US).paid.abs() < f64::EPSILON);
    }

    #[test]
    fn only_the_first_payment_of_a_pair_is_a_strangers() {
        let (mut payer, mut payee) = (AccountState::default(), AccountState::default());
        let mut pair = PairState::default();
        let [a, b] = [1_u128, 2].map(|id| Party::of(id.to_le_bytes(), 0));
        let transfer =
            Posted { payer: a, payee: b, amount_minor: 100, at_us: DAY_US, in_batch: false };
        for _ in 0..3 {
            posted(&mut payer, &mut payee, &mut pair, &transfer);
        }
        let (paid, received) = (payer.flows(DAY_US), payee.flows(DAY_US));
        assert_eq!([paid.paid, paid.new_payees].map(f64::to_bits), [300.0, 1.0].map(f64::to_bits));
        let seen = [received.received, received.from_strangers, received.received_month];
        assert_eq!(seen.map(f64::to_bits), [300.0, 100.0, 300.0].map(f64::to_bits));
        assert!((payee.distinct_payers(DAY_US) - 1.01).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..AccountState::LEN + 10),
            whole in any::<bool>(),
        ) {
            if whole {
                bytes.resize(AccountState::LEN, 0);
            }
            if let Some(version) = bytes.first_mut() {
                *version = 2;
            }
            if let Ok(state) = AccountState::from_bytes(&bytes) {
                prop_assert!(bytes.is_empty() || state.to_bytes() == bytes);
            }
        }
    }
}
