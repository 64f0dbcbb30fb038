//! That somebody's password or second factor was changed: a fact in the log, and a register that the risk engine asks.

use std::fmt;
use std::str::FromStr;

use intent::{IntentId, UserId, UtcMicros};
use thiserror::Error;

use crate::Services;
use crate::clock::fresh_id;
use crate::corridor::fold::Fact;
use crate::problem::Problem;
use crate::registers::{Column, Register, Row};

/// One row a person whose credentials ever changed: the last change.
pub(crate) static CREDENTIAL_CHANGES: Register = Register {
    table: "credential_changes",
    key_len: 1,
    columns: &[("user_id", Column::Uuid), ("what", Column::Text), ("changed_at", Column::Time)],
};

/// What somebody proves with that they are who they are, beside a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Credential {
    /// The password.
    Password,
    /// The authenticator.
    Totp,
    /// The recovery codes.
    RecoveryCodes,
    /// A passkey.
    Passkey,
    /// All of them: the person came back without any of their devices.
    Recovery,
}

impl Credential {
    const ALL: [Self; 5] =
        [Self::Password, Self::Totp, Self::RecoveryCodes, Self::Passkey, Self::Recovery];

    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCodes => "recovery-codes",
            Self::Passkey => "passkey",
            Self::Recovery => "recovery",
        }
    }

    /// The row that says that it changed.
    pub(crate) fn changed(self, user: UserId, at: UtcMicros) -> Row {
        Row::new(&CREDENTIAL_CHANGES)
            .with("user_id", user)
            .with("what", self)
            .with("changed_at", at)
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Credential {
    type Err = UnknownCredential;

    fn from_str(name: &str) -> Result<Self, UnknownCredential> {
        Self::ALL.into_iter().find(|what| what.name() == name).ok_or(UnknownCredential)
    }
}

/// A fact tells of a change of what nobody has.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("unknown credential")]
pub(crate) struct UnknownCredential;

/// Records that a credential of somebody is about to change.
///
/// # Atomicity
///
/// Before the change, so that none counts without its leaf. A crash in between leaves a leaf of a change that was not made:
/// for three days payments of that person are looked at more closely than they need be.
pub(crate) async fn record(
    services: &Services,
    user: UserId,
    what: Credential,
    now: UtcMicros,
) -> Result<(), Problem> {
    let id = IntentId::new(fresh_id(now))?;
    services.corridor.append_fact(id, Fact::CredentialChanged { user, what }, now).await?;
    Ok(())
}
