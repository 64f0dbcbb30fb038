//! More is offered than the bank can take: what is taken then, what is turned away and how, and how long those wait who are taken.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::field::Field;
use super::generator::{self, Run, Since, exact};
use super::load::{self, Scenario};
use super::picture::{self, Ink, Panel, Picture};
use super::report::{ratio, rounded, whole};
use crate::exit::Exit;
use crate::failure::Failure;

/// What is offered, as parts of what saturates.
const FACTORS: [f64; 8] = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0];

/// The curve.
pub(super) struct Curve {
    saturated_per_s: f64,
    points: Vec<Point>,
}

struct Point {
    /// What the generator was due to send, as part of what saturates.
    asked_for: f64,
    /// What its connections, with one request each, could send of that.
    offered_per_s: f64,
    accepted_per_s: f64,
    /// Turned away with `503 overloaded` and `Retry-After`.
    overloaded_per_s: f64,
    /// Whatever else was answered.
    other: u64,
    p50_us: u64,
    p99_us: u64,
    refused_p99_us: u64,
    server_bytes: u64,
    /// Parts of one core that the generator took from server and database.
    client_cores: f64,
}

/// Finds saturation over the first number of connections, then offers each part of it for `span` over the second.
///
/// # Errors
///
/// [`Failure`] where a request was acknowledged that stands in no row, or a row that nobody was told of.
pub(super) async fn measure(
    field: &Field,
    [connections, crowd]: [usize; 2],
    span: Duration,
) -> Result<Curve, Failure> {
    let scenario = Scenario::Single;
    let count = |rate: f64| load::count(rate * span.as_secs_f64());
    let shots = load::sign(field, scenario, count(8_000.0))?;
    let full = generator::closed(field, &shots, connections, span).await?;
    let saturated_per_s = full.requests_per_s();
    let mut points = Vec::new();
    for factor in FACTORS {
        let rate = saturated_per_s * factor;
        eprintln!("bench: offering {rate:.0}/s, {factor} of what saturates");
        let shots = load::sign(field, scenario, count(rate))?;
        let (rows, meter) = (field.transfers()?, field.meter()?);
        let run = generator::open(field, &shots, crowd, rate, Since::Sent).await?;
        let (rows, cost) = (field.transfers()?.saturating_sub(rows), field.meter()?.since(&meter));
        if rows != run.accepted {
            let what = format!("{} were acknowledged, and {rows} are there", run.accepted);
            return Err(Failure::new(Exit::Unexpected, what));
        }
        points.push(Point::new(factor, &run, field.server_bytes(), cost.client_us));
    }
    Ok(Curve { saturated_per_s, points })
}

impl Point {
    fn new(asked_for: f64, run: &Run, server_bytes: u64, client_us: f64) -> Self {
        let seconds = run.span.as_secs_f64().max(f64::EPSILON);
        let overloaded = run.refused.get(generator::OVERLOADED).copied().unwrap_or_default();
        let refused = run.refused.values().copied().fold(0, u64::saturating_add);
        Self {
            asked_for,
            offered_per_s: exact(run.accepted.saturating_add(refused)) / seconds,
            accepted_per_s: run.requests_per_s(),
            overloaded_per_s: exact(overloaded) / seconds,
            other: refused.saturating_sub(overloaded),
            p50_us: run.latency_us.value_at_quantile(0.5),
            p99_us: run.latency_us.value_at_quantile(0.99),
            refused_p99_us: run.refused_us.value_at_quantile(0.99),
            server_bytes,
            client_cores: client_us / 1_000_000.0 / seconds,
        }
    }
}

