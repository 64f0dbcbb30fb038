//! `receipt`: what the bank cannot take back.

use std::path::PathBuf;

use client::{Trust, verify_receipt};

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::read_bytes;
use crate::home::Home;
use crate::output::{self, Row};
use crate::receipts;

/// Show receipts, and verify them without the bank
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom receipt show 0192f000-0000-7000-8000-00000000abcd
  strongroom receipt verify receipt.json --trust bank.json

Exit code of verify: 0 valid, 8 not.")]
pub(crate) enum Command {
    /// What a receipt says, unverified
    Show {
        /// File, or the id of an intent of yours
        receipt: String,
    },
    /// Check a receipt against the bank's trust file, offline
    ///
    /// Checked: the checkpoint's signatures by the bank, the place of the entry in the log, that
    /// the entry is about what the receipt shows, the signer's certificate at that time, and the
    /// signer's signature.
    Verify {
        /// File, or the id of an intent of yours
        receipt: String,

        /// The bank's trust file, from a source other than the receipt's
        #[arg(long, value_name = "FILE", env = "STRONGROOM_TRUST", hide_env_values = true)]
        trust: PathBuf,
    },
}

pub(crate) fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    // Files need no home folder; an id does, and then its absence is the error.
    let home = Home::of(globals).ok();
    match command {
        Command::Show { receipt } => {
            let receipt = receipts::read(home.as_ref(), &receipt)?;
            let size = receipt.inclusion.size.get().to_string();
            let row = receipts::summary(&receipt).number("log_size", size.clone(), size);
            output::one(globals.output, &row)
        }
        Command::Verify { receipt, trust } => {
            let receipt = receipts::read(home.as_ref(), &receipt)?;
            let trust = Trust::from_json(&read_bytes(&trust)?).map_err(|error| {
                Failure::usage("the trust file is not usable").because(error.to_string())
            })?;
            let proof = verify_receipt(&receipt, &trust).map_err(|error| {
                Failure::new(Exit::Invalid, "the receipt proves nothing").because(error.to_string())
            })?;
            let kind = proof.facts.intent.as_ref().map(|intent| intent.kind().name());
            let at = proof.facts.intent.as_ref().map(|intent| intent.at().to_string());
            let signer = proof.signer.as_ref().map(|signer| signer.subject().to_owned());
            let row = Row::new()
                .flag("valid", true)
                .text("bank", trust.bank.to_string())
                .text("outcome", proof.facts.effects.outcome.name())
                .text("code", proof.facts.effects.code.clone())
                .words("items", &proof.facts.effects.items)
                .maybe("kind", kind)
                .maybe("signed_at", at)
                .maybe("signer", signer)
                .flag("signature_checked", proof.signature_checked)
                .text("leaf", proof.facts.index.get().to_string())
                .text("log_size", proof.facts.checkpoint.size.get().to_string());
            output::one(globals.output, &row)
        }
    }
}
