//! Who signs checkpoints: the log with its three keys, and witnesses with one.

use crypto::{Context, Ed25519Key, MlDsa44Key, Purpose, SigningKey};

use crate::vkey::{cosigned_message, timestamped};
use crate::{
    Checkpoint, CheckpointVerifier, KeyName, Origin, SignatureLine, SignedNote, TlogError,
    VerifierKey,
};

/// Signs the checkpoints of one log, with three keys at once.
///
/// # Security
///
/// It signs whatever it is given: the caller keeps the log append-only, by extending the head it
/// holds under lock and by [`crate::verify_append`].
pub struct CheckpointSigner {
    origin: Origin,
    context: Context,
    statements: Context,
    ed25519: Ed25519Key,
    mldsa44: Cosigner,
    composite: SigningKey,
    verifier: CheckpointVerifier,
}

impl CheckpointSigner {
    /// A signer for the log `origin` of `bank`, whose name the composite signature binds.
    pub fn new(
        origin: Origin,
        bank: &str,
        ed25519: Ed25519Key,
        mldsa44: MlDsa44Key,
        composite: SigningKey,
    ) -> Result<Self, TlogError> {
        let verifier = CheckpointVerifier::new(
            origin.clone(),
            bank,
            Some(ed25519.public_key().clone()),
            Some(mldsa44.public_key().clone()),
            composite.public_key().clone(),
        )?;
        let context = Context::new(bank, Purpose::Checkpoint)?;
        let statements = Context::new(bank, Purpose::Statement)?;
        let mldsa44 = Cosigner::new(origin.key_name().clone(), mldsa44);
        Ok(Self { origin, context, statements, ed25519, mldsa44, composite, verifier })
    }

    /// The log that this signer signs for.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Signs a checkpoint of this log: Ed25519 and ML-DSA-44 lines for everyone's tools, the
    /// composite line for ours. The time, in seconds since 1970, is in the ML-DSA-44 line.
    ///
    /// # Errors
    ///
    /// [`TlogError::OtherOrigin`] for a checkpoint of another log, and
    /// [`TlogError::MalformedCheckpoint`] for a time beyond 2^63 - 1 seconds.
    pub fn sign(&self, checkpoint: &Checkpoint, timestamp_s: u64) -> Result<SignedNote, TlogError> {
        if checkpoint.origin != self.origin {
            return Err(TlogError::OtherOrigin {
                expected: self.origin.to_string(),
                actual: checkpoint.origin.to_string(),
            });
        }
        let body = checkpoint.to_text();
        let message = body.as_bytes();
        let mut lines = Vec::with_capacity(3);
        for key in self.verifier.keys() {
            let signature = match key.kind() {
                crate::KIND_ED25519 => self.ed25519.sign(message)?,
                crate::KIND_ML_DSA_44 => self.mldsa44.sign(checkpoint, timestamp_s)?,
                _ => self.composite.sign(&self.context, message)?.into_bytes(),
            };
            lines.push(SignatureLine { name: key.name().clone(), key_id: key.id(), signature });
        }
        SignedNote::new(&body, &lines)
    }

    /// Signs the seal of an account's statement with the composite key, under a purpose of its own: no checkpoint passes for
    /// a statement, and no statement for a checkpoint.
    pub fn sign_statement(&self, seal: &[u8]) -> Result<Vec<u8>, TlogError> {
        Ok(self.composite.sign(&self.statements, seal)?.into_bytes())
    }

    /// What verifies this signer's checkpoints, with all three keys.
    #[must_use]
    pub const fn verifier(&self) -> &CheckpointVerifier {
        &self.verifier
    }
}

/// A witness's key: cosigns checkpoints with ML-DSA-44 (C2SP tlog-cosignature, type `0x06`).
///
/// # Security
///
/// Whoever holds it first checks the log's signature and the consistency with the last head it
/// cosigned, and stores the new one, atomically (C2SP tlog-witness).
pub struct Cosigner {
    verifier_key: VerifierKey,
    key: MlDsa44Key,
}

impl Cosigner {
    /// A cosigner under this name.
    #[must_use]
    pub fn new(name: KeyName, key: MlDsa44Key) -> Self {
        let verifier_key = VerifierKey::mldsa44(name, key.public_key().clone());
        Self { verifier_key, key }
    }

    /// Cosigns a checkpoint at a time in seconds since 1970; zero makes no statement about time.
    ///
    /// # Errors
    ///
    /// [`TlogError::MalformedCheckpoint`] for a time beyond 2^63 - 1 seconds.
    pub fn cosign(
        &self,
        checkpoint: &Checkpoint,
        timestamp_s: u64,
    ) -> Result<SignatureLine, TlogError> {
        Ok(SignatureLine {
            name: self.verifier_key.name().clone(),
            key_id: self.verifier_key.id(),
            signature: self.sign(checkpoint, timestamp_s)?,
        })
    }

    /// What verifies this cosigner's lines.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.verifier_key
    }

    fn sign(&self, checkpoint: &Checkpoint, timestamp_s: u64) -> Result<Vec<u8>, TlogError> {
        let message = cosigned_message(self.verifier_key.name(), checkpoint, timestamp_s)?;
        Ok(timestamped(timestamp_s, &self.key.sign(&message)?))
    }
}
