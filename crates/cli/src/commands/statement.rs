//! `statement`: what moved on an account in a period, and whether a statement is what the bank signed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use client::{Trust, verify_statement};
use ledger::AccountId;
use serde_json::{Map, Value};

use crate::amount::show_minor;
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, read_bytes};
use crate::output::{self, Row};
use crate::payee::Payee;

/// Statements of your accounts: preview, download, verify; and a balance at a time
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom statement preview --from 2026-03-01 --to 2026-03-31
  strongroom statement download --from 2026-03-01 --to 2026-03-31 --format pdf
  strongroom statement download --from 2026-03-01 --to 2026-03-31 --out march.json
  strongroom statement verify march.json --trust bank.json
  strongroom statement balance --at 2026-03-15T12:00:00.000000Z
  strongroom statement balance --value-on 2026-03-15

The four forms of one statement show the same digest. The JSON form carries the bank's signature over it, and every
entry's intent and leaf in the log: keep that one where you may have to prove something.")]
pub(crate) enum Command {
    /// What a statement will say, without its entries
    Preview(Period),
    /// Write a statement into a file
    Download {
        #[command(flatten)]
        period: Period,

        /// Its form
        #[arg(long, value_enum, default_value_t)]
        format: Form,

        /// Where to write it, instead of a name made of account and period
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a statement in JSON against the bank's trust file, offline
    ///
    /// Checked: that opening balance and every amount come to the balance beside it and to the closing balance, that the
    /// digest is that of what the statement says, and that the bank signed it.
    #[command(after_help = "Exit code: 0 valid, 8 not.")]
    Verify {
        /// The statement
        file: PathBuf,

        /// The bank's trust file, from a source other than the statement's
        #[arg(long, value_name = "FILE", env = "STRONGROOM_TRUST", hide_env_values = true)]
        trust: PathBuf,
    },
    /// What an account held at a time, or at the end of a day by value dates
    Balance {
        /// Number or id of the account, where you have several
        #[arg(long)]
        account: Option<Payee>,

        /// When, UTC to the microsecond
        #[arg(long, value_name = "TIME", required_unless_present = "value_on")]
        at: Option<String>,

        /// A day, instead: what counts by its end
        #[arg(long, value_name = "DAY", conflicts_with = "at")]
        value_on: Option<String>,
    },
}

/// Of which account, over which days.
#[derive(Debug, clap::Args)]
pub(crate) struct Period {
    /// Number or id of the account, where you have several
    #[arg(long)]
    pub(crate) account: Option<Payee>,

    /// First day, UTC
    #[arg(long, value_name = "DATE")]
    pub(crate) from: String,

    /// Last day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: String,
}

/// The forms of a statement.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Form {
    /// For programs, and to prove something by
    #[default]
    Json,
    /// For a spreadsheet
    Csv,
    /// For people
    Pdf,
    /// For bookkeeping: ISO 20022 camt.053
    Camt053,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Camt053 => "camt053",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Camt053 => "xml",
            other => other.name(),
        }
    }
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Preview(period) => preview(globals, period).await,
        Command::Download { period, format, out } => download(globals, period, format, out).await,
        Command::Verify { file, trust } => verify(globals, &file, &trust),
        Command::Balance { account, at, value_on } => {
            let when = at.map(|at| ("at", at)).or_else(|| Some(("value_on", value_on?)));
            balance(globals, account, when).await
        }
    }
}

/// The account that was named, else the only one.
pub(crate) async fn account_of(
    holder: &Holder,
    named: Option<Payee>,
) -> Result<AccountId, Failure> {
    if let Some(named) = named {
        return named.resolve(&holder.session).await;
    }
    let accounts = holder.session.accounts().await?;
    let user = holder.session.identity().user().id.to_string();
    let mut own = accounts.iter().filter(|account| account.owner.as_ref() == Some(&user));
    match (own.next(), own.next()) {
        (Some(account), None) => account
            .id
            .parse()
            .map_err(|_| client::ClientError::Answer { what: "account id" }.into()),
        (Some(_), Some(_)) => Err(Failure::usage("you have several accounts")
            .next("name one with --account; `strongroom accounts list` shows them")),
        (None, _) => Err(Failure::usage("you have no account").next("name one with --account")),
    }
}

