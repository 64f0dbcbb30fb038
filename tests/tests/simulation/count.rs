//! What has happened in all seeds of a run.

use std::collections::BTreeMap;
use std::fmt;

/// Outcomes, of intents and of the days of standing orders, that many seeds must have come to.
const CODES: [&str; 28] = [
    "approved-before",
    "challenge-redeemed",
    "challenge-expired",
    "challenge-unknown",
    "day failed",
    "day paid",
    "day skipped",
    "day waiting",
    "device-proof-invalid",
    "duplicate-item",
    "held",
    "hold-not-found",
    "insufficient-funds",
    "limit-new-payee",
    "limit-per-day",
    "limit-per-hour",
    "limit-per-minute",
    "limit-per-payee",
    "limit-per-transfer",
    "ok",
    "payment-decided",
    "payment-expired",
    "payment-not-found",
    "permission-denied",
    "standing-order-ended",
    "standing-order-invalid",
    "standing-order-needs-approval",
    "standing-order-not-found",
];

/// What has happened so far.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) seeds: u64,
    /// By code, of intents and of the items of batches; by status, of the days of standing orders.
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) questions: u64,
    pub(crate) commits: u64,
    pub(crate) failures: u64,
    pub(crate) deaths: u64,
    pub(crate) unknown: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.questions += other.questions;
        self.commits += other.commits;
        self.failures += other.failures;
        self.deaths += other.deaths;
        self.unknown += other.unknown;
        for (code, times) in other.outcomes {
            *self.outcomes.entry(code).or_default() += times;
        }
    }

    /// A rule that nobody runs into is not tested.
    pub(crate) fn assert_all_rules_were_met(&self) {
        let missing: Vec<_> =
            CODES.iter().filter(|code| !self.outcomes.contains_key(**code)).collect();
        assert!(missing.is_empty(), "nobody was told {missing:?}: {self}");
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, outcomes, questions, commits, failures, deaths, unknown } = self;
        write!(
            f,
            "{seeds} seeds, {questions} questions, {commits} commits, {failures} failures, \
             {deaths} deaths, {unknown} left in doubt, outcomes {outcomes:?}"
        )
    }
}
