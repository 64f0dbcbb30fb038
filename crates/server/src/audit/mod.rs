//! Accountability: what happened, who did it, by which key, under which permissions, and the proof of each.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`edges`] | how far each statement of a report is proved |
//! | [`report`] | a report put together from records |
//! | [`service`] | what a report is about, and the trail |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - Whoever reads a report has signed for it: an `audit.report` stands in the log before the report is made, and the
//!   report shows the log up to that leaf. A replay of the intent gets its receipt and no second report.
//! - Everything in a report is proven by what the report itself carries, or is marked as claimed or erased.
//! - A report has a bounded number of leaves, and says where the next part begins.

mod api;
mod edges;
mod report;
mod service;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::service::rule;
