//! What really runs: suites, provider, the key exchange of this very connection, the keys to check the
//! bank with, and how old they are. Public: a client reads it before it trusts anything.

mod api;
mod store;

pub(crate) use api::router;
