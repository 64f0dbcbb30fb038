//! `help`: the same as `--help`, and the table of exit codes.

use clap::CommandFactory;

use crate::args::{Cli, Globals};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Row};

const EXIT_CODES: &str = "exit-codes";

/// Help on a command, or on `exit-codes`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A command, like `accounts open`, or `exit-codes`
    topic: Vec<String>,
}

pub(crate) fn run(globals: &Globals, Args { topic }: Args) -> Result<Exit, Failure> {
    if topic.first().is_some_and(|topic| topic == EXIT_CODES) {
        let row = |exit: &Exit| {
            let code = exit.code().to_string();
            Row::new().number("exit_code", code.clone(), code).text("meaning", exit.meaning())
        };
        let rows: Vec<_> = Exit::ALL.iter().map(row).collect();
        return output::list(globals.output, &rows, "");
    }
    let mut command = Cli::command();
    command.build();
    for name in &topic {
        command = command.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(format!("there is no command {name:?}"))
                .next("`strongroom help` lists the commands")
        })?;
    }
    output::write(&command.render_long_help().to_string())
}
