//! The command as scripts see it: exit codes, what goes to which stream, and the help.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod people;
mod shell;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::shell::Shell;

/// A time at which both roots are valid.
const AT: &str = "2026-11-22T00:00:00.000000Z";
const ROOTS: [&str; 2] =
    ["bouncycastle-mldsa65-ed25519-root.der", "reference-mldsa65-ed25519-root.der"];

/// Certificates made by other people's software; absent outside the reference checkout.
fn x509(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/x509");
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not here", path.display());
    None
}

#[test]
fn an_unchanged_foreign_root_verifies_and_every_changed_one_does_not() {
    let shell = Shell::new();
    for name in ROOTS {
        let Some(path) = x509(name) else { continue };
        let whole = path.to_str().unwrap();
        let shown = shell.json(&["cert", "verify", whole, "--at", AT, "-o", "json"]);
        assert_eq!(shown.get("valid"), Some(&Value::Bool(true)), "{name}");
        shell.refuses(
            8,
            "expired",
            &["cert", "verify", whole, "--at", "2099-01-01T00:00:00.000000Z"],
        );
        let good = fs::read(&path).unwrap();
        let positions = [0, 4, 40, good.len() / 2, good.len() - 70, good.len() - 1];
        for position in positions {
            let mut bad = good.clone();
            bad[position] ^= 1;
            let changed = shell.path("changed.der");
            fs::write(&changed, &bad).unwrap();
            let output = shell.run(&["cert", "verify", &changed, "--at", AT]);
            assert_eq!(output.status.code(), Some(8), "{name}, byte {position}: {output:?}");
        }
    }
}

#[test]
fn a_root_is_not_the_issuer_of_another() {
    let shell = Shell::new();
    let (Some(one), Some(other)) = (x509(ROOTS[0]), x509(ROOTS[1])) else { return };
    let (one, other) = (one.to_str().unwrap(), other.to_str().unwrap());
    shell.refuses(8, "not valid", &["cert", "verify", one, "--ca", other, "--at", AT]);
    // The second root carries no basic constraints, so it is an authority for nobody.
    shell.refuses(8, "not valid", &["cert", "verify", other, "--ca", other, "--at", AT]);
    let own = shell.json(&["cert", "verify", one, "--ca", one, "--at", AT, "-o", "json"]);
    assert_eq!(own["valid"], true);
}

#[test]
fn what_is_no_certificate_is_invalid_and_what_is_no_file_is_misuse() {
    let shell = Shell::new();
    let garbage = shell.path("garbage.pem");
    for bytes in
        [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        fs::write(&garbage, bytes).unwrap();
        shell.refuses(8, "is not a certificate", &["cert", "verify", &garbage]);
        shell.refuses(8, "is not a certificate", &["cert", "show", &garbage]);
    }
    shell.refuses(2, "No such file", &["cert", "verify", &shell.path("absent.der")]);
}

#[test]
fn a_certificate_is_shown_to_people_and_to_programs() {
    let shell = Shell::new();
    let Some(path) = x509(ROOTS[0]) else { return };
    let path = path.to_str().unwrap();
    let text = shell.run(&["cert", "show", path]);
    assert!(String::from_utf8(text.stdout).unwrap().lines().count() > 3);
    let facts = shell.json(&["cert", "show", path, "-o", "json"]);
    assert_eq!(facts["signature"], "id-MLDSA65-Ed25519-SHA512");
    assert_eq!(facts["fingerprint"].as_str().unwrap().len(), 64);
}

#[test]
fn amounts_that_can_be_misread_are_refused_before_anything_else() {
    let shell = Shell::new();
    let to = "0192f000-0000-7000-8000-000000000001";
    for amount in ["12,34 EUR", "12.345 EUR", "1.234,00 EUR", "12.34", "EUR 12", "0 EUR", "-1 EUR"]
    {
        let output = shell.run(&["pay", to, "--yes", "--", amount]);
        assert_eq!(output.status.code(), Some(2), "{amount}");
    }
    shell.refuses(2, "neither an account number", &["pay", "bob", "1 EUR", "--yes"]);
}

#[test]
fn without_a_profile_there_is_nothing_to_log_in_with() {
    let shell = Shell::new();
    shell.refuses(3, "you have no profile yet", &["accounts", "list", "--no-input"]);
    shell.refuses(3, "there is no profile", &["login", "--profile", "alice", "--no-input"]);
    shell.refuses(2, "must be 1 to 64", &["login", "--profile", "../alice", "--no-input"]);
    assert_eq!(shell.json(&["config", "list", "-o", "json"]), Value::Array(Vec::new()));
}

#[test]
fn a_bank_that_is_not_there_is_unavailable_and_one_in_the_clear_is_refused() {
    let shell = Shell::new();
    let mut enrol =
        vec!["enrol", "--name", "A", "--email", "a@example.org", "--no-input", "--server"];
    enrol.push("http://127.0.0.1:1");
    shell.refuses(6, "no answer from", &enrol);
    enrol.pop();
    enrol.push("http://bank.example");
    shell.refuses(2, "plain http", &enrol);
}

#[test]
fn failures_are_objects_for_programs() {
    let shell = Shell::new();
    let output = shell.run(&["accounts", "list", "--no-input", "-o", "json"]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["exit"], 3);
    assert!(error["error"]["next"].as_str().unwrap().contains("strongroom enrol"));
}

