//! The harness of the end-to-end tests: a real bank for each test, in about a second.
//!
//! A [`Bank`] is a server over its own private PostgreSQL cluster, copied from a template that holds a founded bank with
//! its staff enrolled. The server runs in the test's process, or, where it shall be killed for real, in one of its own
//! ([`Bank::start_process`]). Everything else goes over HTTP: through the typed client as a holder's device would
//! ([`Session`](client::Session)), or byte by byte as an attacker would ([`Bank::send`], [`Forger`]).
//!
//! It asserts nothing about the product by itself, and it is no way to run a bank: fsync is off but where a test asks for
//! it.

mod authority;
mod bank;
mod database;
mod disk;
mod forge;
mod gate;
mod http;
mod oracle;
mod patience;
mod people;
mod plans;
mod policies;
mod redis;
mod server_process;
mod template;
pub mod token;
mod wall_clock;
mod wire;

pub use authority::{Successor, authority_key};
pub use bank::Bank;
pub use database::{Row, Rules};
pub use disk::Disk;
pub use forge::Forger;
pub use gate::{Asked, Gate};
pub use http::{Answer, Request, Unfinished};
pub use oracle::{Allowance, Oracle, Ordered, Thresholds, ending_of, run_of};
pub use patience::{clear_of_midnight, eventually, eventually_within};
pub use people::{Customer, Holder};
pub use plans::{Plan, Plans};
pub use policies::code_of;
pub use redis::Redis;
pub use server_process::ServerProcess;
pub use template::{BANK, ORIGIN, PASSPHRASE};
pub use wall_clock::WallClock;
pub use wire::{At, How, Strike, Wire};

use ledger::AccountId;
use money::{Amount, AssetCode};
use uuid::Uuid;

/// Euro in cents.
pub fn eur(minor: i64) -> Amount {
    Amount::new(minor, AssetCode::EUR).unwrap()
}

/// An amount of any asset in its minor units.
pub fn money(minor: i64, asset: &str) -> Amount {
    Amount::new(minor, asset.parse().unwrap()).unwrap()
}

/// An account id that nobody uses.
pub fn fresh_account() -> AccountId {
    AccountId::new(Uuid::now_v7())
}

/// A payment file as a table: debtor, creditor, amount in euro, end-to-end id. Payable since long ago.
pub fn table(items: &[(AccountId, AccountId, &str, &str)]) -> String {
    let number = ledger::AccountNumber::of;
    let mut text = "debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text\n".to_owned();
    for (debtor, creditor, amount, id) in items {
        let (debtor, creditor) = (number(*debtor), number(*creditor));
        let row = [&*debtor.to_string(), "2026-01-31", &creditor.to_string(), "Somebody", amount];
        text.push_str(&row.join(";"));
        text.push_str(&[";EUR;", id, ";text of ", id, "\n"].concat());
    }
    text
}
