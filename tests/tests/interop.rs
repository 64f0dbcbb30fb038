//! Tools that we did not write read what we make: Python's `cryptography`, `asn1crypto` and `PyJWT`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crypto::{SecretBytes, hkdf_sha256};
use e2e::{Bank, PASSPHRASE};
use intent::RevocationReason;
use pki::{Crl, build_csr};
use serde_json::json;
use server::authority::{KeyFile, KeyPurpose};

/// The Python of the folder that `scripts/setup.sh interop` prepares; `None` where no package index is to be had.
fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let setup =
        Command::new("bash").arg("scripts/setup.sh").arg("interop").current_dir(root).output();
    let setup = setup.unwrap();
    if setup.status.success() {
        return Some(root.join("target/interop/bin/python"));
    }
    eprintln!("SKIPPED, nothing was compared: {}", String::from_utf8_lossy(&setup.stderr));
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_requests_lists_and_tokens_are_what_other_tools_take_them_for() {
    let Some(python) = python() else { return };
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let bob = bank.customer("Bob", 0).await;
    let ended = bob.identity().certificates().unwrap().holder.clone();
    bank.manager()
        .await
        .revoke(ended.fingerprint(), RevocationReason::KeyCompromise)
        .await
        .unwrap();
    let list = bank.get("/api/certificates/crl").await.ok().body;
    let own = alice.identity().certificates().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put("holder.der", own.holder.der());
    put("issuing.der", own.issuing.der());
    put("root.der", own.root.der());
    let user = alice.identity().user().id.to_string();
    put("request.der", &build_csr(alice.identity().key(), &user).unwrap());
    put("list.der", &list);
    put("token.txt", alice.token().await.unwrap().as_bytes());
    let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
    let keys = bank.folder().join(KeyFile::BANK_KEYS);
    let keys = KeyFile::open(&keys, &bank.trust().bank, &passphrase).unwrap();
    let master = keys.secret(KeyPurpose::Token).unwrap();
    put("token.key", hkdf_sha256(master, b"", &[b"strongroom/token/v1"], 32).unwrap().expose());
    let hex = |serial: &[u8]| hex::encode(serial).trim_start_matches('0').to_owned();
    let expected = json!({
        "serial": hex(own.holder.serial()),
        "user": user,
        "not_after_s": own.holder.not_after_s().to_string(),
        "certificate": own.holder.fingerprint().to_string(),
        "crl_number": Crl::from_der(&list).unwrap().verify(&own.issuing, server::clock::now().get() / 1_000_000).unwrap().number().to_string(),
        "revoked": hex(ended.serial()),
    });
    put("expected.json", expected.to_string().as_bytes());

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/check.py");
    let done = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(said.trim(), "agreed", "{}", String::from_utf8_lossy(&done.stderr));
}
