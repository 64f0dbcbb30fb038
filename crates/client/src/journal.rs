//! Where a key stands in its chain, written down before the position is used.
//!
//! ```text
//! u8  version, 1  |  u64 BE seq  |  32 prev        41 bytes, mode 0600, replaced atomically
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
const LEN: usize = 41;

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

    /// Writes a position down, durably.
    pub(crate) fn record(&self, chain: KeyChain) -> io::Result<()> {
        let seq = chain.seq.to_be_bytes();
        let bytes = [[VERSION].as_slice(), &seq, chain.prev.as_bytes()].concat();
        files::write_private(&self.path, &bytes)
    }

    /// The position written down last; `None` before the first.
    pub(crate) fn read(&self) -> io::Result<Option<KeyChain>> {
        let bytes = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        parse(&bytes).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

fn parse(bytes: &[u8]) -> Option<KeyChain> {
    let bytes: &[u8; LEN] = bytes.try_into().ok()?;
    let (version, rest) = bytes.split_first()?;
    let (seq, prev) = rest.split_first_chunk::<8>()?;
    let prev: [u8; 32] = prev.try_into().ok()?;
    let chain = KeyChain { seq: u64::from_be_bytes(*seq), prev: Sha3::from_bytes(prev) };
    (*version == VERSION).then_some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_of_another_shape_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("alice.chain");
        let journal = ChainJournal::new(&path);
        assert_eq!(journal.read().unwrap(), None);
        for bytes in [&[][..], &[1; LEN - 1], &[1; LEN + 1], &[2; LEN]] {
            fs::write(&path, bytes).unwrap();
            assert!(journal.read().is_err(), "{} bytes", bytes.len());
        }
    }

    #[test]
    fn a_position_comes_back_as_it_was_written() {
        let folder = tempfile::TempDir::new().unwrap();
        let journal = ChainJournal::new(folder.path().join("alice.chain"));
        let chain = KeyChain { seq: u64::MAX, prev: Sha3::from_bytes([9; 32]) };
        journal.record(chain).unwrap();
        assert_eq!(journal.read().unwrap(), Some(chain));
    }
}
