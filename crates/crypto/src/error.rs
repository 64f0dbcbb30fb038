//! What can go wrong, without a hint of secret data.

/// Why an operation was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Wrong length, wrong key, wrong context, or tampered; deliberately not said which.
    #[error("signature is not valid")]
    InvalidSignature,
    /// Right length, but no key of the algorithm, or a degenerate one.
    #[error("{what} is not a valid key")]
    InvalidKey {
        /// The kind of key.
        what: &'static str,
    },
    /// A fixed-size input has another size.
    #[error("{what} must be {expected} bytes long, not {actual}")]
    InvalidLength {
        /// The input.
        what: &'static str,
        /// Size it must have, bytes.
        expected: usize,
        /// Size it has, bytes.
        actual: usize,
    },
    /// No suite has this name.
    #[error("unknown suite {0:?}")]
    UnknownSuite(String),
    /// A context is limited to 255 bytes (FIPS 204, section 5.2).
    #[error("context is longer than 255 bytes")]
    ContextTooLong,
    /// A bank id that would make a context ambiguous.
    #[error("bank id in a context must be visible ASCII without a slash and not empty")]
    ContextBank,
    /// Text that is not the lower or upper case hex of the right number of bytes.
    #[error("{what} is not {bytes} bytes in hex")]
    InvalidHex {
        /// What was to be read.
        what: &'static str,
        /// Size it must have, bytes.
        bytes: usize,
    },
    /// Wrong key, wrong additional data, or tampered ciphertext; deliberately not said which.
    #[error("decryption failed")]
    Decrypt,
    /// The provider lacks an algorithm, gave a wrong answer to a known question, or ran out of
    /// memory.
    #[error("cryptographic provider failed: {what}")]
    Provider {
        /// The operation.
        what: &'static str,
    },
    /// A key that is kept elsewhere could not be asked; nothing was signed.
    #[error("the key is out of reach: {0}")]
    OutOfReach(String),
    /// A fresh signature did not verify: hardware fault or fault attack. Nothing was released.
    #[error("a fresh signature did not verify and was withheld")]
    VerifyAfterSign,
    /// Parameters outside of what the key derivation allows.
    #[error("key derivation refused its parameters")]
    Kdf,
    /// The random generator failed.
    #[error("no entropy available")]
    Entropy,
}
