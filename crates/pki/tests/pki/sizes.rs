//! The table of sizes in the documentation of the crate, kept true.

use crypto::Suite;
use pki::build_csr;

use crate::bank::Bank;

const DOCS: &str = include_str!("../../src/lib.rs");

/// Bytes by which a measured size may differ from the documented one: names and numbers vary.
const TOLERANCE: usize = 16;

#[test]
fn sizes_are_as_documented() {
    for suite in Suite::ALL {
        let bank = Bank::new(suite);
        let measured = [
            bank.root().der().len(),
            bank.issuing().der().len(),
            bank.holder.der().len(),
            build_csr(&bank.holder_key, "Ada Lovelace").unwrap().len(),
            bank.crl.der().len(),
        ];
        let row = DOCS
            .lines()
            .find_map(|line| line.strip_prefix(&format!("//! | {suite} |")))
            .unwrap_or_else(|| panic!("{suite} is not in the table; measured {measured:?}"));
        let documented: Vec<usize> = row
            .split('|')
            .filter(|cell| !cell.trim().is_empty())
            .map(|cell| cell.trim().replace(',', "").parse().unwrap())
            .collect();
        assert_eq!(documented.len(), measured.len());
        for (documented, measured) in documented.into_iter().zip(measured) {
            assert!(documented.abs_diff(measured) <= TOLERANCE, "{suite}: measured {measured}");
        }
    }
}
