//! Sizes as they are typed and shown, and the disk that they take.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::str::FromStr;

use nix::sys::statvfs::statvfs;
use thiserror::Error;

use super::load::Scenario;
use crate::failure::Failure;

const K: u32 = 1_000;
const M: u32 = 1_000_000;

/// How many of something: `1000`, `100k`, `10M`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Size(u32);

/// What is no size.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("write a number below four billion, such as 1000, 100k or 10M")]
pub(super) struct NoSize;

impl Size {
    pub(super) const fn new(count: u32) -> Self {
        Self(count)
    }

    pub(super) const fn get(self) -> u32 {
        self.0
    }

    pub(super) fn count(self) -> u64 {
        self.0.into()
    }
}

impl FromStr for Size {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let (digits, unit) = match (text.strip_suffix('k'), text.strip_suffix('M')) {
            (Some(digits), _) => (digits, K),
            (_, Some(digits)) => (digits, M),
            (None, None) => (text, 1),
        };
        // A sign is none of a size's.
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = digits.parse().ok().filter(|_| is_number).ok_or(NoSize)?;
        count.checked_mul(unit).map(Self).ok_or(NoSize)
    }
}

impl Display for Size {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.pad("0"),
            count if count.is_multiple_of(M) => f.pad(&format!("{}M", count / M)),
            count if count.is_multiple_of(K) => f.pad(&format!("{}k", count / K)),
            count => f.pad(&count.to_string()),
        }
    }
}

/// Whether each size is larger than the one before it: what is there is not taken away again.
pub(super) fn are_growing(sizes: &[Size]) -> bool {
    sizes.is_sorted_by(|one, next| one < next)
}

/// What is filled in before and between measurements, for the disk that it takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Needs {
    /// Accounts filled in by SQL.
    pub(super) accounts: u64,
    /// Transfers posted in batches of 1,000.
    pub(super) transfers: u64,
    /// Signatures of one transfer, each with its leaf.
    pub(super) leaves: u64,
}

impl Needs {
    /// A cluster with pgbench's database and as much WAL as it keeps under load (`max_wal_size` is 4 GB, and soft).
    const CLUSTER_BYTES: u64 = 8_000_000_000;
    /// 465 bytes where nothing has been paid yet: a row in a page that is half full, and three indexes.
    const ACCOUNT_BYTES: u64 = 500;
    /// 224 bytes in `transfers`, 413 in `entries`, 269 in `records`, indexes included (docs/benchmarks.md).
    const TRANSFER_BYTES: u64 = 1_000;
    /// 8,400 bytes in `records`, most of it the signed document, 600 for transfer and entries, up to 460 in `payees`, a checkpoint
    /// of 8,500 for each group commit.
    const LEAF_BYTES: u64 = 10_000;

    /// What so many measurements of `single` write at most: a closed loop, and an open one at half its rate.
    pub(super) fn of_measurements(measurements: u64, seconds: u32) -> Self {
        let closed = u64::try_from(Scenario::Single.shots_for(seconds)).unwrap_or(u64::MAX);
        let each = closed.saturating_add(closed / 2);
        Self { leaves: measurements.saturating_mul(each), ..Self::default() }
    }

    pub(super) const fn and(self, more: Self) -> Self {
        Self {
            accounts: self.accounts.saturating_add(more.accounts),
            transfers: self.transfers.saturating_add(more.transfers),
            leaves: self.leaves.saturating_add(more.leaves),
        }
    }

    /// An estimate, rather too high.
    pub(super) const fn bytes(self) -> u64 {
        Self::CLUSTER_BYTES
            .saturating_add(self.accounts.saturating_mul(Self::ACCOUNT_BYTES))
            .saturating_add(self.transfers.saturating_mul(Self::TRANSFER_BYTES))
            .saturating_add(self.leaves.saturating_mul(Self::LEAF_BYTES))
    }
}

/// Refuses what would fill the disk of `folder`, before anything is done.
///
/// # Errors
///
/// [`Failure`] where it does not fit; where the system does not say how much is free, nothing is refused.
pub(super) fn check_disk(folder: &Path, bytes: u64) -> Result<(), Failure> {
    let Ok(disk) = statvfs(folder) else { return Ok(()) };
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    fits(folder, bytes, free)
}

fn fits(folder: &Path, bytes: u64, free: u64) -> Result<(), Failure> {
    if bytes <= free {
        return Ok(());
    }
    // Up and down: what is missing is never rounded away.
    let (needed, free) = (bytes.div_ceil(1_000_000_000), free / 1_000_000_000);
    let folder = folder.display();
    let what = format!("this takes about {needed} GB in {folder}, where {free} GB are free");
    Err(Failure::usage(what).next("set TMPDIR to a folder on a larger disk, or ask for less"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_in_their_shortest_form() {
        let shown = |text: &str| text.parse::<Size>().map(|size| size.to_string());
        let cases = [("0", "0"), ("7", "7"), ("1000", "1k"), ("100k", "100k"), ("1500", "1500")];
        for (typed, is) in [cases.as_slice(), &[("10M", "10M"), ("2500k", "2500k")]].concat() {
            assert_eq!(shown(typed), Ok(is.to_owned()), "{typed}");
        }
        assert_eq!("10M".parse(), Ok(Size::new(10_000_000)));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for typed in ["", "k", "M", "-1", "+1", "1.5M", "1K", "10 M", "1kk", "5000M", "4294967296"]
        {
            assert_eq!(typed.parse::<Size>(), Err(NoSize), "{typed}");
        }
    }

    #[test]
    fn sizes_grow() {
        let growing =
            |sizes: &[u32]| are_growing(&sizes.iter().copied().map(Size).collect::<Vec<_>>());
        assert!(growing(&[]) && growing(&[0]) && growing(&[0, 1, 10]));
        assert!(!growing(&[1, 1]) && !growing(&[10, 1]));
    }

    #[test]
    fn ten_million_leaves_take_ten_times_a_million() {
        let leaves =
            |leaves| Needs { leaves, ..Needs::default() }.bytes() - Needs::default().bytes();
        assert_eq!(leaves(10_000_000), 10 * leaves(1_000_000));
        assert_eq!(leaves(1_000_000), 10_000_000_000);
        let measured = Needs::of_measurements(3, 5);
        assert_eq!(measured.leaves, 3 * (45_000 + 22_500));
        let all = measured.and(Needs { accounts: 1, transfers: 2, leaves: 3 });
        assert_eq!(all, Needs { accounts: 1, transfers: 2, leaves: measured.leaves + 3 });
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_just_fits_is_not() {
        let folder = Path::new("/tmp");
        assert!(fits(folder, 64_000_000_000, 64_000_000_000).is_ok());
        let refused = format!("{:?}", fits(folder, 64_000_000_001, 64_000_000_000));
        assert!(refused.contains("about 65 GB in /tmp, where 64 GB are free"), "{refused}");
    }
}
