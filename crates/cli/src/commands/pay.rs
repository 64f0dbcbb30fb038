//! `pay`: one payment, or a file of them under one signature.

use std::fs::File;
use std::path::PathBuf;

use client::{AccountView, BatchLine, DryRun, Wish};
use ledger::AccountId;

use crate::amount::{TypedAmount, show};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::payee::{Payee, resolve_all};
use crate::payments::{self, Payments};
use crate::prompt;
use crate::receipts;

/// Pay one, or many with --file
///
/// You are asked before anything is signed. The answer is a receipt, verified and kept: it proves
/// to anybody what was paid, offline and for ever.
///
/// A file has the columns to,amount,asset,memo. Its payments leave one account under one signature,
/// up to 1,000 of them. Without --atomic each stands for itself; with it all are made or none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom pay 0192f000-0000-7000-8000-000000000001 '12.34 EUR' --memo 'thank you'
  strongroom pay SR12345678901234567890 '12.34 EUR' --dry-run
  strongroom pay --file salaries.csv --atomic
  strongroom pay --file salaries.csv --yes -o json

  salaries.csv:
    to,amount,asset,memo
    0192f000-0000-7000-8000-000000000001,2500.00,EUR,salary November
    0192f000-0000-7000-8000-000000000002,2750.50,EUR,salary November")]
pub(crate) struct Args {
    /// Number or id of the payee's account
    #[arg(required_unless_present = "file", requires = "amount")]
    to: Option<Payee>,

    /// How much, like '12.34 EUR': a point before the decimals, no separators
    amount: Option<TypedAmount>,

    /// Text for the payee; not part of the signed document, only bound to it
    #[arg(long, conflicts_with = "file")]
    memo: Option<String>,

    /// CSV file of payments
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "amount"])]
    file: Option<PathBuf>,

    /// With --file: all payments or none
    #[arg(long, requires = "file")]
    atomic: bool,

    /// Account to pay from, where you have several in the asset
    #[arg(long, value_name = "ACCOUNT")]
    from: Option<Payee>,

    /// Only ask what would become of it: nothing is signed, nothing moves
    #[arg(long, conflicts_with = "file")]
    dry_run: bool,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    match (args.file, args.to, args.amount) {
        (Some(path), ..) => {
            let holder = Holder::open(globals).await?;
            many(globals, &holder, args.from, &path, args.atomic).await
        }
        (None, Some(to), Some(amount)) => {
            // Refused before the passphrase is asked for, where that can be known.
            if money::Asset::iso(amount.asset()).is_some() {
                amount.require(None)?;
            }
            let holder = Holder::open(globals).await?;
            let trial = args.dry_run;
            one(globals, &holder, args.from, (to, amount), (args.memo, trial)).await
        }
        (None, ..) => Err(Failure::usage("name a payee and an amount, or a --file")),
    }
}

async fn one(
    globals: &Globals,
    holder: &Holder,
    from: Option<Payee>,
    (to, typed): (Payee, TypedAmount),
    (memo, is_trial): (Option<String>, bool),
) -> Result<Exit, Failure> {
    let account = source(holder, from, &typed).await?;
    let amount = typed.require(account.scale)?;
    let payee = to.resolve(&holder.session).await?;
    let shown = show(amount, account.scale);
    let memo_line = memo.as_deref().map(|memo| format!("\nmemo {}", output::plain(memo)));
    let summary =
        format!("pay {shown}\nfrom {}\nto {to}{}", name(&account), memo_line.unwrap_or_default());
    let wish = Wish::transfer(account_id(&account)?, payee, amount, memo.as_deref())?;
    if is_trial {
        return tried(globals, &holder.session.dry_run(wish).await?);
    }
    prompt::confirm(globals, &summary)?;
    let settled = holder.submit(wish).await?;
    tell_if_held(&settled.receipt.code);
    let row = receipts::settled(&settled).number("amount", shown, amount.minor_string());
    output::one(globals.output, &row)
}

