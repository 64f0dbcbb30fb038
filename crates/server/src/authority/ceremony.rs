//! The root in shares: made offline, split so that any *m* of *n* custodians together have it and fewer have nothing.
//!
//! ```text
//! share = m (1) || n (1) || index (1) || SHA3-256 of the root certificate (32)
//!      || n x SHA3-256 of a share's points (32 each) || points (1 + length of the seed)
//! ```
//!
//! A share is sealed under its custodian's passphrase in a [`KeyFile`]. The points are Shamir's, over GF(256), by
//! `blahaj`. Every share knows the hashes of all others: one that was damaged, or altered by its own custodian, is named
//! as soon as most of those given agree.
//!
//! # Security
//!
//! The seed of the root exists in the memory of the machine of the ceremony, and nowhere else whole. Fewer than *m* shares
//! say nothing about it (Shamir 1979); the hashes are of random points of at least 32 bytes.

use std::path::Path;

use blahaj::Sharks;
use crypto::{CryptoError, SecretBytes, Sha3, SigningKey, Suite, random, sha3_256};
use intent::{BankId, UtcMicros};
use pki::Certificate;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use thiserror::Error;

use super::keyfile::{KeyFile, KeyFileError, KeyPurpose};
use super::keys::AuthorityError;
use super::succession;

const HASH_LEN: usize = 32;
/// Threshold, number of shares, index, root.
const HEADER_LEN: usize = 3 + HASH_LEN;
/// Custodians of one root, at most: more would not meet.
pub const SHARES_MAX: u8 = 16;
/// One share that opens everything would be no share.
pub const THRESHOLD_MIN: u8 = 2;

/// What a ceremony is to make.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose root.
    pub bank: BankId,
    /// Name of the bank for people, in the certificates.
    pub name: String,
    /// Suite of the root, and of everything below it.
    pub suite: Suite,
    /// How many custodians together have the root.
    pub threshold: u8,
    /// How many custodians there are.
    pub shares: u8,
}

/// One custodian's part of the root.
pub struct Share {
    bank: BankId,
    suite: Suite,
    secret: SecretBytes,
}

/// A root that exists in shares only.
#[derive(Debug)]
pub struct Dealt {
    /// Its certificate; not secret.
    pub root: Certificate,
    /// Its shares, by index from 1.
    pub shares: Vec<Share>,
}

/// Makes a root and deals its shares.
pub fn deal(plan: &Plan, now: UtcMicros) -> Result<Dealt, CeremonyError> {
    let fits = plan.threshold >= THRESHOLD_MIN
        && plan.threshold <= plan.shares
        && plan.shares <= SHARES_MAX;
    if !fits {
        return Err(CeremonyError::Plan);
    }
    let key = SigningKey::generate(plan.suite)?;
    let seed = key.seed();
    let root = succession::create_root(&key, &plan.name, now)?;
    // The dealer's generator takes all its entropy from the one source.
    let mut entropy = StdRng::from_seed(random()?);
    let points: Vec<SecretBytes> = Sharks(plan.threshold)
        .dealer_rng(seed.expose(), &mut entropy)
        .take(usize::from(plan.shares))
        .map(|share| SecretBytes::new(Vec::from(&share)))
        .collect();
    let hashes: Vec<Sha3> = points.iter().map(|points| sha3_256(points.expose())).collect();
    let shares = (1..=plan.shares)
        .zip(&points)
        .map(|(index, points)| {
            let mut layout = vec![plan.threshold, plan.shares, index];
            layout.extend_from_slice(root.fingerprint().as_bytes());
            for hash in &hashes {
                layout.extend_from_slice(hash.as_bytes());
            }
            layout.extend_from_slice(points.expose());
            let secret = SecretBytes::new(layout);
            Share { bank: plan.bank.clone(), suite: plan.suite, secret }
        })
        .collect();
    Ok(Dealt { root, shares })
}

