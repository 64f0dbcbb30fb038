//! How many requests somebody may send: by where they come from, by who they are, and by what they ask for.
//!
//! | file | holds |
//! |---|---|
//! | [`budget`] | what the operator sets: requests in a time, per class and scope |
//! | [`subject`] | whose requests are counted together; pure |
//! | [`local`] | the count of this process |
//! | [`shared`] | the count of all processes, in Redis |
//! | [`turnstile`] | which of the two decides, and what happens when Redis is away |
//! | [`guard`] | the two middlewares, and what an answer says of the budget |
//!
//! Which class a route belongs to stands in its row of the [table of routes](crate::policy::routes).
//!
//! # Invariants
//!
//! - Nobody spends another's budget: an address is the peer's or what a trusted proxy says, and a person's budget is
//!   touched only after their request's proof was verified. Whoever knows a victim's e-mail or certificate cannot use it up.
//! - A refused request costs nothing: whoever waits as long as `Retry-After` says is admitted.
//! - Both counts follow one rule, the generic cell rate algorithm; a test holds the script in Redis against `governor`.
//! - Redis is a convenience and never a condition: when it does not answer, each process counts for itself.
//! - Memory is bounded: a process keeps [`SUBJECTS_MAX`] subjects per budget, a key in Redis ends when it says nothing any
//!   more. Redis sees keyed hashes, no address and no person.

pub mod budget;
pub(crate) mod guard;
mod local;
mod shared;
mod subject;
mod turnstile;

pub use self::budget::{Budget, Budgets, RateLimits, Scope};
pub(crate) use self::guard::admit_address;
pub use self::local::SUBJECTS_MAX;
pub(crate) use self::shared::reach as reach_redis;
pub use self::turnstile::{Counting, Turnstile};
