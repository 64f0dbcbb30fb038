//! `demo`: the whole bank on one machine with nothing set up, through one business day.
//!
//! | file | holds |
//! |---|---|
//! | [`plan`] | who does what, and what must come of it; [`dice`] and [`names`] for its choices |
//! | [`house`] | folder, private PostgreSQL, founding, server |
//! | [`cast`] | enrolment of everybody; key stores for the command line |
//! | [`day`] | clients at work over HTTP; [`forgery`] makes what must not get through |
//! | [`tally`] | counts, latencies, and every outcome compared with the plan |
//! | [`proof`] | receipts offline, balances, checkpoint |
//! | [`report`] | what happened, as a table or JSON |
//!
//! Everything is done through the client crate and real HTTP: the demo has no way into the bank that a customer lacks,
//! except that it founds it.

mod cast;
mod day;
mod dice;
mod forgery;
mod house;
mod names;
mod plan;
mod proof;
mod report;
mod tally;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Session, write_private};
use crypto::Suite;
use indicatif::{ProgressBar, ProgressStyle};

use self::cast::{Cast, KeptProfile};
use self::day::{Actor, Stage};
use self::house::{House, Opened, Site};
use self::plan::Plan;
use self::report::{Latency, Shown, Summary};
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

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    log_failures();
    let any = loopback(0);
    let site = Site {
        data_dir: args.data_dir.clone(),
        listen: if args.once { any } else { args.listen },
        tls_listen: if args.once { any } else { args.tls_listen },
        suite: args.suite,
    };
    let mut clock = Phases::new();
    let waiting = clock.begin("founding", None);
    let Opened { house, invitations } = unless_stopped(House::open(site)).await?;
    clock.end(&waiting);
    match unless_stopped(business(&house, invitations, &args, clock)).await {
        Ok(after) if after.summary.ok => {
            show(globals, &after.summary)?;
            if !args.once {
                guide(&house, &after);
                serve::told_to_stop()
                    .await
                    .map_err(|error| Failure::unexpected("cannot wait for signals", &error))?;
                eprintln!("stopping: requests in work may finish");
            }
            house.close().await?;
            Ok(Exit::Ok)
        }
        Ok(after) => {
            show(globals, &after.summary)?;
            let failure = not_as_planned(&after.summary);
            Err(kept_for_examination(house, failure).await)
        }
        Err(failure) => Err(kept_for_examination(house, failure).await),
    }
}

/// What there is when the day is over.
struct After {
    summary: Summary,
    profiles: Vec<KeptProfile>,
}

async fn business(
    house: &House,
    invitations: Vec<server::bank::Invitation>,
    args: &Args,
    mut clock: Phases,
) -> Result<After, Failure> {
    let [customers, intents, clients] = [args.customers, args.intents, args.clients]
        .map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let plan = Plan::new(customers, intents, args.seed)
        .map_err(|error| Failure::unexpected("the day cannot be planned", &error))?;
    let bank = house.connect()?;

    let people = invitations.len().saturating_add(customers);
    let bar = clock.begin("enrolment", Some(people));
    let Cast { manager, auditor, admin, customers, accounts } =
        Cast::assemble(&bank, invitations, &plan, &bar).await?;
    clock.end(&bar);

    let bar = clock.begin("business day", Some(intents));
    let scripts = plan.customers.iter().map(|customer| customer.steps.clone());
    let actors = customers.into_iter().zip(scripts).enumerate();
    let actors = actors.map(|(index, (session, steps))| Actor { index, session, steps }).collect();
    let manager = tokio::sync::Mutex::new(manager);
    let stage = Arc::new(Stage { accounts, manager, bar: bar.clone() });
    let day::Evening { mut tally, actors, took } =
        day::run(actors, Arc::clone(&stage), clients).await?;
    clock.end(&bar);
    if tally.submitted != plan.intents() {
        let (sent, planned) = (tally.submitted, plan.intents());
        tally.surprise(format!("{sent} intents were handed in, {planned} planned"));
    }

    let samples = proof::samples(&tally.receipts);
    let kept = std::mem::take(&mut tally.receipts);
    let seen = kept.first().map(|first| first.receipt.checkpoint.clone());
    let receipts = kept.len();
    let bar = clock.begin("receipts", Some(receipts));
    let failures = proof::receipts(kept, house.trust()?, bar.clone()).await?;
    let receipts_verified = receipts.saturating_sub(failures.len());
    failures.into_iter().for_each(|failure| tally.surprise(failure));
    clock.end(&bar);
    for difference in proof::balances(&auditor, &plan, &stage.accounts).await? {
        tally.surprise(difference);
    }
    let checkpoint = proof::checkpoint(&auditor).await?;

    let bar = clock.begin("verify", Some(receipts));
    let verify = proof::whole(house, seen, &bar).await?;
    clock.end(&bar);

    let profiles = if args.once && !house.is_kept() {
        Vec::new()
    } else {
        let manager = stage.manager.lock().await;
        let sessions: Vec<Session> = actors.into_iter().map(|actor| actor.session).collect();
        let people = cast::memorable([&manager, &auditor, &admin], &sessions);
        keep_samples(&people_folder(house), &samples)?;
        cast::keep(house, &people_folder(house), people)?
    };
    let (surprises_count, surprises) = tally.surprises();
    let summary = Summary {
        ok: verify.ok && surprises_count == 0,
        seed: args.seed,
        customers: args.customers.into(),
        clients: args.clients.into(),
        submitted: tally.submitted,
        accepted: tally.accepted,
        refused: tally.refused.clone(),
        replayed: tally.replayed,
        transfers: tally.transfers,
        day_ms: millis(took),
        transfers_per_s: per_second(tally.transfers, took),
        latency_us: Latency {
            p50: tally.latency_us_at(50.0),
            p99: tally.latency_us_at(99.0),
            max: tally.latency_us_at(100.0),
        },
        log_size: checkpoint.size.get(),
        checkpoint: Shown {
            origin: checkpoint.origin.to_string(),
            size: checkpoint.size.get(),
            root: checkpoint.root.to_base64(),
        },
        receipts_verified: u64::try_from(receipts_verified).unwrap_or(u64::MAX),
        verify: serde_json::to_value(&verify).unwrap_or_default(),
        phases_ms: clock.done,
        surprises_count,
        surprises: surprises.to_vec(),
    };
    Ok(After { summary, profiles })
}

