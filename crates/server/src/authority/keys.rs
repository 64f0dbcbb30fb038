//! The opened keys of a running bank.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crypto::{
    CryptoError, Ed25519Key, KemPublicKey, KemSecretKey, MacKey, MlDsa44Key, SecretBytes,
    SigningKey, Suite, hkdf_sha256,
};
use intent::{BankId, IntentError, IntentId, UtcMicros};
use ledger::BookId;
use pki::{Certificate, PkiError};
use sqlx::PgConnection;
use thiserror::Error;
use tlog::{CheckpointSigner, CheckpointVerifier, Origin, TlogError};
use uuid::Builder;

use super::issuers::{Issuer, Issuers};
use super::issuing_keys::IssuingKeys;
use super::keyfile::{KeyFile, KeyFileError, KeyPurpose};
use super::rules::AUTHORITIES;
use super::store;
use super::token::{Token, TokenError};
use crate::registers;
use crate::vault::Vault;

/// Length of a symmetric key, in bytes.
const SYMMETRIC_LEN: usize = 32;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// The issuing authority of a running bank. Clones share the keys.
#[derive(Clone)]
pub struct Authority(Arc<Keys>);

struct Keys {
    suite: Suite,
    root: Certificate,
    /// Keys of authorities in force, before and to come.
    issuing: IssuingKeys,
    /// As this instance last saw them.
    issuers: RwLock<Arc<Issuers>>,
    checkpoint_signer: CheckpointSigner,
    kem: KemSecretKey,
    token_key: SecretBytes,
    refresh_key: MacKey,
    attempts_key: MacKey,
    event_key: MacKey,
}

impl Authority {
    /// Takes the keys out of opened key files and checks that they belong to the certificates that the database holds: a
    /// key file of another bank, or a replaced certificate, is refused here. `further` are the keys of later authorities,
    /// and `token` is where keys are that no file holds whole.
    ///
    /// # Errors
    ///
    /// Also where the key of an authority that retires at a moment later than `now` is missing: its list could not be
    /// made.
    pub fn from_key_files(
        file: &KeyFile,
        further: &[KeyFile],
        token: Option<&Token>,
        origin: Origin,
        issuers: Issuers,
        now: UtcMicros,
    ) -> Result<Self, AuthorityError> {
        let suite = file.suite();
        let issuing_keys = IssuingKeys::open(std::iter::once(file).chain(further), token)?;
        let active = issuers.active();
        issuing_keys.demand(active.certificate())?;
        for retiring in issuers.retiring(now.get().div_euclid(MICROS_PER_SECOND)) {
            issuing_keys.demand(retiring.certificate())?;
        }
        let root = active.chain().root().clone();
        let checkpoint_signer = CheckpointSigner::new(
            origin,
            file.bank().as_str(),
            Ed25519Key::from_seed(file.secret(KeyPurpose::LogEd25519)?.expose())?,
            MlDsa44Key::from_seed(file.secret(KeyPurpose::LogMlDsa44)?.expose())?,
            SigningKey::from_seed(suite, file.secret(KeyPurpose::LogComposite)?.expose())?,
        )?;
        let master = file.secret(KeyPurpose::Token)?;
        let derive = |info: &[u8]| hkdf_sha256(master, b"", &[info], SYMMETRIC_LEN);
        Ok(Self(Arc::new(Keys {
            suite,
            root,
            issuing: issuing_keys,
            issuers: RwLock::new(Arc::new(issuers)),
            checkpoint_signer,
            kem: KemSecretKey::from_seed(suite, file.secret(KeyPurpose::Kem)?.expose())?,
            token_key: derive(b"strongroom/token/v1")?,
            refresh_key: MacKey::new(&derive(b"strongroom/refresh/v1")?),
            attempts_key: MacKey::new(&derive(b"strongroom/attempts/v1")?),
            event_key: MacKey::new(&derive(b"strongroom/event-id/v1")?),
        })))
    }

    /// Opens `bank.keys` in `data_dir`.
    pub fn open_key_file(
        data_dir: &Path,
        bank: &BankId,
        passphrase: &SecretBytes,
    ) -> Result<KeyFile, AuthorityError> {
        Ok(KeyFile::open(&data_dir.join(KeyFile::BANK_KEYS), bank, passphrase)?)
    }

    /// Opens the key files of later authorities in `data_dir`, `issuing-*.keys`.
    pub fn open_further_key_files(
        data_dir: &Path,
        bank: &BankId,
        passphrase: &SecretBytes,
    ) -> Result<Vec<KeyFile>, AuthorityError> {
        KeyFile::issuing_files(data_dir)?
            .iter()
            .map(|path| Ok(KeyFile::open(path, bank, passphrase)?))
            .collect()
    }

