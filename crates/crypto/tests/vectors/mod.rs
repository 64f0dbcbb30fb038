//! Reads the official test vectors in place.

#![allow(dead_code, reason = "each test binary uses some of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "broken vectors end the test")]

use std::io::Read as _;
use std::path::PathBuf;

use serde_json::Value;

/// The parsed file, or nothing, loudly, where the vectors are not checked out.
pub(crate) fn json(path: &str) -> Option<Value> {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../../shared/data", path].iter().collect();
    let Ok(bytes) = std::fs::read(&file) else {
        eprintln!("SKIPPED: no test vectors at {}", file.display());
        return None;
    };
    let mut plain = Vec::new();
    if file.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    } else {
        plain = bytes;
    }
    Some(serde_json::from_slice(&plain).unwrap())
}

/// Every case of a Wycheproof file with its group.
pub(crate) fn wycheproof(file: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    list(file, "testGroups")
        .iter()
        .flat_map(|group| list(group, "tests").iter().map(move |case| (group, case)))
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} missing in {value}"))
}

/// Hex bytes; a missing field is empty.
pub(crate) fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(value[key].as_str().unwrap_or_default()).unwrap()
}

pub(crate) fn is_valid(case: &Value) -> bool {
    match text(case, "result") {
        "valid" => true,
        "invalid" => false,
        other => panic!("unexpected result {other}"),
    }
}

pub(crate) fn has_flag(case: &Value, flag: &str) -> bool {
    case["flags"].as_array().is_some_and(|flags| flags.iter().any(|each| each == flag))
}
