//! `devices`: the devices of a person, and how one lets another in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use client::{Bank, Device, DeviceView, Identity, NewDevice, Profile, UserName, Wish};
use intent::{DeviceId, Pairing, Receipt, RevocationReason, Role, UserId};
use uuid::Uuid;

use crate::args::{Globals, reason};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, Stranger, meet};
use crate::home::Home;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// How often a new device asks whether it was approved.
const POLL: Duration = Duration::from_secs(1);

/// List, pair, approve and revoke devices
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom devices list
  on the new device:    strongroom devices pair --server https://bank.example --user 01a2012d-… --profile tablet
  on the first device:  strongroom devices approve strongroom-pairing-1.…
  strongroom devices revoke 5b2c…64 hex digits --reason key_compromise")]
pub(crate) enum Command {
    /// Your devices, newest first
    List,
    /// Say what a device of yours is called
    Name {
        /// Identity of the device; `strongroom devices list` shows it
        device: DeviceId,
        /// 1 to 60 characters
        name: String,
    },
    /// End a device at once, with its certificates and sessions
    Revoke {
        /// Identity of the device; `strongroom devices list` shows it
        device: DeviceId,
        /// unspecified, key_compromise, superseded or cessation
        #[arg(long, value_parser = reason)]
        reason: RevocationReason,
    },
    /// Make this a further device of yours: an enrolled one must approve it within five minutes
    ///
    /// The keys are made here and never leave. What is shown goes to the other device, as a text or as a QR code; both
    /// show the same number of six digits.
    Pair(PairArgs),
    /// Let a new device of yours in, after comparing the number that both show
    Approve {
        /// What the new device shows: its whole text, or only the id in it together with --number
        pairing: String,
        /// The number that the new device shows
        #[arg(long)]
        number: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct PairArgs {
    /// Your user id; `strongroom enrol` and `strongroom login` show it
    #[arg(long)]
    user: UserId,
    /// Your role at the bank
    #[arg(long, default_value = "customer")]
    role: Role,
    /// What to call this device
    #[arg(long, default_value = "second device")]
    name: String,
    /// Trust file of the bank
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List => {
            let holder = Holder::open(globals).await?;
            let rows: Vec<_> = holder.session.devices().await?.into_iter().map(row).collect();
            output::list(globals.output, &rows, "no devices")
        }
        Command::Name { device, name } => {
            let holder = Holder::open(globals).await?;
            holder.session.name_device(device, &name).await?;
            let row = Row::new().text("device", device.to_string()).text("name", name);
            output::one(globals.output, &row)
        }
        Command::Revoke { device, reason } => revoke(globals, device, reason).await,
        Command::Pair(args) => pair(globals, args).await,
        Command::Approve { pairing, number } => approve(globals, &pairing, number).await,
    }
}

fn row(device: DeviceView) -> Row {
    let this = if device.is_this_one { "yes" } else { "" };
    Row::new()
        .text("name", device.name.unwrap_or_default())
        .text("status", device.status)
        .text("this", this)
        .text("enrolled_at", device.enrolled_at)
        .text("last_used_at", device.last_used_at.unwrap_or_default())
        .text("device", device.device_id)
        .text("certificate", device.certificate.unwrap_or_default())
}

async fn revoke(
    globals: &Globals,
    device: DeviceId,
    reason: RevocationReason,
) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let is_this = holder.session.identity().device().id() == device;
    let whose = if is_this { "this very device" } else { "device" };
    prompt::confirm(globals, &format!("revoke {whose} {device}: {}", reason.name()))?;
    let settled = holder.submit(Wish::revoke_device(device, reason)).await?;
    let row = receipts::settled(&settled).text("device", device.to_string());
    output::one(globals.output, &row)
}

/// What is approved is what the bank was asked for, and that must be what the other device shows.
async fn approve(globals: &Globals, text: &str, number: Option<String>) -> Result<Exit, Failure> {
    let shown: Option<Pairing> = text.parse().ok();
    let id: Uuid = match (&shown, text.parse()) {
        (Some(shown), _) => shown.id,
        (None, Ok(id)) => id,
        (None, Err(_)) => return Err(Failure::usage("this is neither a pairing nor its id")),
    };
    let holder = Holder::open(globals).await?;
    let told = holder.session.pairing(id).await?;
    let differs = shown.as_ref().is_some_and(|shown| *shown != told)
        || number.as_ref().is_some_and(|number| *number != told.number());
    if differs {
        let what = "the bank was asked for something else than the new device shows";
        return Err(Failure::new(Exit::Invalid, what)
            .because("somebody may stand between that device and the bank")
            .next("approve nothing; begin anew on the new device"));
    }
    if shown.is_none() && number.is_none() {
        return Err(Failure::usage("give the whole text, or --number as the new device shows it"));
    }
    let number = told.number();
    prompt::confirm(globals, &format!("let the device in that shows {number}"))?;
    let settled = holder.submit(Wish::approve_device(&told)).await?;
    let row = receipts::settled(&settled)
        .text("device", told.device.to_string())
        .text("match_number", number);
    output::one(globals.output, &row)
}

async fn pair(globals: &Globals, args: PairArgs) -> Result<Exit, Failure> {
    let home = Home::of(globals)?;
    let profile_name = globals.profile.clone().unwrap_or_else(|| "default".to_owned());
    if home.keys().contains(&profile_name)? {
        return Err(client::KeyStoreError::Exists(profile_name).into());
    }
    let Stranger { bank, server, tls_roots } = meet(globals, args.trust.as_deref()).await?;
    let passphrase = prompt::new_passphrase(globals, &format!("profile {profile_name}"))?;
    let user = UserName { id: args.user, role: args.role, name: args.name.clone() };
    let identity = Identity::generate(bank.suite(), user, Device::generate()?)?;
    let profile = Profile {
        server,
        tls_roots,
        trust: bank.trust().clone(),
        identity: Arc::new(identity),
        session: None,
    };
    // Saved first: a crash after the bank's answer must not lose the key that was certified.
    drop(home.keys().create(&profile_name, &passphrase, &profile)?);
    let (unlocked, profile) = home.keys().unlock(&profile_name, &passphrase)?;
    let receipt = match enrol(&bank, &profile.identity, &args.name).await {
        Ok(receipt) => receipt,
        Err(failure) => {
            drop(unlocked);
            home.keys().remove(&profile_name)?;
            return Err(failure);
        }
    };
    unlocked.save(&profile)?;
    receipts::keep(&home, &receipt)?;
    let row = receipts::summary(&receipt)
        .text("profile", profile_name)
        .text("device", profile.identity.device().id().to_string())
        .text("certificate", profile.identity.certificate_hash()?.to_string());
    output::one(globals.output, &row)
}

async fn enrol(bank: &Bank, identity: &Identity, name: &str) -> Result<Receipt, Failure> {
    let new: NewDevice = bank.pair(identity, name).await?;
    eprintln!("on an enrolled device of yours:\n\n  strongroom devices approve {}\n", new.pairing);
    eprintln!("both must show {}   (until {})", new.pairing.number(), new.expires_at);
    loop {
        match bank.pairing_status(&new).await?.as_str() {
            "approved" => return Ok(bank.enrol_paired(identity, &new).await?),
            "waiting" => tokio::time::sleep(POLL).await,
            _ => {
                return Err(Failure::new(Exit::Refused, "nobody approved in time")
                    .next("begin anew: `strongroom devices pair`"));
            }
        }
    }
}
