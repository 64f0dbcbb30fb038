//! `mfa`: the second factor beside the password.

use client::SecondFactor;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};

/// The second factor beside your password
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom mfa setup
  strongroom mfa verify 123456
  strongroom mfa codes 654321")]
pub(crate) enum Command {
    /// Begin to set up an authenticator app; `mfa verify` with its first code completes it
    Setup,
    /// Show a code: it completes a set-up and prints the recovery codes
    Verify {
        /// Six digits of the app
        code: String,
    },
    /// Print ten new recovery codes in place of the old ones
    Codes {
        /// Six digits of the app
        code: String,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let session = Holder::open(globals).await?.session;
    let row = match command {
        Command::Setup => {
            let setup = session.set_up_authenticator().await?;
            Row::new().text("secret", setup.secret).text("uri", setup.uri)
        }
        Command::Verify { code } => {
            let verified = session.verify_factor(SecondFactor::Code(&code)).await?;
            Row::new().words("recovery_codes", &verified.recovery_codes)
        }
        Command::Codes { code } => {
            Row::new().words("recovery_codes", &session.renew_recovery_codes(&code).await?)
        }
    };
    output::one(globals.output, &row)
}
