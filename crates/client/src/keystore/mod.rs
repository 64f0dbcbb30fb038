//! The key store: a folder with one sealed file per profile.
//!
//! ```text
//! NAME.key     offset  size  what
//!                   0     1  version, 1
//!                   1     1  key derivation, 1 = Argon2id version 0x13
//!                   2     4  memory in KiB, big endian
//!                   6     4  passes
//!                  10     4  lanes
//!                  14    16  salt
//!                  30     1  AEAD, 1 = ChaCha20-Poly1305, 2 = AES-256-GCM
//!                  31    12  nonce, new at every write
//!                  43     n  ciphertext of the profile (see `layout`)
//!                43+n    16  tag; bytes 0..31 are the associated data
//! NAME.chain   how far the key's chain of intents has got: see [`crate::ChainJournal`]
//! NAME.lock    empty; locked while a process has the profile open
//! ```
//!
//! The folder has mode 0700, the files 0600; a file that others may read is refused. A file is
//! replaced whole or not at all.
//!
//! # Security
//!
//! Whoever copies the file can guess passphrases, at 64 MiB and three passes a guess. Whoever may
//! write it can put an older copy back, which makes the key repeat positions of its own chain: the
//! bank's log shows that.

mod layout;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::{AeadAlgorithm, AeadKey, Argon2Params, CryptoError, SecretBytes, argon2id, random};
use thiserror::Error;

use crate::{ChainJournal, Identity, Standing, Trust, files};

const VERSION: u8 = 1;
const KDF_ARGON2ID: u8 = 1;
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = 31;
const KEY_LEN: usize = 32;
const NAME_LEN_MAX: usize = 64;
const EXTENSION: &str = "key";
/// A profile has about 40 kB: keys, three certificates, the trust.
const FILE_LEN_MAX: u64 = 1024 * 1024;
/// What a file may make us spend before its tag is checked: 1 GiB, 16 passes, 16 lanes.
const PARAMS_MAX: Argon2Params = Argon2Params { m_kib: 1024 * 1024, t: 16, p: 16 };

/// A session as the key store keeps it.
pub type StoredSession = Standing;

/// What one file holds: a holder at one bank, and the session that is open, if one is.
pub struct Profile {
    /// Address of the bank.
    pub server: String,
    /// Roots of the bank's TLS certificate, PEM, where they are not the system's.
    pub tls_roots: Option<String>,
    /// What the bank is judged by.
    pub trust: Trust,
    /// The holder.
    pub identity: Arc<Identity>,
    /// The open session.
    pub session: Option<StoredSession>,
}

/// A folder of profiles.
#[derive(Clone, Debug)]
pub struct KeyStore {
    folder: PathBuf,
}

/// A profile that is open: it can be saved again without its passphrase. Holds the profile's lock,
/// so that no two processes sign at the same position of the key's chain.
pub struct Unlocked {
    path: PathBuf,
    header: [u8; HEADER_LEN],
    key: AeadKey,
    _lock: File,
}

/// Why a profile cannot be read or written.
#[derive(Debug, Error)]
pub enum KeyStoreError {
    /// The name is not usable as a file name.
    #[error("profile name {0:?} must be 1 to 64 of a-z, 0-9, '-' and '_'")]
    Name(String),
    /// There is no such profile.
    #[error("there is no profile {0:?}")]
    NotFound(String),
    /// The profile exists and would be overwritten.
    #[error("profile {0:?} exists already")]
    Exists(String),
    /// The passphrase is shorter than [`KeyStore::PASSPHRASE_LEN_MIN`].
    #[error("the passphrase must have at least 8 characters")]
    PassphraseTooShort,
    /// Others may read or write the file.
    #[error("{path} is open to others (mode {mode:03o}); it should be 600")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The passphrase is wrong, or the file was changed; by design nobody can tell which.
    #[error("wrong passphrase, or the key file was changed")]
    WrongPassphrase,
    /// The file is no key file of a version that is known.
    #[error("{path} is not a key file: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The part at fault.
        what: &'static str,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// The provider failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl KeyStore {
    /// Fewest characters of a new passphrase.
    pub const PASSPHRASE_LEN_MIN: usize = 8;

