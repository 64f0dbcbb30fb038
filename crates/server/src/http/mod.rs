//! The HTTP edge: what surrounds every handler.
//!
//! | file | holds |
//! |---|---|
//! | [`edge`] | one middleware: id, limits, deadline, panics, headers, numbers |
//! | [`enveloped`] | bodies that carry a signed intent, in JSON or CBOR, and their answers |
//! | [`extract`] | axum's extractors, refusing with a [`Problem`](crate::problem::Problem) |
//! | [`lingering`] | the end of a connection, after which its last answer has arrived |
//! | [`tls`] | TLS 1.3 with a hybrid key exchange first |
//! | [`serve`] | the two ports, and how they end |

pub mod edge;
pub(crate) mod enveloped;
pub mod extract;
mod lingering;
pub mod serve;
pub mod tls;

pub use self::edge::request_id;
pub(crate) use self::enveloped::{Enveloped, Written};
pub use self::extract::{Json, Path, Query, read_body};
pub use self::tls::TlsInfo;
