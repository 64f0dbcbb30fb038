//! Sealed key files: `bank.keys` for a running bank, `root.key` for its root, which belongs in a safe.
//!
//! ```text
//! strongroom key file v1
//! bank examplebank
//! suite standard
//! kdf argon2id m=65536 t=3 p=1 salt=<32 hex digits>
//! key issuing <key id, 64 hex digits> <nonce || ciphertext || tag, hex>
//! key ...
//! ```
//!
//! Every secret is sealed by itself under the key-encryption key (Argon2id of the passphrase), with the header, its
//! purpose and its key id as associated data: a key moved to another purpose, bank, suite or file does not open. The
//! key id is SHA3-256 of a fresh random value; it identifies a key in logs and inventories and says nothing about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crypto::{
    AeadKey, Argon2Params, CryptoError, SecretBytes, Sha3, SigningKey, Suite, argon2id, random,
    random_secret, sha3_256,
};
use intent::BankId;
use thiserror::Error;

const ISSUING_PREFIX: &str = "issuing-";
const ISSUING_SUFFIX: &str = ".keys";
const MAGIC: &str = "strongroom key file v1";
/// NIST SP 800-132 5.1 asks for 128 random bits.
const SALT_LEN: usize = 16;
const KEK_LEN: usize = 32;
/// Read and written by its owner only.
const MODE: u32 = 0o600;
/// Bounds on what an edited header can make us spend: 1 GiB of memory, 10 passes.
const M_KIB_MAX: u32 = 1024 * 1024;
const T_MAX: u32 = 10;
const P_MAX: u32 = 4;

/// What a key in a file is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyPurpose {
    /// Seed of the root's signing key; only in `root.key`.
    Root,
    /// Seed of the issuing authority's signing key.
    Issuing,
    /// Of an issuing authority whose classical half is in a token: which key that is, and the other half sealed under it.
    IssuingToken,
    /// Seed of the log's Ed25519 key.
    LogEd25519,
    /// Seed of the log's ML-DSA-44 key.
    LogMlDsa44,
    /// Seed of the log's composite key.
    LogComposite,
    /// Seed of the KEM key that devices seal to.
    Kem,
    /// Master of the session token keys.
    Token,
    /// Data key of the vault.
    VaultData,
    /// A custodian's share of the root's seed; only in a file of its own.
    RootShare,
}

impl KeyPurpose {
    const ALL: [Self; 10] = [
        Self::Root,
        Self::Issuing,
        Self::IssuingToken,
        Self::LogEd25519,
        Self::LogMlDsa44,
        Self::LogComposite,
        Self::Kem,
        Self::Token,
        Self::VaultData,
        Self::RootShare,
    ];

    /// What `bank.keys` holds.
    pub const BANK: [Self; 7] = [
        Self::Issuing,
        Self::LogEd25519,
        Self::LogMlDsa44,
        Self::LogComposite,
        Self::Kem,
        Self::Token,
        Self::VaultData,
    ];

    /// What the file of a later issuing authority holds.
    pub const ISSUING: [Self; 1] = [Self::Issuing];

    /// What `root.key` holds.
    pub const ROOT: [Self; 1] = [Self::Root];

    /// Stable name, as written in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::IssuingToken => "issuing-token",
            Self::LogEd25519 => "log-ed25519",
            Self::LogMlDsa44 => "log-mldsa44",
            Self::LogComposite => "log-composite",
            Self::Kem => "kem",
            Self::Token => "token",
            Self::VaultData => "vault-data",
            Self::RootShare => "root-share",
        }
    }

    /// Length of the secret in bytes; `None` where the secret itself says how long it is.
    const fn secret_len(self, suite: Suite) -> Option<usize> {
        match self {
            Self::Root | Self::Issuing | Self::LogComposite => Some(suite.seed_len()),
            Self::LogEd25519 | Self::LogMlDsa44 | Self::Token | Self::VaultData => Some(32),
            Self::Kem => Some(suite.kem_seed_len()),
            Self::RootShare | Self::IssuingToken => None,
        }
    }
}

/// An opened key file.
pub struct KeyFile {
    bank: BankId,
    suite: Suite,
    secrets: BTreeMap<KeyPurpose, StoredKey>,
}

struct StoredKey {
    id: Sha3,
    secret: SecretBytes,
}

