//! `history`: what moved.

use std::collections::BTreeSet;

use client::{HistoryItem, HistoryQuery};
use intent::OrderTerms;
use time::Date;

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
  strongroom history --by value --from 2026-11-01 --to 2026-11-30
  strongroom history --account 0192f000-0000-7000-8000-000000000001 -o csv > november.csv")]
pub(crate) struct Args {
    /// Of this account only
    #[arg(long)]
    account: Option<Payee>,

    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,

    /// By value date, from which on a movement counts, instead of the day of posting
    #[arg(long, value_enum, default_value_t)]
    by: By,

    /// From this day on, like 2026-11-01
    #[arg(long, value_parser = day)]
    from: Option<Date>,

    /// Up to this day
    #[arg(long, value_parser = day)]
    to: Option<Date>,

    /// Go on where an earlier page ended
    #[arg(long)]
    cursor: Option<String>,
}

/// Which of its two dates a movement is listed by.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum By {
    /// The day on which it was posted
    #[default]
    Posting,
    /// The day from which on it counts
    Value,
}

fn day(text: &str) -> Result<Date, String> {
    OrderTerms::day(text).ok_or_else(|| format!("{text:?} is not a day; write it like 2026-11-30"))
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let account = match args.account {
        Some(account) => Some(account.resolve(&holder.session).await?),
        None => None,
    };
    let accounts = holder.session.accounts().await?;
    let mine: BTreeSet<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    let query = HistoryQuery {
        account,
        limit: Some(args.limit),
        cursor: args.cursor,
        by_value: matches!(args.by, By::Value),
        from: args.from,
        to: args.to,
    };
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
        .maybe("value_on", item.value_on.clone())
        .maybe("rate", item.rate.clone())
        .maybe("memo", memo)
        .text("transfer", item.id.clone())
}
