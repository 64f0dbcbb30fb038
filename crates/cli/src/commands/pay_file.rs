//! `pay-file`: a file of payments under one signature.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use client::{FilePreview, FileToPay};
use intent::IntentId;
use serde_json::{Map, Value};

use super::statement::save;
use crate::amount::{TypedAmount, show, show_minor};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, read_bytes};
use crate::output::{self, Row};
use crate::prompt;

/// Payment files: see what one says, sign and send it, and learn what became of each item
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom pay-file preview salaries.xml
  strongroom pay-file send salaries.xml
  strongroom pay-file send salaries.csv --yes --status salaries-status.xml
  strongroom pay-file status 0192f000-0000-7000-8000-00000000abcd --out status.xml

A file is ISO 20022 pain.001 (versions 03 to 12 and the dialects of banks) or a table:

  debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text
  SR59944312823354295236;2026-03-31;SR38708483039359921434;Bob;1.234,56;EUR;invoice-7;thank you

A file that is wrong in one place is refused whole, with the line. What this bank cannot pay of a good file, such as an
account of another bank, is left out of what you sign and reported with its reason. An account pays a message id once.")]
pub(crate) enum Command {
    /// What a file says, item by item, and what would be signed; nothing is sent to be paid
    Preview {
        /// The file
        file: PathBuf,
    },
    /// Sign what can be paid of a file today, and send it
    Send {
        /// The file
        file: PathBuf,

        /// Where to write the status report (pain.002)
        #[arg(long, value_name = "FILE")]
        status: Option<PathBuf>,
    },
    /// What became of a file that was sent
    Status {
        /// The intent that paid it, as `send` shows it
        intent: IntentId,

        /// Where to write the status report (pain.002), instead of showing the items
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Preview { file } => preview(globals, &file).await,
        Command::Send { file, status } => send(globals, &file, status.as_deref()).await,
        Command::Status { intent, out } => {
            let holder = Holder::open(globals).await?;
            match out {
                Some(out) => save_status(&holder, intent, &out).await,
                None => show_status(globals, &holder, intent).await,
            }
        }
    }
}

/// Reads the file here first: what is wrong with it is told without a connection.
fn read_file(path: &Path) -> Result<(Vec<u8>, FileToPay), Failure> {
    let bytes = read_bytes(path)?;
    let file = FileToPay::read(&bytes).map_err(|error| {
        Failure::usage(format!("{} cannot be paid; nothing was sent", path.display()))
            .because(error.to_string())
    })?;
    Ok((bytes, file))
}

async fn preview(globals: &Globals, path: &Path) -> Result<Exit, Failure> {
    let (bytes, _) = read_file(path)?;
    let holder = Holder::open(globals).await?;
    let preview = holder.session.preview_file(&bytes).await?;
    let rows: Vec<_> = preview.items.iter().map(item_row).collect();
    eprintln!("{}", summary(&preview));
    output::list(globals.output, &rows, "the file has no items")
}

fn item_row(item: &client::FileItemView) -> Row {
    let typed = TypedAmount::new(&item.amount, &item.asset).and_then(|it| it.resolve(None));
    let amount = match typed {
        Ok(amount) => show(amount, None),
        Err(_) => format!("{} {}", item.amount, item.asset),
    };
    Row::new()
        .text("line", item.line.to_string())
        .text("end_to_end_id", item.end_to_end_id.clone())
        .text("to", item.creditor.clone())
        .maybe("name", item.creditor_name.clone())
        .number("amount", amount, item.amount.clone())
        .text("asset", item.asset.clone())
        .text("pays", if item.reason.is_none() { "yes" } else { "no" })
        .maybe("reason", item.reason.clone())
        .maybe("text", item.text.clone())
}

fn summary(preview: &FilePreview) -> String {
    let left_out = preview.items.iter().filter(|item| item.reason.is_some()).count();
    let totals = preview.totals.iter().map(|total| {
        let sum = show_minor(&total.amount, &total.asset, None);
        format!("{} payments, {sum} in all", total.items)
    });
    let mut lines = vec![
        output::plain(&format!("file {} ({})", preview.message_id, preview.message_name)),
        format!("sha3-256 {}", preview.file),
    ];
    lines.extend(totals);
    if left_out > 0 {
        lines.push(format!("{left_out} items cannot be paid"));
    }
    lines.join("\n")
}

async fn send(globals: &Globals, path: &Path, status: Option<&Path>) -> Result<Exit, Failure> {
    let (bytes, file) = read_file(path)?;
    let holder = Holder::open(globals).await?;
    let preview = holder.session.preview_file(&bytes).await?;
    let payable = preview.items.iter().filter(|item| item.reason.is_none()).count();
    if payable == 0 {
        let rows: Vec<_> = preview.items.iter().map(item_row).collect();
        output::list(globals.output, &rows, "the file has no items")?;
        return Err(Failure::new(Exit::Refused, "nothing of this file can be paid"));
    }
    let count: BTreeMap<&str, usize> = preview
        .items
        .iter()
        .filter(|item| item.reason.is_none())
        .fold(BTreeMap::new(), |mut from, item| {
            let count = from.entry(item.debtor.as_str()).or_default();
            *count = count.saturating_add(1);
            from
        });
    let from: Vec<_> =
        count.iter().map(|(debtor, count)| format!("from {debtor}: {count} payments")).collect();
    let what = format!("pay {}\n{}\neach for itself", summary(&preview), from.join("\n"));
    prompt::confirm(globals, &what)?;
    let settled = holder.pay_file(&file).await?;
    let intent = settled.receipt.intent_id;
    eprintln!("intent {intent}, leaf {}; receipt kept", settled.receipt.index.get());
    if settled.receipt.code == "held" {
        eprintln!("a person of the bank has to approve this; until then the money is kept aside");
    }
    if let Some(status) = status {
        save_status(&holder, intent, status).await?;
    }
    show_status(globals, &holder, intent).await
}

async fn show_status(
    globals: &Globals,
    holder: &Holder,
    intent: IntentId,
) -> Result<Exit, Failure> {
    let found: Map<String, Value> =
        holder.session.get(&format!("/api/payments/files/{intent}")).await?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            Row::new()
                .text("end_to_end_id", text(item, "end_to_end_id").unwrap_or_default())
                .text("status", text(item, "status").unwrap_or_default())
                .maybe("reason", text(item, "reason"))
                .maybe("text", text(item, "text"))
                .maybe("transfer", text(item, "transfer"))
        })
        .collect();
    output::list(globals.output, &rows, "the file has no items")?;
    let rejected = items.iter().filter(|item| text(item, "status").as_deref() == Some("rejected"));
    match rejected.count() {
        0 => Ok(Exit::Ok),
        count => {
            eprintln!("{count} of {} items were not paid", items.len());
            Ok(Exit::Refused)
        }
    }
}

async fn save_status(holder: &Holder, intent: IntentId, out: &Path) -> Result<Exit, Failure> {
    let path = format!("/api/payments/files/{intent}?format=pain002");
    let bytes = save(holder, &path, out).await?;
    eprintln!("status report of {bytes} bytes in {}", out.display());
    Ok(Exit::Ok)
}
