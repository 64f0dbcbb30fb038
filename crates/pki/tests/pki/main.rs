//! The crate from outside: other people's certificates, our paths, and what an attacker would try.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that breaks its own premises should stop right there"
)]

mod bank;
mod controls;
mod forgery;
mod interop;
mod issuance;
mod mutation;
mod path;
mod revocation;
mod showing;
mod sizes;
mod strict_der;
mod succession;
mod surgery;
mod vectors;
