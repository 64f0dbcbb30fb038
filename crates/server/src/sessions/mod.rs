//! Signing in with a certificate and a device, and every request after that.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`assurance`] | what a session was opened by, and its level |
//! | [`guard`] | [`authenticate`]: who makes this request |
//! | [`proof`], [`window`] | the MAC that every request carries, and which counters were used |
//! | [`token`] | bearer and refresh tokens |
//! | [`live`] | the sessions that this instance knows |
//! | [`opening`], [`reverify`] | opening a session, and proving again who holds it |
//! | [`recorded`] | what of a session is an event in the log |
//! | [`rekey`] | replacing the key of a live session |
//! | [`place`] | whether its holder was known where it is opened |
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
//! - A request's proof names the one process that may accept it, so that windows of used counters need not be shared:
//!   another instance, or the same one after a restart, refuses it and says its own name.
//! - No session opens without a leaf: a sign-in with a certificate is one, any other is an event. A device's name has none:
//!   it is personal, erasable, and gives nobody anything.
//! - A session has one key at a time. The row counts them, every request that asks the row compares, and a window of used
//!   counters belongs to one key.
//! - A session without a certificate has one secret only, sees little and signs nothing: every route needs aal3 but
//!   those that [`policy`](crate::policy) lists.
//! - A session ends when it is idle for half an hour. One with a certificate may be for ten minutes more: its use is known by
//!   its refreshes, which the life of a token asks for.

mod api;
pub mod assurance;
mod caller;
pub mod guard;
pub mod live;
pub(crate) mod opening;
pub(crate) mod place;
pub mod proof;
pub(crate) mod recorded;
mod rekey;
pub(crate) mod reverify;
pub(crate) mod service;
mod sign_in;
mod store;
pub mod token;
pub mod window;

pub(crate) use self::api::{open_router, router};
pub use self::assurance::{Aal, Assurance, Factor};
pub use self::caller::Caller;
pub(crate) use self::caller::Reader;
pub(crate) use self::guard::{authenticate, still};
pub use self::live::Sessions;
pub(crate) use self::opening::SESSION_US;
pub(crate) use self::place::Place;
pub(crate) use self::sign_in::SignIn;
pub(crate) use self::store::{Ending, end_all, end_of_certificate};
