//! Rows of the book exactly as stored, and how two of them differ. Columns keep the types of the database: a value that our
//! own types refuse must be named, not stumbled over.

use std::collections::BTreeMap;
use std::fmt::Debug;

use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::report::{Finding, Findings, Step};

/// A row that the log accounts for.
pub(super) trait Row: Eq {
    /// Its table.
    const TABLE: &'static str;

    /// Its key within the book, as text.
    fn key(&self) -> String;

    /// Every column that is compared, with its value for comparison.
    fn columns(&self) -> Vec<(&'static str, String)>;
}

/// Names each column with its value.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident in $table:literal by [$($key:ident),+] { $($column:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub(super) struct $name { $(pub(super) $column: $type),+ }

        impl Row for $name {
            const TABLE: &'static str = $table;

            fn key(&self) -> String {
                [$(text(&self.$key)),+].join("/")
            }

            fn columns(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($column), text(&self.$column))),+]
            }
        }
    };
}

row! {
    /// A transfer, refused ones included.
    TransferRow in "transfers" by [transfer_id] {
        transfer_id: Uuid,
        intent_id: Uuid,
        item: i32,
        kind: String,
        debit_account: Uuid,
        credit_account: Uuid,
        debit_owner: Option<Uuid>,
        credit_owner: Option<Uuid>,
        amount: i64,
        asset: String,
        code: String,
        refers_to: Option<Uuid>,
        value_on: Option<Date>,
        rate: Option<String>,
        posted_at: OffsetDateTime,
    }
}

row! {
    /// One side of a posted transfer.
    EntryRow in "entries" by [account_id, sequence] {
        account_id: Uuid,
        sequence: i64,
        transfer_id: Uuid,
        owner: Option<Uuid>,
        side: String,
        amount: i64,
        balance_after: i64,
    }
}

row! {
    /// An account.
    AccountRow in "accounts" by [account_id] {
        account_id: Uuid,
        number: String,
        owner: Option<Uuid>,
        asset: String,
        kind: String,
        floor: Option<i64>,
        freeze_debit: bool,
        freeze_credit: bool,
        closed: bool,
        debits_posted: i64,
        credits_posted: i64,
        debits_pending: i64,
        credits_pending: i64,
        entry_count: i64,
        risk: Vec<u8>,
        usage: Vec<u8>,
        opened_at: OffsetDateTime,
    }
}

row! {
    /// What one account has paid to another.
    PayeeRow in "payees" by [account_id, payee_id] {
        account_id: Uuid,
        payee_id: Uuid,
        owner: Option<Uuid>,
        known_since: OffsetDateTime,
        last_paid_at: Option<OffsetDateTime>,
        payments: i64,
        total: i64,
        day_sum: i64,
        risk: Vec<u8>,
    }
}

row! {
    /// A certificate.
    CertificateRow in "certificates" by [fingerprint] {
        fingerprint: Vec<u8>,
        user_id: Uuid,
        role: String,
        der: Vec<u8>,
        serial: Vec<u8>,
        lineage: Vec<u8>,
        generation: i32,
        previous: Option<Vec<u8>>,
        device_id: Vec<u8>,
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        status: String,
        ended_at: Option<OffsetDateTime>,
        revocation_reason: Option<String>,
    }
}

row! {
    /// One half of a certificate's public key.
    ComponentRow in "certificate_components" by [component] {
        component: Vec<u8>,
        fingerprint: Vec<u8>,
    }
}

row! {
    /// A device, without the secret that only the vault opens.
    DeviceRow in "devices" by [device_id] {
        device_id: Vec<u8>,
        user_id: Uuid,
        kem_public_key: Vec<u8>,
        status: String,
        enrolled_at: OffsetDateTime,
    }
}

row! {
    /// What the log knows of a user.
    UserRow in "users" by [user_id] {
        user_id: Uuid,
        role: String,
        status: String,
    }
}

row! {
    /// An asset.
    AssetRow in "assets" by [asset] {
        asset: String,
        scale: i32,
    }
}

row! {
    /// Free text of a transfer, as far as its owners go; the text itself is bound by the intent.
    DetailsRow in "transfer_details" by [transfer_id] {
        transfer_id: Uuid,
        debit_owner: Option<Uuid>,
        credit_owner: Option<Uuid>,
        salt: Vec<u8>,
        details: Vec<u8>,
    }
}

/// A value as it is compared and shown: bytes in hex.
trait Text {
    fn text(&self) -> String;
}

impl Text for Vec<u8> {
    fn text(&self) -> String {
        hex::encode(self)
    }
}

impl Text for Option<Vec<u8>> {
    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "null".to_owned(), hex::encode)
    }
}

impl<T: ToString> Text for Option<T>
where
    T: Plain,
{
    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "null".to_owned(), ToString::to_string)
    }
}

/// What shows itself.
trait Plain: ToString {}

