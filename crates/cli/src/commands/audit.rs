//! `audit`: what happened, and the proof of it.

use std::path::PathBuf;

use client::{ReportProof, TrailItem, Trust, Wish, verify_report, write_private};
use intent::{Body, ReportSubject, UtcMicros};
use serde_json::{Value, json};

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, read_bytes};
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// Read the trail, and take reports that prove what they say
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom audit logs --kind transfer --outcome refused --limit 20
  strongroom audit logs --user 01a2012d-154f-76ef-aaf8-3e396effab1e -o csv > trail.csv
  strongroom audit report user 01a2012d-154f-76ef-aaf8-3e396effab1e --to-file report.json
  strongroom audit report window --from 2026-11-01T00:00:00.000000Z --to-file november.json
  strongroom audit verify report.json --trust bank.json

Exit code of verify: 0 valid, 8 not.")]
pub(crate) enum Command {
    /// Who did what, newest first; the auditor clerk only
    Logs(LogsArgs),
    /// Take an accountability report and keep it as a file; the auditor clerk only
    ///
    /// Asking for it is signed and stands in the log before the report is made. The report carries every leaf about
    /// its subject with the proof of its place, the certificates, and who gave them. A long one comes in parts; each part is
    /// signed for.
    Report(ReportArgs),
    /// Check a report against the bank's trust file, offline
    ///
    /// Checked: the receipt of the intent that asked for it, the place of each leaf under the signed checkpoint, that
    /// the words beside a leaf are what it says, every certificate, every signature, every link of a key's own chain.
    /// That nothing is missing from it is shown by `strongroom verify` over the whole log.
    Verify {
        /// The report
        file: PathBuf,
        /// The bank's trust file, from a source other than the report's
        #[arg(long, value_name = "FILE", env = "STRONGROOM_TRUST", hide_env_values = true)]
        trust: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct LogsArgs {
    /// Of this kind of intent or event, like transfer or login.locked
    #[arg(long)]
    kind: Option<String>,
    /// Signed by this person
    #[arg(long)]
    user: Option<String>,
    /// Signed under this certificate, 64 hex digits
    #[arg(long)]
    certificate: Option<String>,
    /// From this time on, like 2026-11-22T00:00:00.000000Z
    #[arg(long)]
    from: Option<UtcMicros>,
    /// Until this time, exclusive
    #[arg(long)]
    to: Option<UtcMicros>,
    /// accepted or refused
    #[arg(long)]
    outcome: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where an earlier page ended
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// certificate, user, account, transfer or window
    #[arg(value_parser = subject)]
    subject: ReportSubject,
    /// Which one: its id, or 64 hex digits of a certificate; nothing for a window of time
    #[arg(default_value = "")]
    value: String,
    /// From this time on, like 2026-11-22T00:00:00.000000Z
    #[arg(long)]
    from: Option<UtcMicros>,
    /// Until this time, exclusive
    #[arg(long)]
    to: Option<UtcMicros>,
    /// At most this many leaves
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Go on where an earlier part ended
    #[arg(long)]
    cursor: Option<String>,
    /// File to keep the report in
    #[arg(long, value_name = "FILE")]
    to_file: PathBuf,
}

fn subject(name: &str) -> Result<ReportSubject, String> {
    ReportSubject::from_name(name).ok_or_else(|| {
        let names: Vec<_> = ReportSubject::ALL.iter().map(|subject| subject.name()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Logs(args) => logs(globals, args).await,
        Command::Report(args) => report(globals, args).await,
        Command::Verify { file, trust } => {
            let trust = Trust::from_json(&read_bytes(&trust)?).map_err(|error| {
                Failure::usage("the trust file is not usable").because(error.to_string())
            })?;
            let proof = verify_report(&read_bytes(&file)?, &trust).map_err(|error| {
                Failure::new(Exit::Invalid, "the report proves nothing").because(error.to_string())
            })?;
            let row = Row::new().flag("valid", true).text("bank", trust.bank.to_string());
            output::one(globals.output, &told(row, &proof))
        }
    }
}

async fn logs(globals: &Globals, args: LogsArgs) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let pairs = [
        ("kind", args.kind),
        ("user", args.user),
        ("certificate", args.certificate),
        ("from", args.from.map(|at| at.to_string())),
        ("to", args.to.map(|at| at.to_string())),
        ("outcome", args.outcome),
        ("limit", Some(args.limit.to_string())),
        ("cursor", args.cursor),
    ];
    let query: Vec<_> =
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let page = holder.session.trail(&query).await?;
    if let Some(next) = page.next {
        eprintln!("there is more: --cursor {}", output::plain(&next));
    }
    let rows: Vec<_> = page.items.into_iter().map(row).collect();
    output::list(globals.output, &rows, "nothing of that")
}

fn row(item: TrailItem) -> Row {
    Row::new()
        .number("leaf", item.leaf.clone(), item.leaf)
        .text("at", item.at)
        .text("kind", item.kind)
        .text("outcome", item.outcome)
        .maybe("code", item.code)
        .maybe("role", item.role)
        .maybe("user", item.user_id)
        .maybe("certificate", item.certificate)
        .text("intent", item.intent_id)
}

/// The report is saved before it is judged: one that proves nothing is worth keeping too.
async fn report(globals: &Globals, args: ReportArgs) -> Result<Exit, Failure> {
    if args.to_file.exists() {
        let what = format!("{} is there already", args.to_file.display());
        return Err(Failure::new(Exit::Conflict, what).next("name another file with --to-file"));
    }
    let (name, value) = (args.subject.name(), args.value);
    let holder = Holder::open(globals).await?;
    prompt::confirm(globals, &format!("sign for a report about {name} {value}"))?;
    let wish = Wish::audit_report(args.subject, value, args.from, args.to);
    let mut settled = holder.report(wish, args.limit, args.cursor.as_deref()).await?;
    let report = settled.extra.remove("report").ok_or_else(|| {
        let what = "the bank took the intent and sent no report";
        Failure::new(Exit::Unexpected, what).next("ask again: each reading is signed for")
    })?;
    if let Some(next) = report.get("next").and_then(Value::as_str) {
        eprintln!("there is more: --cursor {}", output::plain(next));
    }
    let receipt: Value = serde_json::from_slice(&settled.receipt.to_json())
        .map_err(|error| Failure::unexpected("could not write the receipt", &error))?;
    let file = json!({ "receipt": receipt, "report": report }).to_string();
    write_private(&args.to_file, file.as_bytes())
        .map_err(|error| Failure::file(args.to_file.display(), &error))?;
    let trust = holder.session.bank().trust();
    let proof = verify_report(file.as_bytes(), trust).map_err(|error| {
        Failure::new(Exit::Invalid, "the report proves nothing").because(error.to_string())
    })?;
    let row = receipts::settled(&settled).text("file", args.to_file.display().to_string());
    output::one(globals.output, &told(row, &proof))
}

fn told(row: Row, proof: &ReportProof) -> Row {
    let asked = proof.asked.facts.intent.as_ref();
    let (subject, value) = match asked.map(intent::Intent::body) {
        Some(Body::AuditReport { subject, value, .. }) => {
            (Some(subject.name()), Some(value.clone()))
        }
        _ => (None, None),
    };
    let count = |count: usize| (count.to_string(), count.to_string());
    let (leaves, signatures) = (count(proof.leaves), count(proof.signatures));
    let (links, certificates) = (count(proof.links), count(proof.certificates));
    row.maybe("subject", subject)
        .maybe("value", value.filter(|value| !value.is_empty()))
        .maybe("asked_at", asked.map(|intent| intent.at().to_string()))
        .maybe("asked_by", proof.asked.signer.as_ref().map(|signer| signer.subject().to_owned()))
        .number("leaves", leaves.0, leaves.1)
        .number("signatures_checked", signatures.0, signatures.1)
        .number("links_checked", links.0, links.1)
        .number("certificates_checked", certificates.0, certificates.1)
        .text("log_size", proof.asked.facts.checkpoint.size.get().to_string())
}
