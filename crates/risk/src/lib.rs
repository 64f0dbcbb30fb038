//! The risk engine: a score, a level, an action and the reasons, from a few hundred bytes per account.
//!
//! Pure and deterministic to the bit: the same states, attempt and policy give the same verdict on
//! every machine and in every replay of the log. [`assess`] runs inside the fold of a group commit,
//! on locked state, for every attempt to move money, accepted or not.
//!
//! It is rules with reasons. It has no trained model and no rules that a bank may write itself, and it
//! does not know who approved what: `docs/risk.md` says what that misses.
//!
//! # How it is called
//!
//! 1. [`assess`] with the payer's [`AccountState`] and an [`Attempt`], which has for each payment the payee's state and
//!    the [`PairState`] of the two.
//! 2. [`AccountState::attempted`], whatever becomes of the attempt.
//! 3. [`posted`] for each transfer that is really posted, in order.
//!
//! # Invariants
//!
//! - A verdict is a function of the three arguments of [`assess`]; nothing else is read.
//! - The score is `1 - prod(1 - weight)` over the rules that hit, and depends neither on a rule's floor nor on the ceiling.
//! - State is a fixed number of bytes, says its version first, and one update costs the same whatever happened before.
//! - Only what an account's owner signed moves what is remembered of it as payer, and only money that arrived what is
//!   remembered of it as payee.
//! - Sentences are for the payer: they give no number of a payee's account.
//! - Floating point is used for habits only, with `+`, `-`, `*`, `/` and the square root, which IEEE 754 defines to the
//!   bit; never for money, and never through a platform's mathematics library.
//!
//! # Example
//!
//! ```
//! use money::{Asset, AssetCode};
//! use risk::{AccountState, Action, Attempt, Context, Level, PairState, Party, Payment, Policy, Posted};
//!
//! let policy = Policy::default_v2();
//! let (alice, bob) = (Party::of([1; 16], 0), Party::of([2; 16], 0));
//! let (mut alices, mut bobs) = (AccountState::default(), AccountState::default());
//! let mut pair = PairState::default();
//! for minute in 1..=60 {
//!     let at_us = minute * 60_000_000;
//!     let payment = Payment {
//!         amount_minor: 25_00,
//!         payee: bob,
//!         pair,
//!         payee_state: Some(&bobs),
//!         payee_opened_at_us: None,
//!         beneficiary_since_us: None,
//!     };
//!     let verdict = risk::assess(
//!         &alices,
//!         &Attempt {
//!             asset: Asset::iso(AssetCode::EUR).unwrap(),
//!             at_us,
//!             available_minor: Some(50_000_00),
//!             payments: &[payment],
//!             unseen_minor_max: Some(5_000_00),
//!             context: Context::default(),
//!         },
//!         &policy,
//!     );
//!     alices.attempted(25_00, 1, at_us);
//!     if verdict.action < Action::Review {
//!         let transfer = Posted { payer: alice, payee: bob, amount_minor: 25_00, at_us, in_batch: false };
//!         risk::posted(&mut alices, &mut bobs, &mut pair, &transfer);
//!     } else {
//!         assert_eq!((minute, verdict.level), (13, Level::High));
//!         assert_eq!(verdict.reasons[0].code, "velocity-burst");
//!         break;
//!     }
//! }
//! ```

mod account;
mod assess;
mod attempt;
mod decay;
mod features;
mod pair;
mod party;
mod policy;
mod rule;
mod stored;
mod time;
mod verdict;

pub use account::{AccountState, Posted, Window, posted};
pub use assess::assess;
pub use attempt::{Attempt, Context, Payment};
pub use pair::PairState;
pub use party::Party;
pub use policy::{Bounds, Policy, PolicyError, Step, Thresholds, Weighing};
pub use rule::Rule;
pub use stored::MalformedState;
pub use verdict::{Action, Level, Reason, UnknownName, Verdict};
