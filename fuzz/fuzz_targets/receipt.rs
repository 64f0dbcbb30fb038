//! A receipt that somebody shows.
#![no_main]

use intent::Receipt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Receipt::from_json(data);
});
