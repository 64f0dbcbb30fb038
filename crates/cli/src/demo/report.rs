//! What happened, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use server::verify::Report;

use super::stories::Told;
use super::ways_in::Tried;

/// The figures of a demo. As JSON they are numbers.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) ok: bool,
    pub(super) seed: u64,
    pub(super) customers: u64,
    pub(super) clients: u64,
    /// Signed documents handed in; accepted and refused ones add up to it.
    pub(super) submitted: u64,
    pub(super) accepted: u64,
    /// By code.
    pub(super) refused: BTreeMap<String, u64>,
    /// Documents handed in once more, which got the same receipt. Not part of `submitted`.
    pub(super) replayed: u64,
    /// Transfers that moved money; a payroll has many.
    pub(super) transfers: u64,
    pub(super) day_ms: u64,
    pub(super) transfers_per_s: f64,
    /// From handing in the signed bytes to the verified receipt.
    pub(super) latency_us: Latency,
    /// Ways to sign in that were tried after the day, and what else a person does with devices.
    pub(super) ways_in: Vec<Tried>,
    /// What a person saw, what came due, files, and frauds, after the day.
    pub(super) stories: Vec<Told>,
    pub(super) log_size: u64,
    pub(super) checkpoint: Shown,
    /// Receipts verified offline by the trust file.
    pub(super) receipts_verified: u64,
    pub(super) verify: Report,
    /// Duration of each part of the demo.
    pub(super) phases_ms: BTreeMap<&'static str, u64>,
    /// What was not as planned: how much of it, and the first of it.
    pub(super) surprises_count: u64,
    pub(super) surprises: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

/// A checkpoint for people.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    pub(super) origin: String,
    pub(super) size: u64,
    /// Base64.
    pub(super) root: String,
}

impl Summary {
    /// The summary as a table.
    pub(super) fn table(&self) -> String {
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut row = |name: &str, text: String| rows.push((name.to_owned(), text));
        row("submitted", format!("{} signed intents", grouped(self.submitted)));
        row(
            "accepted",
            format!("{} ({} transfers)", grouped(self.accepted), grouped(self.transfers)),
        );
        let refused: u64 = self.refused.values().sum();
        row("refused", grouped(refused));
        for (code, count) in &self.refused {
            row(&format!("  {code}"), grouped(*count));
        }
        row("sent again", format!("{}, same receipts", grouped(self.replayed)));
        row("throughput", format!("{:.0} transfers/s", self.transfers_per_s));
        let Latency { p50, p99, max } = self.latency_us;
        row("latency", format!("p50 {}, p99 {}, max {}", ms(p50), ms(p99), ms(max)));
        for (place, Tried { what, ms }) in self.ways_in.iter().enumerate() {
            row(if place == 0 { "ways in" } else { "" }, format!("{what}, {ms} ms"));
        }
        for Told { what, outcome } in &self.stories {
            row(what, outcome.clone());
        }
        row("log", format!("{} leaves of {}", grouped(self.log_size), self.checkpoint.origin));
        row("checkpoint", format!("{} {}", grouped(self.checkpoint.size), self.checkpoint.root));
        row("receipts", format!("{} verified offline", grouped(self.receipts_verified)));
        row("verify", self.verified());
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let mut table = String::new();
        for (name, text) in rows {
            // Writing to a string does not fail.
            let _ = writeln!(table, "{name:width$}  {text}");
        }
        table
    }

    fn verified(&self) -> String {
        let Report { ok, leaves, transfers, accounts, checkpoints, .. } = &self.verify;
        let counted = [
            (leaves, "leaves"),
            (transfers, "transfers"),
            (accounts, "accounts"),
            (checkpoints, "checkpoints"),
        ];
        let counted = counted.map(|(count, name)| format!("{} {name}", grouped(*count)));
        format!("{}: {}", if *ok { "ok" } else { "NOT OK" }, counted.join(", "))
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds as milliseconds with one decimal.
fn ms(us: u64) -> String {
    let tenths = us.saturating_add(50).div_euclid(100);
    format!("{}.{} ms", tenths.div_euclid(10), tenths.rem_euclid(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_in_groups_of_three() {
        let shown = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn microseconds_are_rounded_to_tenths_of_a_millisecond() {
        assert_eq!(
            [0, 49, 50, 12_345, 999_960].map(ms),
            ["0.0 ms", "0.0 ms", "0.1 ms", "12.3 ms", "1000.0 ms"]
        );
    }
}
