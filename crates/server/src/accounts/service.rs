//! The account use cases.

use std::collections::BTreeMap;

use intent::{Body, Role, UserId};
use ledger::{AccountId, AccountKind, AccountNumber, Ledger};
use money::AssetCode;
use sqlx::PgConnection;

use super::change::{account_of, change};
use super::store::{self, StoredAccount};
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::interest::ACCRUALS;
use crate::policies::Policies;
use crate::policies::rules::POLICIES;
use crate::registers::Lookup;
use crate::sessions::{Caller, Reader};
use crate::{Services, interest, registers};

/// A customer account never goes below zero.
const CUSTOMER_FLOOR: Option<i64> = Some(0);

/// Opens an account. Runs inside the poster's transaction.
pub(crate) async fn apply_open(tx: &mut PgConnection, cx: &Applying<'_>) -> Result<Applied, Fault> {
    let (&Body::AccountOpen { account, asset, owner, kind }, Some(signer)) =
        (cx.intent.body(), cx.signer)
    else {
        return Err(Fault::Broken("not an opening"));
    };
    let book = cx.services.bank.book;
    if signer.role == Role::Customer && (owner != signer.user || kind != AccountKind::Liability) {
        return Ok(Applied::Refused(Refusal::NotAccountOwner));
    }
    if !store::asset_exists(tx, book, asset).await? {
        return Ok(Applied::Refused(Refusal::AssetUnknown));
    }
    if !store::customer_exists(tx, book, owner).await? {
        return Ok(Applied::Refused(Refusal::UserNotFound));
    }
    let new = NewAccount {
        id: account,
        number: AccountNumber::of(account),
        owner: Some(owner),
        asset,
        kind,
        floor: CUSTOMER_FLOOR,
    };
    if !store::insert(tx, book, &new, cx.now).await? {
        return Ok(Applied::Refused(Refusal::AccountExists));
    }
    Ok(Applied::Accepted { result: new.result(), extra: None, bumps_epoch: false })
}

/// Freezes or closes an account, or says how far it may be overdrawn. Runs inside the poster's transaction.
pub(crate) async fn apply_change(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Some(id), Some(signer)) = (account_of(cx.intent), cx.signer) else {
        return Err(Fault::Broken("not a change of an account"));
    };
    let book = cx.services.bank.book;
    store::lock(tx, book, id).await?;
    let stored = store::get(tx, book, id).await?;
    let owner = stored.as_ref().and_then(|stored| stored.owner);
    let mut keeps_open = false;
    if let (Body::AccountClose { .. }, Some(stored)) = (cx.intent.body(), &stored) {
        // Under the account's lock; policies that change meanwhile change the epoch too, and this is done again.
        let lookup = Lookup { register: &ACCRUALS, matching: Some(("account_id", id.to_string())) };
        let accrual = registers::load(tx, book, &lookup).await?;
        let rows = registers::load_all(tx, book, &POLICIES).await?.into_iter().collect();
        let accrual = accrual.first().and_then(interest::read);
        let policies = Policies::in_force(&rows);
        keeps_open = interest::keeps_open(&stored.account, accrual, &policies, cx.now);
    }
    let mut ledger = Ledger::from_accounts(stored.map(|stored| stored.account));
    let result = match change(&mut ledger, owner, cx.intent, signer.asker(), keeps_open) {
        Ok(result) => result,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    for account in ledger.touched() {
        store::set_terms(tx, book, &account.to_row()).await?;
    }
    Ok(Applied::Accepted { result, extra: None, bumps_epoch: false })
}

/// An account about to be opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewAccount {
    pub(crate) id: AccountId,
    pub(crate) number: AccountNumber,
    pub(crate) owner: Option<UserId>,
    pub(crate) asset: AssetCode,
    pub(crate) kind: AccountKind,
    pub(crate) floor: Option<i64>,
}

impl NewAccount {
    /// Its covered values, by name.
    fn result(&self) -> BTreeMap<String, String> {
        let mut result = BTreeMap::from([
            ("account".to_owned(), self.id.to_string()),
            ("asset".to_owned(), self.asset.to_string()),
            ("kind".to_owned(), self.kind.name().to_owned()),
            ("number".to_owned(), self.number.to_string()),
        ]);
        if let Some(owner) = self.owner {
            result.insert("owner".to_owned(), owner.to_string());
        }
        if let Some(floor) = self.floor {
            result.insert("floor".to_owned(), floor.to_string());
        }
        result
    }
}

/// The accounts that the caller may see, by number.
pub(crate) async fn list(
    services: &Services,
    caller: &Caller,
    page: Page,
) -> sqlx::Result<Vec<StoredAccount>> {
    let mut tx = services.db.as_user(caller).await?;
    store::list(&mut tx, services.bank.book, page.after, page.limit).await
}

/// One account, if whoever reads may see it.
pub(crate) async fn get(
    services: &Services,
    reader: impl Into<Reader>,
    id: AccountId,
) -> sqlx::Result<Option<StoredAccount>> {
    let mut tx = services.db.as_reader(reader.into()).await?;
    store::get(&mut tx, services.bank.book, id).await
}

/// The account that a number names: what a payer needs to know before paying, and no more.
pub(crate) async fn resolve(
    services: &Services,
    number: AccountNumber,
) -> sqlx::Result<Option<(AccountId, AssetCode)>> {
    let mut tx = services.db.as_writer().await?;
    let found = store::by_number(&mut tx, services.bank.book, number).await?;
    tx.rollback().await?;
    Ok(found)
}

/// Which accounts to list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Accounts after this id.
    pub(crate) after: Option<AccountId>,
    /// At most so many.
    pub(crate) limit: i64,
}
