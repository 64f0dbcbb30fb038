//! Domain separation: a signature of one bank or purpose is worthless in another.

use crate::CryptoError;

/// Longest context, bytes (FIPS 204, section 5.2; the composite draft adopts it).
const MAX_BYTES: usize = 255;

/// The application context of a signature, at most 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(Vec<u8>);

/// What a signature is for, as far as contexts tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A signed wish of a holder.
    Intent,
    /// The answer to a login or step-up challenge.
    Challenge,
    /// Enrolment and approval of devices.
    Device,
    /// A signed tree head of the log.
    Checkpoint,
    /// A statement of an account.
    Statement,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::Intent, Self::Challenge, Self::Device, Self::Checkpoint, Self::Statement];

    /// The word used in the context.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Challenge => "challenge",
            Self::Device => "device",
            Self::Checkpoint => "checkpoint",
            Self::Statement => "statement",
        }
    }
}

impl Context {
    /// The empty context of certificates, requests and revocation lists.
    pub const X509: Self = Self(Vec::new());

    /// `strongroom/<bank>/<purpose>/v1`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::ContextBank`] for a bank id that is empty or has a slash, a space, a control
    /// or a non-ASCII character: two banks must never share a context.
    pub fn new(bank: &str, purpose: Purpose) -> Result<Self, CryptoError> {
        let plain = bank.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
        if bank.is_empty() || !plain {
            return Err(CryptoError::ContextBank);
        }
        Self::raw(format!("strongroom/{bank}/{}/v1", purpose.name()).as_bytes())
    }

    /// A context of given bytes, for other people's formats and test vectors.
    ///
    /// # Errors
    ///
    /// [`CryptoError::ContextTooLong`] above 255 bytes.
    pub fn raw(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.len() > MAX_BYTES {
            return Err(CryptoError::ContextTooLong);
        }
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes that are signed along.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_bank_ids_are_refused() {
        for bank in ["", "a/b", "a b", "a\n", "bänk"] {
            assert_eq!(Context::new(bank, Purpose::Intent), Err(CryptoError::ContextBank));
        }
    }

    #[test]
    fn contexts_above_255_bytes_are_refused() {
        assert!(Context::raw(&[0; 255]).is_ok());
        assert_eq!(Context::raw(&[0; 256]), Err(CryptoError::ContextTooLong));
        let long = "b".repeat(300);
        assert_eq!(Context::new(&long, Purpose::Device), Err(CryptoError::ContextTooLong));
    }

    #[test]
    fn the_context_is_spelt_as_specified() {
        let context = Context::new("examplebank", Purpose::Checkpoint).unwrap();
        assert_eq!(context.as_bytes(), b"strongroom/examplebank/checkpoint/v1");
        assert_eq!(Context::X509.as_bytes(), b"");
    }
}
