//! HTTP for the issuing authority: wire types and handlers, no decisions.

use axum::extract::State;
use intent::{Kind, UtcMicros};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rules::Status;
use super::service::{self, Listed};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{App, clock};

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(rotate))
}

/// An issuing authority.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuthorityView {
    /// SHA3-256 of its certificate.
    authority: String,
    /// Counts from 1, the one of the founding.
    generation: String,
    /// `proposed`, `active`, `retiring` or `retired`.
    status: &'static str,
    /// Its certificate by the root, PEM.
    certificate: String,
    /// Its certificate by its predecessor, base64url of DER.
    cross_certificate: Option<String>,
    not_before: String,
    not_after: String,
    overlap_days: Option<String>,
    proposed_by: Option<String>,
    /// Until when a proposal waits.
    expires_at: Option<String>,
    approved_by: Option<String>,
    active_from: Option<String>,
    active_until: Option<String>,
    /// From when on nothing that it issued is accepted.
    retires_at: Option<String>,
    /// Whether the server that answers holds its key.
    key_is_held: bool,
}

/// Issuing authorities, the newest generation first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuthorityPage {
    items: Vec<AuthorityView>,
}

impl AuthorityView {
    fn of(listed: &Listed, now: UtcMicros) -> Self {
        let text = |column| listed.row.get(column).map(str::to_owned);
        let time = |column| listed.row.get(column)?.parse::<UtcMicros>().ok();
        let status = match Status::of(&listed.row) {
            Some(Status::Retiring) if time("retires_at").is_none_or(|at| now >= at) => "retired",
            Some(status) => status.name(),
            None => "unknown",
        };
        Self {
            authority: listed.row.key(),
            generation: text("generation").unwrap_or_default(),
            status,
            certificate: listed.certificate.to_pem(),
            cross_certificate: text("cross_certificate"),
            not_before: seconds(listed.certificate.not_before_s()),
            not_after: seconds(listed.certificate.not_after_s()),
            overlap_days: text("overlap_days"),
            proposed_by: text("proposed_by"),
            expires_at: text("expires_at"),
            approved_by: text("approved_by"),
            active_from: text("active_from"),
            active_until: text("active_until"),
            retires_at: text("retires_at"),
            key_is_held: listed.key_is_held,
        }
    }
}

/// Who issues, who did, and who is proposed.
#[utoipa::path(get, path = "/api/admin/authority", tag = "authority", responses((status = 200, body = AuthorityPage), (status = 403)))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AuthorityPage>, Problem> {
    let (listed, now) = (service::list(&app, &caller).await?, clock::now());
    Ok(Json(AuthorityPage {
        items: listed.iter().map(|listed| AuthorityView::of(listed, now)).collect(),
    }))
}

/// Proposes the next issuing authority or, signed alike by another administrator, puts it into force: `authority.rotate`.
#[utoipa::path(post, path = "/api/admin/authority/rotate", tag = "authority", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::AuthorityRotate]).await
}

fn seconds(at_s: i64) -> String {
    UtcMicros::from_micros(at_s.saturating_mul(1_000_000)).to_string()
}
