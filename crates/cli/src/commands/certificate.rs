//! `certificate`: the end of one.

use client::Wish;
use crypto::Sha3;
use intent::RevocationReason;

use crate::args::{Globals, reason};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output;
use crate::prompt;
use crate::receipts;

/// Revoke certificates
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// End a certificate at once: your own, or as staff a customer's
    ///
    /// It takes effect with the next request, on every server. Without an argument it ends the
    /// certificate of this profile, after which the profile can do nothing more.
    #[command(after_help = "\
Examples:
  strongroom certificate revoke --reason key_compromise
  strongroom certificate revoke 5b2c…64 hex digits --reason cessation --profile manager")]
    Revoke {
        /// SHA3-256 of the certificate; `strongroom keys list` shows it
        #[arg(value_parser = fingerprint)]
        certificate: Option<Sha3>,

        /// unspecified, key_compromise, superseded or cessation
        #[arg(long, value_parser = reason)]
        reason: RevocationReason,
    },
}

fn fingerprint(text: &str) -> Result<Sha3, String> {
    Sha3::from_hex(text).map_err(|_| "must be 64 hexadecimal digits".to_owned())
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let Command::Revoke { certificate, reason } = command;
    let holder = Holder::open(globals).await?;
    let own = holder.session.identity().certificate_hash()?;
    let certificate = certificate.unwrap_or(own);
    let whose = if certificate == own { "your own certificate" } else { "certificate" };
    prompt::confirm(globals, &format!("revoke {whose} {certificate}: {}", reason.name()))?;
    let settled = holder.submit(Wish::revoke(certificate, reason)).await?;
    let row = receipts::settled(&settled).text("certificate", certificate.to_string());
    output::one(globals.output, &row)
}
