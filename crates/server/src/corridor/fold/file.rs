//! Payment files: one account pays a message id once.

use std::collections::BTreeSet;

use intent::{Body, Intent};

use super::{Asker, Decision, Fold};
use crate::payment_files::{PAYMENT_FILES, paid_row, sent_as};

impl Fold<'_> {
    /// Whether an account of the asker has paid a file of this message id before. Of others' accounts they learn nothing.
    pub(super) fn knows_file(&self, intent: &Intent, asker: Asker) -> bool {
        let Body::PaymentsFile { message_id, items, .. } = intent.body() else { return false };
        items.iter().any(|item| {
            self.owners.get(&item.debit) == Some(&Some(asker.user))
                && self.rows.get(&PAYMENT_FILES, &sent_as(item.debit, message_id)).is_some()
        })
    }

    /// Remembers the message id for each account that pays something.
    pub(super) fn note_file(&mut self, intent: &Intent, asker: Asker, decision: &mut Decision) {
        let Body::PaymentsFile { file, message_id, .. } = intent.body() else { return };
        let paid = decision.items.iter().filter(|item| item.outcome.is_ok());
        let debtors: BTreeSet<_> = paid.map(|item| item.debit).collect();
        for debtor in debtors {
            let row = paid_row(&sent_as(debtor, message_id), asker.user, intent.id(), *file);
            self.rows.put(row.clone());
            decision.rows.push(row);
        }
    }
}
