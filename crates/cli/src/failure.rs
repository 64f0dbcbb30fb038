//! Failures as people need them: what happened, why, and what to do next.

use std::error::Error;
use std::fmt::Display;
use std::io;

use client::{ClientError, KeyStoreError, Problem};
use serde_json::json;

use crate::exit::Exit;
use crate::output::{Format, plain};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    what: String,
    why: Option<String>,
    next: Option<String>,
    code: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), why: None, next: None, code: None }
    }

    /// The command line or a file is not usable.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Nothing the user did.
    pub(crate) fn unexpected(what: impl Into<String>, why: &dyn Error) -> Self {
        Self::new(Exit::Unexpected, what).because(chain(why))
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: impl Display, error: &io::Error) -> Self {
        Self::usage(format!("{path}: {error}"))
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Shows it on standard error: for people, or one JSON object for machines.
    pub(crate) fn report(&self, format: Format) {
        match format {
            Format::Json | Format::Jsonl => {
                let error = json!({
                    "error": {
                        "exit": self.exit.code(),
                        "what": self.what,
                        "why": self.why,
                        "next": self.next,
                        "code": self.code,
                    }
                });
                eprintln!("{error}");
            }
            Format::Table | Format::Csv => {
                eprintln!("error: {}", plain(&self.what));
                if let Some(why) = &self.why {
                    eprintln!("  why: {}", plain(why));
                }
                if let Some(next) = &self.next {
                    eprintln!(" next: {}", plain(next));
                }
            }
        }
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let text = error.to_string();
        match &error {
            ClientError::Unreachable { source, .. } => {
                Self::new(Exit::Unavailable, text).because(chain(source)).next(
                    "check that the bank runs there and that --server names it; where the bank \
                     made its TLS certificate itself, name that with --tls-root",
                )
            }
            ClientError::Problem(problem) => from_problem(problem),
            ClientError::Refused { problem, receipt } => {
                let kept = format!(
                    "the refusal is final for intent {} and has leaf {} of the log",
                    receipt.intent_id,
                    receipt.index.get()
                );
                from_problem(problem).because(kept)
            }
            ClientError::Address { .. } => Self::usage(text)
                .next("on a private network that you trust, add --danger-plain-http"),
            ClientError::NotEnrolled => {
                Self::new(Exit::Unauthenticated, text).next("run `strongroom enrol` first")
            }
            ClientError::OtherBank { .. } => Self::new(Exit::Invalid, text)
                .because("the server shows other keys than those you enrolled with")
                .next("do not go on unless the bank told you on another way that it changed them"),
            ClientError::ForeignCertificate { .. }
            | ClientError::Receipt(_)
            | ClientError::ForeignReceipt
            | ClientError::Contradicted { .. }
            | ClientError::Certificate(_)
            | ClientError::Log(_)
            | ClientError::Statement(_) => Self::new(Exit::Invalid, text),
            ClientError::Intent(_) | ClientError::PaymentFile(_) => Self::usage(text),
            ClientError::Answer { .. } => Self::new(Exit::Unexpected, text)
                .next("check that --server is a Strongroom bank of this version"),
            ClientError::Journal(_) | ClientError::File { .. } | ClientError::Crypto(_) => {
                Self::new(Exit::Unexpected, text)
            }
        }
    }
}

impl From<crypto::CryptoError> for Failure {
    fn from(error: crypto::CryptoError) -> Self {
        ClientError::from(error).into()
    }
}

/// The bank's code for a certificate that no login can be made with, whatever the reason.
const CERTIFICATE_NOT_ACCEPTED: &str = "certificate-not-accepted";
/// The bank's code for a password or a code that is not right, or of nobody.
const CREDENTIALS_REFUSED: &str = "credentials-refused";

fn from_problem(problem: &Problem) -> Failure {
    let (exit, next) = match problem.status {
        401 if problem.code == CERTIFICATE_NOT_ACCEPTED => (
            Exit::Unauthenticated,
            Some("it may have expired, been revoked or replaced; ask the bank, or enrol anew"),
        ),
        401 if problem.code == CREDENTIALS_REFUSED => (
            Exit::Unauthenticated,
            Some("the bank does not say which part was wrong: check all of it"),
        ),
        401 => (Exit::Unauthenticated, Some("run `strongroom login`")),
        403 => (Exit::NotPermitted, None),
        409 => (Exit::Conflict, None),
        429 | 502 | 503 | 504 => (Exit::Unavailable, Some("wait a little and run it again")),
        400..=499 => (Exit::Refused, None),
        _ => (Exit::Unexpected, None),
    };
    let mut failure = Failure::new(exit, problem.to_string());
    failure.code = Some(problem.code.clone());
    failure.next = next.map(str::to_owned);
    if let (None, Some(id)) = (&failure.next, &problem.request_id) {
        failure.next = Some(format!("when asking the bank about it, name request {id}"));
    }
    failure
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        let text = error.to_string();
        match &error {
            KeyStoreError::Name(_) | KeyStoreError::PassphraseTooShort => Self::usage(text),
            KeyStoreError::NotFound(_) => Self::new(Exit::Unauthenticated, text)
                .next("`strongroom config list` shows the profiles, `strongroom enrol` makes one"),
            KeyStoreError::Exists(_) => {
                Self::new(Exit::Conflict, text).next("choose another name with --profile")
            }
            KeyStoreError::Exposed { path, .. } => {
                Self::new(Exit::Usage, text).next(format!("chmod 600 {}", path.display()))
            }
            KeyStoreError::WrongPassphrase => Self::new(Exit::Unauthenticated, text),
            KeyStoreError::Malformed { .. }
            | KeyStoreError::Io { .. }
            | KeyStoreError::Crypto(_) => Self::new(Exit::Unexpected, text),
        }
    }
}
