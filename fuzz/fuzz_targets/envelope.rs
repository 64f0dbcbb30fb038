//! The envelope around a signed document, and what is in it.
#![no_main]

use intent::SignedIntent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(signed) = SignedIntent::from_json(data) {
        let _ = signed.parse_intent();
        let again = SignedIntent::from_json(&signed.to_json()).expect("what we write, we read");
        assert_eq!(again.intent, signed.intent);
    }
});
