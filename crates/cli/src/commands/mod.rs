//! One file per command. To add one: a `mod` line here, a variant in [`Command`], an arm below.

#![expect(clippy::doc_markdown, reason = "the comments are help texts for a terminal")]

pub(crate) mod accounts;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod ceremony;
pub(crate) mod cert;
pub(crate) mod certificate;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod enrol;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod found;
pub(crate) mod fund;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod holds;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mfa;
pub(crate) mod migrate;
pub(crate) mod password;
pub(crate) mod pay;
pub(crate) mod pay_file;
pub(crate) mod payees;
pub(crate) mod policies;
pub(crate) mod receipt;
pub(crate) mod reconcile;
pub(crate) mod reverse;
pub(crate) mod roles;
pub(crate) mod serve;
pub(crate) mod standing_orders;
pub(crate) mod statement;
pub(crate) mod verify;
pub(crate) mod webhooks;

use crate::args::{Command, Globals};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => Box::pin(crate::demo::run(globals, args)).await,
        Command::Found(args) => found::run(globals, args).await,
        Command::Serve(args) => serve::run(globals, args).await,
        Command::Enrol(args) => enrol::run(globals, args).await,
        Command::Login(args) => login::run(globals, args).await,
        Command::Logout(args) => logout::run(globals, args).await,
        Command::Password(command) => password::run(globals, command).await,
        Command::Mfa(command) => mfa::run(globals, command).await,
        Command::Accounts(command) => accounts::run(globals, command).await,
        Command::Pay(args) => pay::run(globals, args).await,
        Command::Payee(command) => payees::run(globals, command).await,
        Command::StandingOrder(command) => standing_orders::run(globals, command).await,
        Command::PayFile(command) => pay_file::run(globals, command).await,
        Command::Holds(command) => holds::run(globals, command).await,
        Command::Reverse(args) => reverse::run(globals, args).await,
        Command::Exchange(args) => exchange::run(globals, args).await,
        Command::Rates(args) => exchange::rates(globals, args).await,
        Command::Approvals(command) => approvals::run(globals, command).await,
        Command::Policies(command) => policies::run(globals, command).await,
        Command::Fund(args) => fund::run(globals, args).await,
        Command::History(args) => history::run(globals, args).await,
        Command::Events(args) => events::run(globals, args).await,
        Command::Reconcile(args) => reconcile::run(globals, args).await,
        Command::Statement(command) => statement::run(globals, command).await,
        Command::Keys(command) => keys::run(globals, command).await,
        Command::Certificate(command) => certificate::run(globals, command).await,
        Command::Authority(command) => authority::run(globals, command).await,
        Command::Devices(command) => devices::run(globals, command).await,
        Command::Roles(command) => roles::run(globals, command).await,
        Command::Audit(command) => audit::run(globals, command).await,
        Command::Webhooks(command) => webhooks::run(globals, command).await,
        Command::Receipt(command) => receipt::run(globals, command),
        Command::Cert(command) => cert::run(globals, command),
        Command::Config(command) => config::run(globals, command),
        Command::Bench(args) => crate::bench::run(globals, args).await,
        Command::Verify(args) => verify::run(globals, args).await,
        Command::Doctor(args) => doctor::run(globals, args).await,
        Command::Migrate(args) => migrate::run(globals, args).await,
        Command::Completions(args) => completions::run(args),
        Command::Help(args) => help::run(globals, args),
    }
}
