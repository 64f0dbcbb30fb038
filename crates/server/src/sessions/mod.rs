//! Signing in with a certificate and a device, and every request after that.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`guard`] | the middleware [`authenticate`]: who makes this request |
//! | [`proof`], [`window`] | the MAC that every request carries, and which counters were used |
//! | [`token`] | bearer and refresh tokens |
//! | [`live`] | the sessions that this instance knows |
//! | [`service`] | challenge, login, refresh, logout, list, revoke |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A challenge is answered at most once, within 60 seconds, by the certificate and device that it was made for.
//! - A session needs two secrets of its holder: the bootstrap secret, sealed to a KEM key that the login signed, and
//!   the device key. Neither is enough.
//! - A refresh token is good once. The second use of one that we made ends its session.
//! - Chain, revocation list, lineage, role and device binding are examined for every request (see
//!   [`Directory`](crate::certificates::Directory)).
//!
//! Two instances do not share their windows of used counters: within a minute a request could be replayed at another
//! one. Intents do not mind (their id is final), and reading twice changes nothing.

mod api;
mod caller;
pub mod guard;
pub mod live;
pub mod proof;
pub(crate) mod service;
mod store;
pub mod token;
pub mod window;

pub(crate) use self::api::{open_router, router};
pub use self::caller::{Caller, SessionId};
pub use self::guard::authenticate;
pub use self::live::Sessions;
pub(crate) use self::store::{Ending, end_of_certificate};
