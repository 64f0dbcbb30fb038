//! `reconcile`: what another party says of an account, held against the bank's entries.

use std::path::PathBuf;

use serde_json::Value;

use super::statement::{Period, account_of, query};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, read_bytes};
use crate::output::{self, Row};

/// Compare a statement of somebody else with the entries of an account
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom reconcile their-statement.xml --from 2026-03-01 --to 2026-03-31
  strongroom reconcile their-statement.csv --from 2026-03-01 --to 2026-03-31 -o csv > differences.csv

A statement is ISO 20022 camt.053 or a table with the columns booking_date, amount and currency, and where there are any
value_date, reference, end_to_end_id, counterparty, counterparty_account and text; a debit has a minus.

Entries match by a reference in common and the same amount; by a reference under which several come to one sum; or by the
same amount at most three days apart. Nothing is written. Exit code: 0 if everything matches, 5 if not.")]
pub(crate) struct Args {
    /// The other party's statement
    file: PathBuf,

    #[command(flatten)]
    period: Period,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let bytes = read_bytes(&args.file)?;
    let holder = Holder::open(globals).await?;
    let account = account_of(&holder, args.period.account).await?;
    let path = format!("/api/customer/statements/reconcile?{}", query(account, &args.period));
    let answer = holder.session.request(http::Method::POST, &path, bytes).await?;
    let found: Value = serde_json::from_slice(&answer)
        .map_err(|_| client::ClientError::Answer { what: "reconciliation" })?;
    let mut rows = Vec::new();
    let list = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut group = 0_usize;
    for (name, how) in [("matched", "rule"), ("different", "fields")] {
        for one in list(name) {
            group = group.saturating_add(1);
            let how = words(one.get(how));
            for side in ["ours", "theirs"] {
                for entry in each(one.get(side)) {
                    rows.push(row(name, group, &how, side, entry));
                }
            }
        }
    }
    for (name, side) in [("missing_here", "theirs"), ("missing_there", "ours")] {
        for entry in list(name) {
            group = group.saturating_add(1);
            rows.push(row(name, group, "", side, &entry));
        }
    }
    let counts = ["matched", "different", "missing_here", "missing_there"].map(|it| list(it).len());
    let [matched, different, here, there] = counts;
    eprintln!(
        "{matched} matched, {different} different, {here} missing here, {there} missing there"
    );
    if found.get("adds_up") == Some(&Value::Bool(false)) {
        eprintln!("their opening balance and entries do not come to their closing balance");
    }
    output::list(globals.output, &rows, "neither side has an entry")?;
    Ok(if different == 0 && here == 0 && there == 0 { Exit::Ok } else { Exit::Refused })
}

fn row(list: &str, group: usize, how: &str, side: &str, entry: &Value) -> Row {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let shown = crate::amount::show_minor(&text("amount"), &text("currency"), None);
    Row::new()
        .text("list", list)
        .text("group", group.to_string())
        .text("how", how)
        .text("side", side)
        .text("place", text("place"))
        .text("booking_date", text("booking_date"))
        .number("amount", shown, text("amount"))
        .text("currency", text("currency"))
        .text("references", words(entry.get("references")))
}

/// One word, or several.
fn words(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Array(words)) => {
            words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// One entry, or several.
fn each(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(entries)) => entries.iter().collect(),
        Some(entry) => vec![entry],
        None => Vec::new(),
    }
}
