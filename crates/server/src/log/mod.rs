//! The transparency log as people and other programs read it.
//!
//! It is public: leaves carry salted commitments and no personal data. Appending is the corridor's business; here is
//! where the log is stored, read back and proved.

mod api;
pub(crate) mod service;
pub(crate) mod store;

pub use service::LogError;

pub(crate) use api::router;
