//! `demo`: the whole bank on one machine with nothing set up, through one business day.
//!
//! | file | holds |
//! |---|---|
//! | [`plan`] | who does what, and what must come of it; [`dice`] and [`names`] for its choices |
//! | [`house`] | folder, private PostgreSQL, founding, server |
//! | [`business`] | everything from the first enrolment to the last proof, in [`phases`] |
//! | [`cast`] | enrolment of everybody; key stores for the command line |
//! | [`day`] | clients at work over HTTP; [`forgery`] makes what must not get through |
//! | [`tally`] | counts, latencies, and every outcome compared with the plan |
//! | [`ways_in`] | every way to sign in without a browser, a second device paired and revoked |
//! | [`stories`] | an approval, what comes due by itself, files, and three frauds |
//! | [`proof`] | receipts offline, balances, checkpoint, log and ledger |
//! | [`door`] | one click into the console as somebody of the demo |
//! | [`report`], [`guide`] | what happened, as a table or JSON; what can be done next |
//!
//! Everything is done through the client crate and real HTTP: the demo has no way into the bank that a customer lacks,
//! except that it founds it.

mod business;
mod cast;
mod day;
mod dice;
mod door;
mod forgery;
mod guide;
mod house;
mod names;
mod phases;
mod plan;
mod proof;
mod report;
mod stories;
mod tally;
mod ways_in;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crypto::Suite;
use tokio_util::sync::CancellationToken;

use self::door::Door;
use self::house::{House, Opened, Site};
use self::phases::Phases;
use self::report::Summary;
use crate::args::Globals;
use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format};

/// Found a bank, run a business day of signed payments, prove it, and keep serving
///
/// Starts a private PostgreSQL in a folder of its own, founds a bank with staff and customers who hold their own keys,
/// and lets them pay each other over HTTP from concurrent clients. Some of it must be refused, on purpose: too little
/// money, a frozen account, a revoked certificate, altered documents, an id used twice. Afterwards all receipts are
/// verified offline, then the whole log and ledger. Exits with 0 only if everything came as planned and verifies.
///
/// Keys are random; everything else follows from --seed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom demo
  strongroom demo --data-dir ./demobank
  strongroom demo --once -o json")]
pub(crate) struct Args {
    /// End after the summary instead of serving until Ctrl-C
    #[arg(long)]
    once: bool,

    /// Signed intents of the day
    #[arg(long, value_name = "N", default_value_t = 5_000,
          value_parser = clap::value_parser!(u32).range(i64::from(plan::INTENTS_MIN)..=1_000_000))]
    intents: u32,

    /// Customers
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(i64::from(plan::CUSTOMERS_MIN)..=1_000))]
    customers: u32,

    /// Clients at work at once
    #[arg(long, value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u32).range(1..=512))]
    clients: u32,

    /// What the day's choices follow from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Suite of every key: standard, compact, pure65 or cnsa2
    #[arg(long, default_value = "standard")]
    suite: Suite,

    /// New or empty folder for the bank, which stays; without, a fresh one that goes with the demo
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Address of the plain port; another port where it is taken. With --once any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = loopback(8080))]
    listen: SocketAddr,

    /// Address of the TLS port, likewise
    #[arg(long, value_name = "ADDRESS", default_value_t = loopback(8443))]
    tls_listen: SocketAddr,
}

/// Findings of the verification that are told; the summary has all.
const FINDINGS_TOLD_MAX: usize = 5;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    log_failures();
    let any = loopback(0);
    let door = Door::new()?;
    let site = Site {
        data_dir: args.data_dir.clone(),
        listen: if args.once { any } else { args.listen },
        tls_listen: if args.once { any } else { args.tls_listen },
        suite: args.suite,
        beside: door.router(),
    };
    let stop = stop_token();
    let mut clock = Phases::new();
    let waiting = clock.begin("founding", None);
    // Not broken off: half a database would stay behind.
    let Opened { house, invitations } = Box::pin(House::open(site)).await?;
    clock.end(&waiting);
    let business = Box::pin(business::run(&house, invitations, &args, clock));
    match stop.run_until_cancelled(business).await {
        Some(Ok(after)) if after.summary.ok => {
            show(globals, &after.summary)?;
            if !args.once {
                door.open(house.connect()?, after.people);
                guide::tell(&house, &after.profiles, &door);
                stop.cancelled().await;
                eprintln!("stopping: requests in work may finish");
            }
            house.close().await?;
            Ok(Exit::Ok)
        }
        Some(Ok(after)) => {
            show(globals, &after.summary)?;
            let failure = not_as_planned(&after.summary);
            Err(kept_for_examination(house, failure).await)
        }
        Some(Err(failure)) => Err(kept_for_examination(house, failure).await),
        None => {
            house.close().await?;
            Err(Failure::new(Exit::Unexpected, "the demo was broken off"))
        }
    }
}

/// Cancelled at Ctrl-C or SIGTERM.
fn stop_token() -> CancellationToken {
    let stop = CancellationToken::new();
    let guard = stop.clone();
    tokio::spawn(async move {
        if serve::told_to_stop().await.is_ok() {
            guard.cancel();
        }
    });
    stop
}

fn not_as_planned(summary: &Summary) -> Failure {
    let (exit, what) = match (summary.verify.ok, summary.surprises_count) {
        (false, _) => (Exit::Tampered, "log and ledger do not verify".to_owned()),
        (true, 1) => (Exit::Unexpected, "one outcome is not as planned".to_owned()),
        (true, count) => (Exit::Unexpected, format!("{count} outcomes are not as planned")),
    };
    let findings = summary.verify.findings.iter().take(FINDINGS_TOLD_MAX);
    let findings = findings.map(|finding| format!("{} {}", finding.step.name(), finding.message));
    let why: Vec<_> = summary.surprises.iter().cloned().chain(findings).collect();
    Failure::new(exit, what).because(why.join("; "))
}

/// Something went wrong: closes the bank and leaves its folder, so that it can be looked at.
async fn kept_for_examination(house: House, failure: Failure) -> Failure {
    match house.close_and_keep().await {
        Ok(path) => failure.next(format!("the bank is kept in {}", path.display())),
        Err(closing) => {
            closing.report(Format::Table);
            failure
        }
    }
}

fn show(globals: &Globals, summary: &Summary) -> Result<(), Failure> {
    let text = match globals.output {
        Format::Table | Format::Csv => summary.table(),
        Format::Json => serde_json::to_string_pretty(summary).unwrap_or_default(),
        Format::Jsonl => serde_json::to_string(summary).unwrap_or_default(),
    };
    output::write(&format!("{}\n", text.trim_end())).map(|_| ())
}

/// Failures of the server reach the terminal; `RUST_LOG` asks for more, as JSON lines.
fn log_failures() {
    if std::env::var_os("RUST_LOG").is_some() {
        server::telemetry::init_logs();
        return;
    }
    let quiet = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(std::io::stderr)
        .finish();
    // A writer that is there already stays.
    let _ = tracing::subscriber::set_global_default(quiet);
}
