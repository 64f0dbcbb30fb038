//! Another bank's statement, as XML and as a table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use messages::Limits;
use messages::external::{camt053, csv};

fuzz_target!(|data: &[u8]| {
    let _ = camt053::read(data, &Limits::PRODUCT);
    let _ = csv::read(data, &Limits::PRODUCT);
});
