//! `login`: a session, kept in the profile; or a look at one's account by password.

use std::path::PathBuf;

use client::{AccountView, Bank, SecondFactor, Visit};

use crate::amount::show_minor;
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, Stranger, meet};
use crate::output::{self, Row};
use crate::prompt;

/// Digits of an authenticator's code.
const CODE_LEN: usize = 6;

/// Log in by certificate and device; other commands do it by themselves where needed
///
/// The bank challenges, the key and the device answer, and a session opens whose secret only this
/// device can derive. It is kept, sealed, in the profile.
///
/// With --password you look at your account where no device of yours is at hand: a password alone
/// (level 1) shows your own person, a code of your authenticator or a recovery code beside it
/// (level 2) shows the accounts too. It signs nothing, nothing is kept here, and the session ends
/// with the command.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom login
  strongroom login --profile work
  strongroom login --password --email alice@example.org --server https://bank.example
  strongroom login --password --email alice@example.org --server https://bank.example \\
      --from password.txt --code 123456")]
pub(crate) struct Args {
    /// Look, by password, instead of logging this device in
    #[arg(long, requires = "email")]
    password: bool,

    /// Your address at the bank
    #[arg(long, requires = "password")]
    email: Option<String>,

    /// File that holds the password; asked for where there is none
    #[arg(long, value_name = "FILE", requires = "password")]
    from: Option<PathBuf>,

    /// Six digits of your authenticator; asked for where there is none
    #[arg(long, requires = "password")]
    code: Option<String>,

    /// A one-time recovery code, instead of the six digits
    #[arg(long, requires = "password", conflicts_with = "code")]
    recovery_code: Option<String>,

    /// Trust file of the bank
    #[arg(long, value_name = "FILE", requires = "password")]
    trust: Option<PathBuf>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    if args.password {
        return look(globals, args).await;
    }
    let holder = Holder::log_in(globals).await?;
    // Also compares the keys that the server shows with those that were enrolled under.
    let info = holder.session.bank().security_info().await?;
    let connection = |member: &str| {
        let value = info.rest.get("connection")?.get(member)?.as_str()?;
        Some(value.to_owned())
    };
    let user = holder.session.identity().user();
    let key = holder.session.key_status(user.id).await?;
    if key.rotation_required {
        eprintln!("your key is past its time and can only be replaced: `strongroom keys rotate`");
    } else if key.rotation_due {
        let until = output::plain(&key.rotation_required_at);
        eprintln!("your key is due: `strongroom keys rotate`, until {until}");
    }
    let row = Row::new()
        .text("bank", holder.session.bank().trust().bank.to_string())
        .text("server", holder.session.bank().transport().server().origin())
        .text("user", user.id.to_string())
        .text("name", user.name.clone())
        .text("role", user.role.name())
        .maybe("connection", connection("protocol"))
        .maybe("key_exchange", connection("group"))
        .text("rotation_due_at", key.rotation_due_at);
    output::one(globals.output, &row)
}

async fn look(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let Stranger { bank, server, .. } = meet(globals, args.trust.as_deref()).await?;
    let visit = open(globals, &args, &bank).await?;
    let shown = look_around(globals, &visit).await;
    // Whatever was seen or went wrong: nothing of the session shall outlive the command.
    let ended = visit.logout().await;
    let row = Row::new().text("bank", bank.trust().bank.to_string()).text("server", server);
    let row = shown?(row);
    ended?;
    output::one(globals.output, &row)
}

async fn look_around(globals: &Globals, visit: &Visit) -> Result<impl FnOnce(Row) -> Row, Failure> {
    let level = step_up(globals, visit).await?;
    show(visit, level).await
}

/// The open session.
async fn open(globals: &Globals, args: &Args, bank: &Bank) -> Result<Visit, Failure> {
    let email = args.email.as_deref().unwrap_or_default();
    let password = prompt::password(globals, args.from.as_deref())?;
    let password = text(password.expose())?;
    let named = match (&args.code, &args.recovery_code) {
        (Some(code), _) => SecondFactor::Code(code),
        (None, Some(code)) => SecondFactor::RecoveryCode(code),
        (None, None) => SecondFactor::None,
    };
    Ok(bank.visit(email, password, named).await?)
}

/// Asks for a second factor where there is one and none was given. The level that it leads to.
async fn step_up(globals: &Globals, visit: &Visit) -> Result<u8, Failure> {
    let level = visit.aal;
    if level > 1 || visit.second_factor.is_empty() {
        return Ok(level);
    }
    let Some(typed) = prompt::second_factor(globals)? else { return Ok(level) };
    let typed = text(typed.expose())?;
    let is_code = typed.len() == CODE_LEN && typed.bytes().all(|byte| byte.is_ascii_digit());
    let factor =
        if is_code { SecondFactor::Code(typed) } else { SecondFactor::RecoveryCode(typed) };
    Ok(visit.verify_factor(factor).await?.aal)
}

/// What such a session shows, put behind what is known already.
async fn show(visit: &Visit, level: u8) -> Result<impl FnOnce(Row) -> Row, Failure> {
    let areas = visit.areas().await?;
    let sees_accounts = areas.iter().any(|area| area == "accounts");
    let accounts = if sees_accounts { visit.accounts().await? } else { Vec::new() };
    eprintln!(
        "{}",
        match (level, sees_accounts) {
            (1, _) if visit.second_factor.is_empty() =>
                "level 1: your own person; a second factor would show more (`strongroom mfa setup`)",
            (1, _) => "level 1: your own person; a code beside the password would show more",
            (_, true) => "level 2: your person and your accounts; payments need an enrolled device",
            (_, false) => "level 2: your own person; everything else needs an enrolled device",
        }
    );
    let (user, factors) = (visit.user.to_string(), visit.second_factor.clone());
    let accounts: Vec<_> = accounts.iter().map(one_line).collect();
    Ok(move |row: Row| {
        row.text("user", user)
            .number("level", level.to_string(), level.to_string())
            .words("steps_up_with", &factors)
            .words("may_use", &areas)
            .words("accounts", &accounts)
    })
}

fn one_line(account: &AccountView) -> String {
    let AccountView { number, asset, balance, scale, .. } = account;
    format!("{number} {}", show_minor(balance, asset, *scale))
}

fn text(secret: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(secret).map_err(|_| Failure::usage("what was typed is not text in UTF-8"))
}
