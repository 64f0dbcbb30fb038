//! From which addresses people may come: allow and deny by network, per role and per person.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`doorkeeper`] | the rules that this instance knows, asked at every request and sign-in |
//! | [`matcher`] | whether an address is admitted; pure |
//! | [`origin`] | where a request came from, behind trusted proxies only |
//! | [`rules`] | the register and its rule |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A person's own rules are asked before those of their role; of one subject's rules, a denial beats an allowance, and
//!   once there is an allowance everything else is denied.
//! - A header says where a request came from only if a trusted proxy sent it.
//! - Nobody sets a rule that would keep themselves out, from where they set it.

mod api;
mod doorkeeper;
pub(crate) mod matcher;
mod origin;
pub(crate) mod rules;
mod store;

pub(crate) use self::api::router;
pub use self::doorkeeper::Doorkeeper;
pub(crate) use self::origin::{address_of, holder_of, place_of};
