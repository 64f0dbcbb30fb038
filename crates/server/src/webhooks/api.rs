//! HTTP for webhooks: wire types and handlers, no decisions.

use axum::extract::State;
use axum::http::StatusCode;
use intent::{Body, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::guard;
use super::rules::address;
use super::service::{self, Endpoint};
use crate::App;
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Path};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, set)).routes(routes!(replay))
}

/// An endpoint, and how its deliveries stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookView {
    webhook: String,
    url: String,
    /// Names of the kinds that it is told of; none: all.
    kinds: Vec<String>,
    active: bool,
    /// The intent that made the secret in force.
    secret: String,
    changed_by: String,
    changed_at: String,
    /// `telling`, `failing`, `paused` or `off`.
    status: &'static str,
    /// The first leaf that it was not told of yet.
    next: String,
    /// Leaves that it was not told of yet, wanted or not.
    behind: String,
    /// Failures in a row.
    failures: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<String>,
    /// A status, or why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<String>,
}

impl From<Endpoint> for WebhookView {
    fn from(Endpoint { row, standing }: Endpoint) -> Self {
        let text = |column| row.get(column).unwrap_or_default().to_owned();
        let standing = standing.as_ref();
        let failures = standing.map_or(0, |standing| standing.attempts);
        let status = match standing {
            _ if !row.is("active") => "off",
            Some(standing) if standing.paused_at.is_some() => "paused",
            Some(_) if failures > 0 => "failing",
            Some(_) | None => "telling",
        };
        Self {
            webhook: text("webhook_id"),
            url: text("url"),
            kinds: text("kinds").split_whitespace().map(str::to_owned).collect(),
            active: row.is("active"),
            secret: text("secret"),
            changed_by: text("changed_by"),
            changed_at: text("changed_at"),
            status,
            next: standing.map_or(0, |standing| standing.next).to_string(),
            behind: standing
                .map_or(0, |standing| standing.size.saturating_sub(standing.next))
                .to_string(),
            failures,
            retry_at: standing.and_then(|standing| Some(standing.retry_at?.to_string())),
            last_result: standing.and_then(|standing| standing.last_result.clone()),
            last_at: standing.and_then(|standing| Some(standing.last_at?.to_string())),
        }
    }
}

/// Endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookPage {
    items: Vec<WebhookView>,
}

/// Every endpoint, those that are off too.
#[utoipa::path(get, path = "/api/admin/webhooks", tag = "webhooks", responses((status = 200, body = WebhookPage), (status = 403)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<WebhookPage>, Problem> {
    let items = service::list(&app, &caller).await?.into_iter().map(WebhookView::from).collect();
    Ok(Json(WebhookPage { items }))
}

/// Sets an endpoint: a signed `webhook.set` of the administrator. Where a secret was made, `secret` is beside the receipt,
/// this once. An address to which the bank does not connect is refused before anything is recorded.
#[utoipa::path(post, path = "/api/admin/webhooks", tag = "webhooks", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt, and a secret where one was made"), (status = 400), (status = 403), (status = 422)))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    let intent = body.signed()?.parse_intent()?;
    if let Body::WebhookSet { url, active: true, .. } = intent.body()
        && let Some(url) = address(url)
    {
        guard::judge_text(&url, &app.config.webhooks.networks)
            .map_err(|barred| Problem::malformed("url", barred.name()))?;
    }
    submit_kind(&app, &caller, origin, &body, &[Kind::WebhookSet]).await
}

/// From where on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayRequest {
    /// Tell again what came after this leaf; absent: go on where the deliveries are.
    after: Option<String>,
}

/// Tells an endpoint again what came after a leaf, and has a paused one go on, at once. Messages keep their ids.
#[utoipa::path(post, path = "/api/admin/webhooks/{id}/replay", tag = "webhooks", params(("id" = String, Path)), request_body = ReplayRequest, responses((status = 204), (status = 400), (status = 403), (status = 404)))]
pub(super) async fn replay(
    State(app): State<App>,
    _caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<ReplayRequest>,
) -> Result<StatusCode, Problem> {
    let webhook = wire::uuid(&id, "id")?;
    let leaf = |text: &str| {
        text.parse().map_err(|_| Problem::malformed("after", "must be the index of a leaf"))
    };
    let after = request.after.as_deref().map(leaf).transpose()?;
    service::replay(&app, webhook, after).await?;
    Ok(StatusCode::NO_CONTENT)
}
