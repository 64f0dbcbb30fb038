//! A signed checkpoint that somebody shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::{Checkpoint, SignedNote};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(note) = SignedNote::from_text(text) {
        let _ = Checkpoint::from_text(note.body());
    }
    let _ = Checkpoint::from_text(text);
});
