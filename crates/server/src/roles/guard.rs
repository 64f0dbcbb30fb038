//! Holds a request against the table of routes.

use crate::policy::routes::{Access, Route};
use crate::problem::Problem;
use crate::sessions::Caller;

/// Whether the route is in the table and the caller has what the table asks for.
///
/// A route that is not in the table is refused: forgetting to list it fails closed. What an intent needs is decided in
/// the corridor, under the locks, and recorded.
pub(crate) fn authorise(route: Option<&Route>, caller: &Caller) -> Result<(), Problem> {
    match route.map(|route| route.access) {
        Some(Access::Needs(permission)) if !caller.permissions.holds(permission) => {
            Err(Problem::forbidden(permission.name()))
        }
        Some(_) => Ok(()),
        None => Err(Problem::forbidden("a place in the table of routes")),
    }
}
