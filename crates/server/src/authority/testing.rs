//! An authority for unit tests: every key real, nothing on disk.

use crypto::{SigningKey, Suite};
use intent::BankId;
use pki::{Chain, Csr, Validity, build_csr};
use tlog::Origin;

use super::{Authority, Issuers, KeyFile, KeyPurpose};
use crate::clock;

/// 2026-11-22, the day on which the test bank was founded.
pub(crate) const FOUNDED_S: i64 = 1_795_305_600;

/// A bank named `one`, with fresh keys.
pub(crate) fn authority() -> Authority {
    let bank: BankId = "one".parse().unwrap();
    let file = KeyFile::generate(&bank, Suite::Standard, &KeyPurpose::BANK).unwrap();
    let root_key = SigningKey::generate(Suite::Standard).unwrap();
    let seed = file.secret(KeyPurpose::Issuing).unwrap();
    let issuing_key = SigningKey::from_seed(Suite::Standard, seed.expose()).unwrap();
    let validity =
        Validity { not_before_s: FOUNDED_S, not_after_s: FOUNDED_S + 365 * 24 * 60 * 60 };
    let root = pki::authority::create_root(&root_key, "One Root", [0x41; 16], validity).unwrap();
    let request = build_csr(&issuing_key, "One Issuing").unwrap();
    let request = Csr::from_der(&request).unwrap().verify().unwrap();
    let issuing =
        pki::authority::create_issuing(&root, &root_key, &request, [0x42; 16], validity).unwrap();
    let issuers = Issuers::founding(Chain::new(root, issuing).unwrap());
    let (origin, now) = (Origin::new("one/log/2026").unwrap(), clock::now());
    Authority::from_key_files(&file, &[], None, origin, issuers, now).unwrap()
}
