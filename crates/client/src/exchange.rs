//! Exchanges of one asset for another at the bank's rate.

use intent::Body;
use ledger::AccountId;
use money::{Amount, AssetCode, Rate};
use serde::Deserialize;

use crate::wire::Page;
use crate::{ClientError, Session, Wish, routes};

/// What the bank pays and asks for a whole unit of the base, in whole units of the quote.
#[derive(Clone, Debug, Deserialize)]
pub struct RateView {
    /// What is priced.
    pub base: String,
    /// In what.
    pub quote: String,
    /// For whoever sells the base.
    pub buy: String,
    /// For whoever buys it.
    pub sell: String,
    /// Since when.
    pub since: String,
}

/// What a sum comes to now. Amounts are minor units in decimal strings.
#[derive(Clone, Debug, Deserialize)]
pub struct ExchangePreview {
    /// How much is sold.
    pub sell_amount: String,
    /// Of which asset.
    pub sell_asset: String,
    /// How much is bought.
    pub buy_amount: String,
    /// Of which asset.
    pub buy_asset: String,
    /// Decimals of the asset bought.
    pub buy_scale: u8,
    /// The rate to sign.
    pub rate: String,
    /// Of which pair, such as `EUR/USD`.
    pub pair: String,
}

impl ExchangePreview {
    /// What is sold, what is bought, and the rate: what [`Wish::exchange`] signs.
    pub fn terms(&self) -> Result<(Amount, Amount, Rate), ClientError> {
        let answer = |what| ClientError::Answer { what };
        let amount = |minor: &str, asset: &str, what| {
            let asset = asset.parse().map_err(|_| answer(what))?;
            Amount::parse_minor(minor, asset).map_err(|_| answer(what))
        };
        Ok((
            amount(&self.sell_amount, &self.sell_asset, "sell_amount")?,
            amount(&self.buy_amount, &self.buy_asset, "buy_amount")?,
            self.rate.parse().map_err(|_| answer("rate"))?,
        ))
    }
}

impl Session {
    /// What the bank exchanges, and at which rates now.
    pub async fn rates(&self) -> Result<Vec<RateView>, ClientError> {
        let page: Page<RateView> = self.get(routes::RATES).await?;
        Ok(page.items)
    }

    /// What a sum comes to in another asset now.
    pub async fn exchange_preview(
        &self,
        sold: Amount,
        bought: AssetCode,
    ) -> Result<ExchangePreview, ClientError> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("sell_amount", &sold.minor_string())
            .append_pair("sell_asset", sold.asset().as_str())
            .append_pair("buy_asset", bought.as_str())
            .finish();
        self.get(&format!("{}?{query}", routes::EXCHANGE_PREVIEW)).await
    }
}

impl Wish {
    /// Sells one asset for another, from one of one's own accounts to another.
    #[must_use]
    pub const fn exchange(
        debit: AccountId,
        credit: AccountId,
        (sell, buy, rate): (Amount, Amount, Rate),
    ) -> Self {
        Self { body: Body::TransferExchange { debit, credit, sell, buy, rate }, details: None }
    }
}
