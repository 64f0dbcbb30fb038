//! The signed document of a stranger.
#![no_main]

use intent::Intent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(intent) = Intent::parse(data) {
        assert_eq!(intent.canonical(), data, "accepted bytes are kept");
    }
});
