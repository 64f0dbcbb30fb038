//! HTTP for exchanges: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use intent::Kind;
use money::{Amount, AssetCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service;
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Query};
use crate::policies::{Listed, Spread};
use crate::problem::Problem;
use crate::sessions::Caller;

/// Routes of exchanges; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rates)).routes(routes!(preview)).routes(routes!(exchange))
}

/// What the bank pays and asks for a whole unit of the base, in whole units of the quote: decimals with at most 8 places.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RateView {
    base: String,
    quote: String,
    /// For whoever sells the base.
    buy: String,
    /// For whoever buys it.
    sell: String,
    since: String,
}

/// Pairs that the bank exchanges.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RateList {
    items: Vec<RateView>,
}

/// Which assets the bank exchanges for each other, and at which rates now.
#[utoipa::path(get, path = "/api/rates", tag = "transactions", responses((status = 200, body = RateList)))]
pub(super) async fn rates(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RateList>, Problem> {
    let policies = service::in_force(&app, &caller).await?;
    let view = |(listed, spread): (Listed, Spread)| RateView {
        base: listed.base.to_string(),
        quote: listed.quote.to_string(),
        buy: spread.buy.to_string(),
        sell: spread.sell.to_string(),
        since: listed.since.to_string(),
    };
    Ok(Json(RateList { items: policies.exchange.iter().map(view).collect() }))
}

/// What is sold, and for what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewQuery {
    /// How much is sold, in minor units.
    sell_amount: String,
    /// Of which asset.
    sell_asset: String,
    /// For which other asset.
    buy_asset: String,
}

/// What is to be signed as `transfer.exchange`, as long as the rate stays. Amounts are minor units in decimal strings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExchangePreview {
    sell_amount: String,
    sell_asset: String,
    /// Rounded down to a minor unit; nothing is exchanged for nothing.
    buy_amount: String,
    buy_asset: String,
    /// Decimals of the asset bought.
    buy_scale: u8,
    /// Whole units of the pair's second asset for one of its first.
    rate: String,
    /// Such as `EUR/USD`.
    pair: String,
}

/// What a sum comes to in another asset at the present rate: signs and moves nothing.
#[utoipa::path(get, path = "/api/transactions/exchange/preview", tag = "transactions", params(PreviewQuery), responses((status = 200, body = ExchangePreview), (status = 400), (status = 404, description = "The bank does not exchange these two assets")))]
pub(super) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<ExchangePreview>, Problem> {
    let sold = asset(&query.sell_asset, "sell_asset")?;
    let bought = asset(&query.buy_asset, "buy_asset")?;
    let sell = Amount::parse_minor(&query.sell_amount, sold)
        .map_err(|error| Problem::malformed("sell_amount", error.to_string()))?;
    let policies = service::in_force(&app, &caller).await?;
    let (offer, buy) =
        service::preview(&app, &policies, sell, bought).ok_or_else(Problem::not_found)?;
    let too_much = || Problem::malformed("sell_amount", "comes to more than an account holds");
    let buy = buy.ok_or_else(too_much)?;
    Ok(Json(ExchangePreview {
        sell_amount: sell.minor_string(),
        sell_asset: sold.to_string(),
        buy_amount: buy.minor_string(),
        buy_asset: bought.to_string(),
        buy_scale: app.bank.assets.get(&bought).map_or(0, |asset| asset.scale()),
        rate: offer.rate.to_string(),
        pair: offer.pair(),
    }))
}

fn asset(code: &str, field: &'static str) -> Result<AssetCode, Problem> {
    code.parse().map_err(|_| Problem::malformed(field, "must be the code of an asset"))
}

/// Sells one asset for another at the bank's rate, between accounts of one's own: a signed `transfer.exchange`.
#[utoipa::path(post, path = "/api/transactions/exchange", tag = "transactions", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403, description = "Refused; carries the receipt"), (status = 409, description = "Another rate is in force now, which the problem says"), (status = 422, description = "Refused; carries the receipt"), (status = 503)))]
pub(super) async fn exchange(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::TransferExchange]).await
}
