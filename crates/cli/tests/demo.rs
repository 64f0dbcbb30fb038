//! The demo, small and to its end, as a stranger would run it.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::process::{Command, Output};

use serde_json::Value;

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_strongroom")).arg("demo").args(arguments).output().unwrap()
}

#[test]
fn a_folder_that_is_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "precious").unwrap();
    let output = demo(&["--once", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_small_day_ends_as_planned_and_verifies() {
    let output =
        demo(&["--once", "-o", "json", "--customers", "8", "--intents", "300", "--seed", "7"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told, "", "without a terminal there is nothing but the data");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["ok"], true);
    assert_eq!(summary["verify"]["ok"], true);
    assert_eq!(summary["submitted"], 300);
    let refused = summary["refused"].as_object().unwrap();
    for code in [
        "debit-account-frozen",
        "insufficient-funds",
        "intent-id-reused",
        "not-account-owner",
        "signature-invalid",
    ] {
        assert!(refused.contains_key(code), "{code} is missing: {summary}");
    }
    // The revoked one's session has ended too; which of the two is noticed first depends on the pace.
    let revoked = ["certificate-not-accepted", "session-ended"];
    let revoked: Vec<_> = revoked.iter().filter_map(|code| refused.get(*code)).collect();
    assert_eq!(revoked, [1], "{summary}");
    assert_eq!(refused.len(), 6, "{summary}");
    let refused: u64 = refused.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(summary["accepted"].as_u64().unwrap().checked_add(refused), Some(300));
    assert_eq!(summary["verify"]["size"], summary["log_size"]);
    assert_eq!(summary["verify"]["root"], summary["checkpoint"]["root"]);
    assert!(summary["transfers_per_s"].as_f64().unwrap() > 0.0);
    let latency = &summary["latency_us"];
    assert!(latency["p50"].as_u64().unwrap() > 0);
    assert!(latency["p50"].as_u64() <= latency["p99"].as_u64());
}
