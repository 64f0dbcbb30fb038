//! Custom roles: named subsets of a built-in role, and to whom they are granted.
//!
//! A certificate names what its built-in role may sign, and no bank can widen that later. A custom role takes away: whoever
//! holds some may do what these hold together, within their built-in role, and what everybody needs to live. Only the
//! administrator defines and grants, never to themselves.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`guard`] | the middleware that holds a request against the table of routes |
//! | [`rules`] | the two registers and their rules |
//! | [`service`] | why somebody may do something |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Nobody is given anything that their built-in role does not hold.
//! - An ended role gives nothing to those who hold it; only the end of the grant gives back what it took.
//! - A definition or grant counts from the next request on, at every instance: it raises the epoch of authority.
//! - Two duties that conflict meet in no custom role, and in no person by custom roles.

mod api;
mod guard;
pub(crate) mod rules;
mod service;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::guard::authorise;
pub(crate) use self::rules::{Narrowed, ROLE_GRANTS, ROLES};
