//! What one verdict costs, with everything around it: reading the three states, assessing, updating, and writing them.
//!
//! ```text
//! cargo bench -p risk
//! ```
//!
//! Criterion gives the mean; the percentiles, of single calls and so with the clock's own cost in them, come first.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use money::{Asset, AssetCode};
use risk::{AccountState, Attempt, Context, PairState, Party, Payment, Policy, Posted, Verdict};

const SAMPLES: i64 = 200_000;
const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
const START_US: i64 = 1_700_000_000 * SECOND_US;

/// Two stored accounts and a stored pair, as a row of each has them.
struct Rows {
    payer: Vec<u8>,
    payee: Vec<u8>,
    pair: Vec<u8>,
    at_us: i64,
    policy: Policy,
}

impl Rows {
    /// Half a year of habit.
    fn settled() -> Self {
        let policy = Policy::default_v2();
        let empty = Vec::new;
        let mut rows =
            Self { payer: empty(), payee: empty(), pair: empty(), at_us: START_US, policy };
        for _ in 0..60 {
            rows.pays(12_000, 3 * DAY_US);
        }
        rows
    }

    fn pays(&mut self, amount_minor: i64, pause_us: i64) -> Verdict {
        self.at_us += pause_us;
        let at_us = self.at_us;
        let mut payer = AccountState::from_bytes(&self.payer).unwrap();
        let mut payee = AccountState::from_bytes(&self.payee).unwrap();
        let mut pair = PairState::from_bytes(&self.pair).unwrap();
        let (from, to) = (Party::of([1; 16], 0), Party::of([2; 16], 0));
        let payment = Payment {
            amount_minor,
            payee: to,
            pair,
            payee_state: Some(&payee),
            payee_opened_at_us: Some(START_US),
            beneficiary_since_us: None,
        };
        let attempt = Attempt {
            asset: Asset::iso(AssetCode::EUR).unwrap(),
            at_us,
            available_minor: Some(1_000_000),
            payments: &[payment],
            unseen_minor_max: None,
            context: Context::default(),
        };
        let verdict = risk::assess(&payer, &attempt, &self.policy);
        payer.attempted(amount_minor, 1, at_us);
        let transfer = Posted { payer: from, payee: to, amount_minor, at_us, in_batch: false };
        risk::posted(&mut payer, &mut payee, &mut pair, &transfer);
        self.payer = payer.to_bytes();
        self.payee = payee.to_bytes();
        self.pair = pair.to_bytes();
        verdict
    }
}

fn percentiles(what: &str, amount_minor: i64, pause_us: i64) {
    let mut rows = Rows::settled();
    let mut nanoseconds: Vec<u128> = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            black_box(rows.pays(black_box(amount_minor), pause_us));
            start.elapsed().as_nanos()
        })
        .collect();
    nanoseconds.sort_unstable();
    let at = |per_mille: usize| nanoseconds[nanoseconds.len() * per_mille / 1_000];
    println!("{what:<28} p50 {:>6} ns  p99 {:>6} ns  p99.9 {:>6} ns", at(500), at(990), at(999));
}

fn main() {
    percentiles("ordinary, no reason", 12_000, DAY_US);
    percentiles("burst, near a limit, dear", 950_000, SECOND_US);
    let mut criterion = Criterion::default().configure_from_args();
    for (what, amount_minor, pause_us) in
        [("ordinary", 12_000, DAY_US), ("with reasons", 950_000, SECOND_US)]
    {
        let mut rows = Rows::settled();
        criterion.bench_function(what, |bench| {
            bench.iter(|| rows.pays(black_box(amount_minor), pause_us));
        });
    }
    criterion.final_summary();
}
