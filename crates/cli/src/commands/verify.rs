//! `verify`: the whole log and the whole book, judged by what the bank signed.

use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use server::bank::TrustFile;
use server::config::{Config, DatabaseSource, DatabaseUrl};
use server::db::Db;
use server::postgres::PrivateCluster;
use server::verify::{Finding, Report, Severity, Source, Trust};

use crate::args::Globals;
use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::read_bytes;
use crate::output::{self, Format, Row};

/// Findings that people are shown; programs get all that were kept.
const SHOWN_MAX: usize = 10;
const REFRESH: Duration = Duration::from_millis(100);

/// Replay the log from its first leaf and compare every row of the book with it
///
/// Needs no running bank and no key of it, only its trust file, from a source other than the
/// database, and a login that may read as an auditor. Changes nothing. Everything is checked: the
/// tree, every checkpoint and signature, every decision, every balance.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom verify --trust bank.json
  strongroom verify --trust bank.json --database postgres://auditor@db/strongroom -o json
  strongroom verify --trust bank.json --pin yesterday.checkpoint

Exit code: 0 clean, 10 evidence is missing, 20 tampered with, 30 not vouched for by the trusted
keys, 40 not readable.")]
pub(crate) struct Args {
    /// The bank's trust file
    #[arg(long, value_name = "FILE", env = "STRONGROOM_TRUST", hide_env_values = true)]
    trust: PathBuf,

    /// Database to verify, instead of the one the server would use
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    /// Checkpoint that was seen earlier and elsewhere: shows a log that was cut short since
    #[arg(long, value_name = "FILE")]
    pin: Vec<PathBuf>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let trust = match trust(&args) {
        Ok(trust) => trust,
        Err(Unread::Missing(failure)) => return Err(failure),
        Err(Unread::Malformed(why)) => return show(globals, &Report::malformed(why)),
    };
    let (url, cluster) = database(&args).await?;
    let bar = bar();
    let verified = server::verify::verify(&Source::new(url), &trust, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    if let Some(cluster) = cluster {
        // Nothing was written: how it ends changes no result.
        let _ = cluster.stop().await;
    }
    let report = verified.map_err(|error| {
        Failure::unexpected("could not verify", &error)
            .next("the login must be allowed to become strongroom_auditor")
    })?;
    show(globals, &report)
}

enum Unread {
    Missing(Failure),
    Malformed(String),
}

fn trust(args: &Args) -> Result<Trust, Unread> {
    let bytes = read_bytes(&args.trust).map_err(Unread::Missing)?;
    let malformed = |what: &str, why: String| Unread::Malformed(format!("{what}: {why}"));
    let text =
        String::from_utf8(bytes).map_err(|error| malformed("trust file", error.to_string()))?;
    let mut trust = TrustFile::from_text(&text)
        .map(Trust::from)
        .map_err(|error| malformed("trust file", error.to_string()))?;
    for path in &args.pin {
        let bytes = read_bytes(path).map_err(Unread::Missing)?;
        let note =
            String::from_utf8(bytes).map_err(|error| malformed("checkpoint", error.to_string()))?;
        trust = trust.pin(note);
    }
    Ok(trust)
}

/// The database that was named; else the server's, by its auditor's login where it is a private cluster.
async fn database(args: &Args) -> Result<(DatabaseUrl, Option<PrivateCluster>), Failure> {
    if let Some(url) = &args.database {
        return Ok((DatabaseUrl::new(url.clone()), None));
    }
    let Config { database, data_dir, .. } = serve::config()?;
    let failed = |error| Failure::unexpected("the private database did not start", &error);
    match database.source {
        DatabaseSource::Url(url) => Ok((url, None)),
        DatabaseSource::Private => {
            let Some(urls) = PrivateCluster::existing_urls(&data_dir).map_err(failed)? else {
                return Err(Failure::usage(format!(
                    "{}: there is no bank here",
                    data_dir.display()
                )));
            };
            // A cluster that runs belongs to a server, and is read beside it; one that does not is started for this alone.
            let (auditor, connections_max) = (urls.auditor, 1);
            if Db::connect(&auditor, connections_max).await.is_ok() {
                return Ok((auditor, None));
            }
            let cluster = PrivateCluster::start(&data_dir).await.map_err(failed)?;
            Ok((auditor, Some(cluster)))
        }
    }
}

fn show(globals: &Globals, report: &Report) -> Result<Exit, Failure> {
    match globals.output {
        Format::Json | Format::Jsonl => {
            let mut text = serde_json::to_string(report)
                .map_err(|error| Failure::unexpected("could not write the report", &error))?;
            text.push('\n');
            output::write(&text)?;
        }
        Format::Table | Format::Csv => {
            output::one(globals.output, &summary(report))?;
            let shown: Vec<Row> = report.findings.iter().take(SHOWN_MAX).map(row).collect();
            if !shown.is_empty() {
                output::list(globals.output, &shown, "")?;
            }
        }
    }
    Ok(match report.worst() {
        Severity::Info => Exit::Ok,
        Severity::Gap => Exit::EvidenceGap,
        Severity::Tampered => Exit::Tampered,
        Severity::Policy => Exit::PolicyNotMet,
        Severity::Malformed => Exit::EvidenceMalformed,
    })
}

fn summary(report: &Report) -> Row {
    let number =
        |row: Row, name, value: u64| row.number(name, value.to_string(), value.to_string());
    let row = Row::new().flag("ok", report.ok);
    let row = [
        ("leaves", report.leaves),
        ("intents", report.intents),
        ("events", report.events),
        ("transfers", report.transfers),
        ("accounts", report.accounts),
        ("checkpoints", report.checkpoints),
        ("erased", report.erased),
        ("size", report.size),
        ("findings", report.findings_count),
        ("elapsed_ms", report.elapsed_ms),
    ]
    .into_iter()
    .fold(row, |row, (name, value)| number(row, name, value));
    row.text("root", report.root.clone())
}

fn row(finding: &Finding) -> Row {
    let place = match (&finding.table, &finding.column) {
        (Some(table), Some(column)) => Some(format!("{table}.{column}")),
        (Some(table), None) => Some((*table).to_owned()),
        (None, _) => None,
    };
    Row::new()
        .text("severity", finding.severity.name())
        .text("step", finding.step.name())
        .maybe("leaf", finding.leaf_index.map(|index| index.to_string()))
        .maybe("where", place)
        .maybe("key", finding.key.clone())
        .text("finding", finding.message.clone())
}

/// On a terminal only; elsewhere it draws nothing.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("  verify {wide_bar} {pos}/{len} leaves, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(REFRESH);
    bar
}
