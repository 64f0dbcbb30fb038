//! What a session was opened by, and what level of assurance that gives.

use std::fmt;
use std::str::FromStr;

use crypto::Sha3;
use intent::DeviceId;
use thiserror::Error;

/// Level of assurance, after NIST SP 800-63B.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Aal {
    /// A password: see oneself.
    One,
    /// A password and a second factor, or a passkey: see what one owns.
    Two,
    /// A certificate on its device: sign.
    Three,
}

impl Aal {
    /// 1 to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

impl fmt::Display for Aal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aal{}", self.number())
    }
}

/// What stood beside the password, or in its place.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Factor {
    /// A time-based code.
    Totp,
    /// A one-time recovery code.
    RecoveryCode,
    /// A browser where a second factor was shown within 30 days.
    TrustedDevice,
    /// A passkey, with its user verified.
    Passkey,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 4] = [Self::Totp, Self::RecoveryCode, Self::TrustedDevice, Self::Passkey];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::TrustedDevice => "trusted_device",
            Self::Passkey => "passkey",
        }
    }

    /// Whether it was shown just now, so that a browser may be trusted for it.
    #[must_use]
    pub const fn may_be_trusted(self) -> bool {
        match self {
            Self::Totp | Self::Passkey => true,
            // Trust does not renew itself, and a lost authenticator is no reason for it.
            Self::RecoveryCode | Self::TrustedDevice => false,
        }
    }
}

/// What a session was opened by, or stepped up with. Certificate and device are there at level 3 and nowhere else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Assurance {
    /// Level 1.
    Password,
    /// Level 2.
    Factor(Factor),
    /// Level 3.
    Certificate {
        /// SHA3-256 of its DER.
        certificate: Sha3,
        /// The device that it is bound to.
        device: DeviceId,
    },
}

impl Assurance {
    /// Its level.
    #[must_use]
    pub const fn aal(&self) -> Aal {
        match self {
            Self::Password => Aal::One,
            Self::Factor(_) => Aal::Two,
            Self::Certificate { .. } => Aal::Three,
        }
    }

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Factor(factor) => factor.name(),
            Self::Certificate { .. } => "certificate",
        }
    }

    /// Certificate and device, at level 3.
    #[must_use]
    pub const fn certificate(&self) -> Option<(Sha3, DeviceId)> {
        match self {
            Self::Certificate { certificate, device } => Some((*certificate, *device)),
            Self::Password | Self::Factor(_) => None,
        }
    }

    /// From a stored name, with the certificate and device beside it.
    pub fn from_stored(
        name: &str,
        certificate: Option<(Sha3, DeviceId)>,
    ) -> Result<Self, UnknownAssurance> {
        match (name, certificate) {
            ("certificate", Some((certificate, device))) => {
                Ok(Self::Certificate { certificate, device })
            }
            ("password", None) => Ok(Self::Password),
            (name, None) => name.parse().map(Self::Factor),
            (_, Some(_)) => Err(UnknownAssurance),
        }
    }
}

impl FromStr for Factor {
    type Err = UnknownAssurance;

    fn from_str(name: &str) -> Result<Self, UnknownAssurance> {
        Self::ALL.into_iter().find(|factor| factor.name() == name).ok_or(UnknownAssurance)
    }
}

/// A stored session says that it was opened by something that does not exist.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("unknown assurance")]
pub struct UnknownAssurance;

#[cfg(test)]
mod tests {
    use crypto::sha3_256;

    use super::*;

    #[test]
    fn a_certificate_is_there_at_level_three_and_nowhere_else() {
        let bound = (sha3_256(b"c"), DeviceId::new(sha3_256(b"d")));
        assert_eq!(Assurance::from_stored("certificate", Some(bound)).unwrap().aal(), Aal::Three);
        assert_eq!(Assurance::from_stored("certificate", None), Err(UnknownAssurance));
        for name in ["password", "totp", "recovery_code", "trusted_device", "passkey"] {
            let stored = Assurance::from_stored(name, None).unwrap();
            assert!(stored.aal() < Aal::Three);
            assert_eq!(stored.name(), name);
            assert_eq!(Assurance::from_stored(name, Some(bound)), Err(UnknownAssurance));
        }
    }

    #[test]
    fn levels_are_ordered() {
        assert!(Aal::One < Aal::Two && Aal::Two < Aal::Three);
        assert_eq!(Aal::Three.to_string(), "aal3");
    }
}
