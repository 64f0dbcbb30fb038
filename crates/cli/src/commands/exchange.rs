//! `exchange`: one asset sold for another; `rates`: what the bank pays and asks.

use client::{RateView, Wish};
use ledger::AccountId;
use money::AssetCode;

use crate::amount::{TypedAmount, show};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// Sell one asset for another, between accounts of your own, at the bank's rate
///
/// You see what you get before you sign. What you sign names both sums and the rate: if the bank has another rate by then,
/// nothing happens and you are told the new one. What you get is rounded down to the smallest unit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom rates
  strongroom exchange '100.00 EUR' USD
  strongroom exchange '100.00 EUR' USD --from 0192f000-0000-7000-8000-000000000001 --to 0192f000-0000-7000-8000-000000000002")]
pub(crate) struct Args {
    /// What you sell, like '100.00 EUR'
    sell: TypedAmount,

    /// What you want for it, like USD
    buy: AssetCode,

    /// Account to sell from, by its id, where you have several
    #[arg(long)]
    from: Option<AccountId>,

    /// Account that gets what you buy, by its id, where you have several
    #[arg(long)]
    to: Option<AccountId>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let from = holder.account(args.from, args.sell.asset()).await?;
    let to = holder.account(args.to, args.buy).await?;
    let id = |text: &str| -> Result<AccountId, Failure> {
        text.parse().map_err(|_| Failure::usage("the bank names an account by no id"))
    };
    let (debit, credit) = (id(&from.id)?, id(&to.id)?);
    let sell = args.sell.require(from.scale)?;
    let preview = holder.session.exchange_preview(sell, args.buy).await?;
    let (_, buy, rate) = preview.terms()?;
    let (sold, bought) = (show(sell, from.scale), show(buy, Some(preview.buy_scale)));
    let pair = output::plain(&preview.pair);
    prompt::confirm(globals, &format!("sell {sold}, buy {bought}, at {pair} {rate}"))?;
    let settled = holder.submit(Wish::exchange(debit, credit, (sell, buy, rate))).await?;
    let row = receipts::settled(&settled)
        .number("sold", sold, sell.minor_string())
        .number("bought", bought, buy.minor_string())
        .text("rate", format!("{pair} {rate}"));
    output::one(globals.output, &row)
}

/// What the bank exchanges, and at which rates now
///
/// A pair like EUR/USD is priced in its second asset: you get the rate under buy for one EUR, and pay the one under sell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom rates
  strongroom rates -o json
  strongroom policies propose rates pair:EUR/USD '{\"buy\": \"1.0812\", \"sell\": \"1.0934\"}' --profile manager")]
pub(crate) struct RatesArgs {}

pub(crate) async fn rates(globals: &Globals, _: RatesArgs) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let rows: Vec<_> = holder.session.rates().await?.iter().map(row).collect();
    output::list(globals.output, &rows, "the bank exchanges nothing")
}

fn row(view: &RateView) -> Row {
    Row::new()
        .text("pair", format!("{}/{}", view.base, view.quote))
        .text("buy", view.buy.clone())
        .text("sell", view.sell.clone())
        .text("since", view.since.clone())
}
