//! The risk engine: a score, a level, an action and the reasons, from a few numbers per account.
//!
//! Pure and deterministic to the bit: the same state, attempt and policy give the same verdict on
//! every machine and in every replay of the log. [`assess`] runs inside the fold of a group commit,
//! on locked state, for every attempt to move money, accepted or not.
//!
//! It is a first engine of five rules over one account's own habits. It does not know devices, keys
//! or the payee's history, so it cannot tell an account taken over from a house being paid for: both
//! are one large payment to somebody new, and both score below [`Level::Medium`]. It has no trained
//! model and no editable rules.
//!
//! # The ceiling
//!
//! A bank that has no approvals yet has no queue in which held money could be released. Version 1 of
//! the policy therefore has a **ceiling** of [`Action::Monitor`]: the verdict keeps its true score and
//! level, but an action above the ceiling is replaced by it, and the reason [`Reason::CAPPED`] says
//! so. [`Verdict::proposed`] is what would have been done. No verdict of this policy holds or blocks
//! anything: it is recorded, and it raises an alert.
//!
//! # Invariants
//!
//! - A verdict is a function of its three arguments; nothing else is read.
//! - The score is `1 - prod(1 - weight)` over the rules that hit, and never depends on the ceiling.
//! - State is a fixed number of bytes and one update costs the same whatever happened before.
//! - Floating point is used for habits only, with `+`, `-`, `*` and `/`, which IEEE 754 defines to the
//!   bit; never for money, and never through a platform's mathematics library.
//!
//! # Example
//!
//! ```
//! use money::{Asset, AssetCode};
//! use risk::{AccountState, Action, Attempt, Level, Policy, assess};
//!
//! let policy = Policy::default_v1();
//! let mut state = AccountState::default();
//! let attempt = |at_us| Attempt {
//!     amount_minor: 25_00,
//!     at_us,
//!     available_minor: Some(5_000_00),
//!     first_payment_to_payee: None,
//!     batch_len: 1,
//!     asset: Asset::iso(AssetCode::EUR).unwrap(),
//! };
//! for second in 0..60 {
//!     let verdict = assess(&state, &attempt(second * 1_000_000), &policy);
//!     state.update(25_00, second * 1_000_000);
//!     assert!(verdict.action <= policy.ceiling);
//! }
//! let verdict = assess(&state, &attempt(60_000_000), &policy);
//! assert_eq!((verdict.level, verdict.proposed), (Level::Critical, Action::Block));
//! assert_eq!(verdict.action, Action::Monitor);
//! ```

mod assess;
mod decay;
mod policy;
mod state;
mod verdict;

pub use assess::{Attempt, assess};
pub use policy::{Habit, Limit, NewPayee, Policy, Share, Step, Structuring, Thresholds, Velocity};
pub use state::{AccountState, MalformedState, Window};
pub use verdict::{Action, Level, Reason, UnknownName, Verdict};
