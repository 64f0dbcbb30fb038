//! Double-entry bookkeeping: accounts, transfers, holds, and the one function that posts.
//!
//! Pure: no clock, no randomness, no input or output, no SQL. Time is an argument, in microseconds
//! since the Unix epoch. The server loads rows under locks into a [`Ledger`], folds a group commit
//! over it with [`post`] and [`post_batch`], and stores what changed. The offline verifier runs the
//! same fold over the whole log, starting from an empty [`Ledger`].
//!
//! It is not an authority: who may move what is decided before a [`Transfer`] gets here. It knows
//! nothing of signatures, fees, interest, exchange rates (those are two linked transfers through
//! position accounts) or of how anything is stored.
//!
//! # Invariants
//!
//! - Per asset, debits posted = credits posted and debits pending = credits pending.
//! - A refusal changes nothing: the state after it is equal to the state before.
//! - Per account and side, posted + pending is at most `i64::MAX`, so that resolving a hold can
//!   never overflow.
//! - Whatever lowers what is available leaves it at or above the floor, pending amounts included.
//! - A hold is resolved once. Reversals of a transfer never add up to more than the transfer.
//! - Posting a batch equals posting its items one by one; an atomic batch is all or nothing.
//!
//! # Example
//!
//! ```
//! use ledger::{AccountId, AccountKind, Ledger, Rejection, Transfer, TransferId, post};
//! use money::{Amount, AssetCode};
//! use uuid::Uuid;
//!
//! let [vault, alice] = [1, 2].map(|n| AccountId::new(Uuid::from_u128(n)));
//! let transfer_id = |n| TransferId::new(Uuid::from_u128(n));
//! let now_us = 1_700_000_000_000_000;
//!
//! let mut ledger = Ledger::new();
//! ledger.open_account(vault, AssetCode::EUR, AccountKind::Asset, None)?;
//! ledger.open_account(alice, AssetCode::EUR, AccountKind::Liability, Some(0))?;
//!
//! let ten = Amount::new(10_00, AssetCode::EUR)?;
//! let deposit = Transfer::post(transfer_id(1), vault, alice, ten)?;
//! let posting = post(&mut ledger, &deposit, now_us)?;
//! assert_eq!(posting.entries()[1].balance_after(), 10_00);
//!
//! let eleven = Amount::new(11_00, AssetCode::EUR)?;
//! let too_much = Transfer::post(transfer_id(2), alice, vault, eleven)?;
//! assert_eq!(post(&mut ledger, &too_much, now_us), Err(Rejection::InsufficientFunds));
//! ledger::check_invariants(&ledger)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod batch;
mod id;
mod invariants;
pub mod model;
mod number;
mod post;
mod record;
mod rejection;
mod shelf;
mod transfer;
mod working_set;

pub use account::{Account, AccountKind, AccountRow, Freeze, MalformedAccount, Side, UnknownKind};
pub use batch::{Batch, BatchOutcome, post_batch};
pub use id::{AccountId, BookId, MalformedId, TransferId};
pub use invariants::{Broken, check_accounts, check_invariants};
pub use number::{AccountNumber, MalformedNumber};
pub use post::{Entry, Posting, expire, post};
pub use record::{MalformedRecord, Record, RecordState};
pub use rejection::{AccountRejection, Rejection, UnknownCode};
pub use transfer::{Transfer, TransferKind};
pub use working_set::Ledger;
