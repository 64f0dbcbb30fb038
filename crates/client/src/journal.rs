//! Where a key stands in its chain, written down before the position is used.
//!
//! ```text
//! u8  version, 1  |  32 key  |  u64 BE seq  |  32 prev    73 bytes, mode 0600, replaced atomically
//! ```
//!
//! It holds nothing secret. Whoever may write it may as well put the whole folder back to an
//! earlier state, which the bank's log shows.

use std::fs;
use std::io;
use std::path::PathBuf;

use crypto::Sha3;

use crate::{KeyChain, files};

const VERSION: u8 = 1;
const LEN: usize = 73;

/// A file beside a profile that follows its key's chain.
#[derive(Debug)]
pub struct ChainJournal {
    path: PathBuf,
}

impl ChainJournal {
    /// The journal at `path`, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Writes a position of `key` (its fingerprint) down, durably.
    pub(crate) fn record(&self, key: &Sha3, chain: KeyChain) -> io::Result<()> {
        let seq = chain.seq.to_be_bytes();
        let bytes = [[VERSION].as_slice(), key.as_bytes(), &seq, chain.prev.as_bytes()].concat();
        files::write_private(&self.path, &bytes)
    }

    /// The position of `key` written down last; `None` before its first, also where the journal is
    /// still its predecessor's.
    pub(crate) fn read(&self, key: &Sha3) -> io::Result<Option<KeyChain>> {
        let bytes = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let (owner, chain) = parse(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok((owner == *key).then_some(chain))
    }
}

fn parse(bytes: &[u8]) -> Option<(Sha3, KeyChain)> {
    let bytes: &[u8; LEN] = bytes.try_into().ok()?;
    let (version, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_first_chunk::<32>()?;
    let (seq, prev) = rest.split_first_chunk::<8>()?;
    let prev: [u8; 32] = prev.try_into().ok()?;
    let chain = KeyChain { seq: u64::from_be_bytes(*seq), prev: Sha3::from_bytes(prev) };
    (*version == VERSION).then_some((Sha3::from_bytes(*key), chain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_of_another_shape_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("alice.chain");
        let journal = ChainJournal::new(&path);
        assert_eq!(journal.read(&KEY).unwrap(), None);
        for bytes in [&[][..], &[1; LEN - 1], &[1; LEN + 1], &[2; LEN]] {
            fs::write(&path, bytes).unwrap();
            assert!(journal.read(&KEY).is_err(), "{} bytes", bytes.len());
        }
    }

    #[test]
    fn a_position_comes_back_to_its_own_key_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let journal = ChainJournal::new(folder.path().join("alice.chain"));
        let chain = KeyChain { seq: u64::MAX, prev: Sha3::from_bytes([9; 32]) };
        journal.record(&KEY, chain).unwrap();
        assert_eq!(journal.read(&KEY).unwrap(), Some(chain));
        assert_eq!(journal.read(&Sha3::from_bytes([5; 32])).unwrap(), None);
    }

    const KEY: Sha3 = Sha3::from_bytes([4; 32]);
}
