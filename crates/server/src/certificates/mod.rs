//! Certificates of holders: issued, looked at, renewed, ended; and the directory that says who may sign.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`directory`], [`signer`] | who a certificate belongs to, cached under the epoch of authority |
//! | [`issuance`] | a certificate and its device, for an enrolment or a rotation |
//! | [`rotation`] | how old a key may become |
//! | [`service`] | rotate, revoke, look at, deliver |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Only the newest generation of a lineage is accepted; its number follows the one before without a gap.
//! - A key's half stands in one certificate, ever.
//! - A revocation commits together with the revocation list that names it, and with a new epoch of authority.
//!
//! What the leaf of an enrolment or a rotation says, by name, so that the rows can be rebuilt: `certificate`
//! (fingerprint), `serial`, `user`, `role`, `lineage`, `generation`, `previous`, `device`, `not_before`, `not_after`,
//! `components`, `kem_key_sha3`, `device_enrolled_at`; of a rotation also `superseded`, `ended_at` and, when the device
//! changed, `device_revoked`; of an enrolment also `registration` and `user_status`. A revocation says `certificate`,
//! `serial`, `status`, `reason`, `ended_at` and what [`IssuedCrl::facts`](crate::authority::crl::IssuedCrl::facts) says.

mod api;
pub mod directory;
pub(crate) mod issuance;
pub mod rotation;
pub(crate) mod service;
mod signer;
mod store;

pub(crate) use self::api::{open_router, router};
pub use self::directory::Directory;
pub use self::signer::{Signer, SignerError};
