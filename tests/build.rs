//! Fingerprints what the template bank is made from, so that a template of other code is never used.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Whatever decides how a bank is founded, enrolled and stored.
const SOURCES: [&str; 10] = [
    "migrations",
    "crates/client/src",
    "crates/crypto/src",
    "crates/intent/src",
    "crates/ledger/src",
    "crates/mldsa-mu/src",
    "crates/money/src",
    "crates/pki/src",
    "crates/server/src",
    "crates/tlog/src",
];

fn main() -> io::Result<()> {
    let root = Path::new("..");
    let mut files = BTreeSet::from([PathBuf::from("src/template.rs")]);
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
        println!("cargo::rerun-if-changed=../{source}");
    }
    println!("cargo::rerun-if-changed=src/template.rs");
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=E2E_FINGERPRINT={:016x}", hasher.finish());
    Ok(())
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.insert(entry.path());
        }
    }
    Ok(())
}
