//! What a verdict says, and what holds of every verdict.
#![expect(clippy::arithmetic_side_effects, reason = "the numbers are chosen not to overflow")]
#![expect(clippy::inconsistent_digit_grouping, reason = "euros, then cents")]
#![expect(clippy::similar_names, reason = "payer and payee are the words")]
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use money::{Asset, AssetCode};
use proptest::prelude::*;
use risk::{
    AccountState, Action, Attempt, Context, Level, PairState, Party, Payment, Policy, Posted,
    Reason, Rule, Verdict, assess, posted,
};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
const START_US: i64 = 1_700_000_000_000_000;

/// Two accounts, a clock, and a policy that watches the first.
#[derive(Clone)]
struct Watched {
    payer: AccountState,
    payee: AccountState,
    pair: PairState,
    now_us: i64,
    available_minor: Option<i64>,
    unseen_minor_max: Option<i64>,
    context: Context,
    policy: Policy,
}

impl Watched {
    fn new() -> Self {
        Self {
            payer: AccountState::default(),
            payee: AccountState::default(),
            pair: PairState::default(),
            now_us: START_US,
            available_minor: Some(100_000_000_00),
            unseen_minor_max: None,
            context: Context::default(),
            policy: Policy::default_v2(),
        }
    }

    /// A customer who paid 120.00 every third day for half a year.
    fn settled() -> Self {
        let mut watched = Self::new();
        for _ in 0..60 {
            let verdict = watched.pays(120_00, 3 * DAY_US);
            assert_eq!(verdict.level, Level::Low, "{verdict:?}");
        }
        watched
    }

    fn judges(&self, amounts: &[i64], pair: PairState) -> Verdict {
        let payment = |amount_minor: &i64| Payment {
            amount_minor: *amount_minor,
            payee: party(2),
            pair,
            payee_state: Some(&self.payee),
            payee_opened_at_us: Some(START_US - DAY_US),
            beneficiary_since_us: Some(START_US),
        };
        let payments: Vec<_> = amounts.iter().map(payment).collect();
        let attempt = Attempt {
            asset: Asset::iso(AssetCode::EUR).unwrap(),
            at_us: self.now_us,
            available_minor: self.available_minor,
            payments: &payments,
            unseen_minor_max: self.unseen_minor_max,
            context: self.context,
        };
        assess(&self.payer, &attempt, &self.policy)
    }

    fn pays(&mut self, minor: i64, pause_us: i64) -> Verdict {
        self.pays_many(&[minor], pause_us)
    }

    fn pays_many(&mut self, amounts: &[i64], pause_us: i64) -> Verdict {
        self.now_us += pause_us;
        let verdict = self.judges(amounts, self.pair);
        let total = amounts.iter().fold(0_i64, |sum, amount| sum.saturating_add(*amount));
        self.payer.attempted(total, amounts.len(), self.now_us);
        for amount in amounts {
            let (at_us, in_batch) = (self.now_us, amounts.len() > 1);
            let (payer, payee) = (party(1), party(2));
            let transfer = Posted { payer, payee, amount_minor: *amount, at_us, in_batch };
            posted(&mut self.payer, &mut self.payee, &mut self.pair, &transfer);
        }
        verdict
    }

    fn stored_and_read(&mut self) {
        self.payer = AccountState::from_bytes(&self.payer.to_bytes()).unwrap();
        self.payee = AccountState::from_bytes(&self.payee.to_bytes()).unwrap();
        self.pair = PairState::from_bytes(&self.pair.to_bytes()).unwrap();
    }
}

