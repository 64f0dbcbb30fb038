//! Which request counters of a session were used: a bitmap of the last 1,024.

/// How far behind the highest counter a request may arrive. Fixed by the wire protocol.
pub const WINDOW_LEN: u64 = 1024;
const WORDS: usize = 16;
const WORD_BITS: u64 = 64;

/// The counters used, of which the highest is `highest`; bit 0 stands for it, bit n for `highest - n`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ReplayWindow {
    highest: Option<u64>,
    used: [u64; WORDS],
}

impl ReplayWindow {
    /// Whether `counter` is new; from now on it is used.
    ///
    /// Ask only after the MAC over the counter was verified: otherwise anyone could use counters up.
    pub fn accept(&mut self, counter: u64) -> bool {
        let Some(highest) = self.highest else {
            self.highest = Some(counter);
            self.set(0);
            return true;
        };
        if let Some(ahead) = counter.checked_sub(highest) {
            if ahead == 0 {
                return false;
            }
            self.shift(ahead);
            self.highest = Some(counter);
            self.set(0);
            return true;
        }
        let behind = highest.abs_diff(counter);
        if behind >= WINDOW_LEN || self.is_set(behind) {
            return false;
        }
        self.set(behind);
        true
    }

    fn is_set(&self, behind: u64) -> bool {
        let (word, bit) = position(behind);
        self.used.get(word).is_some_and(|used| used & bit != 0)
    }

    fn set(&mut self, behind: u64) {
        let (word, bit) = position(behind);
        if let Some(used) = self.used.get_mut(word) {
            *used |= bit;
        }
    }

    /// Moves every bit `ahead` places back; what leaves the window is forgotten, and refused by its distance.
    fn shift(&mut self, ahead: u64) {
        if ahead >= WINDOW_LEN {
            self.used = [0; WORDS];
            return;
        }
        let old = self.used;
        let (words, _) = position(ahead);
        let bits = ahead % WORD_BITS;
        for (at, target) in self.used.iter_mut().enumerate() {
            let word = |back: usize| {
                at.checked_sub(words)
                    .and_then(|at| at.checked_sub(back))
                    .and_then(|at| old.get(at))
                    .copied()
                    .unwrap_or_default()
            };
            let carried = if bits == 0 { 0 } else { word(1) >> WORD_BITS.abs_diff(bits) };
            *target = (word(0) << bits) | carried;
        }
    }
}

/// Word and bit of a distance below [`WINDOW_LEN`].
fn position(behind: u64) -> (usize, u64) {
    let word = usize::try_from(behind / WORD_BITS).unwrap_or(usize::MAX);
    (word, 1 << (behind % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_counter_is_accepted_once() {
        let mut window = ReplayWindow::default();
        assert!(window.accept(5));
        assert!(!window.accept(5));
        assert!(window.accept(4));
        assert!(!window.accept(4));
    }

    #[test]
    fn the_oldest_place_of_the_window_is_the_last_one_accepted() {
        let mut window = ReplayWindow::default();
        assert!(window.accept(10_000));
        assert!(window.accept(10_000 - 1023));
        assert!(!window.accept(10_000 - 1024));
    }

    #[test]
    fn a_leap_forgets_nothing_that_could_come_back() {
        let mut window = ReplayWindow::default();
        assert!(window.accept(1));
        assert!(window.accept(u64::MAX));
        assert!(!window.accept(1));
        assert!(!window.accept(u64::MAX));
        assert!(window.accept(u64::MAX - 1));
    }

    proptest! {
        /// The model: a set of every counter ever used.
        #[test]
        fn the_bitmap_agrees_with_a_set(steps in prop::collection::vec(0_u64..3_000, 1..400)) {
            let mut window = ReplayWindow::default();
            let mut used = BTreeSet::new();
            for counter in steps {
                let highest = used.last().copied().unwrap_or(counter);
                let expected = !used.contains(&counter) && highest.saturating_sub(counter) < WINDOW_LEN;
                prop_assert_eq!(window.accept(counter), expected);
                if expected {
                    used.insert(counter);
                }
            }
        }
    }
}
