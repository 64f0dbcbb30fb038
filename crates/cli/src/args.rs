//! The command line: what may be typed, and the help that teaches it.

#![expect(clippy::doc_markdown, reason = "the comments are help texts for a terminal")]

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use intent::RevocationReason;

use crate::commands;
use crate::output::Format;

const EXAMPLES: &str = "\
Examples:
  Found a bank and run it:
    strongroom found --bank examplebank --name 'Example Bank'
    strongroom serve
  Become a customer of it and pay somebody:
    strongroom enrol --server http://127.0.0.1:8080 --name Alice --email alice@example.org
    strongroom accounts open EUR
    strongroom pay 0192f000-0000-7000-8000-000000000001 '12.34 EUR' --memo 'thank you'
  Prove it to anybody, offline:
    strongroom receipt verify receipt.json --trust bank.json

`strongroom help exit-codes` lists what the exit code tells a script.";

/// A quantum-safe bank core: run a bank, hold an account, prove what happened.
#[derive(Debug, Parser)]
#[command(
    name = "strongroom",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Profile to act as; a profile is a key with its certificate at one bank
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "STRONGROOM_CLIENT_PROFILE",
        hide_env_values = true
    )]
    pub(crate) profile: Option<String>,

    /// Address of the bank, instead of the profile's
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "STRONGROOM_SERVER",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,

    /// PEM file of the only TLS roots to believe, for a bank with a certificate of its own making
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "STRONGROOM_TLS_ROOT",
        hide_env_values = true
    )]
    pub(crate) tls_root: Option<PathBuf>,

    /// Allow plain http to another machine: everybody in between can read along
    #[arg(long, global = true)]
    pub(crate) danger_plain_http: bool,

    /// Folder of profiles and receipts
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "STRONGROOM_HOME",
        hide_env_values = true
    )]
    pub(crate) home: Option<PathBuf>,

    /// File with the passphrase (else STRONGROOM_PASSPHRASE, else you are asked)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "STRONGROOM_PASSPHRASE_FILE",
        hide_env_values = true
    )]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// Form of the data on standard output
    #[arg(short, long, global = true, value_enum, default_value_t)]
    pub(crate) output: Format,

    /// Do not ask for confirmation
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,

    /// Never ask for anything: fail instead
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
}

/// The commands, in the order people meet them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(crate::demo::Args),
    Found(commands::found::Args),
    Serve(commands::serve::Args),
    Enrol(commands::enrol::Args),
    Login(commands::login::Args),
    Logout(commands::logout::Args),
    #[command(subcommand)]
    Password(commands::password::Command),
    #[command(subcommand)]
    Mfa(commands::mfa::Command),
    #[command(subcommand)]
    Accounts(commands::accounts::Command),
    Pay(commands::pay::Args),
    #[command(subcommand)]
    Payee(commands::payees::Command),
    #[command(subcommand)]
    StandingOrder(commands::standing_orders::Command),
    #[command(subcommand)]
    PayFile(commands::pay_file::Command),
    #[command(subcommand)]
    Holds(commands::holds::Command),
    Reverse(commands::reverse::Args),
    Exchange(commands::exchange::Args),
    Rates(commands::exchange::RatesArgs),
    #[command(subcommand)]
    Approvals(commands::approvals::Command),
    #[command(subcommand)]
    Policies(commands::policies::Command),
    Fund(commands::fund::Args),
    History(commands::history::Args),
    Events(commands::events::Args),
    #[command(subcommand)]
    Statement(commands::statement::Command),
    Reconcile(commands::reconcile::Args),
    #[command(subcommand)]
    Keys(commands::keys::Command),
    #[command(subcommand)]
    Certificate(commands::certificate::Command),
    #[command(subcommand)]
    Devices(commands::devices::Command),
    #[command(subcommand)]
    Roles(commands::roles::Command),
    #[command(subcommand)]
    Audit(commands::audit::Command),
    #[command(subcommand)]
    Authority(commands::authority::Command),
    #[command(subcommand)]
    Webhooks(commands::webhooks::Command),
    #[command(subcommand)]
    Receipt(commands::receipt::Command),
    #[command(subcommand)]
    Cert(commands::cert::Command),
    #[command(subcommand)]
    Config(commands::config::Command),
    Bench(crate::bench::Args),
    Verify(commands::verify::Args),
    Doctor(commands::doctor::Args),
    Migrate(commands::migrate::Args),
    Completions(commands::completions::Args),
    Help(commands::help::Args),
}

/// A reason of a revocation, as typed.
pub(crate) fn reason(name: &str) -> Result<RevocationReason, String> {
    RevocationReason::from_name(name).ok_or_else(|| {
        let names: Vec<_> = RevocationReason::ALL.iter().map(|reason| reason.name()).collect();
        format!("must be one of {}", names.join(", "))
    })
}
