//! When the statements of a group commit are planned anew.
//!
//! A plan that was made while the tables were small would read all of an index when they have grown; planning every statement of
//! a group commit holds that one up for ten milliseconds and more. So plans last until this poster has written as much again as
//! before they were made, and no longer than a while: another one writes too.

use std::time::Duration;

/// No plan is made anew before it is this old, however much is written: the tables double in no time while they are small.
const KEPT_AT_LEAST: Duration = Duration::from_secs(1);
/// Every plan is made anew after so long: a table that few write to, as that of holds, may have been empty among large ones.
const KEPT_AT_MOST: Duration = Duration::from_secs(10);

/// The age of a poster's plans, in time and in what was written since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plans {
    made_at: Duration,
    /// Transfers and records that were written when they were made, by this poster.
    made_after: u64,
    written: u64,
}

impl Plans {
    /// Plans that are made from now on, `now` after the start of the process.
    pub(super) const fn new(now: Duration) -> Self {
        Self { made_at: now, made_after: 0, written: 0 }
    }

    /// So many transfers or records more were written, or nearly: those that failed count too.
    pub(super) fn wrote(&mut self, more: usize) {
        self.written = self.written.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
    }

    /// Whether they are to be made anew.
    pub(super) fn are_old(&self, now: Duration) -> bool {
        let age = now.saturating_sub(self.made_at);
        let has_doubled = self.written > self.made_after.saturating_mul(2);
        age > KEPT_AT_MOST || (age > KEPT_AT_LEAST && has_doubled)
    }

    /// They are made anew.
    pub(super) const fn renew(&mut self, now: Duration) {
        (self.made_at, self.made_after) = (now, self.written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn plans_are_made_anew_when_what_was_written_has_doubled_or_they_are_old() {
        let mut plans = Plans::new(seconds(100));
        assert!(!plans.are_old(seconds(110)), "nothing was written");
        plans.wrote(1);
        assert!(!plans.are_old(seconds(101)));
        assert!(plans.are_old(seconds(102)));
        plans.wrote(999);
        plans.renew(seconds(102));
        plans.wrote(1_000);
        assert!(!plans.are_old(seconds(112)), "as much again, and not more");
        assert!(plans.are_old(seconds(113)));
        plans.wrote(1);
        assert!(!plans.are_old(seconds(103)));
        assert!(plans.are_old(seconds(104)));
    }
}
