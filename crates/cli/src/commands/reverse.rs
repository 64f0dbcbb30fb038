//! `reverse`: a transfer given back.

use client::Wish;
use ledger::TransferId;

use crate::amount::{TypedAmount, show};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output;
use crate::prompt;
use crate::receipts;

/// Give back what you were paid, or a part of it
///
/// Several parts may follow each other until nothing is left. Managers give back what the bank itself paid in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom reverse 019aa000-0000-7000-8000-000000000001 --reason 'paid twice'
  strongroom reverse 019aa000-0000-7000-8000-000000000001 --amount '5.00 EUR' --reason 'one of two returned'")]
pub(crate) struct Args {
    /// The transfer; `strongroom history` shows it
    transfer: TransferId,

    /// How much, where it is not all that is left
    #[arg(long)]
    amount: Option<TypedAmount>,

    /// Why, for the record: 1 to 140 characters
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let amount = args.amount.map(|amount| amount.require(None)).transpose()?;
    let holder = Holder::open(globals).await?;
    let shown = amount.map_or_else(|| "all that is left".to_owned(), |amount| show(amount, None));
    let question = format!("give back {shown} of transfer {}: {}", args.transfer, args.reason);
    prompt::confirm(globals, &question)?;
    let settled = holder.submit(Wish::reverse(args.transfer, amount, args.reason)).await?;
    output::one(globals.output, &receipts::settled(&settled))
}
