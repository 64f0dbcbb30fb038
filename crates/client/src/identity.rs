//! Who signs: a user's key, its certificate, its device and its own chain of intents.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crypto::{CryptoError, KemSecretKey, Sha3, SigningKey, Suite, sha3_256};
use intent::{
    BankId, Body, Details, Intent, IntentDraft, IntentId, Receipt, Role, SignedIntent, UserId,
};
use pki::Certificate;
use uuid::Uuid;

use crate::{ChainJournal, ClientError, Device, clock};

/// A holder: keys, device, and the certificates once enrolled.
///
/// Shared by reference between tasks: signing takes the chain's lock for the time of writing a
/// document, not of signing it.
pub struct Identity {
    user: UserName,
    key: SigningKey,
    kem: KemSecretKey,
    device: Device,
    certificates: OnceLock<Certificates>,
    chain: Mutex<KeyChain>,
    journal: Option<ChainJournal>,
}

/// Who a holder is at the bank.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserName {
    /// The user.
    pub id: UserId,
    /// The role, which is the authority claimed in every intent.
    pub role: Role,
    /// What the certificate is to call the holder.
    pub name: String,
}

/// A holder's certificate with the path to the root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificates {
    /// The holder's own.
    pub holder: Certificate,
    /// The issuing authority's.
    pub issuing: Certificate,
    /// The root's.
    pub root: Certificate,
}

impl Certificates {
    /// Puts the path of the signer into a receipt that the bank sent without it, because the
    /// signer has it: now it proves everything by itself.
    pub(crate) fn complete(&self, receipt: &mut Receipt) {
        if receipt.certificates.is_empty() {
            let path = [&self.holder, &self.issuing, &self.root];
            receipt.certificates =
                path.iter().map(|certificate| certificate.der().to_vec()).collect();
        }
    }
}

/// Where a key stands in its own chain: how many intents it signed, and the digest of the last.
///
/// # Invariants
///
/// - A position is handed out once in the life of a key. What reserved it and then failed leaves a
///   gap, which its owner's next intent shows; nothing is ever signed twice at one position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyChain {
    /// Position last handed out; 0 before the first.
    pub seq: u64,
    /// SHA3-256 of the canonical bytes at that position; zeros before the first.
    pub prev: Sha3,
}

impl KeyChain {
    /// Before the first intent.
    pub const START: Self = Self { seq: 0, prev: Sha3::from_bytes([0; 32]) };
}

impl Identity {
    /// New keys on `device` for a user.
    pub fn generate(suite: Suite, user: UserName, device: Device) -> Result<Self, CryptoError> {
        let key = SigningKey::generate(suite)?;
        let kem = KemSecretKey::generate(suite)?;
        Ok(Self::from_parts(user, key, kem, device, None, KeyChain::START))
    }

    /// An identity read back from where it was kept.
    #[must_use]
    pub fn from_parts(
        user: UserName,
        key: SigningKey,
        kem: KemSecretKey,
        device: Device,
        certificates: Option<Certificates>,
        chain: KeyChain,
    ) -> Self {
        let certificates = certificates.map_or_else(OnceLock::new, OnceLock::from);
        Self { user, key, kem, device, certificates, chain: Mutex::new(chain), journal: None }
    }

    /// New keys for the same user on the same device, to be certified by a rotation.
    pub fn successor(&self) -> Result<Self, CryptoError> {
        let device = Device::from_secret(self.device.secret().duplicate())?;
        Self::generate(self.key.suite(), self.user.clone(), device)
    }

    /// The same identity, which writes every position of its chain down before using it.
    #[must_use]
    pub fn with_journal(self, journal: ChainJournal) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// Who it is.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The key to which the bank seals what it sends.
    #[must_use]
    pub const fn kem(&self) -> &KemSecretKey {
        &self.kem
    }

