//! `config`: the profiles on this machine.

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Row};

/// List profiles and choose the one that is meant by default
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom config list
  strongroom config use work
  strongroom config path

A profile is chosen by --profile, else STRONGROOM_CLIENT_PROFILE, else `config use`, else it is the
only one there is.")]
pub(crate) enum Command {
    /// The profiles
    List,
    /// Choose the default profile
    Use {
        /// Its name
        name: String,
    },
    /// The folder of profiles and receipts
    Path,
}

pub(crate) fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let home = Home::of(globals)?;
    match command {
        Command::List => {
            let default = home.profile_name(globals).ok();
            let row = |name: String| {
                let is_default = default.as_ref() == Some(&name);
                Row::new().text("profile", name).flag("default", is_default)
            };
            let rows: Vec<_> = home.keys().list()?.into_iter().map(row).collect();
            output::list(globals.output, &rows, "no profiles; `strongroom enrol` makes one")
        }
        Command::Use { name } => {
            home.choose(&name)?;
            eprintln!("from now on {name} is meant");
            Ok(Exit::Ok)
        }
        Command::Path => {
            let path = home.folder().display().to_string();
            output::one(globals.output, &Row::new().text("path", path))
        }
    }
}
