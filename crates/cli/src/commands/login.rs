//! `login`: a session, kept in the profile.

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};

/// Log in by certificate and device; other commands do it by themselves where needed
///
/// The bank challenges, the key and the device answer, and a session opens whose secret only this
/// device can derive. It is kept, sealed, in the profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom login
  strongroom login --profile work")]
pub(crate) struct Args {}

pub(crate) async fn run(globals: &Globals, Args {}: Args) -> Result<Exit, Failure> {
    let holder = Holder::log_in(globals).await?;
    // Also compares the keys that the server shows with those that were enrolled under.
    let info = holder.session.bank().security_info().await?;
    let connection = |member: &str| {
        let value = info.rest.get("connection")?.get(member)?.as_str()?;
        Some(value.to_owned())
    };
    let user = holder.session.identity().user();
    let row = Row::new()
        .text("bank", holder.session.bank().trust().bank.to_string())
        .text("server", holder.session.bank().transport().server().origin())
        .text("user", user.id.to_string())
        .text("name", user.name.clone())
        .text("role", user.role.name())
        .maybe("connection", connection("protocol"))
        .maybe("key_exchange", connection("group"));
    output::one(globals.output, &row)
}
