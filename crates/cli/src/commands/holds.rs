//! `holds`: money kept aside for a payee.

use std::time::Duration;

use client::{HoldView, Wish};
use intent::UtcMicros;
use ledger::TransferId;

use crate::amount::{TypedAmount, show, show_minor};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::Payee;
use crate::prompt;
use crate::receipts;

/// Keep money aside for a payee, take it, or give it back
///
/// What is held is there for its payee until the hold's time is over. The payee takes it, or a part of it and the rest is
/// given back, or gives it back; the payer cannot.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom holds place SR12345678901234567890 '200.00 EUR' --hours 48 --memo 'room 7'
  strongroom holds list
  strongroom holds capture 019aa000-0000-7000-8000-000000000001 --amount '180.00 EUR'")]
pub(crate) enum Command {
    /// Open holds from and for your accounts; managers see everyone's
    List,
    /// Keep money aside
    Place {
        /// Number or id of the payee's account
        to: Payee,
        /// How much, like '200.00 EUR'
        amount: TypedAmount,
        /// For how long: at most 2160 hours, 90 days
        #[arg(long, default_value_t = 24)]
        hours: u16,
        /// Text for the payee
        #[arg(long)]
        memo: Option<String>,
        /// Account to hold from, where you have several in the asset
        #[arg(long, value_name = "ACCOUNT")]
        from: Option<Payee>,
    },
    /// Take what is held for you
    Capture {
        /// The hold; `strongroom holds list` shows it
        hold: TransferId,
        /// How much, where it is less than what is held
        #[arg(long)]
        amount: Option<TypedAmount>,
    },
    /// Give back what is held for you, or as a manager for anybody
    Void {
        /// The hold; `strongroom holds list` shows it
        hold: TransferId,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List => {
            let rows: Vec<_> = holder.session.holds().await?.iter().map(row).collect();
            output::list(globals.output, &rows, "nothing is held")
        }
        Command::Place { to, amount, hours, memo, from } => {
            let from = match from {
                Some(from) => Some(from.resolve(&holder.session).await?),
                None => None,
            };
            let account = holder.account(from, amount.asset()).await?;
            let amount = amount.require(account.scale)?;
            let from = account.id.parse().map_err(|_| Failure::usage("the account has no id"))?;
            let payee = to.resolve(&holder.session).await?;
            let shown = show(amount, account.scale);
            prompt::confirm(globals, &format!("hold {shown} for {to} for {hours} hours"))?;
            let lasts = Duration::from_secs(u64::from(hours).saturating_mul(3_600));
            let wish = Wish::hold(from, payee, amount, until(lasts), memo.as_deref())?;
            let settled = holder.submit(wish).await?;
            let row = receipts::settled(&settled)
                .text("hold", settled.receipt.intent_id.to_string())
                .number("amount", shown, amount.minor_string());
            output::one(globals.output, &row)
        }
        Command::Capture { hold, amount } => {
            let amount = amount.map(|amount| amount.require(None)).transpose()?;
            let shown = amount.map_or_else(|| "all".to_owned(), |amount| show(amount, None));
            prompt::confirm(globals, &format!("take {shown} of hold {hold}"))?;
            let settled = holder.submit(Wish::capture(hold, amount)).await?;
            output::one(globals.output, &receipts::settled(&settled))
        }
        Command::Void { hold } => {
            prompt::confirm(globals, &format!("give back hold {hold}"))?;
            output::one(globals.output, &receipts::settled(&holder.submit(Wish::void(hold)).await?))
        }
    }
}

fn until(lasts: Duration) -> UtcMicros {
    let lasts = i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX);
    UtcMicros::from_micros(client::now().get().saturating_add(lasts))
}

fn row(view: &HoldView) -> Row {
    let waits = if view.for_approval { "the bank" } else { "its payee" };
    Row::new()
        .text("hold", view.hold.clone())
        .number("amount", show_minor(&view.amount, &view.asset, None), view.amount.clone())
        .text("from", view.debit.clone())
        .text("to", view.credit.clone())
        .text("waits_for", waits)
        .text("expires_at", view.expires_at.clone())
}