/// Shows what would become of a payment.
pub(super) fn tried(globals: &Globals, answer: &DryRun) -> Result<Exit, Failure> {
    eprintln!("a dry run: nothing was signed, and nothing moved");
    let reasons = answer.effects.pointer("/risk/reasons").and_then(serde_json::Value::as_array);
    let reasons: Vec<String> = reasons
        .into_iter()
        .flatten()
        .filter_map(|reason| Some(output::plain(reason.as_str()?)))
        .collect();
    let row = Row::new()
        .text("would_be", answer.outcome.clone())
        .text("code", answer.code.clone())
        .maybe("why", answer.title.clone())
        .maybe("risk", (!reasons.is_empty()).then(|| reasons.join("; ")));
    output::one(globals.output, &row)?;
    Ok(if answer.outcome == "accepted" { Exit::Ok } else { Exit::Refused })
}

/// Accepted is not yet paid, where a person of the bank has to see it first.
fn tell_if_held(code: &str) {
    if code == "held" {
        eprintln!("a person of the bank has to approve this; until then the money is kept aside");
        eprintln!("`strongroom approvals list` shows what became of it");
    }
}

async fn many(
    globals: &Globals,
    holder: &Holder,
    from: Option<Payee>,
    path: &std::path::Path,
    atomic: bool,
) -> Result<Exit, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path.display(), &error))?;
    let accounts = holder.session.accounts().await?;
    let scale = |typed: &TypedAmount| {
        let same = accounts.iter().find(|account| account.asset == typed.asset().as_str());
        same.and_then(|account| account.scale)
    };
    let Payments { lines, total } = payments::read(file, scale).map_err(|errors| {
        Failure::usage(format!("{} cannot be sent; nothing was", path.display()))
            .because(errors.join("\n       "))
    })?;
    let typed = TypedAmount::new("1", total.asset().as_str()).map_err(Failure::usage)?;
    let account = source(holder, from, &typed).await?;
    let known = resolve_all(&holder.session, lines.iter().map(|line| line.to)).await?;
    let mode = if atomic { "all or none" } else { "each for itself" };
    let (count, sum) = (lines.len(), show(total, account.scale));
    let summary = format!("pay {count} payments, {sum} in all, {mode}\nfrom {}", name(&account));
    prompt::confirm(globals, &summary)?;
    let batch: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let to = *known.get(&line.to)?;
            Some(BatchLine { to, amount: line.amount, memo: line.memo.clone() })
        })
        .collect();
    let wish = Wish::batch(account_id(&account)?, &batch, atomic);
    let settled = holder.submit(wish?).await?;
    let rows: Vec<_> = settled
        .receipt
        .items
        .iter()
        .zip(&lines)
        .map(|(code, line)| {
            Row::new()
                .text("to", line.to.to_string())
                .number("amount", show(line.amount, account.scale), line.amount.minor_string())
                .text("code", code.clone())
        })
        .collect();
    tell_if_held(&settled.receipt.code);
    eprintln!(
        "intent {}, leaf {}; receipt kept",
        settled.receipt.intent_id,
        settled.receipt.index.get()
    );
    output::list(globals.output, &rows, "the receipt names no items")?;
    let refused = settled.receipt.items.iter().filter(|code| *code != "ok").count();
    if refused == 0 {
        Ok(Exit::Ok)
    } else {
        eprintln!("{refused} of {count} payments were refused");
        Ok(Exit::Refused)
    }
}

async fn source(
    holder: &Holder,
    from: Option<Payee>,
    typed: &TypedAmount,
) -> Result<AccountView, Failure> {
    let named = match from {
        Some(from) => Some(from.resolve(&holder.session).await?),
        None => None,
    };
    let account = holder.account(named, typed.asset()).await?;
    if account.asset == typed.asset().as_str() {
        Ok(account)
    } else {
        let (held, wanted) = (&account.asset, typed.asset());
        Err(Failure::usage(format!("account {} is in {held}, not in {wanted}", name(&account))))
    }
}

fn account_id(account: &AccountView) -> Result<AccountId, Failure> {
    account.id.parse().map_err(|_| client::ClientError::Answer { what: "account id" }.into())
}

fn name(account: &AccountView) -> &str {
    if account.number.is_empty() { &account.id } else { &account.number }
}
