//! `enrol`: a new profile, with a key of its own and a certificate for it.

use std::path::PathBuf;
use std::sync::Arc;

use client::{Bank, Device, Identity, Invitation, Profile, UserName};
use crypto::SecretBytes;
use intent::Role;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Stranger, meet, read_text};
use crate::home::Home;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

const DEFAULT_PROFILE: &str = "default";

/// Get a certificate for a new key of this device
///
/// The key is made here and never leaves: the bank certifies its public half and learns a proof of
/// this device. The profile is sealed under a passphrase that nobody can recover.
///
/// Customers register with --name and --email. Staff redeem the invitation they were handed.
/// With --trust the bank must prove to be the one whose trust file you were given; without, its
/// keys are believed on first use and remembered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom enrol --server http://127.0.0.1:8080 --name Alice --email alice@example.org
  strongroom enrol --server https://bank.example --trust bank.json --profile work \\
      --invitation-file invitation.txt")]
pub(crate) struct Args {
    /// Your name, as the certificate is to show it
    #[arg(long, required_unless_present = "invitation_file", requires = "email")]
    name: Option<String>,

    /// Your address, one account each
    #[arg(long, requires = "name")]
    email: Option<String>,

    /// File with an invitation, instead of --name and --email
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "email"])]
    invitation_file: Option<PathBuf>,

    /// Trust file of the bank
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let home = Home::of(globals)?;
    let name = globals.profile.clone().unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    if home.keys().contains(&name)? {
        return Err(client::KeyStoreError::Exists(name).into());
    }
    let Stranger { bank, server, tls_roots } = meet(globals, args.trust.as_deref()).await?;
    let passphrase = prompt::new_passphrase(globals, &format!("profile {name}"))?;
    let (user, token) = registration(&bank, args).await?;

    let identity = Identity::generate(bank.suite(), user, Device::generate()?)?;
    let profile = Profile {
        server,
        tls_roots,
        trust: bank.trust().clone(),
        identity: Arc::new(identity),
        session: None,
    };
    // Saved first: a crash after the bank's answer must not lose the key that was certified.
    drop(home.keys().create(&name, &passphrase, &profile)?);
    let (unlocked, profile) = home.keys().unlock(&name, &passphrase)?;
    let enrolled = bank.enrol(&profile.identity, &token).await;
    let receipt = match enrolled {
        Ok(receipt) => receipt,
        Err(error) => {
            drop(unlocked);
            home.keys().remove(&name)?;
            return Err(error.into());
        }
    };
    unlocked.save(&profile)?;
    receipts::keep(&home, &receipt)?;
    let user = profile.identity.user();
    let row = Row::new()
        .text("profile", name)
        .text("user", user.id.to_string())
        .text("role", user.role.name())
        .text("certificate", profile.identity.certificate_hash()?.to_string())
        .text("leaf", receipt.index.get().to_string());
    output::one(globals.output, &row)
}

async fn registration(bank: &Bank, args: Args) -> Result<(UserName, SecretBytes), Failure> {
    if let Some(path) = args.invitation_file {
        let invitation: Invitation = read_text(&path)?.parse().map_err(|_| {
            Failure::usage(format!("{} holds no invitation", path.display()))
                .because("an invitation is one word that starts with strongroom-invitation-1.")
        })?;
        return Ok((invitation.user, invitation.token));
    }
    let (name, email) = (args.name.unwrap_or_default(), args.email.unwrap_or_default());
    let registered = bank.register(&name, &email).await?;
    Ok((UserName { id: registered.user, role: Role::Customer, name }, registered.token))
}
