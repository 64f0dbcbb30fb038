//! The table of contents: every route of the server, in two parts, without and with a session.

use axum::http::{HeaderName, HeaderValue};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{Code, Problem};
use crate::{
    App, accounts, approvals, audit, authority, beneficiaries, certificates, console, corridor,
    credentials, days, devices, entrance, exchange, health, holds, ip_rules, log, mfa, openapi,
    outbox, passkeys, payment_files, policies, rate_limits, reconciliation, roles, security,
    sessions, standing_orders, statements, telemetry, templates, transfers, users, webhooks,
};

/// The whole HTTP surface, without the edge around it.
pub fn router(app: App) -> axum::Router {
    // A hexadecimal name makes a header value; where it did not, proofs would be refused and nothing else.
    let instance = HeaderValue::from_str(app.sessions.instance()).ok();
    let name = HeaderName::from_static(sessions::proof::INSTANCE_HEADER);
    let (router, document) = described(&app).split_for_parts();
    router
        .merge(openapi::router(document))
        .route("/metrics", get(telemetry::metrics))
        .fallback(console::answer)
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(from_fn_with_state(app.clone(), rate_limits::admit_address))
        .layer(SetResponseHeaderLayer::overriding(name, move |_: &Response| instance.clone()))
        .with_state(app)
}

/// The routes with their descriptions.
fn described(app: &App) -> OpenApiRouter<App> {
    let open = OpenApiRouter::with_openapi(openapi::document())
        .merge(health::router())
        .merge(security::open_router())
        .merge(log::router())
        .merge(users::open_router())
        .merge(devices::open_router())
        .merge(sessions::open_router())
        .merge(credentials::open_router())
        .merge(passkeys::open_router())
        .merge(certificates::open_router());
    let signed_in = OpenApiRouter::new()
        .merge(accounts::router())
        .merge(transfers::router())
        .merge(exchange::router())
        .merge(statements::router())
        .merge(payment_files::router())
        .merge(reconciliation::router())
        .merge(holds::router())
        .merge(outbox::router())
        .merge(security::router())
        .merge(webhooks::router())
        .merge(approvals::router())
        .merge(beneficiaries::router())
        .merge(standing_orders::router())
        .merge(templates::router())
        .merge(corridor::api::router())
        .merge(users::router())
        .merge(devices::router())
        .merge(sessions::router())
        .merge(credentials::router())
        .merge(mfa::router())
        .merge(passkeys::router())
        .merge(certificates::router())
        .merge(roles::router())
        .merge(audit::router())
        .merge(days::router())
        .merge(ip_rules::router())
        .merge(policies::router())
        .merge(authority::router())
        .route_layer(from_fn_with_state(app.clone(), entrance::enter));
    open.merge(signed_in)
}
