//! Offline verification: does the database say what the log says, and was all of it signed?
//!
//! It believes the trust file it is given and nothing else. From the log's first leaf it rebuilds the tree, opens every
//! commitment, verifies every signature under the certificate of that time, makes every decision again with the very
//! function that made it ([`fold`](crate::corridor)), and holds every row of the book against the result. It needs no
//! running server, no key of the bank and no right to write.
//!
//! | part | does |
//! |---|---|
//! | [`examine`] | what one record or checkpoint says alone, on every core |
//! | [`tree`] | roots and tiles |
//! | [`registry`], [`chains`] | who may sign, as of each leaf; each key's own chain |
//! | [`replay`], [`founding`], [`effects`], [`events`], [`days`] | every decision again |
//! | [`rows`], [`compare`] | rows against the replay |
//! | [`manifest`] | what is covered, what follows from it, and what is not, with the reason |
//!
//! # What it cannot see
//!
//! A log that was cut back to an earlier state whole, head and checkpoints included, is a valid shorter log. Only a
//! checkpoint that was seen elsewhere (a receipt, a witness, an earlier audit) shows it: see [`Trust::pin`].
//! Reasons of refusal that rest on secrets (a token, a challenge, a device proof) are the bank's word.

mod chains;
mod compare;
mod days;
mod effects;
mod events;
mod examine;
mod founding;
pub mod manifest;
mod registry;
mod replay;
mod report;
mod rows;
mod service;
mod store;
mod tree;

use std::sync::Arc;

use thiserror::Error;

pub use self::report::{FINDINGS_MAX, Finding, Report, Severity, Step};
use crate::bank::TrustFile;
use crate::config::DatabaseUrl;

/// Called after each chunk with leaves done and leaves in all.
pub type Progress<'a> = dyn Fn(u64, u64) + Send + Sync + 'a;

/// Where to read. The login must be able to become `strongroom_auditor`.
#[derive(Clone, Debug)]
pub struct Source {
    url: DatabaseUrl,
}

impl Source {
    /// A database.
    #[must_use]
    pub const fn new(url: DatabaseUrl) -> Self {
        Self { url }
    }
}

/// What to believe.
#[derive(Clone, Debug)]
pub struct Trust {
    file: Arc<TrustFile>,
    pinned: Vec<String>,
}

impl From<TrustFile> for Trust {
    fn from(file: TrustFile) -> Self {
        Self { file: Arc::new(file), pinned: Vec::new() }
    }
}

impl Trust {
    /// Also demands that the log continues this checkpoint, a signed note that was seen earlier and elsewhere.
    #[must_use]
    pub fn pin(mut self, note: String) -> Self {
        self.pinned.push(note);
        self
    }
}

/// Verifies a bank's database against what it signed.
///
/// Reads one snapshot, so that it may run beside a working bank. Memory is bounded by the book (accounts, certificates)
/// and 16 bytes per transfer id; the log itself is read in chunks.
///
/// # Errors
///
/// Only that the database cannot be read. Whatever is wrong with what it holds is in the report.
pub async fn verify(
    source: &Source,
    trust: &Trust,
    progress: &Progress<'_>,
) -> Result<Report, VerifyError> {
    let mut connection = store::connect(&source.url).await?;
    let mut tx = store::snapshot(&mut connection).await?;
    match service::verify(&mut tx, trust, progress).await {
        Err(VerifyError::Database(error)) if does_not_read(&error) => {
            Ok(Report::malformed(format!("the database is not one of this bank software: {error}")))
        }
        result => result,
    }
}

/// Whether the database answered, with something that is none of ours.
fn does_not_read(error: &sqlx::Error) -> bool {
    /// PostgreSQL: `undefined_table`.
    const UNDEFINED_TABLE: &str = "42P01";
    /// PostgreSQL: `undefined_column`.
    const UNDEFINED_COLUMN: &str = "42703";
    match error {
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| [UNDEFINED_TABLE, UNDEFINED_COLUMN].contains(&&*code))
        }
        _ => false,
    }
}

/// Why nothing could be said.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The database cannot be read.
    #[error("the database cannot be read")]
    Database(#[from] sqlx::Error),
    /// A worker ended early.
    #[error("a worker of the verification ended early")]
    Worker(#[from] tokio::task::JoinError),
}
