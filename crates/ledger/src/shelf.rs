//! A map that knows what was put on it since it was loaded, and can be put back.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, each with a mark of how it got here.
///
/// The map's hasher is the standard keyed one: transfer ids are chosen by clients, and nobody
/// should be able to choose two thousand that collide.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Shelf<K: Eq + Hash, V> {
    slots: HashMap<K, Slot<V>>,
    /// Keys whose mark is not `Loaded`, in the order of their first change.
    touched: Vec<K>,
}

/// A value with its mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slot<V> {
    value: V,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mark {
    /// As it was loaded.
    Loaded,
    /// Loaded, and changed since.
    Updated,
    /// Not loaded: it did not exist before.
    Created,
}

impl<K: Copy + Eq + Hash + Ord, V> Shelf<K, V> {
    pub(crate) fn new() -> Self {
        Self { slots: HashMap::new(), touched: Vec::new() }
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.slots.get(&key).map(|slot| &slot.value)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Adds a stored value; `false`, changing nothing, where the key is taken.
    #[must_use]
    pub(crate) fn load(&mut self, key: K, value: V) -> bool {
        let free = !self.slots.contains_key(&key);
        if free {
            self.slots.insert(key, Slot { value, mark: Mark::Loaded });
        }
        free
    }

    /// Adds or replaces a value and marks it.
    pub(crate) fn put(&mut self, key: K, value: V) {
        let Some(slot) = self.slots.get_mut(&key) else {
            self.touched.push(key);
            self.slots.insert(key, Slot { value, mark: Mark::Created });
            return;
        };
        slot.value = value;
        if slot.mark == Mark::Loaded {
            slot.mark = Mark::Updated;
            self.touched.push(key);
        }
    }

    /// Everything, in key order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &V> {
        let mut slots: Vec<_> = self.slots.iter().collect();
        slots.sort_unstable_by_key(|(key, _)| **key);
        slots.into_iter().map(|(_, slot)| &slot.value)
    }

    /// What was created or updated, in key order.
    pub(crate) fn touched(&self) -> impl Iterator<Item = &V> {
        self.touched_slots().map(|slot| &slot.value)
    }

    /// What did not exist before, in key order.
    pub(crate) fn created(&self) -> impl Iterator<Item = &V> {
        self.touched_slots().filter(|slot| slot.mark == Mark::Created).map(|slot| &slot.value)
    }

    /// What was loaded and has changed, in key order.
    pub(crate) fn updated(&self) -> impl Iterator<Item = &V> {
        self.touched_slots().filter(|slot| slot.mark == Mark::Updated).map(|slot| &slot.value)
    }

    fn touched_slots(&self) -> impl Iterator<Item = &Slot<V>> {
        let mut keys = self.touched.clone();
        keys.sort_unstable();
        keys.into_iter().filter_map(|key| self.slots.get(&key))
    }

    /// Takes what is here for what is stored: nothing is touched any more.
    pub(crate) fn settle(&mut self) {
        for key in self.touched.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.mark = Mark::Loaded;
            }
        }
    }
}

impl<K: Copy + Eq + Hash + Ord, V: Copy> Shelf<K, V> {
    /// What is under `key` now, for [`Shelf::restore`].
    pub(crate) fn save(&self, key: K) -> Saved<K, V> {
        Saved { key, slot: self.slots.get(&key).copied(), touched_len: self.touched.len() }
    }

    /// Undoes every `put` since `saved`, if all later saves have been restored before.
    pub(crate) fn restore(&mut self, saved: Saved<K, V>) {
        match saved.slot {
            Some(slot) => self.slots.insert(saved.key, slot),
            None => self.slots.remove(&saved.key),
        };
        self.touched.truncate(saved.touched_len);
    }
}

/// One slot as it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved<K, V> {
    key: K,
    slot: Option<Slot<V>>,
    touched_len: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_a_taken_key_changes_nothing() {
        let mut shelf = Shelf::new();
        assert!(shelf.load(1, "a"));
        assert!(!shelf.load(1, "b"));
        assert_eq!(shelf.get(1), Some(&"a"));
    }

    #[test]
    fn restoring_in_reverse_returns_to_the_start() {
        let mut shelf = Shelf::new();
        assert!(shelf.load(1, "a"));
        shelf.put(2, "b");
        let start = shelf.clone();
        let mut saves = Vec::new();
        for (key, value) in [(3, "c"), (1, "d"), (3, "e"), (2, "f"), (1, "g")] {
            saves.push(shelf.save(key));
            shelf.put(key, value);
        }
        for saved in saves.into_iter().rev() {
            shelf.restore(saved);
        }
        assert_eq!(shelf, start);
    }

    #[test]
    fn changes_are_listed_once_in_key_order() {
        let mut shelf = Shelf::new();
        assert!(shelf.load(5, 50) && shelf.load(1, 10) && shelf.load(3, 30));
        for (key, value) in [(5, 51), (2, 20), (5, 52), (1, 11)] {
            shelf.put(key, value);
        }
        assert_eq!(shelf.touched().copied().collect::<Vec<_>>(), [11, 20, 52]);
        assert_eq!(shelf.created().copied().collect::<Vec<_>>(), [20]);
        assert_eq!(shelf.updated().copied().collect::<Vec<_>>(), [11, 52]);
        assert_eq!(shelf.all().copied().collect::<Vec<_>>(), [11, 20, 30, 52]);
        shelf.settle();
        assert_eq!(shelf.touched().count(), 0);
    }
}