fn party(n: u128) -> Party {
    Party::of(n.to_le_bytes(), 0)
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn forty_payments_in_an_hour_are_blocked() {
    let mut watched = Watched::settled();
    watched.now_us += DAY_US;
    let verdicts: Vec<_> = (0..40).map(|_| watched.pays(50_00, 90_000_000)).collect();
    let last = verdicts.last().unwrap();
    assert_eq!((last.level, last.action), (Level::Critical, Action::Block));
    assert_eq!(codes(last), ["velocity-burst"]);
}

#[test]
fn a_ceiling_caps_the_action_and_says_so() {
    let mut watched = Watched::settled();
    watched.policy.ceiling = Action::Monitor;
    let verdict = (0..40).map(|_| watched.pays(50_00, 30_000_000)).last().unwrap();
    assert_eq!((verdict.level, verdict.proposed), (Level::Critical, Action::Block));
    assert!(verdict.action == Action::Monitor && verdict.is_capped());
    let sentence = "action block is capped to monitor: policy version 2 allows no more";
    assert_eq!(verdict.reasons.last().unwrap().sentence, sentence);
}

#[test]
fn a_floor_raises_the_action_and_never_the_score() {
    let mut watched = Watched::settled();
    let step = risk::Step { at_least: 1, weight_per_mille: 10 };
    let weighing = risk::Weighing { steps: vec![step], floor: Some(Action::Review) };
    watched.policy.rules = [(Rule::FarAboveHabit, weighing)].into();
    let verdict = watched.pays(5_000_00, DAY_US);
    assert_eq!((verdict.score_per_mille, verdict.level), (10, Level::Low));
    assert_eq!((verdict.proposed, verdict.action), (Action::Review, Action::Review));
    assert_eq!(codes(&verdict), ["far-above-habit", Reason::RAISED]);
    let sentence = "rule far-above-habit asks for review whatever the score";
    assert_eq!(verdict.reasons[1].sentence, sentence);
}

#[test]
fn a_rule_that_the_policy_does_not_name_is_off() {
    let mut watched = Watched::settled();
    watched.policy.rules.clear();
    let verdict = watched.pays(i64::MAX, DAY_US);
    assert_eq!((verdict.score_per_mille, verdict.reasons.len()), (0, 0));
}

#[test]
fn reasons_carry_their_values_in_the_form_people_read() {
    let mut watched = Watched::new();
    for _ in 0..30 {
        let _ = watched.pays(520_00, DAY_US);
    }
    let verdict = watched.pays(4_800_00, DAY_US);
    let sentences: Vec<_> = verdict.reasons.iter().map(|reason| reason.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "4,800.00 EUR is 9.2 times your 30-day mean 520.00",
            "4,800.00 EUR is 9.2 times the most you ever paid, 520.00",
        ]
    );
}

#[test]
fn a_batch_of_payments_below_a_limit_to_one_payee_is_structuring() {
    let mut watched = Watched::settled();
    let verdict = watched.pays_many(&[9_500_00, 9_900_00, 9_700_00], DAY_US);
    assert!(codes(&verdict).contains(&Rule::RepeatedlyBelowLimit.code()), "{verdict:?}");
    assert!(verdict.action >= Action::Review);
}

#[test]
fn sums_just_below_what_the_bank_wants_to_see_are_structuring() {
    // Of a batch it is the sum.
    let below = [&[4_900_00][..], &[5_000_00], &[2_490_00, 2_500_00]];
    let codes_of_third = |unseen_minor_max| {
        let mut watched = Watched { unseen_minor_max, ..Watched::settled() };
        let verdicts = below.map(|amounts| watched.pays_many(amounts, HOUR_US));
        let sentences = verdicts.into_iter().last().unwrap().reasons.into_iter();
        sentences.map(|reason| format!("{}: {}", reason.code, reason.sentence)).collect::<Vec<_>>()
    };
    let told =
        "repeatedly-below-limit: 3 attempts within days just below 5,000.00 EUR, this one included";
    assert!(codes_of_third(Some(5_000_00)).iter().any(|reason| reason == told));
    for other in [None, Some(4_899_99), Some(6_000_00)] {
        let reasons = codes_of_third(other);
        assert!(!reasons.iter().any(|reason| reason.starts_with("repeatedly")), "{reasons:?}");
    }
}