    /// The suite of every key here but those that issue.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.0.suite
    }

    /// The suite of root and issuing authorities.
    #[must_use]
    pub fn authority_suite(&self) -> Suite {
        self.0.root.public_key().suite()
    }

    /// Whether half of the key that issues is in a token.
    #[must_use]
    pub fn is_in_token(&self) -> bool {
        self.key_of(self.issuers().active()).is_ok_and(SigningKey::is_split)
    }

    /// The certificate of the authority that issues, as this instance last saw it.
    #[must_use]
    pub fn issuing(&self) -> Certificate {
        self.issuers().active().certificate().clone()
    }

    /// Every authority, as this instance last saw them.
    #[must_use]
    pub fn issuers(&self) -> Arc<Issuers> {
        Arc::clone(&self.0.issuers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The authorities as a transaction sees them that locks the pointer: until it ends nobody replaces the one in force.
    /// Not remembered, for the transaction may not commit.
    pub(crate) async fn locked(
        &self,
        tx: &mut PgConnection,
        book: BookId,
    ) -> Result<Arc<Issuers>, AuthorityError> {
        let known = self.issuers();
        let pointer = store::lock_pointer(tx, book).await?;
        self.read(tx, book, known, &pointer).await
    }

    /// The authorities as committed, remembered by this instance.
    pub(crate) async fn refresh(
        &self,
        tx: &mut PgConnection,
        book: BookId,
    ) -> Result<Arc<Issuers>, AuthorityError> {
        let known = self.issuers();
        let pointer = store::pointer(tx, book).await?;
        let read = self.read(tx, book, known, &pointer).await?;
        let mut known = self.0.issuers.write().unwrap_or_else(PoisonError::into_inner);
        if read.active().generation() > known.active().generation() {
            *known = Arc::clone(&read);
        }
        Ok(read)
    }

    /// What this instance knew before it asked for the pointer, while that stands; else the register.
    ///
    /// # Security
    ///
    /// A pointer to an earlier generation than this instance has seen was put back by somebody: refused.
    async fn read(
        &self,
        tx: &mut PgConnection,
        book: BookId,
        known: Arc<Issuers>,
        pointer: &[u8],
    ) -> Result<Arc<Issuers>, AuthorityError> {
        if known.active().certificate().der() == pointer {
            return Ok(known);
        }
        let rows = registers::load_all(tx, book, &AUTHORITIES).await?.into_iter().collect();
        let read = Issuers::read(&self.0.root, Certificate::from_der(pointer)?, &rows)?;
        if read.active().generation() <= known.active().generation() {
            return Err(AuthorityError::RolledBack);
        }
        Ok(Arc::new(read))
    }

    /// Whether this instance could sign with the key of that certificate.
    pub(crate) fn holds_key_of(&self, certificate: &Certificate) -> bool {
        self.0.issuing.of(certificate).is_some()
    }

    /// The key of an authority.
    pub(crate) fn key_of(&self, issuer: &Issuer) -> Result<&SigningKey, AuthorityError> {
        self.0.issuing.demand(issuer.certificate())
    }

    /// The root certificate.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.0.root
    }

    /// Signs the checkpoints of the log.
    #[must_use]
    pub fn checkpoint_signer(&self) -> &CheckpointSigner {
        &self.0.checkpoint_signer
    }

    /// Verifies the checkpoints of the log.
    #[must_use]
    pub fn checkpoint_verifier(&self) -> &CheckpointVerifier {
        self.0.checkpoint_signer.verifier()
    }

    /// What devices seal their device key to.
    #[must_use]
    pub fn kem_public_key(&self) -> &KemPublicKey {
        self.0.kem.public_key()
    }

    pub(crate) fn kem(&self) -> &KemSecretKey {
        &self.0.kem
    }

    pub(crate) fn token_key(&self) -> &SecretBytes {
        &self.0.token_key
    }

    pub(crate) fn refresh_key(&self) -> &MacKey {
        &self.0.refresh_key
    }

    /// The id of an event that every instance would record: version 7, of the time at which it came due and, for chance, a
    /// MAC of what it says. Who does not have the key cannot take the id for an intent of their own, and so keep the
    /// event out of the log.
    pub(crate) fn event_id(
        &self,
        due_at: UtcMicros,
        parts: &[&[u8]],
    ) -> Result<IntentId, IntentError> {
        let tag = self.0.event_key.tag(parts);
        let mut chance = [0; 10];
        chance.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        let due_ms = u64::try_from(due_at.get().div_euclid(1_000)).unwrap_or_default();
        IntentId::new(Builder::from_unix_timestamp_millis(due_ms, &chance).into_uuid())
    }

    /// Hides whose failed attempts are counted.
    pub(crate) fn attempts_key(&self) -> &MacKey {
        &self.0.attempts_key
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.0.suite.name())
    }
}

/// The vault under the data key of an opened key file.
pub fn vault(file: &KeyFile) -> Result<Vault, AuthorityError> {
    Ok(Vault::new(file.suite().aead(), file.secret(KeyPurpose::VaultData)?)?)
}

/// Why the authority cannot work.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// The key file is missing, sealed otherwise or damaged.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The issuing key of the file is not the one that the stored certificate certifies.
    #[error("no key file here belongs to the issuing certificate in the database")]
    ForeignCertificate,
    /// The key of an authority is in a token that does not serve.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A token was named for a key that is whole in its file.
    #[error(
        "the issuing key in the key file is not in a token; move the file away to make one that is"
    )]
    NotInToken,
    /// An earlier issuing authority was put back.
    #[error(
        "the database names an earlier issuing authority than the newest: somebody put it back"
    )]
    RolledBack,
    /// A row of the register of authorities does not read.
    #[error("the register of issuing authorities does not read")]
    Register,
    /// A certificate could not be made or read.
    #[error("certificate: {0}")]
    Certificate(#[from] PkiError),
    /// The log's keys are unusable.
    #[error("log key: {0}")]
    Log(#[from] TlogError),
    /// The cryptographic provider failed.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
    /// The database failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}
