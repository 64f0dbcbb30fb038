//! `password`: what to sign in with where the device is not at hand.

use std::path::PathBuf;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::prompt;

/// The password of your account at the bank
///
/// With it you can look at your account where this device is not at hand. It signs nothing: payments need the device.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom password set
  strongroom password set --from new-password.txt")]
pub(crate) enum Command {
    /// Set or replace the password; this device vouches for you
    Set {
        /// File that holds the new password; asked for where there is none
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let Command::Set { from } = command;
    let holder = Holder::open(globals).await?;
    let password = prompt::new_password(globals, from.as_deref())?;
    let password = std::str::from_utf8(password.expose())
        .map_err(|_| Failure::usage("the password is not text in UTF-8"))?;
    // A session that was kept may be hours old, and the bank wants to know who is there now.
    holder.session.reverify().await?;
    holder.session.set_password(password, None).await?;
    eprintln!("the password is set; other sessions that were opened by a password have ended");
    Ok(Exit::Ok)
}
