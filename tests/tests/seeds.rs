//! Every seed of the fuzz targets, and a few hundred changes of each: what `make fuzz` does for longer.

use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 14] = [
    ("canonical", targets::canonical),
    ("cbor", targets::cbor),
    ("certificate", targets::certificate),
    ("crl", targets::crl),
    ("csr", targets::csr),
    ("envelope", targets::envelope),
    ("external_statement", targets::external_statement),
    ("intent", targets::intent),
    ("note", targets::note),
    ("payment_file", targets::payment_file),
    ("proof", targets::proof),
    ("receipt", targets::receipt),
    ("token", targets::token),
    ("totp", targets::totp),
];
const CHANGES_OF_EACH: u64 = 300;

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = entries.map(|entry| stem(&entry.unwrap().path())).collect();
    names.sort();
    names
}

#[test]
fn every_seed_and_whatever_is_changed_in_it_is_read_or_refused() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let names = TARGETS.map(|(name, _)| name.to_owned());
    assert_eq!(names_in(&fuzz.join("fuzz_targets")), names);
    assert_eq!(names_in(&fuzz.join("seeds")), names);
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for entry in std::fs::read_dir(fuzz.join("seeds").join(name)).unwrap() {
            let path = entry.unwrap().path();
            let seed = std::fs::read(&path).unwrap();
            target(&seed);
            for number in 0..CHANGES_OF_EACH {
                let changed = change(&seed, number);
                let outcome = std::panic::catch_unwind(|| target(&changed));
                assert!(outcome.is_ok(), "{}, change {number}", path.display());
            }
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seed");
    }
}

/// A change of a seed that its number makes again.
fn change(seed: &[u8], number: u64) -> Vec<u8> {
    let mut random = Xorshift(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut changed = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(changed.len().max(1));
        let len = random.below(16).min(changed.len().saturating_sub(at));
        let byte = random.next().to_le_bytes()[0];
        match random.below(8) {
            0 => changed.truncate(at),
            1 => changed.insert(at, byte),
            2 => drop(changed.drain(at..at + len)),
            3 => changed.extend_from_within(at..at + len),
            4 => changed.splice(at..at + len, seed.iter().rev().take(len).copied()).for_each(drop),
            5 => changed.iter_mut().skip(at).take(1).for_each(|old| *old ^= byte),
            // Of the seed's own alphabet, so that what is changed still has the form.
            _ => {
                let other = seed.get(random.below(seed.len().max(1))).copied();
                changed.iter_mut().skip(at).take(1).zip(other).for_each(|(old, new)| *old = new);
            }
        }
    }
    changed
}

/// Xorshift64 (Marsaglia 2003): the same everywhere.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}
