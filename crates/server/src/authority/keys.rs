//! The opened keys of a running bank.

use std::path::Path;
use std::sync::Arc;

use crypto::{
    CryptoError, Ed25519Key, KemPublicKey, KemSecretKey, MacKey, MlDsa44Key, SecretBytes,
    SigningKey, Suite, hkdf_sha256,
};
use intent::BankId;
use pki::{Certificate, Chain, PkiError};
use thiserror::Error;
use tlog::{CheckpointSigner, CheckpointVerifier, Origin, TlogError};

use super::keyfile::{KeyFile, KeyFileError, KeyPurpose};
use crate::vault::Vault;

/// Length of a symmetric key, in bytes.
const SYMMETRIC_LEN: usize = 32;

/// The issuing authority of a running bank. Clones share the keys.
#[derive(Clone)]
pub struct Authority(Arc<Keys>);

struct Keys {
    suite: Suite,
    chain: Chain,
    issuing_key: SigningKey,
    checkpoint_signer: CheckpointSigner,
    kem: KemSecretKey,
    token_key: SecretBytes,
    refresh_key: MacKey,
    attempts_key: MacKey,
}

impl Authority {
    /// Takes the keys out of an opened key file and checks that they belong to the certificates that the database
    /// holds: a key file of another bank, or a replaced certificate, is refused here.
    pub fn from_key_file(
        file: &KeyFile,
        origin: Origin,
        root: Certificate,
        issuing: Certificate,
    ) -> Result<Self, AuthorityError> {
        let suite = file.suite();
        let issuing_key = SigningKey::from_seed(suite, file.secret(KeyPurpose::Issuing)?.expose())?;
        if issuing_key.public_key() != issuing.public_key() {
            return Err(AuthorityError::ForeignCertificate);
        }
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
            chain: Chain::new(root, issuing)?,
            issuing_key,
            checkpoint_signer,
            kem: KemSecretKey::from_seed(suite, file.secret(KeyPurpose::Kem)?.expose())?,
            token_key: derive(b"strongroom/token/v1")?,
            refresh_key: MacKey::new(&derive(b"strongroom/refresh/v1")?),
            attempts_key: MacKey::new(&derive(b"strongroom/attempts/v1")?),
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

    /// The suite of every key here.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.0.suite
    }

    /// Root and issuing certificate.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.0.chain
    }

    /// The issuing certificate.
    #[must_use]
    pub fn issuing(&self) -> &Certificate {
        self.0.chain.issuing()
    }

    /// The root certificate.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.0.chain.root()
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

    pub(crate) fn issuing_key(&self) -> &SigningKey {
        &self.0.issuing_key
    }

    pub(crate) fn token_key(&self) -> &SecretBytes {
        &self.0.token_key
    }

    pub(crate) fn refresh_key(&self) -> &MacKey {
        &self.0.refresh_key
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
    #[error("the key file does not belong to the issuing certificate in the database")]
    ForeignCertificate,
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