    /// The device it lives on.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// The certificates; `None` before enrolment.
    #[must_use]
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.get()
    }

    /// SHA3-256 of the holder's certificate.
    pub fn certificate_hash(&self) -> Result<Sha3, ClientError> {
        let certificates = self.certificates.get().ok_or(ClientError::NotEnrolled)?;
        Ok(certificates.holder.fingerprint())
    }

    /// Where the key stands in its chain.
    #[must_use]
    pub fn chain(&self) -> KeyChain {
        *self.lock_chain()
    }

    /// Writes and signs the next intent of this key under its certificate.
    pub fn sign(
        &self,
        bank: &BankId,
        body: Body,
        details: Option<Details>,
    ) -> Result<SignedIntent, ClientError> {
        self.sign_under(self.certificate_hash()?, bank, body, details)
    }

    /// As [`Identity::sign`], under the hash of what stands in for a certificate (at enrolment the
    /// certificate request).
    pub(crate) fn sign_under(
        &self,
        certificate: Sha3,
        bank: &BankId,
        body: Body,
        details: Option<Details>,
    ) -> Result<SignedIntent, ClientError> {
        let intent = self.next(certificate, bank, body)?;
        Ok(SignedIntent::sign(intent, &self.key, details)?)
    }

    /// Takes the certificates of an enrolment; the first ones stay.
    pub(crate) fn accept(&self, certificates: Certificates) {
        // A key is certified once: a rotation makes a new identity.
        let _ = self.certificates.set(certificates);
    }

    /// The intent that would come next, without its place in the chain being taken: it is not signed.
    pub(crate) fn rehearsed(&self, bank: &BankId, body: Body) -> Result<Intent, ClientError> {
        self.draft(*self.lock_chain(), self.certificate_hash()?, bank, body)
    }

    fn draft(
        &self,
        chain: KeyChain,
        certificate: Sha3,
        bank: &BankId,
        body: Body,
    ) -> Result<Intent, ClientError> {
        let draft = IntentDraft {
            bank: bank.clone(),
            certificate,
            device: self.device.id(),
            authority: self.user.role,
            at: clock::now(),
            seq: chain.seq.saturating_add(1),
            prev: chain.prev,
            id: IntentId::new(Uuid::now_v7())?,
            body,
        };
        Ok(draft.build()?)
    }

    fn next(&self, certificate: Sha3, bank: &BankId, body: Body) -> Result<Intent, ClientError> {
        let mut chain = self.lock_chain();
        let intent = self.draft(*chain, certificate, bank, body)?;
        let seq = intent.seq();
        let reserved = KeyChain { seq, prev: sha3_256(intent.canonical()) };
        // A crash right here leaves a gap in the chain; the other order could repeat a position.
        if let Some(journal) = &self.journal {
            journal.record(&self.key.public_key().fingerprint(), reserved)?;
        }
        *chain = reserved;
        Ok(intent)
    }

    /// A panic elsewhere cannot leave the chain half-written: it is replaced by one assignment.
    fn lock_chain(&self) -> MutexGuard<'_, KeyChain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use intent::RevocationReason;

    use super::*;

    #[test]
    fn an_identity_without_a_certificate_signs_nothing() {
        let refused = identity().sign(&bank(), body(), None);
        assert!(matches!(refused, Err(ClientError::NotEnrolled)));
    }

    #[test]
    fn tasks_that_sign_at_once_form_one_chain() {
        let identity = Arc::new(identity());
        let signers: Vec<_> = (0..8)
            .map(|_| {
                let identity = Arc::clone(&identity);
                std::thread::spawn(move || {
                    let hash = Sha3::from_bytes([1; 32]);
                    let signed = identity.sign_under(hash, &bank(), body(), None).unwrap();
                    signed.parse_intent().unwrap()
                })
            })
            .collect();
        let mut intents: Vec<_> = signers.into_iter().map(|task| task.join().unwrap()).collect();
        intents.sort_by_key(Intent::seq);
        assert_eq!(intents.iter().map(Intent::id).collect::<BTreeSet<_>>().len(), 8);
        let mut chain = KeyChain::START;
        for intent in intents {
            assert_eq!((intent.seq(), intent.prev()), (chain.seq + 1, chain.prev));
            chain = KeyChain { seq: intent.seq(), prev: intent.digest() };
        }
        assert_eq!(identity.chain(), chain);
    }

    fn identity() -> Identity {
        let user = UserName {
            id: UserId::new(Uuid::from_bytes([7; 16])),
            role: Role::Customer,
            name: "Alice".to_owned(),
        };
        Identity::generate(Suite::Standard, user, Device::generate().unwrap()).unwrap()
    }

    fn bank() -> BankId {
        "examplebank".parse().unwrap()
    }

    fn body() -> Body {
        let certificate = Sha3::from_bytes([2; 32]);
        Body::CertificateRevoke { certificate, reason: RevocationReason::Superseded }
    }
}
