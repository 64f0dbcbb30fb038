//! Payees that a person keeps, standing orders, templates, and what would become of an intent.

use std::collections::BTreeMap;

use crypto::random;
use intent::{
    BeneficiaryStatus, Body, Details, IntentId, NameMatch, OrderTerms, TransferBody, UnsignedIntent,
};
use ledger::{AccountId, AccountNumber};
use money::Amount;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bank::from_body;
use crate::wire::Page;
use crate::{ClientError, Session, Wish, routes};

/// A payee that its owner keeps. Amounts are minor units in decimal strings.
#[derive(Clone, Debug, Deserialize)]
pub struct BeneficiaryView {
    /// The payee's account.
    pub account: String,
    /// Its number for people.
    pub number: String,
    /// Its asset.
    pub asset: String,
    /// Their name, unless it was erased.
    #[serde(default)]
    pub name: Option<String>,
    /// What its owner wrote beside it.
    #[serde(default)]
    pub memo: Option<String>,
    /// What the bank said of the name.
    pub name_match: String,
    /// `active` or `disabled`.
    pub status: String,
    /// When it was added.
    pub added_at: String,
    /// Since when it counts for the limit of new payees.
    #[serde(default)]
    pub counts_since: Option<String>,
    /// How often it was paid.
    pub payments: String,
    /// What it was paid.
    pub total: String,
    /// When it was last paid.
    #[serde(default)]
    pub last_paid_at: Option<String>,
}

/// What the bank says of a payee's name.
#[derive(Clone, Debug, Deserialize)]
pub struct NameAnswer {
    /// The account.
    pub account: String,
    /// Its asset.
    pub asset: String,
    /// `match`, `close` or `none`.
    pub name_match: String,
    /// The registered name, unless the answer is `none`.
    #[serde(default)]
    pub name: Option<String>,
}

impl NameAnswer {
    /// The account and what is to be signed of the name.
    pub fn parts(&self) -> Result<(AccountId, NameMatch), ClientError> {
        let account = self.account.parse().map_err(|_| ClientError::Answer { what: "account" })?;
        let name_match = NameMatch::from_name(&self.name_match);
        Ok((account, name_match.ok_or(ClientError::Answer { what: "name_match" })?))
    }
}

/// A standing order. Amounts are minor units in decimal strings.
#[derive(Clone, Debug, Deserialize)]
pub struct StandingOrderView {
    /// The order.
    pub order: String,
    /// The payer's account.
    pub debit: String,
    /// The payee's account.
    pub credit: String,
    /// How much each time.
    pub amount: String,
    /// Its asset.
    pub asset: String,
    /// How often.
    pub rhythm: String,
    /// `active`, `ended`, `completed` or `failed`.
    pub status: String,
    /// The day that comes next.
    #[serde(default)]
    pub next_day: Option<String>,
    /// When it is tried next.
    #[serde(default)]
    pub next_at: Option<String>,
    /// What became of its days, newest first; only of one order.
    #[serde(default)]
    pub runs: Vec<StandingOrderRunView>,
}

/// A day on which a standing order was due.
#[derive(Clone, Debug, Deserialize)]
pub struct StandingOrderRunView {
    /// From 0.
    pub number: String,
    /// The day.
    pub due_day: String,
    /// `paid`, `waiting`, `skipped` or `failed`.
    pub status: String,
    /// `ok`, or why not.
    pub code: String,
    /// How often it was tried.
    pub attempts: String,
    /// The transfer that paid it.
    #[serde(default)]
    pub transfer: Option<String>,
}

/// A payment that somebody saves.
#[derive(Clone, Debug, Serialize)]
pub struct Template {
    /// What its owner calls it.
    pub name: String,
    /// Account to pay to.
    pub credit: String,
    /// Asset of the amount.
    pub asset: String,
    /// Minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Text for the payee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
}

/// A saved payment.
#[derive(Clone, Debug, Deserialize)]
pub struct TemplateView {
    /// Its id.
    pub template: String,
    /// What its owner calls it.
    pub name: String,
    /// Account to pay to.
    pub credit: String,
    /// Asset of the amount.
    pub asset: String,
    /// Minor units.
    #[serde(default)]
    pub amount: Option<String>,
    /// Text for the payee.
    #[serde(default)]
    pub memo: Option<String>,
}

/// What would become of an intent. Nobody has signed it, and nothing was written.
#[derive(Clone, Debug, Deserialize)]
pub struct DryRun {
    /// `accepted` or `refused`.
    pub outcome: String,
    /// `ok`, `held`, or why it would be refused.
    pub code: String,
    /// Why, for a person.
    #[serde(default)]
    pub title: Option<String>,
    /// The effects as a receipt would have them.
    pub effects: Value,
}

