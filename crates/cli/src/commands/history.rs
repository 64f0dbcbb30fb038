//! `history`: what moved.

use std::collections::BTreeSet;

use client::{HistoryItem, HistoryQuery};

use crate::amount::show_minor;
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::Payee;

/// What moved on your accounts, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom history --limit 10
  strongroom history --account 0192f000-0000-7000-8000-000000000001 -o csv > november.csv")]
pub(crate) struct Args {
    /// Of this account only
    #[arg(long)]
    account: Option<Payee>,

    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,

    /// Go on where an earlier page ended
    #[arg(long)]
    cursor: Option<String>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = match args.account {
        Some(account) => Some(account.resolve(&holder.session).await?),
        None => None,
    };
    let accounts = holder.session.accounts().await?;
    let mine: BTreeSet<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    let query = HistoryQuery { account, limit: Some(args.limit), cursor: args.cursor };
    let page = holder.session.history(&query).await?;
    let scale = |item: &HistoryItem| {
        accounts.iter().find(|account| account.asset == item.asset).and_then(|it| it.scale)
    };
    let rows: Vec<_> = page.items.iter().map(|item| row(item, &mine, scale(item))).collect();
    if let Some(next) = page.next {
        eprintln!("there is more: --cursor {}", output::plain(&next));
    }
    output::list(globals.output, &rows, "nothing has moved yet")
}

fn row(item: &HistoryItem, mine: &BTreeSet<&str>, scale: Option<u8>) -> Row {
    let direction = match (mine.contains(item.debit.as_str()), mine.contains(item.credit.as_str()))
    {
        (true, false) => "out",
        (false, true) => "in",
        (true, true) | (false, false) => "between",
    };
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let member = |name| item.details.as_ref().and_then(|details| details.get(name));
    let memo = member("memo").or_else(|| member(&item.id)).and_then(text);
    Row::new()
        .text("at", item.at.clone())
        .text("direction", direction)
        .number("amount", show_minor(&item.amount, &item.asset, scale), item.amount.clone())
        .text("asset", item.asset.clone())
        .text("from", item.debit.clone())
        .text("to", item.credit.clone())
        .text("code", item.code.clone())
        .maybe("memo", memo)
        .text("transfer", item.id.clone())
}
