//! Standing orders: payments that the bank makes by itself on their days, because their payer once signed that it should.
//!
//! | file | holds |
//! |---|---|
//! | [`api`] | wire types and handlers |
//! | [`job`] | notices what is due, at any instance |
//! | [`order`] | what an order says, and when it pays; pure |
//! | [`rule`] | the registers, and what becomes of their rows; pure |
//! | [`store`] | SQL |
//!
//! The money is moved by the corridor's [fold](crate::corridor::fold), by the rules of every other payment.
//!
//! # Invariants
//!
//! - A day of an order is paid at most once: its row says which day and attempt come next, under the lock of the payer's
//!   account, and whoever else wants to pay the same is told that it is not true any more.
//! - What became of a day stands in the log, paid or not, and in a row of its own; nothing is tried for ever.
//! - Days that were missed are made up for in order, one after the other.
//! - No order pays what a person of the bank would have to see.

mod api;
mod job;
mod order;
mod rule;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::job::{event_id, keep_paying};
pub(crate) use self::order::{Order, day_of};
pub(crate) use self::rule::{
    Outcome, STANDING_ORDER_RUNS, STANDING_ORDERS, after, end, place, run_id,
};
