//! `cert`: certificates as files. Needs nothing but `pki`.

use std::path::{Path, PathBuf};

use intent::UtcMicros;
use pki::Certificate;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::read_bytes;
use crate::output::{self, Format, Row};

/// Show and verify certificate files, of this bank or of anybody who follows the same standard
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom cert show alice.pem
  strongroom cert verify root.der
  strongroom cert verify alice.pem --ca issuing.pem
  strongroom cert verify old.pem --ca issuing.pem --at 2026-11-22T00:00:00.000000Z

Exit code of verify: 0 valid, 8 not.")]
pub(crate) enum Command {
    /// What a certificate says, for a person
    Show {
        /// DER or PEM
        file: PathBuf,
    },
    /// Whether a certificate's signature is valid and its time is now
    Verify {
        /// DER or PEM
        file: PathBuf,

        /// Certificate of the issuer; without it the certificate must have signed itself
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,

        /// Judge as of this time, like 2026-11-22T00:00:00.000000Z, instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<UtcMicros>,
    },
}

pub(crate) fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Show { file } => show(globals.output, &read(&file)?),
        Command::Verify { file, ca, at } => {
            let certificate = read(&file)?;
            let ca = ca.as_deref().map(read).transpose()?;
            let now_s = at.unwrap_or_else(server::clock::now).get().div_euclid(1_000_000);
            pki::verify_any(&certificate, ca.as_ref(), now_s).map_err(|error| {
                Failure::new(Exit::Invalid, format!("{} is not valid", file.display()))
                    .because(error.to_string())
            })?;
            output::one(globals.output, &facts(&certificate).flag("valid", true))
        }
    }
}

fn show(format: Format, certificate: &Certificate) -> Result<Exit, Failure> {
    match format {
        Format::Table => {
            let text: Vec<_> = pki::show(certificate).lines().map(output::plain).collect();
            output::write(&format!("{}\n", text.join("\n")))
        }
        Format::Json | Format::Jsonl | Format::Csv => output::one(format, &facts(certificate)),
    }
}

fn facts(certificate: &Certificate) -> Row {
    let time = |at_s: i64| UtcMicros::from_micros(at_s.saturating_mul(1_000_000));
    Row::new()
        .text("subject", certificate.subject())
        .text("issuer", certificate.issuer())
        .text("suite", certificate.public_key().suite().name())
        .text("signature", certificate.public_key().suite().signature_algorithm())
        .text("serial", hex::encode(certificate.serial()))
        .text("not_before", time(certificate.not_before_s()).to_string())
        .text("not_after", time(certificate.not_after_s()).to_string())
        .flag("is_ca", certificate.is_ca())
        .text("fingerprint", certificate.fingerprint().to_string())
}

/// A file that is no certificate at all is as invalid as one whose signature is.
fn read(path: &Path) -> Result<Certificate, Failure> {
    let bytes = read_bytes(path)?;
    let parsed = match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim_start().starts_with("-----BEGIN") => Certificate::from_pem(text),
        _ => Certificate::from_der(&bytes),
    };
    parsed.map_err(|error| {
        Failure::new(Exit::Invalid, format!("{} is not a certificate", path.display()))
            .because(error.to_string())
    })
}
