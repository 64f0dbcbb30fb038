//! What the engine makes of every typology and of every innocent look-alike: the table of `docs/risk.md`.
//!
//! ```text
//! cargo run -p risk --example typologies
//! ```

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

#[path = "../tests/simulator/mod.rs"]
mod simulator;

use std::ops::Range;

use risk::Policy;
use simulator::{Tally, frauds::FRAUDS, innocents::INNOCENTS};

/// Not those by which the policy was tuned (1 to 500, 10000 to 10499), nor those of the tests.
const SEEDS: Range<u64> = 20_000..20_500;

fn main() {
    let policy = Policy::default_v2();
    println!("policy version {}, seeds {SEEDS:?} of each\n", policy.version);
    println!(
        "| typology | caught | of it blocked | monitored only | missed | held at payment (median, last) | money lost | reason |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, story) in FRAUDS {
        let mut tally = Tally::of(story, &policy, SEEDS, false);
        let step = tally.median_step().unwrap_or_default();
        let last = tally.steps.last().copied().unwrap_or_default();
        println!(
            "| {name} | {} % | {} % | {} % | {} % | {step}, {last} | {} % | {} |",
            per_cent(tally.held, tally.told),
            per_cent(tally.blocked, tally.told),
            per_cent(tally.monitored, tally.told),
            per_cent(tally.told - tally.held - tally.monitored, tally.told),
            tally.lost * 100 / tally.planned,
            tally.main_reason(),
        );
    }
    println!("\n| look-alike | nothing | monitored | held | blocked | payments held | reason |");
    println!("|---|---|---|---|---|---|---|");
    for (name, story) in INNOCENTS {
        let tally = Tally::of(story, &policy, SEEDS, true);
        println!(
            "| {name} | {} % | {} % | {} % | {} % | {} of {} | {} |",
            per_cent(tally.told - tally.held - tally.monitored, tally.told),
            per_cent(tally.monitored, tally.told),
            per_cent(tally.held, tally.told),
            per_cent(tally.blocked, tally.told),
            tally.payments_held,
            tally.payments,
            tally.main_reason(),
        );
    }
}

fn per_cent(part: usize, whole: usize) -> String {
    let tenths = (part * 1_000 + whole / 2) / whole;
    format!("{}.{}", tenths / 10, tenths % 10)
}
