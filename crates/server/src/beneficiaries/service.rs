//! Keeping payees, and what the bank says of their names.

use intent::{BeneficiaryStatus, Body, Details, IntentId, NameMatch, UserId, UtcMicros, canonical};
use ledger::{AccountId, AccountNumber};
use money::AssetCode;
use sqlx::PgConnection;

use super::name::compare;
use super::rule::{self, BENEFICIARIES};
use super::store::{self, Listed};
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::Caller;
use crate::texts::{self, Kept};
use crate::{Services, users};

/// As a person's own name.
const NAME_CHARS_MAX: usize = 120;
const MEMO_CHARS_MAX: usize = 140;
const NAME: &str = "name";
const MEMO: &str = "memo";

/// Name and memo of an entry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) memo: Option<String>,
}

impl Text {
    /// Reads what an intent commits to.
    fn of(details: &Details) -> Option<Self> {
        let fits = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count())
                && text.trim() == text
                && users::is_plain(text)
        };
        let name = details.value.get(NAME).filter(|name| fits(name, NAME_CHARS_MAX))?;
        let memo = details.value.get(MEMO);
        let known = usize::from(memo.is_some()).saturating_add(1);
        (details.value.len() == known && memo.is_none_or(|memo| fits(memo, MEMO_CHARS_MAX)))
            .then(|| Self { name: name.clone(), memo: memo.cloned() })
    }

    /// Reads a text that is kept; empty where it does not read.
    fn kept(details: &[u8]) -> Self {
        let Ok(canonical::Value::Object(members)) = canonical::parse(details) else {
            return Self::default();
        };
        members.into_iter().fold(Self::default(), |text, (name, value)| match (&*name, value) {
            (NAME, canonical::Value::String(name)) => Self { name: name.into_owned(), ..text },
            (MEMO, canonical::Value::String(memo)) => {
                Self { memo: Some(memo.into_owned()), ..text }
            }
            _ => text,
        })
    }
}

/// Adds or changes an entry. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Row, name and leaf commit together. The signer's accounts are locked: what they pay is decided before it or after it,
/// at whichever instance, as the log says.
pub(crate) async fn apply(tx: &mut PgConnection, cx: &Applying<'_>) -> Result<Applied, Fault> {
    let Some(signer) = cx.signer else { return Err(Fault::Broken("nobody signed")) };
    let (account, named, ends) = match cx.intent.body() {
        Body::BeneficiaryAdd { account, name_match, .. } => (*account, Some(*name_match), false),
        Body::BeneficiaryChange { account, status, renamed } => {
            let ends = *status == BeneficiaryStatus::Deleted;
            (*account, renamed.map(|(_, name_match)| name_match), ends)
        }
        _ => return Err(Fault::Broken("not about a payee")),
    };
    let book = cx.services.bank.book;
    store::lock_accounts_of(tx, book, signer.user).await?;
    let payee = store::payee(tx, book, account).await?;
    let old = store::row(tx, book, signer.user, account).await?;
    let facts = payee.as_ref().map(|payee| payee.account);
    let new = match rule::decide(cx.intent, signer.asker(), facts, old.as_ref(), cx.now) {
        Ok(new) => new,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    if let Some(signed) = named {
        let Some((details, text)) = cx.details.and_then(|of| Some((of, Text::of(of)?))) else {
            return Ok(Applied::Refused(Refusal::BeneficiaryInvalid));
        };
        let registered = payee.map(|payee| payee.name).unwrap_or_default();
        if compare(&text.name, &registered) != signed {
            return Ok(Applied::Refused(Refusal::PayeeNameDiffers));
        }
        let kept = Kept {
            intent: cx.intent.id(),
            owner: signer.user,
            salt: details.salt,
            details: details.canonical(),
        };
        texts::keep(tx, book, &[kept]).await?;
    }
    if (named.is_some() || ends)
        && let Some(before) = old.as_ref().and_then(text_id)
    {
        texts::forget(tx, book, before).await?;
    }
    let written = [new];
    registers::service::write(tx, book, &written).await?;
    let result = registers::service::result_of(&written);
    Ok(Applied::Accepted { result, extra: None, bumps_epoch: false })
}

fn text_id(row: &Row) -> Option<IntentId> {
    row.get("text_id")?.parse().ok()
}

/// What the bank says of a name.
pub(super) struct Checked {
    pub(super) account: AccountId,
    pub(super) asset: AssetCode,
    pub(super) name_match: NameMatch,
    /// The registered name; only where the typed one is it, or nearly.
    pub(super) name: Option<String>,
}

/// Compares a name with that of an account's owner.
pub(super) async fn check(
    services: &Services,
    number: AccountNumber,
    name: &str,
) -> Result<Option<Checked>, Problem> {
    let mut tx = services.db.as_writer().await?;
    let found = store::payee_by_number(&mut tx, services.bank.book, number).await?;
    tx.rollback().await?;
    Ok(found.map(|(account, payee)| {
        let name_match = compare(name, &payee.name);
        let name = (name_match != NameMatch::None).then_some(payee.name);
        Checked { account, asset: payee.account.asset, name_match, name }
    }))
}

/// An entry as its owner sees it.
pub(super) struct Entry {
    pub(super) listed: Listed,
    pub(super) text: Option<Text>,
    /// Since when it vouches for the payee.
    pub(super) since: Option<UtcMicros>,
}

/// The caller's entries, deleted ones left out, by account.
pub(super) async fn list(
    services: &Services,
    caller: &Caller,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<Entry>, Problem> {
    let (mut tx, book) = (services.db.as_user(caller).await?, services.bank.book);
    let page = store::list(&mut tx, book, caller.user, after, limit).await?;
    let ids: Vec<_> = page.iter().filter_map(|listed| listed.text_id).collect();
    let kept = texts::of(&mut tx, book, &ids).await?;
    tx.commit().await?;
    let text = |id| kept.iter().find(|text| Some(text.intent.get()) == id);
    Ok(page
        .into_iter()
        .map(|listed| Entry {
            text: text(listed.text_id).map(|kept| Text::kept(&kept.details)),
            since: since(caller.user, &listed),
            listed,
        })
        .collect())
}

fn since(owner: UserId, listed: &Listed) -> Option<UtcMicros> {
    let row = Row::new(&BENEFICIARIES)
        .with("owner", owner)
        .with("account", listed.account)
        .with("name_match", &listed.name_match)
        .with("status", &listed.status)
        .with("since", listed.since);
    rule::vouched(&row)?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_name_with_or_without_a_memo_and_reads_back() {
        let details = |members: &[(&str, &str)]| Details {
            salt: [1; 32],
            value: members.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
        };
        let good = details(&[("name", "Bob"), ("memo", "flat")]);
        let text = Text::of(&good).unwrap();
        assert_eq!((text.name.as_str(), text.memo.as_deref()), ("Bob", Some("flat")));
        assert_eq!(Text::kept(&good.canonical()), text);
        let long = "x".repeat(141);
        for bad in [
            &[][..],
            &[("memo", "flat")],
            &[("name", "")],
            &[("name", " Bob")],
            &[("name", "Bob"), ("x", "y")],
            &[("name", "Bob"), ("memo", long.as_str())],
        ] {
            assert_eq!(Text::of(&details(bad)), None, "{bad:?}");
        }
    }
}
