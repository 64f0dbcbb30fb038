//! Payment files: many payments under one signature over the whole file.
//!
//! | step | where | does |
//! |---|---|---|
//! | 1 | [`api`], [`service`] | shows what a file says and what would be signed; writes nothing |
//! | 2 | [`check`] | at the door of the corridor: the body is what the file says |
//! | 3 | [`fold`](crate::corridor::fold) | decides it as any batch: ownership, risk, limits, approval, item by item |
//! | 4 | [`rule`] | remembers the message id of each account that paid |
//! | 5 | [`status`] | what became of each item, as pain.002 and as JSON |
//!
//! # Invariants
//!
//! - A file that is wrong in one place is refused whole before anything is decided, with line, element and reason.
//! - What is signed is what the file says: every payable item, in its order, with its accounts, its amount and its texts.
//! - One account pays a message id once.
//! - What is kept of a file is held against the digest that was signed whenever it is read.

mod api;
mod check;
mod rule;
mod service;
mod status;
mod store;

pub(crate) use self::api::router;
pub(crate) use self::check::{Kept, check, off_thread, refused as file_refused};
pub(crate) use self::rule::{PAYMENT_FILES, paid_row, sent_as};
pub(crate) use self::store::{FileRow, insert as keep};
