//! Interest and fees: what balances earn and cost by policy, posted once a month.
//!
//! | file | holds |
//! |---|---|
//! | [`rule`] | what a balance earns, day by day; pure |

mod rule;

pub(crate) use self::rule::{DayCount, Rates, Terms};