/// Puts the root together from shares, in any order.
///
/// # Errors
///
/// The first share that is of another root, comes twice or was altered, by its index; shares that contradict each other
/// without a majority; too few of them.
pub fn recover(root: &Certificate, shares: &[Share]) -> Result<SigningKey, CeremonyError> {
    let parts = shares.iter().map(Share::read).collect::<Result<Vec<_>, _>>()?;
    // What most shares say of all of them is what was dealt.
    let agreeing = |one: &Parts<'_>| {
        let same =
            |other: &&Parts<'_>| (other.threshold, other.hashes) == (one.threshold, one.hashes);
        parts.iter().filter(same).count()
    };
    let dealt = parts
        .iter()
        .max_by_key(|one| agreeing(one))
        .ok_or(CeremonyError::TooFew { needed: THRESHOLD_MIN, given: 0 })?;
    for (at, part) in parts.iter().enumerate() {
        if *part.root != *root.fingerprint().as_bytes() {
            return Err(CeremonyError::OtherRoot(part.index));
        }
        if parts.iter().take(at).any(|earlier| earlier.index == part.index) {
            return Err(CeremonyError::Twice(part.index));
        }
    }
    if agreeing(dealt).saturating_mul(2) <= parts.len() {
        return Err(CeremonyError::Disagree);
    }
    for part in &parts {
        let place = usize::from(part.index).saturating_sub(1);
        let hash = dealt.hashes.chunks_exact(HASH_LEN).nth(place);
        let is_whole = hash == Some(sha3_256(part.points).as_bytes().as_slice());
        if !is_whole || part.hashes != dealt.hashes || part.threshold != dealt.threshold {
            return Err(CeremonyError::Damaged(part.index));
        }
    }
    let (needed, given) = (dealt.threshold, parts.len());
    if given < usize::from(needed) {
        return Err(CeremonyError::TooFew { needed, given });
    }
    let points = parts
        .iter()
        .map(|part| blahaj::Share::try_from(part.points))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| CeremonyError::Malformed)?;
    let seed = Sharks(needed).recover(&points).map_err(|_| CeremonyError::Malformed)?;
    let seed = SecretBytes::new(seed);
    let key = SigningKey::from_seed(root.public_key().suite(), seed.expose())?;
    if key.public_key() == root.public_key() { Ok(key) } else { Err(CeremonyError::NotTheRoot) }
}

impl Share {
    /// Name of a share's file.
    #[must_use]
    pub fn file_name(index: u8) -> String {
        format!("root-share-{index}.key")
    }

    /// Its number, from 1.
    pub fn index(&self) -> Result<u8, CeremonyError> {
        Ok(self.read()?.index)
    }

    /// SHA3-256 of its points: names it in a transcript and says nothing about it.
    pub fn hash(&self) -> Result<Sha3, CeremonyError> {
        Ok(sha3_256(self.read()?.points))
    }

    /// Writes it, sealed under its custodian's passphrase.
    pub fn create(&self, path: &Path, passphrase: &SecretBytes) -> Result<(), CeremonyError> {
        let (purpose, secret) = (KeyPurpose::RootShare, self.secret.duplicate());
        let file = KeyFile::holding(&self.bank, self.suite, purpose, secret)?;
        Ok(file.create(path, passphrase)?)
    }

    /// Reads it again.
    pub fn open(
        path: &Path,
        bank: &BankId,
        passphrase: &SecretBytes,
    ) -> Result<Self, CeremonyError> {
        let file = KeyFile::open(path, bank, passphrase)?;
        let secret = file.secret(KeyPurpose::RootShare)?.duplicate();
        let share = Self { bank: bank.clone(), suite: file.suite(), secret };
        share.read()?;
        Ok(share)
    }

    fn read(&self) -> Result<Parts<'_>, CeremonyError> {
        let parts = || {
            let (header, rest) = self.secret.expose().split_at_checked(HEADER_LEN)?;
            let ([threshold, count, index], root) = header.split_first_chunk()?;
            let hashes_len = usize::from(*count).checked_mul(HASH_LEN)?;
            let (hashes, points) = rest.split_at_checked(hashes_len)?;
            let is_whole = (1..=*count).contains(index)
                && points.len() == self.suite.seed_len().saturating_add(1)
                && points.first() == Some(index);
            is_whole.then_some(Parts { threshold: *threshold, index: *index, root, hashes, points })
        };
        parts().ok_or(CeremonyError::Malformed)
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Share of {}", self.bank)
    }
}

struct Parts<'a> {
    threshold: u8,
    index: u8,
    root: &'a [u8],
    hashes: &'a [u8],
    points: &'a [u8],
}

