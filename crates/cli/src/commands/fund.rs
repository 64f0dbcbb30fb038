//! `fund`: the bank's own money onto an account.

use client::Wish;

use crate::amount::{TypedAmount, show};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output;
use crate::payee::Payee;
use crate::prompt;
use crate::receipts;

/// Put the bank's own money on an account; managers only
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom fund 0192f000-0000-7000-8000-000000000001 '1000.00 EUR' --profile manager")]
pub(crate) struct Args {
    /// Number or id of the account
    account: Payee,

    /// How much, like '1000.00 EUR'
    amount: TypedAmount,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = args.account.resolve(&holder.session).await?;
    let scale = match money::Asset::iso(args.amount.asset()) {
        Some(asset) => Some(asset.scale()),
        None => holder.account(Some(account), args.amount.asset()).await?.scale,
    };
    let amount = args.amount.require(scale)?;
    let shown = show(amount, scale);
    prompt::confirm(
        globals,
        &format!("put {shown} of the bank's money on account {}", args.account),
    )?;
    let settled = holder.submit(Wish::fund(account, amount)).await?;
    let row = receipts::settled(&settled).number("amount", shown, amount.minor_string());
    output::one(globals.output, &row)
}
