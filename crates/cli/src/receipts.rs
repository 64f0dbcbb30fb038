//! Receipts as files: kept after every intent, shown and verified on their own.

use std::fs;
use std::path::{Path, PathBuf};

use client::{Settled, create_private_dir, write_private};
use intent::Receipt;

use crate::failure::Failure;
use crate::home::Home;
use crate::output::Row;

/// Keeps a receipt under its intent's id.
pub(crate) fn keep(home: &Home, receipt: &Receipt) -> Result<PathBuf, Failure> {
    let folder = home.receipts();
    create_private_dir(&folder).map_err(|error| Failure::file(folder.display(), &error))?;
    let path = path_of(home, &receipt.intent_id.to_string());
    write_private(&path, &receipt.to_json())
        .map_err(|error| Failure::file(path.display(), &error))?;
    Ok(path)
}

/// Reads a receipt from a file, or by the id of its intent from those that were kept.
pub(crate) fn read(home: Option<&Home>, file_or_id: &str) -> Result<Receipt, Failure> {
    let file = Path::new(file_or_id);
    let is_id = file_or_id.parse::<intent::IntentId>().is_ok();
    let path = match home {
        Some(home) if is_id && !file.exists() => path_of(home, file_or_id),
        _ => file.to_owned(),
    };
    let bytes = fs::read(&path).map_err(|error| Failure::file(path.display(), &error))?;
    let not_one = |error| {
        Failure::new(crate::exit::Exit::Invalid, format!("{} is not a receipt", path.display()))
            .because(format!("{error}"))
    };
    Receipt::from_json(&bytes).map_err(not_one)
}

/// What a settled intent shows.
pub(crate) fn settled(settled: &Settled) -> Row {
    summary(&settled.receipt)
}

/// Outcome and place, as the receipt states them.
pub(crate) fn summary(receipt: &Receipt) -> Row {
    Row::new()
        .text("outcome", receipt.outcome.name())
        .text("code", receipt.code.clone())
        .words("items", &receipt.items)
        .text("intent", receipt.intent_id.to_string())
        .text("leaf", receipt.index.get().to_string())
}

fn path_of(home: &Home, id: &str) -> PathBuf {
    home.receipts().join(id).with_extension("json")
}
