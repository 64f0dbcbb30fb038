//! Checks on the code base itself, so that the architecture cannot drift unnoticed.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which workspace crates each crate may depend on. ARCHITECTURE.md quotes this table.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("mldsa-mu", &[]),
    ("crypto", &["mldsa-mu"]),
    ("tlog", &["crypto"]),
    ("pki", &["crypto"]),
    ("ledger", &["money"]),
    ("messages", &["crypto", "ledger", "money"]),
    ("risk", &["money"]),
    ("intent", &["crypto", "ledger", "money", "tlog"]),
    ("server", &["crypto", "intent", "ledger", "messages", "money", "pki", "risk", "tlog"]),
    ("client", &["crypto", "intent", "ledger", "messages", "money", "pki", "tlog"]),
    (
        "cli",
        &[
            "client", "crypto", "intent", "ledger", "messages", "money", "pki", "risk", "server",
            "tlog",
        ],
    ),
    (
        "e2e",
        &[
            "client", "crypto", "intent", "ledger", "messages", "money", "pki", "risk", "server",
            "tlog",
        ],
    ),
];

/// Crates that perform I/O, and the only workspace crates that may use them.
const IO: &[&str] = &["axum", "cryptoki", "hyper", "hyper-util", "reqwest", "sqlx", "tokio"];
const MAY_USE_IO: &[&str] = &["cli", "client", "e2e", "server"];

/// Only here does SQL stand: the stores, the door to the database, and what examines a database as such.
const SQL_FILES: &[&str] = &["store.rs", "db.rs", "doctor.rs", "migrate.rs"];

#[test]
fn dependencies_point_downwards() {
    let allowed: BTreeMap<_, _> = MAY_DEPEND_ON.iter().copied().collect();
    for (package, dependencies) in workspace() {
        let allowed = allowed
            .get(package.as_str())
            .unwrap_or_else(|| panic!("new crate {package}: add it to MAY_DEPEND_ON"));
        for dependency in dependencies {
            let ours = MAY_DEPEND_ON.iter().any(|(name, _)| *name == dependency);
            assert!(!ours || allowed.contains(&dependency.as_str()), "{package} -> {dependency}");
            let io = IO.contains(&dependency.as_str());
            assert!(
                !io || MAY_USE_IO.contains(&package.as_str()),
                "{package} does I/O: {dependency}"
            );
        }
    }
}

#[test]
fn architecture_quotes_the_dependency_table() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (package, dependencies) in MAY_DEPEND_ON {
        let list =
            if dependencies.is_empty() { "nothing".to_owned() } else { dependencies.join(", ") };
        let row = format!("| `{package}` | {list} |");
        assert!(text.contains(&row), "ARCHITECTURE.md lacks the row {row}");
    }
}

#[test]
fn sql_stands_in_stores_only() {
    for file in rust_files(&root().join("crates/server/src")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let in_store = file.components().any(|part| part.as_os_str() == "store");
        if SQL_FILES.contains(&name) || in_store {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        for call in ["sqlx::query", "query_as!", "query_scalar!"] {
            assert!(!product.contains(call), "{} holds SQL: {call}", file.display());
        }
    }
}

#[test]
fn a_feature_does_not_reach_into_another_features_store() {
    let server = root().join("crates/server/src");
    for file in rust_files(&server) {
        let text = fs::read_to_string(&file).unwrap();
        let own = file.strip_prefix(&server).unwrap().iter().next().unwrap().to_str().unwrap();
        for (number, line) in text.lines().enumerate() {
            let Some((_, path)) = line.split_once("use crate::") else { continue };
            let mut parts = path.split("::");
            let feature = parts.next().unwrap();
            let reaches = parts.next().is_some_and(|part| part.starts_with("store"));
            // The log's store is the corridor's too: append and head belong to one transaction.
            let shared = feature == "log" && own == "corridor";
            assert!(
                !reaches || feature == own || shared,
                "{}:{} reaches into {feature}'s store",
                file.display(),
                number + 1
            );
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["todo!(", "unimplemented!(", concat!("TO", "DO"), concat!("FIX", "ME")];
    for folder in ["crates", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            if file.ends_with("tidy.rs") {
                continue;
            }
            for word in words {
                assert!(!text.contains(word), "{} says {word}", file.display());
            }
        }
    }
}

#[test]
fn every_attack_of_the_security_page_names_a_test_that_exists() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let files = ["crates", "tests"].iter().flat_map(|folder| rust_files(&root().join(folder)));
    let code: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut found = 0;
    for text in page.split('`') {
        let test = text.rsplit("::").next().unwrap();
        let is_test = text != test
            && test.len() > 20
            && test.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        if is_test {
            let start = format!("fn {test}(");
            assert!(code.iter().any(|file| file.contains(&start)), "SECURITY.md names {text}");
            found += 1;
        }
    }
    assert!(found > 40, "{found} tests named");
}

#[test]
fn no_module_is_called_after_nothing() {
    for file in rust_files(&root().join("crates")) {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(!["common", "core", "helpers", "util", "utils", "misc"].contains(&stem), "{stem}");
    }
}

/// Every workspace package with its non-dev dependencies.
fn workspace() -> Vec<(String, Vec<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            (name(package), dependencies.iter().filter(|d| d["kind"].is_null()).map(name).collect())
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
