//! What a person sees.

use crypto::Suite;
use pki::show;

use crate::bank::Bank;

#[test]
fn a_holder_is_described_with_all_seven_controls() {
    let bank = Bank::new(Suite::Standard);
    let text = show(&bank.holder);
    println!("{text}\n{}", show(bank.root()));
    for expected in [
        "Certificate of a holder\n",
        "  subject           CN=Ada Lovelace\n",
        "  issuer            CN=Strongroom Issuing 1\n",
        "  valid from        2027-01-15 08:00:00 UTC\n",
        "  valid to          2027-04-15 08:00:00 UTC\n",
        "  suite             standard: ML-DSA-65 and Ed25519, both must verify\n",
        "  signed with       id-MLDSA65-Ed25519-SHA512\n",
        "  may               sign messages\n",
        "  user              07070707-0707-0707-0707-070707070707\n",
        "  1  hybrid signatures               standard: ML-DSA-65",
        "  2  immutable SHA3 hash             the log must know",
        "  3  device binding                  only with device ",
        "  4  purpose locking                 for retail banking\n",
        "  5  CRL pinning                     list number 7 or newer\n",
        "  6  lineage tracking                generation 1 of ",
        "  7  nonce-bound challenge response  a fresh nonce of 256 bits",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    assert!(text.contains(&bank.holder.fingerprint().to_string()));
    assert!(!text.contains('\u{1b}') && text.lines().all(|line| line.trim_end() == line));
}

#[test]
fn an_authority_is_described_without_controls() {
    let bank = Bank::new(Suite::Cnsa2);
    let root = show(bank.root());
    assert!(root.starts_with("Certificate of a root authority\n"), "{root}");
    assert!(root.contains("sign certificates, sign revocation lists"), "{root}");
    assert!(root.contains("carries no security layers"), "{root}");
    assert!(show(bank.issuing()).starts_with("Certificate of an issuing authority\n"));
}
