//! What became of the day, and whether it is what the plan says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use client::{ClientError, Identity, Settled};
use hdrhistogram::Histogram;
use intent::{Outcome, Receipt};

/// Three digits: a latency is known to a thousandth of itself.
const DIGITS: u8 = 3;
/// Surprises told in full; the rest is counted.
const SURPRISES_SHOWN_MAX: usize = 20;

/// What must come of an intent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// It takes effect.
    Accepted,
    /// It is refused by a rule, and the refusal has a receipt.
    Recorded(&'static str),
    /// It is turned away before the log, as one of these.
    Declined(&'static [&'static str]),
}

/// A receipt with the key that signed its intent.
pub(super) struct Kept {
    pub(super) holder: Arc<Identity>,
    pub(super) receipt: Receipt,
}

/// Counts of one client, or of all.
pub(super) struct Tally {
    pub(super) submitted: u64,
    pub(super) accepted: u64,
    pub(super) replayed: u64,
    /// Transfers that moved money.
    pub(super) transfers: u64,
    pub(super) refused: BTreeMap<String, u64>,
    /// From handing the signed bytes to the connection to the verified receipt.
    pub(super) latency_us: Option<Histogram<u64>>,
    pub(super) receipts: Vec<Kept>,
    surprises: Vec<String>,
    surprises_count: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            submitted: 0,
            accepted: 0,
            replayed: 0,
            transfers: 0,
            refused: BTreeMap::new(),
            latency_us: Histogram::new(DIGITS).ok(),
            receipts: Vec::new(),
            surprises: Vec::new(),
            surprises_count: 0,
        }
    }

    /// Counts an answer and compares it with what was expected; what was accepted is handed back.
    pub(super) fn count(
        &mut self,
        what: &str,
        expected: Expected,
        answer: Answer,
    ) -> Option<Settled> {
        let Answer { holder, result, took } = answer;
        self.submitted = self.submitted.saturating_add(1);
        if let Some(histogram) = &mut self.latency_us {
            // It grows by itself up to 2^62, so no latency is too long.
            let _ = histogram.record(u64::try_from(took.as_micros()).unwrap_or_default());
        }
        match result {
            Ok(settled) => {
                self.accepted = self.accepted.saturating_add(1);
                self.keep(&holder, &settled.receipt);
                if !matches!(expected, Expected::Accepted) {
                    self.surprise(format!("{what}: accepted, expected {expected}"));
                }
                Some(settled)
            }
            Err(error) => {
                self.refuse(what, expected, &holder, &error);
                None
            }
        }
    }

    fn refuse(
        &mut self,
        what: &str,
        expected: Expected,
        holder: &Arc<Identity>,
        error: &ClientError,
    ) {
        let code = error.problem().map_or("no-answer", |problem| problem.code.as_str());
        let counted = self.refused.entry(code.to_owned()).or_default();
        *counted = counted.saturating_add(1);
        let as_expected = match (expected, error) {
            (Expected::Recorded(rule), ClientError::Refused { receipt, .. }) => {
                self.keep(holder, receipt);
                code == rule && receipt.outcome == Outcome::Refused && receipt.code == rule
            }
            (Expected::Declined(codes), ClientError::Problem(_)) => codes.contains(&code),
            (Expected::Accepted | Expected::Recorded(_) | Expected::Declined(_), _) => false,
        };
        if !as_expected {
            self.surprise(format!("{what}: {error}, expected {expected}"));
        }
    }

    /// Counts a rotation, which answers more than a receipt and so is timed by nobody.
    pub(super) fn rotated(&mut self, holder: &Arc<Identity>, receipt: &Receipt) {
        self.submitted = self.submitted.saturating_add(1);
        self.accepted = self.accepted.saturating_add(1);
        self.keep(holder, receipt);
    }

    fn keep(&mut self, holder: &Arc<Identity>, receipt: &Receipt) {
        self.receipts.push(Kept { holder: Arc::clone(holder), receipt: receipt.clone() });
    }

    /// Notes that something is not as planned.
    pub(super) fn surprise(&mut self, text: String) {
        self.surprises_count = self.surprises_count.saturating_add(1);
        if self.surprises.len() < SURPRISES_SHOWN_MAX {
            self.surprises.push(text);
        }
    }

    /// Adds another client's counts.
    pub(super) fn merge(&mut self, other: Self) {
        self.submitted = self.submitted.saturating_add(other.submitted);
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.replayed = self.replayed.saturating_add(other.replayed);
        self.transfers = self.transfers.saturating_add(other.transfers);
        for (code, count) in other.refused {
            let sum = self.refused.entry(code).or_default();
            *sum = sum.saturating_add(count);
        }
        if let (Some(ours), Some(theirs)) = (&mut self.latency_us, &other.latency_us) {
            // Both resize by themselves, so adding cannot fail.
            let _ = ours.add(theirs);
        }
        self.receipts.extend(other.receipts);
        self.surprises.extend(other.surprises);
        self.surprises.truncate(SURPRISES_SHOWN_MAX);
        self.surprises_count = self.surprises_count.saturating_add(other.surprises_count);
    }

    /// What is not as planned: how much, and the first of it.
    pub(super) fn surprises(&self) -> (u64, &[String]) {
        (self.surprises_count, &self.surprises)
    }

    /// The latency that so many in a hundred intents did not exceed.
    pub(super) fn latency_us_at(&self, percent: f64) -> u64 {
        self.latency_us.as_ref().map_or(0, |histogram| histogram.value_at_percentile(percent))
    }
}

/// An answer with how long it took.
pub(super) struct Answer {
    pub(super) holder: Arc<Identity>,
    pub(super) result: Result<Settled, ClientError>,
    pub(super) took: Duration,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accepted => f.write_str("acceptance"),
            Self::Recorded(code) => write!(f, "a recorded refusal {code}"),
            Self::Declined(codes) => write!(f, "to be turned away as {}", codes.join(" or ")),
        }
    }
}