impl Wish {
    /// Keeps a payee under a name of which the bank has said this.
    pub fn add_payee(
        account: AccountId,
        (name, memo): (&str, Option<&str>),
        name_match: NameMatch,
    ) -> Result<Self, ClientError> {
        let text = text(name, memo)?;
        let details = text.commitment();
        let body = Body::BeneficiaryAdd { account, details, name_match };
        Ok(Self { body, details: Some(text) })
    }

    /// Changes a payee: disables, enables or deletes it.
    #[must_use]
    pub const fn change_payee(account: AccountId, status: BeneficiaryStatus) -> Self {
        Self { body: Body::BeneficiaryChange { account, status, renamed: None }, details: None }
    }

    /// Gives a payee another name, of which the bank has said this, and another memo.
    pub fn rename_payee(
        account: AccountId,
        (name, memo): (&str, Option<&str>),
        name_match: NameMatch,
    ) -> Result<Self, ClientError> {
        let text = text(name, memo)?;
        let renamed = Some((text.commitment(), name_match));
        let status = BeneficiaryStatus::Active;
        let body = Body::BeneficiaryChange { account, status, renamed };
        Ok(Self { body, details: Some(text) })
    }

    /// Orders payments that the bank makes by itself.
    pub fn standing_order(
        from: AccountId,
        to: AccountId,
        amount: Amount,
        memo: Option<&str>,
        terms: OrderTerms,
    ) -> Result<Self, ClientError> {
        let details = Self::transfer(from, to, amount, memo)?.details;
        let commitment = details.as_ref().map(Details::commitment);
        let transfer = TransferBody { debit: from, credit: to, amount, details: commitment };
        Ok(Self { body: Body::StandingOrderPlace { transfer, terms }, details })
    }

    /// Ends a standing order.
    #[must_use]
    pub const fn end_standing_order(order: IntentId) -> Self {
        Self { body: Body::StandingOrderEnd { order }, details: None }
    }
}

fn text(name: &str, memo: Option<&str>) -> Result<Details, ClientError> {
    let mut value = BTreeMap::from([("name".to_owned(), name.to_owned())]);
    value.extend(memo.map(|memo| ("memo".to_owned(), memo.to_owned())));
    Ok(Details { salt: random()?, value })
}

impl Session {
    /// What the bank says of a payee's name.
    pub async fn check_payee(
        &self,
        number: AccountNumber,
        name: &str,
    ) -> Result<NameAnswer, ClientError> {
        let question = json!({"number": number.to_string(), "name": name});
        self.post(&format!("{}/check", routes::BENEFICIARIES), &question).await
    }

    /// The caller's payees, all of them.
    pub async fn payees(&self) -> Result<Vec<BeneficiaryView>, ClientError> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("{}?limit=200{after}", routes::BENEFICIARIES);
            let page: Page<BeneficiaryView> = self.get(&path).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// The caller's standing orders, newest first.
    pub async fn standing_orders(&self) -> Result<Vec<StandingOrderView>, ClientError> {
        let page: Page<StandingOrderView> =
            self.get(&format!("{}?limit=200", routes::STANDING_ORDERS)).await?;
        Ok(page.items)
    }

    /// One of the caller's standing orders with what became of its days.
    pub async fn standing_order(&self, order: IntentId) -> Result<StandingOrderView, ClientError> {
        self.get(&format!("{}/{order}", routes::STANDING_ORDERS)).await
    }

    /// The caller's templates, by name.
    pub async fn templates(&self) -> Result<Vec<TemplateView>, ClientError> {
        let page: Page<TemplateView> = self.get(routes::TEMPLATES).await?;
        Ok(page.items)
    }

    /// Saves a payment, and gives back its id.
    pub async fn save_template(&self, template: &Template) -> Result<String, ClientError> {
        let saved: BTreeMap<String, String> = self.post(routes::TEMPLATES, template).await?;
        saved.get("template").cloned().ok_or(ClientError::Answer { what: "template" })
    }

    /// Deletes a template.
    pub async fn delete_template(&self, template: &str) -> Result<(), ClientError> {
        let path = format!("{}/{template}", routes::TEMPLATES);
        self.request(Method::DELETE, &path, Vec::new()).await.map(|_| ())
    }

    /// What would become of a wish. Nothing is signed: the key's chain stays where it is.
    pub async fn dry_run(&self, wish: Wish) -> Result<DryRun, ClientError> {
        let intent = self.identity().rehearsed(&self.bank().trust().bank, wish.body)?;
        let unsigned = UnsignedIntent { intent: intent.into_canonical(), details: wish.details };
        let bytes = self.request(Method::POST, routes::DRY_RUN, unsigned.to_json()).await?;
        from_body(&bytes)
    }
}