impl KeyFile {
    /// Name of the file of a running bank, in its data folder.
    pub const BANK_KEYS: &'static str = "bank.keys";
    /// Name of the root's file at founding; the operator moves it to a safe.
    pub const ROOT_KEY: &'static str = "root.key";

    /// Name of the file with the key of a later issuing authority.
    #[must_use]
    pub fn issuing_name(generation: u64) -> String {
        format!("{ISSUING_PREFIX}{generation}{ISSUING_SUFFIX}")
    }

    /// The files of later issuing authorities in a folder, by name.
    pub fn issuing_files(data_dir: &Path) -> Result<Vec<PathBuf>, KeyFileError> {
        let fault = |source| KeyFileError::Read { path: data_dir.to_owned(), source };
        let mut found = Vec::new();
        for entry in fs::read_dir(data_dir).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if name.starts_with(ISSUING_PREFIX) && name.ends_with(ISSUING_SUFFIX) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Draws fresh secrets for `purposes`.
    pub fn generate(
        bank: &BankId,
        suite: Suite,
        purposes: &[KeyPurpose],
    ) -> Result<Self, CryptoError> {
        let mut secrets = BTreeMap::new();
        for purpose in purposes {
            let id = sha3_256(&random::<KEK_LEN>()?);
            // What has no length of its own is dealt, not drawn.
            let Some(len) = purpose.secret_len(suite) else { continue };
            let is_seed = matches!(
                purpose,
                KeyPurpose::Root | KeyPurpose::Issuing | KeyPurpose::LogComposite
            );
            let secret = if is_seed {
                // Not every string of bytes is a key of every suite.
                SigningKey::generate(suite)?.seed().duplicate()
            } else {
                random_secret(len)?
            };
            secrets.insert(*purpose, StoredKey { id, secret });
        }
        Ok(Self { bank: bank.clone(), suite, secrets })
    }

    /// A file of one secret that was made elsewhere.
    pub(super) fn holding(
        bank: &BankId,
        suite: Suite,
        purpose: KeyPurpose,
        secret: SecretBytes,
    ) -> Result<Self, CryptoError> {
        Self { bank: bank.clone(), suite, secrets: BTreeMap::new() }.with(purpose, secret)
    }

    /// The same file with a secret that was made elsewhere.
    pub(super) fn with(
        mut self,
        purpose: KeyPurpose,
        secret: SecretBytes,
    ) -> Result<Self, CryptoError> {
        let id = sha3_256(&random::<KEK_LEN>()?);
        self.secrets.insert(purpose, StoredKey { id, secret });
        Ok(self)
    }

    /// Whether the text of a key file says that a key of it is in a token. What is where is no secret.
    pub(crate) fn is_in_token(text: &str) -> bool {
        let begin = format!("key {} ", KeyPurpose::IssuingToken.name());
        text.lines().any(|line| line.starts_with(&begin))
    }

    /// Opens the file at `path`, which must be of `bank`.
    pub fn open(
        path: &Path,
        bank: &BankId,
        passphrase: &SecretBytes,
    ) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path)
            .map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        Self::from_text(&text, bank, passphrase)
    }

    /// Writes the file, sealed, readable by its owner only, on disk before it returns.
    ///
    /// # Errors
    ///
    /// An existing file is never overwritten: it may hold the only copy of a key.
    pub fn create(&self, path: &Path, passphrase: &SecretBytes) -> Result<(), KeyFileError> {
        let text = self.to_text(passphrase, Argon2Params::KEK)?;
        let fault = |source| KeyFileError::Write { path: path.to_owned(), source };
        // Written beside and linked into place: a crash leaves a stray `.new`, never half a key file.
        let beside = path.with_extension("new");
        let _ = fs::remove_file(&beside);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&beside)
            .map_err(fault)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
        let linked = fs::hard_link(&beside, path);
        fs::remove_file(&beside).map_err(fault)?;
        linked.map_err(fault)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all()).map_err(fault)
    }

    /// Whose keys these are.
    #[must_use]
    pub const fn bank(&self) -> &BankId {
        &self.bank
    }

    /// The suite of the keys.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The secret for `purpose`.
    pub fn secret(&self, purpose: KeyPurpose) -> Result<&SecretBytes, KeyFileError> {
        self.secrets
            .get(&purpose)
            .map(|key| &key.secret)
            .ok_or(KeyFileError::Missing(purpose.name()))
    }

    fn to_text(
        &self,
        passphrase: &SecretBytes,
        params: Argon2Params,
    ) -> Result<String, CryptoError> {
        let salt = random::<SALT_LEN>()?;
        let header = header(&self.bank, self.suite, params, &salt);
        let kek = kek(self.suite, passphrase, &salt, params)?;
        let mut text = header.clone();
        for (purpose, key) in &self.secrets {
            let sealed = kek.seal(&aad(&header, *purpose, &key.id), key.secret.expose())?;
            let _ = writeln!(text, "key {} {} {}", purpose.name(), key.id, hex::encode(sealed));
        }
        Ok(text)
    }

    fn from_text(
        text: &str,
        bank: &BankId,
        passphrase: &SecretBytes,
    ) -> Result<Self, KeyFileError> {
        let mut lines = text.lines();
        let mut expect = |prefix: &'static str| {
            lines.next().and_then(|line| line.strip_prefix(prefix)).ok_or(KeyFileError::Malformed)
        };
        expect(MAGIC)?;
        let found: BankId = expect("bank ")?.parse().map_err(|_| KeyFileError::Malformed)?;
        if found != *bank {
            return Err(KeyFileError::OtherBank { found, expected: bank.clone() });
        }
        let suite: Suite = expect("suite ")?.parse().map_err(|_| KeyFileError::Malformed)?;
        let (params, salt) = parse_kdf(expect("kdf ")?).ok_or(KeyFileError::Malformed)?;
        let header = header(bank, suite, params, &salt);
        let kek = kek(suite, passphrase, &salt, params)?;
        let mut secrets = BTreeMap::new();
        for line in lines {
            let (purpose, id, sealed) = parse_key(line).ok_or(KeyFileError::Malformed)?;
            let secret = kek
                .open(&aad(&header, purpose, &id), &sealed)
                .map_err(|_| KeyFileError::Passphrase)?;
            if purpose.secret_len(suite).is_some_and(|len| len != secret.len())
                || secrets.insert(purpose, StoredKey { id, secret }).is_some()
            {
                return Err(KeyFileError::Malformed);
            }
        }
        Ok(Self { bank: found, suite, secrets })
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.secrets.iter().map(|(purpose, key)| (purpose.name(), key.id));
        f.debug_map().entries(ids).finish()
    }
}

