//! What really runs: suites, provider, the key exchange of this very connection, the keys to check the
//! bank with, and how old they are. Public: a client reads it before it trusts anything.
//!
//! And how it does, second by second: a stream for managers, auditor clerks and administrators.
//!
//! | file | holds |
//! |---|---|
//! | [`reading`] | what was counted between two looks; pure |
//! | [`live`] | the look of every second, and one stream of one session |
//! | [`api`] | wire types and handlers |
//! | [`store`] | SQL |

mod api;
mod live;
mod reading;
mod store;

pub(crate) use self::api::{open_router, router};
pub(crate) use self::live::{Samples, keep_sampling};
