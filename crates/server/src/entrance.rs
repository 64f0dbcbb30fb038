//! The one middleware before every route that asks for a session, in one future: each layer of its own would box another one
//! and clone what lies behind it, on a path that runs thousands of times a second.
//!
//! In order: who asks ([`sessions::authenticate`]), whether they have not asked too much, whether they may come from there,
//! and whether their permissions are what the route needs.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::corridor::peer_address;
use crate::http::read_body;
use crate::policy::routes::{self, Class, Route};
use crate::problem::{Code, Problem};
use crate::rate_limits::{Scope, guard};
use crate::sessions::Caller;
use crate::{App, clock, roles, sessions};

/// Lets a request through with its [`Caller`], or says why not.
pub(crate) async fn enter(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = routes::listed(parts.method.as_str(), path);
    let caller = sessions::authenticate(&app, &parts, &body, route, clock::now()).await?;
    let class = route.map_or(Class::Public, |route| route.class);
    let counted = app.turnstile.count_person(class, caller.user).await;
    let refused = counted.as_ref().and_then(|counted| guard::refusal(class, Scope::User, counted));
    let admitted = match refused {
        Some(refused) => Err(refused),
        None => admit(&app, &parts, &caller, route).await,
    };
    let mut response = match admitted {
        Ok(()) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(counted) = &counted {
        guard::tell(response.headers_mut(), class, Scope::User, counted);
    }
    Ok(response)
}

async fn admit(
    app: &App,
    parts: &http::request::Parts,
    caller: &Caller,
    route: Option<&Route>,
) -> Result<(), Problem> {
    let address = peer_address(&parts.extensions, &parts.headers, &app.config.trusted_proxies);
    if !app.doorkeeper.admits_address(caller.user, caller.role, address).await? {
        return Err(Problem::new(Code::AddressNotAllowed));
    }
    roles::authorise(route, caller)
}
