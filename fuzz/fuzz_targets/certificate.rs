//! A certificate that somebody shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::Certificate;

fuzz_target!(|data: &[u8]| {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data, "there is one encoding");
        let _ = pki::show(&certificate);
        let _ = pki::verify_any(&certificate, None, 1_780_000_000);
    }
});