/// Runs `work` to its end, or breaks it off at Ctrl-C or SIGTERM.
async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        _ = serve::told_to_stop() => Err(Failure::new(Exit::Unexpected, "the demo was broken off")),
    }
}

fn not_as_planned(summary: &Summary) -> Failure {
    let verify_ok = summary.verify.get("ok").and_then(serde_json::Value::as_bool) == Some(true);
    let (exit, what) = match (verify_ok, summary.surprises_count) {
        (false, _) => (Exit::Tampered, "log and ledger do not verify".to_owned()),
        (true, 1) => (Exit::Unexpected, "one outcome is not as planned".to_owned()),
        (true, count) => (Exit::Unexpected, format!("{count} outcomes are not as planned")),
    };
    let findings = summary.verify.get("findings").and_then(serde_json::Value::as_array);
    let findings = findings.into_iter().flatten().take(5).map(ToString::to_string);
    let why: Vec<_> = summary.surprises.iter().cloned().chain(findings).collect();
    Failure::new(exit, what).because(why.join("\n       "))
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

fn people_folder(house: &House) -> PathBuf {
    house.path().join("people")
}

fn keep_samples(folder: &Path, samples: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let folder = folder.join("receipts");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(folder.display(), &error))?;
    for (name, bytes) in samples {
        let path = folder.join(name);
        write_private(&path, bytes).map_err(|error| Failure::file(path.display(), &error))?;
    }
    Ok(())
}

/// Tells a person what can be done now.
fn guide(house: &House, after: &After) {
    let (folder, people) = (house.path().display(), people_folder(house));
    let passphrase = house::passphrase_path(house.path());
    let people = people.display();
    let (plain, tls) = (house.address(), house.tls_address());
    eprintln!("\nopen at {plain} and {tls}");
    eprintln!("  API      {plain}/api/docs");
    eprintln!("  metrics  {plain}/metrics");
    eprintln!(
        "  folder   {folder}{}",
        if house.is_kept() { "" } else { ", which goes with the demo" }
    );
    eprintln!("\nprofiles:");
    let width = after.profiles.iter().map(|profile| profile.name.len()).max().unwrap_or_default();
    for KeptProfile { name, about } in &after.profiles {
        eprintln!("  {name:width$}  {about}");
    }
    eprintln!("\nact as one of them in another terminal:");
    eprintln!("  export STRONGROOM_HOME={people}");
    eprintln!("  export STRONGROOM_PASSPHRASE_FILE={}", passphrase.display());
    eprintln!("  strongroom --profile {} accounts list", names::profile(plan::ROTATES));
    eprintln!("  strongroom --profile manager accounts list");
    let trust = house::trust_path(house.path());
    eprintln!("prove a payment, with the bank gone:");
    eprintln!("  strongroom receipt verify {people}/receipts/ok.json --trust {}", trust.display());
    eprintln!("\nCtrl-C ends it");
}

/// The parts of the demo, each with a bar on a terminal, and how long they took.
struct Phases {
    began: Instant,
    name: &'static str,
    done: std::collections::BTreeMap<&'static str, u64>,
}

impl Phases {
    fn new() -> Self {
        Self { began: Instant::now(), name: "", done: std::collections::BTreeMap::new() }
    }

    /// Begins a part; `len` where it is known how much there is to do.
    fn begin(&mut self, name: &'static str, len: Option<usize>) -> ProgressBar {
        (self.began, self.name) = (Instant::now(), name);
        let bar = match len {
            Some(len) => ProgressBar::new(u64::try_from(len).unwrap_or_default()),
            None => ProgressBar::new_spinner(),
        };
        let template = match len {
            Some(_) => "{msg:12} {bar:30} {human_pos:>6}/{human_len} {elapsed}",
            None => "{msg:12} {spinner} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name);
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    fn end(&mut self, bar: &ProgressBar) {
        self.done.insert(self.name, millis(self.began.elapsed()));
        bar.finish();
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn per_second(count: u64, span: Duration) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / span.as_secs_f64().max(f64::EPSILON)
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
