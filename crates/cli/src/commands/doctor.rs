//! `doctor`: what is not as it should be on the server's side.

use server::doctor::{Check, Status};

use crate::args::Globals;
use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Row};

/// Examine algorithms, key files, database and its roles, and say what to do
///
/// Exits with 1 where anything fails that the production profile refuses. Changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom doctor
  DATABASE_URL=postgres://… strongroom doctor -o json")]
pub(crate) struct Args {}

pub(crate) async fn run(globals: &Globals, Args {}: Args) -> Result<Exit, Failure> {
    let checks = server::doctor::examine(&serve::config()?).await;
    let rows: Vec<_> = checks.iter().map(row).collect();
    output::list(globals.output, &rows, "there was nothing to examine")?;
    let fails = checks.iter().any(|check| check.status == Status::Fail);
    Ok(if fails { Exit::Unexpected } else { Exit::Ok })
}

fn row(check: &Check) -> Row {
    let status = match check.status {
        Status::Ok => "ok",
        Status::Warn => "warn",
        Status::Fail => "fail",
    };
    Row::new()
        .text("status", status)
        .text("check", check.name)
        .text("detail", check.detail.clone())
        .maybe("fix", check.fix)
}