fn header(bank: &BankId, suite: Suite, params: Argon2Params, salt: &[u8]) -> String {
    let Argon2Params { m_kib, t, p } = params;
    let salt = hex::encode(salt);
    format!("{MAGIC}\nbank {bank}\nsuite {suite}\nkdf argon2id m={m_kib} t={t} p={p} salt={salt}\n")
}

fn aad(header: &str, purpose: KeyPurpose, id: &Sha3) -> Vec<u8> {
    format!("{header}key {} {id}", purpose.name()).into_bytes()
}

fn kek(
    suite: Suite,
    passphrase: &SecretBytes,
    salt: &[u8],
    params: Argon2Params,
) -> Result<AeadKey, CryptoError> {
    AeadKey::new(suite.aead(), &argon2id(passphrase, salt, params, KEK_LEN)?)
}

fn parse_kdf(text: &str) -> Option<(Argon2Params, Vec<u8>)> {
    let mut words = text.split(' ');
    let mut word = |prefix: &'static str| words.next()?.strip_prefix(prefix);
    word("argon2id")?;
    let m_kib = word("m=")?.parse().ok().filter(|m| *m <= M_KIB_MAX)?;
    let t = word("t=")?.parse().ok().filter(|t| *t <= T_MAX)?;
    let p = word("p=")?.parse().ok().filter(|p| *p <= P_MAX)?;
    let salt = hex::decode(word("salt=")?).ok().filter(|salt| salt.len() == SALT_LEN)?;
    Some((Argon2Params { m_kib, t, p }, salt))
}

fn parse_key(line: &str) -> Option<(KeyPurpose, Sha3, Vec<u8>)> {
    let mut words = line.strip_prefix("key ")?.split(' ');
    let name = words.next()?;
    let purpose = KeyPurpose::ALL.into_iter().find(|purpose| purpose.name() == name)?;
    let id = Sha3::from_hex(words.next()?).ok()?;
    let sealed = hex::decode(words.next()?).ok()?;
    words.next().is_none().then_some((purpose, id, sealed))
}

