//! `accounts`: list, open, freeze.

use client::{AccountView, Wish};
use intent::UserId;
use ledger::{AccountId, Freeze};
use money::AssetCode;
use uuid::Uuid;

use crate::amount::{TypedAmount, show, show_minor};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::Payee;
use crate::prompt;
use crate::receipts;

/// Look at accounts, open and freeze them
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom accounts list
  strongroom accounts list -o jsonl
  strongroom accounts open EUR
  strongroom accounts overdraft SR12345678901234567890 '500.00 EUR' --profile manager
  strongroom accounts freeze 0192f000-0000-7000-8000-000000000001 --debit --reason 'stolen phone'")]
pub(crate) enum Command {
    /// Your accounts with their balances; staff see everyone's
    List,
    /// Open an account in an asset
    Open {
        /// Asset code, like EUR
        asset: AssetCode,
        /// Whose account; staff only
        #[arg(long, value_name = "USER")]
        owner: Option<UserId>,
    },
    /// Stop debits or credits of an account, or neither; owners only add
    Freeze {
        /// Number or id of the account
        account: Payee,
        /// Stop debits
        #[arg(long)]
        debit: bool,
        /// Stop credits
        #[arg(long)]
        credit: bool,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Say how far an account may be overdrawn; managers only
    Overdraft {
        /// Number or id of the account
        account: Payee,
        /// By how much at most, like '500.00 EUR'; 0 ends it
        amount: TypedAmount,
    },
    /// Close an empty account for good
    Close {
        /// Number or id of the account
        account: Payee,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List => {
            let rows: Vec<_> = holder.session.accounts().await?.iter().map(row).collect();
            output::list(
                globals.output,
                &rows,
                "no accounts; `strongroom accounts open EUR` opens one",
            )
        }
        Command::Open { asset, owner } => {
            let account = AccountId::new(Uuid::now_v7());
            let owner = owner.unwrap_or(holder.session.identity().user().id);
            let settled = holder.submit(Wish::open_account(account, owner, asset)).await?;
            let row = receipts::settled(&settled).text("account", account.to_string());
            output::one(globals.output, &row)
        }
        Command::Freeze { account, debit, credit, reason } => {
            let stopped = match (debit, credit) {
                (true, true) => "stop debits and credits of",
                (true, false) => "stop debits of",
                (false, true) => "stop credits of",
                (false, false) => "let everything flow again on",
            };
            prompt::confirm(globals, &format!("{stopped} account {account}: {reason}"))?;
            let account = account.resolve(&holder.session).await?;
            let wish = Wish::freeze(account, Freeze { debit, credit }, reason);
            output::one(globals.output, &receipts::settled(&holder.submit(wish).await?))
        }
        Command::Overdraft { account, amount } => {
            let amount = amount.resolve(None).map_err(Failure::usage)?;
            let question = format!("let account {account} be overdrawn by {}", show(amount, None));
            prompt::confirm(globals, &question)?;
            let wish = Wish::overdraft(account.resolve(&holder.session).await?, amount);
            output::one(globals.output, &receipts::settled(&holder.submit(wish).await?))
        }
        Command::Close { account } => {
            prompt::confirm(globals, &format!("close account {account} for good"))?;
            let wish = Wish::close_account(account.resolve(&holder.session).await?);
            output::one(globals.output, &receipts::settled(&holder.submit(wish).await?))
        }
    }
}

fn row(account: &AccountView) -> Row {
    let show = |minor: &str| show_minor(minor, &account.asset, account.scale);
    let frozen = match (account.freeze_debit, account.freeze_credit) {
        (false, false) => None,
        (true, false) => Some("debits"),
        (false, true) => Some("credits"),
        (true, true) => Some("all"),
    };
    Row::new()
        .text("number", account.number.clone())
        .text("account", account.id.clone())
        .text("asset", account.asset.clone())
        .number("balance", show(&account.balance), account.balance.clone())
        .number("available", show(&account.available), account.available.clone())
        .maybe("frozen", frozen)
}
