//! HTTP for closed days: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::extract::State;
use intent::Event;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Closed};
use super::trial::Trial;
use crate::App;
use crate::http::{Json, Query};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire::page_limit;

const PAGE_MAX: i64 = 400;
const PAGE_DEFAULT: i64 = 31;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A day that is closed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DayView {
    /// The day, UTC.
    day: String,
    /// The leaf that closed it.
    leaf: String,
    /// Number of leaves of the log of which the sums are.
    size: String,
    /// Whether debits and credits agree in every asset.
    balanced: bool,
    assets: Vec<TrialView>,
}

/// Everything posted in an asset so far, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrialView {
    asset: String,
    debits: String,
    credits: String,
}

impl DayView {
    fn of(closed: &Closed) -> Option<Self> {
        let trial = Trial::read(Event::parse(&closed.event).ok()?.members())?;
        let view = |(asset, (debits, credits)): (&money::AssetCode, &(i128, i128))| TrialView {
            asset: asset.to_string(),
            debits: debits.to_string(),
            credits: credits.to_string(),
        };
        Some(Self {
            day: trial.day.to_string(),
            leaf: closed.leaf.get().to_string(),
            size: trial.size.get().to_string(),
            balanced: trial.sums.values().all(|(debits, credits)| debits == credits),
            assets: trial.sums.iter().map(view).collect(),
        })
    }
}

/// A page of closed days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DayPage {
    items: Vec<DayView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct DayQuery {
    /// Cursor of an earlier page.
    cursor: Option<u64>,
    /// 1 to 400, default 31.
    limit: Option<i64>,
}

/// The days that are closed, with their trial balances, the last first.
#[utoipa::path(get, path = "/api/audit/days", tag = "audit", params(DayQuery), responses((status = 200, body = DayPage), (status = 403)))]
pub(super) async fn list(
    State(app): State<App>,
    _: Caller,
    Query(query): Query<DayQuery>,
) -> Result<Json<DayPage>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let mut tx = app.db.as_auditor().await?;
    let closed = store::closed(&mut tx, app.bank.book, query.cursor, limit).await?;
    tx.commit().await?;
    let is_full = i64::try_from(closed.len()) == Ok(limit);
    let next = closed.last().filter(|_| is_full).map(|last| last.leaf.get().to_string());
    Ok(Json(DayPage { items: closed.iter().filter_map(DayView::of).collect(), next }))
}