impl Plain for Uuid {}
impl Plain for String {}
impl Plain for OffsetDateTime {}
impl Plain for Date {}
impl Plain for i64 {}
impl Plain for i32 {}
impl Plain for bool {}

impl<T: Plain> Text for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

fn text(value: &impl Text) -> String {
    value.text()
}

/// Longest value that a finding shows in full.
const SHOWN_CHARS: usize = 80;

/// Names every column in which a stored row differs from what the log says it is.
pub(super) fn differences<R: Row>(expected: &R, stored: &R, leaf: Option<u64>) -> Vec<Finding> {
    if expected == stored {
        return Vec::new();
    }
    let key = expected.key();
    let pairs = expected.columns().into_iter().zip(stored.columns());
    pairs
        .filter_map(|((column, expected), (_, stored))| {
            differs(R::TABLE, &key, column, (Some(&expected), Some(&stored)), leaf)
        })
        .collect()
}

/// Names a column whose stored value, the second, is not the one that the log says. No value is NULL.
pub(super) fn differs(
    table: &'static str,
    key: &str,
    column: &str,
    (expected, stored): (Option<&str>, Option<&str>),
    leaf: Option<u64>,
) -> Option<Finding> {
    if expected == stored {
        return None;
    }
    let shown = |value: Option<&str>| value.map_or_else(|| "null".to_owned(), short);
    let message = format!("is {}, and the log says {}", shown(stored), shown(expected));
    Some(at(Finding::tampered(Step::Rows, message).in_row(table, key).in_column(column), leaf))
}

/// A row that the log says must be there.
pub(super) fn missing<R: Row>(expected: &R, leaf: Option<u64>) -> Finding {
    gone(R::TABLE, &expected.key(), leaf)
}

/// As [`missing`], by name.
pub(super) fn gone(table: &'static str, key: &str, leaf: Option<u64>) -> Finding {
    at(Finding::tampered(Step::Rows, "the row is missing").in_row(table, key), leaf)
}

/// A row that no leaf accounts for.
pub(super) fn unaccounted(table: &'static str, key: impl ToString) -> Finding {
    Finding::tampered(Step::Rows, "no leaf of the log accounts for this row").in_row(table, key)
}

fn at(finding: Finding, leaf: Option<u64>) -> Finding {
    match leaf {
        Some(leaf) => finding.at_leaf(leaf),
        None => finding,
    }
}

fn short(value: &str) -> String {
    if value.chars().count() <= SHOWN_CHARS {
        return value.to_owned();
    }
    value.chars().take(SHOWN_CHARS).chain("…".chars()).collect()
}

/// What the log says that a table holds; rows are ticked off as they are read.
pub(super) struct Expected<K, R> {
    rows: BTreeMap<K, (R, Option<u64>)>,
}

impl<K: Ord + Debug, R: Row> Expected<K, R> {
    pub(super) fn new(rows: impl IntoIterator<Item = (K, R, Option<u64>)>) -> Self {
        Self { rows: rows.into_iter().map(|(key, row, leaf)| (key, (row, leaf))).collect() }
    }

    /// Takes one stored row.
    pub(super) fn meet(&mut self, key: &K, stored: &R, findings: &mut Findings) {
        match self.rows.remove(key) {
            Some((expected, leaf)) => findings.extend(differences(&expected, stored, leaf)),
            None => findings.push(unaccounted(R::TABLE, stored.key())),
        }
    }

    /// What was not there.
    pub(super) fn finish(self, findings: &mut Findings) {
        findings.extend(self.rows.into_values().map(|(expected, leaf)| missing(&expected, leaf)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Counts;
    use super::*;

    #[test]
    fn every_column_that_differs_is_named() {
        let expected = AssetRow { asset: "EUR".to_owned(), scale: 2 };
        let stored = AssetRow { asset: "EUR".to_owned(), scale: 3 };
        let findings = differences(&expected, &stored, Some(7));
        let [finding] = findings.as_slice() else { panic!("one column differs") };
        assert_eq!((finding.table, finding.column.as_deref()), (Some("assets"), Some("scale")));
        assert_eq!(finding.leaf_index, Some(7));
        assert!(differences(&expected, &expected.clone(), None).is_empty());
    }

    #[test]
    fn a_row_too_many_and_a_row_too_few_are_both_found() {
        let row = |asset: &str| AssetRow { asset: asset.to_owned(), scale: 2 };
        let mut expected = Expected::new([("EUR", row("EUR"), None), ("USD", row("USD"), None)]);
        let mut findings = Findings::default();
        expected.meet(&"EUR", &row("EUR"), &mut findings);
        expected.meet(&"XAU", &row("XAU"), &mut findings);
        expected.finish(&mut findings);
        let report = findings.into_report(Counts::default(), tlog::Hash::EMPTY_ROOT, 0);
        let keys: Vec<_> = report.findings.iter().filter_map(|f| f.key.as_deref()).collect();
        assert_eq!(keys, ["XAU", "USD"]);
    }
}
