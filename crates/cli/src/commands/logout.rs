//! `logout`: the end of the session, here and at the bank.

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;

/// End the session at the bank and forget it here
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(globals: &Globals, Args {}: Args) -> Result<Exit, Failure> {
    let mut holder = Holder::open(globals).await?;
    holder.session.logout().await?;
    holder.forget_session()?;
    eprintln!("logged out");
    Ok(Exit::Ok)
}