#[test]
fn a_file_that_is_no_receipt_proves_nothing() {
    let shell = Shell::new();
    let (receipt, trust) = (shell.path("receipt.json"), shell.path("bank.json"));
    fs::write(&receipt, "{}").unwrap();
    fs::write(&trust, "{}").unwrap();
    shell.refuses(8, "is not a receipt", &["receipt", "verify", &receipt, "--trust", &trust]);
    shell.refuses(8, "is not a receipt", &["receipt", "show", &receipt]);
}

#[test]
fn exit_codes_are_documented_by_the_program_itself() {
    let shell = Shell::new();
    let table = shell.json(&["help", "exit-codes", "-o", "json"]);
    let codes: Vec<_> =
        table.as_array().unwrap().iter().map(|row| row["exit_code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "10", "20", "30", "40"]);
    shell.refuses(2, "there is no command", &["help", "teleport"]);
}

#[test]
fn completions_are_for_this_command() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish"] {
        let output = shell.run(&["completions", name]);
        assert!(String::from_utf8(output.stdout).unwrap().contains("strongroom"), "{name}");
    }
}

/// The help is a promise, so a change of it is looked at. After an intended one run the tests with
/// `UPDATE_SNAPSHOTS=1` and read the difference.
#[test]
fn the_help_says_what_it_said() {
    let topics: [&[&str]; 39] = [
        &["found"],
        &["serve"],
        &["enrol"],
        &["login"],
        &["logout"],
        &["password", "set"],
        &["mfa"],
        &["devices"],
        &["devices", "pair"],
        &["roles"],
        &["roles", "define"],
        &["audit"],
        &["audit", "report"],
        &["audit", "verify"],
        &["accounts"],
        &["accounts", "open"],
        &["accounts", "freeze"],
        &["pay"],
        &["pay-file"],
        &["pay-file", "send"],
        &["fund"],
        &["history"],
        &["reconcile"],
        &["statement"],
        &["statement", "verify"],
        &["events"],
        &["keys"],
        &["certificate", "revoke"],
        &["receipt"],
        &["receipt", "verify"],
        &["cert"],
        &["cert", "verify"],
        &["webhooks"],
        &["webhooks", "set"],
        &["config"],
        &["doctor"],
        &["migrate"],
        &["completions"],
        &["help"],
    ];
    let shell = Shell::new();
    let mut said = String::new();
    for topic in topics {
        let output = shell.run(&[&["help"], topic].concat());
        assert_eq!(output.status.code(), Some(0), "{topic:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        said.extend(["===== strongroom ", &topic.join(" "), "\n", &text, "\n"]);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/help.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &said).unwrap();
    }
    let before = fs::read_to_string(&path).expect("run once with UPDATE_SNAPSHOTS=1");
    assert!(before == said, "the help changed; look at it with UPDATE_SNAPSHOTS=1 and git diff");
}

#[test]
fn a_ceremony_makes_a_root_in_shares_and_enough_of_them_sign() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name);
    fs::write(path("bank.pass"), "only ever used in tests").unwrap();
    fs::write(path("custodians"), "first custodian\nsecond custodian\nthird custodian\n").unwrap();
    fs::write(path("two"), "third custodian\nfirst custodian\n").unwrap();
    fs::write(path("one"), "second custodian\n").unwrap();
    let bank = ["--bank", "examplebank"];
    let with = |args: &[&str]| [args, &bank, &["--yes", "-o", "json"]].concat().join("\0");
    let run = |args: &[&str]| shell.json(&with(args).split('\0').collect::<Vec<_>>());
    let (secret, csr, safe) = (path("bank.pass"), path("first.csr.pem"), path("safe"));
    let first = path("first");
    run(&[
        "authority",
        "request",
        "--found",
        "--name",
        "Example",
        "--out",
        &first,
        "--passphrase-file",
        &secret,
    ]);
    let (all, folder) = (path("custodians"), ["--threshold", "2", "--shares", "3"]);
    let ceremony =
        ["authority", "ceremony", "--name", "Example", "--request", &csr, "--out", &safe];
    let made = run(&[ceremony.as_slice(), &folder, &["--custodians", &all]].concat());
    let root = made["root"].as_str().unwrap();
    let transcript = fs::read_to_string(path("safe/transcript.txt")).unwrap();
    assert!(transcript.contains(root) && transcript.contains("share 3 written, read back"));
    assert!(!transcript.contains("custodian"), "{transcript}");

    let (pem, out) = (path("safe/root.pem"), path("next.pem"));
    let share = |index: u8| path(&format!("safe/root-share-{index}.key"));
    let (one, two, three) = (share(1), share(2), share(3));
    let sign = ["authority", "sign", "--root", &pem, "--request", &csr, "--out", &out];
    let two_of = ["--share", &three, "--share", &one, "--custodians", &path("two")];
    let signed = run(&[sign.as_slice(), &two_of].concat());
    assert_eq!(signed["root"], made["root"]);
    assert!(fs::read_to_string(&out).unwrap().contains("BEGIN CERTIFICATE"));

    let refused = |words: &str, args: &[&str]| {
        let args = with(&[sign.as_slice(), args].concat());
        shell.refuses(8, words, &args.split('\0').collect::<Vec<_>>());
    };
    refused("2 shares are needed", &["--share", &two, "--custodians", &path("one")]);
    let mut bytes = fs::read(&three).unwrap();
    let last = bytes.len() - 5;
    bytes[last] = if bytes[last] == b'0' { b'1' } else { b'0' };
    fs::write(&three, bytes).unwrap();
    refused("root-share-3", &two_of);
}
