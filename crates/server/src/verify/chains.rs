//! Each key's own chain: `seq` counts what it signed, `prev` names what it signed before.
//!
//! Intents of one key may reach the log in another order than they were signed in, and some never reach it (a device was
//! offline, a request was refused at the door). So a hole is no fault; it is told, and its owner can say what it was.

use std::collections::{BTreeMap, HashMap};

use crypto::Sha3;

/// Intents of one key that wait for an earlier one; beyond that the hole is taken for final.
const WAITING_MAX: usize = 64;

/// The chains of all keys.
#[derive(Default)]
pub(super) struct Chains {
    keys: HashMap<Sha3, Chain>,
}

#[derive(Default)]
struct Chain {
    seq: u64,
    digest: Option<Sha3>,
    waiting: BTreeMap<u64, Link>,
    /// Positions that never arrived.
    holes: u64,
    /// Links that do not name the one before.
    broken: u64,
}

#[derive(Clone, Copy)]
struct Link {
    prev: Sha3,
    digest: Sha3,
}

impl Chains {
    /// A key goes on under a certificate: what it signed before, it signed as `from`.
    pub(super) fn rename(&mut self, from: &Sha3, to: Sha3) {
        if let Some(chain) = self.keys.remove(from) {
            self.keys.insert(to, chain);
        }
    }

    /// Adds what `key` signed.
    pub(super) fn add(&mut self, key: Sha3, seq: u64, prev: Sha3, digest: Sha3) {
        let chain = self.keys.entry(key).or_default();
        chain.waiting.insert(seq, Link { prev, digest });
        chain.drain();
    }

    /// Per key: positions that are missing, and links that are broken.
    pub(super) fn finish(self) -> impl Iterator<Item = (Sha3, u64, u64)> {
        self.keys.into_iter().filter_map(|(key, mut chain)| {
            while !chain.waiting.is_empty() {
                chain.skip_hole();
                chain.drain();
            }
            (chain.holes > 0 || chain.broken > 0).then_some((key, chain.holes, chain.broken))
        })
    }
}

impl Chain {
    fn drain(&mut self) {
        loop {
            while let Some(link) = self.waiting.remove(&self.seq.saturating_add(1)) {
                self.seq = self.seq.saturating_add(1);
                if self.digest.is_some_and(|digest| digest != link.prev) {
                    self.broken = self.broken.saturating_add(1);
                }
                self.digest = Some(link.digest);
            }
            if self.waiting.len() <= WAITING_MAX {
                return;
            }
            self.skip_hole();
        }
    }

    fn skip_hole(&mut self) {
        let Some((next, link)) = self.waiting.pop_first() else { return };
        let missing = next.saturating_sub(self.seq).saturating_sub(1);
        if next <= self.seq {
            // The same position twice: two different intents claim it.
            self.broken = self.broken.saturating_add(1);
            return;
        }
        self.holes = self.holes.saturating_add(missing);
        self.seq = next;
        self.digest = Some(link.digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u64) -> Sha3 {
        crypto::sha3_256(&n.to_be_bytes())
    }

    fn add(chains: &mut Chains, seq: u64) {
        chains.add(digest(0), seq, digest(seq.saturating_sub(1)), digest(seq));
    }

    #[test]
    fn a_chain_in_any_order_has_no_hole() {
        let mut chains = Chains::default();
        for seq in [1, 3, 2, 5, 4, 6] {
            add(&mut chains, seq);
        }
        assert_eq!(chains.finish().count(), 0);
    }

    #[test]
    fn a_position_that_never_came_and_a_wrong_link_are_told() {
        let mut chains = Chains::default();
        for seq in [1, 2, 5] {
            add(&mut chains, seq);
        }
        chains.add(digest(0), 6, digest(99), digest(6));
        assert_eq!(chains.finish().collect::<Vec<_>>(), [(digest(0), 2, 1)]);
    }

    #[test]
    fn many_after_a_hole_are_not_kept_for_ever() {
        let mut chains = Chains::default();
        (2..500).for_each(|seq| add(&mut chains, seq));
        assert!(chains.keys.values().all(|chain| chain.waiting.len() <= WAITING_MAX));
        assert_eq!(chains.finish().collect::<Vec<_>>(), [(digest(0), 1, 0)]);
    }
}
