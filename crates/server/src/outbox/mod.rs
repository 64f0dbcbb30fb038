//! What has happened, told to those who may know: streams of server-sent events, and webhooks.
//!
//! The log is the transactional outbox. Every record is committed with its change, in one order, under a dense index; so
//! whoever tells of it keeps a number, and needs no second table of messages that could disagree with the first.
//!
//! | file | holds |
//! |---|---|
//! | [`about`] | whom and what a record is about, read from its own bytes; pure |
//! | [`document`] | what is told of a record, and to whom; pure |
//! | [`tail`] | how far the log goes, and its last leaves, read once for all streams |
//! | [`stream`] | one stream of one session |
//! | [`api`] | wire types and handlers |
//! | [`store`] | SQL |
//!
//! # Invariants
//!
//! - A reader is told of the leaves that concern them in the order of the log, each once: a cursor only grows, and it moves
//!   past a leaf when that was written out or is none of the reader's.
//! - Memory says who is woken; row-level security, asked as the reader for each of their events, says what they see.
//! - An event has ids, amounts, codes and times: no names, no memos, no addresses. What can be erased is not told.
//! - The hot path pays one send on a watch channel per group commit.

mod about;
mod api;
mod document;
mod store;
mod stream;
mod tail;

pub(crate) use self::api::router;
pub(crate) use self::tail::{Full, Notice, Outbox, Seat, keep_looking, look};