/// Why a ceremony does not go on.
#[derive(Debug, Error)]
pub enum CeremonyError {
    /// A threshold that is no threshold.
    #[error(
        "the threshold must be 2 at least, and no more than the shares, of which there are 16 at most"
    )]
    Plan,
    /// A key file holds something else than a share.
    #[error("this is no share of a root")]
    Malformed,
    /// A share of another ceremony.
    #[error("share {0} is of another root")]
    OtherRoot(u8),
    /// The same share again.
    #[error("share {0} was given twice")]
    Twice(u8),
    /// A share is not the one that was dealt.
    #[error("share {0} is damaged or was altered")]
    Damaged(u8),
    /// As many shares say one thing as another: which was altered cannot be told.
    #[error("the shares contradict each other, and too few were given to tell which was altered")]
    Disagree,
    /// Not enough custodians.
    #[error("{needed} shares are needed and {given} were given")]
    TooFew {
        /// The threshold.
        needed: u8,
        /// How many there were.
        given: usize,
    },
    /// The shares agree with each other and make another key.
    #[error("the shares do not make the key of this root")]
    NotTheRoot,
    /// A share's file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A certificate.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The cryptographic provider failed.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMicros = UtcMicros::from_micros(1_795_305_600_000_000);

    fn plan(threshold: u8, shares: u8) -> Plan {
        let bank = "one".parse().unwrap();
        Plan { bank, name: "One".to_owned(), suite: Suite::Standard, threshold, shares }
    }

    fn pick(dealt: &Dealt, which: &[usize]) -> Vec<Share> {
        let copy = |at: &usize| {
            let Share { bank, suite, secret } = &dealt.shares[*at];
            Share { bank: bank.clone(), suite: *suite, secret: secret.duplicate() }
        };
        which.iter().map(copy).collect()
    }

    fn altered(share: &Share, at: usize) -> Share {
        let mut bytes = share.secret.expose().to_vec();
        bytes[at] ^= 1;
        Share { bank: share.bank.clone(), suite: share.suite, secret: SecretBytes::new(bytes) }
    }

    #[test]
    fn any_three_of_five_have_the_root_and_any_two_have_nothing() {
        let dealt = deal(&plan(3, 5), NOW).unwrap();
        for one in 0..5 {
            for two in 0..one {
                let few = recover(&dealt.root, &pick(&dealt, &[one, two]));
                let needed = matches!(few, Err(CeremonyError::TooFew { needed: 3, given: 2 }));
                assert!(needed, "{one} {two}");
                for three in 0..two {
                    let key = recover(&dealt.root, &pick(&dealt, &[one, two, three])).unwrap();
                    assert_eq!(key.public_key(), dealt.root.public_key());
                }
            }
        }
        assert!(recover(&dealt.root, &pick(&dealt, &[0, 1, 2, 3, 4])).is_ok());
        assert!(matches!(recover(&dealt.root, &[]), Err(CeremonyError::TooFew { given: 0, .. })));
    }

    #[test]
    fn who_lowers_the_threshold_gets_another_key() {
        let dealt = deal(&plan(3, 5), NOW).unwrap();
        let lowered: Vec<Share> = pick(&dealt, &[0, 1])
            .into_iter()
            .map(|share| {
                let mut bytes = share.secret.expose().to_vec();
                bytes[0] = 2;
                Share { secret: SecretBytes::new(bytes), ..share }
            })
            .collect();
        assert!(matches!(recover(&dealt.root, &lowered), Err(CeremonyError::NotTheRoot)));
    }

    #[test]
    fn a_damaged_altered_doubled_or_foreign_share_is_named() {
        let (dealt, other) = (deal(&plan(3, 5), NOW).unwrap(), deal(&plan(3, 5), NOW).unwrap());
        let len = dealt.shares[0].secret.len();
        // The threshold, hashes of the others, its own hash, its points; wherever its custodian alters it.
        for at in [0, HEADER_LEN, HEADER_LEN + 4 * HASH_LEN, HEADER_LEN + 5 * HASH_LEN + 1, len - 1]
        {
            for place in 0..3 {
                let mut shares = pick(&dealt, &[0, 2, 4]);
                let index = shares[place].index().unwrap();
                shares[place] = altered(&shares[place], at);
                let refused = recover(&dealt.root, &shares).err();
                let named = matches!(refused, Some(CeremonyError::Damaged(it)) if it == index);
                assert!(named, "byte {at} of share {index}: {refused:?}");
            }
        }
        // One word against another: neither is blamed.
        let mut two = pick(&dealt, &[0, 1]);
        two[1] = altered(&two[1], HEADER_LEN);
        assert!(matches!(recover(&dealt.root, &two), Err(CeremonyError::Disagree)));
        let twice = recover(&dealt.root, &pick(&dealt, &[0, 1, 1]));
        assert!(matches!(twice, Err(CeremonyError::Twice(2))));
        let mut mixed = pick(&dealt, &[0, 1]);
        mixed.extend(pick(&other, &[3]));
        let foreign = recover(&dealt.root, &mixed);
        assert!(matches!(foreign, Err(CeremonyError::OtherRoot(4))), "{foreign:?}");
    }

    #[test]
    fn a_share_opens_under_its_own_passphrase_only_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let dealt = deal(&plan(2, 2), NOW).unwrap();
        let (share, bank) = (&dealt.shares[0], "one".parse().unwrap());
        let path = folder.path().join(Share::file_name(1));
        let passphrase = SecretBytes::new(b"first custodian".to_vec());
        share.create(&path, &passphrase).unwrap();
        let read = Share::open(&path, &bank, &passphrase).unwrap();
        assert_eq!(read.secret.expose(), share.secret.expose());
        let other = SecretBytes::new(b"second custodian".to_vec());
        let refused = Share::open(&path, &bank, &other);
        assert!(matches!(refused, Err(CeremonyError::KeyFile(KeyFileError::Passphrase))));
        assert_eq!(format!("{share:?}"), "Share of one");
    }

    #[test]
    fn a_threshold_of_one_or_beyond_the_shares_is_no_ceremony() {
        for (threshold, shares) in [(0, 3), (1, 3), (4, 3), (2, 17)] {
            assert!(matches!(deal(&plan(threshold, shares), NOW), Err(CeremonyError::Plan)));
        }
    }
}
