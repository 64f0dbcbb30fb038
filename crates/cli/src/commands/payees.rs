//! `payee`: whom you pay, under which name.

use client::{BeneficiaryView, NameAnswer, Wish};
use intent::{BeneficiaryStatus, NameMatch};
use ledger::{AccountId, AccountNumber};

use crate::amount::show_minor;
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::Payee;
use crate::prompt;
use crate::receipts;

/// Keep the people whom you pay, under names that the bank has checked
///
/// The bank says whether the name is that of the account's owner: the same, nearly the same (and then what it is), or not.
/// Whoever asks you to pay to an account under another name may be deceiving you.
///
/// A payee who is new may be paid little at first. The first day counts from the first payment or from their entry here,
/// whichever was earlier; an entry under a name that is not theirs counts nothing.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom payee check SR12345678901234567890 'Bob Miller'
  strongroom payee add SR12345678901234567890 'Bob Miller' --memo 'the flat'
  strongroom payee list
  strongroom payee disable SR12345678901234567890")]
pub(crate) enum Command {
    /// Your payees, with what you have paid them
    List,
    /// Ask the bank whether a name is that of an account's owner
    Check {
        /// Number of the account, with its check digits
        number: AccountNumber,
        /// The name as you know it
        name: String,
    },
    /// Keep a payee
    Add(Named),
    /// Keep a payee under another name or memo
    Rename(Named),
    /// Keep a payee, but let the entry count for nothing
    Disable {
        /// Number or id of the payee's account
        account: Payee,
    },
    /// Let the entry count again, from now on
    Enable {
        /// Number or id of the payee's account
        account: Payee,
    },
    /// Delete a payee, with their name
    Delete {
        /// Number or id of the payee's account
        account: Payee,
    },
}

/// An account and the name of its owner.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Number of the account, with its check digits
    number: AccountNumber,
    /// The name as you know it
    name: String,
    /// What you want to remember of them; only you see it
    #[arg(long)]
    memo: Option<String>,
    /// Keep them although the bank says that the account is not in this name
    #[arg(long)]
    name_differs: bool,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List => {
            let rows: Vec<_> = holder.session.payees().await?.iter().map(row).collect();
            output::list(globals.output, &rows, "you keep no payees")
        }
        Command::Check { number, name } => {
            let answer = holder.session.check_payee(number, &name).await?;
            let row = Row::new()
                .text("number", number.to_string())
                .text("name_match", answer.name_match.clone())
                .maybe("name", answer.name.as_deref().map(output::plain))
                .text("asset", answer.asset.clone());
            output::one(globals.output, &row)
        }
        Command::Add(named) => keep(globals, &holder, named, false).await,
        Command::Rename(named) => keep(globals, &holder, named, true).await,
        Command::Disable { account } => {
            change(globals, &holder, account, BeneficiaryStatus::Disabled).await
        }
        Command::Enable { account } => {
            change(globals, &holder, account, BeneficiaryStatus::Active).await
        }
        Command::Delete { account } => {
            change(globals, &holder, account, BeneficiaryStatus::Deleted).await
        }
    }
}

async fn keep(
    globals: &Globals,
    holder: &Holder,
    named: Named,
    is_known: bool,
) -> Result<Exit, Failure> {
    let answer = holder.session.check_payee(named.number, &named.name).await?;
    let (account, name_match) = answer.parts()?;
    if name_match == NameMatch::None && !named.name_differs {
        let what = format!("the account is not in the name of {}", output::plain(&named.name));
        return Err(Failure::new(Exit::Refused, what)
            .because("whoever asked you to pay to it may be deceiving you: ask them by a way that you know")
            .next("add --name-differs to keep it all the same"));
    }
    let verb = if is_known { "rename" } else { "keep" };
    let question = format!("{verb} payee {}\n{}", named.number, told(&answer, &named.name));
    prompt::confirm(globals, &question)?;
    let text = (named.name.as_str(), named.memo.as_deref());
    let wish = if is_known {
        Wish::rename_payee(account, text, name_match)?
    } else {
        Wish::add_payee(account, text, name_match)?
    };
    output::one(globals.output, &receipts::settled(&holder.submit(wish).await?))
}

fn told(answer: &NameAnswer, typed: &str) -> String {
    let typed = output::plain(typed);
    match (answer.name_match.as_str(), &answer.name) {
        ("match", _) => format!("the account is in the name of {typed}"),
        ("close", Some(name)) => {
            format!("the account is in the name of {}, not quite {typed}", output::plain(name))
        }
        _ => format!("the account is NOT in the name of {typed}"),
    }
}

async fn change(
    globals: &Globals,
    holder: &Holder,
    account: Payee,
    status: BeneficiaryStatus,
) -> Result<Exit, Failure> {
    // From the list: an account that was closed meanwhile is no longer found by its number.
    let named = account.to_string();
    let payees = holder.session.payees().await?;
    let found = payees.iter().find(|view| view.account == named || view.number == named);
    let found = found.ok_or_else(|| {
        Failure::new(Exit::Refused, format!("{named} is not among your payees"))
            .next("`strongroom payee list` shows them")
    })?;
    let name = output::plain(found.name.as_deref().unwrap_or("no name"));
    let verb = match status {
        BeneficiaryStatus::Active => "enable",
        BeneficiaryStatus::Disabled => "disable",
        BeneficiaryStatus::Deleted => "delete",
    };
    prompt::confirm(globals, &format!("{verb} payee {} ({name})", found.number))?;
    let account: AccountId =
        found.account.parse().map_err(|_| client::ClientError::Answer { what: "account" })?;
    let settled = holder.submit(Wish::change_payee(account, status)).await?;
    output::one(globals.output, &receipts::settled(&settled))
}

fn row(view: &BeneficiaryView) -> Row {
    Row::new()
        .text("number", view.number.clone())
        .maybe("name", view.name.as_deref().map(output::plain))
        .text("name_match", view.name_match.clone())
        .text("status", view.status.clone())
        .number("paid", show_minor(&view.total, &view.asset, None), view.total.clone())
        .number("payments", view.payments.clone(), view.payments.clone())
        .maybe("last_paid_at", view.last_paid_at.clone())
        .maybe("counts_since", view.counts_since.clone())
        .maybe("memo", view.memo.as_deref().map(output::plain))
}
