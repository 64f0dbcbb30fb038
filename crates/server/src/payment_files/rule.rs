//! The register of files that were paid. Pure.

use crypto::Sha3;
use intent::{IntentId, UserId};
use ledger::AccountId;

use crate::registers::{Column, Register, Row};

/// One row for each account that paid something of a file.
pub(crate) static PAYMENT_FILES: Register = Register {
    table: "payment_files",
    key_len: 1,
    columns: &[
        ("sent_as", Column::Text),
        ("owner", Column::Uuid),
        ("intent_id", Column::Uuid),
        ("file", Column::Digest),
    ],
};

/// Under what an account remembers a file: its id, and the message id.
pub(crate) fn sent_as(debtor: AccountId, message_id: &str) -> String {
    format!("{debtor}/{message_id}")
}

/// The row of a file that an account has paid.
pub(crate) fn paid_row(sent_as: &str, owner: UserId, intent: IntentId, file: Sha3) -> Row {
    Row::new(&PAYMENT_FILES)
        .with("sent_as", sent_as)
        .with("owner", owner)
        .with("intent_id", intent)
        .with("file", file)
}
