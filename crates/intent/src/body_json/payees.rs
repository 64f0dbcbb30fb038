//! Bodies about payees and standing orders.

use crypto::Sha2;
use ledger::AccountId;

use super::{Object, read_transfer};
use crate::members::Members;
use crate::{
    BeneficiaryStatus, Body, BusinessDay, IntentError, NameMatch, OrderTerms, Rhythm, ShortOfFunds,
    TransferBody, text,
};

const DAY_FORM: &str = "a day like 2026-11-30";
const MATCH_FORM: &str = "match, close or none";
const COUNT_FORM: &str = "a number from 1 to 5200";

pub(super) fn read_add(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    Ok(Body::BeneficiaryAdd {
        account: members.uuid("account").map(AccountId::new)?,
        details: members.digest("details").map(Sha2::from_bytes)?,
        name_match: members.take("name_match", MATCH_FORM, NameMatch::from_name)?,
    })
}

pub(super) fn read_change(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    // Both or neither.
    let renamed = if members.has("details") || members.has("name_match") {
        let details = members.digest("details").map(Sha2::from_bytes)?;
        Some((details, members.take("name_match", MATCH_FORM, NameMatch::from_name)?))
    } else {
        None
    };
    let status =
        members.take("status", "active, disabled or deleted", BeneficiaryStatus::from_name)?;
    if renamed.is_some() && status == BeneficiaryStatus::Deleted {
        return Err(members.malformed("details", "must be absent where the entry is deleted"));
    }
    let account = members.uuid("account").map(AccountId::new)?;
    Ok(Body::BeneficiaryChange { account, status, renamed })
}

pub(super) fn read_order(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    let terms = OrderTerms {
        first: members.take("first", DAY_FORM, OrderTerms::day)?,
        rhythm: members.take("rhythm", "a rhythm", Rhythm::from_name)?,
        business_day: members.take(
            "business_day",
            "a rule for days off",
            BusinessDay::from_name,
        )?,
        last: members.take_optional("last", DAY_FORM, OrderTerms::day)?,
        count: members.take_optional("count", COUNT_FORM, |text| {
            text::decimal(text).filter(|count| (1..=OrderTerms::COUNT_MAX).contains(count))
        })?,
        short_of_funds: members.take("short_of_funds", "skip or retry", ShortOfFunds::from_name)?,
    };
    Ok(Body::StandingOrderPlace { transfer: read_transfer(members)?, terms })
}

/// Appends one of these bodies but for its closing brace.
pub(super) fn write(out: &mut Vec<u8>, body: &Body) {
    match body {
        Body::BeneficiaryAdd { account, details, name_match } => {
            Object::new(out)
                .uuid("account", account.get())
                .digest("details", details.as_bytes())
                .plain("name_match", name_match.name());
        }
        Body::BeneficiaryChange { account, status, renamed } => {
            let object = Object::new(out).uuid("account", account.get());
            let object = match renamed {
                Some((details, name_match)) => object
                    .digest("details", details.as_bytes())
                    .plain("name_match", name_match.name()),
                None => object,
            };
            object.plain("status", status.name());
        }
        Body::StandingOrderPlace { transfer, terms } => {
            let TransferBody { debit, credit, amount, details } = transfer;
            Object::new(out)
                .amount(Some(*amount))
                .plain("business_day", terms.business_day.name())
                .optional("count", terms.count.map(|count| count.to_string()))
                .uuid("credit", credit.get())
                .uuid("debit", debit.get())
                .optional_digest("details", details.as_ref().map(Sha2::as_bytes))
                .plain("first", &OrderTerms::day_text(terms.first))
                .optional("last", terms.last.map(OrderTerms::day_text))
                .plain("rhythm", terms.rhythm.name())
                .plain("short_of_funds", terms.short_of_funds.name());
        }
        Body::StandingOrderEnd { order } => {
            Object::new(out).uuid("order", order.get());
        }
        // The caller has the others.
        _ => {}
    }
}

impl Object<'_> {
    fn optional(self, name: &str, word: Option<String>) -> Self {
        match word {
            Some(word) => self.plain(name, &word),
            None => self,
        }
    }
}
