//! A certificate request of a stranger.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::Csr;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = Csr::from_der(data) {
        let _ = request.verify();
    }
});
