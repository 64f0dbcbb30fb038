//! Whether the bank works, for whoever watches it.
//!
//! `live` asks nothing: a process that answers is alive, and restarting it would not help a database.
//! `ready` asks what a request needs. The limits on requests in work do not apply here.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Json;
use crate::{App, telemetry};

/// Routes at the root, not below `/api`.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(live)).routes(routes!(ready))
}

/// State of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `unavailable` when a request would fail now.
    status: &'static str,
    /// Version of the server.
    version: &'static str,
    /// Whether the database answers.
    database: bool,
    /// Who counts requests: `local`, each process for itself; `shared`, all together in Redis; `fallback`, each for itself
    /// because Redis does not answer. Requests are served in all three.
    rate_limits: &'static str,
}

/// State of the server, always with status 200.
#[utoipa::path(get, path = "/health", tag = "operation",
    responses((status = OK, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    Json(examine(&app).await)
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "operation",
    responses((status = NO_CONTENT)))]
async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether requests can be served now.
#[utoipa::path(get, path = "/health/ready", tag = "operation",
    responses((status = OK, body = Health), (status = SERVICE_UNAVAILABLE, body = Health)))]
async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let health = examine(&app).await;
    let status = if health.database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

async fn examine(app: &App) -> Health {
    let database = match app.db.ping().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            false
        }
    };
    metrics::gauge!(telemetry::DATABASE_UP).set(if database { 1.0 } else { 0.0 });
    let status = if database { "ok" } else { "unavailable" };
    let rate_limits = app.turnstile.counting().await.name();
    Health { status, version: env!("CARGO_PKG_VERSION"), database, rate_limits }
}
