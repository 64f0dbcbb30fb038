//! `bench`: how fast the whole corridor is, beside `pgbench` on the same cluster in the same run.
//!
//! | file | holds |
//! |---|---|
//! | [`field`] | a bank of its own: server process, private cluster, customers, funded accounts |
//! | [`load`] | intents signed before the clock runs |
//! | [`generator`] | closed loop for saturation, open loop for latency |
//! | [`processor`] | CPU time of server, database and client, from /proc |
//! | [`fill`] | what is there before anything is measured |
//! | [`growth`] | what more accounts, a longer history and a longer log cost |
//! | [`overload`] | what becomes of more than the bank can take |
//! | [`peers`] | other ledgers on the same cluster: plain SQL, cala-ledger |
//! | [`reference`] | the primitives' own speed |
//! | [`sign_in`] | sign-ins, and what a request's proof costs |
//! | [`report`] | medians, ratios, JSON and table |
//! | [`picture`] | diagrams in SVG |
//! | [`size`] | sizes as they are typed and shown, and the disk that they take |
//!
//! Absolute figures of a shared machine mean little: every figure is also a ratio to pgbench of the same run. Durability
//! is asserted, not assumed: `fsync`, `synchronous_commit` and `full_page_writes` are read from the running cluster.

mod field;
mod fill;
mod generator;
mod growth;
mod load;
mod overload;
mod peers;
mod picture;
mod processor;
mod reference;
mod report;
mod sign_in;
mod size;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use self::field::Field;
use self::generator::{Measured, Since};
use self::load::{Bodies, Scenario};
use self::peers::Peers;
use self::report::{Report, Round};
use self::size::{Needs, Size};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Format;

/// Measure the whole corridor on a private PostgreSQL, beside pgbench in the same run
///
/// Starts a server process and a cluster of their own (fsync on), signs the load beforehand, then runs every scenario
/// in interleaved rounds: closed loop to find saturation, open loop at half of it for latency, measured from the time
/// each request was due. Only answers after COMMIT count.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom bench
  strongroom bench -o json > bench.json
  strongroom bench --scenario single --seconds 20 --rounds 5
  strongroom bench --scenario approval --scenario mixed
  strongroom bench --scenario single --idle-accounts 10M
  strongroom bench --scenario single --history 10M
  strongroom bench --scenario single --bodies cbor
  strongroom bench --peers
  strongroom bench --overload curve.svg
  strongroom bench --overload curve.svg --overload-connections 4000
  strongroom bench --growth growth.svg -o json > growth.json
  strongroom bench --growth growth.svg --growth-leaves 1M
  strongroom bench --growth trial.svg --growth-accounts 1k,20k --growth-history 0,100k --rounds 1 --seconds 2")]
pub(crate) struct Args {
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u32,

    /// Interleaved rounds; medians are reported
    #[arg(long, default_value_t = 3)]
    rounds: u32,

    /// Customers who sign
    #[arg(long, default_value_t = 50)]
    signers: u32,

    /// Accounts of each customer
    #[arg(long, default_value_t = 20)]
    accounts: u32,

    /// Accounts beside those, filled in by SQL, that payments go to: how speed goes with the size of a bank
    #[arg(long, value_name = "N", default_value_t, conflicts_with = "peers")]
    idle_accounts: Size,

    /// Transfers posted before, 1,000 a signature: how speed goes with the age of a bank. 10M take a few minutes and 10 GB
    #[arg(long, value_name = "N", default_value_t)]
    history: Size,

    /// Connections of the load generator
    #[arg(long, default_value_t = 512)]
    connections: u32,

    /// Only these scenarios
    #[arg(long, value_enum, default_values_t = [Scenario::Single, Scenario::Batch, Scenario::Hot])]
    scenario: Vec<Scenario>,

    /// How requests and their receipts are written: the signed bytes are the same
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Bodies::Json)]
    bodies: Bodies,

    /// Measure other ledgers on the same cluster too: double entry in plain SQL, and cala-ledger
    #[arg(long)]
    peers: bool,

    /// Instead: offer 0.5 to 5 times what saturates, and draw the curve of what is accepted as this file
    #[arg(long, value_name = "SVG", conflicts_with = "peers")]
    overload: Option<PathBuf>,

    /// Connections of the overload. The server takes 1,024 requests in hand at once, and 4,096 connections
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2_048,
        requires = "overload",
        value_parser = clap::value_parser!(u32).range(1..=4_096)
    )]
    overload_connections: u32,

    /// Instead: measure `single` beside pgbench while accounts, then history grow, time `verify`, and draw what is left of the
    /// speed as this file. With the sizes below and three rounds, most of an hour and 24 GB
    #[arg(
        long,
        value_name = "SVG",
        conflicts_with_all = ["peers", "overload", "scenario", "idle_accounts", "history"]
    )]
    growth: Option<PathBuf>,

    #[command(flatten)]
    growth_sizes: growth::Sizes,
}

