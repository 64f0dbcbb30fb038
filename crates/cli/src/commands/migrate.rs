//! `migrate`: the schema of a database that somebody else runs.

use server::config::DatabaseSource;

use crate::args::Globals;
use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Row};

/// Bring the schema up to date, as the role that owns it
///
/// A private database migrates itself. For DATABASE_URL this is a step of its own, so that the
/// server needs no right to change the schema: it takes STRONGROOM_OWNER_DATABASE_URL.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  STRONGROOM_OWNER_DATABASE_URL=postgres://owner@db/bank DATABASE_URL=postgres://server@db/bank \\
      strongroom migrate")]
pub(crate) struct Args {}

pub(crate) async fn run(globals: &Globals, Args {}: Args) -> Result<Exit, Failure> {
    let config = serve::config()?;
    if let DatabaseSource::Private = config.database.source {
        return Err(Failure::usage("a private database migrates itself at every start")
            .next("set DATABASE_URL and STRONGROOM_OWNER_DATABASE_URL for another one"));
    }
    let owner = config.database.owner.ok_or_else(|| {
        Failure::usage("the owner of the schema is not named")
            .next("set STRONGROOM_OWNER_DATABASE_URL")
    })?;
    let applied = server::migrate::run(&owner)
        .await
        .map_err(|error| Failure::unexpected("the schema was not changed", &error))?;
    let applied = applied.to_string();
    output::one(globals.output, &Row::new().number("applied", applied.clone(), applied))
}
