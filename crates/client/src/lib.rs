//! The typed client of a Strongroom bank: what a holder's device does, and the file its keys live in.
//!
//! The command line, the tests, the benchmark and the simulator all speak to the bank through this
//! crate, so the wire protocol has one implementation on this side. The path of a holder is:
//! [`Bank::register`] (or an invitation), [`Bank::enrol`] (a certificate for a key that never
//! leaves), [`Bank::login`] (a [`Session`]), then signed intents, each answered by a receipt that
//! is verified before it is returned.
//!
//! It is no policy: it asks nobody for confirmation, prints nothing and keeps nothing but what a
//! [`KeyStore`] is told to write. It decides nothing about money; the bank and its log do.
//!
//! # Invariants
//!
//! - The device secret, the signing seed and the session key never leave this process but sealed.
//! - A receipt is returned only after its proof was verified against the [`Trust`] the caller chose.
//! - A position in a key's own chain (`seq`, `prev`) is handed out once; see [`KeyChain`].
//! - Retries send the very same signed bytes, so the intent id makes them harmless.
//! - Plain HTTP is refused beyond the loopback interface, redirects are never followed.
//!
//! ```
//! use client::{Instance, RequestSigner};
//! use crypto::SecretBytes;
//!
//! let signer = RequestSigner::new(SecretBytes::new(vec![7; 32]), Instance::default());
//! let proof = signer.sign("GET", "/api/accounts", b"", 1_700_000_000_000_000, 1);
//! assert!(proof.proof.starts_with("t=1700000000000000, n=1, i=, mac="));
//! ```

mod bank;
mod base64url;
mod clock;
mod device;
mod error;
mod exchange;
mod files;
mod form;
mod identity;
mod invitation;
mod journal;
mod keystore;
mod pairing;
mod payees;
mod payment_file;
mod proof;
mod receipt;
mod report;
mod routes;
mod session;
mod statement;
mod transport;
mod trust;
mod wire;
mod wish;

pub use bank::{Bank, Registration};
pub use clock::now;
pub use device::Device;
pub use error::{ClientError, Problem};
pub use exchange::{ExchangePreview, RateView};
pub use files::{create_private_dir, write_private};
pub use identity::{Certificates, Identity, KeyChain, UserName};
pub use invitation::Invitation;
pub use journal::ChainJournal;
pub use keystore::{KeyStore, KeyStoreError, Profile, StoredSession, Unlocked};
pub use pairing::{NewDevice, PendingRecovery};
pub use payees::{
    BeneficiaryView, DryRun, NameAnswer, StandingOrderRunView, StandingOrderView, Template,
    TemplateView,
};
pub use payment_file::FileToPay;
pub use proof::{Instance, ProofHeaders, RequestSigner, session_key};
pub use receipt::{ReceiptProof, verify_receipt};
pub use report::{ReportProof, verify_report};
pub use session::{
    AuthenticatorSetup, BankEvent, Channel, Events, HistoryQuery, SecondFactor, Session, Settled,
    Standing, TrustedDevice, VerifiedFactor, Visit,
};
pub use statement::verify_statement;
pub use transport::{ServerUrl, Transport};
pub use trust::Trust;
pub use wire::{
    AccountView, ApprovalView, AuthorityView, DeviceView, FileItemView, FilePreview, FileTotalView,
    HistoryItem, HistoryPage, HoldView, InvitationView, KeyInfo, KeyStatus, PolicyPage, PolicyView,
    ProposalView, RecoveryView, RoleView, SecurityInfo, TrailItem, TrailPage, WebhookView,
};
pub use wish::{BatchLine, Wish};
