//! A holder whose certificate was examined: what the rest of the house may rely on.

use std::sync::Arc;

use crypto::{MacKey, PublicKey, SecretBytes, Sha3};
use intent::{DeviceId, Role, UserId, UtcMicros};
use pki::PkiError;
use thiserror::Error;

use crate::authority::AuthorityError;
use crate::corridor::fold::Asker;
use crate::policy::Permissions;
use crate::problem::{Code, Problem};
use crate::sessions::SignIn;

/// A holder of a certificate that passed the path, the revocation list and all seven controls.
///
/// # Security
///
/// Only [`Directory`](super::Directory) makes one. It carries the device key: it proves nothing by itself, but with the
/// bootstrap secret of a session it makes the key of that session's request proofs.
pub struct Signer {
    /// SHA3-256 of the certificate's DER.
    pub certificate: Sha3,
    /// Who.
    pub user: UserId,
    /// As what; the certificate's claims were recomputed from it.
    pub role: Role,
    /// What of it they may do now.
    pub permissions: Permissions,
    /// The device that the certificate is bound to.
    pub device: DeviceId,
    /// When the device was enrolled.
    pub device_since: UtcMicros,
    /// When the holder's password or second factor was last changed, if ever.
    pub credentials_since: Option<UtcMicros>,
    /// The lineage of the certificate.
    pub lineage: Sha3,
    /// Its generation, the newest one of the lineage.
    pub generation: u32,
    /// What signatures are verified with.
    pub key: PublicKey,
    /// Verifies device proofs.
    pub device_key: Arc<MacKey>,
    /// First second of the certificate's validity, unix: the birth of its key.
    pub not_before_s: i64,
    /// Last second of the certificate's validity, unix.
    pub not_after_s: i64,
    /// The certificate itself, for receipts.
    pub der: Vec<u8>,
    /// The epoch of authority under which all this was read.
    pub epoch: u64,
    pub(super) device_key_bytes: SecretBytes,
    /// Last second for which the examination holds: validity of the path and freshness of the revocation list.
    pub(super) valid_until_s: i64,
}

impl Signer {
    /// Who asks, for rules.
    pub(crate) const fn asker(&self) -> Asker {
        Asker {
            user: self.user,
            role: self.role,
            permissions: self.permissions,
            device_since: Some(self.device_since),
            key_since: Some(UtcMicros::from_micros(self.not_before_s.saturating_mul(1_000_000))),
            credentials_since: self.credentials_since,
            sign_in: SignIn::ORDINARY,
        }
    }

    /// The device key itself, to derive a session's proof key from.
    pub(crate) const fn device_key_bytes(&self) -> &SecretBytes {
        &self.device_key_bytes
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({} of {} as {})", self.certificate, self.user, self.role)
    }
}

/// Why a certificate is not accepted now.
#[derive(Debug, Error)]
pub enum SignerError {
    /// The bank has no such certificate.
    #[error("certificate is unknown")]
    Unknown,
    /// It was revoked.
    #[error("certificate is revoked")]
    Revoked,
    /// A newer generation of its lineage exists.
    #[error("certificate is superseded")]
    Superseded,
    /// Its validity has ended.
    #[error("certificate has expired")]
    Expired,
    /// Its validity has not begun.
    #[error("certificate is not valid yet")]
    NotYetValid,
    /// The holder, or the device, was locked.
    #[error("holder or device is locked")]
    Locked,
    /// One of the seven controls said no.
    #[error("control {number} ({name}) failed")]
    ControlFailed {
        /// 1 to 7.
        number: u8,
        /// Name of the control.
        name: &'static str,
    },
    /// The path does not validate for another reason: a row was altered, or the authority's own certificate ended.
    #[error("certificate path is not valid")]
    Path(#[source] PkiError),
    /// The stored row or a sealed value in it cannot be read.
    #[error("stored certificate is corrupt: {0}")]
    Corrupt(&'static str),
    /// The database failed.
    #[error("database failed")]
    Fault(#[from] sqlx::Error),
}

impl From<AuthorityError> for SignerError {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::Database(error) => Self::Fault(error),
            AuthorityError::Certificate(error) => Self::Path(error),
            AuthorityError::RolledBack => {
                Self::ControlFailed { number: 6, name: "lineage tracking" }
            }
            AuthorityError::KeyFile(_)
            | AuthorityError::Token(_)
            | AuthorityError::NotInToken
            | AuthorityError::ForeignCertificate
            | AuthorityError::Register
            | AuthorityError::Log(_)
            | AuthorityError::Crypto(_) => Self::Corrupt("issuing authorities"),
        }
    }
}

impl From<PkiError> for SignerError {
    fn from(error: PkiError) -> Self {
        match error {
            PkiError::Revoked => Self::Revoked,
            PkiError::Expired { .. } => Self::Expired,
            PkiError::NotYetValid { .. } => Self::NotYetValid,
            PkiError::Control(failure) => {
                Self::ControlFailed { number: failure.number, name: failure.name }
            }
            PkiError::CrlStale { .. } | PkiError::CrlNotYetValid { .. } => {
                Self::ControlFailed { number: 5, name: "CRL pinning" }
            }
            other => Self::Path(other),
        }
    }
}

impl From<SignerError> for Problem {
    /// One answer for whatever is wrong with a certificate: who does not hold it learns nothing about it.
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::Fault(error) => error.into(),
            SignerError::ControlFailed { .. } | SignerError::Path(_) | SignerError::Corrupt(_) => {
                tracing::error!(%error, "a stored certificate does not hold");
                Self::new(Code::CertificateNotAccepted)
            }
            SignerError::Unknown
            | SignerError::Revoked
            | SignerError::Superseded
            | SignerError::Expired
            | SignerError::NotYetValid
            | SignerError::Locked => Self::new(Code::CertificateNotAccepted),
        }
    }
}
