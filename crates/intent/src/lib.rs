//! The signed intent: who holds this certificate wants exactly this, under this authority, at this
//! time; and the receipt that answers it.
//!
//! The crate has the document ([`Intent`], [`Body`]) in its [`canonical`] JSON profile, the
//! envelope that carries it ([`SignedIntent`]) in JSON or [`cbor`], the record and the 170-byte [`Leaf`] that the log
//! keeps of it ([`Record`], [`Group`]), and the [`Receipt`] that proves it offline for ever.
//!
//! It is not the judge of certificates (crate `pki`), of permissions (the server's corridor) or of
//! balances (crate `ledger`), and it knows no clock and no randomness: salts and times are
//! arguments.
//!
//! # Invariants
//!
//! - One value has one spelling: bytes are admitted only if writing what was read gives them again.
//! - A signature holds for one bank and one purpose: a login can never pass for a payment.
//! - [`Verified`] is made by verifying, and by nothing else.
//! - Commitments are over exact stored bytes; nothing stored is ever serialised again to be hashed.
//!
//! # Example
//!
//! ```
//! use crypto::{Sha3, SigningKey, Suite};
//! use intent::{Body, IntentDraft, Role, SignedIntent, TransferBody};
//! use ledger::AccountId;
//! use money::{Amount, AssetCode};
//!
//! # let account = |n| AccountId::new(uuid::Uuid::from_u128(n));
//! let key = SigningKey::generate(Suite::Standard)?;
//! let intent = IntentDraft {
//!     bank: "demo-bank".parse()?,
//!     certificate: Sha3::from_bytes([7; 32]),
//!     device: "11".repeat(32).parse()?,
//!     authority: Role::Customer,
//!     at: "2026-11-22T01:02:03.000000Z".parse()?,
//!     seq: 1,
//!     prev: Sha3::from_bytes([0; 32]),
//!     id: "019aa000-0000-7000-8000-000000000001".parse()?,
//!     body: Body::Transfer(TransferBody {
//!         debit: account(1),
//!         credit: account(2),
//!         amount: Amount::new(12_50, AssetCode::EUR)?,
//!         details: None,
//!     }),
//! }
//! .build()?;
//!
//! let sent = SignedIntent::sign(intent, &key, None)?.to_json();
//!
//! let received = SignedIntent::from_json(&sent)?;
//! let verified = received.verify(&"demo-bank".parse()?, key.public_key())?;
//! assert_eq!(verified.get().seq(), 1);
//! assert!(received.verify(&"other-bank".parse()?, key.public_key()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod body_json;
pub mod canonical;
pub mod cbor;
mod choices;
mod document;
mod effects;
mod envelope;
mod error;
mod event;
mod file;
mod groups;
mod ids;
mod kind;
mod leaf;
mod members;
pub mod pairing;
mod receipt;
mod receipt_wire;
mod record;
mod text;
mod utc;
mod words;

pub use body::{BatchItem, Body, TransferBody};
pub use cbor::Form;
pub use choices::{ApprovalDecision, ReportSubject, RevocationReason};
pub use document::{Intent, IntentDraft};
pub use effects::{Effects, Outcome, RiskRecord, rows_digest};
pub use envelope::{Details, SignedIntent, UnsignedIntent, Verified};
pub use error::IntentError;
pub use event::Event;
pub use file::{SentFile, account_nowhere, is_account_of};
pub use groups::{Actor, Evidence, Origin};
pub use ids::{BankId, DeviceId, IntentId, SessionId, UserId};
pub use kind::{EventKind, Kind, Role};
pub use leaf::{Flags, Group, Leaf, commit};
pub use pairing::Pairing;
pub use receipt::{Receipt, ReceiptError, ReceiptFacts, ReceiptGroup};
pub use receipt_wire::{CheckpointText, ReceiptParts};
pub use record::{Opening, Record};
pub use utc::UtcMicros;
pub use words::{
    BeneficiaryStatus, BusinessDay, IpRuleAction, NameMatch, OrderTerms, Rhythm, ShortOfFunds,
};
