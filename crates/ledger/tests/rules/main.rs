//! The rules of the ledger: each refusal, each invariant, and what has broken elsewhere.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers, checked in test builds")]
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod bank;
mod invariants;
mod regressions;
mod rejections;
