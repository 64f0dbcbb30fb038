//! What the crate promises, from outside: refusals first, then the happy path.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "fixtures are ours, and a wrong one must fail loudly"
)]

mod cbor;
mod console;
mod document;
mod envelope;
mod fixture;
mod profile;
mod receipt;
mod record;