impl Curve {
    pub(super) fn json(&self) -> Value {
        let points: Vec<Value> = self
            .points
            .iter()
            .map(|point| {
                json!({
                    "asked_for": point.asked_for,
                    "offered_per_s": rounded(point.offered_per_s),
                    "accepted_per_s": rounded(point.accepted_per_s),
                    "overloaded_per_s": rounded(point.overloaded_per_s),
                    "other": point.other,
                    "p50_us": point.p50_us,
                    "p99_us": point.p99_us,
                    "refused_p99_us": point.refused_p99_us,
                    "server_bytes": point.server_bytes,
                    "client_cores": ratio(point.client_cores),
                })
            })
            .collect();
        json!({ "saturated_per_s": rounded(self.saturated_per_s), "points": points })
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header([
            "asked for",
            "offered/s",
            "accepted/s",
            "503/s",
            "other",
            "p50 ms",
            "p99 ms",
            "p99 ms of a 503",
            "server MB",
            "generator cores",
        ]);
        let ms = |us: u64| format!("{:.1}", exact(us) / 1_000.0);
        for point in &self.points {
            table.add_row([
                point.asked_for.to_string(),
                whole(point.offered_per_s),
                whole(point.accepted_per_s),
                whole(point.overloaded_per_s),
                point.other.to_string(),
                ms(point.p50_us),
                ms(point.p99_us),
                ms(point.refused_p99_us),
                (point.server_bytes / 1_000_000).to_string(),
                format!("{:.2}", point.client_cores),
            ]);
        }
        for column in table.column_iter_mut() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("saturated at {}/s\n{table}\n", whole(self.saturated_per_s))
    }

    /// The curve as a picture: accepted and turned away per second over what was asked for, and the p99 of those accepted.
    pub(super) fn svg(&self) -> String {
        const HEIGHT: f64 = 380.0;
        const LEFT: f64 = 60.0;
        /// The axis of requests ends at a multiple of this, and has so many parts.
        const ROUND: f64 = 2_500.0;
        const STEPS: f64 = 5.0;
        let points = &self.points;
        let answered = points.iter().map(|point| point.accepted_per_s.max(point.overloaded_per_s));
        let panel = Panel {
            left: LEFT,
            right: picture::WIDTH - 20.0,
            top: 50.0,
            bottom: HEIGHT - 50.0,
            x_end: picture::end(FACTORS.into_iter(), 1.0),
            y_end: picture::end(answered, ROUND),
        };
        let mut picture = Picture::new(
            HEIGHT,
            "Accepted and refused requests per second over what was asked for",
        );
        picture.text(Ink::Plain, (LEFT, 20.0), "Single payments per second under overload");
        picture.text(Ink::Main, (LEFT, 38.0), "accepted (labels: p99 in ms)");
        picture.text(Ink::Beside, (260.0, 38.0), "turned away with 503 and Retry-After");
        let x = picture::ticks(1.0, panel.x_end, 0);
        let y = picture::ticks(panel.y_end / STEPS, panel.y_end, 0);
        let saturated = whole(self.saturated_per_s);
        let below = format!("asked for, in parts of what saturates ({saturated}/s)");
        picture.axes(&panel, &x, &y, &below);
        let line =
            |of: fn(&Point) -> f64| points.iter().map(move |point| (point.asked_for, of(point)));
        picture.line(&panel, Ink::Main, line(|point| point.accepted_per_s));
        picture.line(&panel, Ink::Beside, line(|point| point.overloaded_per_s));
        for point in points {
            let p99_ms = format!("{:.0}", exact(point.p99_us) / 1_000.0);
            picture.mark(&panel, (point.asked_for, point.accepted_per_s), &p99_ms);
        }
        picture.svg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_of_the_curve_is_told_and_drawn_at_what_was_asked_for() {
        let point = |asked_for: f64| Point {
            asked_for,
            offered_per_s: 9_000.0,
            accepted_per_s: 6_000.0,
            overloaded_per_s: 3_000.0,
            other: 0,
            p50_us: 400_000,
            p99_us: 612_345,
            refused_p99_us: 350_000,
            server_bytes: 200_000_000,
            client_cores: 0.3,
        };
        let points = FACTORS.into_iter().map(point).collect();
        let curve = Curve { saturated_per_s: 7_000.0, points };
        assert_eq!(curve.svg().matches(">612<").count(), FACTORS.len());
        assert_eq!(curve.json()["points"][7]["asked_for"], 5.0);
        assert!(curve.table().contains("0.75"));
    }
}