#[test]
fn refused_attempts_count_towards_a_burst() {
    let mut watched = Watched::settled();
    watched.now_us += DAY_US;
    for _ in 0..30 {
        watched.now_us += MINUTE_US;
        watched.payer.attempted(50_00, 1, watched.now_us);
    }
    assert_eq!(watched.judges(&[50_00], watched.pair).action, Action::Block);
}

#[test]
fn paying_a_little_first_does_not_make_a_payee_familiar() {
    let new_hand = |watched: &mut Watched| {
        watched.context.device_since_us = Some(watched.now_us);
        watched.available_minor = Some(5_000_00);
    };
    let mut watched = Watched::settled();
    watched.pair = PairState::default();
    new_hand(&mut watched);
    let _ = watched.pays(1_00, HOUR_US);
    let verdict = watched.pays(4_900_00, HOUR_US);
    assert!(codes(&verdict).contains(&Rule::Takeover.code()), "{verdict:?}");
    assert!(verdict.action >= Action::Review);
}

#[test]
fn the_first_device_of_a_new_customer_is_no_new_hand() {
    let mut watched = Watched::new();
    watched.available_minor = Some(5_000_00);
    watched.context.device_since_us = Some(START_US);
    watched.context.address_is_new = true;
    let verdict = watched.pays(4_000_00, HOUR_US);
    assert!(!codes(&verdict).contains(&Rule::Takeover.code()), "{verdict:?}");
}

#[test]
fn sentences_give_no_number_of_the_payees_account() {
    let mut watched = Watched::settled();
    watched.context.bank_since_us = START_US - 1_000 * DAY_US;
    watched.pair = PairState::default();
    for n in 10..40 {
        let (mut payer, mut pair) = (AccountState::default(), PairState::default());
        let (at_us, payer_id, payee) = (watched.now_us, party(n), party(2));
        let transfer =
            Posted { payer: payer_id, payee, amount_minor: 777_77, at_us, in_batch: false };
        posted(&mut payer, &mut watched.payee, &mut pair, &transfer);
    }
    let verdict = watched.pays(3_000_00, HOUR_US);
    let reason = |rule: Rule| verdict.reasons.iter().find(|reason| reason.code == rule.code());
    let fan_in = reason(Rule::PayeeFanIn).unwrap();
    assert!(!fan_in.sentence.contains(|c: char| c.is_ascii_digit()), "{}", fan_in.sentence);
}

#[test]
fn an_account_without_floor_is_never_emptied() {
    let mut watched = Watched::new();
    watched.available_minor = None;
    let verdict = watched.judges(&[i64::MAX], PairState::default());
    assert_eq!(codes(&verdict), [Rule::NewBeneficiary.code()]);
}

#[test]
fn an_attempt_without_payments_says_nothing() {
    let verdict = Watched::settled().judges(&[], PairState::default());
    assert_eq!((verdict.score_per_mille, verdict.reasons.len()), (0, 0));
}

#[test]
fn the_edges_of_the_integers_neither_panic_nor_leave_the_scale() {
    let edges = [i64::MIN, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for (at, available) in edges.iter().flat_map(|at| edges.map(|available| (*at, available))) {
        let mut watched = Watched::new();
        watched.available_minor = Some(available);
        watched.context = Context {
            bank_since_us: at,
            account_opened_at_us: Some(available),
            device_since_us: Some(at),
            key_since_us: Some(available),
            credentials_changed_at_us: Some(at),
            address_is_new: true,
            failed_sign_ins: u32::MAX,
            outside_hours: true,
        };
        for _ in 0..4 {
            for amount in edges {
                watched.now_us = at;
                let verdict = watched.pays_many(&[amount, amount], 0);
                assert!(verdict.score_per_mille <= 1_000);
                watched.stored_and_read();
            }
        }
    }
}

type Step = (Vec<i64>, i64, bool, u32);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![1..=20_000_00_i64, 8_500_00..10_000_00_i64, 0..=i64::MAX];
    let pause = prop_oneof![0..HOUR_US, 0..5 * DAY_US, 80 * DAY_US..120 * DAY_US];
    let step = (prop::collection::vec(amount, 1..4), pause, any::<bool>(), 0..12_u32);
    prop::collection::vec(step, 1..40)
}

