//! `standing-order`: payments that the bank makes by itself.

use client::{StandingOrderRunView, StandingOrderView, Wish};
use intent::{BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds};
use time::Date;

use crate::amount::{TypedAmount, show, show_minor};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::Payee;
use crate::prompt;
use crate::receipts;

/// Have the bank pay by itself: rent, savings, an allowance
///
/// You sign once; the bank pays on each day, counts it against your limits like any other payment, and writes down what
/// became of it. Days are those of UTC, days off are those of the bank. What a person of the bank would have to see
/// first, because of its amount or because it looks odd, no standing order pays: you pay that by hand.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom standing-order place SR12345678901234567890 '850.00 EUR' --first 2026-12-01 --every monthly --memo rent
  strongroom standing-order place SR12345678901234567890 '20.00 EUR' --first 2026-12-04 --every weekly --count 10
  strongroom standing-order list
  strongroom standing-order show 019aa000-0000-7000-8000-000000000001
  strongroom standing-order end 019aa000-0000-7000-8000-000000000001")]
pub(crate) enum Command {
    /// Your standing orders, newest first
    List,
    /// What became of the days of one
    Show {
        /// The order; `strongroom standing-order list` shows it
        order: IntentId,
    },
    /// Order payments
    Place(Order),
    /// End an order; nothing is paid by it any more
    End {
        /// The order; `strongroom standing-order list` shows it
        order: IntentId,
    },
}

/// What to pay when.
#[derive(Debug, clap::Args)]
pub(crate) struct Order {
    /// Number or id of the payee's account
    to: Payee,
    /// How much each time, like '850.00 EUR'
    amount: TypedAmount,
    /// The first day, today at the earliest
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    first: Date,
    /// once, weekly, monthly (on the first one's day, or the last of a shorter month) or end-of-month
    #[arg(long, default_value = "monthly", value_parser = rhythm)]
    every: Rhythm,
    /// Where a day is a day off: following, preceding, modified-following (not into the next month), or unadjusted
    #[arg(long, default_value = "following", value_parser = business_day)]
    business_day: BusinessDay,
    /// No day after this one
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    last: Option<Date>,
    /// So many days at most
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(OrderTerms::COUNT_MAX)))]
    count: Option<u32>,
    /// When money is short: skip that day, or retry three times, six hours apart, and then skip it
    #[arg(long, default_value = "skip", value_parser = if_short)]
    if_short: ShortOfFunds,
    /// Text for the payee, on each payment
    #[arg(long)]
    memo: Option<String>,
    /// Account to pay from, where you have several in the asset
    #[arg(long, value_name = "ACCOUNT")]
    from: Option<Payee>,
    /// Only ask what would become of the order itself: nothing is signed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List => {
            let rows: Vec<_> = holder.session.standing_orders().await?.iter().map(row).collect();
            output::list(globals.output, &rows, "you have no standing orders")
        }
        Command::Show { order } => {
            let found = holder.session.standing_order(order).await?;
            let rows: Vec<_> = found.runs.iter().map(run_row).collect();
            output::list(globals.output, &rows, "it was not due yet")
        }
        Command::Place(order) => place(globals, &holder, order).await,
        Command::End { order } => {
            let found = holder.session.standing_order(order).await?;
            let amount = show_minor(&found.amount, &found.asset, None);
            let question = format!("end the standing order of {amount} to {}", found.credit);
            prompt::confirm(globals, &question)?;
            let settled = holder.submit(Wish::end_standing_order(order)).await?;
            output::one(globals.output, &receipts::settled(&settled))
        }
    }
}

async fn place(globals: &Globals, holder: &Holder, order: Order) -> Result<Exit, Failure> {
    let from = match order.from {
        Some(from) => Some(from.resolve(&holder.session).await?),
        None => None,
    };
    let account = holder.account(from, order.amount.asset()).await?;
    let amount = order.amount.require(account.scale)?;
    let from =
        account.id.parse().map_err(|_| client::ClientError::Answer { what: "account id" })?;
    let payee = order.to.resolve(&holder.session).await?;
    let terms = OrderTerms {
        first: order.first,
        rhythm: order.every,
        business_day: order.business_day,
        last: order.last,
        count: order.count,
        short_of_funds: order.if_short,
    };
    let wish = Wish::standing_order(from, payee, amount, order.memo.as_deref(), terms)?;
    if order.dry_run {
        return super::pay::tried(globals, &holder.session.dry_run(wish).await?);
    }
    let (shown, first) = (show(amount, account.scale), OrderTerms::day_text(order.first));
    let ends = match (order.last, order.count) {
        (None, None) => "until you end it".to_owned(),
        (Some(last), None) => format!("until {}", OrderTerms::day_text(last)),
        (None, Some(count)) => format!("{count} times"),
        (Some(last), Some(count)) => {
            format!("{count} times, until {} at most", OrderTerms::day_text(last))
        }
    };
    let every = order.every.name().replace('_', " ");
    prompt::confirm(
        globals,
        &format!("pay {shown} to {}\n{every} from {first} on, {ends}", order.to),
    )?;
    let settled = holder.submit(wish).await?;
    let row = receipts::settled(&settled)
        .text("order", settled.receipt.intent_id.to_string())
        .number("amount", shown, amount.minor_string());
    output::one(globals.output, &row)
}

fn row(view: &StandingOrderView) -> Row {
    Row::new()
        .text("order", view.order.clone())
        .number("amount", show_minor(&view.amount, &view.asset, None), view.amount.clone())
        .text("to", view.credit.clone())
        .text("every", view.rhythm.clone())
        .text("status", view.status.clone())
        .maybe("next_day", view.next_day.clone())
        .maybe("next_at", view.next_at.clone())
}

fn run_row(view: &StandingOrderRunView) -> Row {
    Row::new()
        .text("due_day", view.due_day.clone())
        .text("status", view.status.clone())
        .text("code", view.code.clone())
        .number("attempts", view.attempts.clone(), view.attempts.clone())
        .maybe("transfer", view.transfer.clone())
}

fn day(text: &str) -> Result<Date, String> {
    OrderTerms::day(text).ok_or_else(|| "write a day like 2026-12-01".to_owned())
}

/// Words are typed with hyphens.
fn word<T>(text: &str, of: impl Fn(&str) -> Option<T>, all: &[&str]) -> Result<T, String> {
    let names = || all.join(", ").replace('_', "-");
    of(&text.replace('-', "_")).ok_or_else(|| format!("must be one of {}", names()))
}

fn rhythm(text: &str) -> Result<Rhythm, String> {
    word(text, Rhythm::from_name, &Rhythm::ALL.map(Rhythm::name))
}

fn business_day(text: &str) -> Result<BusinessDay, String> {
    word(text, BusinessDay::from_name, &BusinessDay::ALL.map(BusinessDay::name))
}

fn if_short(text: &str) -> Result<ShortOfFunds, String> {
    word(text, ShortOfFunds::from_name, &ShortOfFunds::ALL.map(ShortOfFunds::name))
}
