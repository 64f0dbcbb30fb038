//! The bank server: the only crate with SQL and HTTP.
//!
//! One folder per feature (`accounts/`, `transfers/`, `certificates/`, …), each split the same way: `mod` says what it
//! promises and holds its routes, `api` speaks HTTP and decides nothing, `service` owns the use cases, `store` owns the
//! SQL. Everything that changes money or authority goes through the [`corridor`].

pub mod accounts;
mod app;
mod approvals;
mod attempts;
mod audit;
pub mod authority;
pub mod bank;
mod beneficiaries;
pub mod certificates;
pub mod clock;
pub mod config;
pub mod console;
pub mod corridor;
mod credentials;
pub mod days;
pub mod db;
mod devices;
pub mod doctor;
mod entrance;
mod exchange;
pub mod health;
mod holds;
pub mod http;
mod interest;
pub mod ip_rules;
mod limits;
pub mod log;
pub mod mfa;
pub mod migrate;
pub mod openapi;
mod outbox;
mod passkeys;
mod payment_files;
mod policies;
pub mod policy;
pub mod postgres;
pub mod problem;
pub mod rate_limits;
mod reconciliation;
mod registers;
mod reminders;
mod roles;
mod router;
pub mod security;
pub mod sessions;
mod sql;
mod standing_orders;
pub mod start;
mod statements;
pub mod telemetry;
mod templates;
mod texts;
pub mod transfers;
pub mod users;
pub mod vault;
pub mod verify;
mod webhooks;
mod wire;

pub use app::{App, Services};
pub use router::router;
