//! The figures of a growing bank, for people, for programs, and as a picture.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use super::super::generator::exact;
use super::super::picture::{self, Ink, Panel, Picture, Tick};
use super::super::report::{Medians, ratio, rounded, whole};
use super::super::size::Size;
use super::verification::Verified;

/// What grew up to a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Grown {
    Accounts,
    History,
    Leaves,
}

impl Grown {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::History => "transfers of history",
            Self::Leaves => "leaves",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::History => "history",
            Self::Leaves => "leaves",
        }
    }

    /// Whose first point this one is compared with: a log grows in the bank that has a history.
    const fn bank(self) -> Self {
        match self {
            Self::Accounts => Self::Accounts,
            Self::History | Self::Leaves => Self::History,
        }
    }
}

/// The bank at one size.
pub(super) struct Point {
    pub(super) grown: Grown,
    /// As it was asked for.
    pub(super) size: Size,
    /// As they were before the measurement, what earlier ones posted included.
    pub(super) transfers: u64,
    /// In the log, likewise.
    pub(super) leaves: u64,
    /// How fast it grew; nothing where it was there already.
    pub(super) filled_per_s: Option<f64>,
    pub(super) pgbench_tps: f64,
    pub(super) pgbench_spread: f64,
    pub(super) single: Medians,
    /// Where everything stands in the log.
    pub(super) verified: Option<Verified>,
}

impl Point {
    fn beside_pgbench(&self) -> f64 {
        self.single.transfers_per_s / self.pgbench_tps.max(1.0)
    }

    fn name(&self) -> String {
        format!("{} {}", self.size, self.grown.name())
    }
}

/// A point's speed, as parts of what it was at the bank's first point.
#[derive(Clone, Copy)]
struct Kept {
    /// Transfers per second.
    plain: f64,
    /// The same as a ratio to pgbench of its own point, so that what slowed both is left out.
    beside_pgbench: f64,
}

/// All points, in the order they were measured in.
pub(in super::super) struct Growth {
    seconds: u32,
    rounds: u32,
    pub(super) durability: Vec<(String, String)>,
    points: Vec<Point>,
    pub(super) conserved: bool,
}

impl Growth {
    pub(super) fn new(seconds: u32, rounds: u32) -> Self {
        Self { seconds, rounds, durability: Vec::new(), points: Vec::new(), conserved: true }
    }

    /// Says it on standard error too: a run is long, and what comes after may fail.
    pub(super) fn add(&mut self, point: Point) {
        let single = &point.single;
        eprintln!(
            "bench: {}: {}/s = {:.2} x pgbench, p50 {} ms, p99 {} ms",
            point.name(),
            whole(single.transfers_per_s),
            point.beside_pgbench(),
            ms(single.p50_us),
            ms(single.p99_us),
        );
        self.points.push(point);
    }

    /// Whether money was conserved in both banks.
    pub(in super::super) const fn is_conserved(&self) -> bool {
        self.conserved
    }

