//! The middleware that holds a request against the table of routes. It stands behind authentication.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::policy::routes::{self, Access};
use crate::problem::Problem;
use crate::sessions::Caller;

/// Lets a request through if its route is in the table and its caller has what the table asks for.
///
/// A route that is not in the table is refused: forgetting to list it fails closed. What an intent needs is decided in
/// the corridor, under the locks, and recorded.
pub(crate) async fn authorise(
    matched: MatchedPath,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match routes::listed(request.method().as_str(), matched.as_str()).map(|route| route.access) {
        Some(Access::Needs(permission)) if !caller.permissions.holds(permission) => {
            Err(Problem::forbidden(permission.name()))
        }
        Some(_) => Ok(next.run(request).await),
        None => Err(Problem::forbidden("a place in the table of routes")),
    }
}