impl Args {
    /// Accounts that are opened and funded one by one, and pay.
    fn paying_accounts(&self) -> u32 {
        self.signers.max(2).saturating_mul(self.accounts.max(1))
    }
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let say = |what: &str| eprintln!("bench: {what}");
    if let Some(path) = &args.growth {
        return grown(globals, &args, path).await;
    }
    let needs = Needs {
        accounts: args.idle_accounts.count(),
        transfers: args.history.count(),
        ..Needs::default()
    };
    if needs != Needs::default() {
        size::check_disk(&std::env::temp_dir(), needs.bytes())?;
    }
    say("starting a server and a private cluster");
    let mut field =
        Field::prepare(args.signers.max(2), args.accounts.max(1), args.bodies.form()).await?;
    let durability = field.durability()?;
    if args.idle_accounts.get() > 0 {
        fill::accounts(&mut field, args.idle_accounts.get()).await?;
    }
    if args.history.get() > 0 {
        fill::history(&field, args.history.get()).await?;
        field.tidy_up()?;
    }
    if let Some(path) = &args.overload {
        field.settle_wal()?;
        return overloaded(globals, field, &args, path).await;
    }
    say("measuring the primitives");
    let primitives = reference::primitives()?;
    field.prepare_pgbench()?;
    field.settle_wal()?;
    let peers = args.peers.then(|| Peers::prepare(&field, field.accounts())).transpose()?;
    let mut rounds = Vec::new();
    for round in 1..=args.rounds.max(1) {
        let mut measured = Round::default();
        // Before each: the WAL of what came before can be used again, as when it is spread over a day.
        field.checkpoint()?;
        measured.pgbench_tps.push(field.tpc_b(args.seconds)?);
        for scenario in &args.scenario {
            say(&format!("round {round}: {}", scenario.name()));
            field.checkpoint()?;
            measured.scenarios.push((*scenario, measure(&field, *scenario, &args).await?));
        }
        if let Some(peers) = &peers {
            say(&format!("round {round}: peers"));
            field.checkpoint()?;
            measured.peers_tps = peers.measure(&field, args.seconds)?;
        }
        field.checkpoint()?;
        measured.pgbench_tps.push(field.tpc_b(args.seconds)?);
        rounds.push(measured);
    }
    say("signing in");
    let sign_in = sign_in::measure(&field, Duration::from_secs(args.seconds.into())).await?;
    let verified = field.verify_conservation()?;
    let report =
        Report::new(args.bodies.form(), &rounds, primitives, sign_in, durability, verified);
    match globals.output {
        Format::Table => print!("{}", report.table()),
        Format::Json | Format::Jsonl | Format::Csv => println!("{}", report.json()),
    }
    field.stop().await;
    Ok(if verified { Exit::Ok } else { Exit::Unexpected })
}

async fn overloaded(
    globals: &Globals,
    field: Field,
    args: &Args,
    path: &Path,
) -> Result<Exit, Failure> {
    let connections = [args.connections, args.overload_connections]
        .map(|of| usize::try_from(of).unwrap_or(usize::MAX));
    let span = Duration::from_secs(args.seconds.into());
    let curve = overload::measure(&field, connections, span).await?;
    let verified = field.verify_conservation()?;
    std::fs::write(path, curve.svg()).map_err(|error| Failure::file(path.display(), &error))?;
    match globals.output {
        Format::Table => print!("{}", curve.table()),
        Format::Json | Format::Jsonl | Format::Csv => println!("{}", curve.json()),
    }
    field.stop().await;
    Ok(if verified { Exit::Ok } else { Exit::Unexpected })
}

async fn grown(globals: &Globals, args: &Args, path: &Path) -> Result<Exit, Failure> {
    let growth = growth::measure(args).await?;
    // First what took long, then what may fail.
    match globals.output {
        Format::Table => print!("{}", growth.table()),
        Format::Json | Format::Jsonl | Format::Csv => println!("{}", growth.json()),
    }
    std::fs::write(path, growth.svg()).map_err(|error| Failure::file(path.display(), &error))?;
    Ok(if growth.is_conserved() { Exit::Ok } else { Exit::Unexpected })
}

/// One scenario in one round: saturation, then latency at half of it.
async fn measure(field: &Field, scenario: Scenario, args: &Args) -> Result<Measured, Failure> {
    let span = Duration::from_secs(args.seconds.into());
    let connections = usize::try_from(args.connections).unwrap_or(usize::MAX);
    let shots = load::sign(field, scenario, scenario.shots_for(args.seconds))?;
    let meter = field.meter()?;
    let full = generator::closed(field, &shots, connections, span).await?;
    let (cost, server_bytes) = (field.meter()?.since(&meter), field.server_bytes());
    let rate = full.requests_per_s() / 2.0;
    let half_count = load::count(rate * f64::from(args.seconds));
    let shots = load::sign(field, scenario, half_count)?;
    let meter = field.meter()?;
    let half = generator::open(field, &shots, connections, rate, Since::Due).await?;
    let half_cost = field.meter()?.since(&meter);
    Ok(Measured::new(
        scenario.transfers_per_intent(),
        (&full, &cost),
        (&half, &half_cost),
        server_bytes,
    ))
}

impl Scenario {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
