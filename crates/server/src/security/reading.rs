//! What the process has counted since it started, and what it counted between two looks. Pure: text in, numbers out.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::telemetry as names;

/// Counts by one label.
pub(super) type Counts = BTreeMap<String, u64>;

/// The numbers of `/metrics`, as far as the dashboard shows them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Reading {
    series: BTreeMap<String, Vec<Line>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Line {
    labels: Vec<(String, String)>,
    value: u64,
}

/// How long something took, in microseconds, estimated within the buckets that are counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, ToSchema)]
pub(super) struct Latency {
    /// How many were measured.
    pub(super) count: u64,
    /// Half of them took no longer.
    pub(super) p50_us: u64,
    /// 95 of 100 took no longer.
    pub(super) p95_us: u64,
    /// 99 of 100 took no longer.
    pub(super) p99_us: u64,
}

impl Reading {
    /// Reads the Prometheus text format. Lines of other shapes are left out: the text is this process's own.
    pub(super) fn parse(text: &str) -> Self {
        let mut reading = Self::default();
        for line in text.lines().filter(|line| line.starts_with("strongroom_")) {
            if let Some((name, line)) = Line::parse(line) {
                reading.series.entry(name.to_owned()).or_default().push(line);
            }
        }
        reading
    }

    /// A number without labels, or the sum of its series.
    pub(super) fn total(&self, name: &str) -> u64 {
        self.lines(name).map(|line| line.value).fold(0, u64::saturating_add)
    }

    /// A counter by one of its labels.
    pub(super) fn by(&self, name: &str, label: &str) -> Counts {
        let mut counts = Counts::new();
        for line in self.lines(name) {
            if let Some(value) = line.label(label) {
                let count = counts.entry(value.to_owned()).or_default();
                *count = count.saturating_add(line.value);
            }
        }
        counts
    }

    /// What was counted since `earlier`, by label; what was not is left out.
    pub(super) fn since(&self, earlier: &Self, name: &str, label: &str) -> Counts {
        let before = earlier.by(name, label);
        let grown = self.by(name, label).into_iter().map(|(key, now)| {
            let was = before.get(&key).copied().unwrap_or_default();
            (key, now.saturating_sub(was))
        });
        grown.filter(|(_, count)| *count > 0).collect()
    }

    /// What was counted since `earlier`, in all.
    pub(super) fn total_since(&self, earlier: &Self, name: &str) -> u64 {
        self.total(name).saturating_sub(earlier.total(name))
    }

    /// What took how long since `earlier`.
    pub(super) fn latency_since(&self, earlier: &Self, name: &str) -> Latency {
        let bucket = format!("{name}_bucket");
        let before: BTreeMap<u64, u64> = earlier.buckets(&bucket);
        // Cumulative, as the format has them, and so are their differences.
        let buckets: Vec<(u64, u64)> = self
            .buckets(&bucket)
            .into_iter()
            .map(|(bound, count)| {
                (bound, count.saturating_sub(before.get(&bound).copied().unwrap_or_default()))
            })
            .collect();
        let count = buckets.last().map_or(0, |(_, count)| *count);
        let at = |per_cent| quantile(&buckets, count, per_cent);
        Latency { count, p50_us: at(50), p95_us: at(95), p99_us: at(99) }
    }

    fn lines(&self, name: &str) -> impl Iterator<Item = &Line> {
        self.series.get(name).into_iter().flatten()
    }

    fn buckets(&self, name: &str) -> BTreeMap<u64, u64> {
        let bound = |line: &Line| line.label("le").map(|le| micros(le).unwrap_or(u64::MAX));
        self.lines(name).filter_map(|line| Some((bound(line)?, line.value))).collect()
    }
}