fn play(watched: &mut Watched, step: &Step) -> Verdict {
    let (amounts, pause_us, address_is_new, failed_sign_ins) = step;
    watched.context.address_is_new = *address_is_new;
    watched.context.failed_sign_ins = *failed_sign_ins;
    watched.pays_many(amounts, *pause_us)
}

proptest! {
    /// What a replay of the log relies on: wherever the states were stored and read back in between, and so however the
    /// log was cut into group commits, the verdicts and the bytes are the same.
    #[test]
    fn a_replay_in_any_grouping_finds_the_same_verdicts(
        steps in steps(),
        cuts in prop::collection::vec(any::<bool>(), 40),
    ) {
        let (mut live, mut replay) = (Watched::new(), Watched::new());
        for (step, cut) in steps.iter().zip(cuts) {
            let verdict = play(&mut live, step);
            prop_assert_eq!(&verdict, &play(&mut replay, step));
            if cut {
                replay.stored_and_read();
            }
            prop_assert_eq!(live.payer.to_bytes(), replay.payer.to_bytes());
            prop_assert_eq!(live.payee.to_bytes(), replay.payee.to_bytes());
            prop_assert_eq!(live.payer.to_bytes().len(), AccountState::LEN);
        }
    }

    #[test]
    fn every_verdict_follows_from_its_reasons(steps in steps(), ceiling in 0..4_usize) {
        let mut watched = Watched::new();
        watched.policy.ceiling = Action::ALL[ceiling];
        for step in &steps {
            let verdict = play(&mut watched, step);
            let rest = verdict.reasons.iter().fold(1.0, |rest, reason| {
                rest * (1.0 - f64::from(reason.weight_per_mille) / 1_000.0)
            });
            prop_assert!((verdict.score() - (1.0 - rest)).abs() < 0.001_1, "{:?}", verdict);
            prop_assert_eq!(verdict.level, watched.policy.level_of(verdict.score_per_mille));
            prop_assert!(verdict.proposed >= verdict.level.action());
            prop_assert_eq!(verdict.action, verdict.proposed.min(watched.policy.ceiling));
            prop_assert_eq!(verdict.is_capped(), codes(&verdict).contains(&Reason::CAPPED));
            prop_assert!(verdict.reasons.is_sorted_by(|a, b| a.weight_per_mille >= b.weight_per_mille));
        }
    }

    /// More money is never less suspicious. Three rules speak of an amount that is neither more nor less, and are left
    /// out: near a limit, as much as came in, and as much as was handed on.
    #[test]
    fn a_larger_amount_never_lowers_the_score(
        steps in steps(), smaller in 1..50_000_00_i64, more in 1..1_000_000_00_i64, is_new in any::<bool>(),
    ) {
        let mut watched = Watched::new();
        for rule in [Rule::RepeatedlyBelowLimit, Rule::MuleThrough, Rule::FanInThenOut, Rule::DormantWaking, Rule::RoundTrip] {
            watched.policy.rules.remove(&rule);
        }
        for step in &steps {
            let _ = play(&mut watched, step);
        }
        watched.available_minor = Some(60_000_00);
        let pair = if is_new { PairState::default() } else { watched.pair };
        let (less, more) = (watched.judges(&[smaller], pair), watched.judges(&[smaller + more], pair));
        prop_assert!(less.score_per_mille <= more.score_per_mille, "{:?} {:?}", less, more);
    }
}