    fn of(&self, grown: Grown) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(move |point| point.grown == grown)
    }

    fn kept(&self, point: &Point) -> Kept {
        let first = self.of(point.grown.bank()).next().unwrap_or(point);
        let part = |of: f64, whole: f64| of / whole.max(f64::EPSILON);
        Kept {
            plain: part(point.single.transfers_per_s, first.single.transfers_per_s),
            beside_pgbench: part(point.beside_pgbench(), first.beside_pgbench()),
        }
    }

    pub(in super::super) fn json(&self) -> Value {
        let point = |point: &Point| {
            let kept = self.kept(point);
            json!({
                "grown": point.grown.key(),
                "size": point.size.count(),
                "transfers": point.transfers,
                "leaves": point.leaves,
                "filled_per_s": point.filled_per_s.map_or(Value::Null, rounded),
                "pgbench_tps": rounded(point.pgbench_tps),
                "pgbench_spread": ratio(point.pgbench_spread),
                "single": point.single.json(point.pgbench_tps),
                "part_of_first": ratio(kept.plain),
                "part_of_first_beside_pgbench": ratio(kept.beside_pgbench),
                "verify": point.verified.as_ref().map_or(Value::Null, Verified::json),
            })
        };
        let durability: Map<String, Value> =
            self.durability.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "seconds": self.seconds,
            "rounds": self.rounds,
            "points": self.points.iter().map(point).collect::<Vec<_>>(),
            "durability": durability,
            "money_conserved": self.conserved,
        })
    }

    pub(in super::super) fn table(&self) -> String {
        let settings: Vec<String> =
            self.durability.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!(
            "{}\n{}\n{}   money conserved: {}\n",
            self.speed(),
            self.verifications(),
            settings.join(" "),
            if self.conserved { "yes" } else { "NO" },
        )
    }

    fn speed(&self) -> Table {
        let mut table = empty([
            "bank",
            "filled in/s",
            "pgbench/s",
            "single/s",
            "of first",
            "x pgbench",
            "of first",
            "p50 ms",
            "p99 ms",
            "server µs",
            "postgres µs",
            "WAL bytes",
        ]);
        for point in &self.points {
            let (single, kept) = (&point.single, self.kept(point));
            table.add_row([
                point.name(),
                point.filled_per_s.map(whole).unwrap_or_default(),
                whole(point.pgbench_tps),
                whole(single.transfers_per_s),
                format!("{:.2}", kept.plain),
                format!("{:.2}", point.beside_pgbench()),
                format!("{:.2}", kept.beside_pgbench),
                ms(single.p50_us),
                ms(single.p99_us),
                whole(single.cost.server_us),
                whole(single.cost.postgres_us),
                whole(single.cost.wal_bytes),
            ]);
        }
        aligned(table)
    }

    fn verifications(&self) -> Table {
        let mut table = empty([
            "verify",
            "leaves",
            "transfers",
            "seconds",
            "leaves/s",
            "transfers/s",
            "peak MB",
        ]);
        for point in &self.points {
            let Some(verified) = &point.verified else { continue };
            table.add_row([
                point.name(),
                verified.leaves.to_string(),
                verified.transfers.to_string(),
                format!("{:.1}", verified.seconds),
                whole(verified.per_s(verified.leaves)),
                whole(verified.per_s(verified.transfers)),
                (verified.peak_bytes / 1_000_000).to_string(),
            ]);
        }
        aligned(table)
    }

    /// Both banks as a picture: what is left of the first point's speed, over what grew.
    pub(in super::super) fn svg(&self) -> String {
        const HEIGHT: f64 = 320.0;
        const LEFT: f64 = 60.0;
        /// Marks of the upright axis, which ends at one of them and not before `LEAST`.
        const STEP: f64 = 0.25;
        const LEAST: f64 = 1.25;
        let mut picture =
            Picture::new(HEIGHT, "Speed of single payments over the size of the bank");
        picture.text(
            Ink::Plain,
            (LEFT, 20.0),
            "Single payments per second as parts of the smallest bank's, over what grew",
        );
        picture.text(Ink::Main, (LEFT, 38.0), "per second (labels: p99 in ms at half of it)");
        picture.text(Ink::Beside, (350.0, 38.0), "the same as a ratio to pgbench at that point");
        let middle = picture::WIDTH / 2.0;
        let drawn = [
            (Grown::Accounts, LEFT, middle - 10.0),
            (Grown::History, middle + 50.0, picture::WIDTH - 20.0),
        ];
        // Both end at the same height, so that one can be held against the other.
        let parts = drawn.iter().flat_map(|(grown, ..)| self.of(*grown)).map(|point| {
            let kept = self.kept(point);
            kept.plain.max(kept.beside_pgbench)
        });
        let y_end = picture::end(parts.chain([LEAST]), STEP);
        for (grown, left, right) in drawn {
            let (top, bottom, x_end) = (60.0, HEIGHT - 50.0, self.room(grown));
            let panel = Panel { left, right, top, bottom, x_end, y_end };
            self.panel(&mut picture, grown, &panel, &picture::ticks(STEP, y_end, 2));
        }
        picture.svg()
    }

    /// Sizes differ by powers of ten, and one may be zero: each point has the same room, which is 1.
    fn room(&self, grown: Grown) -> f64 {
        exact(u64::try_from(self.of(grown).count()).unwrap_or_default()).max(1.0)
    }

    fn panel(&self, picture: &mut Picture, grown: Grown, panel: &Panel, y: &[Tick]) {
        let points: Vec<(f64, &Point, Kept)> = (0_u32..)
            .zip(self.of(grown))
            .map(|(at, point)| (f64::from(at) + 0.5, point, self.kept(point)))
            .collect();
        let x: Vec<Tick> =
            points.iter().map(|(x, point, _)| (*x, point.size.to_string())).collect();
        picture.axes(panel, &x, y, grown.name());
        let line = |of: fn(&Kept) -> f64| points.iter().map(move |(x, _, kept)| (*x, of(kept)));
        picture.line(panel, Ink::Beside, line(|kept| kept.beside_pgbench));
        picture.line(panel, Ink::Main, line(|kept| kept.plain));
        for (x, point, kept) in &points {
            let p99_ms = format!("{:.0}", exact(point.single.p99_us) / 1_000.0);
            picture.mark(panel, (*x, kept.plain), &p99_ms);
        }
    }
}

