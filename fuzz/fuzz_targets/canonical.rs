//! The canonical JSON profile: what is accepted has one spelling.
#![no_main]

use intent::canonical;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = canonical::parse(data) {
        assert_eq!(canonical::write(&value), data, "accepted bytes are the canonical ones");
    }
});
