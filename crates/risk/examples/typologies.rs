//! What the engine makes of every typology and of every innocent look-alike: the table of `docs/risk.md`.
//!
//! ```text
//! cargo run -p risk --example typologies
//! ```

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

#[path = "../tests/simulator/mod.rs"]
mod simulator;

use risk::Policy;
use simulator::{Tally, frauds::FRAUDS, innocents::INNOCENTS};

const TIMES: u64 = 500;

fn main() {
    let policy = Policy::default_v2();
    println!("policy version {}, {TIMES} tellings of each, seeds 1 to {TIMES}\n", policy.version);
    println!(
        "| typology | caught | of it blocked | missed | at payment, median, last | money lost | reason |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, story, _) in FRAUDS {
        let mut tally = Tally::of(story, &policy, TIMES, false);
        let step = tally.median_step().unwrap_or_default();
        let last = tally.steps.last().copied().unwrap_or_default();
        println!(
            "| {name} | {} % | {} % | {} % | {step}, {last} | {} % | {} |",
            per_cent(tally.held, tally.told),
            per_cent(tally.blocked, tally.told),
            per_cent(tally.told - tally.held, tally.told),
            tally.lost * 100 / tally.planned,
            tally.main_reason(),
        );
    }
    println!("\n| look-alike | nothing | monitored | held | blocked | payments held | reason |");
    println!("|---|---|---|---|---|---|---|");
    for (name, story, _) in INNOCENTS {
        let tally = Tally::of(story, &policy, TIMES, true);
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
