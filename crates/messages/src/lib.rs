//! What the bank exchanges with others in files: payments in, status and statements out, other banks' statements in, and the
//! dates on which all of this happens.
//!
//! | module | what it reads or writes |
//! |---|---|
//! | [`payment`] | pain.001 and tables into a [`payment::PaymentFile`], item by item payable or not |
//! | [`pain002`] | what became of a payment file |
//! | [`statement`] | an account's statement as JSON, CSV, camt.053 or PDF, entry by entry |
//! | [`external`] | another bank's camt.053 or table |
//! | [`matching`] | which of their entries are which of ours |
//! | [`calendar`], [`schedule`] | business days, and when a standing order is due |
//!
//! Pure: bytes in, bytes into an [`std::io::Write`] out; time and ids are arguments. It is not an authority: whether an
//! account exists, is open and has the money is the ledger's to say, and nothing is posted here.
//!
//! # Invariants
//!
//! - A file is read whole or refused whole, with line and element; what our bank cannot pay in a good file is refused item by
//!   item with a reason of ISO 20022.
//! - Only a [`payment::PaymentFile`] whose totals and ids were checked can be had from [`payment::UncheckedFile::check`].
//! - No amount is rounded, and none that can be read in two ways is read.
//! - No bytes of a stranger make a reader panic, follow a reference or hold more memory than [`Limits`] allow.
//! - A statement that does not add up has no end.
//!
//! # Example
//!
//! ```
//! use messages::payment::csv;
//! use messages::Limits;
//!
//! let table = "debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id\n\
//!              SR59944312823354295236;2026-03-31;SR38708483039359921434;Bob;1.234,56;EUR;invoice-7\n\
//!              SR59944312823354295236;2026-03-31;DE44500105175407324931;Eve;5,00;EUR;invoice-8\n";
//! let file = csv::read(table.as_bytes(), "march", &Limits::PRODUCT)?.check()?;
//! let items: Vec<_> = file.items().map(|(_, item)| &item.order).collect();
//! assert_eq!(items[0].as_ref().unwrap().amount.minor(), 123_456);
//! assert_eq!(items[1].as_ref().unwrap_err().reason.code(), "AC03"); // an account of another bank
//! # Ok::<(), messages::FileError>(())
//! ```

mod account;
pub mod calendar;
mod dates;
mod decimal;
mod error;
pub mod external;
mod limits;
pub mod matching;
pub mod pain002;
pub mod payment;
mod reason;
pub mod schedule;
pub mod statement;
mod table;
mod xml;
mod xml_writer;

pub use account::Account;
pub use error::{FileError, Place, Problem, SHOWN_CHARS};
pub use limits::Limits;
pub use reason::Reason;
pub use statement::spreadsheet_safe;
