//! `completions`: for the shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom completions bash > /etc/bash_completion.d/strongroom
  strongroom completions zsh > ~/.zfunc/_strongroom")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(Args { shell }: Args) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "strongroom", &mut text);
    output::write(&String::from_utf8_lossy(&text))
}
