//! More is offered than the bank can take: what is taken then, what is turned away and how, and how long those wait who are taken.

use std::fmt::Write;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::field::Field;
use super::generator::{self, Run, Since, exact};
use super::load::{self, Scenario};
use super::report::{ratio, rounded, whole};
use crate::exit::Exit;
use crate::failure::Failure;

/// What is offered, as parts of what saturates.
const FACTORS: [f64; 8] = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0];
/// More than the server takes in hand at once (1,024), or nothing would ever be turned away.
const CONNECTIONS: usize = 2_048;

/// The curve.
pub(super) struct Curve {
    saturated_per_s: f64,
    points: Vec<Point>,
}

struct Point {
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

/// Finds saturation, then offers each part of it for `span`.
///
/// # Errors
///
/// [`Failure`] where a request was acknowledged that stands in no row, or a row that nobody was told of.
pub(super) async fn measure(
    field: &Field,
    connections: usize,
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
        let run = generator::open(field, &shots, CONNECTIONS, rate, Since::Sent).await?;
        let (rows, cost) = (field.transfers()?.saturating_sub(rows), field.meter()?.since(&meter));
        if rows != run.accepted {
            let what = format!("{} were acknowledged, and {rows} are there", run.accepted);
            return Err(Failure::new(Exit::Unexpected, what));
        }
        points.push(Point::new(&run, field.server_bytes(), cost.client_us));
    }
    Ok(Curve { saturated_per_s, points })
}

impl Point {
    fn new(run: &Run, server_bytes: u64, client_us: f64) -> Self {
        let seconds = run.span.as_secs_f64().max(f64::EPSILON);
        let overloaded = run.refused.get(generator::OVERLOADED).copied().unwrap_or_default();
        let refused = run.refused.values().copied().fold(0, u64::saturating_add);
        Self {
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

    /// The curve as a picture: accepted and turned away per second over what was offered, and the p99 of those accepted.
    pub(super) fn svg(&self) -> String {
        const WIDTH: f64 = 720.0;
        const HEIGHT: f64 = 380.0;
        const LEFT: f64 = 60.0;
        const RIGHT: f64 = 20.0;
        const TOP: f64 = 50.0;
        const BOTTOM: f64 = 50.0;
        const STEPS: u32 = 5;
        /// The axes end at a multiple of this, so that what stands at them is round.
        const ROUND: f64 = 2_500.0;
        // In the order of what the generator managed to offer.
        let mut sorted: Vec<&Point> = self.points.iter().collect();
        sorted.sort_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s));
        let most = |of: fn(&Point) -> f64| {
            let most = sorted.iter().map(|point| of(point)).fold(1.0, f64::max);
            (most / ROUND).ceil() * ROUND
        };
        let x_end = most(|point| point.offered_per_s);
        let y_end = most(|point| point.accepted_per_s.max(point.overloaded_per_s));
        let x = |value: f64| LEFT + value / x_end * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value / y_end * (HEIGHT - TOP - BOTTOM);
        let line = |class: &str, of: fn(&Point) -> f64| {
            let points: Vec<String> = sorted
                .iter()
                .map(|point| format!("{:.1},{:.1}", x(point.offered_per_s), y(of(point))))
                .collect();
            format!("<polyline class=\"{class}\" points=\"{}\"/>\n", points.join(" "))
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"Accepted and refused requests per second over the offered load\">\n\
             <style>svg{{background:#fff;font:12px sans-serif}}text{{fill:#333}}polyline{{fill:none;stroke-width:2}}\
             .grid{{stroke:#ddd}}.accepted{{stroke:#0b6e4f;fill:none}}.refused{{stroke:#b3541e;fill:none}}\
             .a{{fill:#0b6e4f}}.r{{fill:#b3541e}}</style>\n\
             <text x=\"{LEFT}\" y=\"20\">Single payments per second over the offered load; saturated at {}/s</text>\n\
             <text class=\"a\" x=\"{LEFT}\" y=\"38\">accepted (labels: p99 in ms)</text>\
             <text class=\"r\" x=\"260\" y=\"38\">turned away with 503 and Retry-After</text>\n",
            whole(self.saturated_per_s)
        );
        // Writing to a `String` cannot fail.
        for step in 0..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let (at_x, at_y) = (x(x_end * part), y(y_end * part));
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at_y:.1}\" y2=\"{at_y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
                 <text x=\"{at_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                at_y + 4.0,
                whole(y_end * part),
                HEIGHT - BOTTOM + 20.0,
                whole(x_end * part),
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">offered per second</text>",
            f64::midpoint(LEFT, WIDTH - RIGHT),
            HEIGHT - 10.0
        );
        svg.push_str(&line("accepted", |point| point.accepted_per_s));
        svg.push_str(&line("refused", |point| point.overloaded_per_s));
        for point in &self.points {
            let (at_x, at_y) = (x(point.offered_per_s), y(point.accepted_per_s));
            let _ = writeln!(
                svg,
                "<circle class=\"a\" cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"3\"/>\
                 <text class=\"a\" x=\"{at_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.0}</text>",
                at_y - 8.0,
                exact(point.p99_us) / 1_000.0,
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}