    /// The store in `folder`, which is made when the first profile is.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Names of the profiles, sorted.
    pub fn list(&self) -> Result<Vec<String>, KeyStoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| self.io(&self.folder, source))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| self.io(&self.folder, source))?.path();
            let is_key = path.extension().is_some_and(|extension| extension == EXTENSION);
            let name = path.file_stem().and_then(|stem| stem.to_str());
            if let (true, Some(name)) = (is_key, name) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether there is such a profile.
    pub fn contains(&self, name: &str) -> Result<bool, KeyStoreError> {
        Ok(self.path(name)?.exists())
    }

    /// Writes a new profile; one that exists is never overwritten.
    pub fn create(
        &self,
        name: &str,
        passphrase: &SecretBytes,
        profile: &Profile,
    ) -> Result<Unlocked, KeyStoreError> {
        let path = self.path(name)?;
        let characters = String::from_utf8_lossy(passphrase.expose()).chars().count();
        if characters < Self::PASSPHRASE_LEN_MIN {
            return Err(KeyStoreError::PassphraseTooShort);
        }
        files::create_private_dir(&self.folder).map_err(|source| self.io(&self.folder, source))?;
        let lock = self.lock(&path)?;
        if path.exists() {
            return Err(KeyStoreError::Exists(name.to_owned()));
        }
        self.remove_journal(&path)?;
        let header = new_header(profile.trust.suite.aead())?;
        let key = derive(&header, passphrase).map_err(|fault| fault.at(&path))?;
        let unlocked = Unlocked { path, header, key, _lock: lock };
        unlocked.save(profile)?;
        Ok(unlocked)
    }

    /// Opens a profile; waits while another process has it open.
    pub fn unlock(
        &self,
        name: &str,
        passphrase: &SecretBytes,
    ) -> Result<(Unlocked, Profile), KeyStoreError> {
        let path = self.path(name)?;
        if !path.exists() {
            return Err(KeyStoreError::NotFound(name.to_owned()));
        }
        let lock = self.lock(&path)?;
        require_private(&path)?;
        let bytes = self.read(&path)?;
        let malformed = |what| KeyStoreError::Malformed { path: path.clone(), what };
        let (header, sealed) =
            bytes.split_first_chunk::<HEADER_LEN>().ok_or_else(|| malformed("too short"))?;
        let key = derive(header, passphrase).map_err(|fault| fault.at(&path))?;
        let plain = key.open(header, sealed).map_err(|_| KeyStoreError::WrongPassphrase)?;
        let journal = journal_of(&path);
        let profile = layout::read(plain.expose(), journal).map_err(malformed)?;
        Ok((Unlocked { path, header: *header, key, _lock: lock }, profile))
    }

    /// Deletes a profile: its keys are gone for good.
    pub fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        let path = self.path(name)?;
        if !path.exists() {
            return Err(KeyStoreError::NotFound(name.to_owned()));
        }
        // The key first: a crash in between leaves a journal of nothing, which `create` removes.
        fs::remove_file(&path).map_err(|source| self.io(&path, source))?;
        self.remove_journal(&path)
    }

    fn path(&self, name: &str) -> Result<PathBuf, KeyStoreError> {
        let admitted =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if (1..=NAME_LEN_MAX).contains(&name.len()) && name.bytes().all(admitted) {
            Ok(self.folder.join(name).with_extension(EXTENSION))
        } else {
            Err(KeyStoreError::Name(name.to_owned()))
        }
    }

    fn remove_journal(&self, path: &Path) -> Result<(), KeyStoreError> {
        let journal = path.with_extension("chain");
        match fs::remove_file(&journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.io(&journal, error)),
            _ => Ok(()),
        }
    }

    fn lock(&self, path: &Path) -> Result<File, KeyStoreError> {
        let path = path.with_extension("lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| self.io(&path, source))?;
        file.lock().map_err(|source| self.io(&path, source))?;
        Ok(file)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, KeyStoreError> {
        let len = fs::metadata(path).map_err(|source| self.io(path, source))?.len();
        if len > FILE_LEN_MAX {
            let what = "larger than 1 MiB";
            return Err(KeyStoreError::Malformed { path: path.to_owned(), what });
        }
        fs::read(path).map_err(|source| self.io(path, source))
    }

    #[expect(clippy::unused_self, reason = "reads as what it is at every call")]
    fn io(&self, path: &Path, source: io::Error) -> KeyStoreError {
        KeyStoreError::Io { path: path.to_owned(), source }
    }
}

impl Unlocked {
    /// The journal of the profile's key, for a key that takes its place.
    #[must_use]
    pub fn journal(&self) -> ChainJournal {
        journal_of(&self.path)
    }

    /// Writes a profile beside this one, as `NAME-next` under the same passphrase: a successor
    /// that may be certified without the answer ever arriving.
    pub fn save_successor(&self, profile: &Profile) -> Result<(), KeyStoreError> {
        self.save_to(&self.successor_path(), profile)
    }

    /// Removes what [`Unlocked::save_successor`] wrote.
    pub fn remove_successor(&self) -> Result<(), KeyStoreError> {
        let path = self.successor_path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(KeyStoreError::Io { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Seals the profile anew under the same passphrase and replaces the file.
    pub fn save(&self, profile: &Profile) -> Result<(), KeyStoreError> {
        self.save_to(&self.path, profile)
    }

    fn successor_path(&self) -> PathBuf {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{name}-next.{EXTENSION}"))
    }

    fn save_to(&self, path: &Path, profile: &Profile) -> Result<(), KeyStoreError> {
        let plain = layout::write(profile);
        let sealed = self.key.seal(&self.header, plain.expose())?;
        let bytes = [self.header.as_slice(), &sealed].concat();
        files::write_private(path, &bytes)
            .map_err(|source| KeyStoreError::Io { path: path.to_owned(), source })
    }
}

fn journal_of(path: &Path) -> ChainJournal {
    ChainJournal::new(path.with_extension("chain"))
}

/// What is wrong with a header, before the path is known.
enum HeaderFault {
    Malformed(&'static str),
    Crypto(CryptoError),
}

impl HeaderFault {
    fn at(self, path: &Path) -> KeyStoreError {
        match self {
            Self::Malformed(what) => KeyStoreError::Malformed { path: path.to_owned(), what },
            Self::Crypto(error) => KeyStoreError::Crypto(error),
        }
    }
}

fn new_header(aead: AeadAlgorithm) -> Result<[u8; HEADER_LEN], CryptoError> {
    let Argon2Params { m_kib, t, p } = Argon2Params::KEK;
    let salt: [u8; SALT_LEN] = random()?;
    let mut header = [0; HEADER_LEN];
    let parts = [
        [VERSION, KDF_ARGON2ID].as_slice(),
        &m_kib.to_be_bytes(),
        &t.to_be_bytes(),
        &p.to_be_bytes(),
        &salt,
        &[aead_code(aead)],
    ];
    for (byte, value) in header.iter_mut().zip(parts.concat()) {
        *byte = value;
    }
    Ok(header)
}

fn derive(header: &[u8; HEADER_LEN], passphrase: &SecretBytes) -> Result<AeadKey, HeaderFault> {
    let mut reader = layout::Reader::new(header);
    let mut part = || -> Result<_, &'static str> {
        let [version, kdf] = reader.array()?;
        let m_kib = u32::from_be_bytes(reader.array()?);
        let t = u32::from_be_bytes(reader.array()?);
        let p = u32::from_be_bytes(reader.array()?);
        let salt: [u8; SALT_LEN] = reader.array()?;
        let [aead] = reader.array()?;
        Ok((version, kdf, Argon2Params { m_kib, t, p }, salt, aead))
    };
    let (version, kdf, params, salt, aead) = part().map_err(HeaderFault::Malformed)?;
    if version != VERSION || kdf != KDF_ARGON2ID {
        return Err(HeaderFault::Malformed("unknown version"));
    }
    let within = params.m_kib <= PARAMS_MAX.m_kib && params.t <= PARAMS_MAX.t;
    if !within || params.p > PARAMS_MAX.p {
        return Err(HeaderFault::Malformed("parameters out of bounds"));
    }
    let aead = match aead {
        1 => AeadAlgorithm::ChaCha20Poly1305,
        2 => AeadAlgorithm::Aes256Gcm,
        _ => return Err(HeaderFault::Malformed("unknown cipher")),
    };
    let key = argon2id(passphrase, &salt, params, KEY_LEN).map_err(HeaderFault::Crypto)?;
    AeadKey::new(aead, &key).map_err(HeaderFault::Crypto)
}

const fn aead_code(aead: AeadAlgorithm) -> u8 {
    match aead {
        AeadAlgorithm::ChaCha20Poly1305 => 1,
        AeadAlgorithm::Aes256Gcm => 2,
    }
}

#[cfg(unix)]
fn require_private(path: &Path) -> Result<(), KeyStoreError> {
    use std::os::unix::fs::PermissionsExt;
    let io = |source| KeyStoreError::Io { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeyStoreError::Exposed { path: path.to_owned(), mode }),
    }
}

#[cfg(not(unix))]
fn require_private(_path: &Path) -> Result<(), KeyStoreError> {
    Ok(())
}

#[cfg(test)]
mod tests;
