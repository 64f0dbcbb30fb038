//! The body of an exchange.

use ledger::AccountId;
use money::Amount;

use super::{AMOUNT_FORM, Object};
use crate::members::Members;
use crate::{Body, IntentError};

const RATE_FORM: &str = "a decimal above zero with at most 8 places";

pub(super) fn read(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    Ok(Body::TransferExchange {
        debit: members.uuid("debit").map(AccountId::new)?,
        credit: members.uuid("credit").map(AccountId::new)?,
        sell: amount(members, "sell_amount", "sell_asset")?,
        buy: amount(members, "buy_amount", "buy_asset")?,
        rate: members.take("rate", RATE_FORM, |text| text.parse().ok())?,
    })
}

fn amount(members: &mut Members<'_, '_>, minor: &str, asset: &str) -> Result<Amount, IntentError> {
    let asset = members.take(asset, "an asset code", |text| text.parse().ok())?;
    members.take(minor, AMOUNT_FORM, |text| Amount::parse_minor(text, asset).ok())
}

/// Appends it but for its closing brace.
pub(super) fn write(out: &mut Vec<u8>, body: &Body) {
    if let Body::TransferExchange { debit, credit, sell, buy, rate } = body {
        Object::new(out)
            .plain("buy_amount", &buy.minor_string())
            .plain("buy_asset", buy.asset().as_str())
            .uuid("credit", credit.get())
            .uuid("debit", debit.get())
            .plain("rate", &rate.to_string())
            .plain("sell_amount", &sell.minor_string())
            .plain("sell_asset", sell.asset().as_str());
    }
}