fn ms(us: u64) -> String {
    format!("{:.1}", exact(us) / 1_000.0)
}

fn empty<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

fn aligned(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::measured;

    fn point(grown: Grown, size: &str, transfers_per_s: f64, pgbench_tps: f64) -> Point {
        Point {
            grown,
            size: size.parse().unwrap(),
            transfers: 0,
            leaves: 0,
            filled_per_s: None,
            pgbench_tps,
            pgbench_spread: 0.1,
            single: Medians::of(&[&measured(transfers_per_s)]),
            verified: None,
        }
    }

    fn growth() -> Growth {
        let mut growth = Growth::new(5, 3);
        growth.add(point(Grown::Accounts, "1k", 6_000.0, 6_000.0));
        growth.add(point(Grown::Accounts, "10M", 4_500.0, 5_000.0));
        growth.add(point(Grown::History, "0", 5_000.0, 5_000.0));
        growth.add(point(Grown::History, "10M", 7_500.0, 5_000.0));
        growth.add(point(Grown::Leaves, "1M", 4_000.0, 5_000.0));
        growth
    }

    #[test]
    fn a_point_is_compared_with_the_first_one_of_its_own_bank() {
        let json = growth().json();
        let parts: Vec<(f64, f64)> = json["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| {
                let part = |name: &str| point[name].as_f64().unwrap();
                (part("part_of_first"), part("part_of_first_beside_pgbench"))
            })
            .collect();
        assert_eq!(parts, [(1.0, 1.0), (0.75, 0.9), (1.0, 1.0), (1.5, 1.5), (0.8, 0.8)]);
    }

    #[test]
    fn the_picture_has_a_panel_for_each_bank_and_a_mark_for_each_of_its_points() {
        let svg = growth().svg();
        let count = |text: &str| svg.matches(text).count();
        assert_eq!(count("<polyline"), 4, "{svg}");
        assert_eq!(count("<circle"), 4, "{svg}");
        assert_eq!(count(">24</text>"), 4, "{svg}");
        // Both axes end where the faster of the two needs it.
        assert_eq!((count(">1.50</text>"), count(">1.75</text>")), (2, 0), "{svg}");
    }

    #[test]
    fn the_table_names_every_point_and_every_verification() {
        let mut growth = growth();
        let verified = Verified { leaves: 10, transfers: 20, seconds: 2.0, peak_bytes: 5_000_000 };
        growth.points[3].verified = Some(verified);
        let table = growth.table();
        assert!(table.contains("1k accounts") && table.contains("1M leaves"), "{table}");
        assert_eq!(table.matches("10M transfers of history").count(), 2, "{table}");
    }
}
