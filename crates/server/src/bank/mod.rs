//! The bank itself: how it is founded, and what every part of a running server knows of it.
//!
//! # Invariants
//!
//! - A book is founded once, in one transaction together with leaf 0 of its log: there is no bank without a log.
//! - Every asset has the bank's own accounts, without a floor ([`house`]): money enters circulation from its equity.

mod found;
pub(crate) mod house;
mod store;
pub mod trust;

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Suite;
use intent::{BankId, UtcMicros};
use ledger::{AccountId, BookId};
use money::{Asset, AssetCode};
use pki::Certificate;
use tlog::{CheckpointVerifier, Origin};

pub(crate) use self::found::serial;
pub use self::found::{Founded, FoundingError, FoundingPlan, Invitation, Invite, found};
pub use self::trust::TrustFile;
use crate::authority::rules::AUTHORITIES;
use crate::authority::{Authority, AuthorityError, Issuers, KeyFile, Token};
use crate::db::Db;
use crate::registers;
use crate::sql::corrupt;

/// What every part of a running server knows of the bank. Clones share it.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Its identifier, signed into everything.
    pub id: BankId,
    /// Its book.
    pub book: BookId,
    /// Its name for people.
    pub name: Arc<str>,
    /// The suite of every key but those of authorities.
    pub suite: Suite,
    /// Name of its log.
    pub origin: Origin,
    /// Verifies its checkpoints.
    pub verifier: Arc<CheckpointVerifier>,
    /// Its own account per asset, from which money enters circulation.
    pub equity: Arc<BTreeMap<AssetCode, AccountId>>,
    /// Its assets, with their decimals.
    pub assets: Arc<BTreeMap<AssetCode, Asset>>,
    /// When it was founded.
    pub founded_at: UtcMicros,
}

/// What is read of the bank before its keys are opened.
#[derive(Debug)]
pub struct Charter {
    /// Its identifier: names the key file that belongs to it.
    pub id: BankId,
    book: BookId,
    name: String,
    suite: Suite,
    origin: Origin,
    founded_at: UtcMicros,
    issuers: Issuers,
    equity: BTreeMap<AssetCode, AccountId>,
    assets: BTreeMap<AssetCode, Asset>,
}

impl Charter {
    /// The bank in this database, or `None` before its founding.
    pub async fn load(db: &Db) -> Result<Option<Self>, AuthorityError> {
        let mut tx = db.as_writer().await?;
        let Some(row) = store::book(&mut tx).await? else {
            return Ok(None);
        };
        let equity = store::equity(&mut tx, row.book).await?;
        let assets = store::assets(&mut tx, row.book).await?;
        let rows = registers::load_all(&mut tx, row.book, &AUTHORITIES).await?;
        tx.commit().await?;
        let (root, rows) = (Certificate::from_der(&row.root_der)?, rows.into_iter().collect());
        let id: BankId = row.bank.parse().map_err(corrupt)?;
        Ok(Some(Self {
            origin: origin(&id, row.founded_at)?,
            id,
            book: row.book,
            name: row.name,
            suite: row.suite.parse().map_err(corrupt)?,
            founded_at: row.founded_at,
            issuers: Issuers::read(&root, Certificate::from_der(&row.issuing_der)?, &rows)?,
            equity,
            assets,
        }))
    }

    /// Its issuing authorities.
    #[must_use]
    pub const fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// The suite of every key but those of authorities.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Opens the bank with its keys, some of which may be in a token. A key file of another bank or suite is refused.
    pub fn open(
        self,
        keys: &KeyFile,
        further: &[KeyFile],
        token: Option<&Token>,
        now: UtcMicros,
    ) -> Result<(Bank, Authority), AuthorityError> {
        let is_ours = |file: &KeyFile| file.suite() == self.suite && *file.bank() == self.id;
        if !is_ours(keys) || !further.iter().all(is_ours) {
            return Err(AuthorityError::ForeignCertificate);
        }
        let (origin, issuers) = (self.origin.clone(), self.issuers);
        let authority = Authority::from_key_files(keys, further, token, origin, issuers, now)?;
        let bank = Bank {
            id: self.id,
            book: self.book,
            name: self.name.into(),
            suite: self.suite,
            origin: self.origin,
            verifier: Arc::new(authority.checkpoint_verifier().clone()),
            equity: Arc::new(self.equity),
            assets: Arc::new(self.assets),
            founded_at: self.founded_at,
        };
        Ok((bank, authority))
    }
}

impl Bank {
    /// What a customer or auditor needs to check anything this bank signs, with the bank gone.
    #[must_use]
    pub fn trust(&self, authority: &Authority, login_origin: &str) -> TrustFile {
        TrustFile::of(&self.id, authority, login_origin)
    }
}

/// The name of a bank's log: `<bank>/log/<year of founding>`.
fn origin(bank: &BankId, founded_at: UtcMicros) -> Result<Origin, tlog::TlogError> {
    let at = founded_at.to_string();
    let year = at.get(..4).unwrap_or("0000");
    Origin::new(&format!("{bank}/log/{year}"))
}
