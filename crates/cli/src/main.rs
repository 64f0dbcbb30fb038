//! The `strongroom` command: the bank, and everything that people do with one.
//!
//! It is no place for rules: it reads what was typed, calls `client`, `pki` or `server`, and shows
//! what came back. The commands that only read certificates and receipts need no network.
//!
//! # Invariants
//!
//! - Data goes to standard output and nothing else does; everything for people goes to standard
//!   error.
//! - The exit code comes from one table, [`exit::Exit`].
//! - Money moves only after a confirmation, or `--yes`.
//! - Text from elsewhere cannot steer the terminal: control characters are replaced when shown.

mod amount;
mod args;
mod bench;
mod commands;
mod demo;
mod exit;
mod failure;
mod holder;
mod home;
mod output;
mod payee;
mod payments;
mod policy_value;
mod prompt;
mod receipts;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// A request is a few hundred small allocations, some of which another thread frees.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let Cli { globals, command } = Cli::parse();
    let format = globals.output;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(&globals, command)),
        Err(error) => Err(Failure::unexpected("could not start", &error)),
    };
    let exit = done.unwrap_or_else(|failure| {
        failure.report(format);
        failure.exit()
    });
    exit.into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
