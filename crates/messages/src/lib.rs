//! placeholder
mod account;
mod dates;
mod decimal;
mod error;
pub mod calendar;
pub mod external;
pub mod matching;
pub mod schedule;
mod limits;
pub mod pain002;
pub mod payment;
mod reason;
pub mod statement;
mod table;
mod xml;
mod xml_writer;

pub use account::Account;
pub use error::{FileError, Place, Problem, SHOWN_CHARS};
pub use limits::Limits;
pub use reason::Reason;