/// The part of a path that says which account and which days.
pub(crate) fn query(account: AccountId, period: &Period) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("account", &account.to_string());
    pairs.append_pair("from", &period.from).append_pair("to", &period.to);
    pairs.finish()
}

async fn preview(globals: &Globals, period: Period) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = account_of(&holder, period.account).await?;
    let path = format!("/api/customer/statements/preview?{}", query(account, &period));
    let found: Map<String, Value> = holder.session.get(&path).await?;
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let scale = found.get("scale").and_then(Value::as_u64).and_then(|it| u8::try_from(it).ok());
    let asset = text("asset");
    let money = |row: Row, name: &'static str| {
        row.number(name, show_minor(&text(name), &asset, scale), text(name))
    };
    let row = Row::new()
        .text("number", text("number"))
        .text("holder", text("holder"))
        .text("from", text("from"))
        .text("to", text("to"));
    let names = ["opening_balance", "credits", "debits", "closing_balance"];
    let row =
        names.into_iter().fold(row, money).number("entries", text("entries"), text("entries"));
    output::one(globals.output, &row)
}

async fn download(
    globals: &Globals,
    period: Period,
    format: Form,
    out: Option<PathBuf>,
) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = account_of(&holder, period.account).await?;
    let number = ledger::AccountNumber::of(account);
    // The name is made of what we know ourselves, not of what a header says.
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '-');
    if out.is_none() && !(plain(&period.from) && plain(&period.to)) {
        return Err(Failure::usage("a day is written like 2026-03-01"));
    }
    let out = out.unwrap_or_else(|| {
        let (from, to) = (&period.from, &period.to);
        PathBuf::from(format!("statement-{number}-{from}-{to}.{}", format.extension()))
    });
    let query = query(account, &period);
    let path = format!("/api/customer/statements/download?{query}&format={}", format.name());
    let bytes = save(&holder, &path, &out).await?;
    let row = Row::new().text("file", out.display().to_string()).text("bytes", bytes.to_string());
    output::one(globals.output, &row)
}

/// Writes an answer into a file that stands under its name only when it is whole.
pub(crate) async fn save(holder: &Holder, path: &str, out: &Path) -> Result<u64, Failure> {
    let failed = |error: std::io::Error| Failure::file(out.display(), &error);
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let part = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let mut writer = BufWriter::new(part);
    holder.session.download(path, &mut writer).await?;
    writer.flush().map_err(failed)?;
    let part = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    part.as_file().sync_all().map_err(failed)?;
    let bytes = part.as_file().metadata().map_err(failed)?.len();
    let _: File = part.persist(out).map_err(|error| failed(error.error))?;
    Ok(bytes)
}

fn verify(globals: &Globals, file: &Path, trust: &Path) -> Result<Exit, Failure> {
    let trust = Trust::from_json(&read_bytes(trust)?).map_err(|error| {
        Failure::usage("the trust file is not usable").because(error.to_string())
    })?;
    let sealed = verify_statement(&read_bytes(file)?, &trust).map_err(|error| {
        Failure::new(Exit::Invalid, "the statement proves nothing").because(error.to_string())
    })?;
    let row = Row::new()
        .flag("valid", true)
        .text("bank", sealed.bank)
        .text("account", sealed.account)
        .text("currency", sealed.currency.clone())
        .text("from", sealed.from)
        .text("to", sealed.to)
        .text("opening_balance", sealed.opening)
        .text("closing_balance", sealed.closing)
        .text("entries", sealed.entries.to_string())
        .text("created_at", sealed.created_at)
        .text("digest", sealed.digest)
        .text("log_size", sealed.checkpoint_size.to_string());
    output::one(globals.output, &row)
}

async fn balance(
    globals: &Globals,
    account: Option<Payee>,
    when: Option<(&str, String)>,
) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = account_of(&holder, account).await?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(when.iter().map(|(name, text)| (*name, text.as_str())));
    let path = format!("/api/accounts/{account}/balance?{}", query.finish());
    let found: Map<String, Value> = holder.session.get(&path).await?;
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let scale = found.get("scale").and_then(Value::as_u64).and_then(|it| u8::try_from(it).ok());
    let member = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
    let row = Row::new()
        .text("account", text("account"))
        .maybe("at", member("at"))
        .maybe("value_on", member("value_on"))
        .number("balance", show_minor(&text("balance"), &text("asset"), scale), text("balance"))
        .maybe("entries", member("entries"));
    output::one(globals.output, &row)
}