impl Line {
    fn parse(text: &str) -> Option<(&str, Self)> {
        let (series, value) = text.rsplit_once(' ')?;
        let value = value.split('.').next()?.parse().ok()?;
        let Some((name, labels)) = series.split_once('{') else {
            return Some((series, Self { labels: Vec::new(), value }));
        };
        // Our labels are names and codes: none has a quotation mark or a comma in it.
        let labels = labels.strip_suffix('}')?.split(',').filter_map(|label| {
            let (key, value) = label.split_once('=')?;
            Some((key.to_owned(), value.trim_matches('"').to_owned()))
        });
        Some((name, Self { labels: labels.collect(), value }))
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Seconds as a decimal number, in microseconds. `None`: no number, as `+Inf` is none.
fn micros(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let part = format!("{part:0<6}");
    let part: u64 = part.get(..6)?.parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

/// Where the `per_cent`th of a hundred lies, taking those of one bucket as evenly spread in it.
fn quantile(buckets: &[(u64, u64)], count: u64, per_cent: u64) -> u64 {
    let rank = count.saturating_mul(per_cent).div_ceil(100);
    let (mut lower, mut below) = (0_u64, 0_u64);
    for (bound, so_far) in buckets {
        if *so_far >= rank && rank > 0 {
            // Beyond the last bound nothing more is known.
            if *bound == u64::MAX {
                return lower;
            }
            let within = rank.saturating_sub(below);
            let of = so_far.saturating_sub(below).max(1);
            let width = bound.saturating_sub(lower);
            let part = width.saturating_mul(within).checked_div(of);
            return lower.saturating_add(part.unwrap_or_default());
        }
        (lower, below) = (*bound, *so_far);
    }
    0
}

/// One second of the bank, as one process has counted it: differences to the second before, and a few states.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Sample {
    /// Version of this form; new members do not change it.
    #[schema(value_type = String, example = "1")]
    pub(super) v: &'static str,
    /// When it was taken, RFC 3339 UTC.
    pub(super) at: String,
    /// How many milliseconds it covers.
    pub(super) span_ms: u64,
    /// Requests answered, by class of status: `2xx`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) answers: Counts,
    /// How long their answers took.
    pub(super) request_latency: Latency,
    /// Requests in work now.
    pub(super) in_work: u64,
    /// Intents decided, by outcome: `ok`, `held`, or why they were refused.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) decided: Counts,
    /// The same by kind.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) kinds: Counts,
    /// How long group commits took.
    pub(super) commit_latency: Latency,
    /// Group commits that failed.
    pub(super) commit_failures: u64,
    /// Risk verdicts, by what they asked for: `proceed`, `monitor`, `review`, `block`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) risk: Counts,
    /// Sessions opened, by whether their holder was known there: `first`, `known`, `new`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) sign_ins: Counts,
    /// Sign-ins refused, by what was wrong.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) sign_ins_refused: Counts,
    /// Locks that began after failed sign-ins, by whose.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) sign_in_locks: Counts,
    /// Requests over their budget, by class.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) rate_limited: Counts,
    /// TLS handshakes, by key exchange group.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) tls: Counts,
    /// TLS handshakes since the process started, by key exchange group.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(super) tls_since_start: Counts,
    /// Keys whose first reminder has come and that were not replaced yet.
    pub(super) rotations_due: u64,
    /// Endpoints of webhooks that are paused after lasting failure.
    pub(super) webhooks_paused: u64,
    /// Streams of events that are open.
    pub(super) streams: u64,
    /// The log as it is now; left out while nobody watches, or where the database does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<LogNow>,
}

/// The end of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LogNow {
    /// How many leaves it has.
    pub(super) size: String,
    /// When its newest checkpoint was signed, RFC 3339 UTC.
    pub(super) checkpoint_signed_at: Option<String>,
}

impl Sample {
    /// What lies between two readings.
    pub(super) fn between(
        earlier: &Reading,
        now: &Reading,
        at: String,
        span_ms: u64,
        log: Option<LogNow>,
    ) -> Self {
        let since = |name, label| now.since(earlier, name, label);
        Self {
            v: "1",
            at,
            span_ms,
            answers: since(names::HTTP_REQUESTS, "class"),
            request_latency: now.latency_since(earlier, names::HTTP_SECONDS),
            in_work: now.total(names::HTTP_IN_WORK),
            decided: since(names::INTENTS, "code"),
            kinds: since(names::INTENTS, "kind"),
            commit_latency: now.latency_since(earlier, names::COMMIT_SECONDS),
            commit_failures: now.total_since(earlier, names::COMMIT_FAILURES),
            risk: since(names::RISK_VERDICTS, "action"),
            sign_ins: since(names::SIGN_INS, "place"),
            sign_ins_refused: since(names::SIGN_IN_REFUSED, "why"),
            sign_in_locks: since(names::SIGN_IN_LOCKS, "subject"),
            rate_limited: since(names::RATE_LIMITED, "class"),
            tls: since(names::TLS_HANDSHAKES, "group"),
            tls_since_start: now.by(names::TLS_HANDSHAKES, "group"),
            rotations_due: now.total(names::ROTATIONS_DUE),
            webhooks_paused: now.total(names::WEBHOOKS_PAUSED),
            streams: now.total(names::EVENT_STREAMS),
            log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# TYPE strongroom_intents_total counter
strongroom_intents_total{kind=\"transfer\",code=\"ok\"} 10
strongroom_group_commit_seconds_bucket{le=\"0.001\"} 4
strongroom_group_commit_seconds_bucket{le=\"0.01\"} 4
strongroom_group_commit_seconds_bucket{le=\"+Inf\"} 4
python_info 3
";
    const AFTER: &str = "strongroom_intents_total{kind=\"transfer\",code=\"ok\"} 14
strongroom_intents_total{kind=\"hold.place\",code=\"ok\"} 1
strongroom_intents_total{kind=\"transfer\",code=\"frozen\"} 2
strongroom_http_requests_in_work 3
strongroom_rotations_due 2.0
strongroom_group_commit_seconds_bucket{le=\"0.001\"} 54
strongroom_group_commit_seconds_bucket{le=\"0.01\"} 102
strongroom_group_commit_seconds_bucket{le=\"+Inf\"} 104
";

    fn sample() -> Sample {
        let (before, after) = (Reading::parse(BEFORE), Reading::parse(AFTER));
        Sample::between(&before, &after, String::new(), 1_000, None)
    }

    #[test]
    fn a_sample_is_what_was_counted_between_two_readings() {
        let sample = sample();
        let counts = |pairs: &[(&str, u64)]| {
            pairs.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect::<Counts>()
        };
        assert_eq!(sample.decided, counts(&[("frozen", 2), ("ok", 5)]));
        assert_eq!(sample.kinds, counts(&[("hold.place", 1), ("transfer", 6)]));
        assert_eq!((sample.in_work, sample.rotations_due), (3, 2));
        assert_eq!(sample.tls, Counts::new());
    }

    #[test]
    fn a_latency_lies_within_its_bucket_and_not_beyond_the_last_bound() {
        let latency = sample().commit_latency;
        assert_eq!(latency.count, 100);
        assert_eq!(latency.p50_us, 1_000);
        assert_eq!(latency.p95_us, 1_000 + 9_000 * 45 / 48);
        assert_eq!(latency.p99_us, 10_000);
        let quiet = Reading::parse(AFTER);
        assert_eq!(quiet.latency_since(&quiet, names::COMMIT_SECONDS), Latency::default());
    }

    #[test]
    fn bounds_are_read_without_rounding() {
        assert_eq!(micros("0.00025"), Some(250));
        assert_eq!(micros("2.5"), Some(2_500_000));
        assert_eq!(micros("30"), Some(30_000_000));
        assert_eq!(micros("+Inf"), None);
    }
}
