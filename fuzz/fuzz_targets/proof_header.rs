//! The proof headers of a request.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use server::sessions::proof::{DIGEST_HEADER, PROOF_HEADER, Presented};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let headers: HeaderMap = [PROOF_HEADER, DIGEST_HEADER]
        .into_iter()
        .filter_map(|name| {
            let value = HeaderValue::from_bytes(parts.next()?).ok()?;
            Some((HeaderName::from_static(name), value))
        })
        .collect();
    let _ = Presented::from_headers(&headers);
});
