//! What a verification found, and the exit code that says it in one number.

use serde::Serialize;
use tlog::Hash;

/// Findings kept with their text; the rest is only counted.
pub const FINDINGS_MAX: usize = 100;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing, and no fault of the bank's: a key's own chain skips an intent that never arrived.
    Info,
    /// Evidence is missing that is no erasure.
    Gap,
    /// Log and rows contradict each other or their signatures.
    Tampered,
    /// No checkpoint is valid under the keys that we were told to trust.
    Policy,
    /// What was to be verified does not read at all.
    Malformed,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 5] =
        [Self::Info, Self::Gap, Self::Tampered, Self::Policy, Self::Malformed];

    /// The name in tables and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Gap => "gap",
            Self::Tampered => "tampered",
            Self::Policy => "policy",
            Self::Malformed => "malformed",
        }
    }

    /// The exit code of a report whose worst finding this is.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Info => 0,
            Self::Gap => 10,
            Self::Tampered => 20,
            Self::Policy => 30,
            Self::Malformed => 40,
        }
    }
}

/// The step of the verification at which something was found.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The keys that we were told to trust, and the bank they belong to.
    Trust,
    /// Signed checkpoints.
    Checkpoints,
    /// Leaves, tiles and roots.
    Tree,
    /// Commitments of the leaves to what is kept beside them.
    Commitments,
    /// Canonical form, signature and standing of the signer.
    Signatures,
    /// The decision, made again.
    Replay,
    /// Rows against what the log says they are.
    Rows,
}

impl Step {
    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Checkpoints => "checkpoints",
            Self::Tree => "tree",
            Self::Commitments => "commitments",
            Self::Signatures => "signatures",
            Self::Replay => "replay",
            Self::Rows => "rows",
        }
    }
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where in the verification.
    pub step: Step,
    /// The leaf concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf_index: Option<u64>,
    /// The table concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
    /// Key of the row within its book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The column concerned; several where it is one of them and nothing tells which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong, for a person.
    pub message: String,
}

impl Finding {
    /// A finding that names nothing yet.
    pub(super) fn new(severity: Severity, step: Step, message: impl Into<String>) -> Self {
        Self {
            severity,
            step,
            leaf_index: None,
            table: None,
            key: None,
            column: None,
            message: message.into(),
        }
    }

    /// A contradiction.
    pub(super) fn tampered(step: Step, message: impl Into<String>) -> Self {
        Self::new(Severity::Tampered, step, message)
    }

    pub(super) const fn at_leaf(mut self, index: u64) -> Self {
        self.leaf_index = Some(index);
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "keys are numbers, hashes and fresh strings")]
    pub(super) fn in_row(mut self, table: &'static str, key: impl ToString) -> Self {
        self.table = Some(table);
        self.key = Some(key.to_string());
        self
    }

    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

/// The result of a verification.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Leaves in the log.
    pub leaves: u64,
    /// Intents among them.
    pub intents: u64,
    /// Events among them.
    pub events: u64,
    /// Transfers decided, refused ones included.
    pub transfers: u64,
    /// Accounts in the book.
    pub accounts: u64,
    /// Signed checkpoints.
    pub checkpoints: u64,
    /// Groups that were erased as they may be.
    pub erased: u64,
    /// Size of the tree that was rebuilt.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
    /// How many findings there are; only the first [`FINDINGS_MAX`] are listed.
    pub findings_count: u64,
    /// The findings, worst first, then in the order of the log.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl Report {
    /// The report of something that could not be verified at all.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        let mut findings = Findings::default();
        findings.push(Finding::new(Severity::Malformed, Step::Trust, message));
        findings.into_report(Counts::default(), Hash::EMPTY_ROOT, 0)
    }

    /// The worst that was found.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.findings.first().map_or(Severity::Info, |finding| finding.severity)
    }

    /// 0 clean, 10 evidence gap, 20 tampered, 30 policy not met, 40 malformed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.worst().exit_code()
    }
}

/// What was counted on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) leaves: u64,
    pub(super) intents: u64,
    pub(super) events: u64,
    pub(super) transfers: u64,
    pub(super) accounts: u64,
    pub(super) checkpoints: u64,
    pub(super) erased: u64,
    pub(super) size: u64,
}

/// Findings as they come. Per severity the first ones are kept, so that a flood of mild ones hides no bad one.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    count: u64,
}

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        if finding.severity > Severity::Info {
            self.count = self.count.saturating_add(1);
        }
        let alike = self.kept.iter().filter(|kept| kept.severity == finding.severity).count();
        if alike < FINDINGS_MAX {
            self.kept.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    pub(super) fn into_report(mut self, counts: Counts, root: Hash, elapsed_ms: u64) -> Report {
        let place = |finding: &Finding| finding.leaf_index.unwrap_or(u64::MAX);
        self.kept.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| place(a).cmp(&place(b))));
        self.kept.truncate(FINDINGS_MAX);
        Report {
            ok: self.count == 0,
            leaves: counts.leaves,
            intents: counts.intents,
            events: counts.events,
            transfers: counts.transfers,
            accounts: counts.accounts,
            checkpoints: counts.checkpoints,
            erased: counts.erased,
            size: counts.size,
            root: root.to_base64(),
            findings_count: self.count,
            findings: self.kept,
            elapsed_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_the_exit_code() {
        let mut findings = Findings::default();
        for severity in Severity::ALL {
            findings.push(Finding::new(severity, Step::Rows, "x"));
            let kept = Findings { kept: findings.kept.clone(), count: findings.count };
            let report = kept.into_report(Counts::default(), Hash::EMPTY_ROOT, 0);
            assert_eq!(report.exit_code(), severity.exit_code());
            assert_eq!(report.ok, severity == Severity::Info);
        }
    }

    #[test]
    fn a_flood_of_mild_findings_hides_no_bad_one() {
        let mut findings = Findings::default();
        for index in 0..500 {
            findings.push(Finding::new(Severity::Gap, Step::Tree, "gap").at_leaf(index));
        }
        findings.push(Finding::tampered(Step::Rows, "late and bad").at_leaf(900));
        let report = findings.into_report(Counts::default(), Hash::EMPTY_ROOT, 0);
        assert_eq!(report.findings.len(), FINDINGS_MAX);
        assert_eq!((report.findings_count, report.exit_code()), (501, 20));
        assert_eq!(report.findings[0].leaf_index, Some(900));
        assert_eq!(report.findings[1].leaf_index, Some(0));
    }
}
