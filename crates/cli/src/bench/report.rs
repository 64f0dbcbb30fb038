//! Medians over the rounds, and ratios to pgbench of the same run.

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use intent::Form;
use serde_json::{Map, Value, json};

use super::generator::{Measured, Refused, add};
use super::load::Scenario;
use super::peers;
use super::processor::Cost;
use super::reference::Primitives;
use super::sign_in::Figures;

/// One round of everything.
#[derive(Default)]
pub(super) struct Round {
    pub(super) pgbench_tps: Vec<f64>,
    /// In the order of [`peers::NAMES`]; empty where they were not asked for.
    pub(super) peers_tps: Vec<f64>,
    pub(super) scenarios: Vec<(Scenario, Measured)>,
}

/// What is said at the end.
pub(super) struct Report {
    /// How requests and receipts were written.
    bodies: Form,
    pgbench_tps: f64,
    /// By name: median and spread.
    peers: Vec<(&'static str, f64, f64)>,
    /// What the processors could do at the cost of `single`, if that was measured.
    ceiling_per_s: Option<f64>,
    scenarios: Vec<(Scenario, Medians)>,
    primitives: Primitives,
    sign_in: Figures,
    durability: Vec<(String, String)>,
    conserved: bool,
    drift: f64,
}

pub(super) struct Medians {
    pub(super) transfers_per_s: f64,
    pub(super) spread: f64,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
    pub(super) p999_us: u64,
    pub(super) max_us: u64,
    pub(super) p50_us_full: u64,
    pub(super) p99_us_full: u64,
    pub(super) half_per_s: f64,
    pub(super) refused: Refused,
    /// Of a transfer, at saturation.
    pub(super) cost: Cost,
    /// Of a transfer, at half load.
    pub(super) half_cost: Cost,
    pub(super) server_bytes: u64,
}

impl Report {
    pub(super) fn new(
        bodies: Form,
        rounds: &[Round],
        primitives: Primitives,
        sign_in: Figures,
        durability: Vec<(String, String)>,
        conserved: bool,
    ) -> Self {
        let references: Vec<f64> =
            rounds.iter().flat_map(|round| round.pgbench_tps.iter().copied()).collect();
        let mut scenarios: Vec<(Scenario, Medians)> = Vec::new();
        for scenario in Scenario::value_variants() {
            let measured: Vec<&Measured> = rounds
                .iter()
                .flat_map(|round| &round.scenarios)
                .filter(|(of, _)| of == scenario)
                .map(|(_, measured)| measured)
                .collect();
            if !measured.is_empty() {
                scenarios.push((*scenario, Medians::of(&measured)));
            }
        }
        let mut peers = Vec::new();
        for (at, name) in peers::NAMES.into_iter().enumerate() {
            let rates: Vec<f64> =
                rounds.iter().filter_map(|round| round.peers_tps.get(at).copied()).collect();
            if !rates.is_empty() {
                peers.push((name, median(&rates), spread(&rates)));
            }
        }
        Self {
            bodies,
            pgbench_tps: median(&references),
            peers,
            ceiling_per_s: ceiling_per_s(&scenarios),
            drift: spread(&references),
            scenarios,
            primitives,
            sign_in,
            durability,
            conserved,
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut report = Map::new();
        report.insert("bodies".to_owned(), json!(self.bodies.media_type()));
        report.insert("pgbench_tps".to_owned(), rounded(self.pgbench_tps));
        report.insert("pgbench_spread".to_owned(), ratio(self.drift));
        report.insert("noisy".to_owned(), json!(self.drift > 0.15));
        for (name, tps, spread) in &self.peers {
            report.insert(format!("{name}_tps"), rounded(*tps));
            report.insert(format!("{name}_spread"), ratio(*spread));
        }
        report.insert("ceiling_per_s".to_owned(), self.ceiling_per_s.map_or(Value::Null, rounded));
        for (scenario, medians) in &self.scenarios {
            report.insert(scenario.name(), medians.json(self.pgbench_tps));
        }
        let primitives: Map<String, Value> = self
            .primitives
            .iter()
            .map(|(name, rate)| ((*name).to_owned(), rounded(*rate)))
            .collect();
        report.insert("primitives".to_owned(), Value::Object(primitives));
        report.insert("identity".to_owned(), self.sign_in.json());
        let durability: Map<String, Value> =
            self.durability.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        report.insert("durability".to_owned(), Value::Object(durability));
        report.insert("money_conserved".to_owned(), json!(self.conserved));
        Value::Object(report)
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header([
            "scenario",
            "transfers/s",
            "x pgbench",
            "p50 µs",
            "p99 µs",
            "slowest µs",
            "at",
            "server µs",
            "postgres µs",
            "client µs",
            "WAL bytes",
            "server MB",
        ]);
        table.add_row(["pgbench TPC-B", &whole(self.pgbench_tps), "1.00"]);
        for (name, tps, _) in &self.peers {
            let times = format!("{:.2}", tps / self.pgbench_tps.max(1.0));
            table.add_row([&name.replace('_', " "), &whole(*tps), &times]);
        }
        for (scenario, m) in &self.scenarios {
            table.add_row([
                scenario.name(),
                whole(m.transfers_per_s),
                format!("{:.2}", m.transfers_per_s / self.pgbench_tps.max(1.0)),
                m.p50_us.to_string(),
                m.p99_us.to_string(),
                m.max_us.to_string(),
                format!("{}/s", whole(m.half_per_s)),
                format!("{:.0}", m.cost.server_us),
                format!("{:.0}", m.cost.postgres_us),
                format!("{:.0}", m.cost.client_us),
                whole(m.cost.wal_bytes),
                (m.server_bytes / 1_000_000).to_string(),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let durability: Vec<String> =
            self.durability.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let noisy = if self.drift > 0.15 { "  NOISY: only ratios count" } else { "" };
        let ceiling = self.ceiling_per_s.map(|ceiling_per_s| {
            format!("ceiling by CPU cost: {} transfers/s   ", whole(ceiling_per_s))
        });
        format!(
            "{table}\n{}{}{}   {}   money conserved: {}{noisy}\n",
            self.sign_in.lines(),
            ceiling.unwrap_or_default(),
            self.bodies.media_type(),
            durability.join(" "),
            if self.conserved { "yes" } else { "NO" },
        )
    }
}

fn ceiling_per_s(scenarios: &[(Scenario, Medians)]) -> Option<f64> {
    let cores = std::thread::available_parallelism()
        .map_or(1.0, |cores| u32::try_from(cores.get()).map_or(1.0, f64::from));
    let (_, single) = scenarios.iter().find(|(scenario, _)| *scenario == Scenario::Single)?;
    let cost_us = single.cost.cpu_us();
    (cost_us > 0.0).then_some(cores * 1_000_000.0 / cost_us)
}

impl Medians {
    pub(super) fn of(measured: &[&Measured]) -> Self {
        let float = |of: fn(&Measured) -> f64| -> f64 {
            median(&measured.iter().map(|measured| of(measured)).collect::<Vec<_>>())
        };
        let whole = |of: fn(&Measured) -> u64| -> u64 {
            let mut values: Vec<u64> = measured.iter().map(|measured| of(measured)).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let rates: Vec<f64> = measured.iter().map(|measured| measured.transfers_per_s).collect();
        Self {
            transfers_per_s: median(&rates),
            spread: spread(&rates),
            p50_us: whole(|m| m.p50_us),
            p99_us: whole(|m| m.p99_us),
            p999_us: whole(|m| m.p999_us),
            max_us: whole(|m| m.max_us),
            p50_us_full: whole(|m| m.p50_us_full),
            p99_us_full: whole(|m| m.p99_us_full),
            half_per_s: float(|m| m.half_per_s),
            refused: measured
                .iter()
                .fold(Refused::new(), |all, measured| add(all, &measured.refused)),
            cost: costs(measured.iter().map(|measured| measured.cost)),
            half_cost: costs(measured.iter().map(|measured| measured.half_cost)),
            server_bytes: whole(|m| m.server_bytes),
        }
    }

    pub(super) fn json(&self, pgbench_tps: f64) -> Value {
        json!({
            "transfers_per_s": rounded(self.transfers_per_s),
            "ratio_to_pgbench": ratio(self.transfers_per_s / pgbench_tps.max(1.0)),
            "spread": ratio(self.spread),
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "p999_us": self.p999_us,
            "max_us": self.max_us,
            "latency_at_per_s": rounded(self.half_per_s),
            "saturated": { "p50_us": self.p50_us_full, "p99_us": self.p99_us_full },
            "refused": self.refused,
            "cpu_us": cpu(&self.cost),
            "cpu_us_at_half_load": cpu(&self.half_cost),
            "wal_bytes": rounded(self.cost.wal_bytes),
            "server_bytes": self.server_bytes,
        })
    }
}

/// The medians of each figure.
fn costs(measured: impl Iterator<Item = Cost>) -> Cost {
    let measured: Vec<Cost> = measured.collect();
    let float = |of: fn(&Cost) -> f64| median(&measured.iter().map(of).collect::<Vec<_>>());
    Cost {
        server_us: float(|cost| cost.server_us),
        postgres_us: float(|cost| cost.postgres_us),
        client_us: float(|cost| cost.client_us),
        wal_bytes: float(|cost| cost.wal_bytes),
    }
}

fn cpu(cost: &Cost) -> Value {
    json!({
        "server": ratio(cost.server_us),
        "postgres": ratio(cost.postgres_us),
        "client": ratio(cost.client_us),
    })
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Distance of the extremes as a part of the median.
pub(super) fn spread(values: &[f64]) -> f64 {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
    if values.is_empty() { 0.0 } else { (high - low) / median(values).max(1.0) }
}

pub(super) fn whole(value: f64) -> String {
    format!("{value:.0}")
}

pub(super) fn rounded(value: f64) -> Value {
    whole(value).parse::<i64>().map_or(Value::Null, Value::from)
}

pub(super) fn ratio(value: f64) -> Value {
    format!("{value:.3}").parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One round of a scenario at this speed, its other figures near those of a quiet machine.
    pub(in super::super) fn measured(transfers_per_s: f64) -> Measured {
        Measured {
            transfers_per_s,
            p50_us: 5_000,
            p99_us: 24_000,
            p999_us: 60_000,
            max_us: 70_000,
            p50_us_full: 60_000,
            p99_us_full: 90_000,
            half_per_s: transfers_per_s / 2.0,
            refused: Refused::new(),
            cost: Cost { server_us: 160.0, postgres_us: 60.0, client_us: 30.0, wal_bytes: 7_600.0 },
            half_cost: Cost {
                server_us: 250.0,
                postgres_us: 150.0,
                client_us: 40.0,
                wal_bytes: 9_000.0,
            },
            server_bytes: 100_000_000,
        }
    }

    #[test]
    fn there_is_a_ceiling_only_where_single_was_measured() {
        let of = |scenario| ceiling_per_s(&[(scenario, Medians::of(&[&measured(6_000.0)]))]);
        assert!(of(Scenario::Single).unwrap() >= 4_000.0, "at least one core");
        assert_eq!(of(Scenario::Hot), None);
        assert_eq!(ceiling_per_s(&[]), None);
    }
}
