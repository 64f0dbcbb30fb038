//! A revocation list that somebody shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::Crl;

fuzz_target!(|data: &[u8]| {
    let _ = Crl::from_der(data);
});