/// Why a key file cannot be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("cannot read key file {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written, or exists already.
    #[error("cannot write key file {path}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a key file of a version that this code knows.
    #[error("key file is malformed")]
    Malformed,
    /// A file of another bank.
    #[error("key file is of bank {found}, not of {expected}")]
    OtherBank {
        /// Bank that the file names.
        found: BankId,
        /// Bank that was asked for.
        expected: BankId,
    },
    /// A wrong passphrase and an altered file look the same, deliberately.
    #[error("wrong passphrase, or the key file was altered")]
    Passphrase,
    /// A key is not in the file.
    #[error("key file holds no key for {0}")]
    Missing(&'static str),
    /// The cryptographic provider failed.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Argon2Params = Argon2Params { m_kib: 64, t: 1, p: 1 };

    fn bank(name: &str) -> BankId {
        name.parse().unwrap()
    }

    fn passphrase(text: &str) -> SecretBytes {
        SecretBytes::new(text.as_bytes().to_vec())
    }

    fn sealed() -> (KeyFile, String) {
        let file = KeyFile::generate(&bank("one"), Suite::Standard, &KeyPurpose::BANK).unwrap();
        let text = file.to_text(&passphrase("correct horse"), CHEAP).unwrap();
        (file, text)
    }

    #[test]
    fn a_wrong_passphrase_opens_nothing() {
        let (_, text) = sealed();
        let opened = KeyFile::from_text(&text, &bank("one"), &passphrase("correct horsf"));
        assert!(matches!(opened, Err(KeyFileError::Passphrase)));
    }

    #[test]
    fn a_file_of_another_bank_is_refused() {
        let (_, text) = sealed();
        let opened = KeyFile::from_text(&text, &bank("two"), &passphrase("correct horse"));
        assert!(matches!(opened, Err(KeyFileError::OtherBank { .. })));
        let renamed = text.replace("bank one", "bank two");
        let opened = KeyFile::from_text(&renamed, &bank("two"), &passphrase("correct horse"));
        assert!(matches!(opened, Err(KeyFileError::Passphrase)));
    }

    #[test]
    fn a_key_moved_to_another_purpose_is_refused() {
        let (_, text) = sealed();
        let swapped = text
            .replace("key token", "key x")
            .replace("key vault-data", "key token")
            .replace("key x", "key vault-data");
        let opened = KeyFile::from_text(&swapped, &bank("one"), &passphrase("correct horse"));
        assert!(matches!(opened, Err(KeyFileError::Passphrase)));
    }

    #[test]
    fn a_header_that_asks_for_absurd_memory_is_malformed() {
        let (_, text) = sealed();
        let edited = text.replace("m=64", "m=4294967295");
        let opened = KeyFile::from_text(&edited, &bank("one"), &passphrase("correct horse"));
        assert!(matches!(opened, Err(KeyFileError::Malformed)));
    }

    #[test]
    fn a_missing_key_is_named_and_a_doubled_one_refused() {
        let (_, text) = sealed();
        let without: String = text
            .lines()
            .filter(|line| !line.starts_with("key kem"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let opened = KeyFile::from_text(&without, &bank("one"), &passphrase("correct horse"));
        let missing = opened.unwrap().secret(KeyPurpose::Kem).err();
        assert!(matches!(missing, Some(KeyFileError::Missing("kem"))));
        let last = text.lines().last().unwrap();
        let doubled = format!("{text}{last}\n");
        let opened = KeyFile::from_text(&doubled, &bank("one"), &passphrase("correct horse"));
        assert!(matches!(opened, Err(KeyFileError::Malformed)));
    }

    #[test]
    fn what_was_sealed_opens_again() {
        let (file, text) = sealed();
        let opened = KeyFile::from_text(&text, &bank("one"), &passphrase("correct horse")).unwrap();
        assert_eq!(opened.suite(), Suite::Standard);
        for purpose in KeyPurpose::BANK {
            let secret = opened.secret(purpose).unwrap();
            assert_eq!(secret.expose(), file.secret(purpose).unwrap().expose());
        }
    }

    #[test]
    fn an_existing_file_is_never_overwritten_and_nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KeyFile::ROOT_KEY);
        let file = KeyFile::generate(&bank("one"), Suite::Standard, &KeyPurpose::ROOT).unwrap();
        file.create(&path, &passphrase("correct horse")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        let again = file.create(&path, &passphrase("correct horse"));
        assert!(matches!(again, Err(KeyFileError::Write { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(KeyFile::open(&path, &bank("one"), &passphrase("correct horse")).is_ok());
    }
}
