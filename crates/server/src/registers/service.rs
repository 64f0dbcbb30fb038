//! A rule applied inside the poster's transaction.

use std::collections::BTreeMap;

use ledger::BookId;
use sqlx::PgConnection;

use super::row::{Row, Rows};
use super::rule::{Lookup, Question, Rule};
use super::store;
use crate::corridor::{Applied, Applying, Fault};

/// Reads what the rule asks for, decides, writes.
///
/// # Atomicity
///
/// Rules of all instances take one lock in turn, for a row that is not there yet cannot be locked: what was read is
/// still so when the decision commits.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    rule: &Rule,
) -> Result<Applied, Fault> {
    let Some(signer) = cx.signer else { return Err(Fault::Broken("nobody signed")) };
    let book = cx.services.bank.book;
    store::lock(tx, book).await?;
    let mut rows = Rows::default();
    for lookup in &rule.lookups {
        store::load(tx, book, lookup).await?.into_iter().for_each(|row| rows.put(row));
    }
    let person = match rule.about {
        Some(user) => store::person(tx, book, user).await?,
        None => None,
    };
    let question = Question {
        intent: cx.intent,
        asker: signer.asker(),
        address: cx.origin.ip.parse().ok(),
        now: cx.now,
        rows: &rows,
        person,
        issuing: None,
    };
    let written = match (rule.decide)(&question) {
        Ok(written) => written,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    write(tx, book, &written).await?;
    Ok(Applied::Accepted {
        result: result_of(&written),
        extra: None,
        bumps_epoch: rule.bumps_epoch,
    })
}

/// Takes the lock of all rules until the transaction ends.
pub(crate) async fn lock(tx: &mut PgConnection, book: BookId) -> sqlx::Result<()> {
    store::lock(tx, book).await
}

/// Takes the lock of all rules until the transaction ends, and reads: for a feature that does more than its rule.
pub(crate) async fn read_locked(
    tx: &mut PgConnection,
    book: BookId,
    lookup: &Lookup,
) -> sqlx::Result<Rows> {
    store::lock(tx, book).await?;
    Ok(store::load(tx, book, lookup).await?.into_iter().collect())
}

/// Writes rows of different keys that a feature decided under its locks or [`read_locked`]; what no replay makes again
/// belongs into the leaf by [`result_of`]. One statement per register.
pub(crate) async fn write(tx: &mut PgConnection, book: BookId, rows: &[Row]) -> sqlx::Result<()> {
    for register in super::ALL {
        let of: Vec<&Row> =
            rows.iter().filter(|row| row.register().table == register.table).collect();
        if !of.is_empty() {
            store::write(tx, book, register, &of).await?;
        }
    }
    Ok(())
}

/// What the leaf says of the rows that an intent wrote.
pub(crate) fn result_of(written: &[Row]) -> BTreeMap<String, String> {
    written.iter().map(|row| (row.name(), row.to_text())).collect()
}
