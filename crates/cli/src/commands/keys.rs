//! `keys`: the keys of this profile, present and past.

use client::KeyInfo;
use intent::UserId;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// List your certificates, see when your key is due, and replace it
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom keys list
  strongroom keys info
  strongroom keys rotate")]
pub(crate) enum Command {
    /// Every certificate you ever held, newest first
    List {
        /// Of somebody else; staff only
        #[arg(long, value_name = "USER")]
        user: Option<UserId>,
    },
    /// The key in use, when it should be replaced, and from when on it can only be replaced
    Info {
        /// Of somebody else; staff only
        #[arg(long, value_name = "USER")]
        user: Option<UserId>,
    },
    /// Replace the key by a new one; the old key signs the new, so the lineage continues
    Rotate,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List { user } => {
            let user = user.unwrap_or(holder.session.identity().user().id);
            let rows: Vec<_> = holder.session.keys(user).await?.into_iter().map(row).collect();
            output::list(globals.output, &rows, "no certificates")
        }
        Command::Info { user } => {
            let user = user.unwrap_or(holder.session.identity().user().id);
            let status = holder.session.key_status(user).await?;
            let days_left = status.days_left.to_string();
            let row = row(status.key)
                .text("suite", status.suite)
                .text("signature_algorithm", status.signature_algorithm)
                .number("days_left", days_left.clone(), days_left)
                .text("rotation_due_at", status.rotation_due_at)
                .flag("rotation_due", status.rotation_due)
                .text("rotation_required_at", status.rotation_required_at)
                .flag("rotation_required", status.rotation_required);
            output::one(globals.output, &row)
        }
        Command::Rotate => rotate(globals, holder).await,
    }
}

async fn rotate(globals: &Globals, holder: Holder) -> Result<Exit, Failure> {
    prompt::confirm(globals, "replace the key of this profile; the present one ends")?;
    let (holder, receipt) = holder.rotate().await?;
    let certificate = holder.session.identity().certificate_hash()?;
    let row = receipts::summary(&receipt).text("certificate", certificate.to_string());
    output::one(globals.output, &row)
}

fn row(key: KeyInfo) -> Row {
    let generation = key.generation.to_string();
    Row::new()
        .number("generation", generation.clone(), generation)
        .text("status", key.status)
        .text("not_before", key.not_before)
        .text("not_after", key.not_after)
        .text("certificate", key.certificate)
}
